"""Request ids: one for each intent, made before the first byte is sent."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from hashlib import sha1
from json.encoder import encode_basestring
from typing import Final, TypeAlias
from unicodedata import is_normalized, normalize
from uuid import UUID

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal
from freedompay_async.redaction.secret import Secret

__all__ = [
    "BadName",
    "RequestId",
    "checked_name",
    "checked_request_id",
    "checked_uuid",
    "derive_intent_id",
    "derive_request_id",
    "is_uuid",
    "new_request_id",
    "one_name",
]

RequestId: TypeAlias = str | UUID
"""A request id of a caller. It is sent as text."""

_ID: Final = re.compile(r"[!-~]{1,128}")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LONGEST: Final = 200
_SHOWN: Final = 40

# Invisible characters: the default-ignorable code points (Unicode, DerivedCoreProperties.txt) and
# other format characters. U+0600 to U+0605 and similar ones are format characters too, but visible:
# without them, two names that look different would have one id, so they are refused instead.
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# The braille pattern without dots looks like a blank.
_EMPTY_DOTS: Final = "\u2800"
_BLANKS: Final = re.compile(rf"[\s{_EMPTY_DOTS}]+")

# RFC 9562, 5.4 and 5.5: all bits but version and variant are random, or a hash. Written here,
# because making a `UUID` object takes longer than all the rest.
_RANDOM: Final = ~((0xF << 76) | (0x3 << 62))
_VERSION_4: Final = (0x4 << 76) | (0x2 << 62)
_VERSION_5: Final = (0x5 << 76) | (0x2 << 62)
_NAMESPACE: Final = UUID("6d1f2f0c-4a57-5c4e-9d0b-2f5f8f0f6b5a")


def is_uuid(request_id: str) -> bool:
    """Whether an id is a UUID in its usual text form, such as those that this library makes."""
    return _UUID.fullmatch(request_id) is not None


def new_request_id() -> str:
    """A new random id (UUID version 4)."""
    return _text(int.from_bytes(os.urandom(16)) & _RANDOM | _VERSION_4)


def derive_request_id(merchant: str, batch: str, row: str, step: str) -> str:
    """The same id for the same merchant, batch, row and step, on every machine and at any time
    (UUID version 5).

    A row that is sent again under this id can't issue a second card, because the issuer refuses an
    id that it has seen (docs.freedompay.kg, doc-833009). How long it remembers ids is not public.
    `one_name` brings merchant, batch and row into one form.

    Raises:
        ConfigurationError: one of them can't be part of an id.
    """
    # A batch asks twice for each row, always with the same merchant and batch.
    head = (
        _known_head(merchant, batch)
        if type(merchant) is type(batch) is str
        else _head(merchant, batch)
    )
    # An empty row has always had an id here, and an id never changes.
    row = "" if row == "" else checked_name("key", row)
    return _hashed(f"{head}{encode_basestring(row)}, {encode_basestring(step)}]")


def derive_intent_id(merchant: str, call: str, key: str) -> str:
    """The same id for the same merchant, call and key, on every machine and at any time.

    It is never the id of a row of a batch, which is made of four texts.

    Raises:
        ConfigurationError: the merchant or the key can't be part of an id.
    """
    parts = checked_name("merchant id", merchant), call, checked_name("key", key)
    return _hashed(f"[{', '.join(encode_basestring(part) for part in parts)}]")


def _hashed(name: str) -> str:
    digest = sha1(_NAMESPACE.bytes + name.encode(), usedforsecurity=False).digest()
    return _text(int.from_bytes(digest[:16]) & _RANDOM | _VERSION_5)


def _head(merchant: str, batch: str) -> str:
    # JSON, because with a simple separator two different quadruples could have one text.
    merchant = "" if merchant == "" else checked_name("merchant id", merchant)
    batch = "" if batch == "" else checked_name("batch name", batch)
    return f"[{encode_basestring(merchant)}, {encode_basestring(batch)}, "


_known_head: Final = lru_cache(maxsize=16)(_head)


def _text(number: int) -> str:
    text = number.to_bytes(16).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class BadName(ValueError):
    """A text can't be part of a request id. The message is the rest of a sentence about it."""


