"""The answers of the payment-card reads.

Where the vendor publishes no fields, these follow the most similar published call; each such class
says so. A field that comes under another name is in `extra`. Amounts are `Decimal`, in whole units
of their currency.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from freedompay_async.contract.models.answers import Answer, aware
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.redaction.secret import Cvv, Expiry, Pan

__all__ = [
    "Account",
    "Authorization",
    "CardBalance",
    "CardInfo",
    "CardSecrets",
    "CardSummary",
    "CardValidation",
    "ClientCards",
    "LimitList",
    "LimitState",
    "Movement",
    "Statement",
    "StatementCard",
    "StatementExtended",
    "TransactionInfo",
]

_ENVELOPE = frozenset({"status", "request_status", "dt"})


class CardInfo(Answer, kw_only=True, frozen=True):
    """A card (docs.freedompay.kz, "Card info"). The fields are inferred."""

    card_id: str | int | None = None
    client_id: str | int | None = None
    product_id: int | str | None = None
    """The list of card products is not public."""
    card_status: str | int | None = None
    """The dictionary of card statuses is not public."""
    card_mask: str | None = None
    expiry: str | None = None


class CardBalance(Answer, kw_only=True, frozen=True):
    """The balance of a card (docs.freedompay.kz, "Balance"). The fields are inferred."""

    amount: Decimal | None = None
    blocked_amount: Decimal | None = None
    currency: str | int | None = None
    """ISO 4217, letters or number."""


class CardSecrets(Answer, kw_only=True, frozen=True):
    """The number, expiry and CVV of a card (docs.freedompay.kz, "Secret data").

    The fields are inferred, and whether they come encrypted is not public. Every value is a
    `Secret`, those of `extra` too.
    """

    SECRET: ClassVar = True

    pan: Pan | None = None
    expiry: Expiry | None = None
    cvv: Cvv | None = None


class Movement(OpenStruct, kw_only=True, frozen=True):
    """A line of a statement (docs.freedompay.kz, api-12075219)."""

    type: str | int | None = None
    """The dictionary of operation types is not public."""
    amount: Decimal | None = None
    commission: Decimal | None = None
    currency: str | None = None
    """ISO 4217 alpha-3."""
    mcc: int | str | None = None
    datetime: str | None = None
    """As it came."""
    rrn: str | int | None = None
    merchant: dict[str, Any] | str | None = None

    @property
    def time(self) -> dt.datetime | None:
        """`datetime` with its offset; `None` if it is absent, can't be read, or has no offset."""
        return aware(self.datetime)


class Statement(Answer, kw_only=True, frozen=True):
    """The movements of a card (docs.freedompay.kz, api-12075219)."""

    EXPECTED: ClassVar = _ENVELOPE | {"operations"}

    operations: list[Movement] | None = None


class StatementCard(OpenStruct, kw_only=True, frozen=True):
    """The card of a statement."""

    card_id: str | int | None = None
    card_mask: str | None = None


class Account(OpenStruct, kw_only=True, frozen=True):
    """An account behind a card."""

    iban: str | None = None
    currency: str | None = None
    debit: Decimal | None = None
    credit: Decimal | None = None
    amount: Decimal | None = None
    blocked_amount: Decimal | None = None


class Authorization(OpenStruct, kw_only=True, frozen=True):
    """A payment that was authorised."""

    datetime: str | None = None
    type: str | int | None = None
    amount: Decimal | None = None
    commission: Decimal | None = None
    full_amount: Decimal | None = None
    cashback: Decimal | None = None
    currency: str | None = None
    iban: str | None = None
    merchant: dict[str, Any] | str | None = None
    additional_parameters: list[Any] | None = None

    @property
    def time(self) -> dt.datetime | None:
        """`datetime` with its offset; `None` if it is absent, can't be read, or has no offset."""
        return aware(self.datetime)


class StatementExtended(Answer, kw_only=True, frozen=True):
    """A statement with accounts and authorisations (docs.freedompay.kz, api-14425115).

    The shapes inside are published in part.
    """

    client_id: str | int | None = None
    card: StatementCard | None = None
    balances: list[Any] | dict[str, Any] | None = None
    accounts: list[Account] | None = None
    authorizations: list[Authorization] | None = None
    operations: list[Movement] | None = None


class CardValidation(Answer, kw_only=True, frozen=True):
    """How well a person fits a card (docs.freedompay.kz, api-17842385).

    It has no `request_status`.
    """

    EXPECTED: ClassVar = frozenset({"status", "score"})

    score: str | None = None
    """Per cent, such as `44.37%`."""
    fishy: int | None = None

    @property
    def share(self) -> Decimal | None:
        """`score` as a share, 0 to 1; `None` if it can't be read."""
        text = (self.score or "").strip().removesuffix("%")
        # `Decimal` reads more than scores.
        return (
            Decimal(text) / 100
            if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()
            else None
        )


class CardSummary(OpenStruct, kw_only=True, frozen=True):
    """A card of a client. All but `card_id` is inferred."""

    card_id: str | int
    card_mask: str | None = None
    card_status: str | int | None = None
    product_id: int | str | None = None


class ClientCards(Answer, kw_only=True, frozen=True):
    """The cards of a client (docs.freedompay.kz, "Cards' list"). The fields are inferred."""

    cards: list[CardSummary] | None = None

    @property
    def card_ids(self) -> tuple[str, ...]:
        return tuple(str(card.card_id) for card in self.cards or ())


class TransactionInfo(Answer, kw_only=True, frozen=True):
    """A transaction (docs.freedompay.kz, "Transaction info"). The fields are inferred."""

    transaction_id: str | int | None = None
    order_id: str | int | None = None
    card_id: str | int | None = None
    transaction_status: str | int | None = None
    amount: Decimal | None = None
    cleared_amount: Decimal | None = None
    refunded_amount: Decimal | None = None
    currency: str | int | None = None
    datetime: str | None = None


class LimitState(OpenStruct, kw_only=True, frozen=True):
    """A limit, and what is left of it. The vendor's page describes the fields; their names are
    inferred.
    """

    type: str | int | None = None
    period: str | int | None = None
    maximum: Decimal | None = None
    currency: str | int | None = None
    counter: Decimal | None = None
    remaining: Decimal | None = None


class LimitList(Answer, kw_only=True, frozen=True):
    """The limits of a card, an account or a client (docs.freedompay.kz, api-18614458)."""

    limits: list[LimitState] | None = None
