"""The command `freedompay`."""

from __future__ import annotations

import errno
import logging
import sys
from importlib.util import find_spec

from freedompay_async.cli.console import open_closed, take_any_text

__all__ = ["main"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main() -> None:
    """Run the command; without the extra `cli`, say how to get it."""
    # Before the first word: an output that breaks after cards were made would hide what became of
    # them.
    open_closed()
    take_any_text()
    missing = [name for name in ("rich", "typer") if find_spec(name) is None]
    if missing:
        sys.exit(
            f"freedompay: {' and '.join(missing)} not installed: pip install "
            "'freedompay-async[cli]'"
        )
    try:
        from freedompay_async.cli.app import app  # noqa: PLC0415
        from freedompay_async.cli.output import hush  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit("freedompay: aborted. Nothing was sent.")

    # What the library logs the commands tell in their own words.
    logging.getLogger("freedompay_async").addHandler(logging.NullHandler())

    try:
        app()
    except OSError as error:
        # Of a journal it is a JournalError, and of `--out` it is told: this is the output itself.
        if error.errno not in _FULL:
            raise
        hush(sys.stdout)
        sys.exit(
            f"freedompay: the output can't be written ({error.strerror}). Send it elsewhere. What "
            "a batch has done is in its journal."
        )
