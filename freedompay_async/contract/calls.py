"""The row of a call: its path and shapes, how sure they are, and what may follow a lost answer.

The HTTP verb says nothing about a retry: every call of Freedom Pay is a POST.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Protocol, TypeVar, cast

from freedompay_async.contract.models import requests as asked
from freedompay_async.contract.models.answers import RequestState
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import Struct

    from freedompay_async.contract.models.open import Fields

__all__ = [
    "ENVELOPES",
    "WITHOUT_ID",
    "Call",
    "IdField",
    "Mark",
    "Result",
    "Retry",
    "Section",
    "check_path",
    "path_flaw",
]


class Mark(StrEnum):
    """How sure a row is."""

    DOCUMENTED = "documented"
    """The vendor's page shows the path and the fields."""
    PARTIAL = "partial"
    """The vendor's page shows the path or the shape, not all of it."""
    INFERRED = "inferred"
    """In the vendor's menu; no public page shows its path or fields. A best guess."""
    CUSTOM = "custom"
    """Not a row of the table: the caller named the path (`FreedomPay.call`)."""


class Retry(Enum):
    """What may follow a lost answer."""

    READ = "read"
    """It changes nothing, and may be sent again, each time under a fresh id."""
    REPEATABLE = "repeatable"
    """It changes something, and gives the same end when it is done again. It may be sent again,
    each time under a fresh id.
    """
    ASKABLE = "askable"
    """It changes something, and `request/status` knows its request id: that is asked before
    anything is sent again.
    """
    UNASKABLE = "unaskable"
    """It changes something and can't be asked about."""

    @property
    def harmless(self) -> bool:
        """Whether it may be sent any number of times."""
        return self in (Retry.READ, Retry.REPEATABLE)


class IdField(Enum):
    """What the field `request_id` in the body of a call is."""

    NONE = "none"
    """The body has no such field, or it is the caller's own."""
    OWN = "own"
    """The id of this call. The library fills it in."""
    ASKED_ABOUT = "asked about"
    """The id of the request that is asked about. The call's own id stands in a header only."""


class Section(StrEnum):
    """A part of the API that may have a signature scheme of its own."""

    PAYMENT_CARDS = "payment_cards"
    GIFT_CARDS = "gift_cards"
    HASHDT = "hashdt"
    """Another issuer's API, for the client `HashDT`."""


ENVELOPES: Final[Mapping[Section, frozenset[str]]] = {
    Section.PAYMENT_CARDS: frozenset({"request_status", "dt", "error_code"}),
    Section.GIFT_CARDS: frozenset({"datetime"}),
    Section.HASHDT: frozenset({"code"}),
}
"""An answer of the contract has at least one of these fields, beside its `status`. Other JSON comes
from a gateway, whatever its `status` is.

The vendor's error answers are not published, so an override can change this.
"""


class Result(Protocol):
    """The result of a finished request; `of` gives `None` while the answer lacks the ids."""

    @classmethod
    def of(cls, state: RequestState) -> Result | None: ...


