"""Takes the frames out of an error that came from somebody else's code."""

from __future__ import annotations

import sys
from typing import TypeVar

__all__ = ["without_frames"]

E = TypeVar("E", bound=BaseException)


def without_frames(error: E) -> E:
    """The error without its traceback, and without those of the errors in it and behind it. The
    locals of their frames may hold the request.

    To be called outside of the `except` that caught it. An error that the caller is handling, which
    Python puts behind it too, stays as it is.
    """
    left: list[BaseException | None] = [error]
    seen = {id(sys.exception())}
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = None
        left += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            left += each.exceptions
    return error
