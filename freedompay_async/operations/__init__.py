"""What was accepted: its result, and waiting for one or for thousands."""
