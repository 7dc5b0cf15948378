"""Why the signature of a received request is wrong, for a program that plays the issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.crypto.diagnosis.base64_forms import decoded
from freedompay_async.crypto.diagnosis.header_forms import fields_of, header_forms, protected_header
from freedompay_async.crypto.diagnosis.jws_ways import jws_cause
from freedompay_async.crypto.diagnosis.matching import NO_FORM, OTHER_BODY, RIGHT
from freedompay_async.crypto.diagnosis.sign_ways import sign_cause
from freedompay_async.redaction.secret import SecretKey

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["why_wrong"]

# Other requests wait meanwhile. About two thousand ways are tried for a body of 64 KiB, and fewer
# for a longer one.
_WORK: Final = 128 * 2**20


def why_wrong(*, headers: Mapping[str, str], path: str, body: bytes, secret_key: str) -> str:
    """How a wrong signature was made; empty if it is right, or if no form that was tried fits.

    The result never has the key in it.

    Args:
        headers: the headers of the request; the case of their names does not matter.
        path: the path that was called, without a query.
        body: the bytes of the body.
        secret_key: the right key.
    """
    key = SecretKey(secret_key)
    del secret_key
    found: dict[str, str] = {}
    for name, value in headers.items():
        found.setdefault(name.lower(), value)
    cause = _cause_of_sign(found.get("sign"), body=body, key=key) or _cause_of_jws(
        found, path=path, body=body, key=key
    )
    if cause in (RIGHT, NO_FORM):
        return ""
    return f"{cause}; sign the bytes that are sent" if OTHER_BODY in cause else cause


def _cause_of_sign(sign: str | None, *, body: bytes, key: SecretKey) -> str:
    if sign is None:
        return RIGHT
    stripped = sign.strip()
    cause = sign_cause(stripped, body=body, key=key, work=_WORK)
    if stripped == sign or cause == NO_FORM:
        return cause
    return "; ".join(filter(None, (cause, "there is white space around it; it stands alone")))


def _cause_of_jws(headers: Mapping[str, str], *, path: str, body: bytes, key: SecretKey) -> str:
    header, _, signature = headers.get("x-jws-signature", "").partition("..")
    fields = fields_of(decoded(header))
    if fields is None:
        return RIGHT
    right = protected_header(
        path=path, auth_id=str(fields.get("auth_id")), alg=str(fields.get("alg"))
    )
    candidates = header_forms(header, right=right, host=headers.get("host", ""))
    return jws_cause(
        signature, body=body, key=key, candidates=candidates, alg=str(fields.get("alg")), work=_WORK
    )
