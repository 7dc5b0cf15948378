"""The table of calls: for each its path, shapes, how sure it is, and how it may be retried.

A new call costs one row here and one thin method. Nothing about a retry is ever taken from the HTTP verb: every call of Freedom Pay is
a POST.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Protocol, TypeVar, cast

from freedompay_async.contract.models import gift_cards as gift
from freedompay_async.contract.models import pin_pages, reads
from freedompay_async.contract.models import requests as asked
from freedompay_async.contract.models.answers import (
    Answer,
    Completed,
    CreatedClient,
    CreatedTransaction,
    IssuedCards,
    RequestState,
)
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import Struct

    from freedompay_async.contract.models.open import Fields

__all__ = ["ENVELOPES", "HASHDT_TABLE", "TABLE", "WITHOUT_ID", "Call", "Mark", "Result", "Retry", "Section", "check_path"]


class Mark(StrEnum):
    """How sure a row is."""

    DOCUMENTED = "documented"
    """The vendor's page shows the path and the fields."""
    PARTIAL = "partial"
    """The vendor's page shows the path or the shape, not all of it."""
    INFERRED = "inferred"
    """In the vendor's menu; no public page shows its path or fields. A best guess."""
    GIVEN = "given"
    """Not of the table: the caller named the path."""


class Retry(Enum):
    """What may follow a lost answer."""

    READ = "read"
    """Changes nothing: may be asked again, each time under a fresh id."""
    REPEATABLE = "repeatable"
    """Changes something, and doing it again gives the same end: may be sent again, each time under a fresh id."""
    ASKABLE = "askable"
    """Changes something, and `request/status` knows its request id: ask before anything is sent again."""
    UNASKABLE = "unaskable"
    """Changes something and can't be asked about."""

    @property
    def harmless(self) -> bool:
        """Whether it may be sent any number of times."""
        return self in (Retry.READ, Retry.REPEATABLE)


class Section(StrEnum):
    """A part of the API that may have a signature scheme of its own."""

    PAYMENT_CARDS = "payment_cards"
    GIFT_CARDS = "gift_cards"
    HASHDT = "hashdt"
    """Another issuer's API, of the client `HashDT`."""


ENVELOPES: Final[Mapping[Section, frozenset[str]]] = {
    Section.PAYMENT_CARDS: frozenset({"request_status", "dt", "error_code"}),
    Section.GIFT_CARDS: frozenset({"datetime"}),
    Section.HASHDT: frozenset({"code"}),
}
"""Of these an answer of the contract has at least one, beside its `status`. Other JSON comes from a gateway, whatever its `status` is.

The vendor's error answers are not published, so this is data: an override changes it.
"""


