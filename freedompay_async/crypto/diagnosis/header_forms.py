"""The headers that a JWS may have signed. Often it is another header than the one that is sent."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from freedompay_async.crypto.diagnosis.base64_forms import decoded, unpadded
from freedompay_async.crypto.diagnosis.body_forms import Form

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fields_of", "header_forms", "protected_header", "quoted"]

_SPACINGS: Final = ((",", ":"), (", ", ": "))


def fields_of(header: bytes) -> dict[str, Any] | None:
    """The fields of a decoded header; `None`: it is no JSON object."""
    try:
        fields = json.loads(header)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", fields) if isinstance(fields, dict) else None


def protected_header(*, path: str, auth_id: str, alg: str) -> str:
    """The header that this library makes, in base64url."""
    fields = {"uri": path, "auth_id": auth_id, "method": "POST", "params": "", "alg": alg}
    if alg == "HS256":
        fields["typ"] = "JWT"
    text = json.dumps(fields, ensure_ascii=False, separators=_SPACINGS[0])
    return unpadded(text.encode(errors="replace")).decode()


def header_forms(header: str, *, right: str, host: str) -> list[Form]:
    """The headers that may stand before the payload, each with its dot, and none twice. The header
    that came is the first.

    Args:
        header: the header that came with the signature, in base64url.
        right: the header that this library makes.
        host: the host of the URL that was called; empty if it is not known.
    """
    forms: dict[bytes, Form] = {}
    for form in _forms(header, right, host):
        forms.setdefault(form.data, form)
    return list(forms.values())


def _forms(header: str, right: str, host: str) -> Iterator[Form]:
    yield Form((), header.encode() + b".")
    yield Form(
        ("it was made over another header than the one it came with",), right.encode() + b"."
    )
    clear = decoded(header)
    yield Form(("it was made over the header in clear; it is made over base64url",), clear + b".")
    slip = "it was made without the header before the payload; header and dot stand before it"
    yield Form((slip,), b"")
    fields = fields_of(clear)
    if fields is None:
        return
    slip = "it was made over another text of the header; it is made over the header that is sent"
    for data in _written(fields):
        yield Form((slip,), data)
    path = fields.get("uri")
    if isinstance(path, str):
        for uri in _uris(path, host):
            came = f"and the one it came with has {quoted(path)}"
            for data in _written({**fields, "uri": uri}):
                yield Form((f"it was made over a header with uri {quoted(uri)}, {came}",), data)


def _uris(path: str, host: str) -> Iterator[str]:
    yield path.removeprefix("/")
    yield path + "/"
    if host:
        yield f"http://{host}{path}"
        yield f"https://{host}{path}"


def _written(fields: dict[str, Any]) -> Iterator[bytes]:
    for separators in _SPACINGS:
        with suppress(RecursionError):
            text = json.dumps(fields, ensure_ascii=False, separators=separators)
            yield unpadded(text.encode(errors="replace")) + b"."


def quoted(value: object) -> str:
    """A value as JSON."""
    return json.dumps(value, ensure_ascii=False)
