"""The books of the gift cards: the merchant's account, cards made in bulk, the messages sent, the
ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing.gift_products import PRODUCTS, GiftStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["counts", "make", "mark", "open_account", "pages", "sms"]

_PAGE: Final = 1_000


def open_account(books: Books, *, cards: int) -> None:
    """Open the merchant's account with the price of so many cards of each product; an account that
    exists stays as it is.
    """
    with books.db:
        for product in PRODUCTS.values():
            books.run(
                (
                    "INSERT OR IGNORE INTO gift_funds (merchant, currency, amount) VALUES (:m, "
                    ":currency, :amount)"
                ),
                currency=product.currency,
                amount=cards * product.balance,
            )


def make(books: Books) -> int:
    """Make a card that waits for the call that issues it."""
    made = books.run(
        "INSERT INTO gift_cards (merchant, card_status, created_at) VALUES (:m, :status, :at)",
        status=GiftStatus.UNKNOWN,
        at=books.now().isoformat(),
    )
    return int(made.lastrowid or 0)


def mark(books: Books, card_id: int, card_status: int) -> None:
    """Give a card a status, such as 5, expired; raises `KeyError` if there is no such card."""
    with books.db:
        done = books.run(
            "UPDATE gift_cards SET card_status = :to WHERE merchant = :m AND card_id = :id",
            to=GiftStatus(card_status),
            id=card_id,
        )
    if not done.rowcount:
        raise KeyError(card_id)


def sms(books: Books, phone: str | int) -> list[str]:
    """The codes that were sent to a phone, oldest first."""
    rows = books.run(
        "SELECT code FROM messages WHERE merchant = :m AND phone = :phone ORDER BY number",
        phone=str(phone).removeprefix("+"),
    )
    return [code for (code,) in rows]


def pages(books: Books) -> Iterator[list[dict[str, Any]]]:
    """The ledger of gift cards in pages, oldest card first; cards made in the meantime may be in
    it.
    """
    last = 0
    while page := books.dicts(
        "SELECT card_id, product AS product_code, cardholder_name, phone, card_status, created_at "
        "FROM gift_cards"
        " WHERE merchant = :m AND card_id > :last ORDER BY card_id LIMIT :page",
        last=last,
        page=_PAGE,
    ):
        last = page[-1]["card_id"]
        yield page


def counts(books: Books) -> dict[str, int]:
    """How many gift cards there are, and how many messages were sent."""
    row = books.one(
        "SELECT (SELECT count(*) FROM gift_cards WHERE merchant = :m), (SELECT count(*) FROM "
        "messages WHERE merchant = :m)"
    )
    return dict(zip(("gift_cards", "messages"), row, strict=True))
