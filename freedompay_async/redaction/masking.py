"""Masks secrets in texts that came in, by their shape and by the names of fields.

Known secrets are hidden by `spelling.py`. The time is linear in the length of the text, because a
server chooses the text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import msgspec

from freedompay_async.redaction.secret import MASK
from freedompay_async.redaction.spelling import UUID_FORM, hide_known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freedompay_async.redaction.spelling import Known

__all__ = [
    "MOST_OF_TEXT",
    "TIME_FORM",
    "cut",
    "is_secret_name",
    "is_shaped",
    "mask_text",
    "masked_body",
    "masked_codes",
]

_WORDS: Final = frozenset(
    {
        *("secret", "secretkey", "token", "password", "passwd", "otp", "document", "smscode"),
        *("pan", "cardpan", "cardnumber", "cardno", "cvv", "cvv2", "cvc", "cvc2", "securitycode"),
        *("expiry", "exp", "expdate", "expirydate", "expiration", "expirationdate", "validthru"),
        *("pin", "newpin", "oldpin", "pincode", "pinblock", "track1", "track2"),
        *("apikey", "authorization", "passphrase", "pwd", "credential", "credentials"),
        *("privatekey", "accesskey", "signature", "jwt"),
    }
)
_OF_ONE: Final = frozenset({"id", "type", "kind", "status", "state", "count", "attempts", "length"})
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPLIT: Final = re.compile(r"[^a-z0-9]+")
# The quotes are escaped where the JSON is inside a text.
_NAME: Final = re.compile(r'(\\{0,3})"((?:\w|\\u[0-9a-fA-F]{4}){1,64})\1"\s{0,8}:\s{0,8}')
_PIECE: Final = re.compile(
    r'(\\{1,3})"(?:(?!\1").)*(?:\1")?|"(?:[^"\\]|\\.)*"?|[\[\]{},]|[^\s\[\]{},"]+'
)
_UNICODE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_GAP: Final = "[ \\-\u00a0\u2009\u2013\u2014]{1,2}"
_RUN: Final = re.compile(f"[0-9]+(?:{_GAP}[0-9]+)*")
_LONG_RUN: Final = re.compile("[0-9 \\-\u00a0\u2009\u2013\u2014]{13}")
_GROUP: Final = re.compile(r"[0-9]+")
# The number of a card as it is printed. Groups of four before it are taken with it, because nothing
# shows where it begins.
_PRINTED: Final = re.compile(
    f"(?<![0-9])[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{2,}}{_GAP}[0-9]{{1,7}}(?![0-9])"
)
# Base64, also base64url, as JSON and URLs write it. It may be wrapped into lines, the last of which
# is short. After a blank only a long piece counts.
_LETTER: Final = r"(?:[A-Za-z0-9+/_-]|\\{1,8}/|%2[BbFf]|\\{1,8}u002[BbFf])"
_BASE64: Final = re.compile(
    rf"(?<![A-Za-z0-9+/_-]){_LETTER}{{16,}}+"
    rf"(?:(?:\\{{1,8}}[rn]|[\r\n])++[ \t]*+{_LETTER}++|[ \t]++{_LETTER}{{40,}}+)*+"
    rf"(?:=|%3[Dd]|\\{{1,8}}u003[Dd]){{0,2}}"
)
_UUIDS: Final = re.compile(UUID_FORM)
_ONE_LETTER: Final = re.compile(_LETTER)
_SHORTEST: Final = 64
TIME_FORM: Final = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
"""A pattern of a date, or of a time with or without an offset."""
# A code, in one piece or digit by digit. Times and the digits of a UUID are no codes.
_CODES: Final = re.compile(
    rf"(?P<other>{UUID_FORM}|(?<!\d){TIME_FORM}(?!\d)"
    r"|(?<!\d)\d{1,2}\.\d{1,2}\.\d{4}(?: \d\d:\d\d(?::\d\d)?)?(?!\d)|(?<!\d)\d{8}T\d{6}Z?(?!\d))"
    r"|(?<!\d)(?:\d{3,8}|\d{1,2}(?:[ .\-\u00a0]\d{1,2}){1,7})(?!\d)"
)
# A quick test of a whole body for such a run: it replaces each of these letters by the same one.
_AS_LETTERS: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_%=-", b"A" * 68
)
_AS_DIGITS: Final = bytes.maketrans(b"0123456789 -", b"0" * 12)
_LETTERS: Final = b"A" * 64
_NUMBER: Final = b"0" * 13
# All of a text but its last word.
_WORDS_BEFORE: Final = re.compile(r".*[\s\"'<>(){}\[\],;:=&?|]", re.DOTALL)
_LONGEST_WORD: Final = 200
_DIGITS: Final = "0123456789 -"
# The most characters of an issuer's text, and of a whole body, that are read; no more are shown.
MOST_OF_TEXT: Final = 2_000
_MOST_OF_BODY: Final = 65_536
_DEEPEST: Final = 60


def masked_body(
    body: bytes, known: Iterable[Known] = (), *, codes: bool = False, most: int = 16_384
) -> str:
    """At most `most` characters of an answer. Known secrets, the values of secret fields, and what
    has the shape of a secret become `***`.
    """
    text = body[: 4 * _MOST_OF_BODY].decode("utf-8", "replace")
    whole, counted = len(text), "characters"
    if len(body) > 4 * _MOST_OF_BODY:
        whole, counted = len(body), "bytes"
    # Hidden before it is cut, because half a secret can't be recognised.
    text = hide_known(text[:_MOST_OF_BODY], known)
    if whole <= _MOST_OF_BODY:
        text = _masked_json(text)
    text = mask_text(text)
    if codes:
        text = masked_codes(text)
    rest = max(len(text), whole) - most
    return f"{cut(text, most)}… ({rest} {counted} more)" if rest > 0 else text


def mask_text(text: str) -> str:
    """The same for a text of any length, which need not be JSON."""
    if '"' in text:
        text = _without_named(text)
    text = _BASE64.sub(_mask_letters, text)
    # Most texts, dates among them, have no run that could be a card number.
    return _RUN.sub(_mask_run, _PRINTED.sub(MASK, text)) if _LONG_RUN.search(text) else text


def _mask_letters(match: re.Match[str]) -> str:
    """Mask a run of at least 64 letters, unless it is a list of UUIDs."""
    text = match[0]
    if len(text) < _SHORTEST or not _UUIDS.sub("", text).strip():
        return text
    return (
        MASK if len(text) > 2 * _SHORTEST or len(_ONE_LETTER.findall(text)) >= _SHORTEST else text
    )


def masked_codes(text: str) -> str:
    """The text without any 3 to 8 digits that may be a code."""
    return _CODES.sub(
        lambda match: match[0] if match["other"] or _digits_in(match[0]) < 3 else MASK, text
    )


def cut(text: str, most: int = MOST_OF_TEXT) -> str:
    """At most `most` characters. The word at the cut is left out, because it may be most of a
    secret.
    """
    if len(text) <= most:
        return text
    begin = max(most - _LONGEST_WORD, 0)
    before = _WORDS_BEFORE.match(text[begin:most])
    return (text[:begin] + (before[0] if before else "")).rstrip(_DIGITS)


def is_shaped(body: bytes) -> bool:
    """Whether `mask_text` may change a text in these bytes: they have a run, or escaped letters."""
    if not body.isascii() or b"\\" in body:
        return True
    return _LETTERS in body.translate(_AS_LETTERS) or _NUMBER in body.translate(_AS_DIGITS)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret, such as `newPin` or `card_number`.

    The id, type or status of a secret is none.
    """
    return _is_secret_name(name[:64])


