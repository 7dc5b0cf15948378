"""One row of a client file: a client to send, or everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from freedompay_async.batch.input.column_checks import (
    ADDRESS1,
    ADDRESS2,
    CHECKS,
    PRODUCTS,
    RESIDENTS,
    TYPES,
    nearest,
)
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.spoilt import FIRST, spoilt
from freedompay_async.contract.models.client_requests import Address, IdentificationInfo, NewClient
from freedompay_async.contract.person import (
    national_flaw,
)
from freedompay_async.contract.request_ids import one_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = [
    "REQUIRED",
    "REQUIRED_1000",
    "Problem",
    "Row",
    "cell",
    "read_row",
]


REQUIRED: Final = ("key", "phone", "first_name", "last_name")
"""Needed in every row."""
REQUIRED_1000: Final = ("country", "person_id", "document", *ADDRESS1, *ADDRESS2)
"""Needed besides `REQUIRED` where the product is 1000."""


class Problem(Struct, frozen=True):
    """What is wrong with one value, or with a whole row where `column` is `None`; `line` is where
    the row starts (from 1).

    Line 0 is the file as a whole.
    """

    line: int
    column: str | None
    message: str

    def __str__(self) -> str:
        if not self.line:
            return self.message
        where = (
            f"line {self.line}"
            if self.column is None
            else f"line {self.line}, column {self.column}"
        )
        return f"{where}: {self.message}"


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row that can be sent."""

    line: int
    """Where the row starts, from 1; the header of a CSV file is line 1."""
    key: str
    """The user's own name for the row, in the one form that all its spellings have: see
    `ids.one_name`.
    """
    product_id: int
    """The client's product."""
    client: NewClient
    """Without its document, which is read only when it is sent."""
    document: str | None
    """The path of the PDF as the file has it: relative to the file's folder, or absolute."""
    identification_info: IdentificationInfo | None
    branch_id: str | None
    card_product_id: int | None = None
    """The card's product, which is of another list; `None`: that of the batch, or `product_id`."""


def read_row(
    line: int, fields: Mapping[str, object], *, product_id: int, today: date
) -> Row | list[Problem]:
    """Check one row and return it, or all of its problems.

    `fields` maps column names to text, numbers or `None`; `product_id` is for a row that names no
    product; a birthdate after `today` is a problem.
    """
    given: dict[str, str] = {}
    problems: list[Problem] = []
    latest = today.isoformat()
    for column, value in fields.items():
        # A cell of a CSV file, which a large file has many of, or anything that JSON has.
        text = value.strip() if type(value) is str else cell(value)
        if not text:
            continue
        given[column] = text
        check = CHECKS.get(column)
        if check is None:
            # The name comes out of the file, so it is shown like a value.
            problems.append(
                Problem(line, shown(column), f"there is no such column{nearest(column)}")
            )
            continue
        if (text[0] in FIRST or (text[-1] == "0" and not text.isdigit())) and (
            flaw := spoilt(column, text)
        ) is not None:
            problems.append(Problem(line, column, flaw))
            continue
        message = (
            check(text)
            if type(value) is str or _has_text(value)
            else "is neither text nor a number"
        )
        if message is None:
            if column != "birthdate" or text <= latest:
                continue
            message = f"{shown(text)} is in the future: check the year"
        problems.append(Problem(line, column, message))

    if (
        "person_id" in given
        and (flaw := national_flaw(given["person_id"], given.get("country"))) is not None
    ):
        problems.append(Problem(line, "person_id", flaw))
    product = PRODUCTS.get(given["product_id"]) if "product_id" in given else product_id
    problems += [
        Problem(line, column, "is empty: every row needs it")
        for column in REQUIRED
        if column not in given
    ]
    if product == 1000:
        problems += [
            Problem(line, column, "is empty: product 1000 needs it")
            for column in REQUIRED_1000
            if column not in given
        ]
    else:
        problems += _half_address(line, ADDRESS1, given)
        problems += _half_address(line, ADDRESS2, given)
    if ("idn_date" in given) != ("identified_by" in given):
        absent, present = (
            ("identified_by", "idn_date") if "idn_date" in given else ("idn_date", "identified_by")
        )
        problems.append(
            Problem(line, absent, f"is empty: give it together with {present}, or leave both empty")
        )
    if problems or product is None:
        return problems

    get = given.get
    return Row(
        line=line,
        key=one_name("key", given["key"]),
        product_id=product,
        client=NewClient(
            phone=int(given["phone"]),
            type=TYPES[get("type", "1")],
            resident=RESIDENTS[get("resident", "1")],
            first_name=given["first_name"],
            last_name=given["last_name"],
            middle_name=get("middle_name"),
            birthdate=get("birthdate"),
            email=get("email"),
            country=get("country"),
            person_id=get("person_id"),
            language=get("language"),
            external_user_id=get("external_user_id"),
            address1=_address(ADDRESS1, given),
            address2=_address(ADDRESS2, given),
        ),
        document=get("document"),
        identification_info=(
            IdentificationInfo(idn_date=given["idn_date"], identified_by=given["identified_by"])
            if "idn_date" in given
            else None
        ),
        branch_id=get("branch_id"),
        card_product_id=int(given["card_product_id"]) if "card_product_id" in given else None,
    )


def cell(value: object) -> str | None:
    """The text of one value without the spaces around it, `None` where there is none; of a value
    that has no text, its type.
    """
    if value is None:
        return None
    return str(value).strip() or None if _has_text(value) else type(value).__name__


def _half_address(line: int, columns: tuple[str, ...], given: Mapping[str, str]) -> list[Problem]:
    if given.keys().isdisjoint(columns):
        return []
    return [
        Problem(line, column, "is empty: an address has all five fields or none")
        for column in columns
        if column not in given
    ]


def _address(columns: tuple[str, ...], given: Mapping[str, str]) -> Address | None:
    if columns[0] not in given:
        return None
    country, postal_code, line1, line2, line3 = (given[column] for column in columns)
    return Address(
        country=country,
        postal_code=postal_code,
        address_line1=line1,
        address_line2=line2,
        address_line3=line3,
    )


def _has_text(value: object) -> bool:
    # `bool` is an `int`, and a key of "True" is a mistake.
    return isinstance(value, str) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    )
