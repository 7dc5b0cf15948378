"""`freedompay requests`."""

from __future__ import annotations

from typing import Annotated

import typer

from freedompay_async.cli.call_descriptions import help_of
from freedompay_async.cli.common import run
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.output import printable
from freedompay_async.cli.settings_flags import SettingsFlags, with_settings
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.request_ids import checked_request_id
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.errors import NotKnown, RequestFailed, StillProcessing
from freedompay_async.operations.operation import Operation

__all__ = ["requests"]

requests = typer.Typer(no_args_is_help=True, help="Ask what became of requests.")


def _status(
    request_id: Annotated[str, typer.Argument(help="The id from an error, a log or a report.")],
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the result; 0 asks once.", min=0)
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    *,
    settings_flags: SettingsFlags,
) -> None:
    """Ask what became of a request.

    It changes nothing, and works at any time from any machine.
    """

    async def work() -> Exit:
        async with settings_flags.client() as fp:
            # Not `requests.attach`, because a call may have had an id of any form.
            own = checked_request_id(request_id)
            operation = Operation(fp._session, REQUESTS_STATUS, own)
            waited: StillProcessing | NotKnown | None = None
            answered = True
            try:
                await (operation.result(timeout=wait) if wait else operation.refresh())
            except RequestFailed:
                pass  # The state has the failure too, and the state is printed below.
            except NotKnown as error:
                waited = error
            except StillProcessing as error:
                # Without a usable answer to the last question, nothing is known about the id.
                waited, answered = error, error.__cause__ is None
            state = operation.answer
        if json:
            typer.echo(
                to_json(
                    {
                        "request_id": request_id,
                        "known": state is not None or (False if answered else None),
                        "answer": state,
                    }
                )
            )
        elif waited is not None:
            raise waited
        elif state is None:
            typer.echo(
                f"{request_id}: the issuer does not know it, or not yet. That does not prove that "
                "it was not done: ask again in a minute."
            )
        else:
            parts = [f"{request_id}: {state.request_status}"]
            parts += [f"client {state.client_id}"] if state.client_id is not None else []
            parts += [f"card {card_id}" for card_id in state.card_ids]
            parts += [
                str(part)
                for part in (state.error_code, state.error_description)
                if part is not None
            ]
            typer.echo(printable(", ".join(parts)))
        if isinstance(waited, StillProcessing):
            return Exit.LEFT
        return Exit.DONE if state is not None and state.succeeded else Exit.PROBLEMS

    run(work)


requests.command("status", help=help_of(REQUESTS_STATUS, _status))(with_settings(_status))
