"""The commands and their help."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from freedompay_async.cli.batch_report import report
from freedompay_async.cli.batch_stop import stop
from freedompay_async.cli.batches import batch
from freedompay_async.cli.columns import columns
from freedompay_async.cli.contract_table import contract
from freedompay_async.cli.doctor import doctor
from freedompay_async.cli.journals import journal
from freedompay_async.cli.sandboxes import sandbox
from freedompay_async.cli.sign import sign
from freedompay_async.cli.verbs.card_changes import card_changes
from freedompay_async.cli.verbs.card_reads import card_reads
from freedompay_async.cli.verbs.clients import clients
from freedompay_async.cli.verbs.gift_cards import gift_cards
from freedompay_async.cli.verbs.limits import limits
from freedompay_async.cli.verbs.requests import requests
from freedompay_async.cli.verbs.transactions import transactions
from freedompay_async.cli.worker import worker

__all__ = ["app"]

app = typer.Typer(
    name="freedompay",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Issue Freedom Pay cards: never twice, never lost, and clear about what is known.

    **Start here**, without an account: `freedompay sandbox` in one terminal runs an issuer on this
    machine and prints the settings for it.

    **The main job**: `freedompay batch plan FILE` checks a file of clients and sends nothing;
    `freedompay batch issue FILE --journal run.db` issues one card a row. Stop it in any way, even
    with kill -9, and go on with `freedompay batch resume run.db`. With a PostgreSQL database as the
    journal many machines work on it: `freedompay worker`. With `--app` that command sends the
    tracked requests of an application.

    **Each call of the API** is a command: `freedompay cards issue`, `freedompay clients create`, …
    `freedompay contract` lists them all and says how sure each is. A command that changes something
    prints its request id before it sends, and waits for the result.

    **A new integration**: `freedompay doctor` says what is wrong with settings, network and key;
    `freedompay sign` shows what is signed, and where another implementation goes wrong.

    **Settings** come from flags, then from the environment: `FREEDOMPAY_AUTH_ID`,
    `FREEDOMPAY_SECRET_KEY`, `FREEDOMPAY_REGION` (KZ, KG, UZ), `FREEDOMPAY_TEST` (1 the test host,
    0 the live one), `FREEDOMPAY_BASE_URL`, `FREEDOMPAY_SIGNATURE` (the scheme),
    `FREEDOMPAY_CONTRACT` (a contract file), `FREEDOMPAY_PROXY`, `FREEDOMPAY_JOURNAL` (a file, or
    a `postgresql://` address with its password). The secret key is never a flag, and no password
    is, because other users of the machine can read flags.

    **Exit codes**: 0 all done. 1 finished, and something was refused, failed or is unknown. 2 wrong
    input or settings; nothing was sent. 3 stopped early, and something is left to resume. 130
    aborted by Ctrl-C, a batch by a second one; resume, or ask with the request id.
    """,
)
cards = typer.Typer(no_args_is_help=True, help="Payment cards: issue, change, look up.")
cards.add_typer(card_changes)
cards.add_typer(card_reads)
app.command("sandbox")(sandbox)
app.command("doctor")(doctor)
app.command("sign")(sign)
app.command("contract")(contract)
batch.command("report")(report)
batch.command("stop")(stop)
batch.command("columns")(columns)
app.command("worker")(worker)
app.add_typer(batch, name="batch")
app.add_typer(journal, name="journal")
app.add_typer(cards, name="cards")
app.add_typer(clients, name="clients")
app.add_typer(gift_cards, name="gift-cards")
app.add_typer(limits, name="limits")
app.add_typer(requests, name="requests")
app.add_typer(transactions, name="transactions")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("freedompay-async"))
        raise typer.Exit


@app.callback()
def _app(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    pass
