"""The bodies of the gift-card calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freedompay_async.contract.models.gift_cards import GiftCardId, GiftConfirmation, GiftIssue
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from freedompay_async.redaction.secret import Otp

__all__ = ["digits", "gift_card_id", "gift_confirmation", "gift_issue"]


def gift_issue(
    cardholder_name: str,
    phone: int | str,
    product_code: int | str,
    card_id: int | str | None,
) -> GiftIssue:
    return GiftIssue(
        cardholder_name=cardholder_name,
        phone=digits("phone", phone),
        product_code=digits("product_code", product_code),
        card_id=None if card_id is None else digits("card_id", card_id),
    )


def gift_confirmation(otp: Otp, card_id: int | str | None) -> GiftConfirmation:
    return GiftConfirmation(
        otp=otp, card_id=None if card_id is None else digits("card_id", card_id)
    )


def gift_card_id(card_id: int | str) -> GiftCardId:
    return GiftCardId(card_id=digits("card_id", card_id))


def digits(name: str, value: int | str) -> int:
    """An integer to send. The vendor shows integers in one place and text in another."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigurationError(
            f"{name} is not a number: use an integer, or digits only. Nothing was sent."
        )
    return value
