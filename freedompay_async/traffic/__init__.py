"""Decides when a call may leave."""
