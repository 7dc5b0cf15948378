"""The exit codes."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Exit"]


class Exit(IntEnum):
    DONE = 0
    PROBLEMS = 1
    """Finished; something was refused, failed or is unknown."""
    INPUT = 2
    """Wrong input or settings; nothing was sent."""
    LEFT = 3
    """Stopped early; something is left to resume."""
    ABORTED = 130
    """Ctrl-C; a batch ends so at the second one."""
