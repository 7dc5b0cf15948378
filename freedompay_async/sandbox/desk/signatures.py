"""Checks whether a request is signed as the vendor's pages say. Pure.

`Sign`: docs.freedompay.kg, doc-833009. `X-JWS-Signature`: docs.freedompay.kz, doc-760202. It shares
no code with the package's signers, so that one misreading can't agree with itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NO_FIT", "Diagnose", "complaint", "is_same", "schemes_of", "signed_text"]

NO_FIT: Final = "wrong key, or other bytes were signed"

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
_ALGORITHMS: Final = {"HS512": "sha512", "HS256": "sha256"}
# A placeholder for the key.
_KEY: Final = (
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}secret "
    "key\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
)


class Diagnose(Protocol):
    """Finds out how a signature that does not fit came about."""

    def __call__(
        self, *, headers: Mapping[str, str], path: str, body: bytes, secret_key: str
    ) -> str:
        """What is wrong, in a sentence without the key; empty if that is not found out."""
        ...


class _Protected(msgspec.Struct, kw_only=True):
    """The header of a detached JWS."""

    uri: str
    auth_id: str
    method: str
    params: str
    alg: str


def complaint(
    *,
    headers: Mapping[str, str],
    path: str,
    body: bytes,
    auth_id: str,
    secret_key: str,
    diagnose: Diagnose | None = None,
) -> str | None:
    """What is wrong with a request's signature; `None` if all its signatures are right.

    `headers` finds a name in any case; `path` has no query; `body` is the raw bytes; `diagnose` is
    asked about a signature that does not fit.
    """
    key = secret_key.encode()
    sign = headers.get("Sign")
    jws = headers.get("X-JWS-Signature")
    if sign is None and jws is None:
        return "no signature: neither Sign nor X-JWS-Signature is there"
    if sign is not None:
        if headers.get("Auth-Id") != auth_id:
            return "wrong merchant: Auth-Id is absent or another's"
        if not is_same(sign, hashlib.sha256(body + key).hexdigest()):
            return _misfit(
                "Sign", diagnose, headers=headers, path=path, body=body, secret_key=secret_key
            )
    if jws is not None:
        if wrong := _wrong_parts(jws, path=path, auth_id=auth_id):
            return wrong
        if not _fits(jws, body=body, key=key):
            return _misfit(
                "X-JWS-Signature",
                diagnose,
                headers=headers,
                path=path,
                body=body,
                secret_key=secret_key,
            )
    return None


def _misfit(
    name: str,
    diagnose: Diagnose | None,
    *,
    headers: Mapping[str, str],
    path: str,
    body: bytes,
    secret_key: str,
) -> str:
    """Why a signature does not fit this body and key, as far as that is found out."""
    what = f"{NO_FIT}: {name} does not fit this body and this key"
    if diagnose is None:
        return (
            f"{what}. `freedompay sign` finds out why: give it --path, --body-file and --signature"
        )
    try:
        why = diagnose(headers=headers, path=path, body=body, secret_key=secret_key)
    except Exception as error:  # noqa: BLE001 - the call is refused with or without a reason
        return f"{what}, and looking for the reason ended in {type(error).__name__}"
    return (
        f"wrong signature ({name}): {why}"
        if why
        else f"{NO_FIT}: no form of these bytes fits this key"
    )


def schemes_of(headers: Mapping[str, str]) -> frozenset[str]:
    """The schemes of a request's readable signatures: `sign`, `jws-hs512`, `jws-hs256`."""
    found = {"sign"} if "Sign" in headers else set[str]()
    jws = headers.get("X-JWS-Signature", "")
    if ".." in jws:
        found.add(f"jws-{_protected(jws).alg.lower()}")
    return frozenset(found)


def signed_text(*, headers: Mapping[str, str], body: bytes) -> str:
    """The text that a request's signature covers; empty without a signature or its header."""
    if "Sign" in headers:
        return body.decode(errors="replace") + _KEY
    header, dots, _ = headers.get("X-JWS-Signature", "").partition("..")
    return f"{header}.{_b64url(body)}" if dots and header else ""


def _wrong_parts(value: str, *, path: str, auth_id: str) -> str | None:
    header, dots, signature = value.partition("..")
    if not dots or not _BASE64URL.fullmatch(header) or not _BASE64URL.fullmatch(signature):
        return f"malformed signature: not <base64url>..<base64url> without padding{_form(value)}"
    try:
        protected = _protected(value)
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
    return "wrong params: an empty string is signed" if protected.params else None


def _fits(value: str, *, body: bytes, key: bytes) -> bool:
    header, _, signature = value.partition("..")
    digest = hmac.digest(
        key, f"{header}.{_b64url(body)}".encode(), _ALGORITHMS[_protected(value).alg]
    )
    return is_same(signature, _b64url(digest))


def _protected(value: str) -> _Protected:
    header = value.partition("..")[0]
    return msgspec.json.decode(
        urlsafe_b64decode(header + "=" * (-len(header) % 4)), type=_Protected
    )


def _b64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def is_same(header: str, right: str) -> bool:
    """Whether a header has the right value, compared in constant time."""
    # aiohttp hands bytes that are not UTF-8 on as surrogates.
    return hmac.compare_digest(header.encode(errors="surrogateescape"), right.encode())


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
