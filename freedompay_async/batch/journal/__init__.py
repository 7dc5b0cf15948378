"""The journal of a batch: a file of SQLite."""
