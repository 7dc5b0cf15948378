"""The issuer's books and rules: what it takes, and what it makes of it. No HTTP in it."""
