"""The body of a card's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freedompay_async.contract.models.requests import CardIssue
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models.results import IssuedCards

__all__ = ["card_order"]


def card_order(
    session: Session, call: Call[IssuedCards], client_id: str | None, product_id: int
) -> CardIssue:
    """The body of an order. Without a client in it, the answer's client is not compared."""
    left_out = "client_id" in session.shared.row(call).leave_out
    if client_id is None and not left_out:
        raise ConfigurationError(
            "client_id is missing, the client that the card is for. If the issuer wants "
            "something else, such as a cardholder, leave client_id out in the contract. "
            "Nothing was sent.",
            call=call.name,
        )
    return CardIssue(client_id=None if left_out else client_id, product_id=product_id)
