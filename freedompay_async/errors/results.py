"""The meaning of each way in which an accepted or attached request can end without its result."""

from __future__ import annotations

from typing import Final

from freedompay_async.errors.classes import (
    AuthenticationError,
    NotKnown,
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
        error=RequestFailed,
        of=Of.EITHER,
        case="accepted, and failed (`proved` is true)",
        done=False,
        next_id=_NEW,
        text="the issuer accepted the request, and the request failed ({why}).",
        safe="It was not done.",
    ),
    Ending.FAILED_AFTER_SUCCESS: Meaning(
        error=RequestFailed,
        of=Of.EITHER,
        case="failed, although the issuer had reported a success or what it made",
        done=None,
        next_id=_NONE,
        text="the issuer says that the request failed ({why}), and had reported {named} before.",
        safe="What it reported may exist: ask the issuer what it is before you send it again.",
    ),
    Ending.FAILED_NAMED: Meaning(
        error=RequestFailed,
        of=Of.EITHER,
        case=(
            "accepted, and failed (`proved` is true), and the answer names a card, a client or a "
            "transaction"
        ),
        done=None,
        next_id=_NONE,
        text=(
            "the issuer accepted the request, and the request failed ({why}), but the answer names "
            "{named}."
        ),
        safe="What it names may exist: ask the issuer what it is before you send it again.",
    ),
    Ending.PROCESSING: Meaning(
        error=StillProcessing,
        of=Of.RESULT,
        case="accepted, and not ended in time",
        done=None,
        next_id=_SAME,
        text="the request is {why}, and the waiting has stopped.",
        safe="Go on with requests.attach.",
    ),
    Ending.NOT_KNOWN_YET: Meaning(
        error=StillProcessing,
        of=Of.RESULT,
        case=(
            "the issuer does not know the id yet, or has not been asked, or the last look-up got "
            "no usable answer"
        ),
        done=None,
        next_id=_SAME,
        text="{why}, and the waiting has stopped. Nothing shows that the issuer ever accepted it.",
        safe="Ask again with requests.attach.",
    ),
    Ending.NOT_KNOWN: Meaning(
        error=NotKnown,
        of=Of.RESULT,
        case="attached by its id, which the issuer does not know after the grace time",
        done=None,
        next_id=_SAME,
        text=(
            "the issuer does not know this request id ({why}). Nothing shows that it ever accepted "
            "the request, and that does not prove that the request was not done."
        ),
        safe=(
            "Make the same call with this request_id within Policy.resend_within of its first "
            "send, or ask again later (requests.attach). Never repeat it under a new id before "
            "that is clear."
        ),
    ),
    Ending.UNNAMED: Meaning(
        error=StillProcessing,
        of=Of.RESULT,
        case="succeeded, and the issuer has not named all ids",
        done=True,
        next_id=_NONE,
        text="the request succeeded, and the issuer has not named all that it made ({why}).",
        safe="It was done: never repeat it. Ask again later (requests.attach).",
    ),
    Ending.RESULT_DENIED: Meaning(
        error=AuthenticationError,
        of=Of.RESULT,
        case="401 or 403, in any form, to the question about the request",
        done=None,
        next_id=_SAME,
        text="the host refuses this key ({why}), so the request can't be asked about.",
        safe=(
            "That says nothing about the request itself. Check auth_id, secret_key, the region and "
            "its signature scheme. Then ask again (requests.attach)."
        ),
    ),
}
