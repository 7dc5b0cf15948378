"""How a database is reached, and that it stays reached."""