class Result(Protocol):
    """What a finished request is turned into; `of` gives `None` while the answer lacks the ids."""

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
    """The id of a question is an idempotency key: the same on every attempt."""
    safe_again: bool = False
    """Of an effect that can't be asked about: doing it again does no harm, so whoever lost the answer may."""
    pays: bool = False
    """It moves money when it is accepted, so it is not sent a second time unless the policy says so."""
    codes: bool = False
    """Codes (a PIN, a CVV, a code from an SMS) go over it, so any 3 to 8 digits in the texts of its answers are hidden."""
    kz_only: bool = False
    """Of the vendor's menus only the one for KZ has it, as far as seen."""
    not_in_menu: str | None = None
    """The region of the client, where the menu of that has no such call."""
    table_path: str | None = None
    """The path of the table, where an override has put another in its place."""
    given_envelope: frozenset[str] | None = None
    """Fields that an override asks for in place of the section's own (`ENVELOPES`)."""
    fields: Mapping[str, Any] | Fields = field(default_factory=dict, hash=False)
    """Fields that an override adds to every body."""
    header_names: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Headers that an override gives another name."""
    leave_out: frozenset[str] = frozenset()
    """Fields that an override leaves out of the body, by the names of `request`; what is inside of an object stands behind a dot."""
    rename: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Fields, named in the same way, that an override gives another name."""

    body_id: bool = field(init=False, repr=False, compare=False)
    """Whether the body carries the request id of the call itself."""
    needs_header_id: bool = field(init=False, repr=False, compare=False)
    """An effect that is asked about, and whose body does not carry its id under the name that the issuer is known to read."""
    answer: type[Any] = field(init=False, repr=False, compare=False)
    """The shape of its answer. An accepted request is told of as `request/status` tells of it."""
    made_of_secrets: bool = field(init=False, repr=False, compare=False)
    """Whether its result is, so that what comes back in place of it may be one too."""
    envelope: frozenset[str] = field(init=False, repr=False, compare=False)
    """An answer has one of these beside its `status`, or it is not the contract's; empty: `status` is enough."""

    def __post_init__(self) -> None:
        intent = issubclass(self.request, asked.Intent)
        object.__setattr__(self, "body_id", intent and _OWN_ID not in self.leave_out)
        changed = _OWN_ID in self.leave_out or _OWN_ID in self.rename
        object.__setattr__(self, "needs_header_id", intent and changed and self.retry is Retry.ASKABLE)
        accepted = intent and not self.retry.harmless and self.mark is not Mark.GIVEN
        object.__setattr__(self, "answer", RequestState if accepted else self.result)
        # A result of the caller's own may be any type, and a class of none.
        kind = cast("object", self.result)
        made_of_secrets = isinstance(kind, type) and issubclass(kind, OpenStruct) and kind.SECRET
        object.__setattr__(self, "made_of_secrets", made_of_secrets)
        own = ENVELOPES[self.section] if self.given_envelope is None else self.given_envelope
        object.__setattr__(self, "envelope", own)

    @property
    def cards(self) -> int | None:
        """How many cards each call orders, where that is always as many; `None`: the caller says how many, or none are ordered."""
        return self.request.CARDS if issubclass(self.request, asked.Intent) else None

    @property
    def path_unsure(self) -> bool:
        """Whether no page of the vendor shows the path: it is a guess of the table, or what an override says."""
        return self.mark is Mark.INFERRED or self.table_path is not None

    def named(self, headers: Mapping[str, str]) -> dict[str, str]:
        """These headers under the names that an override gives them, in whatever case either has them; two may change places.

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
                raise ConfigurationError(f"the contract gives two headers of {self.name} the name {name}. Nothing was sent.")
            named[name.lower()] = (name, value)
        return dict(named.values())


WITHOUT_ID: Final = (
    "the contract takes request_id out of the body or gives it another name, and this signature "
    "scheme has no id in a header: nothing would tell a repeat from a second order. Leave "
    "request_id as it is, sign with Sign, which has the header Request-Id, or say that the call "
    "can't be asked about (retry UNASKABLE)."
)
"""Of an effect that is asked about by an id that is not known to reach the issuer."""
_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def check_path(path: str) -> None:
    """A path goes out as it was signed, so it holds nothing that a URL writes in another way.

    Raises:
        ConfigurationError: it does.
    """
    if not _PATH.fullmatch(path):
        raise ConfigurationError(f"the path {path!r} is not like /v5/card-api/card/info. Nothing was sent.")


_CARD_API: Final = "/v5/card-api/"
_GIFT: Final = "/v5/cards/"
_KZ: Final = "docs.freedompay.kz"
_MONEY: Final = "freedompay.money/docs-en/cards-api"
_D, _P, _I = Mark.DOCUMENTED, Mark.PARTIAL, Mark.INFERRED
_READ, _ASKABLE, _UNASKABLE = Retry.READ, Retry.ASKABLE, Retry.UNASKABLE


def _card(name: str, path: str, request: type[Struct], result: type[R], mark: Mark, retry: Retry, page: str) -> Call[R]:  # noqa: PLR0917 - a line of a table
    return Call(name, _CARD_API + path, request, result, mark, retry, f"{_KZ} {page}")


def _kz(call: Call[R]) -> Call[R]:
    return replace(call, kz_only=True)


def _gift(name: str, path: str, request: type[Struct], result: type[R], mark: Mark, retry: Retry, page: str = _MONEY) -> Call[R]:  # noqa: PLR0917 - as above
    return Call(f"gift_cards.{name}", _GIFT + path, request, result, mark, retry, page, Section.GIFT_CARDS)


CARDS_BULK_ISSUE: Final = _card("cards.bulk_issue", "card/bulk_issue", asked.BulkIssue, IssuedCards, _I, _ASKABLE, "menu: Bulk issue")
CARDS_ISSUE: Final = _card("cards.issue", "card/issue", asked.CardIssue, IssuedCards, _P, _ASKABLE, "menu: Issue card")
CARDS_ISSUE_PLASTIC: Final = _card(
    "cards.issue_plastic", "card/issue_plastic", asked.CardIssue, IssuedCards, _I, _ASKABLE, "menu: Issue plastic card"
)
CARDS_LINK: Final = _kz(_card("cards.link", "card/link", asked.CardLink, Completed, _D, _ASKABLE, "api-12074684"))
CARDS_ACTIVATE: Final = _card("cards.activate", "card/activate", asked.CardActivation, Completed, _I, _ASKABLE, "menu: Activate card")
CARDS_BLOCK: Final = _card("cards.block", "card/block", asked.CardIntent, Completed, _I, _ASKABLE, "menu: Block card")
CARDS_UNBLOCK: Final = _card("cards.unblock", "card/unblock", asked.CardIntent, Completed, _D, _ASKABLE, "api-12074991")
CARDS_SET_PIN: Final = replace(_card("cards.set_pin", "card/set_pin", asked.PinSetting, Answer, _D, _UNASKABLE, "api-12075062"), codes=True)
CARDS_RESET_PIN_COUNTER: Final = _card(
    "cards.reset_pin_counter", "card/reset_counter_pin", asked.CardActivation, Completed, _D, _ASKABLE, "api-12075070"
)
CARDS_CLOSE: Final = _card("cards.close", "card/close", asked.CardIntent, Completed, _D, _ASKABLE, "api-12075208")
CARDS_INFO: Final = _card("cards.info", "card/info", asked.CardQuery, reads.CardInfo, _P, _READ, "menu: Card info")
CARDS_BALANCE: Final = _card("cards.balance", "card/balance", asked.CardId, reads.CardBalance, _I, _READ, "menu: Balance")
CARDS_SECRET_DATA: Final = replace(
    _card("cards.secret_data", "card/secret_data", asked.CardId, reads.CardSecrets, _I, _READ, "menu: Secret data"), codes=True
)
CARDS_SECRET_DATA_V2: Final = replace(
    _kz(_card("cards.secret_data_v2", "card/secret_data_v2", asked.CardId, reads.CardSecrets, _I, _READ, "menu: Secret data (version 2)")),
    codes=True,
)
CARDS_STATEMENT: Final = _card("cards.statement", "card/statement", asked.StatementQuery, reads.Statement, _D, _READ, "api-12075219")
CARDS_STATEMENT_EXTENDED: Final = _kz(
    _card("cards.statement_extended", "card/statement_extended", asked.StatementQuery, reads.StatementExtended, _P, _READ, "api-14425115")
)
CARDS_VALIDATE_CARDHOLDER: Final = _kz(
    _card(
        "cards.validate_cardholder", "external/cardholder_validate", asked.CardholderQuery, reads.CardValidation, _D, _READ, "api-17842385"
    )
)
CLIENTS_CREATE: Final = _card("clients.create", "client/add", asked.ClientCreation, CreatedClient, _D, _ASKABLE, "api-12074751")
CLIENTS_UPDATE: Final = _card("clients.update", "client/update", asked.ClientUpdate, Completed, _D, _ASKABLE, "api-12074967")
CLIENTS_CARDS: Final = _card("clients.cards", "client/cards", asked.ClientId, reads.ClientCards, _I, _READ, "menu: Cards' list")
REQUESTS_STATUS: Final = Call(
    "requests.status", f"{_CARD_API}request/status", asked.StatusQuery, RequestState, _D, _READ, "docs.freedompay.kg api-13677899"
)
TRANSACTIONS_CREATE: Final = _kz(
    _card(
        "transactions.create", "transaction/create", asked.TransactionCreation, CreatedTransaction, _I, _ASKABLE, "menu: Create transaction"
    )
)
TRANSACTIONS_CLEAR: Final = _kz(
    _card("transactions.clear", "transaction/clearing", asked.Clearing, Completed, _P, _ASKABLE, "api-14318358")
)
TRANSACTIONS_REFUND: Final = _kz(_card("transactions.refund", "transaction/refund", asked.Refund, Completed, _D, _ASKABLE, "api-14318477"))
TRANSACTIONS_INFO: Final = _kz(
    _card("transactions.info", "transaction/info", asked.TransactionId, reads.TransactionInfo, _I, _READ, "menu: Transaction info")
)
LIMITS_SET: Final = _kz(_card("limits.set", "limits/set", asked.LimitSetting, Completed, _P, _ASKABLE, "api-18613819"))
LIMITS_LIST: Final = _kz(_card("limits.list", "limits/list", asked.LimitQuery, reads.LimitList, _P, _READ, "api-18614458"))

GIFT_CARDS_PRODUCTS: Final = _gift("products", "product_list", gift.GiftProductQuery, gift.GiftProducts, _P, _READ)
# Each of the next four sends a code to somebody, or takes one.
GIFT_CARDS_ISSUE: Final = replace(_gift("issue", "issue_card", gift.GiftIssue, gift.IssuedGiftCard, _P, _UNASKABLE), pays=True, codes=True)
GIFT_CARDS_CONFIRM: Final = replace(
    _gift("confirm", "activate_card", gift.GiftConfirmation, gift.GiftCardState, _D, _UNASKABLE, f"{_KZ} api-12075782"),
    safe_again=True,
    codes=True,
)
GIFT_CARDS_RESEND: Final = replace(_gift("resend", "resend", gift.GiftCardId, gift.IssuedGiftCard, _I, _UNASKABLE), codes=True)
GIFT_CARDS_RESEND_CODE: Final = replace(_gift("resend_code", "resend_code", gift.GiftCardId, gift.GiftAnswer, _I, _UNASKABLE), codes=True)
GIFT_CARDS_STATUS: Final = _gift("status", "card_status", gift.GiftCardId, gift.GiftCardState, _I, _READ)


def _pin(name: str, path: str) -> Call[pin_pages.PinPageAnswer]:
    return Call(
        f"pins.{name}",
        f"/issuing/api/v1/card/{path}",
        asked.HeaderQuery,
        pin_pages.PinPageAnswer,
        _D,
        _READ,
        "docs.hashdt.com PIN",
        Section.HASHDT,
        method="GET",
        fixed_id=True,
    )


PINS_SET_URL: Final = _pin("set_url", "setpin")
PINS_RESET_URL: Final = _pin("reset_url", "resetpin")
PINS_CHANGE_URL: Final = _pin("change_url", "changepin")

TABLE: Final[tuple[Call[Any], ...]] = (
    CARDS_BULK_ISSUE,
    CARDS_ISSUE,
    CARDS_ISSUE_PLASTIC,
    CARDS_LINK,
    CARDS_ACTIVATE,
    CARDS_BLOCK,
    CARDS_UNBLOCK,
    CARDS_SET_PIN,
    CARDS_RESET_PIN_COUNTER,
    CARDS_CLOSE,
    CARDS_INFO,
    CARDS_BALANCE,
    CARDS_SECRET_DATA,
    CARDS_SECRET_DATA_V2,
    CARDS_STATEMENT,
    CARDS_STATEMENT_EXTENDED,
    CARDS_VALIDATE_CARDHOLDER,
    CLIENTS_CREATE,
    CLIENTS_UPDATE,
    CLIENTS_CARDS,
    REQUESTS_STATUS,
    TRANSACTIONS_CREATE,
    TRANSACTIONS_CLEAR,
    TRANSACTIONS_REFUND,
    TRANSACTIONS_INFO,
    LIMITS_SET,
    LIMITS_LIST,
    GIFT_CARDS_PRODUCTS,
    GIFT_CARDS_ISSUE,
    GIFT_CARDS_CONFIRM,
    GIFT_CARDS_RESEND,
    GIFT_CARDS_RESEND_CODE,
    GIFT_CARDS_STATUS,
)
HASHDT_TABLE: Final[tuple[Call[Any], ...]] = (PINS_SET_URL, PINS_RESET_URL, PINS_CHANGE_URL)
