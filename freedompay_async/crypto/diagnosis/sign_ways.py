"""The ways in which a `Sign` may have been made: the right one and known mistakes."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING, Final

from freedompay_async.crypto.diagnosis import matching
from freedompay_async.crypto.diagnosis.base64_forms import unpadded
from freedompay_async.crypto.diagnosis.body_forms import body_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from freedompay_async.redaction.secret import SecretKey

__all__ = ["sign_cause"]


def sign_cause(signature: str, *, body: bytes, key: SecretKey, work: int | None = None) -> str:
    """How a `Sign` was made, or `RIGHT` or `NO_FORM`; see `fewest_slips`."""
    return matching.fewest_slips(
        _ways(body, key), partial(_written, signature.encode(errors="surrogateescape")), work=work
    )


def _ways(body: bytes, key: SecretKey) -> Iterator[matching.Way]:
    forms, keys = body_forms(body), matching.key_forms(key)
    for at_form, at_key, at_hash in matching.few_changes(len(forms), len(keys), len(_HASHES)):
        form, secret, (how, make) = forms[at_form], keys[at_key], _HASHES[at_hash]
        yield matching.Way(
            (*matching.body_slip(form), *secret.slips, *how),
            len(form.data),
            partial(make, form.data, secret.data),
        )


def _written(signature: bytes, digest: bytes) -> tuple[str, ...] | None:
    text = digest.hex().encode()
    if hmac.compare_digest(signature, text):
        return ()
    if hmac.compare_digest(signature.lower(), text):
        return ("it is in upper-case hex; the scheme wants lower case",)
    for name, encoded in (
        ("base64", b64encode(digest).rstrip(b"=")),
        ("base64url", unpadded(digest)),
    ):
        if hmac.compare_digest(signature.rstrip(b"="), encoded):
            return (f"it is in {name}; the scheme wants hex",)
    return None


_SCHEME: Final = "the scheme is the SHA-256 of the body followed by the key"
_HASHES: Final[tuple[tuple[tuple[str, ...], Callable[[bytes, bytes], bytes]], ...]] = (
    ((), lambda body, key: hashlib.sha256(body + key).digest()),
    (
        ("the key stood before the body; it stands after it",),
        lambda body, key: hashlib.sha256(key + body).digest(),
    ),
    (
        (f"it is an HMAC-SHA-256 of the body; {_SCHEME}",),
        lambda body, key: hmac.digest(key, body, "sha256"),
    ),
    (
        (f"it is an HMAC-SHA-512 of the body; {_SCHEME}",),
        lambda body, key: hmac.digest(key, body, "sha512"),
    ),
    (
        (f"it is an HMAC-SHA-256 with the body as its key; {_SCHEME}",),
        lambda body, key: hmac.digest(body, key, "sha256"),
    ),
    (
        ("a semicolon stood between body and key; nothing does",),
        lambda body, key: hashlib.sha256(body + b";" + key).digest(),
    ),
    (
        ("a colon stood between body and key; nothing does",),
        lambda body, key: hashlib.sha256(body + b":" + key).digest(),
    ),
    (
        ("a space stood between body and key; nothing does",),
        lambda body, key: hashlib.sha256(body + b" " + key).digest(),
    ),
    (
        ("a bar stood between body and key; nothing does",),
        lambda body, key: hashlib.sha256(body + b"|" + key).digest(),
    ),
    (("it was made without the key",), lambda body, _: hashlib.sha256(body).digest()),
    (
        ("it is a SHA-512; the scheme is SHA-256",),
        lambda body, key: hashlib.sha512(body + key).digest(),
    ),
    # These are mistakes of other programs; the library itself uses neither hash.
    (
        ("it is a SHA-1; the scheme is SHA-256",),
        lambda body, key: hashlib.sha1(body + key, usedforsecurity=False).digest(),
    ),
    (
        ("it is an MD5; the scheme is SHA-256",),
        lambda body, key: hashlib.md5(body + key, usedforsecurity=False).digest(),
    ),
)
