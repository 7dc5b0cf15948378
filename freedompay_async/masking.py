"""Raw answers as text that may be logged: secrets are masked. Linear in the length of the text, because a server writes it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

import msgspec

from freedompay_async.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freedompay_async.secret import Secret

__all__ = ["concealed", "is_secret_name", "mask", "mask_text"]

_WORDS: Final = frozenset(
    {
        *("secret", "secretkey", "token", "password", "passwd", "otp", "document"),
        *("pan", "cardpan", "cardnumber", "cvv", "cvv2", "cvc", "cvc2", "expiry", "exp", "expdate", "expirydate"),
        *("pin", "newpin", "oldpin", "pincode", "pinblock"),
    }
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPLIT: Final = re.compile(r"[^a-z0-9]+")
_NAME: Final = re.compile(r'"(\w{1,64})"\s{0,8}:\s{0,8}')
_VALUE: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|\{[^}]*\}?|[-+.0-9eE]+')
_GAP: Final = "[ \\-\u00a0\u2009\u2013\u2014]{1,2}"
_RUN: Final = re.compile(f"[0-9]+(?:{_GAP}[0-9]+)*")
_GROUP: Final = re.compile(r"[0-9]+")
# Where a body is cut, what is left of a number may be the better part of a card's.
_LAST_RUN: Final = re.compile(r"[0-9][0-9 -]*$")
_MOST_PARSED: Final = 65_536
_DEEPEST: Final = 60
# So much of a long value gives it away, wherever the rest was cut off.
_LONG: Final = 24


def mask(body: bytes, *, hide: Iterable[Secret] = (), most: int = 16_384) -> str:
    """At most `most` characters of the body; `hide`, the values of secret fields and whatever reads like a card number become `***`."""
    # Hidden before it is cut: of half a secret nothing tells what it is.
    text = concealed(body.decode("utf-8", "replace"), hide)
    if len(text) <= _MOST_PARSED:
        text = _masked_json(text)
    rest = len(text) - most
    if rest <= 0:
        return mask_text(text)
    return f"{mask_text(_LAST_RUN.sub('', text[:most]))}… ({rest} characters more)"


def mask_text(text: str) -> str:
    """The same for a text of any length that need not be JSON."""
    return _RUN.sub(_mask_run, _without_named(text))


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret: `pin`, `newPin`, `card_number`, `pan_encrypted`; an id of something does not."""
    words = [word for word in _SPLIT.split(_CAMEL.sub("_", name[:64]).lower()) if word]
    if not words or words[-1] == "id":
        return False
    pairs = (first + second for first, second in pairwise(words))
    return not _WORDS.isdisjoint(words) or not _WORDS.isdisjoint(pairs) or any("secret" in word for word in words)


def concealed(text: str, secrets: Iterable[Secret]) -> str:
    """The text without these values, in any of the ways in which a server writes what it was sent; long ones also where they are cut."""
    for secret in secrets:
        value = secret._value or ""
        # A value of a letter or two is in every text.
        if len(value) > 2:
            for form in _spellings(value):
                text = _without(text, form)
    return text


def _masked_json(text: str, depth: int = 0) -> str:
    """Written anew where a field of a secret name is in it; otherwise, and if it is no JSON, as it came."""
    try:
        value = _DECODER.decode(text)
        hidden = _hide(value, depth)
        return text if hidden == value else _ENCODER.encode(hidden).decode()
    except (msgspec.MsgspecError, ArithmeticError, ValueError, OverflowError, RecursionError):
        return text


def _hide(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, dict):
        return {name: MASK if is_secret_name(name) and part is not None else _hide(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list):
        return [_hide(part, depth + 1) for part in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _masked_json(value, depth + _DEEPEST // 4)
    return value


def _spellings(value: str) -> list[str]:
    """Longest first, because one may be inside another."""
    written = json.dumps(value, ensure_ascii=False)[1:-1]
    ascii_only = json.dumps(value)[1:-1]
    forms = {value, written, ascii_only, repr(value)[1:-1], escape(value), escape(value, quote=False)}
    # Quoted in a text that is itself JSON.
    forms |= {json.dumps(form)[1:-1] for form in (written, ascii_only)}
    forms |= {form.replace("/", r"\/") for form in forms} | {form.replace("/", r"\\/") for form in forms}
    quoted = value.encode("utf-8", "surrogatepass")
    forms |= {quote(quoted, safe=""), quote(quoted), quote_plus(quoted), quote(quoted, safe="").lower()}
    return sorted(forms, key=len, reverse=True)


def _without(text: str, form: str) -> str:
    if len(form) <= _LONG:
        return text.replace(form, MASK)
    parts: list[str] = []
    at = 0
    while (start := text.find(form[:_LONG], at)) >= 0:
        end = start + _LONG
        while end < len(text) and end - start < len(form) and text[end] == form[end - start]:
            end += 1
        parts += [text[at:start], MASK]
        at = end
    return "".join([*parts, text[at:]])


def _without_named(text: str) -> str:
    """For what is no JSON any more, because it was cut: the value after each secret name."""
    parts: list[str] = []
    at = 0
    for named in _NAME.finditer(text):
        if named.start() >= at and is_secret_name(named[1]) and (value := _VALUE.match(text, named.end())):
            parts += [text[at : named.end()], f'"{MASK}"']
            at = value.end()
    return "".join([*parts, text[at:]])


def _mask_run(match: re.Match[str]) -> str:
    """Groups of digits, of which some together may be a card number: 13 to 19 digits whose check digit is right."""
    run = match.group()
    if len(run) < 13:
        return run
    digits = "".join(_GROUP.findall(run))
    checked = _Checked(digits)
    shown: list[str] = []
    at = begin = after = 0
    groups = [group.span() for group in _GROUP.finditer(run)]
    for number, (start, end) in enumerate(groups):
        begin, after = after, after + end - start
        if start < at:
            continue
        card, last = 0, begin
        for first, until in groups[number : number + 19]:
            last += until - first
            if last - begin > 19:
                break
            if last - begin >= 13 and checked.fits(begin, last):
                card = until
        if card:
            shown += [run[at:start], MASK]
            at = card
    return "".join([*shown, run[at:]])


class _Checked:
    """Luhn's check of any part of a long run of digits, each in the same short time."""

    def __init__(self, digits: str) -> None:
        plain, doubled = [0, 0], [0, 0]
        # Sums so far over the places of each parity, one to the left of where the place itself is.
        self._plain: Final = [(0, 0)]
        self._doubled: Final = [(0, 0)]
        for place, char in enumerate(digits):
            digit = int(char)
            plain[place % 2] += digit
            doubled[place % 2] += sum(divmod(2 * digit, 10))
            self._plain.append((plain[0], plain[1]))
            self._doubled.append((doubled[0], doubled[1]))

    def fits(self, begin: int, end: int) -> bool:
        """Whether the check digit of these places is right."""
        last = (end - 1) % 2
        plain = self._plain[end][last] - self._plain[begin][last]
        doubled = self._doubled[end][1 - last] - self._doubled[begin][1 - last]
        return (plain + doubled) % 10 == 0


_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
