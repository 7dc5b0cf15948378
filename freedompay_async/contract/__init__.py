"""The vendor's API as data, and how the contract of a client differs from it."""
