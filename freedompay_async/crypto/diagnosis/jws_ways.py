"""The ways in which the signature of a JWS may have been made: the right one and known mistakes."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode, urlsafe_b64encode
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from freedompay_async.crypto.diagnosis import matching
from freedompay_async.crypto.diagnosis.base64_forms import decoded, unpadded
from freedompay_async.crypto.diagnosis.body_forms import body_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from freedompay_async.crypto.diagnosis.body_forms import Form
    from freedompay_async.redaction.secret import SecretKey

__all__ = ["is_hex", "jws_cause"]

_DIGESTS: Final = {"HS512": "sha512", "HS256": "sha256", "HS384": "sha384"}
_HEX: Final = re.compile(r"[0-9a-fA-F]{64,128}")


def is_hex(signature: str) -> bool:
    """Whether a signature has the length and the letters of a digest in hex."""
    return _HEX.fullmatch(signature) is not None


def jws_cause(
    signature: str,
    *,
    body: bytes,
    key: SecretKey,
    candidates: list[Form],
    alg: str,
    work: int | None = None,
) -> str:
    """How the signature of a JWS was made, or `RIGHT` or `NO_FORM`; see `fewest_slips`.

    Args:
        signature: the text after the dots.
        body: the body that was sent.
        key: the key.
        candidates: what may stand before the payload; see `header_forms`.
        alg: the algorithm that the header names.
        work: how many bytes are hashed at most.
    """
    received = (
        bytes.fromhex(signature)
        if is_hex(signature) and len(signature) % 2 == 0
        else decoded(signature)
    )
    return matching.fewest_slips(
        _ways(body, key, candidates, alg), partial(_written, received), work=work
    )


def _ways(body: bytes, key: SecretKey, candidates: list[Form], alg: str) -> Iterator[matching.Way]:
    digests = list(_digests(alg))
    forms, keys = body_forms(body), matching.key_forms(key)

    # Many digests in a row have the same payload.
    @lru_cache(maxsize=2)
    def payload(at_form: int, at_payload: int) -> bytes:
        return _PAYLOADS[at_payload][1](forms[at_form].data)

    sizes = (len(forms), len(_PAYLOADS), len(keys), len(candidates), len(digests))
    for at_form, at_payload, at_key, at_head, at_digest in matching.few_changes(*sizes):
        form, secret, head, (other, make) = (
            forms[at_form],
            keys[at_key],
            candidates[at_head],
            digests[at_digest],
        )
        slips = (
            *matching.body_slip(form),
            *_PAYLOADS[at_payload][0],
            *secret.slips,
            *head.slips,
            *other,
        )
        written = partial(payload, at_form, at_payload)
        yield matching.Way(
            slips, len(form.data), partial(_signed, make, secret.data, head.data, written)
        )


def _signed(
    make: Callable[[bytes, bytes], bytes], key: bytes, head: bytes, payload: Callable[[], bytes]
) -> bytes:
    return make(key, head + payload())


def _digests(alg: str) -> Iterator[tuple[tuple[str, ...], Callable[[bytes, bytes], bytes]]]:
    if alg in _DIGESTS:
        yield (), partial(hmac.digest, digest=_DIGESTS[alg])
    for name, digest in _DIGESTS.items():
        if name != alg:
            yield (
                (f"it was made with {name}, and its header says {alg}",),
                partial(hmac.digest, digest=digest),
            )
    if alg in _DIGESTS:
        slip = f"it is a hash of the text and the key; {alg} is an HMAC"
        yield (slip,), lambda key, text: hashlib.new(_DIGESTS[alg], text + key).digest()


def _written(received: bytes, digest: bytes) -> tuple[str, ...] | None:
    if hmac.compare_digest(received, digest):
        return ()
    # The hash functions of PHP give hex by default.
    if hmac.compare_digest(received, digest.hex().encode()):
        return ("it is the digest's hex in base64url; the digest's own bytes are encoded",)
    return None


_PAYLOADS: Final[tuple[tuple[tuple[str, ...], Callable[[bytes], bytes]], ...]] = (
    ((), unpadded),
    (("the payload was signed in clear; it is signed in base64url",), bytes),
    (("the payload was signed in base64url with padding (=); it has none",), urlsafe_b64encode),
    (("the payload was signed in ordinary base64; it is signed in base64url",), b64encode),
    (
        ("the payload was signed in ordinary base64 without padding; it is signed in base64url",),
        lambda body: b64encode(body).rstrip(b"="),
    ),
    (
        ("no payload was signed: it is left out when it is sent, and not when it is signed",),
        lambda _: b"",
    ),
    (
        (
            (
                "header.. was signed, as it is sent: the payload is left out when it is sent, and "
                "not when it is signed"
            ),
        ),
        lambda _: b".",
    ),
)
