"""Bytes out, bytes in, and who owns the connections."""
