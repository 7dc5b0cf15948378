"""Checks the values of each column of a client file."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.input.quoting import shown
from freedompay_async.contract.person import (
    WHOLE_PHONE,
    country_flaw,
    date_flaw,
    email_flaw,
    language_flaw,
    name_flaw,
    phone_flaw,
    unseen_flaw,
)
from freedompay_async.contract.request_ids import BadName, one_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ADDRESS1",
    "ADDRESS2",
    "CHECKS",
    "COLUMNS",
    "PRODUCTS",
    "RESIDENTS",
    "TYPES",
    "did_you_mean",
    "nearest",
]

_LONGEST: Final = 40
ADDRESS1: Final = (
    "address1_country",
    "address1_postal_code",
    "address1_line1",
    "address1_line2",
    "address1_line3",
)
ADDRESS2: Final = (
    "address2_country",
    "address2_postal_code",
    "address2_line1",
    "address2_line2",
    "address2_line3",
)
PRODUCTS: Final = {"1000": 1000, "2000": 2000, "3000": 3000}
"""The products of clients, as a file writes them (docs.freedompay.kz, doc-850764)."""
TYPES: Final = {"1": 1, "2": 2, "3": 3}
RESIDENTS: Final = {"1": 1, "2": 2}
# Excel writes 7.7E+10, other programs 7.7e10. Without plus sign and point it may be a real
# identifier, such as the hexadecimal 12e45.
_SPREADSHEET: Final = re.compile(
    r"[0-9]([.,][0-9]+)?[Ee]\+[0-9]{2,3}|[0-9][.,][0-9]+[Ee][0-9]{1,3}"
)
_SHORTENED: Final = (
    "was shortened by a spreadsheet, and digits are lost: format the column as text and write the "
    "whole value"
)
# The vendor's list of card products is not public, so any number is accepted.
_CARD_PRODUCT: Final = re.compile(r"[1-9][0-9]{0,17}")
# It includes halves of surrogate pairs, which JSON can write and UTF-8 can't.
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _person_id(text: str) -> str | None:
    """The only check whose message does not show the value."""
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
    """A text in which line breaks and no-break spaces are harmless."""
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
    """A check with the message of a rule of `person.py`, which code uses too."""

    def check(text: str) -> str | None:
        found = flaw(text)
        return None if found is None else f"{shown(text)} {found}"

    return check


def _one_of(values: Mapping[str, int], how: str) -> Callable[[str], str | None]:
    return lambda text: None if text in values else f"{shown(text)} is not allowed: write {how}"


_country: Final = _of(country_flaw)
CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
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
    "type": _one_of(TYPES, "1 (individual), 2 (legal entity) or 3 (individual entrepreneur)"),
    "resident": _one_of(RESIDENTS, "1 (resident) or 2 (non-resident)"),
    **dict(zip(ADDRESS1, (_country, _prose, _prose, _prose, _prose), strict=True)),
    **dict(zip(ADDRESS2, (_country, _prose, _prose, _prose, _prose), strict=True)),
    "branch_id": _code,
    "idn_date": _of(date_flaw),
    "identified_by": _prose,
    "product_id": _one_of(PRODUCTS, "1000, 2000 or 3000"),
    "card_product_id": _card_product,
}

COLUMNS: Final = tuple(CHECKS)
"""Every column that a file may have."""


@lru_cache(maxsize=256)
def nearest(name: str) -> str | None:
    """The column that an unknown name resembles; `None`: there is none."""
    form = re.sub(r"[\s-]+", "_", name[:_LONGEST].casefold())
    # Below 0.75 the likeness is by chance, as of `address1` and `address2_line1`.
    return next(iter(get_close_matches(form, COLUMNS, 1, 0.75)), None)


def did_you_mean(name: str) -> str:
    """The end of a message about an unknown name: the column that it resembles, or nothing."""
    near = nearest(name)
    return f": did you mean {near}?" if near else ""
