"""Finds out in which of many ways a signature was made."""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64decode
from binascii import Error
from contextlib import suppress
from itertools import combinations, product
from typing import TYPE_CHECKING, Final, NamedTuple

from freedompay_async.crypto.diagnosis.body_forms import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from freedompay_async.redaction.secret import SecretKey

__all__ = [
    "NO_FORM",
    "OTHER_BODY",
    "RIGHT",
    "Way",
    "body_slip",
    "few_changes",
    "fewest_slips",
    "key_forms",
]

RIGHT: Final = ""
NO_FORM: Final = "no form that was tried fits: it was made with another key, or over other bytes"
OTHER_BODY: Final = "it was made over another form of the body"
# Two slips at once are tried; nobody makes more at once.
_MOST: Final = 2


class Way(NamedTuple):
    """A way to make a digest, and what is wrong with it; `slips` is empty for the right way."""

    slips: tuple[str, ...]
    size: int
    """How many bytes of the body it hashes."""
    digest: Callable[[], bytes]


def fewest_slips(
    ways: Iterable[Way],
    written: Callable[[bytes], tuple[str, ...] | None],
    *,
    work: int | None = None,
) -> str:
    """What is wrong with the way that makes this signature, or `RIGHT` or `NO_FORM`.

    Args:
        ways: the ways to try.
        written: says what is wrong with how the signature writes a digest; `None`: it is another
            digest.
        work: how many bytes are hashed at most. The likelier ways are tried first.
    """
    done = 0
    for way in sorted(
        (way for way in ways if len(way.slips) <= _MOST), key=lambda way: len(way.slips)
    ):
        done += way.size
        if work is not None and done > work:
            break
        shape = written(way.digest())
        if shape is not None:
            return "; ".join((*way.slips, *shape))
    return NO_FORM


def few_changes(*sizes: int) -> Iterator[tuple[int, ...]]:
    """Choices of one index for each of some lists: first all 0, then one changed, then two."""
    first = (0,) * len(sizes)
    yield first
    # The last lists are changed first, because the first list, the body, has the most forms.
    for count in range(1, _MOST + 1):
        for places in combinations(reversed(range(len(sizes))), count):
            for others in product(*(range(1, sizes[place]) for place in reversed(places))):
                chosen = dict(zip(reversed(places), others, strict=True))
                yield tuple(chosen.get(place, 0) for place in range(len(sizes)))


def key_forms(key: SecretKey) -> list[Form]:
    """The bytes of the key, and what other programs make of its text; none of them twice."""
    forms: dict[bytes, Form] = {}
    for form in _key_forms(key.reveal()):
        forms.setdefault(form.data, form)
    return list(forms.values())


def _key_forms(text: str) -> Iterator[Form]:
    written = text.encode()
    yield Form((), written)
    yield Form(("the key was used without the white space around it",), text.strip().encode())
    yield Form(("the key was used with a line break at its end",), written + b"\n")
    yield Form(("the key was used with quotation marks around it",), b'"' + written + b'"')
    yield Form(("an empty key was used",), b"")
    for decode in (b64decode, urlsafe_b64decode):
        with suppress(Error, ValueError):
            # As lenient as PHP's base64_decode, which skips other letters.
            data = decode(written + b"=" * (-len(written) % 4))
            yield Form(
                ("the key was decoded from base64 first; it is used as it is written",), data
            )
    with suppress(ValueError):
        yield Form(
            ("the key was decoded from hex first; it is used as it is written",),
            bytes.fromhex(text),
        )
    encoded = {"base64": b64encode(written), "hex": written.hex().encode()}
    for name, data in encoded.items():
        yield Form((f"the key was encoded in {name} first; it is used as it is written",), data)


def body_slip(form: Form) -> tuple[str, ...]:
    """All differences in how the body is written, as one slip."""
    return (f"{OTHER_BODY}: {', '.join(form.slips)}",) if form.slips else ()
