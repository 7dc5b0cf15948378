"""What the gift-card section sells, and what a card can be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

__all__ = ["PRODUCTS", "GiftStatus", "Product"]


class GiftStatus(IntEnum):
    """The section's `card_status`; 0, unknown, is that of a card made in bulk that nobody has issued."""

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
    1: Product(
        code=1,
        name="Подарочная карта 10 000 ₸",
        name_en="Gift card 10,000 KZT",
        currency="KZT",
        balance=10_000,
        image="https://sandbox.invalid/gift-cards/1.png",
    ),
    2: Product(
        code=2,
        name="Подарочная карта 100 $",
        name_en="Gift card 100 USD",
        currency="USD",
        balance=100,
        image="https://sandbox.invalid/gift-cards/2.png",
    ),
}
