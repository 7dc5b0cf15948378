"""Knows which phone numbers are assigned.

The data is that of a library of the extra `cli`, which is imported when a plan is made.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

__all__ = ["Numbers", "known_numbers"]

_KINDS: Final = (
    *("mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost"),
    *("personal_number", "voip", "pager", "uan", "voicemail"),
)
_NONE: Final = re.compile("(?!)")


class Numbers:
    """The assigned numbers of all countries, with their country codes."""

    def __init__(self, library: Any) -> None:
        self._library: Final = library
        self._patterns: Final = _Patterns(library)

    def assigned(self, phone: int) -> bool:
        """Whether a number is in an assigned range. The library would take many times as long."""
        digits = str(phone)
        # No country code is the beginning of another, and only 1 and 7 have one digit.
        if digits[0] in "17":
            return self._patterns[digits[0]].fullmatch(digits, 1) is not None
        return bool(
            self._patterns[digits[:3]].fullmatch(digits, 3)
            or self._patterns[digits[:2]].fullmatch(digits, 2)
        )

    def doubt(self, phone: int) -> str | None:
        """Why a number is not assigned; `None`: the library reads it in a way in which it is."""
        library = self._library
        try:
            number = library.parse(f"+{phone}")
        except library.NumberParseException:
            return "begins with the code of no country"
        if library.is_valid_number(number):
            return None
        if library.is_possible_number(number):
            return "is in a range of numbers that nobody has: look for a wrong digit"
        return "is no number of its country: look for a missing or an extra digit"


class _Patterns(dict[str, re.Pattern[str]]):
    """A pattern of all numbers after a country code, made when it is first needed."""

    def __init__(self, library: Any) -> None:
        super().__init__()
        self._library: Final = library

    def __missing__(self, code: str) -> re.Pattern[str]:
        patterns: list[str] = []
        for region in self._library.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()):
            metadata = self._library.PhoneMetadata.metadata_for_region_or_calling_code(
                int(code), region
            )
            kinds = [getattr(metadata, kind, None) for kind in _KINDS]
            patterns += [
                f"(?:{kind.national_number_pattern})"
                for kind in kinds
                if kind is not None and kind.national_number_pattern
            ]
        self[code] = pattern = re.compile("|".join(patterns)) if patterns else _NONE
        return pattern


@lru_cache(maxsize=1)
def known_numbers() -> Numbers | None:
    """The library's data; `None`: it is not installed."""
    try:
        import phonenumbers  # noqa: PLC0415
    except ImportError:
        return None
    return Numbers(phonenumbers)
