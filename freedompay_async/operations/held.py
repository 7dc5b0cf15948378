"""Compares an answer with what was ordered. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from freedompay_async.contract.models.answers import RequestState
from freedompay_async.contract.models.results import IssuedCards

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call

__all__ = ["lacks", "result_of"]

R = TypeVar("R")


def result_of(
    call: Call[R], state: RequestState, *, cards: int | None, client_id: str | None = None
) -> R | None:
    """The result of a request. `None`: it has not succeeded, or its answer lacks some of what was
    ordered.

    Args:
        call: the row of the request.
        state: what the issuer says of it.
        cards: how many cards were ordered; `None`: that is not known.
        client_id: the client that they were ordered for; `None`: for none, or that is not known.
    """
    if not state.succeeded:
        return None
    card_ids = state.card_ids
    if _lacks_cards(call, state, card_ids, cards):
        return None
    return _made(call, state, card_ids, cards, client_id)


def lacks(call: Call[Any], state: RequestState, *, cards: int | None) -> str | None:
    """What the answer of a success does not name yet, in words; `None`: it names all."""
    card_ids = state.card_ids
    if _lacks_cards(call, state, card_ids, cards):
        return f"{len(card_ids)} of {max(cards or 0, len(state.cards or ()))} cards so far"
    return "no id so far" if _made(call, state, card_ids, cards, None) is None else None


def _lacks_cards(
    call: Call[Any], state: RequestState, card_ids: tuple[str, ...], cards: int | None
) -> bool:
    if call.result is IssuedCards:
        return (cards is not None and len(card_ids) < cards) or state.unnamed
    return call.result is RequestState and state.unnamed


def _made(
    call: Call[R],
    state: RequestState,
    card_ids: tuple[str, ...],
    cards: int | None,
    client_id: str | None,
) -> R | None:
    if call.result is IssuedCards and card_ids:
        made = IssuedCards(
            request_id=state.request_id,
            card_ids=card_ids,
            answer=state,
            ordered=cards,
            ordered_for=client_id,
        )
        return cast("R", made)
    return cast("R | None", cast("Any", call.result).of(state))
