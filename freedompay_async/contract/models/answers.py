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
    _Said: TypeAlias = str | int | None
else:
    # It decides nothing, so any type will do.
    _Said = Any


class AnyAnswer(Protocol):
    """What the session needs to know of an answer, whatever its section."""

    @property
    def status(self) -> object:
        """What it says of the call, as it came."""
        ...

    @property
    def accepted(self) -> bool | None:
        """Whether the call was taken; `None`: the answer says neither yes nor no."""
        ...

    @property
    def contradiction(self) -> str | None:
        """Which parts of it say opposite things, in words; `None`: it is of one mind."""
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

    How `status` and `request_status` combine is on no page; the reading here (`status` is about
    this call, `request_status` about the request it concerns) is inferred.
    """

    EXPECTED: ClassVar = frozenset({"status", "request_status", "dt"})
    DECIDING: ClassVar = frozenset({"status", "request_status"})
    FILLED: ClassVar = frozenset({"extra", "found"})

    status: CallStatus
    """`ok` or `error`: the call just made."""
    request_status: RequestStatus | None = None
    """`success`, `process` or `error`: the request it concerns. Another value is not final."""
    dt: _Said = None
    """RFC 3339 with offset, as it came."""
    error_code: _Said = None
    """Documented on neighbouring sections only."""
    error_description: _Said = None
    request_id: str = ""
    """The id of the intent (of a read: of its last attempt), filled in by the client."""

    @property
    def time(self) -> datetime | None:
        """`dt` as an aware datetime; `None` if it is absent, can't be read, or has no offset."""
        return aware(self.dt)

    @property
    def accepted(self) -> bool | None:
        """Whether the call was taken; `None`: the answer says neither yes nor no."""
        return True if self.status == "ok" else False if self.status == "error" else None

    @property
    def contradiction(self) -> str | None:
        """A call that failed about a request that did not."""
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
    """An id as text; `None` for one that is not filled in yet: `""` or `0`, as PHP writes it,
    `null` as text, a UUID of zeros.
    """
    if value is None or (isinstance(value, int) and abs(value) >= _NO_ID):
        return None
    text = str(value).strip().strip(_UNSEEN)
    return None if text.lower() in _EMPTY else text


# To write a number of thousands of digits takes a while, and it is nobody's id.
_NO_ID = 10**40
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
_EMPTY = frozenset({"", "0", "null", "none", "00000000-0000-0000-0000-000000000000"})


_MOST_NAMED = 20


class CardRef(OpenStruct, kw_only=True, frozen=True):
    """A card, named by its id; without one, it is not named yet."""

    EXPECTED: ClassVar = frozenset({"card_id"})
    DECIDING: ClassVar = frozenset({"card_id"})

    card_id: str | int | None = None


class RequestState(Answer, kw_only=True, frozen=True):
    """What the issuer says of a request (docs.freedompay.kg, api-13677899).

    Not all fields are there at once.
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
    """Filled in by the client: the call was refused and a look-up knows its id, so the issuer may
    have had it before. Where no proxy has sent the call twice, and no attempt of it was answered
    with 429 after the work, it did nothing anew."""
    other_body: bool = False
    """Filled in by the client: it has sent another body under this request id too. The issuer takes
    one of them at most, so what is told here may be of the other one. Bodies of other processes are
    not known."""

    def __post_init__(self) -> None:
        # An empty id is no id, wherever it is read.
        for name in ("client_id", "transaction_id", "fin_document_id"):
            value = getattr(self, name)
            if value is not None and as_id(value) is None:
                force_setattr(self, name, None)

    @property
    def contradiction(self) -> str | None:
        """As of every answer; and a refusal that names something."""
        if self.status == "error" and self.named:
            return "status error, and it names something"
        return super().contradiction

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
        """Each card once, as far as they are named."""
        return tuple(
            dict.fromkeys(filter(None, (as_id(card.card_id) for card in self.cards or ())))
        )

    @property
    def unnamed(self) -> bool:
        """Whether a card is in the list, and not named yet."""
        return any(as_id(card.card_id) is None for card in self.cards or ())

    @property
    def named(self) -> bool:
        """Whether it names anything."""
        if self.client_id is not None or self.transaction_id is not None:
            return True
        return any(as_id(card.card_id) is not None for card in self.cards or ())

    @property
    def names(self) -> str | None:
        """What it names, in words; of many cards the first."""
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
        """A request attached by its id alone gives its state as it is."""
        return state


def aware(text: object) -> datetime | None:
    """A time with its offset; `None` if it can't be read, or has none."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if time.tzinfo is None else time
