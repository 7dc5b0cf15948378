"""The ways in which programs write the same JSON. Often one form was signed and another sent."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Form", "body_forms"]

# A larger body is not written in every form.
_LARGE: Final = 2**16


class Form(NamedTuple):
    """Bytes, and how they differ from the right ones; `slips` is empty for the right ones."""

    slips: tuple[str, ...]
    data: bytes


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Style(NamedTuple):
    """A way to write JSON."""

    sort: bool
    spaces: str
    escapes: str
    numbers: str


_SPACES: Final[dict[str, tuple[str, str, int]]] = {
    "without spaces": (",", ":", 0),
    "with a space after each comma and colon": (", ", ": ", 0),
    "indented by 2": (",", ": ", 2),
    "indented by 4": (",", ": ", 4),
}
# The same for msgspec, which keeps the escapes of a text.
_INDENTS: Final = dict(zip(_SPACES, (-1, 0, 2, 4), strict=True))
# JSON has such characters only in its strings.
_WIDE: Final = re.compile(r"[^\x00-\x7f]")
_SLASH: Final = re.compile(r"(?<!\\)/")
_ESCAPES: Final[dict[str, tuple[bool, bool]]] = {
    "with nothing escaped": (False, False),
    "with letters beyond ASCII as \\uXXXX": (False, True),
    "with / as \\/": (True, False),
    "with / as \\/ and letters beyond ASCII as \\uXXXX (PHP's json_encode)": (True, True),
}
_NUMBERS: Final[dict[str, Callable[[str], str]]] = {
    "with numbers as they are": lambda text: text,
    "with numbers as text": json.dumps,
    "with amounts as floats": lambda text: repr(float(text)) if "." in text else text,
}


def body_forms(body: bytes) -> list[Form]:
    """The body as it is, then in other forms, those with the fewest differences first."""
    forms: dict[bytes, tuple[str, ...]] = {data: (slip,) for slip, data in _endings(body)}
    forms[body] = ()
    if len(body) <= _LARGE:
        for slips, text in (*_rewritten(body), *_respaced(body)):
            for ending, data in (((), text), (("with a line break at its end",), text + b"\n")):
                known = forms.get(data)
                if known is None or len(known) > len(slips) + len(ending):
                    forms[data] = (*slips, *ending)
    return sorted(
        (Form(slips, data) for data, slips in forms.items()), key=lambda form: len(form.slips)
    )


def _endings(body: bytes) -> Iterator[tuple[str, bytes]]:
    # It comes first, because a later explanation of the same bytes is likelier and replaces it.
    yield "an empty JSON object", b"{}"
    yield "with a line break at its end", body + b"\n"
    yield "with a Windows line break at its end", body + b"\r\n"
    yield "with a byte order mark before it", b"\xef\xbb\xbf" + body
    yield "without the white space around it", body.strip()
    yield "an empty one", b""
    yield (
        "as a JSON text inside JSON",
        json.dumps(body.decode(errors="replace"), ensure_ascii=False).encode(),
    )


def _rewritten(body: bytes) -> Iterator[tuple[tuple[str, ...], bytes]]:
    try:
        value = json.loads(body, parse_int=_Number, parse_float=_Number)
        made = {
            style: _write(value, style).encode()
            for style in map(_Style._make, product((False, True), _SPACES, _ESCAPES, _NUMBERS))
        }
    except (ValueError, RecursionError):
        # The body is no JSON, has half of a surrogate pair, or is nested too deeply.
        return
    # The right body may have several styles at once, for instance if it has nothing to escape.
    right = next((style for style, data in made.items() if data == body), None)
    for style, data in made.items():
        yield tuple(_differences(style, right)), data


def _respaced(body: bytes) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """The body with its escapes kept: a program may have escaped some letters and not others."""
    try:
        made = {
            spaces: msgspec.json.format(body, indent=indent).decode()
            for spaces, indent in _INDENTS.items()
        }
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    for spaces, text in made.items():
        slips = () if text.encode() == body else (spaces,)
        for name, (slashes, letters) in _ESCAPES.items():
            escaped = _SLASH.sub(r"\\/", text) if slashes else text
            escaped = (
                _WIDE.sub(lambda found: json.dumps(found[0])[1:-1], escaped) if letters else escaped
            )
            yield slips if escaped == text else (*slips, name), escaped.encode()


def _differences(style: _Style, right: _Style | None) -> Iterator[str]:
    usual = right or _Style(False, "", "with nothing escaped", "with numbers as they are")
    if style.sort != usual.sort:
        yield "with its keys sorted" if style.sort else "with its keys in another order"
    for name in ("spaces", "escapes", "numbers"):
        if getattr(style, name) != getattr(usual, name):
            yield getattr(style, name)


def _write(value: Any, style: _Style, depth: int = 0) -> str:
    comma, colon, indent = _SPACES[style.spaces]
    if isinstance(value, _Number):
        return _NUMBERS[style.numbers](str(value))
    if isinstance(value, str):
        return _text(value, style)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        names = sorted(fields) if style.sort else list(fields)
        parts = [
            _text(name, style) + colon + _write(fields[name], style, depth + 1) for name in names
        ]
        start, end = "{", "}"
    elif isinstance(value, list):
        parts = [_write(part, style, depth + 1) for part in value]
        start, end = "[", "]"
    else:
        return json.dumps(value)
    if not indent or not parts:
        return start + comma.join(parts) + end
    line = "\n" + " " * indent * (depth + 1)
    return start + line + f"{comma}{line}".join(parts) + "\n" + " " * indent * depth + end


def _text(value: str, style: _Style) -> str:
    slashes, beyond_ascii = _ESCAPES[style.escapes]
    text = json.dumps(value, ensure_ascii=beyond_ascii)
    return text.replace("/", "\\/") if slashes else text
