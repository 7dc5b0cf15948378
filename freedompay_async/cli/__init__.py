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
    # Done before any output: an output that breaks after cards were made would hide their outcome.
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
        from freedompay_async.cli.output import discard_output  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit("freedompay: aborted. Nothing was sent.")

    # The commands report in their own words what the library logs.
    logging.getLogger("freedompay_async").addHandler(logging.NullHandler())

    try:
        app()
    except OSError as error:
        # Errors of a journal and of `--out` are handled elsewhere: this is the output itself.
        if error.errno not in _FULL:
            raise
        discard_output(sys.stdout)
        sys.exit(
            f"freedompay: the output can't be written ({error.strerror}). Send it elsewhere. "
            "The journal of a batch has what was done."
        )
