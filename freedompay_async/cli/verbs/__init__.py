"""A command for each call, grouped as the library is."""
