"""The options of calls, each declared once."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - these types are public
from datetime import datetime  # noqa: TC003
from typing import Any, Final, TypedDict, cast

from freedompay_async.contract.request_ids import RequestId  # noqa: TC001

__all__ = [
    "CALL_OPTIONS",
    "CHANGE_OPTIONS",
    "ID_OPTIONS",
    "INTENT_OPTIONS",
    "NO_OPTIONS",
    "READ_OPTIONS",
    "SEND_OPTIONS",
    "CallOptions",
    "ChangeOptions",
    "IdOptions",
    "IntentOptions",
    "ReadOptions",
    "SendOptions",
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


class SendOptions(IdOptions, total=False):
    """Options of a call that may have been sent before: those of `IdOptions`, and `first_sent`.

    Attributes:
        first_sent: when a call with a `request_id` of yours may first have been sent. Left out: at
            any time before, so a refusal is looked up until it is sure. `None`: never, which makes
            a refusal as quick as with an id of the library's. It has to be true: the refusal of an
            id that was used before does not tell what became of the first use. A `datetime` with a
            time zone: it is asked about first, and sent again only within `Policy.resend_within` of
            that time, and after the grace time. If it is ahead of this clock, the call is only
            asked about.
    """

    first_sent: datetime | None


class ReadOptions(CallOptions, total=False):
    """Options of a call that has a body: `timeout`, `queue` and `extra`.

    Attributes:
        extra: more fields of the body, by their name on the wire. Wrap secret values in `Secret`.
    """

    extra: Mapping[str, Any] | None


class ChangeOptions(ReadOptions, SendOptions, total=False):
    """Options of a call that changes something: `timeout`, `queue`, `extra`, `request_id` and
    `first_sent`.
    """


class IntentOptions(TypedDict, total=False):
    """Options of a call that is made as a value, and sent later.

    Attributes:
        key: your own name for the request, such as `order/17`. The same merchant, call and key give
            the same request id on every machine and at any time.
        request_id: a UUID of your own, in place of a key. Without either, the library makes one.
        extra: more fields of the body, by their name on the wire. Wrap secret values in `Secret`.
    """

    key: str
    request_id: RequestId | None
    extra: Mapping[str, Any] | None


CALL_OPTIONS: Final = CallOptions.__optional_keys__
ID_OPTIONS: Final = IdOptions.__optional_keys__
SEND_OPTIONS: Final = SendOptions.__optional_keys__
READ_OPTIONS: Final = ReadOptions.__optional_keys__
CHANGE_OPTIONS: Final = ChangeOptions.__optional_keys__
INTENT_OPTIONS: Final = IntentOptions.__optional_keys__
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
