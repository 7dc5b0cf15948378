"""Known values in a text, however a server spells them: escaped for JSON, HTML, URLs or Python,
once or three times, wrapped into lines.

A text and a value are brought into one plain form, in which they are compared; what is found there
is hidden in the text as it came.
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
# Its length stays the same, as with `lower` it may not.
_SMALL: Final = {large: large + 32 for large in range(ord("A"), ord("Z") + 1)}
# Written in a URL a blank is a plus.
_BLANKS: Final = dict.fromkeys(map(ord, "+\t\r\n"), " ")
_SHORT_DROPS: Final = re.compile(r"[^\\]+")
_LONG_DROPS: Final = re.compile(r"[^\\\s+]+")
_RUN: Final = re.compile(r"[a-z0-9]+")
_NO_CODE: Final = re.compile(rf"{UUID_FORM}|(?<!\d)\d{{4}}-[01]\d-[0-3]\d(?!\d)")
# A value of so many letters may be wrapped into lines; and its beginning gives it away, wherever
# the rest was cut off.
_LONG: Final = 24
_BEGINNING: Final = 16
_LONGEST_CODE: Final = 8


class Known:
    """A value that must not be shown."""

    __slots__ = ("_made", "_secret", "code", "long", "needle")

    def __init__(self, secret: Secret) -> None:
        self._secret: Final = secret
        value = secret._value or ""
        self.long: Final = len(value) >= _LONG
        self._made: str | None = None
        self.code: Final = len(value) <= _LONGEST_CODE and value.isdigit()
        runs = _RUN.findall(value[: _BEGINNING if self.long else _LONG].translate(_SMALL))
        longest: str = max(runs, key=len, default="")
        self.needle: Final = longest.encode() if len(longest) > 2 else None
        """What every spelling of it has, in small letters; `None`: nothing, so that it has to be
        searched itself.
        """

    def __bool__(self) -> bool:
        """A value of a letter or two is in every text, and not searched."""
        return len(self._secret._value or "") > 2

    @property
    def _plain(self) -> str:
        """As it is compared; made when it is needed, because most values are in no answer."""
        if self._made is None:
            plain = _plain(self._secret._value or "")
            self._made = _without_breaks(plain) if self.long else _on_a_line(plain)
        return self._made

    def is_value(self, text: str) -> bool:
        return bool(self) and text == self._secret._value

    def is_in(self, short: str, long: str) -> bool:
        """Whether it is in a text, of which these are the plain forms."""
        return self._plain[:_BEGINNING] in long if self.long else self._plain in short

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it stands in the plain form of a text."""
        start, at = self._plain[:_BEGINNING] if self.long else self._plain, 0
        while start and (found := text.find(start, at)) >= 0:
            at = found + self._alike(text, found)
            if not (
                self.code and (text[found - 1 : found].isdigit() or text[at : at + 1].isdigit())
            ):
                yield found, at

    def _alike(self, text: str, at: int) -> int:
        """How much of it stands there."""
        low, high = min(_BEGINNING, len(self._plain)), len(self._plain) + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if text.startswith(self._plain[:middle], at) else (low, middle)
            )
        return low

    def __repr__(self) -> str:
        return MASK


def present(known: Iterable[Known], body: bytes) -> tuple[Known, ...]:
    """Those that may be in these bytes."""
    small = body.lower()
    likely = [each for each in known if each and (each.needle is None or each.needle in small)]
    if all(each.needle is not None for each in likely):
        return tuple(likely)
    plain = _plain(body.decode("utf-8", "replace"))
    short, long = _on_a_line(plain), _without_breaks(plain)
    return tuple(each for each in likely if each.needle is not None or each.is_in(short, long))


def hide_known(text: str, known: Iterable[Known]) -> str:
    """The text without these values; a long one also where it is cut."""
    small = text.translate(_SMALL)
    likely = [
        each for each in known if each and (each.needle is None or each.needle.decode() in small)
    ]
    if not likely:
        return text
    plain, origin = _resolved(text)
    # The digits of an id or of a date are no code.
    taken = (
        [match.span() for match in _NO_CODE.finditer(plain)]
        if any(each.code for each in likely)
        else []
    )
    spans: list[tuple[int, int]] = []
    for long, drops in ((False, _SHORT_DROPS), (True, _LONG_DROPS)):
        these = [each for each in likely if each.long is long]
        if these:
            pieces = list(drops.finditer(plain))
            places = [place for piece in pieces for place in range(piece.start(), piece.end())]
            kept = _without_breaks(plain) if long else _on_a_line(plain)
            for each in these:
                found = [(places[begin], places[end - 1]) for begin, end in each.places(kept)]
                spans += [span for span in found if not (each.code and _inside(span, taken))]
    return _masked(text, origin, sorted(spans))


def _inside(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(begin <= span[0] and span[1] < end for begin, end in others)


def _masked(text: str, origin: list[int], spans: list[tuple[int, int]]) -> str:
    """Each span is of the first and the last letter, as places in the resolved text."""
    parts: list[str] = []
    at = 0
    for first, last in spans:
        # The letters of a run of escapes all stand at its beginning, so it is hidden up to its end.
        begin, end = origin[first], origin[bisect_right(origin, origin[last])]
        if begin >= at:
            parts += [text[at:begin], MASK]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def _plain(text: str) -> str:
    """With its escapes resolved."""
    for _ in range(_ROUNDS):
        before = text
        if any(sign in text for sign in _SIGNS):
            text = _ESCAPE.sub(_said, text)
        if text == before:
            break
    return text


def _resolved(text: str) -> tuple[str, list[int]]:
    """The same, and for each letter, and the end, where it stands in the text itself."""
    origin = list(range(len(text) + 1))
    for _ in range(_ROUNDS):
        if not any(sign in text for sign in _SIGNS):
            break
        parts: list[str] = []
        places: list[int] = []
        at = 0
        for escape in _ESCAPE.finditer(text):
            said = _said(escape)
            parts += [text[at : escape.start()], said]
            places += [*origin[at : escape.start()], *[origin[escape.start()]] * len(said)]
            at = escape.end()
        if not parts:
            break
        text, origin = "".join([*parts, text[at:]]), [*places, *origin[at:]]
    return text, origin


def _on_a_line(plain: str) -> str:
    """As short values are compared."""
    return "".join(_SHORT_DROPS.findall(plain)).translate(_BLANKS)


def _without_breaks(plain: str) -> str:
    """As long values are compared, which may be wrapped into lines; nobody minds the case of a key."""
    return "".join(_LONG_DROPS.findall(plain)).translate(_SMALL)


def _said(escape: re.Match[str]) -> str:
    """What an escape stands for."""
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
