"""The payment cards and their states: issued, active, blocked for a time, closed for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing import clients
from freedompay_async.sandbox.issuing.books import CURRENCY
from freedompay_async.sandbox.issuing.numbers import Printed, money, printed
from freedompay_async.sandbox.issuing.refused import Refused
from freedompay_async.sandbox.issuing.requests import RequestEnd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freedompay_async.sandbox.issuing import shapes
    from freedompay_async.sandbox.issuing.books import Books

__all__ = [
    "PIN_TRIES",
    "Card",
    "activate",
    "balance",
    "block",
    "bulk_issue",
    "close",
    "find",
    "info",
    "issue",
    "issue_to_holder",
    "link",
    "of_client",
    "open_card",
    "pages",
    "secret_data",
    "unblock",
]

PIN_TRIES: Final = 3
_PAGE: Final = 1_000
# Closing is final, so it comes first. A block of either kind hides the state below it.
_STATUS: Final = (
    f"CASE WHEN status = 'closed' THEN status WHEN blocked OR wrong_pins >= {PIN_TRIES} THEN "
    "'blocked' ELSE status END"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card as the books have it; `status` is the state that answers show."""

    card_id: str
    status: str
    client_id: str | None
    product_id: int
    created_at: str
    blocked: bool
    pin: str | None
    wrong_pins: int
    amount: int
    blocked_amount: int

    @property
    def printed(self) -> Printed:
        return printed(self.card_id, made_at=self.created_at)


def find(books: Books, card_id: str) -> Card:
    """A card; raises `Refused` if there is none."""
    rows = books.dicts(
        f"SELECT card_id, {_STATUS} AS status, client_id, product_id, created_at, blocked, pin, "  # noqa: S608
        "wrong_pins, amount, blocked_amount"
        " FROM cards WHERE merchant = :m AND card_id = :id",
        id=card_id,
    )
    if not rows:
        raise Refused("unknown_card", "card_id names no card")
    return Card(**rows[0])


def open_card(books: Books, card_id: str) -> Card:
    """A card that is not closed; raises `Refused` for any other."""
    card = find(books, card_id)
    if card.status == "closed":
        raise Refused("card_closed", "the card is closed, which is final")
    return card


def issue(books: Books, body: shapes.Issue) -> RequestEnd:
    if clients.last_name(books, body.client_id) == "NOCARD":
        return RequestEnd(error_code="card_declined")
    _make(books, body.request_id, client_id=body.client_id, product_id=body.product_id)
    return RequestEnd()


def issue_to_holder(books: Books, body: shapes.IssueToHolder) -> RequestEnd:
    """Make a card for a holder, who becomes a client; without one, a card without a client."""
    client_id = (
        None
        if body.cardholder is None
        else clients.add_holder(books, body.request_id, body.cardholder)
    )
    _make(books, body.request_id, client_id=client_id, product_id=body.product_id)
    return RequestEnd(client_id=client_id)


def bulk_issue(books: Books, body: shapes.BulkIssue) -> RequestEnd:
    _make(books, body.request_id, client_id=None, product_id=body.product_id, count=body.count)
    return RequestEnd()


def _make(
    books: Books, request_id: str, *, client_id: str | None, product_id: int, count: int = 1
) -> None:
    made_at = books.now().isoformat()
    books.db.executemany(
        (
            "INSERT INTO cards (merchant, card_id, client_id, product_id, request_id, status, "
            "created_at) VALUES (?, ?, ?, ?, ?, 'issued', ?)"
        ),
        (
            (
                books.merchant,
                books.made_id("card", request_id, nth),
                client_id,
                product_id,
                request_id,
                made_at,
            )
            for nth in range(count)
        ),
    )


def link(books: Books, body: shapes.Link) -> RequestEnd:
    clients.last_name(books, body.client_id)
    if open_card(books, body.card_id).client_id is not None:
        raise Refused("card_linked", "the card of card_id has a client")
    _write(books, body.card_id, "client_id = :client", client=body.client_id)
    return RequestEnd()


def activate(books: Books, body: shapes.CardAction) -> RequestEnd:
    card = open_card(books, body.card_id)
    if card.status == "blocked":
        raise Refused("card_blocked", "the card is blocked")
    if card.status == "active":
        raise Refused("card_active", "the card is active already")
    _write(books, body.card_id, "status = 'active'")
    return RequestEnd()


def block(books: Books, body: shapes.CardReason) -> RequestEnd:
    if open_card(books, body.card_id).blocked:
        raise Refused("card_blocked", "the card is blocked already")
    _write(books, body.card_id, "blocked = 1")
    return RequestEnd()


def unblock(books: Books, body: shapes.CardReason) -> RequestEnd:
    card = open_card(books, body.card_id)
    if not card.blocked:
        raise Refused(
            "card_not_blocked",
            "wrong PINs block the card: card/reset_counter_pin"
            if card.status == "blocked"
            else "the card is not blocked",
        )
    _write(books, body.card_id, "blocked = 0")
    return RequestEnd()


def close(books: Books, body: shapes.CardReason) -> RequestEnd:
    open_card(books, body.card_id)
    _write(books, body.card_id, "status = 'closed'")
    return RequestEnd()


def info(books: Books, body: shapes.CardAction) -> dict[str, Any]:
    card = find(books, body.card_id)
    return {
        "card_id": card.card_id,
        **({} if card.client_id is None else {"client_id": card.client_id}),
        "product_id": card.product_id,
        "card_status": card.status,
        "card_mask": card.printed.mask,
        "expiry": card.printed.expiry,
    }


def balance(books: Books, body: shapes.OneCard) -> dict[str, Any]:
    """Show the balance; `amount` is the money that can be spent, without money on hold."""
    card = find(books, body.card_id)
    return {
        "amount": money(card.amount),
        "blocked_amount": money(card.blocked_amount),
        "currency": CURRENCY,
    }


def secret_data(books: Books, body: shapes.OneCard) -> dict[str, Any]:
    face = find(books, body.card_id).printed
    return {"pan": face.pan, "expiry": face.expiry, "cvv": face.cvv}


def of_client(books: Books, body: shapes.ListCards) -> dict[str, Any]:
    clients.last_name(books, body.client_id)
    rows = books.dicts(
        f"SELECT card_id, created_at, {_STATUS} AS card_status, product_id FROM cards"  # noqa: S608
        " WHERE merchant = :m AND client_id = :id ORDER BY number",
        id=body.client_id,
    )
    for row in rows:
        row["card_mask"] = printed(row["card_id"], made_at=row.pop("created_at")).mask
    return {"cards": rows}


def pages(books: Books) -> Iterator[list[dict[str, Any]]]:
    """The ledger in pages, oldest card first; cards made in the meantime may be in it."""
    last = 0
    # By the last number and not by an open cursor, because other calls write between two pages.
    while page := books.dicts(
        "SELECT number, card_id, cards.client_id, product_id, request_id, phone, "  # noqa: S608
        f"external_user_id, {_STATUS} AS status, created_at"
        " FROM cards LEFT JOIN clients ON clients.merchant = cards.merchant AND clients.client_id "
        "= cards.client_id"
        " WHERE cards.merchant = :m AND number > :last ORDER BY number LIMIT :page",
        last=last,
        page=_PAGE,
    ):
        last = page[-1]["number"]
        for row in page:
            del row["number"]
        yield page


def _write(books: Books, card_id: str, change: str, **values: object) -> None:
    books.run(
        f"UPDATE cards SET {change} WHERE merchant = :m AND card_id = :id",  # noqa: S608
        id=card_id,
        **values,
    )
