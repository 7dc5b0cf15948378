"""What proves who calls: the two signature schemes, the encryption of a PIN, and why a signature is
wrong.
"""
