"""The options that a function declares: `inspect.signature` shows no more of them than `**options`."""

from __future__ import annotations

import inspect
import re

from freedompay_async.settings import options as declared


def options_of(function) -> frozenset[str]:
    """The names of the `TypedDict` that its `**options` are of; none, where it has no such options."""
    given = inspect.signature(function).parameters.get("options")
    if given is None:
        return frozenset()
    assert given.kind is inspect.Parameter.VAR_KEYWORD
    return getattr(
        declared, re.fullmatch(r"Unpack\[(\w+)\]", given.annotation)[1]
    ).__optional_keys__
