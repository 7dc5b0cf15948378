"""`freedompay transactions`."""
# Without `annotations` of the future: typer reads these when the program runs.

from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from freedompay_async.cli.verbs.flags import CallFlags
from freedompay_async.cli.verbs.verb import verb
from freedompay_async.client import FreedomPay
from freedompay_async.contract import table
from freedompay_async.contract.models.reads import TransactionInfo
from freedompay_async.contract.models.results import Completed, CreatedTransaction
from freedompay_async.operations.operation import Operation

__all__ = ["transactions"]

transactions = typer.Typer(no_args_is_help=True, help="Payments from a card.")
_What = Annotated[str | None, typer.Option("--description", help="The purpose of the payment.")]


@verb(
    transactions, table.TRANSACTIONS_CREATE, confirm="take {amount} {currency} from card {card_id}"
)
def _create(
    fp: FreedomPay,
    order_id: CallFlags.order_id,
    card_id: Annotated[str, typer.Option("--card-id", metavar="CARD", help="The id of the card.")],
    amount: CallFlags.amount,
    currency: CallFlags.currency,
    description: _What = None,
    **call: Any,
) -> Coroutine[Any, Any, Operation[CreatedTransaction]]:
    """Take an amount from a card."""
    return fp.transactions.create(
        order_id=order_id,
        card_id=card_id,
        amount=amount,
        currency=currency,
        description=description,
        **call,
    )


@verb(
    transactions, table.TRANSACTIONS_CLEAR, confirm="clear {amount} of transaction {transaction_id}"
)
def _clear(
    fp: FreedomPay,
    order_id: CallFlags.order_id,
    transaction_id: CallFlags.transaction_id,
    amount: CallFlags.part = None,
    **call: Any,
) -> Coroutine[Any, Any, Operation[Completed]]:
    """Clear a transaction."""
    return fp.transactions.clear(
        order_id=order_id, transaction_id=transaction_id, amount=amount, **call
    )


@verb(
    transactions,
    table.TRANSACTIONS_REFUND,
    confirm="give {amount} of transaction {transaction_id} back",
)
def _refund(
    fp: FreedomPay,
    order_id: CallFlags.order_id,
    transaction_id: CallFlags.transaction_id,
    amount: CallFlags.part = None,
    description: _What = None,
    **call: Any,
) -> Coroutine[Any, Any, Operation[Completed]]:
    """Give an amount back."""
    return fp.transactions.refund(
        order_id=order_id,
        transaction_id=transaction_id,
        amount=amount,
        description=description,
        **call,
    )


@verb(transactions, table.TRANSACTIONS_INFO)
def _info(
    fp: FreedomPay, transaction_id: CallFlags.transaction, **call: Any
) -> Coroutine[Any, Any, TransactionInfo]:
    """Show what the issuer knows about a transaction."""
    return fp.transactions.info(transaction_id, **call)
