"""Handles one call between the wire and the books."""
