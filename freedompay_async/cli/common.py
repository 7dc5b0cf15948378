"""What the commands share: settings, running, and errors as one line."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import anyio
import typer

from freedompay_async.cli.exits import Exit
from freedompay_async.cli.output import printable
from freedompay_async.cli.signals import on_signals
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
from freedompay_async.settings import Settings, signer_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from pathlib import Path

    from freedompay_async.signing import Signer

__all__ = ["Flags", "client", "errors_told", "fail", "run", "settings_of"]


class Flags:
    """The settings as flags; each wins over its environment variable."""

    auth_id = Annotated[str | None, typer.Option("--auth-id", help="Merchant id. [FREEDOMPAY_AUTH_ID]", rich_help_panel="Settings")]
    region = Annotated[str | None, typer.Option("--region", help="KZ, KG or UZ. [FREEDOMPAY_REGION]", rich_help_panel="Settings")]
    test = Annotated[
        bool | None,
        typer.Option(
            "--test/--live",
            help="The region's test host; left out, the live one. [FREEDOMPAY_TEST]",
            rich_help_panel="Settings",
        ),
    ]
    base_url = Annotated[
        str | None, typer.Option("--base-url", help="Wins over the region's host. [FREEDOMPAY_BASE_URL]", rich_help_panel="Settings")
    ]


def settings_of(*, auth_id: str | None, region: str | None, test: bool | None, base_url: str | None) -> Settings:
    """The settings of flags and the environment, with a region.

    Raises:
        ConfigurationError: one is missing or wrong.
    """
    settings = Settings.from_env({"auth_id": auth_id, "region": region, "test": test, "base_url": base_url})
    if settings.region is None:
        raise ConfigurationError(
            "set FREEDOMPAY_REGION (KZ, KG or UZ) in the environment, or --region: it decides the signature scheme. Nothing was sent."
        )
    return settings


def client(
    *,
    auth_id: str | None,
    region: str | None,
    test: bool | None,
    base_url: str | None,
    max_connections: int = 64,
    record: Path | None = None,
    signing: Callable[[Signer], Signer] | None = None,
) -> FreedomPay:
    """A client from flags and the environment; `signing` is given the region's scheme and hands back the one to use."""
    settings = settings_of(auth_id=auth_id, region=region, test=test, base_url=base_url)
    if signing is None:
        return FreedomPay.from_settings(settings, max_connections=max_connections, record=record)
    signer = signer_of(settings.region, auth_id=settings.auth_id, secret_key=settings.secret_key)
    return FreedomPay(
        region=settings.region,
        test=settings.test,
        base_url=settings.base_url,
        signer=signing(signer),
        max_connections=max_connections,
        record=record,
    )


def run(work: Callable[[], Awaitable[Exit]]) -> NoReturn:
    """Run `work` and exit with what it returns; an error of ours is one message on standard error."""
    uvloop = importlib.util.find_spec("uvloop") is not None

    async def interruptible() -> Exit:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        # The loop's own way is to cancel in the middle of whatever runs: now and then that breaks a callback of the connection, which
        # then shows a traceback. So it is the loop that is told.
        with on_signals((signal.SIGINT,), task.cancel):
            return await work()

    with errors_told():
        code = anyio.run(interruptible, backend_options={"use_uvloop": uvloop})
    raise SystemExit(code)


@contextmanager
def errors_told() -> Generator[None]:
    """What is raised inside ends the command, with one message on standard error; notes on the error follow it, a line each."""
    try:
        yield
    except ConfigurationError as error:
        _fail(error, str(error), Exit.INPUT)
    except (JournalError, NotSent, RateLimited, StillProcessing) as error:
        _fail(error, str(error), Exit.LEFT)
    except (OutcomeUnknown, ProtocolError) as error:
        _fail(error, f"{error}\n{error.body or ''}".rstrip(), Exit.PROBLEMS)
    except FreedomPayError as error:
        _fail(error, str(error), Exit.PROBLEMS)
    except BrokenPipeError:
        # What is still in the buffer would be refused again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail("nobody reads the output any more: stopped. A batch can be resumed.", Exit.LEFT)
    except typer.Abort:
        # Of a question at the terminal, and each is asked before anything is sent.
        fail("aborted. Nothing was sent.", Exit.ABORTED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail("aborted.", Exit.ABORTED)


def _fail(error: FreedomPayError, message: str, code: Exit) -> NoReturn:
    fail("\n".join([message, *getattr(error, "__notes__", ())]), code)


def fail(message: str, code: Exit) -> NoReturn:
    # The lines are ours, or of an issuer's page; what is in them may be anything.
    typer.echo("freedompay: " + "\n".join(map(printable, message.split("\n"))), err=True)
    raise SystemExit(code)
