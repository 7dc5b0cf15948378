"""Makes the operation of a request that any process has sent, of its id."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models.results import IssuedCards
from freedompay_async.contract.override_checks import nearest
from freedompay_async.contract.overrides import CALLS
from freedompay_async.contract.request_ids import checked_uuid
from freedompay_async.contract.table import REQUESTS_STATUS, TABLE
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text, check_whole
from freedompay_async.guards.moments import check_moment
from freedompay_async.operations.operation import Operation

if TYPE_CHECKING:
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call

__all__ = ["CompletedCall", "IssuingCall", "attached"]

IssuingCall: TypeAlias = Literal["cards.bulk_issue", "cards.issue", "cards.issue_plastic"]
"""The calls whose result is `IssuedCards`."""
CompletedCall: TypeAlias = Literal[
    "cards.activate",
    "cards.block",
    "cards.close",
    "cards.link",
    "cards.reset_pin_counter",
    "cards.unblock",
    "clients.update",
    "limits.set",
    "transactions.clear",
    "transactions.refund",
]
"""The calls whose result is `Completed`."""
_ASKABLE: Final = {row.name: row for row in TABLE if row.retry is Retry.ASKABLE}


def attached(
    session: Session,
    request_id: object,
    *,
    call: object = None,
    accepted: object = None,
    ordered: object = None,
) -> Operation[Any]:
    """The operation of an id. It needs no running loop.

    Raises:
        ConfigurationError: an argument is wrong, or `request/status` can't be asked about the call.
    """
    own = checked_uuid(request_id)
    if call is None:
        for name, value in (("accepted", accepted), ("ordered", ordered)):
            if value is not None:
                raise ConfigurationError(
                    f"{name}= needs call=, the name of the call, such as cards.issue. Nothing was "
                    "sent."
                )
        return Operation(session, REQUESTS_STATUS, own)
    row = _askable_row(session, check_text("call", call))
    cards = None if ordered is None else _checked_cards(row, ordered)
    age = None if accepted is None else _age(accepted)
    return Operation(session, row, own, age=age, cards=cards)


def _askable_row(session: Session, name: str) -> Call[Any]:
    """The row of a call as the overrides of the client have it."""
    known = _ASKABLE.get(name)
    if known is not None and (row := session.shared.row(known)).retry is Retry.ASKABLE:
        return row
    askable = [
        each for each, row in _ASKABLE.items() if session.shared.row(row).retry is Retry.ASKABLE
    ]
    if known is not None:
        why = "by the contract of this client, request/status can't be asked about it"
    elif name in CALLS:
        why = "request/status can't be asked about it"
    else:
        near = nearest(name, askable)
        why = "there is no such call" + (f" (did you mean {near}?)" if near else "")
    raise ConfigurationError(
        f"call={name!r}: {why}. It can be asked about {', '.join(askable)}. Nothing was sent."
    )


def _checked_cards(row: Call[Any], ordered: object) -> int:
    if row.result is not IssuedCards:
        raise ConfigurationError(
            f"ordered={ordered!r}: {row.name} orders no cards. Nothing was sent."
        )
    cards = check_whole("ordered", ordered, unit="cards")
    if row.cards not in (None, cards):
        raise ConfigurationError(
            f"ordered={cards}: {row.name} always orders {row.cards}. Nothing was sent."
        )
    return cards


def _age(accepted: object) -> float:
    """Seconds since a time; 0 for one in the future, by which another clock goes."""
    return max(0.0, time.time() - check_moment("accepted", accepted))
