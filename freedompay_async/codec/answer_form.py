"""Recognises the form of an answer: JSON, an HTML page, compressed, or another charset. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NOT_JSON", "bare", "form_of", "is_page", "kind_of"]

# These may stand before JSON. A PHP file that begins with a byte order mark writes it before every
# answer, and so does each file that it includes.
_BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n"
_BEFORE: Final = _BOM + _BLANKS
_BEFORE_TEXT: Final = "\ufeff \t\r\n"
_GZIP: Final = b"\x1f\x8b"
_CHARSET: Final = re.compile(r"(?i)charset *= *\"?([\w.:-]{1,40})", re.ASCII)
_CODING: Final = re.compile(r"[\w.,+ -]{1,40}", re.ASCII)
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
NOT_JSON: Final = ", not JSON"


def is_page(body: bytes | str | None) -> bool:
    """Whether it is an HTML page. A proxy makes those, and it knows no id and no key."""
    if isinstance(body, bytes):
        return bare(body).lstrip().startswith(b"<")
    return (body or "").lstrip(_BEFORE_TEXT).startswith("<")


def kind_of(body: bytes) -> str:
    """The end of a reason for an answer that is empty or a page; otherwise empty."""
    start = body.lstrip()[:1]
    if not start:
        return ", an empty body"
    return ", an HTML page" if start == b"<" else ""


def bare(body: bytes) -> bytes:
    """The answer without byte order marks and blanks before its JSON."""
    if body.startswith(b"{"):
        return body
    rest = body.lstrip(_BEFORE)
    # Only whole byte order marks: half of one is no text.
    before = body[: len(body) - len(rest)].replace(_BOM, b"")
    return body if before.strip(_BLANKS) else rest


def form_of(headers: Mapping[str, str], body: bytes) -> str:
    """What an answer is that can't be read as JSON in UTF-8, as the end of a reason."""
    coding = _header(headers, "content-encoding").lower()
    if coding not in ("", "identity"):
        return (
            f", compressed{f' ({coding})' if _CODING.fullmatch(coding) else ''}, though no "
            "compression was asked for"
        )
    if body.startswith(_GZIP):
        return ", compressed (gzip), though no header says so and none was asked for"
    # JSON in UTF-8 has no such byte; in UTF-16 and UTF-32 every sign of JSON has one.
    if b"\0" in body[:4]:
        return ", text in UTF-16 or UTF-32, and JSON is read in UTF-8"
    charset = _CHARSET.search(_header(headers, "content-type"))
    if charset is not None and charset[1].lower() not in _UTF8:
        return f", not JSON in UTF-8 (its Content-Type says {charset[1]})"
    return NOT_JSON


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value.strip() for name, value in headers.items() if name.lower() == wanted), "")
