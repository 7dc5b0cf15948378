"""The table of calls. A new call costs one row here and one thin method."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from freedompay_async.contract.calls import Call, Mark, Retry, Section
from freedompay_async.contract.models import gift_cards as gift
from freedompay_async.contract.models import pin_pages, reads
from freedompay_async.contract.models import requests as asked
from freedompay_async.contract.models.answers import Answer, RequestState
from freedompay_async.contract.models.client_requests import ClientCreation, ClientId, ClientUpdate
from freedompay_async.contract.models.results import (
    Completed,
    CreatedClient,
    CreatedTransaction,
    IssuedCards,
)

if TYPE_CHECKING:
    from msgspec import Struct

__all__ = ["HASHDT_TABLE", "TABLE"]

R = TypeVar("R")
_CARD_API: Final = "/v5/card-api/"
_GIFT: Final = "/v5/cards/"
_KZ: Final = "docs.freedompay.kz"
_MONEY: Final = "freedompay.money/docs-en/cards-api"
_D, _P, _I = Mark.DOCUMENTED, Mark.PARTIAL, Mark.INFERRED
_READ, _ASKABLE, _UNASKABLE = Retry.READ, Retry.ASKABLE, Retry.UNASKABLE


def _card(  # noqa: PLR0917 - a line of a table
    name: str,
    path: str,
    request: type[Struct],
    result: type[R],
    mark: Mark,
    retry: Retry,
    page: str,
) -> Call[R]:
    return Call(name, _CARD_API + path, request, result, mark, retry, f"{_KZ} {page}")


def _kz(call: Call[R]) -> Call[R]:
    return replace(call, kz_only=True)


def _gift(  # noqa: PLR0917 - a line of a table
    name: str,
    path: str,
    request: type[Struct],
    result: type[R],
    mark: Mark,
    retry: Retry,
    page: str = _MONEY,
) -> Call[R]:
    return Call(
        f"gift_cards.{name}", _GIFT + path, request, result, mark, retry, page, Section.GIFT_CARDS
    )


CARDS_BULK_ISSUE: Final = _card(
    "cards.bulk_issue",
    "card/bulk_issue",
    asked.BulkIssue,
    IssuedCards,
    _I,
    _ASKABLE,
    "menu: Bulk issue",
)
CARDS_ISSUE: Final = _card(
    "cards.issue", "card/issue", asked.CardIssue, IssuedCards, _P, _ASKABLE, "menu: Issue card"
)
CARDS_ISSUE_PLASTIC: Final = _card(
    "cards.issue_plastic",
    "card/issue_plastic",
    asked.CardIssue,
    IssuedCards,
    _I,
    _ASKABLE,
    "menu: Issue plastic card",
)
CARDS_LINK: Final = _kz(
    _card("cards.link", "card/link", asked.CardLink, Completed, _D, _ASKABLE, "api-12074684")
)
CARDS_ACTIVATE: Final = _card(
    "cards.activate",
    "card/activate",
    asked.CardActivation,
    Completed,
    _I,
    _ASKABLE,
    "menu: Activate card",
)
CARDS_BLOCK: Final = _card(
    "cards.block", "card/block", asked.CardIntent, Completed, _I, _ASKABLE, "menu: Block card"
)
CARDS_UNBLOCK: Final = _card(
    "cards.unblock", "card/unblock", asked.CardIntent, Completed, _D, _ASKABLE, "api-12074991"
)
CARDS_SET_PIN: Final = replace(
    _card(
        "cards.set_pin", "card/set_pin", asked.PinSetting, Answer, _D, _UNASKABLE, "api-12075062"
    ),
    codes=True,
)
CARDS_RESET_PIN_COUNTER: Final = _card(
    "cards.reset_pin_counter",
    "card/reset_counter_pin",
    asked.CardActivation,
    Completed,
    _D,
    _ASKABLE,
    "api-12075070",
)
CARDS_CLOSE: Final = _card(
    "cards.close", "card/close", asked.CardIntent, Completed, _D, _ASKABLE, "api-12075208"
)
CARDS_INFO: Final = _card(
    "cards.info", "card/info", asked.CardQuery, reads.CardInfo, _P, _READ, "menu: Card info"
)
CARDS_BALANCE: Final = _card(
    "cards.balance", "card/balance", asked.CardId, reads.CardBalance, _I, _READ, "menu: Balance"
)
CARDS_SECRET_DATA: Final = replace(
    _card(
        "cards.secret_data",
        "card/secret_data",
        asked.CardId,
        reads.CardSecrets,
        _I,
        _READ,
        "menu: Secret data",
    ),
    codes=True,
)
CARDS_SECRET_DATA_V2: Final = replace(
    _kz(
        _card(
            "cards.secret_data_v2",
            "card/secret_data_v2",
            asked.CardId,
            reads.CardSecrets,
            _I,
            _READ,
            "menu: Secret data (version 2)",
        )
    ),
    codes=True,
)
CARDS_STATEMENT: Final = _card(
    "cards.statement",
    "card/statement",
    asked.StatementQuery,
    reads.Statement,
    _D,
    _READ,
    "api-12075219",
)
CARDS_STATEMENT_EXTENDED: Final = _kz(
    _card(
        "cards.statement_extended",
        "card/statement_extended",
        asked.StatementQuery,
        reads.StatementExtended,
        _P,
        _READ,
        "api-14425115",
    )
)
CARDS_VALIDATE_CARDHOLDER: Final = _kz(
    _card(
        "cards.validate_cardholder",
        "external/cardholder_validate",
        asked.CardholderQuery,
        reads.CardValidation,
        _D,
        _READ,
        "api-17842385",
    )
)
CLIENTS_CREATE: Final = _card(
    "clients.create", "client/add", ClientCreation, CreatedClient, _D, _ASKABLE, "api-12074751"
)
CLIENTS_UPDATE: Final = _card(
    "clients.update", "client/update", ClientUpdate, Completed, _D, _ASKABLE, "api-12074967"
)
CLIENTS_CARDS: Final = _card(
    "clients.cards", "client/cards", ClientId, reads.ClientCards, _I, _READ, "menu: Cards' list"
)
REQUESTS_STATUS: Final = Call(
    "requests.status",
    f"{_CARD_API}request/status",
    asked.StatusQuery,
    RequestState,
    _D,
    _READ,
    "docs.freedompay.kg api-13677899",
)
TRANSACTIONS_CREATE: Final = _kz(
    _card(
        "transactions.create",
        "transaction/create",
        asked.TransactionCreation,
        CreatedTransaction,
        _I,
        _ASKABLE,
        "menu: Create transaction",
    )
)
TRANSACTIONS_CLEAR: Final = _kz(
    _card(
        "transactions.clear",
        "transaction/clearing",
        asked.Clearing,
        Completed,
        _P,
        _ASKABLE,
        "api-14318358",
    )
)
TRANSACTIONS_REFUND: Final = _kz(
    _card(
        "transactions.refund",
        "transaction/refund",
        asked.Refund,
        Completed,
        _D,
        _ASKABLE,
        "api-14318477",
    )
)
TRANSACTIONS_INFO: Final = _kz(
    _card(
        "transactions.info",
        "transaction/info",
        asked.TransactionId,
        reads.TransactionInfo,
        _I,
        _READ,
        "menu: Transaction info",
    )
)
LIMITS_SET: Final = _kz(
    _card("limits.set", "limits/set", asked.LimitSetting, Completed, _P, _ASKABLE, "api-18613819")
)
LIMITS_LIST: Final = _kz(
    _card(
        "limits.list", "limits/list", asked.LimitQuery, reads.LimitList, _P, _READ, "api-18614458"
    )
)

GIFT_CARDS_PRODUCTS: Final = _gift(
    "products", "product_list", gift.GiftProductQuery, gift.GiftProducts, _P, _READ
)
# Each of the next four has a code sent to somebody, or takes one.
GIFT_CARDS_ISSUE: Final = replace(
    _gift("issue", "issue_card", gift.GiftIssue, gift.IssuedGiftCard, _P, _UNASKABLE),
    pays=True,
    codes=True,
)
GIFT_CARDS_CONFIRM: Final = replace(
    _gift(
        "confirm",
        "activate_card",
        gift.GiftConfirmation,
        gift.GiftCardState,
        _D,
        _UNASKABLE,
        f"{_KZ} api-12075782",
    ),
    safe_again=True,
    codes=True,
)
GIFT_CARDS_RESEND: Final = replace(
    _gift("resend", "resend", gift.GiftCardId, gift.IssuedGiftCard, _I, _UNASKABLE), codes=True
)
GIFT_CARDS_RESEND_CODE: Final = replace(
    _gift("resend_code", "resend_code", gift.GiftCardId, gift.GiftAnswer, _I, _UNASKABLE),
    codes=True,
)
GIFT_CARDS_STATUS: Final = _gift(
    "status", "card_status", gift.GiftCardId, gift.GiftCardState, _I, _READ
)


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

# All rows from above, so that a new row is written in one place.
_ROWS: Final = [row for row in list(globals().values()) if isinstance(row, Call)]
TABLE: Final[tuple[Call[Any], ...]] = tuple(
    row for row in _ROWS if row.section is not Section.HASHDT
)
HASHDT_TABLE: Final[tuple[Call[Any], ...]] = tuple(
    row for row in _ROWS if row.section is Section.HASHDT
)