@lru_cache(4096)
def _is_secret_name(name: str) -> bool:
    words = [word for word in _SPLIT.split(_CAMEL.sub("_", name).lower()) if word]
    if not words or words[-1] in _OF_ONE:
        return False
    pairs = (first + second for first, second in pairwise(words))
    return (
        not _WORDS.isdisjoint(words)
        or not _WORDS.isdisjoint(pairs)
        or any("secret" in word for word in words)
    )


def _digits_in(text: str) -> int:
    return sum(map(str.isdigit, text))


def _masked_json(text: str, depth: int = 0) -> str:
    """JSON without the values of secret fields. A text without such fields, or that is no JSON,
    stays as it is.
    """
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
        return {
            name: MASK if is_secret_name(name) and part is not None else _hide(part, depth + 1)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_hide(part, depth + 1) for part in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _masked_json(value, depth + _DEEPEST // 4)
    return value


def _without_named(text: str) -> str:
    """Mask the value after each secret name, where the JSON was cut or stands inside a text."""
    parts: list[str] = []
    at = 0
    for named in _NAME.finditer(text):
        if named.start() >= at and is_secret_name(
            _UNICODE.sub(lambda match: chr(int(match[1], 16)), named[2])
        ):
            parts += [text[at : named.end()], f'{named[1]}"{MASK}{named[1]}"']
            at = _value_end(text, named.end())
    return "".join([*parts, text[at:]])


def _value_end(text: str, at: int) -> int:
    """Where the value that begins here ends: after its text, or after its last bracket."""
    depth = 0
    for piece in _PIECE.finditer(text, at):
        depth += (piece[0] in "[{") - (piece[0] in "]}")
        if depth < 0 or (depth == 0 and piece[0] == ","):
            return piece.start()
        if depth == 0:
            return piece.end()
    return len(text)


def _mask_run(match: re.Match[str]) -> str:
    """Mask the groups of digits that may be a card number together: 13 to 19 digits.

    One group of that length is always masked; several groups only if the check digit is right.
    """
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
            if last - begin >= 13 and (first == start or checked.fits(begin, last)):
                card = until
        if card:
            shown += [run[at:start], MASK]
            at = card
    return "".join([*shown, run[at:]])


class _Checked:
    """Luhn's check for any part of a long run of digits, in constant time for each part."""

    def __init__(self, digits: str) -> None:
        single, doubled = [0, 0], [0, 0]
        # Entry n has the sums over the first n places, for even and for odd places.
        self._single: Final = [(0, 0)]
        self._doubled: Final = [(0, 0)]
        for place, char in enumerate(digits):
            digit = int(char)
            single[place % 2] += digit
            doubled[place % 2] += sum(divmod(2 * digit, 10))
            self._single.append((single[0], single[1]))
            self._doubled.append((doubled[0], doubled[1]))

    def fits(self, begin: int, end: int) -> bool:
        """Whether the check digit of these places is right."""
        last = (end - 1) % 2
        single = self._single[end][last] - self._single[begin][last]
        doubled = self._doubled[end][1 - last] - self._doubled[begin][1 - last]
        return (single + doubled) % 10 == 0


_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
