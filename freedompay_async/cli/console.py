"""Standard output and standard error that can be given any text, whatever their encoding."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from contextlib import suppress

__all__ = ["open_closed", "take_any_text"]

_HOW = "freedompay_async.escaped"


def open_closed() -> None:
    """Give standard streams that are closed to the null device: a connection that gets their
    numbers ends the process.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            # It gets the lowest number that is free, which is this one.
            null = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(null, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def take_any_text() -> None:
    """What the encoding of a console or a pipe has no letter for is written as JSON escapes, as
    `--json` has to have it.
    """
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
