"""The vendor's API as data, and what a client has different from it."""
