"""The movements of a card, and its two statements."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing import cards
from freedompay_async.sandbox.issuing.books import CURRENCY
from freedompay_async.sandbox.issuing.numbers import iban, money
from freedompay_async.sandbox.issuing.shapes import Amount

if TYPE_CHECKING:
    from decimal import Decimal

    from freedompay_async.sandbox.issuing import shapes
    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["MERCHANT", "add_movement", "extended", "statement"]

MERCHANT: Final = {"name": "SANDBOX SHOP", "city": "ALMATY", "country": "KAZ"}
MCC: Final = 5411

_INCOMING: Final = frozenset({"refund", "credit", "deposit"})
_FIRST: Final = date(1, 1, 1)
_LAST: Final = date(9999, 12, 31)


def add_movement(
    books: Books,
    card_id: str,
    *,
    type: str,
    amount: Decimal | int,
    currency: str,
    datetime: datetime,
    commission: Decimal | int = 0,
    mcc: int = MCC,
    rrn: str = "000000000000",
    merchant: dict[str, str] | None = None,
) -> None:
    """Add a line to a card's statements; the caller changes the balance.

    Raises `Refused` if there is no such card.
    """
    cards.find(books, card_id)
    if datetime.tzinfo is None:
        raise ValueError("datetime needs an offset")
    where = MERCHANT | (merchant or {})
    books.run(
        "INSERT INTO movements (merchant, card_id, type, amount, commission, currency, mcc, "
        "datetime, rrn, name, city, country)"
        " VALUES (:m, :card, :type, :amount, :commission, :currency, :mcc, :datetime, :rrn, "
        ":name, :city, :country)",
        card=card_id,
        type=type,
        amount=Amount.read(amount),
        commission=Amount.read(commission) if commission else 0,
        currency=currency,
        mcc=mcc,
        datetime=datetime.isoformat(timespec="seconds"),
        rrn=rrn,
        **{name: where[name] for name in MERCHANT},
    )


def statement(books: Books, body: shapes.Statement) -> dict[str, Any]:
    cards.find(books, body.card_id)
    return {
        "operations": [
            _operation(row)
            for row in _movements(books, body.card_id, start=body.start_date, end=body.end_date)
        ]
    }


def extended(books: Books, body: shapes.Period) -> dict[str, Any]:
    """The extended statement; authorizations are transactions that wait for their clearing."""
    card = cards.find(books, body.card_id)
    moved = _movements(books, body.card_id, start=body.start_date, end=body.end_date)
    own = [row for row in moved if row["currency"] == CURRENCY]
    number = iban(card.card_id)
    return {
        **({} if card.client_id is None else {"client_id": card.client_id}),
        "card": {"card_id": card.card_id, "card_mask": card.printed.mask},
        "balances": [{"currency": CURRENCY, "amount": money(card.amount)}],
        "accounts": [
            {
                "iban": number,
                "currency": CURRENCY,
                "debit": money(sum(row["amount"] for row in own if row["type"] not in _INCOMING)),
                "credit": money(sum(row["amount"] for row in own if row["type"] in _INCOMING)),
                "amount": money(card.amount),
                "blocked_amount": money(card.blocked_amount),
            }
        ],
        "authorizations": [_authorization(row, number) for row in _waiting(books, body)],
        "operations": [_operation(row) for row in moved],
    }


def _movements(
    books: Books, card_id: str, *, start: date | None, end: date | None
) -> list[dict[str, Any]]:
    rows = books.dicts(
        "SELECT * FROM movements WHERE merchant = :m AND card_id = :card"
        " AND substr(datetime, 1, 10) BETWEEN :start AND :end ORDER BY number",
        card=card_id,
        start=(start or _FIRST).isoformat(),
        end=(end or _LAST).isoformat(),
    )
    # The offsets may differ, so the texts can't be sorted.
    return sorted(rows, key=lambda row: datetime.fromisoformat(row["datetime"]))


def _waiting(books: Books, body: shapes.Period) -> list[dict[str, Any]]:
    return books.dicts(
        "SELECT * FROM transactions WHERE merchant = :m AND card_id = :card AND cleared IS NULL"
        " AND substr(datetime, 1, 10) BETWEEN :start AND :end ORDER BY number",
        card=body.card_id,
        start=body.start_date.isoformat(),
        end=body.end_date.isoformat(),
    )


def _operation(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": row["type"],
        "amount": money(row["amount"]),
        "commission": money(row["commission"]),
        "currency": row["currency"],
        "mcc": row["mcc"],
        "datetime": row["datetime"],
        "rrn": row["rrn"],
        "merchant": {name: row[name] for name in MERCHANT},
    }


def _authorization(row: dict[str, Any], number: str) -> dict[str, Any]:
    return {
        "datetime": row["datetime"],
        "type": "pay",
        "amount": money(row["amount"]),
        "commission": money(0),
        "full_amount": money(row["amount"]),
        "cashback": money(0),
        "currency": row["currency"],
        "iban": number,
        "merchant": dict(MERCHANT),
        "additional_parameters": [
            {"name": name, "value": row[name]} for name in ("transaction_id", "order_id")
        ],
    }
