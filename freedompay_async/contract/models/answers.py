"""The envelope of a payment-card answer, and what the issuer says of a request."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from msgspec.structs import force_setattr

from freedompay_async.contract.models.dictionaries import CallStatus, RequestStatus
from freedompay_async.contract.models.open import OpenStruct

__all__ = [
    "Answer",
    "AnyAnswer",
    "CardRef",
    "RequestState",
    "as_id",
    "aware",
]


if TYPE_CHECKING:
    _Text: TypeAlias = str | int | None
else:
    # It decides nothing, so any type is accepted.
    _Text = Any


class AnyAnswer(Protocol):
    """What an answer of any section says about its call."""

    @property
    def status(self) -> object:
        """The status of the call, as it came."""
        ...

    @property
    def accepted(self) -> bool | None:
        """Whether the issuer accepted the call; `None`: the answer says neither."""
        ...

    @property
    def contradiction(self) -> str | None:
        """The parts that contradict each other, in words; `None`: there are none."""
        ...

    @property
    def refusal_code(self) -> str | None:
        """The issuer's code of an error."""
        ...

    @property
    def refusal_text(self) -> str | None:
        """The issuer's words for an error."""
        ...


class Answer(OpenStruct, kw_only=True, frozen=True):
    """The envelope of every payment-card answer (docs.freedompay.kz, api-12075070).

    No page says how `status` and `request_status` combine. Inferred: `status` is about this call,
    and `request_status` about the request that it concerns.
    """

    EXPECTED: ClassVar = frozenset({"status", "request_status", "dt"})
    DECIDING: ClassVar = frozenset({"status", "request_status"})
    FILLED: ClassVar = frozenset({"extra", "found"})

    status: CallStatus
    """The status of this call: `ok` or `error`."""
    request_status: RequestStatus | None = None
    """The status of the request: `success`, `process` or `error`. Another value is not final."""
    dt: _Text = None
    """RFC 3339 with offset, as it came."""
    error_code: _Text = None
    """Documented for neighbouring sections only."""
    error_description: _Text = None
    request_id: str = ""
    """The request id of the call (of a read: of its last attempt). The client fills it in."""

    @property
    def time(self) -> datetime | None:
        """`dt` as an aware datetime; `None` if it is absent, can't be read, or has no offset."""
        return aware(self.dt)

    @property
    def accepted(self) -> bool | None:
        """Whether the issuer accepted the call; `None`: the answer says neither."""
        return True if self.status == "ok" else False if self.status == "error" else None

    @property
    def contradiction(self) -> str | None:
        """A failed call about a request that has not failed."""
        if self.status != "error" or self.request_status in (None, "error"):
            return None
        return "status error with another request_status"

    @property
    def refusal_code(self) -> str | None:
        """`error_code` as text."""
        return None if self.error_code is None else str(self.error_code)

    @property
    def refusal_text(self) -> str | None:
        """`error_description` as text."""
        return None if self.error_description is None else str(self.error_description)


def as_id(value: object) -> str | None:
    """An id as text; `None` for an empty one: `""`, `0` as PHP writes it, `null` as text, or a UUID
    of zeros.
    """
    if value is None or (isinstance(value, int) and abs(value) >= _NO_ID):
        return None
    text = str(value).strip().strip(_UNSEEN)
    return None if text.lower() in _EMPTY else text


# A longer number is no id, and to convert thousands of digits to text takes long.
_NO_ID = 10**40
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
_EMPTY = frozenset({"", "0", "null", "none", "00000000-0000-0000-0000-000000000000"})


_MOST_NAMED = 20


class CardRef(OpenStruct, kw_only=True, frozen=True):
    """A card. It has no `card_id` before the issuer has named it."""

    EXPECTED: ClassVar = frozenset({"card_id"})
    DECIDING: ClassVar = frozenset({"card_id"})

    card_id: str | int | None = None


class RequestState(Answer, kw_only=True, frozen=True):
    """What the issuer says about a request (docs.freedompay.kg, api-13677899).

    An answer has some of the fields only.
    """

    DECIDING: ClassVar = frozenset(
        {"status", "request_status", "cards", "client_id", "transaction_id", "fin_document_id"}
    )
    FILLED: ClassVar = frozenset({"extra", "found", "other_body"})

    cards: list[CardRef] | None = None
    client_id: str | int | None = None
    transaction_id: str | int | None = None
    fin_document_id: str | int | None = None
    found: bool = False
    """The client fills it in: the call was refused, and a look-up knows its id, so an earlier use
    of the id may have been done. The call itself did nothing, unless a proxy sent it twice or an
    attempt was answered with 429 after the work."""
    other_body: bool = False
    """The client fills it in: it has sent another body under this request id too. The issuer
    accepts at most one of them, so this may be about the other one. The client does not know the
    bodies of other processes."""

    def __post_init__(self) -> None:
        if self.client_id is None and self.transaction_id is None and self.fin_document_id is None:
            return
        # Nobody may take an empty id for an id.
        for name in ("client_id", "transaction_id", "fin_document_id"):
            value = getattr(self, name)
            if value is not None and as_id(value) is None:
                force_setattr(self, name, None)

    @property
    def contradiction(self) -> str | None:
        """Also a refusal that names something."""
        if self.status != "error":
            return None
        return "status error, and it names something" if self.named else super().contradiction

    @property
    def final(self) -> bool:
        """Whether the request has ended, with `success` or `error`."""
        return self.succeeded or self.failed

    @property
    def succeeded(self) -> bool:
        return self.status == "ok" and self.request_status == "success"

    @property
    def failed(self) -> bool:
        return self.status == "ok" and self.request_status == "error"

    @property
    def card_ids(self) -> tuple[str, ...]:
        """The ids of the cards that are named so far, each once."""
        if not self.cards:
            return ()
        return tuple(dict.fromkeys(filter(None, (as_id(card.card_id) for card in self.cards))))

    @property
    def unnamed(self) -> bool:
        """Whether the list has a card without an id."""
        return self.cards is not None and any(as_id(card.card_id) is None for card in self.cards)

    @property
    def named(self) -> bool:
        """Whether the answer names a card, a client or a transaction."""
        if self.client_id is not None or self.transaction_id is not None:
            return True
        return self.cards is not None and any(
            as_id(card.card_id) is not None for card in self.cards
        )

    @property
    def names(self) -> str | None:
        """What the answer names, in words; at most 20 cards."""
        card_ids = self.card_ids
        parts = [f"card {card_id}" for card_id in card_ids[:_MOST_NAMED]]
        parts += (
            [f"{len(card_ids) - _MOST_NAMED:,} more cards"] if len(card_ids) > _MOST_NAMED else []
        )
        parts += [f"client {as_id(self.client_id)}"] if self.client_id is not None else []
        parts += (
            [f"transaction {as_id(self.transaction_id)}"] if self.transaction_id is not None else []
        )
        return ", ".join(parts) or None

    @classmethod
    def of(cls, state: RequestState) -> RequestState:
        """The state itself: the result of a request that was attached by its id."""
        return state


def aware(text: object) -> datetime | None:
    """A time with its offset; `None` if it can't be read or has no offset."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if time.tzinfo is None else time
