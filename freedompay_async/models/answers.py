"""What comes back. Fields that the vendor adds are ignored, values that it adds pass through."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from msgspec import Struct

__all__ = ["Answer", "CardRef", "Completed", "CreatedClient", "IssuedCards", "RequestState"]


if TYPE_CHECKING:
    _Text: TypeAlias = str
    _Flag: TypeAlias = bool
    _Said: TypeAlias = str | int | None
else:
    # A field that decides nothing, or that the client fills in, must not make an answer unreadable by being of another type.
    _Text = _Flag = _Said = Any


class Answer(Struct, kw_only=True, frozen=True, repr_omit_defaults=True):
    """The envelope of every payment-card answer (docs.freedompay.kz, api-12075070).

    How `status` and `request_status` combine is on no page; the reading here (`status` is about this call,
    `request_status` about the request it concerns) is inferred.
    """

    status: str
    """`ok` or `error`: the call just made."""
    request_status: str | None = None
    """`success`, `process` or `error`: the request it concerns. Another value is not final."""
    dt: _Said = None
    """RFC 3339 with offset, as it came."""
    error_code: _Said = None
    """Documented on neighbouring sections only."""
    error_description: _Said = None
    request_id: _Text = ""
    """The id of the intent, filled in by the client."""

    @property
    def time(self) -> datetime | None:
        """`dt` as an aware datetime; `None` if it is absent, can't be read, or has no offset."""
        try:
            time = datetime.fromisoformat(str(self.dt))
        except ValueError:
            return None
        return None if time.tzinfo is None else time


class CardRef(Struct, kw_only=True, frozen=True):
    card_id: str | int


class RequestState(Answer, kw_only=True, frozen=True, repr_omit_defaults=True):
    """What the issuer says of a request (docs.freedompay.kg, api-13677899). Not all fields are there at once."""

    cards: list[CardRef] | None = None
    client_id: str | int | None = None
    transaction_id: str | int | None = None
    fin_document_id: str | int | None = None
    found: _Flag = False
    """Filled in by the client: the issuer had this request id before the call, which therefore did nothing anew."""

    @property
    def final(self) -> bool:
        """Whether the request has ended. Only `success` and `error` are ends."""
        return self.succeeded or self.failed

    @property
    def succeeded(self) -> bool:
        return self.status == "ok" and self.request_status == "success"

    @property
    def failed(self) -> bool:
        return self.status == "ok" and self.request_status == "error"

    @property
    def card_ids(self) -> tuple[str, ...]:
        return tuple(str(card.card_id) for card in self.cards or ())

    @classmethod
    def of(cls, state: RequestState) -> RequestState:
        """A request attached by its id alone gives its state as it is."""
        return state


class Completed(Struct, kw_only=True, frozen=True):
    """A request that succeeded and gives nothing back but that."""

    request_id: str
    answer: RequestState

    @classmethod
    def of(cls, state: RequestState) -> Self:
        return cls(request_id=state.request_id, answer=state)


class CreatedClient(Struct, kw_only=True, frozen=True):
    """A client that exists."""

    request_id: str
    client_id: str
    answer: RequestState

    @classmethod
    def of(cls, state: RequestState) -> Self | None:
        """`None`: the answer does not name the client (the ids come from `request/status`)."""
        if state.client_id is None:
            return None
        return cls(request_id=state.request_id, client_id=str(state.client_id), answer=state)


class IssuedCards(Struct, kw_only=True, frozen=True):
    """Cards that exist."""

    request_id: str
    card_ids: tuple[str, ...]
    answer: RequestState

    @classmethod
    def of(cls, state: RequestState) -> Self | None:
        """`None`: the answer names no card (the ids come from `request/status`)."""
        if not state.cards:
            return None
        return cls(request_id=state.request_id, card_ids=state.card_ids, answer=state)
