"""What a command asks its user: to be sure, and for what no other user of the machine may read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from freedompay_async.client import FreedomPay

__all__ = ["be_sure", "read_secret"]


def be_sure(fp: FreedomPay, what: str) -> None:
    """Ask on a terminal; elsewhere only `--yes` will do.

    Raises:
        ConfigurationError: nobody said yes; nothing was sent.
    """
    what = f"{what}, at {fp.base_url}, for merchant {fp.merchant}"
    if not sys.stdin.isatty():
        raise ConfigurationError(f"this would {what}. Say --yes to do it. Nothing was sent.")
    if not typer.confirm(f"This will {what}. Go on?", err=True):
        raise ConfigurationError("not confirmed. Nothing was sent.")


def read_secret(what: str) -> Secret:
    """A line that is not shown: from the terminal without echo, elsewhere the first line of
    standard input.

    Raises:
        ConfigurationError: there is none; nothing was sent.
    """
    given = (
        typer.prompt(what, hide_input=True, default="", show_default=False, err=True)
        if sys.stdin.isatty()
        else sys.stdin.readline()
    )
    secret = Secret(given.strip())
    del given
    if not secret:
        raise ConfigurationError(f"{what}: there is none on standard input. Nothing was sent.")
    return secret
