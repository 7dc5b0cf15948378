"""The PIN of every card: that of the issuer's own cards is in the books; of other cards only the
PIN is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from freedompay_async.sandbox.issuing.refused import Refused

if TYPE_CHECKING:
    from freedompay_async.sandbox.issuing.issuer import Issuer

__all__ = ["BLOCKED", "PinKeeper"]

BLOCKED: Final = "card_blocked"

_WRONG_ENTRIES: Final = 3


@dataclass(slots=True)
class _Kept:
    pin: str
    wrong: int = 0


class PinKeeper:
    """Sets and checks the PIN of any card; three wrong entries in a row block it."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer: Final = issuer
        self._kept: Final[dict[str, _Kept]] = {}

    def put(self, card_id: str, pin: str) -> None:
        """Give a card a PIN; nothing else unblocks a card of another issuer.

        Raises `Refused`.
        """
        if self._issuer.card(card_id) is None:
            self._kept[card_id] = _Kept(pin)
        else:
            self._issuer.set_pin(card_id, pin)

    def check(self, card_id: str, pin: str) -> bool:
        """Whether a PIN is right.

        Raises `Refused`, and `KeyError` for an unknown card.
        """
        if self._issuer.card(card_id) is not None:
            return self._issuer.check_pin(card_id, pin)
        if self.blocked(card_id):
            raise Refused(BLOCKED, "the card is blocked")
        kept = self._kept[card_id]
        kept.wrong = 0 if kept.pin == pin else kept.wrong + 1
        return not kept.wrong

    def blocked(self, card_id: str) -> bool:
        """Whether a card is blocked, by wrong entries or otherwise."""
        if (card := self._issuer.card(card_id)) is not None:
            return bool(card["status"] == "blocked")
        return self._kept[card_id].wrong >= _WRONG_ENTRIES
