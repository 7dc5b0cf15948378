"""What `faults.py` runs: the rows, the server, a client for each column, and the table."""
