"""What happens to one call between the wire and the books."""
