"""One row of a client file: a client to send, or everything that is wrong with it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from freedompay_async.batch.input.spoilt import FIRST, spoilt
from freedompay_async.contract.models.client_requests import Address, IdentificationInfo, NewClient
from freedompay_async.contract.person import (
    WHOLE_PHONE,
    country_flaw,
    date_flaw,
    email_flaw,
    language_flaw,
    name_flaw,
    national_flaw,
    phone_flaw,
    unseen_flaw,
)
from freedompay_async.contract.request_ids import BadName, one_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

__all__ = [
    "COLUMNS",
    "PRODUCTS",
    "REQUIRED",
    "REQUIRED_1000",
    "Problem",
    "Row",
    "cell",
    "nearest",
    "read_row",
    "shown",
]

_ADDRESS1: Final = (
    "address1_country",
    "address1_postal_code",
    "address1_line1",
    "address1_line2",
    "address1_line3",
)
_ADDRESS2: Final = (
    "address2_country",
    "address2_postal_code",
    "address2_line1",
    "address2_line2",
    "address2_line3",
)

REQUIRED: Final = ("key", "phone", "first_name", "last_name")
"""Needed in every row."""
REQUIRED_1000: Final = ("country", "person_id", "document", *_ADDRESS1, *_ADDRESS2)
"""Needed besides `REQUIRED` where the product is 1000."""

_SHOWN: Final = 40
PRODUCTS: Final = {"1000": 1000, "2000": 2000, "3000": 3000}
"""As written in a file, of the vendor's dictionary (docs.freedompay.kz, doc-850764)."""
_TYPES: Final = {"1": 1, "2": 2, "3": 3}
_RESIDENTS: Final = {"1": 1, "2": 2}

# Excel writes 7.7E+10, other programs 7.7e10. Without plus sign and point it could be a real
# identifier, such as the hexadecimal 12e45.
_SPREADSHEET: Final = re.compile(
    r"[0-9]([.,][0-9]+)?[Ee]\+[0-9]{2,3}|[0-9][.,][0-9]+[Ee][0-9]{1,3}"
)
_SHORTENED: Final = (
    "was shortened by a spreadsheet, and digits of it are lost: format the column as text and "
    "write the whole value"
)
# Card products are a list of the vendor's that could not be read, so any number is taken.
_CARD_PRODUCT: Final = re.compile(r"[1-9][0-9]{0,17}")
# Half of a surrogate pair can't be sent as UTF-8; JSON can spell one.
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


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
        check = _CHECKS.get(column)
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
        problems += _half_address(line, _ADDRESS1, given)
        problems += _half_address(line, _ADDRESS2, given)
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
            type=_TYPES[get("type", "1")],
            resident=_RESIDENTS[get("resident", "1")],
            first_name=given["first_name"],
            last_name=given["last_name"],
            middle_name=get("middle_name"),
            birthdate=get("birthdate"),
            email=get("email"),
            country=get("country"),
            person_id=get("person_id"),
            language=get("language"),
            external_user_id=get("external_user_id"),
            address1=_address(_ADDRESS1, given),
            address2=_address(_ADDRESS2, given),
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


def shown(text: str) -> str:
    """The text in quotation marks for a message: at most 40 characters, nothing invisible."""
    visible = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: _SHOWN + 1])
    return f'"{visible}"' if len(visible) <= _SHOWN else f'"{visible[: _SHOWN - 1]}…"'


@lru_cache(maxsize=256)
def nearest(name: str) -> str:
    """The end of a message about an unknown column: the known one that it resembles, or nothing."""
    plain = re.sub(r"[\s-]+", "_", name[:_SHOWN].casefold())
    # Below 0.75 the likeness is by chance: `address1` to `address2_line1`.
    close = get_close_matches(plain, COLUMNS, 1, 0.75)
    return f": did you mean {close[0]}?" if close else ""


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


def _person_id(text: str) -> str | None:
    """The one check whose message never has the value."""
    return _SHORTENED if _SPREADSHEET.fullmatch(text) else unseen_flaw(text)


def _code(text: str) -> str | None:
    flaw = _person_id(text)
    return None if flaw is None else f"{shown(text)} {flaw}"


def _key(text: str) -> str | None:
    try:
        name = one_name("key", text)
    except BadName as error:
        return f"{shown(text)} {error}"
    return f"{shown(name)} {_SHORTENED}" if _SPREADSHEET.fullmatch(name) else None


def _prose(text: str) -> str | None:
    """Text in which a line break or a no-break space is harmless."""
    if text.isprintable():
        return None
    bad = _NOT_TEXT.search(text)
    return (
        f"{shown(text)} has a character that is not text (U+{ord(bad[0]):04X}): delete it"
        if bad
        else None
    )


def _phone(text: str) -> str | None:
    flaw = phone_flaw(text.removeprefix("+"))
    if flaw is None:
        return None
    if _SPREADSHEET.fullmatch(text):
        return (
            f"{shown(text)} was shortened by a spreadsheet: format the column as text and "
            f"{WHOLE_PHONE}"
        )
    return f"{shown(text)} {flaw}"


def _card_product(text: str) -> str | None:
    return (
        None
        if _CARD_PRODUCT.fullmatch(text)
        else f"{shown(text)} is not a card product: write its number, such as 2000"
    )


def _of(flaw: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """The message of a rule that is not of files alone."""

    def check(text: str) -> str | None:
        found = flaw(text)
        return None if found is None else f"{shown(text)} {found}"

    return check


def _one_of(values: Mapping[str, int], how: str) -> Callable[[str], str | None]:
    return lambda text: None if text in values else f"{shown(text)} is not allowed: write {how}"


_country: Final = _of(country_flaw)
_CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
    "key": _key,
    "phone": _phone,
    "first_name": _of(name_flaw),
    "last_name": _of(name_flaw),
    "middle_name": _of(name_flaw),
    "birthdate": _of(date_flaw),
    "email": _of(email_flaw),
    "country": _country,
    "person_id": _person_id,
    "language": _of(language_flaw),
    "document": _code,
    "external_user_id": _code,
    "type": _one_of(_TYPES, "1 (individual), 2 (legal entity) or 3 (individual entrepreneur)"),
    "resident": _one_of(_RESIDENTS, "1 (resident) or 2 (non-resident)"),
    **dict(zip(_ADDRESS1, (_country, _prose, _prose, _prose, _prose), strict=True)),
    **dict(zip(_ADDRESS2, (_country, _prose, _prose, _prose, _prose), strict=True)),
    "branch_id": _code,
    "idn_date": _of(date_flaw),
    "identified_by": _prose,
    "product_id": _one_of(PRODUCTS, "1000, 2000 or 3000"),
    "card_product_id": _card_product,
}

COLUMNS: Final = tuple(_CHECKS)
"""Every column that a file may have."""
