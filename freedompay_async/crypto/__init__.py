"""Signs calls and encrypts PINs; finds out why a signature is wrong."""
