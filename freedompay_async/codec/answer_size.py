"""Limits what an answer may cost: its values are counted before it is decoded. Pure."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["too_much"]

# A smaller answer is always decoded, because it takes little time and memory.
_SMALL: Final = 65_536
# No answer needs more values, and to decode more would hold the interpreter's lock for too long.
_MOST_VALUES: Final = 250_000
# How many times its size an answer may take in memory, unless it takes less than `_LITTLE`.
_MOST_TIMES: Final = 10
_LITTLE: Final = 16 * 2**20
# Bytes in CPython of an object of a few fields, a list, a value after a comma, and a `Decimal`.
_OBJECT, _LIST, _VALUE, _DECIMAL = 200, 64, 60, 104
# The time for an integer grows with the square of its digits.
_LONG_NUMBER: Final = re.compile(rb"[:,\[]-?[0-9.]{100}")


def too_much(body: bytes) -> str | None:
    """Why an answer is too large to decode; `None`: it is not.

    The values are counted by the signs before them, which texts may hold too.
    """
    if len(body) <= _SMALL:
        return None
    objects, lists, commas = body.count(b"{"), body.count(b"["), body.count(b",")
    values = objects + lists + commas
    if values > _MOST_VALUES:
        return f"it has about {values:,} values, and at most {_MOST_VALUES:,} are read"
    if _LONG_NUMBER.search(body):
        return "it has a number of more than 100 digits"
    size = (
        len(body)
        + body.count(b".") * _DECIMAL
        + objects * _OBJECT
        + lists * _LIST
        + commas * _VALUE
    )
    if size > max(_LITTLE, _MOST_TIMES * len(body)):
        return f"it would take more than {_MOST_TIMES} times its size in memory"
    return None
