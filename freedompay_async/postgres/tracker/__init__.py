"""Requests that outlive the process which made them: an outbox beside the application's tables."""
