"""`freedompay cards`: the commands that only ask."""
# Without `annotations` of the future: typer reads these when the program runs.

import datetime as dt
from collections.abc import Coroutine
from typing import Annotated, Any, TypeAlias

import typer

from freedompay_async.cli.call_descriptions import help_of
from freedompay_async.cli.common import errors_reported, run
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.settings_flags import SettingsFlags, with_settings
from freedompay_async.cli.verbs.answers import show_list
from freedompay_async.cli.verbs.flags import CallFlags
from freedompay_async.cli.verbs.verb import verb
from freedompay_async.client import FreedomPay
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract import table
from freedompay_async.contract.models import reads

__all__ = ["card_reads"]

card_reads = typer.Typer()
_DAY = ["%Y-%m-%d"]
_Secrets: TypeAlias = Coroutine[Any, Any, reads.CardSecrets]
_Start: TypeAlias = Annotated[
    dt.datetime,
    typer.Option("--start-date", formats=_DAY, metavar="YYYY-MM-DD", help="The first day."),
]
_End: TypeAlias = Annotated[
    dt.datetime,
    typer.Option("--end-date", formats=_DAY, metavar="YYYY-MM-DD", help="The last day."),
]
_Since: TypeAlias = Annotated[
    dt.datetime | None,
    typer.Option("--start-date", formats=_DAY, metavar="YYYY-MM-DD", help="The first day."),
]
_Until: TypeAlias = Annotated[
    dt.datetime | None,
    typer.Option("--end-date", formats=_DAY, metavar="YYYY-MM-DD", help="The last day."),
]


@verb(card_reads, table.CARDS_INFO)
def _info(
    fp: FreedomPay, card_id: CallFlags.card, **call: Any
) -> Coroutine[Any, Any, reads.CardInfo]:
    """Show what the issuer knows about a card."""
    return fp.cards.info(card_id, **call)


@verb(card_reads, table.CARDS_BALANCE)
def _balance(
    fp: FreedomPay, card_id: CallFlags.card, **call: Any
) -> Coroutine[Any, Any, reads.CardBalance]:
    """Show the balance of a card."""
    return fp.cards.balance(card_id, **call)


@verb(card_reads, table.CARDS_SECRET_DATA, secrets=True)
def _secret_data(fp: FreedomPay, card_id: CallFlags.card, **call: Any) -> _Secrets:
    """Show number, expiry and CVV of a card, as `***` without `--reveal`."""
    return fp.cards.secret_data(card_id, **call)


@verb(card_reads, table.CARDS_SECRET_DATA_V2, secrets=True)
def _secret_data_v2(fp: FreedomPay, card_id: CallFlags.card, **call: Any) -> _Secrets:
    """Show number, expiry and CVV with the second version of the call; `***` without `--reveal`."""
    return fp.cards.secret_data_v2(card_id, **call)


@verb(card_reads, table.CARDS_STATEMENT)
def _statement(
    fp: FreedomPay,
    card_id: CallFlags.card,
    start_date: _Since = None,
    end_date: _Until = None,
    **call: Any,
) -> Coroutine[Any, Any, reads.Statement]:
    """Show the movements of a card in one call; for a long time, use `cards movements`."""
    return fp.cards.statement(card_id, start_date=start_date, end_date=end_date, **call)


@verb(card_reads, table.CARDS_STATEMENT_EXTENDED)
def _statement_extended(
    fp: FreedomPay, card_id: CallFlags.card, start_date: _Start, end_date: _End, **call: Any
) -> Coroutine[Any, Any, reads.StatementExtended]:
    """Show the movements of a card with accounts and authorisations."""
    return fp.cards.statement_extended(card_id, start_date=start_date, end_date=end_date, **call)


def _movements(
    card_id: CallFlags.card,
    start_date: _Start,
    end_date: _End,
    window: Annotated[int, typer.Option("--window", min=1, help="Days in each statement.")] = 30,
    json: Annotated[
        bool, typer.Option("--json", help="JSON Lines, one object a movement.")
    ] = False,
    *,
    settings_flags: SettingsFlags,
) -> None:
    """Show the movements of a card between two days, both included, in as many statements as
    needed.
    """
    with errors_reported():
        fp = settings_flags.client(max_connections=1)

    async def work() -> Exit:
        found: list[reads.Movement] = []
        async with fp:
            async for movement in fp.cards.movements(
                card_id, start=start_date, end=end_date, window=window
            ):
                if json:
                    typer.echo(to_json(movement))
                else:
                    found.append(movement)
        if not json:
            show_list(found)
        return Exit.DONE

    run(work)


card_reads.command("movements", help=help_of(table.CARDS_STATEMENT, _movements))(
    with_settings(_movements)
)


@verb(card_reads, table.CARDS_VALIDATE_CARDHOLDER)
def _validate_cardholder(
    fp: FreedomPay,
    user_phone: Annotated[str, typer.Option("--user-phone", help="10 digits.")],
    first_name: Annotated[str, typer.Option("--first-name", help="The person's first name.")],
    last_name: Annotated[str, typer.Option("--last-name", help="The person's last name.")],
    card_token: Annotated[
        str, typer.Option("--card-token", metavar="UUID", help="The token of the card.")
    ],
    **call: Any,
) -> Coroutine[Any, Any, reads.CardValidation]:
    """Show how well a person's data match a card."""
    return fp.cards.validate_cardholder(
        user_phone=user_phone,
        first_name=first_name,
        last_name=last_name,
        card_token=card_token,
        **call,
    )
