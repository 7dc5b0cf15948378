"""Raw answers as text that may be logged: secrets are masked."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["mask", "mask_text"]

_NAMED: Final = re.compile(
    r"""(?ix) ( "(?: \w*secret\w* | pan | card_?number | cvv2? | cvc2? | pin | otp | password | document | expiry )" \s* : \s* )
        (?: "(?: [^"\\] | \\. )*"? | -? \d[\d.]* )"""
)
# A whole run of digits, or groups as they are printed on a card.
_DIGITS: Final = re.compile(
    r"(?<![0-9]) (?: [0-9]{13,19} | [0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7} | [0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5} ) (?![0-9])",
    re.VERBOSE,
)
# So many bytes behind the cut are read too, so that what straddles it is recognised.
_STRADDLE: Final = 32


def mask(body: bytes, *, most: int = 16_384) -> str:
    """At most `most` bytes of the body as text; the values of secret fields and whatever reads like a card number become `***`."""
    text = mask_text(body[: most + _STRADDLE].decode("utf-8", "replace"))
    rest = len(body) - most
    return f"{text.encode()[:most].decode('utf-8', 'replace')}… ({rest} bytes more)" if rest > 0 else text


def mask_text(text: str) -> str:
    """The same for text of any length."""
    text = _NAMED.sub(r'\1"***"', text)
    return _DIGITS.sub(lambda run: "***" if _luhn(run.group()) else run.group(), text)


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
