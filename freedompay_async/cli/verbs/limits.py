"""`freedompay limits`."""
# Without `annotations` of the future: typer reads these when the program runs.

from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import Struct

from freedompay_async.cli.verbs.json_input import fields_of, read_json
from freedompay_async.cli.verbs.verb import verb
from freedompay_async.client import FreedomPay
from freedompay_async.contract import table
from freedompay_async.contract.models.dictionaries import LimitObject
from freedompay_async.contract.models.reads import LimitList
from freedompay_async.contract.models.requests import Limit, LimitAmount
from freedompay_async.contract.models.results import Completed
from freedompay_async.errors import ConfigurationError
from freedompay_async.operations.operation import Operation

__all__ = ["limits"]

limits = typer.Typer(
    no_args_is_help=True, help="How much a card, an account or a client may spend."
)


class _Amount(Struct, kw_only=True):
    type: str
    # `LimitAmount` reads it: a number or text, as the user wrote it.
    value: Any
    currency: str


class _Limit(Struct, kw_only=True):
    """A limit in JSON."""

    transaction_type: str
    amount: list[_Amount]
    region: str | None = None
    period: str | None = None


_Card = Annotated[
    str | None,
    typer.Option("--card", metavar="ID", help="The id of a card.", rich_help_panel="One of these"),
]
_Account = Annotated[
    str | None,
    typer.Option(
        "--account", metavar="ID", help="The id of an account.", rich_help_panel="One of these"
    ),
]
_Client = Annotated[
    str | None,
    typer.Option(
        "--client", metavar="ID", help="The id of a client.", rich_help_panel="One of these"
    ),
]


@verb(limits, table.LIMITS_SET)
def _set(
    fp: FreedomPay,
    card: _Card = None,
    account: _Account = None,
    client: _Client = None,
    transaction_type: Annotated[
        str | None,
        typer.Option(
            "--transaction-type", help="pay, withdrawal, withdrawal_atm, pay_online_non3ds, …"
        ),
    ] = None,
    period: Annotated[str | None, typer.Option("--period", help="day, month, …")] = None,
    limit_region: Annotated[
        str | None,
        typer.Option("--limit-region", help="Where the limit holds, as the vendor names it."),
    ] = None,
    amount_type: Annotated[
        str | None,
        typer.Option("--amount-type", help="What the amount counts, as the vendor names it."),
    ] = None,
    amount: Annotated[
        str | None,
        typer.Option("--amount", help="In whole units of the currency, such as 1000.00."),
    ] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help="ISO 4217, such as KZT.")
    ] = None,
    from_json: Annotated[
        Path | None,
        typer.Option(
            "--from-json",
            metavar="FILE|-",
            help="Instead: a JSON list of limits, with the names of the wire.",
        ),
    ] = None,
    **call: Any,
) -> Coroutine[Any, Any, Operation[Completed]]:
    """Set a limit, or several from JSON."""
    kind, value = _target(card, account, client)
    one = {
        "--transaction-type": transaction_type,
        "--amount-type": amount_type,
        "--amount": amount,
        "--currency": currency,
        "--period": period,
        "--limit-region": limit_region,
    }
    if from_json is not None:
        too_much = [name for name, text in one.items() if text is not None]
        if too_much:
            raise ConfigurationError(
                f"{too_much[0]} is for one limit, and --from-json has them all. Nothing was sent."
            )
        return fp.limits.set(object_type=kind, object_id=value, limits=_limits(from_json), **call)
    if transaction_type is None or amount_type is None or amount is None or currency is None:
        missing = [
            name
            for name in ("--transaction-type", "--amount-type", "--amount", "--currency")
            if one[name] is None
        ]
        raise ConfigurationError(f"{', '.join(missing)} needed, or --from-json. Nothing was sent.")
    amounts = [LimitAmount(type=amount_type, value=amount, currency=currency)]
    limit = Limit(
        transaction_type=transaction_type, amount=amounts, region=limit_region, period=period
    )
    return fp.limits.set(object_type=kind, object_id=value, limits=[limit], **call)


@verb(limits, table.LIMITS_LIST)
def _list(
    fp: FreedomPay,
    card: _Card = None,
    account: _Account = None,
    client: _Client = None,
    **call: Any,
) -> Coroutine[Any, Any, LimitList]:
    """Show the limits that are set, and what is left of them."""
    kind, value = _target(card, account, client)
    return fp.limits.list(object_type=kind, object_id=value, **call)


def _target(card: str | None, account: str | None, client: str | None) -> tuple[LimitObject, str]:
    named = {LimitObject.CARD: card, LimitObject.ACCOUNT: account, LimitObject.CLIENT: client}
    targets = [(kind, value) for kind, value in named.items() if value is not None]
    if len(targets) != 1:
        raise ConfigurationError("name one of --card, --account and --client. Nothing was sent.")
    return targets[0]


def _limits(path: Path) -> list[Limit]:
    listed = read_json(path)
    if not isinstance(listed, list) or not listed:
        raise ConfigurationError(f"{path} is not a JSON list of limits. Nothing was sent.")
    limits = [fields_of(each, _Limit, f"limit {number}") for number, each in enumerate(listed, 1)]
    return [
        Limit(
            transaction_type=each.transaction_type,
            amount=[
                LimitAmount(type=amount.type, value=amount.value, currency=amount.currency)
                for amount in each.amount
            ],
            region=each.region,
            period=each.period,
        )
        for each in limits
    ]
