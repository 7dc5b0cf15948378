"""The bodies of the gift-card section. It has integers for statuses, times in GMT+0 without an
offset, and no request id in any body.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import force_setattr

from freedompay_async.contract.models.answers import as_id
from freedompay_async.contract.models.dictionaries import GiftCardStatus, GiftStatus
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.redaction.secret import Otp

__all__ = [
    "GiftAnswer",
    "GiftCardId",
    "GiftCardState",
    "GiftConfirmation",
    "GiftIssue",
    "GiftProduct",
    "GiftProductQuery",
    "GiftProducts",
    "IssuedGiftCard",
]


class GiftAnswer(OpenStruct, kw_only=True, frozen=True):
    """The envelope of every gift-card answer (freedompay.money/docs-en/cards-api)."""

    EXPECTED: ClassVar = frozenset({"status", "datetime"})
    DECIDING: ClassVar = frozenset({"status", "card_id"})

    status: GiftStatus
    """0 is success."""
    datetime: str | None = None
    """`YYYY-MM-DD hh:mm:ss` in GMT+0, as it came."""
    request_id: str = ""
    """The client fills it in. It is sent only where the signature scheme has a header for it."""

    @property
    def time(self) -> dt.datetime | None:
        """`datetime` in UTC; `None` if it is absent or can't be read."""
        try:
            time = dt.datetime.fromisoformat(self.datetime or "")
        except ValueError:
            return None
        return time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)

    @property
    def accepted(self) -> bool | None:
        """Whether the call was done; `None`: the status is unknown."""
        return True if self.status == 0 else False if -11 <= self.status < 0 else None

    @property
    def contradiction(self) -> str | None:
        """None. A confirmation may say "activated already" beside the status of the card."""
        return None

    @property
    def refusal_code(self) -> str | None:
        """A negative `status`, as text."""
        return None if self.status >= 0 else str(self.status.value)

    @property
    def refusal_text(self) -> str | None:
        """The sentence of a negative `status`."""
        return None if self.status >= 0 else self.status.sentence


class GiftProduct(OpenStruct, kw_only=True, frozen=True):
    """A gift card that can be ordered."""

    code: int | str
    name: str | None = None
    name_en: str | None = None
    currency: str | None = None
    """ISO 4217 alpha-3."""
    balance: Decimal | None = None
    """In whole units of the currency."""
    image: str | None = None


class GiftProducts(GiftAnswer, kw_only=True, frozen=True):
    """The products of the merchant."""

    EXPECTED: ClassVar = frozenset({"status", "datetime", "product_list"})

    product_list: list[GiftProduct] | None = None

    @property
    def products(self) -> tuple[GiftProduct, ...]:
        return tuple(self.product_list or ())


class IssuedGiftCard(GiftAnswer, kw_only=True, frozen=True):
    """A gift card that was paid for. The code from the SMS confirms it."""

    EXPECTED: ClassVar = frozenset({"status", "datetime", "card_id"})

    card_id: int | str | None = None

    def __post_init__(self) -> None:
        # Nobody may take an empty id for an id.
        if as_id(self.card_id) is None and self.card_id is not None:
            force_setattr(self, "card_id", None)

    @property
    def contradiction(self) -> str | None:
        """On the vendor's pages no answer with a negative status names a card."""
        return (
            "a negative status, and it names a card"
            if self.status < 0 and self.card_id is not None
            else None
        )


class GiftCardState(GiftAnswer, kw_only=True, frozen=True):
    """The state of a gift card (docs.freedompay.kz, api-12075782)."""

    EXPECTED: ClassVar = frozenset(
        {"status", "datetime", "card_status", "card_currency", "card_balance", "card_mask"}
    )

    card_status: GiftCardStatus | None = None
    """In the vendor's example it is 1, issued, after a confirmation: do not wait for 2."""
    card_currency: str | None = None
    """ISO 4217 alpha-3."""
    card_balance: Decimal | None = None
    """In whole units of the currency."""
    card_mask: str | None = None
    """Such as `1234********5678`."""


class GiftProductQuery(Struct, kw_only=True, frozen=True):
    """The empty body that asks for the products."""


class GiftIssue(Struct, kw_only=True, frozen=True, omit_defaults=True):
    cardholder_name: str
    phone: int
    product_code: int
    card_id: int | None = None
    """The id of a card that was made in bulk."""


class GiftConfirmation(Struct, kw_only=True, frozen=True, omit_defaults=True):
    otp: Otp
    card_id: int | None = None


class GiftCardId(Struct, kw_only=True, frozen=True):
    card_id: int
