"""What a stored intent says of its order, without its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from freedompay_async.contract.table import TABLE

if TYPE_CHECKING:
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call

__all__ = ["Order", "call_named", "order_of"]

_ROWS: Final = {call.name: call for call in TABLE}


class Order(Struct, frozen=True):
    """What was ordered.

    Attributes:
        cards: how many cards; `None`: none, or that is not known.
        client_id: for whom; `None`: for none, or that is not known.
    """

    cards: int | None = None
    client_id: str | None = None


_ORDERS: Final = msgspec.json.Decoder(Order)
_NOTHING: Final = Order()


def order_of(intent: str | None) -> Order:
    """The order of an intent as `Intent.to_json` has written it; its body may be sealed."""
    if intent is None:
        return _NOTHING
    try:
        return _ORDERS.decode(intent)
    except msgspec.MsgspecError:
        return _NOTHING


def call_named(session: Session, name: str) -> Call[Any]:
    """The row of a call as the overrides of the client have it."""
    return session.shared.row(_ROWS[name])
