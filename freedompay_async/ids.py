"""Request ids: one for each intent, made before the first byte is sent."""

from __future__ import annotations

import os
import re
from hashlib import sha1
from json.encoder import encode_basestring
from typing import Final
from uuid import UUID

from freedompay_async.errors import ConfigurationError
from freedompay_async.secret import Secret

__all__ = ["checked_request_id", "derive_request_id", "new_request_id"]

_ID: Final = re.compile(r"[!-~]{1,128}")

# RFC 9562, 5.4 and 5.5: all but the version and the variant is random, or a hash. Written here, because a `UUID` object in between takes
# longer than the rest.
_RANDOM: Final = ~((0xF << 76) | (0x3 << 62))
_VERSION_4: Final = (0x4 << 76) | (0x2 << 62)
_VERSION_5: Final = (0x5 << 76) | (0x2 << 62)
_NAMESPACE: Final = UUID("6d1f2f0c-4a57-5c4e-9d0b-2f5f8f0f6b5a")


def new_request_id() -> str:
    """A fresh random id (UUID version 4)."""
    return _text(int.from_bytes(os.urandom(16)) & _RANDOM | _VERSION_4)


def derive_request_id(merchant: str, batch: str, row: str, step: str) -> str:
    """The same id for the same merchant, batch, row and step, on every machine and at any time (UUID version 5).

    A row that is sent again under this id can't issue a second card: the issuer refuses an id that it has seen
    (docs.freedompay.kg, doc-833009). For how long it does is not public.
    """
    # JSON, because a plain separator could make two different quadruples read alike.
    name = f"[{', '.join(map(encode_basestring, (merchant, batch, row, step)))}]".encode()
    return _text(int.from_bytes(sha1(_NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16]) & _RANDOM | _VERSION_5)


def _text(number: int) -> str:
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def checked_request_id(request_id: object) -> str:
    """The caller's id, if it can go into a header as well as into a body.

    Raises:
        ConfigurationError: it can't.
    """
    # A secret would go out as `***`: an id is no secret, because it is in every log.
    if not isinstance(request_id, str) or isinstance(request_id, Secret) or not _ID.fullmatch(request_id):
        raise ConfigurationError("request_id is no UUID, nor another text of 1 to 128 ASCII characters without spaces. Nothing was sent.")
    return request_id
