"""The ends of a row, and the sentences that give their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.outcome import State
from freedompay_async.calls.error_hints import hint_of
from freedompay_async.errors import ApiError, FreedomPayError, RequestFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.batch.entries import Entry

__all__ = [
    "Ended",
    "failed",
    "not_all_named",
    "not_proved",
    "not_what_was_ordered",
    "now_proved",
    "proved",
    "says_nothing",
    "used_before",
]

_ID: Final = " [request_id {}]"
_NOT_PROVED: Final = "does not know its request id. Nothing proves that it was not done"
_PROVED: Final = (
    "does not know its request id, asked again later, while it knows one that it has accepted "
    "from this batch. It was not done"
)
# By what is known of the earlier use.
_USED_CARD: Final = "used before: check whose card it is."
_USED_CLIENT: Final = (
    "used before: check whose client it is. No card of that use is known: the issuer does not "
    "know its request, or could not be asked, or it failed."
)
_USED_NOTHING: Final = (
    "used before. Nothing is known that this use has made: it failed, or goes on, or could not be "
    "asked about."
)


class Ended(Exception):
    """The end of a row; its ids are in its entry.

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


def failed(row: Entry, error: FreedomPayError) -> Ended:
    """The end after an error that this run can't ask more about.

    What a failed request names may exist. No next step may build on it, so the client of the row
    stays what it was.
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
    """What a failed request names. The card and the client of the row itself don't count: an
    activation is about them.
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
    """The end where other cards were made than one for this row."""
    return Ended(
        State.DOUBTFUL, f"{differs}: {_cards(card_ids)}{_ID.format(request_id)}", card_ids=card_ids
    )


def not_all_named(call: str, card_ids: Sequence[str], *, request_id: str) -> Ended:
    """The end where the issuer does not name all that it has made."""
    so_far = _cards(card_ids) if card_ids else "none"
    return Ended(
        State.UNKNOWN,
        f"{call}: done, and not all ids are named yet (so far {so_far}){_ID.format(request_id)}",
    )


def used_before(row: Entry, what: str, request_id: str) -> Ended:
    """The end of a row that was used before this journal used it; `what`: its step."""
    if row.card_id is not None:
        used = _USED_CARD
    else:
        used = _USED_NOTHING if row.client_id is None else _USED_CLIENT
    return Ended(
        State.FOUND,
        f"{used} The issuer knew the request id of this row's {what} before this journal sent it, "
        "so nothing is made for the row until --accept-found says that it was used for the same "
        f"person{_ID.format(request_id)}",
    )


def not_proved(error: FreedomPayError) -> str:
    """The reason of a refused step that may have been done all the same."""
    return f"{_refusal(error)}, and {_NOT_PROVED}{_ID.format(error.request_id)}{_hint(error)}"


def proved(error: FreedomPayError) -> str:
    """The reason of a refused step that was not done."""
    return f"{_refusal(error)}, and {_PROVED}{_ID.format(error.request_id)}{_hint(error)}"


def now_proved(reason: str) -> str:
    """The reason of a refusal that an earlier run has kept, now that it is proved.

    A journal keeps the text only; an earlier version may have put it in other words.
    """
    # The issuer's own words come first, whatever they say.
    before, kept, after = reason.rpartition(_NOT_PROVED)
    return f"{before}{_PROVED}{after}" if kept else f"{reason}: the issuer {_PROVED}"


def says_nothing(error: FreedomPayError) -> str:
    """The reason of a refused step that `request/status` could not be asked about."""
    return f"{_refusal(error)}, and request/status says nothing of it{_ID.format(error.request_id)}"


def _hint(error: FreedomPayError) -> str:
    hint = hint_of(error.error_code, error.http_status)
    return f".{hint}" if hint else ""


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
