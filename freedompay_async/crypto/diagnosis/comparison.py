"""Compares another program's signature with the right one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from freedompay_async.crypto.diagnosis.base64_forms import decoded
from freedompay_async.crypto.diagnosis.header_forms import fields_of, header_forms, quoted
from freedompay_async.crypto.diagnosis.jws_ways import is_hex, jws_cause
from freedompay_async.crypto.diagnosis.matching import NO_FORM, RIGHT
from freedompay_async.crypto.diagnosis.sign_ways import sign_cause
from freedompay_async.redaction.secret import SecretKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from freedompay_async.crypto.diagnosis.report import SigningReport

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How another program's signature differs from the right one.

    Attributes:
        same: the signature is right. The header of a JWS may be written in another way.
        differences: what is wrong with its form and with the fields of its header.
        cause: how the signature itself was made, or that no form that was tried fits.
    """

    same: bool
    differences: tuple[str, ...] = ()
    cause: str = ""


def compare(report: SigningReport, signature: str, *, secret_key: str) -> Comparison:
    """Whether a signature is right, and if not, what is wrong with it."""
    key = SecretKey(secret_key)
    name, _, value = signature.strip().partition(":")
    # A user may paste it with the name of its header.
    signature = (value if name.lower() == report.scheme.lower() else signature).strip()
    if signature == report.value:
        return Comparison(same=True)
    return (
        _compare_sign(report, signature, key)
        if report.protected is None
        else _compare_jws(report, signature, key)
    )


def _compare_sign(report: SigningReport, signature: str, key: SecretKey) -> Comparison:
    if "." in signature:
        return Comparison(
            same=False,
            cause=(
                "this is an X-JWS-Signature, and this merchant's scheme is Sign: the hex of a "
                "SHA-256"
            ),
        )
    return Comparison(same=False, cause=sign_cause(signature, body=report.body, key=key))


def _compare_jws(report: SigningReport, signature: str, key: SecretKey) -> Comparison:
    if "." not in signature:
        fits = sign_cause(signature, body=report.body, key=key) != NO_FORM
        as_sign = ": it is a Sign, the other scheme, over this body with this key" if fits else ""
        return Comparison(
            same=False, cause=f"this is no X-JWS-Signature, which is header..signature{as_sign}"
        )
    differences: list[str] = []
    header, digest = _parts(signature, report.body, differences)
    differences += _base64_slips({"header": header, "signature": digest})
    if is_hex(digest):
        differences.append(
            "its signature is in hex; it has to be base64url of the digest's own bytes"
        )
    shown = decoded(header)
    fields = fields_of(shown)
    style: tuple[str, ...] = ()
    if fields is None:
        differences.append("its header can't be read: it has to be a JSON object in base64url")
    else:
        differences += _field_slips(
            fields, cast("dict[str, Any]", json.loads(report.protected or "{}"))
        )
        if not differences and shown.decode(errors="replace") != report.protected:
            style = (
                (
                    "its header is written in another way (the order of its fields, or spaces), "
                    "which is as good"
                ),
            )
    cause = jws_cause(
        digest,
        body=report.body,
        key=key,
        candidates=header_forms(header, right=report.value.partition("..")[0], host=""),
        alg=report.alg if fields is None else str(fields.get("alg")),
    )
    if cause == RIGHT and not differences:
        return Comparison(same=True, differences=style)
    if cause == RIGHT:
        cause = (
            "the signature itself fits this body and key, and the header it came with: correct "
            "the above, and sign again"
        )
    return Comparison(same=False, differences=(*differences, *style), cause=cause)


def _parts(signature: str, body: bytes, differences: list[str]) -> tuple[str, str]:
    """Header and signature of a compact JWS."""
    parts = signature.split(".")
    if len(parts) == 2:
        differences.append(
            "there is one dot between header and signature; there are two, because the payload is "
            "left out: header..signature"
        )
        return parts[0], parts[1]
    if len(parts) != 3:
        differences.append("there are too many dots: header..signature has two")
    if parts[1]:
        whose = (
            "this body"
            if decoded(parts[1]) == body
            else "another body, or another form of this one"
        )
        differences.append(
            f"the payload is in it, and it is of {whose}; a detached JWS leaves it out: "
            "header..signature"
        )
    return parts[0], parts[-1]


def _base64_slips(parts: Mapping[str, str]) -> Iterator[str]:
    for name, text in parts.items():
        if "=" in text:
            yield f"its {name} ends with padding (=); base64url here has none"
        if "+" in text or "/" in text:
            yield f"its {name} is in ordinary base64 (+ and /); it has to be base64url (- and _)"


def _field_slips(fields: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[str]:
    for name, value in right.items():
        if name not in fields:
            yield f"its header has no {name}; it has to be {quoted(value)}"
        elif fields[name] != value:
            yield (
                f"its header has {name} {quoted(fields[name])}; it has to be "
                f"{quoted(value)}{_why(name, fields[name], value)}"
            )
    for name in fields:
        if name not in right and not (name == "typ" and right.get("alg") == "HS512"):
            yield f"its header has {name}, which the vendor's page does not"


def _why(name: str, value: object, right: object) -> str:
    if isinstance(value, int) and str(value) == right:
        return ": text, not a number"
    if name != "uri" or not isinstance(value, str) or not isinstance(right, str):
        return ""
    if "://" in value:
        return ": the path alone, without scheme and host"
    if value.partition("?")[0] == right:
        return ": without a query"
    return (
        ": with a slash in front"
        if "/" + value == right
        else ": without a slash at the end"
        if value == right + "/"
        else ""
    )
