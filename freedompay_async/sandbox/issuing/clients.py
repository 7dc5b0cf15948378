"""The clients: their data, their cards, and whether a name is theirs."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing.refused import Refused
from freedompay_async.sandbox.issuing.requests import RequestEnd

if TYPE_CHECKING:
    from freedompay_async.sandbox.issuing import shapes
    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["add", "add_holder", "last_name", "update", "validate"]

_FISHY_UNDER: Final = 0.5
_LONGEST_PHONE: Final = 10**15


def add(books: Books, body: shapes.AddClient) -> RequestEnd:
    client = body.client
    if client.last_name == "REFUSED":
        raise Refused("client_refused", "client.last_name is REFUSED")
    if client.last_name == "DECLINED":
        return RequestEnd(error_code="client_declined")
    client_id = _make(
        books,
        body.request_id,
        phone=client.phone,
        user=client.external_user_id,
        first=client.first_name,
        last=client.last_name,
    )
    return RequestEnd(client_id=client_id)


def add_holder(books: Books, request_id: str, holder: dict[str, Any]) -> str:
    """Make a client of the holder of a card, whose data may be incomplete."""
    phone, first, last = holder.get("phone"), holder.get("first_name"), holder.get("last_name")
    known = isinstance(phone, int) and 0 < phone < _LONGEST_PHONE
    names = [name if isinstance(name, str) else "" for name in (first, last)]
    return _make(
        books, request_id, phone=phone if known else 0, user=None, first=names[0], last=names[1]
    )


def _make(books: Books, request_id: str, **facts: object) -> str:
    client_id = books.made_id("client", request_id)
    books.run(
        "INSERT INTO clients (merchant, client_id, phone, external_user_id, first_name, last_name)"
        " VALUES (:m, :id, :phone, :user, :first, :last)",
        id=client_id,
        **facts,
    )
    return client_id


def update(books: Books, body: shapes.UpdateClient) -> RequestEnd:
    last_name(books, body.client_id)
    books.run(
        "UPDATE clients SET phone = :phone WHERE merchant = :m AND client_id = :id",
        phone=body.client.phone,
        id=body.client_id,
    )
    return RequestEnd()


def last_name(books: Books, client_id: str) -> str:
    """A client's last name; raises `Refused` if there is no such client."""
    row = books.one(
        "SELECT last_name FROM clients WHERE merchant = :m AND client_id = :id", id=client_id
    )
    if row is None:
        raise Refused("unknown_client", "client_id names no client")
    return str(row[0])


def validate(books: Books, body: shapes.Validate) -> dict[str, Any]:
    """How well a name matches the holder of a phone; an unknown phone matches no name."""
    asked = (body.first_name.strip().upper(), body.last_name.strip().upper())
    holders = books.run(
        (
            "SELECT upper(first_name), upper(last_name) FROM clients WHERE merchant = :m AND "
            "phone % 10000000000 = :phone"
        ),
        phone=int(body.user_phone),
    ).fetchall()
    score = max(
        (SequenceMatcher(None, " ".join(asked), " ".join(holder)).ratio() for holder in holders),
        default=0.0,
    )
    return {"score": f"{score:.2%}", "fishy": int(score < _FISHY_UNDER)}
