"""The bodies of the payment-card section. A field that is `None` is left out of the body.

Where the vendor publishes no fields, these follow the most similar published call.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, Final

from msgspec import Struct
from msgspec.structs import force_setattr

from freedompay_async.contract.models.open import Fields
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Pin

__all__ = [
    "BodyWithId",
    "BulkIssue",
    "CardActivation",
    "CardId",
    "CardIntent",
    "CardIssue",
    "CardLink",
    "CardQuery",
    "CardholderQuery",
    "Clearing",
    "CustomBody",
    "CustomIntent",
    "HeaderQuery",
    "Limit",
    "LimitAmount",
    "LimitQuery",
    "LimitSetting",
    "LimitTarget",
    "PinSetting",
    "Refund",
    "StatementQuery",
    "StatusQuery",
    "TransactionCreation",
    "TransactionId",
    "money",
]

_TOO_MUCH: Final = 10**24
_AMOUNT: Final = re.compile(r"[0-9]{1,24}(?:\.[0-9]{1,6})?")


class BodyWithId(Struct, kw_only=True, omit_defaults=True):
    """A body with a request id of its own, which the session fills in."""

    CARDS: ClassVar[int | None] = None
    """How many cards each call of this kind orders, if it is always the same number."""

    request_id: str = ""

    @property
    def cards(self) -> int | None:
        """How many cards the call orders; `None`: none, or not known."""
        return self.CARDS

    @property
    def holder(self) -> str | None:
        """The client that the call orders a card for; `None`: none, or not known."""
        return None


class CardIssue(BodyWithId, kw_only=True, omit_defaults=True):
    """An order of a card. A draft page of the vendor has a `cardholder` object in place of
    `client_id` (freedompay.kz/fdss).
    """

    CARDS: ClassVar = 1

    client_id: str | None = None
    """`None` only if the contract leaves it out."""
    product_id: int
    """A card product. Their list differs from that of client products."""

    @property
    def holder(self) -> str | None:
        return None if self.client_id is None else str(self.client_id)


class BulkIssue(BodyWithId, kw_only=True, omit_defaults=True):
    product_id: int
    count: int

    @property
    def cards(self) -> int | None:
        return self.count


class CardLink(BodyWithId, kw_only=True, omit_defaults=True):
    client_id: str
    card_id: str


class CardActivation(BodyWithId, kw_only=True, omit_defaults=True):
    card_id: str


class CardIntent(BodyWithId, kw_only=True, omit_defaults=True):
    """A change of a card, and its reason."""

    card_id: str
    description: str


class CardQuery(BodyWithId, kw_only=True, omit_defaults=True):
    """A question about a card whose body has a request id."""

    card_id: str


class CardId(Struct, kw_only=True, frozen=True):
    card_id: str


class PinSetting(Struct, kw_only=True, frozen=True, omit_defaults=True):
    card_id: str
    pin: Pin | None = None
    """The encrypted PIN. Left out, the issuer makes one."""


class StatementQuery(Struct, kw_only=True, frozen=True, omit_defaults=True):
    card_id: str
    start_date: str | None = None
    end_date: str | None = None


class CardholderQuery(BodyWithId, kw_only=True, omit_defaults=True):
    user_phone: str
    first_name: str
    last_name: str
    card_token: str


class TransactionCreation(BodyWithId, kw_only=True, omit_defaults=True):
    order_id: str
    card_id: str
    amount: Decimal
    currency: str
    description: str | None = None


class Clearing(BodyWithId, kw_only=True, omit_defaults=True):
    order_id: str
    transaction_id: str
    amount: Decimal | None = None


class Refund(BodyWithId, kw_only=True, omit_defaults=True):
    order_id: str
    transaction_id: str
    description: str | None = None
    amount: Decimal | None = None


class TransactionId(Struct, kw_only=True, frozen=True):
    transaction_id: str


class LimitTarget(Struct, kw_only=True, frozen=True):
    """What a limit is set on (docs.freedompay.kz, api-18613819)."""

    type: str
    """`card`, `account` or `client` (`LimitObject`)."""
    value: str
    """The id of that card, account or client."""


class LimitAmount(Struct, kw_only=True, frozen=True):
    """An amount of a limit (docs.freedompay.kz, api-18613819)."""

    type: str
    value: str | Decimal | int
    """In whole units of the currency. It is sent as a string."""
    currency: str
    """ISO 4217 alpha-3."""

    def __post_init__(self) -> None:
        force_setattr(self, "value", str(money(self.value)))


class Limit(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A limit (docs.freedompay.kz, api-18613819)."""

    transaction_type: str
    """The vendor's page shows those of `LimitTransaction`."""
    amount: Sequence[LimitAmount]
    region: str | None = None
    period: str | None = None
    """The vendor's page shows those of `LimitPeriod`."""


class LimitSetting(BodyWithId, kw_only=True, omit_defaults=True):
    object: LimitTarget
    limits: Sequence[Limit]


class LimitQuery(BodyWithId, kw_only=True, omit_defaults=True):
    object: LimitTarget


class CustomBody(Struct, kw_only=True, frozen=True):
    """A body of the caller's own fields."""

    fields: Fields


class CustomIntent(BodyWithId, kw_only=True):
    """A body of the caller's own fields, with the request id that the session fills in."""

    fields: Fields


class HeaderQuery(Struct, kw_only=True, frozen=True):
    """A question that has headers and no body."""

    headers: Fields


class StatusQuery(Struct, kw_only=True, frozen=True):
    """A question about a request: `request_id` is the id of that request."""

    request_id: str


def money(amount: object) -> Decimal:
    """An exact amount in whole units of its currency.

    Raises:
        ConfigurationError: it is a float, which can't hold most amounts, or no number.
    """
    if isinstance(amount, float | bool) or not isinstance(amount, Decimal | int | str):
        raise ConfigurationError(
            f"an amount is a {type(amount).__name__}: use Decimal, int or text, such as '12.10'. "
            "Nothing was sent."
        )
    # A huge number is not converted to text, which could take all memory.
    huge = (
        abs(amount) >= _TOO_MUCH
        if isinstance(amount, int)
        else isinstance(amount, Decimal) and not _bounded(amount)
    )
    text = "" if huge else format(amount, "f") if isinstance(amount, Decimal) else str(amount)
    # No currency has more than six places, and `Decimal` writes no more without an exponent.
    if not _AMOUNT.fullmatch(text):
        raise ConfigurationError(
            "an amount must be a number of at most 24 digits and 6 decimal places, 0 or more. "
            "Nothing was sent."
        )
    return Decimal(text)


def _bounded(amount: Decimal) -> bool:
    return (
        amount.is_finite() and -30 < amount.adjusted() < 30 and len(amount.as_tuple().digits) < 60
    )
