"""Asks the user to confirm, or to type a secret."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from freedompay_async.client import FreedomPay

__all__ = ["ask", "read_secret", "require_yes"]


def require_yes(fp: FreedomPay, what: str) -> None:
    """Ask on a terminal; without one, only `--yes` confirms.

    Raises:
        ConfigurationError: nobody said yes; nothing was sent.
    """
    ask(f"{what}, at {fp.base_url}, for merchant {fp.merchant}")


def ask(what: str) -> None:
    """As `require_yes`, about what concerns no host.

    Raises:
        ConfigurationError: nobody said yes; nothing was sent.
    """
    if not sys.stdin.isatty():
        raise ConfigurationError(f"this would {what}. Add --yes to do it. Nothing was sent.")
    if not typer.confirm(f"This will {what}. Go on?", err=True):
        raise ConfigurationError("not confirmed. Nothing was sent.")


def read_secret(what: str) -> Secret:
    """Read a secret: from the terminal without echo, elsewhere the first line of standard input.

    Raises:
        ConfigurationError: there is none; nothing was sent.
    """
    typed = (
        typer.prompt(what, hide_input=True, default="", show_default=False, err=True)
        if sys.stdin.isatty()
        else sys.stdin.readline()
    )
    secret = Secret(typed.strip())
    del typed
    if not secret:
        raise ConfigurationError(f"{what}: there is none on standard input. Nothing was sent.")
    return secret
