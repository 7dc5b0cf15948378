"""`freedompay sandbox`."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from freedompay_async.cli.common import fail, run
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.signals import STOPS, take_signals
from freedompay_async.crypto.diagnosis import why_wrong
from freedompay_async.errors import ConfigurationError

__all__ = ["sandbox"]


def _chance(help: str, *names: str) -> Any:
    return typer.Option(
        *names,
        min=0,
        max=1,
        help=help,
        rich_help_panel="Faults, each for a share of the calls (0 to 1)",
    )


def sandbox(
    port: Annotated[int, typer.Option(help="0 takes a free port.", min=0, max=65535)] = 8095,
    auth_id: Annotated[
        str, typer.Option(help="The merchant id that it accepts.", envvar="FREEDOMPAY_AUTH_ID")
    ] = "10001",
    database: Annotated[
        str,
        typer.Option(help="A file that keeps clients and cards; without it they are in memory."),
    ] = ":memory:",
    processing: Annotated[
        str, typer.Option(help="How long an accepted request takes, in seconds: shortest-longest.")
    ] = "0.05-0.5",
    lost: Annotated[float, _chance("Answer lost after the work: closed, cut, or stalled.")] = 0.0,
    reset: Annotated[float, _chance("Connection reset after the work.")] = 0.0,
    error_500: Annotated[float, _chance("HTTP 500 after the work.", "--error-500")] = 0.0,
    html_502: Annotated[float, _chance("HTTP 502 with a proxy's page.", "--html-502")] = 0.0,
    unavailable: Annotated[float, _chance("HTTP 503 with Retry-After.")] = 0.0,
    limited: Annotated[float, _chance("HTTP 429 with Retry-After.")] = 0.0,
    late: Annotated[float, _chance("Accepted, and known to request/status only later.")] = 0.0,
    drip: Annotated[float, _chance("The answer comes a few bytes at a time.")] = 0.0,
    stall: Annotated[
        float, typer.Option(help="Seconds that a stalled answer takes.", min=0)
    ] = 20.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same faults.")] = 0,
    contract: Annotated[
        Path | None,
        typer.Option(
            "--contract",
            metavar="FILE",
            readable=False,
            help="How this host differs from the vendor's pages, TOML or JSON: a table for each "
            "call, as [cards.issue], with path, required, names, algorithms.",
        ),
    ] = None,
) -> None:
    """Run an issuer on this machine: a real HTTP server that keeps clients, cards and a ledger, and
    misbehaves on demand.

    It listens on 127.0.0.1 only and is not for the real world: no money, no card network, no safe
    keeping. It checks signatures with the secret key FREEDOMPAY_SECRET_KEY, or else
    `sandbox-secret`. The ledger is at /sandbox/ledger, one JSON object a card.
    """
    # aiohttp's server side is slow to import, and no other command needs it.
    from freedompay_async.sandbox import Faults, Sandbox  # noqa: PLC0415

    secret_key = os.environ.get("FREEDOMPAY_SECRET_KEY") or "sandbox-secret"
    times = re.fullmatch(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?", processing)
    if times is None:
        fail(
            f"--processing is {processing!r}: use seconds, shortest-longest, such as 0.05-0.5.",
            Exit.INPUT,
        )
    try:
        faults = Faults(
            seed=seed,
            lost=lost,
            reset=reset,
            error_500=error_500,
            html_502=html_502,
            unavailable=unavailable,
            limited=limited,
            late=late,
            drip=drip,
            stall=stall,
        )
        issuer = Sandbox(
            auth_id=auth_id,
            secret_key=secret_key,
            database=database if database == ":memory:" else Path(database),
            processing=(float(times[1]), float(times[2] or times[1])),
            faults=faults,
            port=port,
            keep=0,
            contract=None if contract is None else _differences(contract),
            diagnose=why_wrong,
        )
    except ValueError as error:
        fail(str(error), Exit.INPUT)

    async def serve() -> Exit:
        ended = _end_event()
        try:
            await issuer.__aenter__()
        except OSError as error:
            raise ConfigurationError(
                f"port {port} can't be used ({error.strerror}): try --port 0. Nothing was started."
            ) from error
        except (sqlite3.Error, ValueError) as error:
            raise ConfigurationError(
                f"--database {database} can't be used ({error}). Nothing was started."
            ) from error
        try:
            typer.echo(
                f"An issuer for tests runs at {issuer.base_url} until Ctrl-C. In another "
                "terminal:\n\n"
                f"  export FREEDOMPAY_BASE_URL={issuer.base_url} FREEDOMPAY_REGION=KZ "
                f"FREEDOMPAY_AUTH_ID={auth_id}\n"
                "  export FREEDOMPAY_SECRET_KEY="
                + (
                    "sandbox-secret"
                    if secret_key == "sandbox-secret"  # noqa: S105
                    else "…the one of this terminal…"
                )
                + f"\n\nEach request, live: {issuer.base_url}/\nThe ledger: "
                f"{issuer.base_url}/sandbox/ledger\n"
                f"HashDT's pages: base_url {issuer.base_url}, api_key {issuer.hashdt_api_key}, "
                f"token {issuer.hashdt_token}",
            )
            await ended.wait()
        finally:
            await issuer.__aexit__(None, None, None)
        return Exit.DONE

    run(serve)


def _differences(path: Path) -> dict[str, Any]:
    """The content of a file of `--contract`.

    Raises:
        ValueError: it can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ValueError(
            f"--contract {path} can't be read ({error.strerror}). Nothing was started."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"--contract {path} can't be read ({error}). Nothing was started."
        ) from error
    if not isinstance(found, dict):
        raise ValueError(  # noqa: TRY004 - the same error as for an unreadable file
            f"--contract {path} is not an object of calls. Nothing was started."
        )
    return found


def _end_event() -> asyncio.Event:
    """An event that Ctrl-C or `kill` sets while the loop runs."""
    ended = asyncio.Event()
    take_signals(STOPS, ended.set)
    return ended
