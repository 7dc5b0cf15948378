"""What the commands share: settings, running, and errors as one line."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import anyio
import msgspec
import typer

from freedompay_async.cli.exits import Exit
from freedompay_async.client import FreedomPay
from freedompay_async.errors import (
    ConfigurationError,
    FreedomPayError,
    JournalError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    StillProcessing,
)
from freedompay_async.models.open import Fields
from freedompay_async.secret import Secret
from freedompay_async.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Flags", "as_json", "client", "fail", "run"]


class Flags:
    """The settings as flags; each wins over its environment variable."""

    auth_id = Annotated[str | None, typer.Option("--auth-id", help="Merchant id. [FREEDOMPAY_AUTH_ID]", rich_help_panel="Settings")]
    region = Annotated[str | None, typer.Option("--region", help="KZ, KG or UZ. [FREEDOMPAY_REGION]", rich_help_panel="Settings")]
    test = Annotated[
        bool | None, typer.Option("--test/--live", help="The region's test host, or not. [FREEDOMPAY_TEST]", rich_help_panel="Settings")
    ]
    base_url = Annotated[
        str | None, typer.Option("--base-url", help="Wins over the region's host. [FREEDOMPAY_BASE_URL]", rich_help_panel="Settings")
    ]


def client(*, auth_id: str | None, region: str | None, test: bool | None, base_url: str | None, max_connections: int = 64) -> FreedomPay:
    """A client from flags and the environment."""
    settings = Settings.from_env({"auth_id": auth_id, "region": region, "test": test, "base_url": base_url})
    if settings.region is None:
        raise ConfigurationError(
            "set FREEDOMPAY_REGION (KZ, KG or UZ) in the environment, or --region: it decides the signature scheme. Nothing was sent."
        )
    return FreedomPay.from_settings(settings, max_connections=max_connections)


def run(work: Callable[[], Awaitable[Exit]]) -> NoReturn:
    """Run `work` and exit with what it returns; an error of ours is one message on standard error."""
    uvloop = importlib.util.find_spec("uvloop") is not None
    try:
        code = anyio.run(work, backend_options={"use_uvloop": uvloop})
    except ConfigurationError as error:
        fail(str(error), Exit.INPUT)
    except (JournalError, NotSent, RateLimited, StillProcessing) as error:
        fail(str(error), Exit.LEFT)
    except (OutcomeUnknown, ProtocolError) as error:
        fail(f"{error}\n{error.body or ''}".rstrip(), Exit.PROBLEMS)
    except FreedomPayError as error:
        fail(str(error), Exit.PROBLEMS)
    except BrokenPipeError:
        # What is still in the buffer would be refused again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail("nobody reads the output any more: stopped. A batch can be resumed.", Exit.LEFT)
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail("aborted.", Exit.ABORTED)
    raise SystemExit(code)


def fail(message: str, code: Exit) -> NoReturn:
    typer.echo(f"freedompay: {message}", err=True)
    raise SystemExit(code)


def as_json(value: object) -> str:
    """One line of JSON; a secret shows itself as `***`, and an amount is a number as it came."""
    return _ENCODER.encode(value).decode()


def _plain(value: Any) -> object:
    if isinstance(value, Fields):
        return dict(value)
    if isinstance(value, Secret):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number")
