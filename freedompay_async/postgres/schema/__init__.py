"""The tables and functions in the database, and what makes them."""
