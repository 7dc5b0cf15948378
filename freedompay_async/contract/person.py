"""Checks the data of a client, in a row of a file and in code. Pure.

A flaw is the rest of a sentence about a value. It does not hold the value, which is personal data.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from operator import mul
from typing import TYPE_CHECKING, Final
from unicodedata import category, name

from freedompay_async.contract.countries import COUNTRIES
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "WHOLE_PHONE",
    "birthdate_flaw",
    "check_phone",
    "check_text",
    "country_flaw",
    "date_flaw",
    "email_flaw",
    "empty_flaw",
    "iin_is_of",
    "iin_is_right",
    "is_digits",
    "language_flaw",
    "name_flaw",
    "national_flaw",
    "person_id_flaw",
    "phone_flaw",
    "unseen_flaw",
]

WHOLE_PHONE: Final = "give the whole number with the country code, digits only, such as 77017777777"

# Country codes whose numbers all have the same length, and how many digits follow the code.
_FOLLOW: Final = {
    "1": 10,
    "7": 10,
    "90": 10,
    "91": 10,
    "373": 8,
    "374": 8,
    "375": 9,
    "380": 9,
    "992": 9,
    "993": 8,
    "994": 9,
    "995": 9,
    "996": 9,
    "998": 9,
}
# `[0-9]`, because `\d` also takes the digits of other scripts. Inside Kazakhstan and Russia numbers
# are dialled with 8. No country has international numbers of 11 digits that begin with 87 or 89.
_TRUNK: Final = re.compile(r"8[79][0-9]{9}")
_PHONE: Final = re.compile(
    "|".join(f"{code}[0-9]{{{follow}}}" for code, follow in _FOLLOW.items())
    + rf"|(?!{'|'.join(_FOLLOW)}|{_TRUNK.pattern}$)[1-9][0-9]{{9,14}}"
)
_MANY_DIGITS: Final = re.compile(r"[1-9][0-9]{6,19}")
# A larger number is not converted to text, which takes long.
_NO_PHONE: Final = 10**20
# The lengths of numbers without the country code, in the countries of the vendor.
_NATIONAL: Final = (9, 10)

_NAME: Final = re.compile(r"[ '.-]*[A-Za-z][A-Za-z '.-]*")
_NOT_NAME: Final = re.compile(r"[^A-Za-z '.-]")
_CYRILLIC: Final = re.compile(r"[\u0400-\u052f]")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OLDEST: Final = "1900"
# A quick first check: nearly all birthdates of a million rows are before the start of this program.
_BEGAN: Final = datetime.now(UTC).date().isoformat()
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PARTS: Final = re.compile(r"^[^@]+|[^@.]+")
_LANGUAGE: Final = re.compile(r"[a-z]{2}")

_IIN: Final = 12
_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
# The second weights are for the rare number whose first sum gives no digit.
_WEIGHTS: Final = ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))
# The seventh digit stands for the century and the sex.
_CENTURIES: Final = {"1": "18", "2": "18", "3": "19", "4": "19", "5": "20", "6": "20"}


def phone_flaw(digits: str) -> str | None:
    """The flaw of a phone number without a plus sign. Its length must be that of its country, where
    all numbers of a country have the same length.
    """
    if _PHONE.fullmatch(digits):
        return None
    if _TRUNK.fullmatch(digits):
        return (
            "begins with 8, as dialled inside the country: begin with the country code, such as 7 "
            "for Kazakhstan"
        )
    code = (
        next((code for code in _FOLLOW if digits.startswith(code)), None)
        if _MANY_DIGITS.fullmatch(digits)
        else None
    )
    if code is None:
        return f"is not a phone number: {WHOLE_PHONE}"
    has, needs = len(digits), len(code) + _FOLLOW[code]
    lengths = f"has {has} digits, and a number with the country code {code} has {needs}"
    if has > needs:
        return f"{lengths}: look for digits that are too many"
    lost = "a digit is" if needs - has == 1 else "digits are"
    return (
        f"{lengths}: the country code is missing, or {lost}"
        if has in _NATIONAL
        else f"{lengths}: {lost} missing"
    )


def name_flaw(text: str) -> str | None:
    """The flaw of a first, last or middle name. The vendor says "Latin letters" and no more."""
    if _NAME.fullmatch(text):
        return None
    if _CYRILLIC.search(text):
        return "has Cyrillic letters: write it in Latin letters, as in the passport"
    bad = _NOT_NAME.search(text)
    if bad is None:
        return "has no letter"
    if bad[0] in "‘’ʻʼ`´":  # noqa: RUF001  the look-alikes are the point
        return f"has the typographic apostrophe {_shown(bad[0])}: write the simple one, '"
    return (
        f"has the character {_shown(bad[0])}: a name has Latin letters A to Z, spaces, "
        "apostrophes, hyphens and dots"
    )


def date_flaw(text: str) -> str | None:
    """The flaw of a date."""
    if not _DATE.fullmatch(text):
        return "is not a date of the form YYYY-MM-DD, such as 1990-12-31"
    try:
        date.fromisoformat(text)
    except ValueError:
        return "is a day that the calendar does not have: write YYYY-MM-DD"
    if text < _OLDEST:
        return "is before 1900: check the year"
    return None


def birthdate_flaw(text: str) -> str | None:
    """The flaw of a date of birth."""
    flaw = date_flaw(text)
    if flaw is not None or text <= _BEGAN:
        return flaw
    # It is tomorrow already in some time zones.
    latest = (datetime.now(UTC) + timedelta(days=1)).date()
    return "is in the future: check the year" if text > latest.isoformat() else None


def email_flaw(text: str) -> str | None:
    """The flaw of an e-mail address. Each part of it must have letters of one script."""
    if not _EMAIL.fullmatch(text) or not text.isprintable():
        return "is not an e-mail address: it has one @ and a dot after it, such as name@example.com"
    if text.isascii():
        return None
    most = Counter(_script(char) for char in text if _is_letter(char)).most_common(1)
    for part in _PARTS.findall(text):
        letters = list(filter(_is_letter, part))
        if len({_script(char) for char in letters}) > 1:
            usual = most[0][0]
            odd = next(char for char in letters if _script(char) != usual)
            named = f"{_shown(odd)} ({name(odd, 'a letter')}, U+{ord(odd):04X})"
            return (
                f"has the letter {named} among letters of {usual.title()}: type the address again"
            )
    return None


def country_flaw(text: str) -> str | None:
    """The flaw of the code of a country."""
    if text in COUNTRIES:
        return None
    if text.upper() in COUNTRIES:
        return f"is not in capital letters: write {text.upper()}"
    if len(text) == 2:
        return (
            "has two letters: write the code of three letters (ISO 3166-1 alpha-3), such as KAZ "
            "and not KZ"
        )
    return (
        "is not the code of a country: write its three capital letters (ISO 3166-1 alpha-3), such "
        "as KAZ"
    )


def language_flaw(text: str) -> str | None:
    """The flaw of the code of a language."""
    return (
        None
        if _LANGUAGE.fullmatch(text)
        else "is not a language: write two small letters (ISO 639-1), such as kk or ru"
    )


def empty_flaw(text: str) -> str | None:
    """The flaw of a text that must not be empty."""
    return None if text.strip() else "is empty: fill it in, or leave it out"


def unseen_flaw(text: str) -> str | None:
    """The flaw of a text that must not hold invisible characters."""
    if text.isprintable():
        return None
    bad = next(char for char in text if not char.isprintable())
    return f"has a character that can't be seen (U+{ord(bad):04X}): delete it or write a space"


def national_flaw(person_id: str, country: str | None) -> str | None:
    """The flaw of a personal number for its country. In Kazakhstan a number of digits only must
    have twelve; the numbers of other documents have letters.
    """
    if country != "KAZ" or len(person_id) == _IIN or not is_digits(person_id):
        return None
    lengths = f"has {len(person_id)} digits, and a personal number of Kazakhstan has {_IIN}"
    if len(person_id) > _IIN:
        return lengths
    return (
        f"{lengths}: a spreadsheet drops zeros at the beginning, so format the column as text and "
        "write the whole number"
    )


def person_id_flaw(text: str, country: str | None) -> str | None:
    """The flaw of a personal number, whatever its country."""
    return empty_flaw(text) or unseen_flaw(text) or national_flaw(text, country)


def iin_is_right(person_id: str) -> bool:
    """Whether the last of twelve digits is the right check digit of a Kazakh personal number (IIN)
    or company number (BIN).
    """
    digits = person_id.encode().translate(_VALUES)
    for weights in _WEIGHTS:
        control: int = sum(map(mul, weights, digits)) % 11
        if control < 10:
            return control == digits[-1]
    return False


def iin_is_of(person_id: str, birthdate: str) -> bool:
    """Whether a Kazakh personal number (IIN) begins with this birthdate. The century must be right
    too, if the number has one.
    """
    born = birthdate.replace("-", "")
    century = _CENTURIES.get(person_id[6], born[:2])
    return f"{century}{person_id[:6]}" == born


def check_text(what: str, value: object, flaw: Callable[[str], str | None]) -> None:
    """Refuse a value of a struct.

    Raises:
        ConfigurationError: the value is no text, or has a flaw; nothing was sent.
    """
    if not isinstance(value, str):
        raise ConfigurationError(
            f"{what} is of type {type(value).__name__}: give a text. Nothing was sent."
        )
    found = flaw(value)
    if found is not None:
        raise ConfigurationError(f"{what} {found}. Nothing was sent.")


def check_phone(what: str, value: object) -> None:
    """Refuse a phone number of a struct.

    Raises:
        ConfigurationError: the value is no integer, or has a flaw; nothing was sent.
    """
    # A quick first check: most of a million rows have a good number.
    if type(value) is int and 0 < value < _NO_PHONE and _PHONE.fullmatch(str(value)):
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigurationError(
            f"{what} is of type {type(value).__name__}: give an integer, such as 77017777777. "
            "Nothing was sent."
        )
    check_text(what, str(value) if abs(value) < _NO_PHONE else "", phone_flaw)


def is_digits(text: str) -> bool:
    """Whether the text has only the digits 0 to 9."""
    return text.isascii() and text.isdigit()


def _is_letter(char: str) -> bool:
    return category(char).startswith("L")


def _script(letter: str) -> str:
    """The script of a letter, such as LATIN: the first word of its Unicode name."""
    return name(letter, "UNKNOWN").split(" ", 1)[0]


def _shown(char: str) -> str:
    return f'"{char}"' if char.isprintable() else f'"\\u{ord(char):04x}"'
