"""The meaning of each way in which an accepted request can end without its result."""

from __future__ import annotations

from typing import Final

from freedompay_async.errors.classes import (
    AuthenticationError,
    RequestFailed,
    StillProcessing,
)
from freedompay_async.errors.endings import Ending, Meaning, Of

__all__ = ["RESULTS"]

_NEW: Final = "any"
_SAME: Final = "the same"
_NONE: Final = "none"

RESULTS: Final[dict[Ending, Meaning]] = {
    Ending.FAILED: Meaning(
        RequestFailed,
        Of.EITHER,
        "accepted, and failed (`proved` is true)",
        False,
        _NEW,
        "the issuer accepted the request and it failed ({why}).",
        "It was not done.",
    ),
    Ending.FAILED_AFTER_SUCCESS: Meaning(
        RequestFailed,
        Of.EITHER,
        "failed, and the issuer has told before that it had succeeded, or what it had made",
        None,
        _NONE,
        "the issuer says that the request failed ({why}), and has told of {named} before.",
        "What it told of may exist: ask the issuer what it is before you send it again.",
    ),
    Ending.FAILED_NAMED: Meaning(
        RequestFailed,
        Of.EITHER,
        (
            "accepted, and failed (`proved` is true), and the answer names a card, a client or a "
            "transaction"
        ),
        None,
        _NONE,
        "the issuer accepted the request and it failed ({why}), and the answer names {named}.",
        "What it names may exist: ask the issuer what it is before you send it again.",
    ),
    Ending.PROCESSING: Meaning(
        StillProcessing,
        Of.RESULT,
        "accepted, and not ended in time",
        None,
        _SAME,
        "the request is {why}, and the waiting has stopped.",
        "Go on with requests.attach.",
    ),
    Ending.NOT_KNOWN: Meaning(
        StillProcessing,
        Of.RESULT,
        "the issuer does not know the id, or not yet",
        None,
        _SAME,
        "{why}, and the waiting has stopped. Nothing tells that the issuer ever accepted it.",
        "Ask again with requests.attach.",
    ),
    Ending.UNNAMED: Meaning(
        StillProcessing,
        Of.RESULT,
        "succeeded, and not all ids are told",
        True,
        _NONE,
        "the request succeeded, and the issuer has not named all that it made ({why}).",
        "It was done: never repeat it. Ask again later (requests.attach).",
    ),
    Ending.RESULT_DENIED: Meaning(
        AuthenticationError,
        Of.RESULT,
        "401 or 403, in any form, to the question about it",
        None,
        _SAME,
        "the host refuses this key ({why}), so the request can't be asked about.",
        "That says nothing of the request itself. Check auth_id, secret_key, the region and its "
        "signature scheme, then ask again "
        "(requests.attach).",
    ),
}
