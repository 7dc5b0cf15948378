"""The table of calls: for each its path, shapes, how sure it is, and how it may be retried.

A new call costs one row here and one thin method. Nothing about a retry is ever taken from the HTTP verb: every call is a POST.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from freedompay_async.models import (
    BulkIssue,
    CardActivation,
    CardIssue,
    CardLink,
    ClientCreation,
    Completed,
    CreatedClient,
    Intent,
    IssuedCards,
    RequestState,
    StatusQuery,
)

if TYPE_CHECKING:
    from msgspec import Struct

__all__ = ["TABLE", "Call", "Mark", "Result", "Retry", "Section"]


class Mark(StrEnum):
    """How sure a row is."""

    DOCUMENTED = "documented"
    """The vendor's page shows the path and the fields."""
    PARTIAL = "partial"
    """The vendor's page shows the path or the shape, not all of it."""
    INFERRED = "inferred"
    """In the vendor's menu; no public page shows its path or fields. A best guess."""


class Retry(Enum):
    """What may follow a lost answer."""

    READ = "read"
    """Changes nothing: may be asked again, each time under a fresh id."""
    ASKABLE = "askable"
    """Changes something, and `request/status` knows its request id: ask before anything is sent again."""
    UNASKABLE = "unaskable"
    """Changes something and can't be asked about."""


class Section(StrEnum):
    """A part of the API that may have a signature scheme of its own."""

    PAYMENT_CARDS = "payment_cards"


class Result(Protocol):
    """What a finished request is turned into; `of` gives `None` while the answer lacks the ids."""

    @classmethod
    def of(cls, state: RequestState) -> Result | None: ...


R = TypeVar("R")


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

    @property
    def body_id(self) -> bool:
        """Whether the body carries the request id of the call itself."""
        return issubclass(self.request, Intent)


_V5: Final = "/v5/card-api/"
_KZ: Final = "docs.freedompay.kz"
_KG: Final = "docs.freedompay.kg"

CLIENTS_CREATE: Final = Call(
    "clients.create", _V5 + "client/add", ClientCreation, CreatedClient, Mark.DOCUMENTED, Retry.ASKABLE, f"{_KZ} api-12074751"
)
CARDS_ISSUE: Final = Call("cards.issue", _V5 + "card/issue", CardIssue, IssuedCards, Mark.PARTIAL, Retry.ASKABLE, f"{_KZ} menu: Issue card")
CARDS_BULK_ISSUE: Final = Call(
    "cards.bulk_issue", _V5 + "card/bulk_issue", BulkIssue, IssuedCards, Mark.INFERRED, Retry.ASKABLE, f"{_KZ} menu: Bulk issue"
)
CARDS_LINK: Final = Call("cards.link", _V5 + "card/link", CardLink, Completed, Mark.DOCUMENTED, Retry.ASKABLE, f"{_KZ} api-12074684")
CARDS_ACTIVATE: Final = Call(
    "cards.activate", _V5 + "card/activate", CardActivation, Completed, Mark.INFERRED, Retry.ASKABLE, f"{_KZ} menu: Activate card"
)
REQUESTS_STATUS: Final = Call(
    "requests.status", _V5 + "request/status", StatusQuery, RequestState, Mark.DOCUMENTED, Retry.READ, f"{_KG} api-13677899"
)

TABLE: Final[tuple[Call[CreatedClient] | Call[IssuedCards] | Call[Completed] | Call[RequestState], ...]] = (
    CLIENTS_CREATE,
    CARDS_ISSUE,
    CARDS_BULK_ISSUE,
    CARDS_LINK,
    CARDS_ACTIVATE,
    REQUESTS_STATUS,
)
