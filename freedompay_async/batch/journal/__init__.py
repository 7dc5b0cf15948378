"""Where a batch keeps its rows: `base.py` declares what a journal does, and SQLite does it."""
