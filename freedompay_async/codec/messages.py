"""What goes out, what comes back, and what that shows."""

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
    """It was sent, and got no answer or one that proves nothing: a cut body, a 5xx."""
    UNCLEAR = "unclear"
    """An answer that is not the contract's (HTML, JSON of another shape), or whose parts contradict
    each other.
    """
    TAKEN = "taken"
    """An answer that says that the call was done. The rest of it can't be read, or its HTTP status
    says otherwise.
    """
    LIMITED = "limited"
    DENIED = "denied"
    """A 401 or 403 in the contract's own JSON."""
    BLOCKED = "blocked"
    """A 401 or 403 in any other form. Any host on the way may have said it, before or after the
    work.
    """
    OK = "ok"
    ERROR = "error"
    # A look-up alone shows the rest.
    KNOWN = "known"
    FAILED = "failed"
    NOT_KNOWN = "not known"
    """Said in the contract's own JSON."""
    UNINFORMATIVE = "uninformative"
    """A 404 in any other form. It says nothing of the id."""


@dataclass(slots=True, repr=False)
class Message:
    """What goes out, signed. Its `repr` shows neither headers nor body, and it is no tuple, so that
    nothing shows its items one by one.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    call: str | None = None
    """The name of its row, such as `cards.issue`; `None`: its path is the caller's own."""

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}, {len(self.body)} bytes>"


@dataclass(slots=True, repr=False)
class Reply:
    """What came back. Its `repr` shows as little as that of a `Message`."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<HTTP {self.status}, {len(self.body)} bytes>"


@dataclass(slots=True, repr=False)
class Verdict:
    """Evidence with its reason. Its `repr` shows as little as that of a `Message`, because the
    issuer may repeat what it was sent.
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