def one_name(what: str, value: object) -> str:
    """The one form of a merchant id, a batch name or a key, for request ids.

    Texts that look the same become the same text, however they were typed or pasted: composed
    letters (NFC), no invisible characters, one space for each run of blanks and line breaks, and no
    space at the ends.

    Raises:
        BadName: the value is no text, is empty or too long, or has control characters.
    """
    # A quick first check: nearly every name has that form already.
    if (
        type(value) is str
        and value.isprintable()
        and (
            value.isascii()
            or (
                is_normalized("NFC", value)
                and not _UNSEEN.search(value)
                and _EMPTY_DOTS not in value
            )
        )
        and 0 < len(value) <= _LONGEST
        and "  " not in value
        and value[0] != " "
        and value[-1] != " "
    ):
        return value
    if not isinstance(value, str) or isinstance(value, Secret):
        kind = (
            "a secret, and an id is in every log"
            if isinstance(value, Secret)
            else f"of type {type(value).__name__}"
        )
        raise BadName(f"is {kind}: give a text")
    # Invisible characters are removed first, because they keep letters from being composed and
    # blanks from being at the end.
    name = _BLANKS.sub(" ", normalize("NFC", _UNSEEN.sub("", value))).strip(" ")
    if not name:
        raise BadName(
            f"has no visible character: give a {what}" if value else f"is empty: give a {what}"
        )
    if len(name) > _LONGEST:
        raise BadName(f"has {len(name)} characters: a {what} has at most {_LONGEST}")
    # Besides blanks, only these are not printable: control, format, surrogate, private use,
    # unassigned.
    bad = next((char for char in name if not char.isprintable()), None)
    if bad is not None:
        raise BadName(
            f"has a character that can't be seen (U+{ord(bad):04X}): delete it or write a space"
        )
    return name


def checked_name(what: str, value: object) -> str:
    """The one form of a text that goes into request ids; see `one_name`.

    Raises:
        ConfigurationError: the text can't be part of an id.
    """
    try:
        return one_name(what, value)
    except BadName as error:
        shown = (
            f" {value[:_SHOWN]!r}{'…' * (len(value) > _SHOWN)}"
            if isinstance(value, str) and value
            else ""
        )
        raise ConfigurationError(f"the {what}{shown} {error}. Nothing was sent.") from None


def checked_request_id(request_id: object) -> str:
    """The text of a caller's id, which may be a `uuid.UUID`. A header and a body can both hold it.

    Raises:
        ConfigurationError: it is no such id.
    """
    # A quick first check, which nearly every id passes.
    if type(request_id) is str and _ID.fullmatch(request_id):
        return request_id
    if isinstance(request_id, UUID):
        return str(request_id)
    # A secret would be sent as `***`. An id is no secret, because it is in every log.
    if (
        isinstance(request_id, str)
        and not isinstance(request_id, Secret)
        and _ID.fullmatch(request_id)
    ):
        # msgspec does not write a subclass of `str`.
        return str.__str__(request_id)
    if isinstance(request_id, str):
        raise ConfigurationError(
            "request_id is no UUID and no text of 1 to 128 ASCII characters without spaces. "
            "Nothing was sent."
        )
    raise refusal("request_id", request_id, "a UUID, as text (str) or as a uuid.UUID")


def checked_uuid(request_id: object) -> str:
    """The text of an id that has to be a UUID, as text or as a `uuid.UUID`.

    Raises:
        ConfigurationError: it is none.
    """
    text = checked_request_id(request_id)
    if not is_uuid(text):
        raise ConfigurationError(
            "request_id is no UUID, such as 0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11. Nothing was "
            "sent. `requests.status` asks about an id of any other form."
        )
    return text
