"""The limits that a merchant sets, with the money spent; the sandbox does not enforce them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing import cards, clients
from freedompay_async.sandbox.issuing.numbers import money
from freedompay_async.sandbox.issuing.requests import RequestEnd

if TYPE_CHECKING:
    from freedompay_async.sandbox.issuing import shapes
    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["list_limits", "set_limits"]

# The length of an RFC 3339 time's beginning that is the same throughout the period.
_SAME: Final = {"day": 10, "month": 7}


def set_limits(books: Books, body: shapes.SetLimits) -> RequestEnd:
    """Keep the limits; a new limit replaces one of the same kind on the same object."""
    if body.object.type == "card":
        cards.open_card(books, body.object.value)
    _known(books, body.object)
    for limit in body.limits:
        for amount in limit.amount:
            books.run(
                "INSERT OR REPLACE INTO limits (merchant, object, value, type, region, period, "
                "amount_type, currency, maximum)"
                " VALUES (:m, :object, :value, :type, :region, :period, :amount_type, :currency, "
                ":maximum)",
                object=body.object.type,
                value=body.object.value,
                type=limit.transaction_type,
                region=limit.region or "",
                period=limit.period or "",
                amount_type=amount.type,
                currency=amount.currency,
                maximum=int(Decimal(amount.value).scaleb(2)),
            )
    return RequestEnd()


def list_limits(books: Books, body: shapes.ListLimits) -> dict[str, Any]:
    """The limits of an object; a limit without a period has no such field."""
    _known(books, body.object)
    rows = books.dicts(
        "SELECT type, period, currency, maximum FROM limits WHERE merchant = :m AND object = "
        ":object AND value = :value"
        " ORDER BY type, region, period, amount_type, currency",
        object=body.object.type,
        value=body.object.value,
    )
    return {"limits": [_facts(books, body.object, row) for row in rows]}


def _facts(books: Books, of: shapes.LimitObject, row: dict[str, Any]) -> dict[str, Any]:
    spent = _spent(books, of, row)
    return {
        "type": row["type"],
        **({"period": row["period"]} if row["period"] else {}),
        "maximum": money(row["maximum"]),
        "currency": row["currency"],
        "counter": money(spent),
        "remaining": money(max(0, row["maximum"] - spent)),
    }


def _spent(books: Books, of: shapes.LimitObject, row: dict[str, Any]) -> int:
    # The sandbox has payments only, and no accounts apart from cards.
    if row["type"] != "pay" or of.type == "account":
        return 0
    same = _SAME.get(row["period"], 0)
    found = books.one(
        "SELECT coalesce(sum(coalesce(cleared, transactions.amount)), 0) FROM transactions JOIN "
        "cards USING (merchant, card_id)"
        " WHERE merchant = :m AND iif(:of = 'card', card_id, client_id) = :value AND currency = "
        ":currency"
        " AND substr(datetime, 1, :same) = :now",
        of=of.type,
        value=of.value,
        currency=row["currency"],
        same=same,
        now=books.now().isoformat()[:same],
    )
    return int(found[0])


def _known(books: Books, of: shapes.LimitObject) -> None:
    if of.type == "card":
        cards.find(books, of.value)
    elif of.type == "client":
        clients.last_name(books, of.value)
