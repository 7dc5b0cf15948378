"""Describes the columns of a client file: what each holds, an example, and when it is needed."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from freedompay_async.batch.input.rows import REQUIRED, REQUIRED_1000

__all__ = ["ABOUT", "Column", "example_row"]


class Column(Struct, frozen=True):
    """A column. Its `example` is of an invented person."""

    name: str
    format: str
    example: str

    @property
    def needed(self) -> str:
        """`always`, `product 1000` or `optional`."""
        if self.name in REQUIRED:
            return "always"
        return "product 1000" if self.name in REQUIRED_1000 else "optional"


def _address(number: int, of: str, *examples: str) -> tuple[Column, ...]:
    formats = {
        "country": f"{of}: three capital letters (ISO 3166-1 alpha-3)",
        "postal_code": f"{of}: as text, with all of its zeros",
        "line1": f"{of}: city",
        "line2": f"{of}: street",
        "line3": f"{of}: building",
    }
    return tuple(
        Column(f"address{number}_{part}", text, example)
        for (part, text), example in zip(formats.items(), examples, strict=True)
    )


ABOUT: Final = (
    Column(
        "key", "your own name for the row, at most 200 characters; a key gets one card", "app-0001"
    ),
    Column("phone", "digits only, with the country code", "77017777777"),
    Column("first_name", "Latin letters, as in the passport", "AIGERIM"),
    Column("last_name", "Latin letters, as in the passport", "SERIKOVA"),
    Column("middle_name", "Latin letters, as in the passport", "MARATOVNA"),
    Column("birthdate", "YYYY-MM-DD, or a date of the spreadsheet", "1911-11-11"),
    Column("email", "an e-mail address", "name@example.com"),
    Column("country", "three capital letters (ISO 3166-1 alpha-3)", "KAZ"),
    # The check digit is right, so that a plan does not warn. Born in 1911, it is nobody's.
    Column(
        "person_id",
        "the personal number (IIN, PIN, PINFL) as text, with all of its zeros",
        "111111400005",
    ),
    Column("language", "two small letters (ISO 639-1)", "ru"),
    Column(
        "document",
        "the path of a PDF of at most 2 MB, from the folder of this file",
        "documents/id-1.pdf",
    ),
    Column("external_user_id", "your own id of the person", "user-0001"),
    Column("type", "1 individual (also if empty), 2 legal entity, 3 individual entrepreneur", "1"),
    Column("resident", "1 resident (also if empty), 2 non-resident", "1"),
    *_address(1, "registration", "KAZ", "050000", "Almaty", "Abay Avenue", "10"),
    *_address(2, "residence", "KAZ", "050000", "Almaty", "Abay Avenue", "10"),
    Column("branch_id", "your branch", "branch-1"),
    Column(
        "idn_date",
        "the day of the identification, YYYY-MM-DD; together with identified_by",
        "2025-01-31",
    ),
    Column("identified_by", "who identified the person; together with idn_date", "Dana Akhmetova"),
    Column(
        "product_id",
        "1000 Freedom Wallet, 2000 Instant, 3000 Electron; if empty, --product",
        "2000",
    ),
    Column(
        "card_product_id",
        "the card's product, from another list; if empty, --card-product or product_id",
        "17",
    ),
)
"""Every column, in the order of `column_checks.COLUMNS`."""


def example_row() -> dict[str, str]:
    """A row that a plan accepts. It has no document, which only product 1000 needs, and no card
    product, which only the bank can tell.
    """
    left_out = ("document", "card_product_id")
    return {column.name: "" if column.name in left_out else column.example for column in ABOUT}
