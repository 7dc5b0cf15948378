"""How the signature of a JWS may have been made: the right way, and those that are known to go wrong."""

from __future__ import annotations

import hmac
from base64 import b64encode, urlsafe_b64encode
from itertools import product
from typing import TYPE_CHECKING, Final

from freedompay_async.crypto.diagnosis.base64_forms import decoded, unpadded
from freedompay_async.crypto.diagnosis.body_forms import Form, body_forms
from freedompay_async.crypto.diagnosis.matching import Way, body_slip, key_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from freedompay_async.redaction.secret import SecretKey

__all__ = ["jws_ways"]

_DIGESTS: Final = {"HS512": "sha512", "HS256": "sha256", "HS384": "sha384"}
_MOST: Final = 2


def jws_ways(*, body: bytes, key: SecretKey, header: str, right_header: str, alg: str) -> Iterator[Way]:
    """Every way that is tried.

    Args:
        body: what was sent.
        key: the key.
        header: the header that came with the signature, as it is in it.
        right_header: the one that this library makes.
        alg: what the header says.
    """
    heads = [Form((), header.encode())]
    if header != right_header:
        heads.append(Form(("it was made over another header than the one it came with",), right_header.encode()))
    heads.append(Form(("it was made over the header in clear; it is made over base64url",), decoded(header)))
    digests: list[tuple[tuple[str, ...], str]] = [((), _DIGESTS[alg])] if alg in _DIGESTS else []
    digests += [((f"it was made with {name}, and its header says {alg}",), digest) for name, digest in _DIGESTS.items() if name != alg]
    for form, (slip, write), secret, head, (other, digest) in product(body_forms(body), _PAYLOADS, list(key_forms(key)), heads, digests):
        slips = (*body_slip(form), *slip, *secret.slips, *head.slips, *other)
        if len(slips) <= _MOST:
            yield from _both(slips, head.data, write, form.data, secret.data, digest)


def _both(slips: tuple[str, ...], head: bytes, write: Callable[[bytes], bytes], body: bytes, key: bytes, digest: str) -> Iterator[Way]:  # noqa: PLR0917 - one way
    def sign() -> bytes:
        return hmac.digest(key, head + b"." + write(body), digest)

    yield Way(slips, sign)
    # What a hash function of PHP gives unless it is told otherwise.
    yield Way((*slips, "it is the digest's hex in base64url; the digest's own bytes are encoded"), lambda: sign().hex().encode())


_PAYLOADS: Final[tuple[tuple[tuple[str, ...], Callable[[bytes], bytes]], ...]] = (
    ((), unpadded),
    (("the payload was signed in clear; it is signed in base64url",), bytes),
    (("the payload was signed in base64url with padding (=); it has none",), urlsafe_b64encode),
    (("the payload was signed in plain base64; it is signed in base64url",), b64encode),
    (("the payload was signed in plain base64 without padding; it is signed in base64url",), lambda body: b64encode(body).rstrip(b"=")),
    (("no payload was signed: it is left out when it is sent, and not when it is signed",), lambda _: b""),
)
