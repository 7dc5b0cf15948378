"""Raw answers as text that may be logged: secrets are masked."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["mask"]

_NAMED: Final = re.compile(
    r"""(?ix) ( "(?: \w*secret\w* | pan | card_?number | cvv2? | cvc2? | pin | otp | password | document | expiry )" \s* : \s* )
        (?: "(?: [^"\\] | \\. )*"? | -? \d[\d.]* )"""
)
_DIGITS: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")


def mask(body: bytes, *, most: int = 16_384) -> str:
    """At most `most` bytes of the body as text; the values of secret fields and whatever reads like a card number become `***`."""
    text = body[:most].decode("utf-8", "replace")
    text = _NAMED.sub(r'\1"***"', text)
    text = _DIGITS.sub(lambda run: "***" if _luhn(run.group()) else run.group(), text)
    rest = len(body) - most
    return f"{text}… ({rest} bytes more)" if rest > 0 else text


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
