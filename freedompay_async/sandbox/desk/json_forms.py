"""Other texts of the same JSON: what an integrator may have signed while these bytes were sent, or the other way round."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LONGEST", "forms"]

LONGEST: Final = 64 * 1024
"""Of a longer body only itself is tried: each form costs a pass over it."""

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_PLAIN: Final = msgspec.json.Encoder(decimal_format="number")
_SORTED: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
# JSON has such characters in its strings only.
_WIDE: Final = re.compile(r"[^\x00-\x7f]")
_SLASH: Final = re.compile(r"(?<!\\)/")
_SPACINGS: Final = (
    (-1, "without spaces"),
    (0, "with a space after every comma and colon, as Python's json.dumps writes it"),
    (2, "over many lines, by 2"),
    (4, "over many lines, by 4"),
)


def forms(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Other texts of a body with what is different in each, the likeliest first, and none of them twice."""
    seen = {body}
    for name, text in _all(body):
        if text not in seen:
            seen.add(text)
            yield name, text


def _all(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "an empty body", b""
    yield "an empty JSON object", b"{}"
    if len(body) > LONGEST:
        return
    yield "the body with a newline at its end", body + b"\n"
    yield "the body with CR and LF at its end", body + b"\r\n"
    yield "the body with a byte order mark before it", b"\xef\xbb\xbf" + body
    yield "the body without the white space around it", body.strip()
    yield "the body as a JSON string, that is, encoded twice", msgspec.json.encode(body.decode(errors="replace"))
    try:
        parsed = _DECODER.decode(body)
        text = body.decode()
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return
    bases = (
        ("", text),
        ("with plain characters for the escaped ones", _PLAIN.encode(parsed).decode()),
        ("with its keys sorted", _SORTED.encode(parsed).decode()),
    )
    for how, base in bases:
        for indent, spacing in _SPACINGS:
            spaced = msgspec.json.format(base, indent=indent)
            for escapes, escaped in _escaped(spaced):
                parts = [part for part in (how, spacing if spaced != text else "", escapes) if part]
                yield "the same JSON " + ", ".join(parts), escaped.encode()


def _escaped(text: str) -> Iterator[tuple[str, str]]:
    slashes = _SLASH.sub(r"\\/", text)
    yield "", text
    yield r"with \/ and \uXXXX, as PHP's json_encode writes it", _WIDE.sub(_units, slashes)
    yield r"with \uXXXX for what is not ASCII, as Python's json.dumps writes it", _WIDE.sub(_units, text)
    yield r"with \/ for the slashes, as PHP's json_encode writes it with JSON_UNESCAPED_UNICODE", slashes


def _units(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
