"""Reads the rows of a batch from a client file (CSV, JSON Lines, .xlsx, .ods), and checks them."""
