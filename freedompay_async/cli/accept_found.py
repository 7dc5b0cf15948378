"""`--accept-found`: the keys of found rows that are for the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from freedompay_async.batch.accepting import EVERY_ROW, some
from freedompay_async.cli.output import printable
from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.files import reading_any

if TYPE_CHECKING:
    from freedompay_async.batch import Accepted

__all__ = ["keys_to_accept", "show_accepted"]


def keys_to_accept(value: str | None) -> str | list[str] | None:
    """The keys in the file that `--accept-found` names, or `all`.

    Raises:
        ConfigurationError: the file can't be read, or has no key in it.
    """
    if value is None or value == EVERY_ROW:
        return value
    try:
        with (
            reading_any(value) as file,
            open(file, encoding="utf-8-sig", closefd=False) as stream,
        ):
            keys = stream.read().splitlines()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        why = "it is not UTF-8" if isinstance(error, UnicodeError) else reason
        raise ConfigurationError(
            f"--accept-found: {value} can't be read ({why}). Nothing was sent."
        ) from error
    if not any(key.strip() for key in keys):
        raise ConfigurationError(f"--accept-found: {value} names no key. Nothing was sent.")
    return keys


def show_accepted(accepted: Accepted, keys: str | list[str] | None, *, json: bool) -> None:
    """Print which rows `--accept-found` has accepted; the report has only their count."""
    if keys is None:
        return
    if json:
        typer.echo(
            to_json({"event": "accepted", "rows": accepted.rows, "not_found": accepted.not_found})
        )
        return
    rows = "1 row is" if accepted.rows == 1 else f"{accepted.rows:,} rows are"
    typer.echo(f"--accept-found: {rows} accepted", err=True)
    if accepted.not_found:
        typer.echo(
            (
                "--accept-found: not accepted, because these rows were not used before: "
                f"{printable(some(accepted.not_found))}"
            ),
            err=True,
        )
