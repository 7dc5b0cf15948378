"""The checks in their order, and how they are printed."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from freedompay_async.cli.common import run
from freedompay_async.cli.doctor.calls import check_answers, check_latency
from freedompay_async.cli.doctor.checks import Check, CheckResult, not_tried
from freedompay_async.cli.doctor.network import (
    check_clock,
    check_connection,
    check_name,
    check_transport,
    check_way,
)
from freedompay_async.cli.doctor.schemes import (
    SCHEMES,
    check_scheme,
    is_accepted,
    open_client,
    with_advice,
)
from freedompay_async.cli.doctor.target import check_settings
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.settings_flags import SETTINGS, SettingsFlags, with_settings
from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError
from freedompay_async.settings.schemes import Scheme

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.cli.doctor.target import Target

__all__ = ["doctor", "draw"]

_COLORS: Final = {CheckResult.OK: "green", CheckResult.WRONG: "red", CheckResult.UNKNOWN: "yellow"}
_WIDTH: Final = max(map(len, CheckResult))
_CALLS: Final = ("latency", "answers")
_VARIABLE: Final = "FREEDOMPAY_SIGNATURE"


@partial(with_settings, only=[name for name in SETTINGS if name != "verbose"])
def doctor(
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    *,
    settings_flags: SettingsFlags,
) -> None:
    """Find out what is wrong with settings, network, clock, key and scheme; each line says what to
    do.

    It changes nothing. It asks `request/status` about ids that nobody has used, twice for each
    signature scheme, the second time with a key that is wrong on purpose. An answer to the right
    key means something only if a wrong key gets another one. If the host takes a scheme, the last
    line is the command that sets it.

    The exit code is 0 when all is ok, 1 when something is wrong or unknown, 2 when settings are
    missing.
    """

    async def work() -> Exit:
        try:
            settings, target = check_settings(settings_flags)
        except ConfigurationError as error:
            missing = Check(
                name="settings",
                result=CheckResult.WRONG,
                detail=error.text,
                advice="freedompay --help explains each setting",
            )
            _show([missing], json=json)
            return Exit.INPUT
        checks: list[Check] = []
        async for check in _examine(settings, target):
            checks.append(check)
            if not json:
                draw(check)
        accepted = _accepted(checks, target)
        setting = None if accepted is None else target.setting(accepted)
        if json:
            _show(checks, json=True, setting=setting)
        elif setting is not None:
            typer.echo(f"\nexport {_VARIABLE}={setting}")
        return (
            Exit.DONE if all(check.result is CheckResult.OK for check in checks) else Exit.PROBLEMS
        )

    run(work)


async def _examine(settings: Check, target: Target) -> AsyncGenerator[Check]:
    """Run the checks one by one; checks that a failure makes pointless are not tried."""
    yield settings
    yield check_way(target)
    yield check_transport(target)
    name = await check_name(target)
    yield name
    if name.result is not CheckResult.OK:
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
    schemes = with_advice([await check_scheme(target, each) for each in SCHEMES], target)
    for scheme in schemes:
        yield scheme
    accepted = _accepted(schemes, target)
    if accepted is None:
        for each in _CALLS:
            yield not_tried(each, "no scheme is known to be accepted")
        return
    signer = accepted.signer(auth_id=target.auth_id, secret_key=target.secret_key)
    async with open_client(target, signer) as fp:
        yield await check_latency(fp, kept=kept)
        yield check_answers(fp)


def _accepted(checks: list[Check], target: Target) -> Scheme | None:
    """The scheme to use: that of the settings if the host takes it, else the first one it takes."""
    found = [Scheme(check.name) for check in checks if check.name in SCHEMES and is_accepted(check)]
    return target.scheme if target.scheme in found else found[0] if found else None


def _show(checks: list[Check], *, json: bool, setting: str | None = None) -> None:
    if json:
        ok = all(check.result is CheckResult.OK for check in checks)
        environment = {} if setting is None else {_VARIABLE: setting}
        shown = [
            {
                "name": check.name,
                "verdict": check.result,
                "detail": check.detail,
                "advice": check.advice,
            }
            for check in checks
        ]
        typer.echo(to_json({"ok": ok, "checks": shown, "environment": environment}))
        return
    for check in checks:
        draw(check)


def draw(check: Check) -> None:
    result = f"{check.result:<{_WIDTH}}"
    if sys.stdout.isatty():
        result = typer.style(result, fg=_COLORS[check.result])
    typer.echo(f"{result}  {check.name:<10}  {check.detail}")
    if check.advice:
        typer.echo(f"{'':<{_WIDTH}}  {'':<10}  -> {check.advice}")