R = TypeVar("R")
_OWN_ID: Final = "request_id"


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """One row."""

    name: str
    """The method that a user calls."""
    path: str
    request: type[Struct]
    result: type[R]
    mark: Mark
    retry: Retry
    source: str
    """The vendor's page."""
    section: Section = Section.PAYMENT_CARDS
    method: Literal["POST", "GET"] = "POST"
    fixed_id: bool = False
    """Its id is an idempotency key, and so the same on every attempt, though it changes nothing."""
    safe_again: bool = False
    """It can't be asked about, and doing it again does no harm: a caller who lost the answer may
    repeat it.
    """
    pays: bool = False
    """It moves money when it is accepted. It is not sent a second time unless the policy says so.
    """
    codes: bool = False
    """It carries codes (a PIN, a CVV, a code from an SMS), so any 3 to 8 digits in the texts of its
    answers are hidden.
    """
    kz_only: bool = False
    """As far as seen, only the vendor's menu for KZ has it."""
    not_in_menu: str | None = None
    """The region of the client, if the vendor's menu for it lacks this call."""
    table_path: str | None = None
    """The path of the table, where an override has put another in its place."""
    own_envelope: frozenset[str] | None = None
    """Fields that an override asks for in place of the section's own (`ENVELOPES`)."""
    fields: Mapping[str, Any] | Fields = field(default_factory=dict, hash=False)
    """Fields that an override adds to every body."""
    header_names: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Headers that an override gives another name."""
    leave_out: frozenset[str] = frozenset()
    """Fields that an override leaves out of the body, by their names in `request`. A dot stands
    before the name of a field inside an object.
    """
    rename: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Fields that an override gives another name, named in the same way."""

    row_name: str | None = field(init=False, repr=False, compare=False)
    """Its name as a row of the table; `None`: it is none, the caller named the path."""
    changes: bool = field(init=False, repr=False, compare=False)
    """Whether it changes something."""
    one_id: bool = field(init=False, repr=False, compare=False)
    """Whether each attempt has the same request id."""
    path_unsure: bool = field(init=False, repr=False, compare=False)
    """Whether no page of the vendor shows the path: it is a guess of the table, or what an override
    says.
    """
    id_field: IdField = field(init=False, repr=False, compare=False)
    headers_only: bool = field(init=False, repr=False, compare=False)
    """Its fields go out as headers, and no body does."""
    body_id: bool = field(init=False, repr=False, compare=False)
    """Whether the body carries the request id of the call itself."""
    needs_header_id: bool = field(init=False, repr=False, compare=False)
    """It is asked about, and its body does not carry its id under the name that the issuer reads.
    """
    answer: type[Any] = field(init=False, repr=False, compare=False)
    """The shape of its answer. An accepted request is answered in the shape of `request/status`."""
    made_of_secrets: bool = field(init=False, repr=False, compare=False)
    """Whether its result is a secret. What comes back in place of it may be one too."""
    envelope: frozenset[str] = field(init=False, repr=False, compare=False)
    """An answer of the contract has one of these beside its `status`; empty: `status` is enough."""

    def __post_init__(self) -> None:
        intent = issubclass(self.request, asked.BodyWithId)
        asks = issubclass(self.request, asked.StatusQuery)
        custom = self.mark is Mark.CUSTOM
        object.__setattr__(self, "row_name", None if custom else self.name)
        object.__setattr__(self, "changes", self.retry is not Retry.READ)
        object.__setattr__(self, "one_id", self.fixed_id or not self.retry.harmless)
        unsure = self.mark is Mark.INFERRED or self.table_path is not None
        object.__setattr__(self, "path_unsure", unsure)
        id_field = IdField.OWN if intent else IdField.ASKED_ABOUT if asks else IdField.NONE
        object.__setattr__(self, "id_field", id_field)
        object.__setattr__(self, "headers_only", issubclass(self.request, asked.HeaderQuery))
        object.__setattr__(self, "body_id", intent and _OWN_ID not in self.leave_out)
        changed = _OWN_ID in self.leave_out or _OWN_ID in self.rename
        object.__setattr__(
            self, "needs_header_id", intent and changed and self.retry is Retry.ASKABLE
        )
        accepted = intent and not self.retry.harmless and not custom
        object.__setattr__(self, "answer", RequestState if accepted else self.result)
        # The caller's own result may be any type, and need not be a class.
        kind = cast("object", self.result)
        made_of_secrets = isinstance(kind, type) and issubclass(kind, OpenStruct) and kind.SECRET
        object.__setattr__(self, "made_of_secrets", made_of_secrets)
        own = ENVELOPES[self.section] if self.own_envelope is None else self.own_envelope
        object.__setattr__(self, "envelope", own)

    @property
    def cards(self) -> int | None:
        """How many cards each call orders; `None`: none, or as many as the caller says."""
        return self.request.CARDS if issubclass(self.request, asked.BodyWithId) else None

    def named(self, headers: Mapping[str, str]) -> dict[str, str]:
        """These headers under the names that an override gives them. Upper and lower case are the
        same, and two headers may change places.

        Raises:
            ConfigurationError: two of them have the same name then.
        """
        if not self.header_names:
            return dict(headers)
        others = {name.lower(): other for name, other in self.header_names.items()}
        named: dict[str, tuple[str, str]] = {}
        for written, value in headers.items():
            name = others.get(written.lower(), written)
            if name.lower() in named:
                raise ConfigurationError(
                    f"the contract gives two headers of {self.name} the name {name}. Nothing was "
                    "sent."
                )
            named[name.lower()] = (name, value)
        return dict(named.values())


WITHOUT_ID: Final = (
    "the contract takes request_id out of the body or gives it another name, and this signature "
    "scheme has no id in a header: nothing would tell a repeat from a second order. Leave "
    "request_id as it is, sign with Sign, which has the header Request-Id, or say that the call "
    "can't be asked about (retry UNASKABLE)."
)
"""Why a call is refused that is asked about by an id which may not reach the issuer."""
_EXAMPLE: Final = "/v5/card-api/card/info"
_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def path_flaw(path: str) -> str | None:
    """What is wrong with a path; `None`: nothing. It is sent as it was signed, so it may not hold
    what a URL writes in another way.
    """
    return None if _PATH.fullmatch(path) else f"the path {path!r} is not like {_EXAMPLE}"


def check_path(path: str) -> None:
    """Refuse a wrong path.

    Raises:
        ConfigurationError: see `path_flaw`.
    """
    if (flaw := path_flaw(path)) is not None:
        raise ConfigurationError(f"{flaw}. Nothing was sent.")
