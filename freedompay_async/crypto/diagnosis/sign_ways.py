"""How a `Sign` may have been made: the right way, and those that are known to go wrong."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final

from freedompay_async.crypto.diagnosis.base64_forms import unpadded
from freedompay_async.crypto.diagnosis.body_forms import body_forms
from freedompay_async.crypto.diagnosis.matching import Way, body_slip, key_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from freedompay_async.redaction.secret import SecretKey

__all__ = ["sign_ways"]


def sign_ways(body: bytes, key: SecretKey) -> Iterator[Way]:
    """Every way that is tried."""
    for form, secret, (how, make), (shape, write) in product(body_forms(body), list(key_forms(key)), _HASHES, _SHAPES):
        slips = (*body_slip(form), *secret.slips, *how, *shape)
        yield Way(slips, partial(_signed, write, make, form.data, secret.data))


def _signed(write: Callable[[bytes], bytes], make: Callable[[bytes, bytes], bytes], body: bytes, key: bytes) -> bytes:
    return write(make(body, key))


_HASHES: Final[tuple[tuple[tuple[str, ...], Callable[[bytes, bytes], bytes]], ...]] = (
    ((), lambda body, key: hashlib.sha256(body + key).digest()),
    (("the key stood before the body; it stands after it",), lambda body, key: hashlib.sha256(key + body).digest()),
    (
        ("it is an HMAC-SHA-256 of the body; the scheme is a plain SHA-256 of the body followed by the key",),
        lambda body, key: hmac.digest(key, body, "sha256"),
    ),
    (("a semicolon stood between body and key; nothing does",), lambda body, key: hashlib.sha256(body + b";" + key).digest()),
    (("it was made without the key",), lambda body, _: hashlib.sha256(body).digest()),
    (("it is a SHA-512; the scheme is SHA-256",), lambda body, key: hashlib.sha512(body + key).digest()),
    (("it is a SHA-1; the scheme is SHA-256",), lambda body, key: hashlib.sha1(body + key).digest()),  # noqa: S324 - what others did
    (("it is an MD5; the scheme is SHA-256",), lambda body, key: hashlib.md5(body + key).digest()),  # noqa: S324 - as above
)
_SHAPES: Final[tuple[tuple[tuple[str, ...], Callable[[bytes], bytes]], ...]] = (
    ((), lambda digest: digest.hex().encode()),
    (("it is in upper-case hex; the scheme wants lower case",), lambda digest: digest.hex().upper().encode()),
    (("it is in base64; the scheme wants hex",), b64encode),
    (("it is in base64url; the scheme wants hex",), unpadded),
)
