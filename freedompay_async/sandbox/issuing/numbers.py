"""The numbers on a card. They are never kept: they are made from the card's id, so that they are
the same in every run.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import Final

__all__ = ["Printed", "checked", "digits", "iban", "mask", "money", "number", "printed"]

# 4000 00 is a range of test numbers that no bank issues.
_RANGE: Final = "400000"
_YEARS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A card's number, `MM/YY` and the code on its back."""

    pan: str
    expiry: str
    cvv: str

    @property
    def mask(self) -> str:
        return mask(self.pan)


def digits(count: int, *parts: object) -> str:
    """Digits that depend only on the parts."""
    return str(
        int.from_bytes(blake2b(repr(parts).encode(), digest_size=16).digest()) % 10**count
    ).zfill(count)


def checked(start: str) -> str:
    """The digits with their check digit by Luhn's rule."""
    total = 0
    for place, digit in enumerate(reversed(start)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return start + str(-total % 10)


def number(*parts: object) -> str:
    """A card number of a test range."""
    return checked(_RANGE + digits(9, "pan", *parts))


def mask(pan: str) -> str:
    """A number as the vendor shows it: `1234********5678`."""
    return f"{pan[:4]}********{pan[-4:]}"


def printed(card_id: str, *, made_at: str) -> Printed:
    """A card's face; `made_at` is RFC 3339."""
    year = (int(made_at[:4]) + _YEARS) % 100
    return Printed(
        pan=number(card_id), expiry=f"{made_at[5:7]}/{year:02}", cvv=digits(3, "cvv", card_id)
    )


def iban(card_id: str) -> str:
    """The number of a card's account, with right check digits; no bank has this number."""
    account = "999" + digits(13, "iban", card_id)
    # K and Z count as 20 and 35 behind the account (ISO 13616).
    return f"KZ{98 - int(account + '203500') % 97:02}{account}"


def money(minor: int) -> Decimal:
    """Minor units as an amount with two decimals."""
    return Decimal(minor).scaleb(-2)
