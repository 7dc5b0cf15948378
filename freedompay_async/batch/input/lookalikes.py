"""Keys that a person can't tell apart (UTS 39), and words of mixed scripts; the data is a
library's.

The library is of the extra `cli`, and is read when a plan is made.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from unicodedata import category, name, normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Letters", "difference", "known_letters"]

# Written together in one word by those who write them (UTS 39, 5.1, augmented script sets).
_TOGETHER: Final = frozenset({"HAN", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"})
_NO_SCRIPT: Final = frozenset({"COMMON", "INHERITED", "UNKNOWN"})
# Around what is written from right to left the library's data has this mark, as the published file
# has.
_MARK: Final = "\u200e"


class Letters:
    """What letters look like and which script they are of.

    Args:
        alike: of each text, those that look like it, as confusables.txt pairs them: a character and
            its prototype, which may be longer.
        script: of a character, its script in capitals, such as LATIN.
    """

    def __init__(self, alike: Mapping[str, Iterable[str]], script: Callable[[str], str]) -> None:
        self._prototypes: Final = _Prototypes(_prototypes(alike))
        self._scripts: Final = _Scripts(script)

    def skeleton(self, text: str) -> str:
        """The same text for all that look the same: UTS 39, section 4.

        Of use only to compare, because it may look otherwise.
        """
        if text.isascii():
            return text.translate(self._prototypes)
        return normalize("NFD", normalize("NFD", text).translate(self._prototypes))

    def mixed(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        """The first word that has letters of several scripts, and those scripts."""
        if text.isascii():
            return None
        # One sign for each character, and a blank for what is between words.
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
    """For `str.translate`, which takes a missing entry for an error and is slow then."""

    def __missing__(self, code: int) -> str:
        self[code] = char = chr(code)
        return char


class _Scripts(dict[int, str]):
    """For `str.translate`: a sign for the script of each character, found once."""

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
    """Of each character the text that stands for all that look like it.

    The pairs go both ways, so the direction is found again: a prototype is longer than one
    character, or has several that look like it; of two that have only each other either will do,
    unless normal form D takes it apart.
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
    """What the library knows of all letters; `None` where it is not installed."""
    try:
        from confusable_homoglyphs.categories import alias  # type: ignore[import-untyped]  # noqa: PLC0415
        from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        return None
    return Letters(
        {text: [other["c"] for other in others] for text, others in confusables_data.items()}, alias
    )


def difference(text: str, other: str) -> str:
    """The first characters in which two texts differ, by name, such as `it has A where the other
    has B`.
    """
    at = next(
        (at for at, (one, two) in enumerate(zip(text, other, strict=False)) if one != two),
        min(len(text), len(other)),
    )
    return f"it has {_named(text[at : at + 1])} where the other has {_named(other[at : at + 1])}"


def _named(char: str) -> str:
    return f"{name(char, 'a character')} (U+{ord(char):04X})" if char else "nothing"
