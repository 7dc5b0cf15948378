"""A transport for unit tests: a function answers in the place of the issuer."""
