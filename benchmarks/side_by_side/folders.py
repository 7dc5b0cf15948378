"""Folders for journals: on a disk, and in memory."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from side_by_side.machine import file_system

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MEMORY", "disk"]

_VOLATILE: Final = ("tmpfs", "ramfs")
MEMORY: Final = Path("/dev/shm")
"""Backed by memory where it exists."""


@contextmanager
def disk() -> Iterator[Path]:
    """A temporary folder on a disk; elsewhere than usual where the usual place is in memory."""
    usual = Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(
        dir=Path.cwd() if file_system(usual) in _VOLATILE else usual
    ) as folder:
        yield Path(folder).resolve()
