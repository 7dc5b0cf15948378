"""Reads one row of a client file: a client to send, or all of its problems."""

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
    did_you_mean,
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
"""Every row needs these."""
REQUIRED_1000: Final = ("country", "person_id", "document", *ADDRESS1, *ADDRESS2)
"""A row of product 1000 needs these too."""


class Problem(Struct, frozen=True):
    """What is wrong with one value, or with a whole row if `column` is `None`.

    `line` is the line where the row begins, from 1; line 0 means the whole file.
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
    """The line where the row begins, from 1. The header of a CSV file is line 1."""
    key: str
    """The user's own name for the row, in one form for all its spellings; see
    `request_ids.one_name`.
    """
    product_id: int
    """The client's product."""
    client: NewClient
    """The client without its document, which is read when it is sent."""
    document: str | None
    """The path of the PDF as the file has it: relative to the file's folder, or absolute."""
    identification_info: IdentificationInfo | None
    branch_id: str | None
    card_product_id: int | None = None
    """The product of the card, from another list; `None`: that of the batch, or `product_id`."""


def read_row(
    line: int, fields: Mapping[str, object], *, product_id: int, today: date
) -> Row | list[Problem]:
    """Check one row, and return it or all of its problems.

    Args:
        line: the line where the row begins.
        fields: text, numbers or `None`, by column.
        product_id: the product of a row that names none.
        today: a birthdate after it is a problem.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    latest = today.isoformat()
    for column, value in fields.items():
        # The common case is a cell of a CSV file; JSON may hold anything.
        text = value.strip() if type(value) is str else cell(value)
        if not text:
            continue
        values[column] = text
        check = CHECKS.get(column)
        if check is None:
            # The name comes from the file, so it is quoted like a value.
            problems.append(
                Problem(line, shown(column), f"there is no such column{did_you_mean(column)}")
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
        "person_id" in values
        and (flaw := national_flaw(values["person_id"], values.get("country"))) is not None
    ):
        problems.append(Problem(line, "person_id", flaw))
    product = PRODUCTS.get(values["product_id"]) if "product_id" in values else product_id
    problems += [
        Problem(line, column, "is empty: every row needs it")
        for column in REQUIRED
        if column not in values
    ]
    if product == 1000:
        problems += [
            Problem(line, column, "is empty: product 1000 needs it")
            for column in REQUIRED_1000
            if column not in values
        ]
    else:
        problems += _half_address(line, ADDRESS1, values)
        problems += _half_address(line, ADDRESS2, values)
    if ("idn_date" in values) != ("identified_by" in values):
        absent, present = (
            ("identified_by", "idn_date") if "idn_date" in values else ("idn_date", "identified_by")
        )
        problems.append(
            Problem(line, absent, f"is empty: give it together with {present}, or leave both empty")
        )
    if problems or product is None:
        return problems

    get = values.get
    return Row(
        line=line,
        key=one_name("key", values["key"]),
        product_id=product,
        client=NewClient(
            phone=int(values["phone"]),
            type=TYPES[get("type", "1")],
            resident=RESIDENTS[get("resident", "1")],
            first_name=values["first_name"],
            last_name=values["last_name"],
            middle_name=get("middle_name"),
            birthdate=get("birthdate"),
            email=get("email"),
            country=get("country"),
            person_id=get("person_id"),
            language=get("language"),
            external_user_id=get("external_user_id"),
            address1=_address(ADDRESS1, values),
            address2=_address(ADDRESS2, values),
        ),
        document=get("document"),
        identification_info=(
            IdentificationInfo(idn_date=values["idn_date"], identified_by=values["identified_by"])
            if "idn_date" in values
            else None
        ),
        branch_id=get("branch_id"),
        card_product_id=int(values["card_product_id"]) if "card_product_id" in values else None,
    )


def cell(value: object) -> str | None:
    """The text of a value without spaces around it, or `None` if it is empty. Of a value that is
    neither text nor a number, the name of its type.
    """
    if value is None:
        return None
    return str(value).strip() or None if _has_text(value) else type(value).__name__


def _half_address(line: int, columns: tuple[str, ...], values: Mapping[str, str]) -> list[Problem]:
    if values.keys().isdisjoint(columns):
        return []
    return [
        Problem(line, column, "is empty: an address has all five fields or none")
        for column in columns
        if column not in values
    ]


def _address(columns: tuple[str, ...], values: Mapping[str, str]) -> Address | None:
    if columns[0] not in values:
        return None
    country, postal_code, line1, line2, line3 = (values[column] for column in columns)
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
