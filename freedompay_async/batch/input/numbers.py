"""Which phone numbers are assigned; the data is a library's.

The library is of the extra `cli`, and is read when a plan is made.
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
    """What is known of all whole numbers with their country code."""

    def __init__(self, library: Any) -> None:
        self._library: Final = library
        self._patterns: Final = _Patterns(library)

    def assigned(self, phone: int) -> bool:
        """Whether it is of numbers that are given to people; to ask the library for each takes many
        times as long.
        """
        digits = str(phone)
        # No country code is the beginning of another, and two of them have one digit.
        if digits[0] in "17":
            return self._patterns[digits[0]].fullmatch(digits, 1) is not None
        return bool(
            self._patterns[digits[:3]].fullmatch(digits, 3)
            or self._patterns[digits[:2]].fullmatch(digits, 2)
        )

    def doubt(self, phone: int) -> str | None:
        """Why it is nobody's; `None`: the library reads it in another way, in which it is
        somebody's.
        """
        library = self._library
        try:
            number = library.parse(f"+{phone}")
        except library.NumberParseException:
            return "begins with the code of no country"
        if library.is_valid_number(number):
            return None
        if library.is_possible_number(number):
            return "is of numbers that are given to nobody: look for a wrong digit"
        return "is no number of its country: look for a digit too few or too many"


class _Patterns(dict[str, re.Pattern[str]]):
    """Of a country code all numbers behind it, found once."""

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
    """What the library knows; `None` where it is not installed."""
    try:
        import phonenumbers  # noqa: PLC0415
    except ImportError:
        return None
    return Numbers(phonenumbers)
