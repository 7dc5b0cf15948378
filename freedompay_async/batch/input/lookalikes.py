"""Finds keys that look the same (UTS 39), and words of mixed scripts.

The data is that of a library of the extra `cli`, which is imported when a plan is made.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from unicodedata import category, name, normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Letters", "difference", "known_letters"]

# Scripts that are mixed in ordinary words (UTS 39, 5.1, augmented script sets).
_TOGETHER: Final = frozenset({"HAN", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"})
_NO_SCRIPT: Final = frozenset({"COMMON", "INHERITED", "UNKNOWN"})
# The library's data, like the published file, has this mark around text from right to left.
_MARK: Final = "\u200e"


class Letters:
    """How letters look, and their scripts.

    Args:
        alike: for each text, those that look like it, as confusables.txt pairs them: a character
            and its prototype, which may be longer.
        script: gives the script of a character in capitals, such as LATIN.
    """

    def __init__(self, alike: Mapping[str, Iterable[str]], script: Callable[[str], str]) -> None:
        self._prototypes: Final = _Prototypes(_prototypes(alike))
        self._scripts: Final = _Scripts(script)

    def skeleton(self, text: str) -> str:
        """One text for all texts that look the same (UTS 39, section 4).

        It is for comparison only, because it may look different itself.
        """
        if text.isascii():
            return text.translate(self._prototypes)
        return normalize("NFD", normalize("NFD", text).translate(self._prototypes))

    def mixed(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        """The first word with letters of several scripts, and those scripts; or `None`."""
        if text.isascii():
            return None
        # One sign for each character, and a blank between words.
        signs = text.translate(self._scripts)
        if len(set(signs) - {_Scripts.NONE, " "}) < 2:
            return None
        start = 0
        for word in signs.split(" "):
            if len(used := set(word) - {_Scripts.NONE}) > 1:
                return text[start : start + len(word)], tuple(
                    sorted(self._scripts.names[sign] for sign in used)
                )
            start += len(word) + 1
        return None


class _Prototypes(dict[int, str]):
    """For `str.translate`, which is slow for a missing entry."""

    def __missing__(self, code: int) -> str:
        self[code] = char = chr(code)
        return char


class _Scripts(dict[int, str]):
    """For `str.translate`: a sign for the script of each character."""

    NONE: Final = "_"

    def __init__(self, script: Callable[[str], str]) -> None:
        super().__init__()
        self._script: Final = script
        self._signs: Final[dict[str, str]] = {}
        self.names: Final[dict[str, str]] = {}

    def __missing__(self, code: int) -> str:
        self[code] = sign = self._sign(chr(code))
        return sign

    def _sign(self, char: str) -> str:
        if category(char)[0] not in "LMN":
            return " "
        script = self._script(char).upper()
        if script in _NO_SCRIPT:
            return self.NONE
        script = "HAN" if script in _TOGETHER else script
        if script not in self._signs:
            self._signs[script] = sign = chr(ord("a") + len(self._signs))
            self.names[sign] = script.replace("_", " ").title()
        return self._signs[script]


def _prototypes(alike: Mapping[str, Iterable[str]]) -> dict[int, str]:
    """For each character, the text that stands for all that look like it.

    The pairs go both ways, so the direction is found out: a prototype is longer than one character,
    or several characters look like it. If two have only each other, either will do, unless normal
    form D decomposes it.
    """
    pairs: defaultdict[str, set[str]] = defaultdict(set)
    for text, others in alike.items():
        pairs[_bare(text)].update(map(_bare, others))

    def prototype(char: str) -> str:
        others = pairs[char]
        if len(others) != 1:
            return char
        (other,) = others
        if len(other) > 1 or len(pairs[other]) > 1:
            return other
        return min(char, other, key=lambda each: (normalize("NFD", each) != each, each))

    found = {ord(char): prototype(char) for char in tuple(pairs) if len(char) == 1}
    return {code: text.translate(found) for code, text in found.items()}


def _bare(text: str) -> str:
    return text.replace(_MARK, "") or text


@lru_cache(maxsize=1)
def known_letters() -> Letters | None:
    """The library's data; `None`: it is not installed."""
    try:
        from confusable_homoglyphs.categories import alias  # type: ignore[import-untyped]  # noqa: PLC0415
        from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        return None
    return Letters(
        {text: [other["c"] for other in others] for text, others in confusables_data.items()}, alias
    )


def difference(text: str, other: str) -> str:
    """The first characters in which two texts differ, such as `it has A where the other has B`."""
    at = next(
        (at for at, (one, two) in enumerate(zip(text, other, strict=False)) if one != two),
        min(len(text), len(other)),
    )
    return f"it has {_named(text[at : at + 1])} where the other has {_named(other[at : at + 1])}"


def _named(char: str) -> str:
    return f"{name(char, 'a character')} (U+{ord(char):04X})" if char else "nothing"
