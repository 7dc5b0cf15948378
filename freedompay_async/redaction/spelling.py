"""Finds known secrets in a text, however a server writes them: escaped up to three times for JSON,
HTML, URLs or Python, or wrapped into lines.

Text and secret are brought into one unescaped form and compared there. What is found is hidden in
the text as it came.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from freedompay_async.redaction.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from freedompay_async.redaction.secret import Secret

__all__ = ["UUID_FORM", "Known", "hide_known", "present"]

UUID_FORM: Final = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
"""A pattern of a UUID, as request ids are, anywhere in a text."""

_ROUNDS: Final = 3
_ESCAPE: Final = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<bytes>(?:\\+x[0-9A-Fa-f]{2})+)"
    r"|(?P<unicode>(?:\\+u[0-9A-Fa-f]{4})+)"
    r"|\\+(?P<blank>[nrt])"
    r"|(?P<html>&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"
)
_SIGNS: Final = ("\\", "%", "&")
# Unlike `lower`, it keeps the length.
_SMALL: Final = {large: large + 32 for large in range(ord("A"), ord("Z") + 1)}
# A URL writes a blank as a plus.
_BLANKS: Final = dict.fromkeys(map(ord, "+\t\r\n"), " ")
_SHORT_DROPS: Final = re.compile(r"[^\\]+")
_LONG_DROPS: Final = re.compile(r"[^\\\s+]+")
_RUN: Final = re.compile(r"[a-z0-9]+")
_NO_CODE: Final = re.compile(rf"{UUID_FORM}|(?<!\d)\d{{4}}-[01]\d-[0-3]\d(?!\d)")
# A value of so many letters may be wrapped into lines, and its beginning alone must be hidden too,
# because the rest may be cut off.
_LONG: Final = 24
_BEGINNING: Final = 16
_LONGEST_CODE: Final = 8


class Known:
    """A value that must not be shown."""

    __slots__ = ("_made_form", "_secret", "code", "long", "needle")

    def __init__(self, secret: Secret) -> None:
        self._secret: Final = secret
        value = secret._value or ""
        self.long: Final = len(value) >= _LONG
        self._made_form: str | None = None
        self.code: Final = len(value) <= _LONGEST_CODE and value.isdigit()
        runs = _RUN.findall(value[: _BEGINNING if self.long else _LONG].translate(_SMALL))
        longest: str = max(runs, key=len, default="")
        self.needle: Final = longest.encode() if len(longest) > 2 else None
        """Lower-case letters that every spelling of the value has; `None`: there are none, so a
        search needs the unescaped text.
        """

    def __bool__(self) -> bool:
        """Whether it is searched: a value of one or two letters is in every text."""
        return len(self._secret._value or "") > 2

    @property
    def _form(self) -> str:
        """The form in which it is compared, made when needed: most values are in no answer."""
        if self._made_form is None:
            unescaped = _unescaped(self._secret._value or "")
            self._made_form = _without_breaks(unescaped) if self.long else _on_a_line(unescaped)
        return self._made_form

    def is_value(self, text: str) -> bool:
        return bool(self) and text == self._secret._value

    def is_in(self, short: str, long: str) -> bool:
        """Whether it is in a text with these two unescaped forms."""
        return self._form[:_BEGINNING] in long if self.long else self._form in short

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it stands in the unescaped form of a text."""
        start, at = self._form[:_BEGINNING] if self.long else self._form, 0
        while start and (found := text.find(start, at)) >= 0:
            at = found + self._alike(text, found)
            if not (
                self.code and (text[found - 1 : found].isdigit() or text[at : at + 1].isdigit())
            ):
                yield found, at

    def _alike(self, text: str, at: int) -> int:
        """How many of its letters stand there."""
        low, high = min(_BEGINNING, len(self._form)), len(self._form) + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if text.startswith(self._form[:middle], at) else (low, middle)
            )
        return low

    def __repr__(self) -> str:
        return MASK


