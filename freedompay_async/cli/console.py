"""Make standard output and standard error take any text, whatever their encoding."""

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
    """Open closed standard streams on the null device: otherwise a connection would get their file
    numbers, which ends the process.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            # The system gives the lowest free number, which is this one.
            null = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(null, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def take_any_text() -> None:
    """Write letters that the encoding of a console or a pipe lacks as JSON escapes, which `--json`
    needs.
    """
    codecs.register_error(_HOW, _escaped)
    for stream in (sys.stdout, sys.stderr):
        # A program may have put a stream of its own there.
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError, ValueError):
                stream.reconfigure(errors=_HOW)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
