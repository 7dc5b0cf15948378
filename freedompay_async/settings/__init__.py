"""What a caller sets: regions and hosts, signature schemes, the proxy."""
