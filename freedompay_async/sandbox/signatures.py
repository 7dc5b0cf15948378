"""Whether a request is signed as the vendor's pages say: pure functions of what came in.

`Sign`: docs.freedompay.kg, doc-833009. `X-JWS-Signature`: docs.freedompay.kz, doc-760202. Written apart from the code that
signs, so that one misreading can't agree with itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["complaint"]

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
_ALGORITHMS: Final = {"HS512": hashlib.sha512, "HS256": hashlib.sha256}
_WRONG_BYTES: Final = "wrong key, or the signed bytes are not the bytes that came"


class _Protected(msgspec.Struct, kw_only=True):
    """The header of a detached JWS."""

    uri: str
    auth_id: str
    method: str
    params: str
    alg: str


def complaint(*, headers: Mapping[str, str], path: str, body: bytes, auth_id: str, secret_key: str) -> str | None:
    """What is wrong with a signature, or `None` if every signature that is there is right.

    `headers` finds a name without regard to case; `path` is the path without a query; `body` is the raw bytes.
    """
    key = secret_key.encode()
    sign = headers.get("Sign")
    jws = headers.get("X-JWS-Signature")
    if sign is None and jws is None:
        return "no signature: neither Sign nor X-JWS-Signature is there"
    if sign is not None and (wrong := _of_sign(sign, merchant=headers.get("Auth-Id"), body=body, auth_id=auth_id, key=key)):
        return wrong
    return None if jws is None else _of_jws(jws, path=path, body=body, auth_id=auth_id, key=key)


def _of_sign(sign: str, *, merchant: str | None, body: bytes, auth_id: str, key: bytes) -> str | None:
    if merchant != auth_id:
        return "wrong merchant: Auth-Id is absent or another's"
    return None if _same(sign, hashlib.sha256(body + key).hexdigest()) else _WRONG_BYTES


def _of_jws(value: str, *, path: str, body: bytes, auth_id: str, key: bytes) -> str | None:
    header, dots, signature = value.partition("..")
    if not dots or not _BASE64URL.fullmatch(header) or not _BASE64URL.fullmatch(signature):
        return "malformed signature: not <base64url>..<base64url> without padding"
    try:
        protected = msgspec.json.decode(urlsafe_b64decode(header + "=" * (-len(header) % 4)), type=_Protected)
    except (msgspec.MsgspecError, ValueError) as wrong:
        return f"malformed signature: its header can't be read: {wrong}"
    algorithm = _ALGORITHMS.get(protected.alg)
    if algorithm is None:
        return "unknown alg: HS512 and HS256 are known"
    if protected.auth_id != auth_id:
        return "wrong merchant: auth_id is another's"
    if protected.uri != path:
        return f"wrong path: signed for {protected.uri}"
    if protected.method != "POST":
        return "wrong method: POST is signed"
    if protected.params:
        return "wrong params: an empty string is signed"
    signed = header.encode() + b"." + urlsafe_b64encode(body).rstrip(b"=")
    digest = hmac.new(key, signed, algorithm).digest()
    return None if _same(signature, urlsafe_b64encode(digest).rstrip(b"=").decode()) else _WRONG_BYTES


def _same(given: str, right: str) -> bool:
    # A header may hold bytes that are not UTF-8; aiohttp hands them on as surrogates.
    return hmac.compare_digest(given.encode(errors="surrogateescape"), right.encode())
