"""The garbage collector while the command runs a batch."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["rare_collections"]

# New objects between two collections. A batch of 256 calls at once has more new objects at any time
# than Python's own 700, so nearly every collection comes too early and finds nothing.
_NEW_OBJECTS: Final = 10_000


@contextmanager
def rare_collections() -> Generator[None]:
    """Let the collector run less often, and pass over what was there before.

    Only the command does this, because a library must not change it for the program around it.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
