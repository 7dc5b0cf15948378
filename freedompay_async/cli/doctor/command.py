"""The checks in their order, and how they are told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from freedompay_async.cli.common import Flags, run
from freedompay_async.cli.doctor.calls import check_answers, check_latency
from freedompay_async.cli.doctor.checks import Check, Verdict, not_tried
from freedompay_async.cli.doctor.network import check_clock, check_connection, check_name
from freedompay_async.cli.doctor.schemes import SCHEMES, check_scheme, in_use, is_accepted, open_client, with_advice
from freedompay_async.cli.doctor.target import check_settings
from freedompay_async.cli.exits import Exit
from freedompay_async.errors import ConfigurationError
from freedompay_async.plain import to_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.cli.doctor.target import Target

__all__ = ["doctor"]

_COLORS: Final = {Verdict.OK: "green", Verdict.WRONG: "red", Verdict.UNKNOWN: "yellow"}
_WIDTH: Final = max(map(len, Verdict))
_CALLS: Final = ("latency", "answers")


def doctor(
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    auth_id: Flags.auth_id = None,
    region: Flags.region = None,
    test: Flags.test = None,
    base_url: Flags.base_url = None,
) -> None:
    """Find out what is wrong with settings, network, clock, key and scheme; each line says what to do.

    It changes nothing: it asks `request/status` about ids that nobody has used, twice for each signature scheme, the second time with a
    key that is wrong on purpose. An answer to the right key means something only if a wrong key gets another one.

    The exit code is 0 when all is ok, 1 when something is wrong or unknown, 2 when settings are missing.
    """
    flags: dict[str, object] = {"auth_id": auth_id, "region": region, "test": test, "base_url": base_url}

    async def work() -> Exit:
        try:
            settings, target = check_settings(flags)
        except ConfigurationError as error:
            missing = Check(name="settings", verdict=Verdict.WRONG, detail=error.message, advice="freedompay --help tells what each is")
            _tell([missing], json=json)
            return Exit.INPUT
        checks: list[Check] = []
        async for check in _examine(settings, target):
            checks.append(check)
            if not json:
                _draw(check)
        if json:
            _tell(checks, json=True)
        return Exit.DONE if all(check.verdict is Verdict.OK for check in checks) else Exit.PROBLEMS

    run(work)


async def _examine(settings: Check, target: Target) -> AsyncGenerator[Check]:
    """Each check as it is made; what a failure makes pointless is not tried."""
    yield settings
    name = await check_name(target)
    yield name
    if name.verdict is not Verdict.OK:
        for each in ("connection", "clock", *SCHEMES, *_CALLS):
            yield not_tried(each, "the name was not resolved")
        return
    connection, line = await check_connection(target)
    yield connection
    if line is None:
        for each in ("clock", *SCHEMES, *_CALLS):
            yield not_tried(each, "there is no connection")
        return
    try:
        clock, kept = await check_clock(target, line)
    finally:
        await line.aclose()
    yield clock
    used = in_use(target.region)
    schemes = with_advice([await check_scheme(target, each) for each in SCHEMES], used)
    for scheme in schemes:
        yield scheme
    accepted = [each.name for each in schemes if is_accepted(each)]
    if not accepted:
        for each in _CALLS:
            yield not_tried(each, "no scheme is known to be accepted")
        return
    signer = SCHEMES[used if used in accepted else accepted[0]](target.auth_id, target.secret_key)
    async with open_client(target, signer) as fp:
        yield await check_latency(fp, kept=kept)
        yield check_answers(fp)


def _tell(checks: list[Check], *, json: bool) -> None:
    if json:
        ok = all(check.verdict is Verdict.OK for check in checks)
        typer.echo(to_json({"ok": ok, "checks": checks}))
        return
    for check in checks:
        _draw(check)


def _draw(check: Check) -> None:
    verdict = f"{check.verdict:<{_WIDTH}}"
    if sys.stdout.isatty():
        verdict = typer.style(verdict, fg=_COLORS[check.verdict])
    typer.echo(f"{verdict}  {check.name:<10}  {check.detail}")
    if check.advice:
        typer.echo(f"{'':<{_WIDTH}}  {'':<10}  -> {check.advice}")
