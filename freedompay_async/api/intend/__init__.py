"""`fp.intend`: each call that changes something, made as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.api.intend.cards import CardIntents
from freedompay_async.api.intend.clients import ClientIntents
from freedompay_async.api.intend.gift_cards import GiftCardIntents
from freedompay_async.api.intend.limits import LimitIntents
from freedompay_async.api.intend.transactions import TransactionIntents
from freedompay_async.guards.staying import Staying

if TYPE_CHECKING:
    from freedompay_async.calls.session import Session

__all__ = ["Intend"]


class Intend(Staying):
    """Makes calls as values: `fp.intend.cards.issue(…)` has the arguments of `fp.cards.issue(…)`,
    sends nothing, and gives an `Intent` for `fp.send`.
    """

    INSTEAD = "make a client in each process"

    def __init__(self, session: Session, base_url: str) -> None:
        self.cards: Final = CardIntents(session, base_url)
        self.clients: Final = ClientIntents(session, base_url)
        self.gift_cards: Final = GiftCardIntents(session, base_url)
        self.limits: Final = LimitIntents(session, base_url)
        self.transactions: Final = TransactionIntents(session, base_url)
