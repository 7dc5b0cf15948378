"""An answer held against what was asked: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from freedompay_async.models.answers import IssuedCards, RequestState

if TYPE_CHECKING:
    from freedompay_async.contract import Call

__all__ = ["lacks", "result_of"]

R = TypeVar("R")


def result_of(call: Call[R], state: RequestState, *, cards: int | None, client_id: str | None = None) -> R | None:
    """What a request that has succeeded came to; `None` while it has not, or the answer lacks some of what was ordered.

    Args:
        call: the row of the request.
        state: what the issuer says of it.
        cards: how many cards were ordered; `None`: that is not known.
        client_id: the client that they were ordered for; `None`: for none, or that is not known.
    """
    result = _held(call, state, cards)[0] if state.succeeded else None
    if isinstance(result, IssuedCards):
        return cast("R", msgspec.structs.replace(result, ordered=cards, ordered_for=client_id))
    return result


def lacks(call: Call[Any], state: RequestState, *, cards: int | None) -> str | None:
    """What the answer of a success does not name yet, in words."""
    return _held(call, state, cards)[1]


def _held(call: Call[R], state: RequestState, cards: int | None) -> tuple[R | None, str | None]:
    named = len(state.card_ids)
    fewer = call.result is IssuedCards and cards is not None and named < cards
    if fewer or (call.result in (IssuedCards, RequestState) and state.unnamed):
        return None, f"{named} of {max(cards or 0, len(state.cards or ()))} cards so far"
    result = cast("Any", call.result).of(state)
    return (None, "no id so far") if result is None else (cast("R", result), None)
