"""Reads one row of a client file: a client to send, or all of its problems."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from freedompay_async.batch.input.column_checks import (
    ADDRESS1,
    ADDRESS2,
    CHECKS,
    PRODUCTS,
    RESIDENTS,
    TYPES,
    did_you_mean,
)
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.row_values import cell, has_text, is_day, misfit, text_of
from freedompay_async.batch.input.spoilt import FIRST, spoilt
from freedompay_async.contract.models.client_requests import Address, IdentificationInfo, NewClient
from freedompay_async.contract.person import national_flaw
from freedompay_async.contract.request_ids import one_name
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_type, refusal

__all__ = [
    "NO_LINE",
    "REQUIRED",
    "REQUIRED_1000",
    "Row",
    "check_product",
    "is_line",
    "read_row",
    "row_of",
]

REQUIRED: Final = ("key", "phone", "first_name", "last_name")
"""Every row needs these."""
REQUIRED_1000: Final = ("country", "person_id", "document", *ADDRESS1, *ADDRESS2)
"""A row of product 1000 needs these too."""


NO_LINE: Final = "no number of a line: give one from 1, or 0 where there is none"
_MOST_LINES: Final = 10**15


def _none() -> None:
    """The default of what a row may leave out.

    A journal has such values as null, and the hash of a plan depends on it; msgspec leaves out
    those that are the plain default of their field.
    """


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row that can be sent."""

    line: int = 0
    """The line where the row begins, from 1. The header of a CSV file is line 1. A plan gives a row
    without one its place among the rows, from 1.
    """
    key: str
    """The user's own name for the row, in one form for all its spellings; see
    `request_ids.one_name`.
    """
    product_id: int
    """The client's product."""
    client: NewClient
    """The client without its document, which is read when it is sent."""
    document: str | None = field(default_factory=_none)
    """The path of the PDF: absolute, or relative to the working folder."""
    identification_info: IdentificationInfo | None = field(default_factory=_none)
    branch_id: str | None = field(default_factory=_none)
    card_product_id: int | None = None
    """The product of the card, from another list; `None`: that of the batch, or `product_id`."""


def read_row(
    fields: Mapping[str, object], *, product_id: int, line: int = 0, today: date | None = None
) -> Row | list[Problem]:
    """Make a row of its values, or a list of all its problems; `Batch.plan` takes both.

    Args:
        fields: text, numbers or `None`, by column; dates too, for columns that hold one. A document
            is a path, absolute or relative to the working folder.
        product_id: the product of a row that names none: 1000, 2000 or 3000.
        line: the line where the row begins; 0: it has none, and problems say its key.
        today: a birthdate after it is a problem; by default the local date.

    Raises:
        ConfigurationError: an argument is of a wrong type, or the product is another.
    """
    check_type("fields", fields, Mapping, "the values by column, such as dict(row)")
    check_product(product_id)
    _check_line(line)
    if today is not None:
        check_type("today", today, date, "a date")
    day = today or datetime.now(UTC).astimezone().date()
    row = row_of(line, fields, product_id=product_id, today=day)
    if line or isinstance(row, Row):
        return row
    key = fields.get("key")
    name = cell(key) if has_text(key) else None
    return [replace(each, key=name) for each in row]


def check_product(product_id: object) -> None:
    """Raise `ConfigurationError` for what is no product of a client."""
    if not isinstance(product_id, int) or isinstance(product_id, bool):
        raise refusal("product_id", product_id, "a whole number (int), such as 2000")
    if product_id not in PRODUCTS.values():
        raise ConfigurationError(
            f"product {product_id} is not one of {', '.join(map(str, PRODUCTS))}. Nothing was sent."
        )


def is_line(line: object) -> bool:
    """Whether it is the number of a line, or 0."""
    return isinstance(line, int) and not isinstance(line, bool) and 0 <= line <= _MOST_LINES


def _check_line(line: object) -> None:
    if not isinstance(line, int) or isinstance(line, bool):
        raise refusal("line", line, "a whole number (int)")
    if not is_line(line):
        raise ConfigurationError(f"line is {NO_LINE}. Nothing was sent.")


def row_of(
    line: int, fields: Mapping[str, object], *, product_id: int, today: date
) -> Row | list[Problem]:
    """As `read_row`, with arguments that are checked."""
    values: dict[str, str] = {}
    problems: list[Problem] = []
    latest = today.isoformat()
    for column, value in fields.items():
        # The common case is a cell of a CSV file; JSON may hold anything.
        text = value.strip() if type(value) is str else text_of(column, value)
        if not text:
            continue
        values[column] = text
        check = CHECKS.get(column)
        if check is None:
            # The name comes from outside, so it is quoted like a value.
            name = str(column)
            problems.append(
                Problem(line, shown(name), f"there is no such column{did_you_mean(name)}")
            )
            continue
        if (text[0] in FIRST or (text[-1] == "0" and not text.isdigit())) and (
            flaw := spoilt(column, text)
        ) is not None:
            problems.append(Problem(line, column, flaw))
            continue
        message = (
            check(text)
            if type(value) is str or has_text(value) or is_day(column, value)
            else misfit(value)
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
