"""The settings of a client: environment, options, policy, signature schemes, proxy."""
