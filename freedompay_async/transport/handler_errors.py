"""Knows an error of a test's own code again: such code has answered in the issuer's place.

The error says nothing of the call, so whoever turns errors into outcomes lets this one pass.
"""

from __future__ import annotations

from typing import Final

__all__ = ["is_handler_error", "mark_handler_error"]

_MARK: Final = "freedompay_handler"


def mark_handler_error(error: Exception) -> None:
    """Note on an error that a test's own code has raised it."""
    # Not by an assignment, which the class of the error may refuse.
    vars(error)[_MARK] = True


def is_handler_error(error: BaseException) -> bool:
    """Whether a test's own code has raised it."""
    return _MARK in vars(error)