def present(known: Iterable[Known], body: bytes) -> tuple[Known, ...]:
    """The values that may be in these bytes."""
    small = body.lower()
    likely = [each for each in known if (each.needle is None or each.needle in small) and each]
    if not likely or all(each.needle is not None for each in likely):
        return tuple(likely)
    unescaped = _unescaped(body.decode("utf-8", "replace"))
    short, long = _on_a_line(unescaped), _without_breaks(unescaped)
    return tuple(each for each in likely if each.needle is not None or each.is_in(short, long))


def hide_known(text: str, known: Iterable[Known]) -> str:
    """The text without these values. A long value is hidden too where it was cut off."""
    small = text.translate(_SMALL)
    likely = [
        each for each in known if each and (each.needle is None or each.needle.decode() in small)
    ]
    if not likely:
        return text
    unescaped, origin = _resolved(text)
    # The digits of an id or a date are no code.
    taken = (
        [match.span() for match in _NO_CODE.finditer(unescaped)]
        if any(each.code for each in likely)
        else []
    )
    spans: list[tuple[int, int]] = []
    for long, drops in ((False, _SHORT_DROPS), (True, _LONG_DROPS)):
        these = [each for each in likely if each.long is long]
        if these:
            pieces = list(drops.finditer(unescaped))
            places = [place for piece in pieces for place in range(piece.start(), piece.end())]
            kept = _without_breaks(unescaped) if long else _on_a_line(unescaped)
            for each in these:
                found = [(places[begin], places[end - 1]) for begin, end in each.places(kept)]
                spans += [span for span in found if not (each.code and _inside(span, taken))]
    return _masked(text, origin, sorted(spans))


def _inside(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(begin <= span[0] and span[1] < end for begin, end in others)


def _masked(text: str, origin: list[int], spans: list[tuple[int, int]]) -> str:
    """Mask each span, which names its first and its last letter in the unescaped text."""
    parts: list[str] = []
    at = 0
    for first, last in spans:
        # All letters of a run of escapes count from its beginning, so it is hidden up to its end.
        begin, end = origin[first], origin[bisect_right(origin, origin[last])]
        if begin >= at:
            parts += [text[at:begin], MASK]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def _unescaped(text: str) -> str:
    """The text without escapes."""
    for _ in range(_ROUNDS):
        before = text
        if any(sign in text for sign in _SIGNS):
            text = _ESCAPE.sub(_letters_of, text)
        if text == before:
            break
    return text


def _resolved(text: str) -> tuple[str, list[int]]:
    """The text without escapes, and the place in the original of each letter and of the end."""
    origin = list(range(len(text) + 1))
    for _ in range(_ROUNDS):
        if not any(sign in text for sign in _SIGNS):
            break
        parts: list[str] = []
        places: list[int] = []
        at = 0
        for escape in _ESCAPE.finditer(text):
            letters = _letters_of(escape)
            parts += [text[at : escape.start()], letters]
            places += [*origin[at : escape.start()], *[origin[escape.start()]] * len(letters)]
            at = escape.end()
        if not parts:
            break
        text, origin = "".join([*parts, text[at:]]), [*places, *origin[at:]]
    return text, origin


def _on_a_line(unescaped: str) -> str:
    """The form in which short values are compared."""
    return "".join(_SHORT_DROPS.findall(unescaped)).translate(_BLANKS)


def _without_breaks(unescaped: str) -> str:
    """The form in which long values are compared: without line breaks and case."""
    return "".join(_LONG_DROPS.findall(unescaped)).translate(_SMALL)


def _letters_of(escape: re.Match[str]) -> str:
    """The letters that an escape stands for."""
    match escape.lastgroup:
        case "percent":
            return bytes.fromhex(escape[0].replace("%", "")).decode("utf-8", "replace")
        case "bytes":
            return bytes.fromhex("".join(re.findall(r"x([0-9A-Fa-f]{2})", escape[0]))).decode(
                "utf-8", "replace"
            )
        case "unicode":
            units = re.findall(r"u([0-9A-Fa-f]{4})", escape[0])
            return b"".join(int(unit, 16).to_bytes(2, "little") for unit in units).decode(
                "utf-16-le", "replace"
            )
        case "blank":
            return " "
        case _:
            from html import unescape  # noqa: PLC0415 - slow to import, and rare

            return unescape(escape[0])
