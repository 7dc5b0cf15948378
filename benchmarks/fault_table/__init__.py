"""The parts of `faults.py`: the rows, the server, a client for each column, and the table."""
