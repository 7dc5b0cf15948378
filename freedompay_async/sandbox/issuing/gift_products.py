"""The products of the gift-card section, and the states of a card."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

__all__ = ["PRODUCTS", "GiftStatus", "Product"]


class GiftStatus(IntEnum):
    """The section's `card_status`; a card made in bulk has 0, unknown, until it is issued."""

    UNKNOWN = 0
    ISSUED = 1
    ACTIVATED = 2
    CANCELLED = 3
    BLOCKED = 4
    EXPIRED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    code: int
    name: str
    name_en: str
    currency: str
    balance: int
    image: str


PRODUCTS: Final = {
    code: Product(
        code=code,
        name=name,
        name_en=name_en,
        currency=currency,
        balance=balance,
        image=f"https://sandbox.invalid/gift-cards/{code}.png",
    )
    for code, name, name_en, balance, currency in (
        (1, "Подарочная карта 10 000 ₸", "Gift card 10,000 KZT", 10_000, "KZT"),
        (2, "Подарочная карта 100 $", "Gift card 100 USD", 100, "USD"),
    )
}
