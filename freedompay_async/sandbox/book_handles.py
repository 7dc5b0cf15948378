"""Handles on the issuer's books, for tests that read or change them while the sandbox runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from freedompay_async.sandbox.hosted.pin_keeper import BLOCKED
from freedompay_async.sandbox.issuing.refused import Refused

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from freedompay_async.sandbox.hosted.pin_keeper import PinKeeper
    from freedompay_async.sandbox.inspector.history import History
    from freedompay_async.sandbox.issuing.issuer import Issuer
    from freedompay_async.sandbox.serving import Serving

__all__ = ["BookHandles", "MovementDetails", "OpenSandbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSandbox:
    """The parts of a sandbox that exist while it is open."""

    issuer: Issuer
    pins: PinKeeper
    serving: Serving


class MovementDetails(TypedDict, total=False):
    """The optional fields of a movement."""

    commission: Decimal | int
    mcc: int
    rrn: str
    merchant: dict[str, str]


class BookHandles(ABC):
    """Reads and changes the books of an open sandbox."""

    _history: History

    @abstractmethod
    def _opened(self) -> OpenSandbox:
        """The open sandbox; raises `RuntimeError` if it is not open."""

    def finish(self, request_id: str) -> None:
        """End a request's processing now, and make a late one known; raises `KeyError` for an id
        that was not accepted.
        """
        self._opened().issuer.finish(request_id)
        self._history.touch()

    def ledger(self) -> list[dict[str, Any]]:
        """Every card, oldest first."""
        return [card for page in self._opened().issuer.pages() for card in page]

    def gift_ledger(self) -> list[dict[str, Any]]:
        """Every gift card, oldest first."""
        return [card for page in self._opened().issuer.gift_pages() for card in page]

    def card(self, card_id: str) -> dict[str, Any] | None:
        """A card as the books have it; `None` if there is none."""
        return self._opened().issuer.card(card_id)

    def sms(self, phone: str | int) -> list[str]:
        """The codes that were sent to a phone, oldest first."""
        return self._opened().issuer.sms(phone)

    def stock_gift_cards(self, count: int) -> list[int]:
        """Make gift cards in bulk, whose ids `cards/issue_card` may name."""
        return self._opened().issuer.stock_gift_cards(count)

    def mark_gift_card(self, card_id: int, card_status: int) -> None:
        """Give a gift card a status, such as 5, expired; raises `KeyError` if there is no such
        card.
        """
        self._opened().issuer.mark_gift_card(card_id, card_status)
        self._history.touch()

    def add_movement(
        self,
        card_id: str,
        *,
        type: str,
        amount: Decimal | int,
        currency: str,
        datetime: dt.datetime,
        **more: Unpack[MovementDetails],
    ) -> None:
        """Add a line to a card's statements, without a change of its balance; raises `KeyError` if
        there is no such card.

        `datetime` has an offset. `more` may be `commission`, `mcc`, `rrn`, and `merchant` with
        `name`, `city` and `country`.
        """
        issuer = self._opened().issuer
        if issuer.card(card_id) is None:
            raise KeyError(card_id)
        issuer.add_movement(
            card_id, type=type, amount=amount, currency=currency, datetime=datetime, **more
        )

    def made_pin(self, card_id: str) -> str | None:
        """The PIN that the issuer made for a card, as in its letter to the cardholder; `None` if it
        made none.
        """
        issuer = self._opened().issuer
        return None if issuer.card(card_id) is None else issuer.made_pin(card_id)

    def enter_pin(self, card_id: str, pin: str) -> bool:
        """Whether a PIN opens a card, as at an ATM: three wrong ones in a row block it.

        Raises `KeyError` for an unknown card, `ValueError` for one whose PIN can't be entered.
        """
        try:
            return self._opened().pins.check(card_id, pin)
        except Refused as refusal:
            if refusal.code == BLOCKED:
                return False
            raise ValueError(refusal.description) from None
        finally:
            self._history.touch()
