"""Carries requests to the host and brings back the answers."""
