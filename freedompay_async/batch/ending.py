"""How a row ends, and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.outcome import State
from freedompay_async.calls.error_text import hint_of
from freedompay_async.errors import ApiError, FreedomPayError, RequestFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.batch.entries import Entry

__all__ = [
    "Ended",
    "as_told",
    "failed",
    "not_all_told",
    "not_proved",
    "not_what_was_ordered",
    "now_proved",
    "says_nothing",
    "used_before",
]

_NOT_PROVED: Final = "does not know its request id. Nothing proves that it was not done"
_PROVED: Final = (
    "does not know its request id, asked again later, while it knows one that it has accepted "
    "from this batch. It was not done"
)
_ID: Final = " [request_id {}]"
_USED: Final = "used before: check whose card it is. "
_USED_NO_CARD: Final = (
    "used before: check whose client it is. No card of that use is known: the issuer does not "
    "know its request, or could not be asked, "
    "or it failed. "
)
_USED_NOTHING: Final = (
    "used before. Nothing is known that this use has made: it failed, or goes on, or could not be "
    "asked about. "
)


class Ended(Exception):
    """A row has ended; what is known of it beyond that is in its entry.

    Attributes:
        card_ids: every card that an answer has named, where they are not what was ordered.
    """

    def __init__(
        self,
        state: State,
        reason: str | None,
        *,
        proved: bool = False,
        card_ids: Sequence[str] = (),
    ) -> None:
        super().__init__(reason)
        self.state: Final = state
        self.reason: Final = reason
        self.proved: Final = proved
        self.card_ids: Final = tuple(card_ids)


def as_told(row: Entry, ended: Ended) -> Ended:
    """The end in the words for what is known of its row, which gets the cards that the end names."""
    row.card_ids = ended.card_ids
    if ended.state is not State.FOUND or row.card_id is not None or ended.reason is None:
        return ended
    used = _USED_NOTHING if row.client_id is None else _USED_NO_CARD
    return Ended(State.FOUND, ended.reason.replace(_USED, used))


def failed(row: Entry, error: FreedomPayError) -> Ended:
    """After an error that nothing more can be asked about in this run.

    What a failed request names may exist. It is not what a next step may build on, so the client of
    the row stays what it was.
    """
    if not isinstance(error, RequestFailed):
        return Ended(State.UNKNOWN, str(error))
    if named := _named(row, error):
        row.card_id = row.card_id or next(iter(error.card_ids), None)
        return Ended(
            State.DOUBTFUL,
            f"the request failed, and its answer names {' and '.join(named)}: {error}",
            card_ids=error.card_ids,
        )
    return Ended(State.REFUSED, str(error), proved=error.proved and error.done is False)


def _named(row: Entry, error: RequestFailed) -> list[str]:
    """What a failed request names; an activation is about the card and the client of its row, so
    those are nothing new.
    """
    own = () if row.card_id is None else (row.card_id, row.client_id)
    cards = [card for card in error.card_ids if card not in own]
    named = [_cards(cards)] if cards else []
    if error.client_id is not None and error.client_id not in own:
        named.append(f"client {error.client_id}")
    if error.transaction_id is not None:
        named.append(f"transaction {error.transaction_id}")
    return named


def not_what_was_ordered(differs: str, card_ids: Sequence[str], *, request_id: str) -> Ended:
    return Ended(
        State.DOUBTFUL, f"{differs}: {_cards(card_ids)}{_ID.format(request_id)}", card_ids=card_ids
    )


def not_all_told(call: str, card_ids: Sequence[str], *, request_id: str) -> Ended:
    so_far = _cards(card_ids) if card_ids else "none"
    return Ended(
        State.UNKNOWN,
        f"{call}: done, and not all ids are told yet (so far {so_far}){_ID.format(request_id)}",
    )


def used_before(what: str, request_id: str) -> Ended:
    """Of a row that somebody had used before this journal did."""
    return Ended(
        State.FOUND,
        f"{_USED}The issuer knew the request id of this row's {what} before this journal sent it, "
        "so nothing "
        "is made for the row until --accept-found says that it was used for the same "
        f"person{_ID.format(request_id)}",
    )


def not_proved(error: FreedomPayError) -> str:
    hint = hint_of(error.error_code, error.http_status)
    return f"{_refusal(error)}, and {_NOT_PROVED}{_ID.format(error.request_id)}" + (
        f".{hint}" if hint else ""
    )


def now_proved(reason: str) -> str:
    """Of a refusal that was told as not proved."""
    return (
        reason.replace(_NOT_PROVED, _PROVED)
        if _NOT_PROVED in reason
        else f"{reason}: the issuer {_PROVED}"
    )


def says_nothing(error: FreedomPayError) -> str:
    """Of a refused step that `request/status` could not be asked about."""
    return f"{_refusal(error)}, and request/status says nothing of it{_ID.format(error.request_id)}"


def _refusal(error: FreedomPayError) -> str:
    http = (
        f"HTTP {error.http_status}"
        if error.http_status is not None and isinstance(error, ApiError)
        else None
    )
    words = " ".join(part for part in (http, error.error_code, error.error_description) if part)
    return f"{error.call}: the issuer refused it" + (f" ({words})" if words else "")


def _cards(card_ids: Sequence[str]) -> str:
    return (
        f"card {card_ids[0]}"
        if len(card_ids) == 1
        else f"{len(card_ids)} cards, {', '.join(card_ids)}"
    )
