"""The PIN of a card: setting it, checking it, and the count of wrong ones that blocks the card."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing import cards
from freedompay_async.sandbox.issuing.numbers import digits
from freedompay_async.sandbox.issuing.refused import Refused
from freedompay_async.sandbox.issuing.requests import RequestEnd

if TYPE_CHECKING:
    from freedompay_async.sandbox.issuing import shapes
    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["check_pin", "made_pin", "reset_counter", "set_encrypted", "set_pin"]

# Kept in place of an encrypted PIN, which the sandbox has no key to read.
_SEALED: Final = "sealed"
_LENGTHS: Final = range(4, 13)


def set_encrypted(books: Books, body: shapes.SetPin) -> dict[str, Any]:
    """Set an encrypted PIN, or one that the issuer makes; the answer has no facts."""
    card = cards.open_card(books, body.card_id)
    _keep(
        books,
        card.card_id,
        _SEALED if body.pin is not None else _digest(card.card_id, _made(books, card.card_id)),
    )
    return {}


def set_pin(books: Books, card_id: str, pin: str) -> None:
    """Set a PIN in digits; raises `Refused`."""
    cards.open_card(books, card_id)
    if not (pin.isascii() and pin.isdigit() and len(pin) in _LENGTHS):
        raise Refused("invalid_pin", f"a PIN is {_LENGTHS[0]} to {_LENGTHS[-1]} digits")
    _keep(books, card_id, _digest(card_id, pin))


def made_pin(books: Books, card_id: str) -> str | None:
    """The PIN that the issuer made, as in its letter to the cardholder; `None` if the card has no
    such PIN.
    """
    made = _made(books, card_id)
    return made if cards.find(books, card_id).pin == _digest(card_id, made) else None


def check_pin(books: Books, card_id: str, pin: str) -> bool:
    """Whether a PIN is right, as a terminal asks; three wrong ones in a row block the card.

    Raises `Refused`.
    """
    card = cards.open_card(books, card_id)
    if card.status == "blocked":
        raise Refused("card_blocked", "the card is blocked")
    if card.pin is None:
        raise Refused("no_pin", "the card has no PIN")
    if card.pin == _SEALED:
        raise Refused(
            "pin_encrypted", "the PIN came encrypted, and the sandbox has no key to read it with"
        )
    right = hmac.compare_digest(card.pin, _digest(card_id, pin))
    _count(books, card_id, 0 if right else card.wrong_pins + 1)
    return right


def reset_counter(books: Books, body: shapes.CardAction) -> RequestEnd:
    _count(books, cards.open_card(books, body.card_id).card_id, 0)
    return RequestEnd()


def _keep(books: Books, card_id: str, pin: str) -> None:
    books.run(
        "UPDATE cards SET pin = :pin WHERE merchant = :m AND card_id = :id", pin=pin, id=card_id
    )


def _count(books: Books, card_id: str, wrong: int) -> None:
    books.run(
        "UPDATE cards SET wrong_pins = :wrong WHERE merchant = :m AND card_id = :id",
        wrong=wrong,
        id=card_id,
    )


def _made(books: Books, card_id: str) -> str:
    return digits(4, "pin", books.merchant, card_id)


def _digest(card_id: str, pin: str) -> str:
    # Four digits are never safe in a digest; it only keeps the PIN unreadable in the file.
    return blake2b(f"{card_id} {pin}".encode(), digest_size=16).hexdigest()
