"""Raw answers as text that may be logged: secrets are masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from freedompay_async.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freedompay_async.secret import Secret

__all__ = ["concealed", "mask", "mask_text"]

_NAMED: Final = re.compile(
    r"""(?ix) ( "(?: \w*_ | new | old )? (?: \w*secret\w* | pan | card_?number | cvv2? | cvc2? | pin | otp | password | document
                     | expiry | exp )
                 (?: _\w* | key | code | block | date )?" \s* : \s* )
        (?: "(?: [^"\\] | \\. )*"? | \[ [^\]]* \]? | \{ [^}]* \}? | -? \d[\d.]* )"""
)
_RUN: Final = re.compile(r"[0-9]+(?:[ -][0-9]+)*")
_GROUP: Final = re.compile(r"[0-9]+")
# Where a body is cut, what is left of a number may be the better part of a card's.
_LAST_RUN: Final = re.compile(r"[0-9][0-9 -]*$")


def mask(body: bytes, *, most: int = 16_384) -> str:
    """At most `most` bytes of the body as text; the values of secret fields and whatever reads like a card number become `***`."""
    text = body[:most].decode("utf-8", "replace")
    rest = len(body) - most
    if rest <= 0:
        return mask_text(text)
    return f"{mask_text(_LAST_RUN.sub('', text))}… ({rest} bytes more)"


def mask_text(text: str) -> str:
    """The same for text of any length."""
    return _RUN.sub(_mask_run, _NAMED.sub(r'\1"***"', text))


def concealed(text: str, secrets: Iterable[Secret]) -> str:
    """The text without these values, plain or as JSON writes them."""
    for secret in secrets:
        value = secret._value or ""
        # A value of a letter or two is in every text.
        if len(value) > 2:
            for form in (value, value.replace("/", r"\/")):
                text = text.replace(form, MASK)
    return text


def _mask_run(match: re.Match[str]) -> str:
    """Groups of digits, of which some together may be a card number: 13 to 19 digits whose check digit is right."""
    run = match.group()
    if len(run) < 13:
        return run
    groups = [(group.start(), group.end()) for group in _GROUP.finditer(run)]
    shown, at = "", 0
    for number, (start, _) in enumerate(groups):
        if start < at:
            continue
        digits, card = "", 0
        for first, last in groups[number:]:
            digits += run[first:last]
            if len(digits) > 19:
                break
            if len(digits) >= 13 and _luhn(digits):
                card = last
        if card:
            shown, at = f"{shown}{run[at:start]}***", card
    return shown + run[at:]


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
