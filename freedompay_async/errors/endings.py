"""How a call can end without its answer."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from freedompay_async.errors.classes import FreedomPayError

__all__ = ["Ending", "Meaning", "Of"]


class Of(StrEnum):
    """What kind of call an ending belongs to."""

    EFFECT = "a call that changes something"
    EITHER = "the call, or `result()`"
    RESULT = "`result()`"
    READ = "a question"


class Ending(StrEnum):
    """How a call can end without its answer."""

    NOT_SENT = "not sent"
    BUSY = "busy"
    LIMITED = "limited"
    LIMITED_PAYING = "limited, and it pays"
    LIMITED_WITHOUT_ID = "limited, no id on the wire"
    LIMITED_REPEATABLE = "limited, and it may be repeated"
    DENIED = "denied"
    DENIED_NOT_KNOWN = "denied, and the issuer does not know the id"
    DENIED_UNSURE = "denied, not in the issuer's own JSON"
    DENIED_UNASKABLE = "denied, not in the issuer's own JSON, and it can't be asked about"
    DENIED_REPEATABLE = "denied, not in the issuer's own JSON, and it may be repeated"
    REFUSED = "refused"
    REFUSED_UNASKABLE = "refused, and it can't be asked about"
    REFUSED_REPEATABLE = "refused, and it may be repeated"
    GIFT_REFUSED = "refused gift-card call"
    GIFT_UNSURE = "refused gift-card call that may have been done"
    GIFT_UNSURE_HARMLESS = "refused gift-card confirmation that may have been done"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    FAILED_AFTER_SUCCESS = "failed, after a success was reported"
    FAILED_NAMED = "failed, and names something"
    UNKNOWN = "unknown"
    UNKNOWN_OLD = "unknown, and not sent again"
    UNKNOWN_UNASKABLE = "unknown, and it can't be asked about"
    UNKNOWN_HARMLESS = "unknown, and doing it again does no harm"
    UNKNOWN_REPEATABLE = "unknown, and it may be repeated"
    UNREADABLE = "done, and the answer can't be read"
    READ_NOT_SENT = "question not sent"
    READ_LIMITED = "question limited"
    READ_DENIED = "question denied"
    READ_BLOCKED = "question denied, not in the issuer's own JSON"
    READ_REFUSED = "question refused"
    READ_GIFT_REFUSED = "gift-card question refused"
    READ_UNCLEAR = "question answered with something else"
    READ_UNANSWERED = "question not answered"
    PROCESSING = "in process"
    NOT_KNOWN_YET = "not known to the issuer yet"
    NOT_KNOWN = "not known to the issuer"
    UNNAMED = "succeeded, and not all is named"
    RESULT_DENIED = "the questions about it are denied"


class Meaning(NamedTuple):
    """What an ending means for the caller."""

    error: type[FreedomPayError]
    of: Of
    case: str
    """When a call ends so, for the tables in the documentation."""
    done: bool | None
    next_id: str
    """The request id under which it is safe to send it again: any, the same, or none."""
    text: str
    """What happened; `{why}` is the evidence."""
    safe: str
    """What is safe to do."""
