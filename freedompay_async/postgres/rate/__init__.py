"""One rate of calls for all processes."""
