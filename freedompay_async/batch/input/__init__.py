"""The rows of a batch, from a client file (CSV, JSON Lines, .xlsx, .ods) or made in code, and what
is worth a look in them.
"""
