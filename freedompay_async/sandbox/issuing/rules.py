"""Which calls there are, of what kind each is, and which body it takes.

The vendor's pages show some paths and fields and leave others open; those are filled in after the nearest one that is shown.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from freedompay_async.sandbox.issuing import shapes

__all__ = [
    "STATUS",
    "VALIDATE",
    "Refused",
    "call_of",
    "calls",
    "has_own_id",
    "is_effect",
    "is_gift",
    "of_gift_cards",
    "read",
    "read_order",
]

T = TypeVar("T")
STATUS: Final = "request/status"
VALIDATE: Final = "external/cardholder_validate"

_SECTION: Final = "/v5/"
_CARDS: Final = "/v5/card-api/"
# The vendor's page of this call prints a path of its own in its example.
_OTHER_PATHS: Final = {"/v5/partner/external/cardholder_validate": VALIDATE}

_EFFECTS: Final[dict[str, type[Struct]]] = {
    "client/add": shapes.AddClient,
    "client/update": shapes.UpdateClient,
    "card/issue": shapes.Issue,
    "card/issue_plastic": shapes.Issue,
    "card/bulk_issue": shapes.BulkIssue,
    "card/link": shapes.Link,
    "card/activate": shapes.CardAction,
    "card/block": shapes.CardReason,
    "card/unblock": shapes.CardReason,
    "card/close": shapes.CardReason,
    "card/reset_counter_pin": shapes.CardAction,
    "transaction/create": shapes.NewTransaction,
    "transaction/clearing": shapes.Clearing,
    "transaction/refund": shapes.Refund,
    "limits/set": shapes.SetLimits,
}
_AT_ONCE: Final[dict[str, type[Struct]]] = {
    STATUS: shapes.Ask,
    VALIDATE: shapes.Validate,
    "card/set_pin": shapes.SetPin,
    "card/info": shapes.CardAction,
    "card/balance": shapes.OneCard,
    "card/secret_data": shapes.OneCard,
    "card/secret_data_v2": shapes.OneCard,
    "card/statement": shapes.Statement,
    "card/statement_extended": shapes.Period,
    "client/cards": shapes.ListCards,
    "transaction/info": shapes.TransactionInfo,
    "limits/list": shapes.ListLimits,
}
_SHAPES: Final = _EFFECTS | _AT_ONCE
_GIFTS: Final = frozenset(
    {"cards/product_list", "cards/issue_card", "cards/activate_card", "cards/resend", "cards/resend_code", "cards/card_status"}
)


class Refused(Exception):
    """The issuer says no at once."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code: Final = code
        self.description: Final = description


def calls() -> frozenset[str]:
    """The calls that the issuer answers, such as `card/issue` and `cards/issue_card`."""
    return _GIFTS.union(_SHAPES)


def call_of(path: str) -> str | None:
    """The call of a whole path, `None` if there is none."""
    if path.startswith(_CARDS):
        call = path.removeprefix(_CARDS)
        return call if call in _SHAPES else None
    call = path.removeprefix(_SECTION)
    return call if path.startswith(_SECTION) and call in _GIFTS else _OTHER_PATHS.get(path)


def is_gift(call: str) -> bool:
    """Whether a call is of the gift-card section."""
    return call in _GIFTS


def of_gift_cards(path: str) -> bool:
    """Whether a whole path is of the gift-card section, be it a call's or not."""
    return path.startswith(f"{_SECTION}cards/")


def is_effect(call: str) -> bool:
    """Whether a call makes a request, of which `request/status` tells the outcome."""
    return call in _EFFECTS


def has_own_id(call: str) -> bool:
    """Whether a call's body has a `request_id` of its own, which it uses up."""
    return call in _SHAPES and issubclass(_SHAPES[call], shapes.Body)


def read(call: str, fields: dict[str, Any]) -> Struct:
    """The body of a call in its shape; raises `Refused`, whose description names the field."""
    return _convert(fields, _SHAPES[call])


def read_order(fields: dict[str, Any]) -> shapes.IssueToHolder:
    """The body of an order for a card that names no client; raises `Refused`."""
    return _convert(fields, shapes.IssueToHolder)


def _convert(fields: dict[str, Any], shape: type[T]) -> T:
    try:
        return msgspec.convert(fields, shape, dec_hook=_read_other)
    except msgspec.ValidationError as wrong:
        raise Refused("invalid_request", str(wrong)) from None


def _read_other(kind: type, given: object) -> object:
    if kind is shapes.Amount:
        return shapes.Amount.read(given)
    raise TypeError(f"{kind.__name__} is no field of a body")
