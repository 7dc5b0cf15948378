"""Payments by card: money is put on hold, cleared in whole or in part, and given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freedompay_async.sandbox.issuing import cards
from freedompay_async.sandbox.issuing.books import CURRENCY
from freedompay_async.sandbox.issuing.numbers import digits, money
from freedompay_async.sandbox.issuing.refused import Refused
from freedompay_async.sandbox.issuing.requests import RequestEnd
from freedompay_async.sandbox.issuing.statements import add_movement

if TYPE_CHECKING:
    from freedompay_async.sandbox.issuing import shapes
    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["clear", "create", "info", "refund"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transaction:
    transaction_id: str
    order_id: str
    card_id: str
    amount: int
    cleared: int | None
    refunded: int
    currency: str
    datetime: str


def create(books: Books, body: shapes.NewTransaction) -> RequestEnd:
    card = cards.open_card(books, body.card_id)
    if card.status == "blocked":
        raise Refused("card_blocked", "the card is blocked")
    if card.status != "active":
        raise Refused("card_not_active", "the card is not active")
    if body.currency != CURRENCY:
        raise Refused("wrong_currency", f"the card's account is in {CURRENCY}")
    if body.amount > card.amount:
        raise Refused("not_enough_money", f"the card has {money(card.amount)} {CURRENCY}")
    transaction_id = books.made_id("transaction", body.request_id)
    _move(books, card.card_id, available=-body.amount, blocked=body.amount)
    books.run(
        "INSERT INTO transactions (merchant, transaction_id, order_id, card_id, amount, currency, "
        "datetime)"
        " VALUES (:m, :id, :order, :card, :amount, :currency, :datetime)",
        id=transaction_id,
        order=str(body.order_id),
        card=card.card_id,
        amount=body.amount,
        currency=body.currency,
        datetime=books.now().isoformat(),
    )
    return _outcome(books, transaction_id, body.request_id)


def clear(books: Books, body: shapes.Clearing) -> RequestEnd:
    """Take the money that is on hold, or less, once; the rest is free again."""
    held = _find(books, body.transaction_id)
    cards.open_card(books, held.card_id)
    if held.cleared is not None:
        raise Refused("already_cleared", "the transaction is cleared, which happens once")
    amount = held.amount if body.amount is None else body.amount
    if amount > held.amount:
        raise Refused(
            "amount_too_large", f"the transaction is of {money(held.amount)} {held.currency}"
        )
    books.run(
        "UPDATE transactions SET cleared = :amount WHERE merchant = :m AND transaction_id = :id",
        amount=amount,
        id=held.transaction_id,
    )
    _move(books, held.card_id, available=held.amount - amount, blocked=-held.amount)
    _record(books, held, "pay", amount, request_id=body.request_id)
    return _outcome(books, held.transaction_id, body.request_id)


def refund(books: Books, body: shapes.Refund) -> RequestEnd:
    """Give back cleared money; without an amount, all that is left of it."""
    paid = _find(books, body.transaction_id)
    cards.open_card(books, paid.card_id)
    if paid.cleared is None:
        raise Refused(
            "not_cleared", "the transaction is not cleared: there is nothing to give back"
        )
    left = paid.cleared - paid.refunded
    amount = left if body.amount is None else body.amount
    if not left or amount > left:
        raise Refused("amount_too_large", f"{money(left)} {paid.currency} are left to refund")
    books.run(
        (
            "UPDATE transactions SET refunded = refunded + :amount WHERE merchant = :m AND "
            "transaction_id = :id"
        ),
        amount=amount,
        id=paid.transaction_id,
    )
    _move(books, paid.card_id, available=amount, blocked=0)
    _record(books, paid, "refund", amount, request_id=body.request_id)
    return _outcome(books, paid.transaction_id, body.request_id)


def info(books: Books, body: shapes.TransactionInfo) -> dict[str, Any]:
    """The facts of a transaction; one that is refunded in part is still `cleared`."""
    found = _find(books, body.transaction_id)
    cleared = found.cleared or 0
    return {
        "transaction_id": found.transaction_id,
        "order_id": found.order_id,
        "card_id": found.card_id,
        "transaction_status": "created"
        if found.cleared is None
        else "refunded"
        if found.refunded == cleared
        else "cleared",
        "amount": money(found.amount),
        "cleared_amount": money(cleared),
        "refunded_amount": money(found.refunded),
        "currency": found.currency,
        "datetime": found.datetime,
    }


def _find(books: Books, transaction_id: str) -> _Transaction:
    rows = books.dicts(
        "SELECT transaction_id, order_id, card_id, amount, cleared, refunded, currency, datetime "
        "FROM transactions"
        " WHERE merchant = :m AND transaction_id = :id",
        id=transaction_id,
    )
    if not rows:
        raise Refused("unknown_transaction", "transaction_id names no transaction")
    return _Transaction(**rows[0])


def _move(books: Books, card_id: str, *, available: int, blocked: int) -> None:
    books.run(
        (
            "UPDATE cards SET amount = amount + :available, blocked_amount = blocked_amount + "
            ":blocked WHERE merchant = :m AND card_id = :id"
        ),
        available=available,
        blocked=blocked,
        id=card_id,
    )


def _record(
    books: Books, transaction: _Transaction, type: str, amount: int, *, request_id: str
) -> None:
    add_movement(
        books,
        transaction.card_id,
        type=type,
        amount=money(amount),
        currency=transaction.currency,
        datetime=books.now(),
        rrn=digits(12, "rrn", request_id),
    )


def _outcome(books: Books, transaction_id: str, request_id: str) -> RequestEnd:
    return RequestEnd(
        transaction_id=transaction_id, fin_document_id=books.made_id("document", request_id)
    )
