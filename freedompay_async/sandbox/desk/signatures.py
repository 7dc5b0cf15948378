"""Whether a request is signed as the vendor's pages say: pure functions of what came in.

`Sign`: docs.freedompay.kg, doc-833009. `X-JWS-Signature`: docs.freedompay.kz, doc-760202. Written apart from the code that
signs, so that one misreading can't agree with itself.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.sandbox.desk import misfits
from freedompay_async.sandbox.desk.misfits import b64url, from_b64url, same

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["complaint", "schemes_of", "signed_text"]

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
_ALGORITHMS: Final = ("HS512", "HS256")
# It stands where the key goes, and is no key.
_KEY: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}secret key\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


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
    return None if jws is None else _of_jws(jws, path=path, body=body, auth_id=auth_id, key=key, host=headers.get("Host", ""))


def schemes_of(headers: Mapping[str, str]) -> frozenset[str]:
    """The schemes of the signatures that are there and can be read: `sign`, `jws-hs512`, `jws-hs256`."""
    found = {"sign"} if "Sign" in headers else set[str]()
    header, dots, _ = headers.get("X-JWS-Signature", "").partition("..")
    if dots:
        found.add(f"jws-{msgspec.json.decode(from_b64url(header), type=_Protected).alg.lower()}")
    return frozenset(found)


def signed_text(*, headers: Mapping[str, str], body: bytes) -> str:
    """What the issuer signs to check a request; empty without a signature or without a header to sign."""
    if "Sign" in headers:
        return body.decode(errors="replace") + _KEY
    header, dots, _ = headers.get("X-JWS-Signature", "").partition("..")
    return f"{header}.{b64url(body)}" if dots and header else ""


def _of_sign(sign: str, *, merchant: str | None, body: bytes, auth_id: str, key: bytes) -> str | None:
    if merchant != auth_id:
        return "wrong merchant: Auth-Id is absent or another's"
    return None if same(sign, hashlib.sha256(body + key).hexdigest()) else misfits.of_sign(sign, body=body, key=key)


def _of_jws(value: str, *, path: str, body: bytes, auth_id: str, key: bytes, host: str) -> str | None:
    header, dots, signature = value.partition("..")
    if not dots or not _BASE64URL.fullmatch(header) or not _BASE64URL.fullmatch(signature):
        return f"malformed signature: not <base64url>..<base64url> without padding{_form(value)}"
    try:
        protected = msgspec.json.decode(from_b64url(header), type=_Protected)
    except (msgspec.MsgspecError, ValueError) as wrong:
        return f"malformed signature: its header can't be read: {wrong}"
    if protected.alg not in _ALGORITHMS:
        return "unknown alg: HS512 and HS256 are known"
    if protected.auth_id != auth_id:
        return "wrong merchant: auth_id is another's"
    if protected.uri != path:
        return f"wrong path: signed for {protected.uri}{_path(protected.uri, path)}"
    if protected.method != "POST":
        return "wrong method: POST is signed"
    if protected.params:
        return "wrong params: an empty string is signed"
    if misfits.fits(signature, f"{header}.{b64url(body)}".encode(), key, protected.alg):
        return None
    return misfits.of_jws(signature, header=header, body=body, key=key, path=path, host=host)


def _form(value: str) -> str:
    if value.count(".") == 2 and ".." not in value:
        return ": the payload is in it, and has to be taken out"
    return ": there is padding" if "=" in value else ""


def _path(uri: str, path: str) -> str:
    if "://" in uri and uri.partition("://")[2].endswith(path):
        return ", which is the whole URL: uri is the path alone"
    if uri.partition("?")[0] == path:
        return ", which has a query: uri is the path alone"
    return f", and the call came to {path}"
