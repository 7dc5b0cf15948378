"""Standard output and standard error that can be given any text, whatever their encoding."""

from __future__ import annotations

import codecs
import io
import json
import sys
from contextlib import suppress

__all__ = ["take_any_text"]

_HOW = "freedompay_async.escaped"


def take_any_text() -> None:
    """What the encoding of a console or a pipe has no letter for is written as JSON escapes, as `--json` has to have it."""
    codecs.register_error(_HOW, _escaped)
    for stream in (sys.stdout, sys.stderr):
        # A program that has put its own stream there has its own way.
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError, ValueError):
                stream.reconfigure(errors=_HOW)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
