"""What is known of a request, in one word."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OperationStatus"]


class OperationStatus(StrEnum):
    """What is known of a request (`Operation.status`)."""

    NOT_ASKED = "not asked yet"
    """The issuer has said nothing of it: no look-up has been made, or none was answered."""
    NOT_KNOWN_YET = "not known yet"
    """It was attached by its id, and the issuer did not know the id within the grace time."""
    IN_PROCESS = "in process"
    """The issuer knows it, and it has not ended."""
    SUCCEEDED = "succeeded"
    """It has succeeded. `Operation.done` is false until the issuer has named all that it made."""
    FAILED = "failed"
    """It has failed."""
    NOT_KNOWN = "not known"
    """It was attached by its id, and the issuer does not know the id after the grace time."""
