"""Structs to bytes and back: pure."""
