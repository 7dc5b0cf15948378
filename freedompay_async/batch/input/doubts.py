"""Finds values of a row that are doubtful. They are warnings, and stop nothing. Pure."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.input.quoting import shown
from freedompay_async.contract.person import iin_is_of, iin_is_right, is_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freedompay_async.batch.input.rows import Row
    from freedompay_async.contract.models.client_requests import Address, NewClient

__all__ = ["Kind", "doubts", "needs_no_look"]

# Programs write these for an empty value, but they may be names: there are people called Null.
_NOTHING: Final = frozenset({"NA", "NAN", "NONE", "NULL"})
_IIN: Final = 12
# Digits of a company's kind, where the number of a person has the day of birth.
_OF_A_FIRM: Final = frozenset("456789")
_BORN_SINCE_2000: Final = re.compile(r"0[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[56]")
_LETTER_AMONG_DIGITS: Final = re.compile(r"[0-9]+[^\W\d_][0-9]+")
# The number of digits of personal numbers in other countries of the vendor. Those of Kazakhstan
# have a check digit too.
_PERSON_IDS: Final = {"KGZ": ("Kyrgyzstan", 14), "UZB": ("Uzbekistan", 14)}
_POSTAL_CODES: Final = {"KAZ": "Kazakhstan", "KGZ": "Kyrgyzstan", "UZB": "Uzbekistan"}
_POSTAL_DIGITS: Final = 6
# The new form in Kazakhstan, such as A15E3H4.
_POSTAL_NEW: Final = re.compile(r"[A-Z][0-9]{2}[A-Z][0-9][A-Z][0-9]")
_ZEROS: Final = "a spreadsheet drops zeros at the beginning, so look whether some are lost"


class Kind(Enum):
    """The kinds of warnings, with their words for one and for several."""

    KEY = ("key has a word of mixed scripts", "keys have a word of mixed scripts")
    NAME = (
        "name may be what a program writes for nothing",
        "names may be what a program writes for nothing",
    )
    PERSON_ID = ("personal number is doubtful", "personal numbers are doubtful")
    BIRTHDATE = (
        "birthdate is not that of the personal number",
        "birthdates are not those of the personal numbers",
    )
    POSTAL_CODE = ("postal code is doubtful", "postal codes are doubtful")
    PHONE = ("phone number is doubtful", "phone numbers are doubtful")
    PERSON = ("person is in several rows", "people are in several rows")
    SHARED_PHONE = ("phone number is that of many rows", "phone numbers are those of many rows")
    SHARED_EMAIL = (
        "e-mail address is that of many rows",
        "e-mail addresses are those of many rows",
    )

    def more(self, count: int) -> str:
        """Words for the number of warnings that are not listed."""
        return f"{count:,} more {self.value[count != 1]}"


def needs_no_look(client: NewClient, first: str, last: str) -> bool:
    """Whether a client can have no doubtful value: a quick first check. Both names are in capital
    letters.
    """
    return (
        first not in _NOTHING
        and last not in _NOTHING
        and client.person_id is None
        and client.middle_name is None
        and client.address1 is None
        and client.address2 is None
    )


def doubts(row: Row) -> Iterator[tuple[Kind, str, str]]:
    """The doubtful values of a row: the kind, the column, and a sentence. The sentence shows the
    value unless it is a personal number.
    """
    client = row.client
    names = (
        ("first_name", client.first_name),
        ("last_name", client.last_name),
        ("middle_name", client.middle_name),
    )
    for column, name in names:
        if name is not None and name.upper() in _NOTHING:
            yield (
                Kind.NAME,
                column,
                (
                    f"{shown(name)} may be what a program wrote for nothing: look whether it is "
                    "the name"
                ),
            )
    if client.person_id is not None:
        if is_digits(client.person_id):
            yield from _of_person_id(client, client.person_id)
        elif _LETTER_AMONG_DIGITS.fullmatch(client.person_id):
            yield (
                Kind.PERSON_ID,
                "person_id",
                "has a letter among its digits: look whether a digit is meant, such as 0 and not O",
            )
    if client.address1 is not None:
        yield from _of_address("address1", client.address1)
    if client.address2 is not None:
        yield from _of_address("address2", client.address2)


def _of_person_id(client: NewClient, person_id: str) -> Iterator[tuple[Kind, str, str]]:
    """The doubts about a personal number, which is never shown."""
    other = _PERSON_IDS.get(client.country or "")
    if other is not None:
        country, digits = other
        if len(person_id) != digits:
            yield (
                Kind.PERSON_ID,
                "person_id",
                f"has {len(person_id)} digits, and a personal number of {country} has {digits}",
            )
    elif client.country not in (None, "KAZ"):
        return
    elif len(person_id) != _IIN:
        # If the country is named, it is a problem of the row already.
        if _lacks_zeros(person_id):
            yield (
                Kind.PERSON_ID,
                "person_id",
                (
                    f"has {len(person_id)} digits, and would be a Kazakh IIN with zeros before "
                    f"them: {_ZEROS}"
                ),
            )
    elif not iin_is_right(person_id):
        yield (
            Kind.PERSON_ID,
            "person_id",
            "has a wrong check digit: if it is a Kazakh IIN, a digit of it is wrong",
        )
    elif (
        client.birthdate is not None
        and person_id[4] not in _OF_A_FIRM
        and not iin_is_of(person_id, client.birthdate)
    ):
        yield (
            Kind.BIRTHDATE,
            "birthdate",
            (
                f"{shown(client.birthdate)} is not the date that person_id begins with: one of "
                "them is wrong"
            ),
        )


def _lacks_zeros(person_id: str) -> bool:
    """Whether it would be a Kazakh IIN of somebody born from 2000 to 2009, with the lost zeros at
    its beginning.
    """
    whole = person_id.zfill(_IIN)
    return whole != person_id and _BORN_SINCE_2000.match(whole) is not None and iin_is_right(whole)


def _of_address(which: str, address: Address) -> Iterator[tuple[Kind, str, str]]:
    country, code = _POSTAL_CODES.get(address.country), address.postal_code
    if country is None or (is_digits(code) and len(code) == _POSTAL_DIGITS):
        return
    form = f"{_POSTAL_DIGITS} digits"
    if address.country == "KAZ":
        if _POSTAL_NEW.fullmatch(code):
            return
        form += ", or the form of A15E3H4"
    zeros = f": {_ZEROS}" if is_digits(code) and len(code) < _POSTAL_DIGITS else ""
    yield (
        Kind.POSTAL_CODE,
        f"{which}_postal_code",
        f"{shown(code)} is not a postal code of {country}, which has {form}{zeros}",
    )
