"""The calls: kind, body and function of each, in one line.

The vendor's pages leave some paths and fields open. Those follow the nearest published ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from freedompay_async.sandbox.issuing import (
    cards,
    clients,
    gift_cards,
    limits,
    pins,
    shapes,
    statements,
    transactions,
)
from freedompay_async.sandbox.issuing.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.sandbox.issuing.books import Books
    from freedompay_async.sandbox.issuing.requests import RequestEnd

__all__ = [
    "STATUS",
    "VALIDATE",
    "answer_of",
    "call_of",
    "calls",
    "has_own_id",
    "is_effect",
    "is_gift",
    "of_gift_cards",
    "read",
    "read_order",
    "work_of",
]

T = TypeVar("T")
STATUS: Final = "request/status"
VALIDATE: Final = "external/cardholder_validate"

_SECTION: Final = "/v5/"
_CARDS: Final = "/v5/card-api/"
# The vendor's page of this call prints a path of its own in its example.
_OTHER_PATHS: Final = {"/v5/partner/external/cardholder_validate": VALIDATE}


class _Effect(NamedTuple):
    """A call that makes a request: its body, and the function that changes the books."""

    shape: type[Struct]
    work: Callable[[Books, Any], RequestEnd]


class _AtOnce(NamedTuple):
    """A call that makes no request: its body, and the function that gives its answer."""

    shape: type[Struct]
    work: Callable[[Books, Any], dict[str, Any]]


_EFFECTS: Final[dict[str, _Effect]] = {
    "client/add": _Effect(shapes.AddClient, clients.add),
    "client/update": _Effect(shapes.UpdateClient, clients.update),
    "card/issue": _Effect(shapes.Issue, cards.issue),
    "card/issue_plastic": _Effect(shapes.Issue, cards.issue),
    "card/bulk_issue": _Effect(shapes.BulkIssue, cards.bulk_issue),
    "card/link": _Effect(shapes.Link, cards.link),
    "card/activate": _Effect(shapes.CardAction, cards.activate),
    "card/block": _Effect(shapes.CardReason, cards.block),
    "card/unblock": _Effect(shapes.CardReason, cards.unblock),
    "card/close": _Effect(shapes.CardReason, cards.close),
    "card/reset_counter_pin": _Effect(shapes.CardAction, pins.reset_counter),
    "transaction/create": _Effect(shapes.NewTransaction, transactions.create),
    "transaction/clearing": _Effect(shapes.Clearing, transactions.clear),
    "transaction/refund": _Effect(shapes.Refund, transactions.refund),
    "limits/set": _Effect(shapes.SetLimits, limits.set_limits),
}
_AT_ONCE: Final[dict[str, _AtOnce]] = {
    VALIDATE: _AtOnce(shapes.Validate, clients.validate),
    "card/set_pin": _AtOnce(shapes.SetPin, pins.set_encrypted),
    "card/info": _AtOnce(shapes.CardAction, cards.info),
    "card/balance": _AtOnce(shapes.OneCard, cards.balance),
    "card/secret_data": _AtOnce(shapes.OneCard, cards.secret_data),
    "card/secret_data_v2": _AtOnce(shapes.OneCard, cards.secret_data),
    "card/statement": _AtOnce(shapes.Statement, statements.statement),
    "card/statement_extended": _AtOnce(shapes.Period, statements.extended),
    "client/cards": _AtOnce(shapes.ListCards, cards.of_client),
    "transaction/info": _AtOnce(shapes.TransactionInfo, transactions.info),
    "limits/list": _AtOnce(shapes.ListLimits, limits.list_limits),
}
_SHAPES: Final[dict[str, type[Struct]]] = {
    STATUS: shapes.Ask,
    **{call: each.shape for call, each in _EFFECTS.items()},
    **{call: each.shape for call, each in _AT_ONCE.items()},
}
_GIFTS: Final = gift_cards.CALLS


def calls() -> frozenset[str]:
    """The calls that the issuer answers, such as `card/issue` and `cards/issue_card`."""
    return _GIFTS.union(_SHAPES)


def call_of(path: str) -> str | None:
    """The call of a whole path; `None` if there is none."""
    if path.startswith(_CARDS):
        call = path.removeprefix(_CARDS)
        return call if call in _SHAPES else None
    call = path.removeprefix(_SECTION)
    return call if path.startswith(_SECTION) and call in _GIFTS else _OTHER_PATHS.get(path)


def is_gift(call: str) -> bool:
    """Whether a call is of the gift-card section."""
    return call in _GIFTS


def of_gift_cards(path: str) -> bool:
    """Whether a whole path is of the gift-card section; it may be of no call."""
    return path.startswith(f"{_SECTION}cards/")


def is_effect(call: str) -> bool:
    """Whether a call makes a request, whose outcome `request/status` shows."""
    return call in _EFFECTS


def has_own_id(call: str) -> bool:
    """Whether a call's body has a `request_id` of its own, which can be used once."""
    return call in _SHAPES and issubclass(_SHAPES[call], shapes.Body)


def work_of(call: str) -> Callable[[Books, Any], RequestEnd]:
    """The function of an effect; it takes the body from `read`."""
    return _EFFECTS[call].work


def answer_of(call: str) -> Callable[[Books, Any], dict[str, Any]]:
    """The function of a call without a request, except `request/status`; it takes the body from
    `read`.
    """
    return _AT_ONCE[call].work


def read(call: str, fields: dict[str, Any]) -> Struct:
    """The body of a call as a struct; raises `Refused`, whose description names the field."""
    return _convert(fields, _SHAPES[call])


def read_order(fields: dict[str, Any]) -> shapes.IssueToHolder:
    """The body of an order for a card without a client; raises `Refused`."""
    return _convert(fields, shapes.IssueToHolder)


def _convert(fields: dict[str, Any], shape: type[T]) -> T:
    try:
        return msgspec.convert(fields, shape, dec_hook=_read_other)
    except msgspec.ValidationError as wrong:
        raise Refused("invalid_request", str(wrong)) from None


def _read_other(kind: type, value: object) -> object:
    if kind is shapes.Amount:
        return shapes.Amount.read(value)
    raise TypeError(f"{kind.__name__} is no field of a body")
