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
    return _held(call, state, cards, client_id)[0] if state.succeeded else None


def lacks(call: Call[Any], state: RequestState, *, cards: int | None) -> str | None:
    """What the answer of a success does not name yet, in words; `None`: it names all."""
    return _held(call, state, cards, None)[1]


def _held(
    call: Call[R], state: RequestState, cards: int | None, client_id: str | None
) -> tuple[R | None, str | None]:
    issues = call.result is IssuedCards
    if issues or call.result is RequestState:
        card_ids = state.card_ids
        if (issues and cards is not None and len(card_ids) < cards) or state.unnamed:
            return (
                None,
                f"{len(card_ids)} of {max(cards or 0, len(state.cards or ()))} cards so far",
            )
        if issues and card_ids:
            made = IssuedCards(
                request_id=state.request_id,
                card_ids=card_ids,
                answer=state,
                ordered=cards,
                ordered_for=client_id,
            )
            return cast("R", made), None
    result = cast("Any", call.result).of(state)
    return (None, "no id so far") if result is None else (cast("R", result), None)
