"""Signs one call, and shows the bytes that are signed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from freedompay_async.crypto.diagnosis.base64_forms import decoded, unpadded
from freedompay_async.crypto.signing import JwsSigner, Sha256Signer
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import SecretKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["KEY_PLACE", "SigningReport", "signing_report"]

KEY_PLACE: Final = (
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}secret "
    "key\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
)
"""Shown in place of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningReport:
    """One call, signed.

    Attributes:
        scheme: the name of the header: `Sign` or `X-JWS-Signature`.
        alg: the algorithm.
        path: the `uri` in the header of the JWS.
        body: the bytes of the body.
        signed: the bytes that are signed, as text; for `Sign` with `KEY_PLACE` in place of the key.
        length, sha256: of these bytes without the key. Two programs can compare them without
            showing the bytes.
        protected: the header of the JWS as JSON; `None` for `Sign`.
        headers: the headers to send.
        notes: what is unusual about body or key.
    """

    scheme: Literal["Sign", "X-JWS-Signature"]
    alg: str
    path: str
    body: bytes
    signed: str
    length: int
    sha256: str
    protected: str | None
    headers: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def value(self) -> str:
        """The signature."""
        return self.headers[self.scheme]


def signing_report(
    signer: JwsSigner | Sha256Signer, *, secret_key: str, path: str, body: bytes, request_id: str
) -> SigningReport:
    """Sign a call, and show what is signed.

    Raises:
        ConfigurationError: `path` is no path.
    """
    if not path.startswith("/") or any(char in path for char in "?#\r\n "):
        raise ConfigurationError(
            f"the path is {path!r}: it must start with /, without a host and a query. Nothing was "
            "sent."
        )
    headers = signer.headers(path=path, body=body, request_id=request_id)
    scheme: Literal["Sign", "X-JWS-Signature"]
    if isinstance(signer, Sha256Signer):
        scheme, alg, protected, signed = "Sign", "SHA-256", None, body
        shown = body.decode(errors="backslashreplace") + KEY_PLACE
    else:
        scheme, alg = "X-JWS-Signature", signer.alg
        header = headers[scheme].partition("..")[0]
        protected = decoded(header).decode()
        signed = f"{header}.".encode() + unpadded(body)
        shown = signed.decode()
    return SigningReport(
        scheme=scheme,
        alg=alg,
        path=path,
        body=body,
        signed=shown,
        length=len(signed),
        sha256=hashlib.sha256(signed).hexdigest(),
        protected=protected,
        headers=headers,
        notes=tuple(_notes(body, SecretKey(secret_key))),
    )


def _notes(body: bytes, key: SecretKey) -> Iterator[str]:
    if body.endswith((b"\n", b"\r")):
        yield "the body ends with a line break: it is signed too, and has to be sent too"
    if body.startswith(b"\xef\xbb\xbf"):
        yield "the body begins with a byte order mark: it is signed too, and has to be sent too"
    if not _is_object(body):
        yield "the body is not a JSON object"
    if key.reveal() != key.reveal().strip():
        yield (
            "the secret key begins or ends with white space, which is used too: is it part of the "
            "key?"
        )


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
