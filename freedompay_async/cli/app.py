"""The commands and their help."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from freedompay_async.cli.batches import batch
from freedompay_async.cli.common import Flags, as_json, client, run
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.sandboxes import sandbox
from freedompay_async.errors import RequestFailed, StillProcessing

__all__ = ["app"]

app = typer.Typer(
    name="freedompay",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Issue Freedom Pay cards: never twice, never lost, and clear about what is known.

    **Start here**, without an account: `freedompay sandbox` in one terminal gives you an issuer on this machine
    and prints the settings for it.

    **The main job**: `freedompay batch plan FILE` checks a file of clients and sends nothing;
    `freedompay batch issue FILE --journal run.db` issues one card a row. Stop it in any way, even with kill -9,
    and go on with `freedompay batch resume run.db`.

    **Settings** come from flags, then from the environment: `FREEDOMPAY_AUTH_ID`, `FREEDOMPAY_SECRET_KEY`,
    `FREEDOMPAY_REGION` (KZ, KG, UZ), `FREEDOMPAY_TEST` (1 or 0), `FREEDOMPAY_BASE_URL`. The secret key is never a flag,
    because other users of a machine can read flags.

    **Exit codes**: 0 all done. 1 finished, and something was refused, failed or is unknown. 2 wrong input or settings;
    nothing was sent. 3 stopped early, and something is left to resume. 130 aborted by a second Ctrl-C; resume.
    """,
)
requests = typer.Typer(no_args_is_help=True, help="What became of requests.")
app.add_typer(batch, name="batch")
app.add_typer(requests, name="requests")
app.command("sandbox")(sandbox)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("freedompay-async"))
        raise typer.Exit


@app.callback()
def _app(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    pass


@requests.command("status")
def status(
    request_id: Annotated[str, typer.Argument(help="The id that an error, a log or a report gave.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for the end; 0 asks once.", min=0)] = 0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    auth_id: Flags.auth_id = None,
    region: Flags.region = None,
    test: Flags.test = None,
    base_url: Flags.base_url = None,
) -> None:
    """Ask what became of a request. It changes nothing, and can be asked at any time from any machine."""

    async def work() -> Exit:
        async with client(auth_id=auth_id, region=region, test=test, base_url=base_url) as fp:
            operation = fp.requests.attach(request_id)
            waited: StillProcessing | None = None
            try:
                await (operation.result(timeout=wait) if wait else operation.refresh())
            except RequestFailed:
                pass  # The state tells of it too, and the state is what was asked for.
            except StillProcessing as error:
                waited = error
            state = operation.answer
        if json:
            typer.echo(as_json({"request_id": request_id, "known": state is not None, "answer": state}))
        elif waited is not None:
            raise waited
        elif state is None:
            typer.echo(
                f"{request_id}: the issuer does not know it, or not yet. That does not prove that it was not done: ask again in a minute."
            )
        else:
            parts = [f"{request_id}: {state.request_status}"]
            parts += [f"client {state.client_id}"] if state.client_id is not None else []
            parts += [f"card {card_id}" for card_id in state.card_ids]
            parts += [str(part) for part in (state.error_code, state.error_description) if part is not None]
            typer.echo(", ".join(parts))
        if waited is not None:
            return Exit.LEFT
        return Exit.DONE if state is not None and state.succeeded else Exit.PROBLEMS

    run(work)
