"""Which of many ways to sign a given signature was made in."""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from freedompay_async.crypto.diagnosis.body_forms import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from freedompay_async.redaction.secret import SecretKey

__all__ = ["NO_FORM", "RIGHT", "Way", "body_slip", "fewest_slips", "key_forms"]

RIGHT: Final = ""
NO_FORM: Final = "no form that was tried fits: it was made with another key, or over other bytes"
# Two slips at once are worth a look; more of them fit no mistake that anybody makes.
_MOST: Final = 2


class Way(NamedTuple):
    """A way to sign, and what is wrong with it; nothing, if it is the right one."""

    slips: tuple[str, ...]
    sign: Callable[[], bytes]


def fewest_slips(ways: Iterable[Way], given: bytes) -> str:
    """What is wrong with the way that gives this signature; `RIGHT`, or `NO_FORM`."""
    for way in sorted((way for way in ways if len(way.slips) <= _MOST), key=lambda way: len(way.slips)):
        if hmac.compare_digest(way.sign(), given):
            return "; ".join(way.slips)
    return NO_FORM


def key_forms(key: SecretKey) -> Iterator[Form]:
    """The key's bytes, and what others make of its text."""
    text = key.reveal()
    yield Form((), text.encode())
    if text != text.strip():
        yield Form(("the key was used without the white space around it",), text.strip().encode())
    yield Form(("the key was used with a line break at its end",), text.encode() + b"\n")
    with suppress(Error, ValueError):
        yield Form(("the key was decoded from base64 first; it is used as it is written",), b64decode(text, validate=True))
    with suppress(ValueError):
        yield Form(("the key was decoded from hex first; it is used as it is written",), bytes.fromhex(text))


def body_slip(form: Form) -> tuple[str, ...]:
    """However many ways a body is written differently, it is one slip."""
    return (f"it was made over another form of the body: {', '.join(form.slips)}",) if form.slips else ()
