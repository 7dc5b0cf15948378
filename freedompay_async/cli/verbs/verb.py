"""Makes a command of a row of the contract.

A verb is a function of its own flags that returns the library's call, not begun yet. This module
adds the parts that all verbs share: the settings, `--json`, waiting, the question to confirm,
secrets, and the help's note on how sure the row is.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer

from freedompay_async.calls.cancelled import mark_of
from freedompay_async.cli.call_descriptions import help_of
from freedompay_async.cli.common import errors_reported, run
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.output import discard_output, say
from freedompay_async.cli.settings_flags import SETTINGS, SettingsFlags
from freedompay_async.cli.verbs.announce import Announcing, next_step
from freedompay_async.cli.verbs.answers import show
from freedompay_async.cli.verbs.asking import require_yes
from freedompay_async.cli.verbs.flags import CommonFlags
from freedompay_async.cli.verbs.json_input import object_of
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.calls import Call, Retry
from freedompay_async.contract.models.results import IssuedCards
from freedompay_async.errors import (
    ConfigurationError,
    FreedomPayError,
    OutcomeUnknown,
    StillProcessing,
)
from freedompay_async.operations.operation import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from freedompay_async.crypto.signing import Signer

__all__ = ["verb"]

F = TypeVar("F", bound="Callable[..., Coroutine[Any, Any, Any]]")
_WAIT: Final = 60.0


def verb(
    group: typer.Typer,
    row: Call[Any],
    *,
    confirm: str | None = None,
    secrets: bool = False,
    repeatable_with: str | None = None,
) -> Callable[[F], F]:
    """Make a command of a function. Its first parameter is the client, its last `**call` for the
    library's method.

    Args:
        group: the group of the command.
        row: the contract's row; the command's name, the end of its help and its shared flags come
            from it.
        confirm: for a call that can't be undone or that moves money. The user has to confirm this
            text, which follows "this would" and has the verb's own parameters in braces; a
            parameter that is left out reads `all`.
        secrets: the answer has secrets; `--reveal` shows them.
        repeatable_with: the flag with which the call may be repeated.
    """

    def made(function: F) -> F:
        shared = _shared(row, confirm=confirm is not None, secrets=secrets)

        def command(**values: Any) -> None:
            settings = SettingsFlags(**{name: values.pop(name) for name in SETTINGS})
            how = {name: values.pop(name) for name in shared if name in values}
            with errors_reported():
                call: dict[str, Any] = {
                    "extra": None if how["extra"] is None else object_of(how["extra"], "--extra")
                }
                if "request_id" in how:
                    call["request_id"] = how["request_id"]
                repeatable = bool(repeatable_with and values[repeatable_with])
                if repeatable and how.get("record"):
                    raise ConfigurationError(
                        "--record is for calls that can't be repeated; this one can be. Nothing "
                        "was sent."
                    )
                announce = row.retry is not Retry.READ and not repeatable
                announcing: list[Announcing] = []

                def announced(signer: Signer) -> Signer:
                    announcing.append(Announcing(signer, row))
                    return announcing[-1]

                fp = settings.client(
                    max_connections=1,
                    record=how.get("record"),
                    signing=announced if announce else None,
                )
                # The contract of this client says what may follow a lost answer.
                own_row = fp.contract.rows.get(row.name, row)
                for each in announcing:
                    each.row = own_row
                if confirm is not None and not how["yes"]:
                    words = {
                        name: "all" if value is None else value for name, value in values.items()
                    }
                    require_yes(fp, confirm.format_map(words))
                if how.get("reveal"):
                    typer.echo("the secrets of the card are shown below.", err=True)
                begun = function(fp, **values, **call)

            async def work() -> Exit:
                async with fp:
                    return await _carry_out(own_row, begun, how, repeatable=repeatable)

            run(work)

        own = list(inspect.signature(function).parameters.values())[1:-1]
        signature = _signature(own, shared)
        command.__signature__ = signature  # type: ignore[attr-defined]
        command.__annotations__ = {
            name: part.annotation for name, part in signature.parameters.items()
        }
        group.command(row.name.partition(".")[2].replace("_", "-"), help=help_of(row, function))(
            command
        )
        return function

    return made


def _signature(
    own: list[inspect.Parameter], shared: Mapping[str, tuple[Any, Any]]
) -> inspect.Signature:
    """The parameters of a command: first its own, then the shared ones."""
    parts = [part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in own]
    parts += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in {**shared, **SETTINGS}.items()
    ]
    return inspect.Signature(parts)


def _shared(row: Call[Any], *, confirm: bool, secrets: bool) -> dict[str, tuple[Any, Any]]:
    shared: dict[str, tuple[Any, Any]] = {}
    if row.retry is Retry.ASKABLE:
        shared |= {"wait": (CommonFlags.wait, _WAIT), "request_id": (CommonFlags.request_id, None)}
    if row.retry is Retry.UNASKABLE:
        shared["record"] = (CommonFlags.record, None)
    if confirm:
        shared["yes"] = (CommonFlags.yes, False)
    if secrets:
        shared["reveal"] = (CommonFlags.reveal, False)
    return shared | {"extra": (CommonFlags.extra, None), "json": (CommonFlags.json, False)}


async def _carry_out(
    row: Call[Any], begun: Coroutine[Any, Any, Any], how: Mapping[str, Any], *, repeatable: bool
) -> Exit:
    accepted: Operation[Any] | None = None
    try:
        answer = await begun
        if isinstance(answer, Operation):
            accepted = answer
            answer = await _end(accepted, how["wait"])
    except FreedomPayError as error:
        # The error itself says where the call may be repeated.
        harmless = row.retry is Retry.READ or repeatable or row.safe_again
        if isinstance(error, StillProcessing) or (
            not harmless and (error.outcome_unknown or isinstance(error, OutcomeUnknown))
        ):
            error.add_note(f"next: {next_step(row, error.request_id)}")
        if how["json"]:
            try:
                typer.echo(to_json(_as_record(error)))
            except OSError:
                # Standard error and the exit code have the outcome.
                discard_output(sys.stdout)
        raise
    except asyncio.CancelledError as error:
        _say_cancelled(row, error, accepted)
        raise
    try:
        show(answer, json=how["json"], reveal=how.get("reveal", False))
    except OSError as error:
        if row.retry is Retry.READ:
            raise
        # The call was done or accepted, so standard error must not report a failure of it.
        discard_output(sys.stdout)
        request_id = accepted.request_id if accepted is not None else answer.request_id
        why = error.strerror or str(error)
        say(
            f"freedompay: {row.name} was answered, and the answer can't be written ({why}). Next: "
            f"{next_step(row, request_id)}"
        )
        return Exit.PROBLEMS
    if isinstance(answer, IssuedCards) and answer.differs:
        say(f"freedompay: {answer.differs}: ask the issuer whose they are.")
        return Exit.PROBLEMS
    return Exit.DONE


async def _end(operation: Operation[Any], wait: float) -> Any:
    """The result of a request; without waiting, its state."""
    if wait or operation.done:
        return await operation.result(timeout=wait or _WAIT)
    say("accepted; the result was not waited for.")
    return operation.answer


def _say_cancelled(
    row: Call[Any], error: asyncio.CancelledError, accepted: Operation[Any] | None
) -> None:
    if accepted is not None:
        say(
            f"{row.name} was accepted and goes on at the issuer: "
            f"{next_step(row, accepted.request_id)}"
        )
        return
    mark = mark_of(error)
    if mark is not None and mark.outcome_unknown:
        say(
            f"{row.name} was sent, and may or may not have been done: "
            f"{next_step(row, mark.request_id)}"
        )
    elif row.retry is not Retry.READ:
        say(f"{row.name} was not sent.")


def _as_record(error: FreedomPayError) -> dict[str, Any]:
    names = (
        "text",
        "request_id",
        "call",
        "http_status",
        "error_code",
        "error_description",
        "retry_after",
        "body",
    )
    found = ("done", "proved", "card_ids", "client_id", "transaction_id")
    return {"error": type(error).__name__} | {
        name: getattr(error, name) for name in (*names, *found)
    }
