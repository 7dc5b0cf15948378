"""What goes out, what came back, and what that shows: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.codec.shapes import Note

__all__ = ["Evidence", "Message", "Reply", "Verdict"]


class Evidence(Enum):
    """What one attempt has shown."""

    NOT_SENT = "not sent"
    NO_ANSWER = "no answer"
    """Sent, and no answer, or one that proves nothing: a cut body, a 5xx."""
    UNCLEAR = "unclear"
    """An answer that is not the contract's (HTML, JSON of another shape), or whose parts contradict
    each other.
    """
    TAKEN = "taken"
    """An answer that says that the call was done, and can't be read beyond that, or has an HTTP
    status that says otherwise.
    """
    LIMITED = "limited"
    DENIED = "denied"
    """A 401 or 403 in the contract's own JSON."""
    BLOCKED = "blocked"
    """A 401 or 403 in any other form: nothing tells who said it, and after what."""
    OK = "ok"
    ERROR = "error"
    # Of a look-up only:
    KNOWN = "known"
    FAILED = "failed"
    NOT_KNOWN = "not known"
    """Said in the contract's own JSON."""
    UNINFORMATIVE = "uninformative"
    """A 404 in any other form: it says nothing of the id."""


@dataclass(slots=True, repr=False)
class Message:
    """What goes out: signed once, sent as it is.

    No `repr`, and no walk over tuples, shows its headers or its body.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}, {len(self.body)} bytes>"


@dataclass(slots=True, repr=False)
class Reply:
    """What came back, as plain values; as closed as a `Message`."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<HTTP {self.status}, {len(self.body)} bytes>"


@dataclass(slots=True, repr=False)
class Verdict:
    """What an attempt has shown, and why; as closed as a `Message`, because the issuer may repeat
    what it was sent.
    """

    evidence: Evidence
    reason: str = ""
    answer: Any = None
    reply: Reply | None = None
    retry_after: float = 0.0
    """Seconds that the issuer asked to wait."""
    notes: tuple[Note, ...] = ()
    """How the answer differs from the contract."""
    value: Any = None
    """The answer in the caller's own type."""
    final: bool = False
    """Nothing more can be sent: the client was closed, or the server's certificate is not trusted.
    """

    @property
    def http_status(self) -> int | None:
        """The HTTP status of the answer; `None`: there was none."""
        return None if self.reply is None else self.reply.status

    def __repr__(self) -> str:
        return f"<{self.evidence.value}>"
