"""Encodes bodies and reads answers. Pure."""
