"""The options of calls, each declared once."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - these types are public
from typing import Any, Final, TypedDict, cast

from freedompay_async.contract.request_ids import RequestId  # noqa: TC001

__all__ = [
    "CALL_OPTIONS",
    "CHANGE_OPTIONS",
    "ID_OPTIONS",
    "NO_OPTIONS",
    "READ_OPTIONS",
    "CallOptions",
    "ChangeOptions",
    "IdOptions",
    "ReadOptions",
    "check_options",
]


class CallOptions(TypedDict, total=False):
    """Options of any call.

    Attributes:
        timeout: seconds that the call may take in all; left out, those of the client.
        queue: True (the default): the call waits in the queue until it may leave. Seconds: it waits
            there for so long in all, and then raises `Busy`; a pause that the issuer asks for with
            429 is a part of them, and ends the call as `RateLimited` at once if it is longer than
            what is left. False: the same without any wait. A turn of the rate that comes within
            0.1 s is no queue. What may have been done is looked up whatever `queue` is.
    """

    timeout: float | None
    queue: bool | float


class IdOptions(CallOptions, total=False):
    """Options of a call with an id of its own: those of `CallOptions`, and `request_id`.

    Attributes:
        request_id: a UUID of your own; left out, the library makes one. Every attempt has the same.
    """

    request_id: RequestId | None


class ReadOptions(CallOptions, total=False):
    """Options of a call that has a body: `timeout`, `queue` and `extra`.

    Attributes:
        extra: more fields of the body, by their name on the wire. Wrap secret values in `Secret`.
    """

    extra: Mapping[str, Any] | None


class ChangeOptions(ReadOptions, IdOptions, total=False):
    """Options of a call that changes something: `timeout`, `queue`, `extra` and `request_id`."""


CALL_OPTIONS: Final = CallOptions.__optional_keys__
ID_OPTIONS: Final = IdOptions.__optional_keys__
READ_OPTIONS: Final = ReadOptions.__optional_keys__
CHANGE_OPTIONS: Final = ChangeOptions.__optional_keys__
NO_OPTIONS: Final = ChangeOptions()
"""The options of a call without any. Nobody writes into it."""


def check_options(
    options: Mapping[str, object], known: frozenset[str], function: str, call: str = ""
) -> None:
    """Refuse an option that a function does not have, in Python's own words.

    The options are emptied then: a misspelt name may hold a secret, and a traceback shows the
    locals of each frame.

    Args:
        options: the options of the call.
        known: the options that the function has.
        function: the name of the function, or the class of a method.
        call: for a method, the name of its call, which ends in the name of the method.

    Raises:
        TypeError: the function does not have an option of this name.
    """
    if options.keys() <= known:
        return
    if call:
        function = f"{function}.{call.rpartition('.')[2]}"
    name = next(each for each in options if each not in known)
    cast("dict[str, object]", options).clear()
    raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
