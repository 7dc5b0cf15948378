"""One verb a call, grouped as the library is."""
