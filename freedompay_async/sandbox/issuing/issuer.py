"""One merchant's issuer: it gives each call to its module, and keeps the books whole."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing import cards, gift_ledger, pins, requests, rules, statements
from freedompay_async.sandbox.issuing.books import open_books
from freedompay_async.sandbox.issuing.gift_cards import GiftCards
from freedompay_async.sandbox.issuing.refused import Refused

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator
    from decimal import Decimal
    from os import PathLike

    from freedompay_async.sandbox.issuing.books import Books
    from freedompay_async.sandbox.issuing.requests import RequestEnd

__all__ = ["Issuer"]


class Issuer:
    """One merchant's issuer; `clock` gives seconds since the epoch.

    With new books, the merchant's account has money for `gift_funds` gift cards of each product.
    The codes that go out by SMS depend on `seed`. The books may be a file; raises `ValueError` if
    it holds something else.
    """

    def __init__(
        self,
        *,
        database: str | PathLike[str],
        merchant: str,
        hold: bool = False,
        clock: Callable[[], float] = time.time,
        gift_funds: int = 1_000_000,
        seed: int = 0,
    ) -> None:
        self._hold = hold
        self._books: Final = open_books(database, merchant=merchant, clock=clock)
        self._gift_cards: Final = GiftCards(books=self._books, seed=seed)
        gift_ledger.open_account(self._books, cards=gift_funds)

    def close(self) -> None:
        """Close the books; a file keeps them."""
        self._books.db.close()

    def first_use(self, ids: Iterable[str], *, effect: bool = False) -> bool:
        """Mark all these ids as seen; false if one of them was seen before.

        The ids of an effect are committed together with its work, so that no kill comes between
        the two: `commit` has to follow.
        """
        fresh = requests.first_use(self._books, ids)
        if not effect:
            self.commit()
        return fresh

    def commit(self) -> None:
        """Commit the writes since the last commit."""
        self._books.db.commit()

    def accept(
        self,
        call: str,
        fields: dict[str, Any],
        *,
        takes: float = 0.0,
        late_by: float = 0.0,
        to_holder: bool = False,
    ) -> bool:
        """Accept an effect; true if it is finished already. Raises `Refused`.

        It finishes after `takes` seconds, and `look_up` does not know it for `late_by` seconds.
        `to_holder`: a card may be ordered without a client, for the `cardholder`.
        """
        if not rules.is_effect(call):
            raise TypeError(f"{call} is no effect")
        without_client = to_holder and fields.get("client_id") is None
        body: Any = rules.read_order(fields) if without_client else rules.read(call, fields)
        work: Callable[[Books, Any], RequestEnd] = (
            cards.issue_to_holder if without_client else rules.work_of(call)
        )
        with self._books.attempt():
            outcome = work(self._books, body)
            requests.write_down(
                self._books,
                fields["request_id"],
                outcome,
                takes=takes,
                late_by=late_by,
                held=self._hold,
            )
        return not takes and not self._hold

    def look_up(self, fields: dict[str, Any]) -> dict[str, Any] | None:
        """The answer of `request/status` beyond the envelope; `None` if the id is not known.

        Raises `Refused`.
        """
        rules.read(rules.STATUS, fields)
        return requests.look_up(self._books, fields["request_id"])

    def answer(self, call: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Do a call that makes no request, and give the answer beyond the envelope; raises
        `Refused`.
        """
        body = rules.read(call, fields)
        with self._books.db:
            return rules.answer_of(call)(self._books, body)

    def serve_gift(self, call: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Do a gift-card call, and give the answer beyond `datetime` and `status`; raises
        `GiftRefused`.
        """
        return self._gift_cards.answer(call, fields)

    def finish(self, request_id: str) -> None:
        """End a request's processing now, and make a late one known; raises `KeyError` for an id
        that was not accepted.
        """
        requests.finish(self._books, request_id)

    @property
    def hold(self) -> bool:
        """While true, unfinished requests stay so; false lets them take their own time again."""
        return self._hold

    @hold.setter
    def hold(self, on: bool) -> None:
        self._hold = on
        requests.set_hold(self._books, on=on)

    def card(self, card_id: str) -> dict[str, Any] | None:
        """The facts of a payment card; `None` if there is no such card."""
        try:
            card = cards.find(self._books, card_id)
        except Refused:
            return None
        return {
            "card_id": card.card_id,
            "status": card.status,
            "client_id": card.client_id,
            "product_id": card.product_id,
            "card_mask": card.printed.mask,
            "blocked": bool(card.blocked),
            "blocked_by_pin": card.wrong_pins >= cards.PIN_TRIES,
            "wrong_pins": card.wrong_pins,
            "pin_set": card.pin is not None,
        }

    def set_pin(self, card_id: str, pin: str) -> None:
        """Set a card's PIN, in digits; raises `Refused`."""
        with self._books.db:
            pins.set_pin(self._books, card_id, pin)

    def made_pin(self, card_id: str) -> str | None:
        """The PIN that the issuer made, as in its letter to the cardholder; `None` without one."""
        return pins.made_pin(self._books, card_id)

    def check_pin(self, card_id: str, pin: str) -> bool:
        """Whether a PIN is right, as a terminal asks; three wrong ones in a row block the card.

        Raises `Refused`.
        """
        with self._books.db:
            return pins.check_pin(self._books, card_id, pin)

    def add_movement(
        self,
        card_id: str,
        *,
        type: str,
        amount: Decimal | int,
        currency: str,
        datetime: dt.datetime,
        commission: Decimal | int = 0,
        mcc: int = statements.MCC,
        rrn: str = "000000000000",
        merchant: dict[str, str] | None = None,
    ) -> None:
        """Add a line to a card's statements, without a change of its balance; raises `Refused` if
        there is no such card.

        `datetime` has an offset; `merchant` may name `name`, `city` and `country`.
        """
        with self._books.db:
            statements.add_movement(
                self._books,
                card_id,
                type=type,
                amount=amount,
                currency=currency,
                datetime=datetime,
                commission=commission,
                mcc=mcc,
                rrn=rrn,
                merchant=merchant,
            )

    def sms(self, phone: str | int) -> list[str]:
        """The codes that were sent to a phone, oldest first."""
        return gift_ledger.sms(self._books, phone)

    def stock_gift_cards(self, count: int) -> list[int]:
        """Make gift cards in bulk, whose ids `cards/issue_card` may name."""
        with self._books.db:
            return [gift_ledger.make(self._books) for _ in range(count)]

    def mark_gift_card(self, card_id: int, card_status: int) -> None:
        """Give a gift card a status, such as 5, expired; raises `KeyError` if there is no such
        card.
        """
        gift_ledger.mark(self._books, card_id, card_status)

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        """The ledger of payment cards in pages, oldest card first; it may have cards made
        meanwhile.
        """
        return cards.pages(self._books)

    def gift_pages(self) -> Iterator[list[dict[str, Any]]]:
        """The ledger of gift cards in pages, in the same way."""
        return gift_ledger.pages(self._books)

    def counts(self) -> dict[str, int]:
        """How many payment cards, clients and accepted requests there are."""
        row = self._books.one(
            "SELECT (SELECT count(*) FROM cards WHERE merchant = :m), (SELECT count(*) FROM "
            "clients WHERE merchant = :m),"
            " (SELECT count(*) FROM requests WHERE merchant = :m)"
        )
        return dict(zip(("cards", "clients", "requests"), row, strict=True))

    def gift_counts(self) -> dict[str, int]:
        """How many gift cards there are, and how many messages were sent."""
        return gift_ledger.counts(self._books)
