"""Why a signature does not fit: the mistakes that integrators make, tried one after the other.

Pure, and of bounded work: each mistake by itself, and other bytes together with another algorithm. A short body costs some hundreds of
hashes, a long one about twenty.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.sandbox.desk.json_forms import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["NO_FIT", "b64url", "fits", "from_b64url", "of_jws", "of_sign", "same"]

NO_FIT: Final = "wrong key, or other bytes were signed: no form of these bytes fits this key"

_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_HASHES: Final = {"HS512": hashlib.sha512, "HS256": hashlib.sha256, "HS384": hashlib.sha384}


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to make a digest of bytes and a key."""

    name: str
    digest: Callable[[bytes, bytes], bytes]


def same(given: str, right: str) -> bool:
    """Compares in constant time."""
    # A header may hold bytes that are not UTF-8; aiohttp hands them on as surrogates.
    return hmac.compare_digest(given.encode(errors="surrogateescape"), right.encode())


def b64url(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


# -- Sign

_RIGHT: Final = _Way("SHA-256 of the body and the key", lambda body, key: hashlib.sha256(body + key).digest())
_OTHER_WAYS: Final = (
    _Way("HMAC-SHA256", lambda body, key: hmac.digest(key, body, "sha256")),
    _Way("SHA-512 of the body and the key", lambda body, key: hashlib.sha512(body + key).digest()),
    _Way("SHA-256 of the key and then the body", lambda body, key: hashlib.sha256(key + body).digest()),
    _Way("SHA-256 of the body without the key", lambda body, _: hashlib.sha256(body).digest()),
    _Way("HMAC-SHA512", lambda body, key: hmac.digest(key, body, "sha512")),
    _Way("HMAC-SHA256 with the body as its key", lambda body, key: hmac.digest(body, key, "sha256")),
    _Way("SHA-1 of the body and the key", lambda body, key: hashlib.sha1(body + key, usedforsecurity=False).digest()),
    _Way("MD5 of the body and the key", lambda body, key: hashlib.md5(body + key, usedforsecurity=False).digest()),
)


def of_sign(sign: str, *, body: bytes, key: bytes) -> str:
    """What is wrong with a `Sign` that does not fit."""
    right = _RIGHT.digest(body, key)
    if same(sign.strip().lower(), right.hex()):
        return "wrong form: the hash is right, and has to be written in lower-case hex, without space around it"
    if _text(sign, right):
        return "wrong form: the hash is right, and has to be written in hex, not in Base64"
    for way in _OTHER_WAYS:
        if _any_text(sign, way.digest(body, key)):
            return f"wrong algorithm: Sign fits {way.name}; it is SHA-256 of the body directly followed by the key"
    for name, other in _wrong_keys_of(key):
        if _any_text(sign, _RIGHT.digest(body, other)):
            return f"wrong form of the key: Sign fits {name}"
    for separator, name in ((b" ", "a space"), (b":", "a colon"), (b";", "a semicolon"), (b"|", "a bar")):
        if _any_text(sign, _RIGHT.digest(body + separator, key)):
            return f"wrong bytes: Sign fits {name} between the body and the key; nothing goes between them"
    for form, text in forms(body):
        if _any_text(sign, _RIGHT.digest(text, key)):
            return f"wrong bytes: Sign fits {form}; sign the bytes that are sent"
        for way in _OTHER_WAYS:
            if _any_text(sign, way.digest(text, key)):
                return f"wrong algorithm and wrong bytes: Sign fits {way.name} over {form}"
    return NO_FIT


def _any_text(sign: str, digest: bytes) -> bool:
    return same(sign.strip().lower(), digest.hex()) or _text(sign, digest)


def _text(sign: str, digest: bytes) -> bool:
    return same(sign.strip().rstrip("="), b64encode(digest).decode().rstrip("=")) or same(sign.strip().rstrip("="), b64url(digest))


# -- X-JWS-Signature


def of_jws(signature: str, *, header: str, body: bytes, key: bytes, path: str, host: str) -> str:
    """What is wrong with a detached JWS whose header is right and whose signature does not fit; `host` is the header `Host`, or empty."""
    fields: dict[str, object] = msgspec.json.decode(from_b64url(header))
    alg = str(fields["alg"])
    payload = b64url(body)
    signed = f"{header}.{payload}".encode()
    for other in _HASHES:
        if other != alg and fits(signature, signed, key, other):
            return f"wrong algorithm: the signature fits {other}, and its header says {alg}"
    right = _mac(signed, key, alg)
    if same(signature, b64url(right.hex().encode())):
        return "wrong form: the digest is right, and its bytes go into Base64url, not their hex text"
    if same(signature, b64url(_HASHES[alg](signed + key).digest())):
        return f"wrong algorithm: the signature is a plain hash of the text and the key; {alg} is an HMAC"
    for name, text in _wrong_keys_of(key):
        if fits(signature, signed, text, alg):
            return f"wrong form of the key: the signature fits {name}"
    for name, text in _wrong_inputs(header, body, fields, path=path, host=host):
        if fits(signature, text, key, alg):
            return name
    for form, text in forms(body):
        for each in _HASHES:
            if fits(signature, f"{header}.{b64url(text)}".encode(), key, each):
                algorithm = "" if each == alg else f"wrong algorithm, {each}, and "
                return f"{algorithm}wrong bytes: the signature fits {form}; sign the bytes that are sent"
    return NO_FIT


def from_b64url(text: str) -> bytes:
    """The bytes of Base64url without padding; raises `ValueError`."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _wrong_inputs(header: str, body: bytes, fields: dict[str, object], *, path: str, host: str) -> Iterator[tuple[str, bytes]]:
    start = f"{header}.".encode()
    yield "wrong bytes: the signature fits the body as it is behind the header; the body goes there in Base64url", start + body
    yield "wrong bytes: the signature fits a payload with padding; Base64url goes without", start + urlsafe_b64encode(body)
    yield "wrong bytes: the signature fits a payload in plain Base64; it has to be Base64url without padding", start + b64encode(body)
    yield "wrong bytes: the signature fits the payload without the header before it", b64url(body).encode()
    yield "wrong bytes: the signature fits the body alone; the header and a dot go before it, both in Base64url", body
    yield "wrong bytes: the signature fits an empty payload in the way that it is sent, header..; the payload is signed", start + b"."
    yield "wrong bytes: the signature fits the header and the body without Base64url", from_b64url(header) + b"." + body
    uris = [path.removeprefix("/"), path + "/"]
    if host:
        uris += [f"{scheme}://{host}{path}" for scheme in ("http", "https")]
    for uri in uris:
        for spacing in (-1, 0):
            other = b64url(msgspec.json.format(msgspec.json.encode({**fields, "uri": uri}), indent=spacing))
            yield f"wrong path: the signature fits the uri {uri}, and the header that came says {path}", f"{other}.{b64url(body)}".encode()
    for spacing in (-1, 0):
        other = b64url(msgspec.json.format(from_b64url(header), indent=spacing))
        if other != header:
            yield (
                "wrong bytes: the signature fits another text of the header; sign the header that is sent",
                f"{other}.{b64url(body)}".encode(),
            )


def fits(signature: str, signed: bytes, key: bytes, alg: str) -> bool:
    """Whether a JWS signature is that of the text."""
    return same(signature, b64url(_mac(signed, key, alg)))


def _mac(signed: bytes, key: bytes, alg: str) -> bytes:
    return hmac.new(key, signed, _HASHES[alg]).digest()


# -- both


def _wrong_keys_of(key: bytes) -> Iterator[tuple[str, bytes]]:
    """The key in the forms that a settings file or a kind helper makes of it."""
    stripped = key.strip()
    if stripped != key:
        yield "the key without the white space around it", stripped
    yield "the key with a newline behind it, as a file has it", key + b"\n"
    yield "the key in quotes", b'"' + key + b'"'
    yield "an empty key", b""
    text = key.decode(errors="replace")
    if _HEX.fullmatch(text):
        yield "the key decoded from hex; it is used as it is", bytes.fromhex(text)
    for decode in (b64decode, urlsafe_b64decode):
        try:
            yield "the key decoded from Base64; it is used as it is", decode(key + b"=" * (-len(key) % 4))
        except ValueError:
            continue
    yield "the key encoded in Base64; it is used as it is", b64encode(key)
    yield "the key encoded in hex; it is used as it is", key.hex().encode()
