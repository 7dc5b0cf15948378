"""The options that a function declares: `inspect.signature` shows only `**options`."""

from __future__ import annotations

import inspect
import re

from freedompay_async import client_options
from freedompay_async.settings import options as call_options


def options_of(function) -> frozenset[str]:
    """The names of the `TypedDict` of its `**options`; none, where it has no such options."""
    parameter = inspect.signature(function).parameters.get("options")
    if parameter is None:
        return frozenset()
    assert parameter.kind is inspect.Parameter.VAR_KEYWORD
    name = re.fullmatch(r"Unpack\[(\w+)\]", parameter.annotation)[1]
    module = client_options if hasattr(client_options, name) else call_options
    return getattr(module, name).__optional_keys__
