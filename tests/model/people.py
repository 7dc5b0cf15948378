"""What a schedule keeps of each intent and of each call, and what the client may and may not say of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ASKABLE = ("plain", "with an id", "noted", "in a lane", "stored")
"""How an intent that can be asked about is submitted.

`noted` and `in a lane` are written down with the time of the first send. `stored` is a call as a
value in a row of its application, which commits that time there before it sends.
"""
GIFTS = ("gift", "gift that may be sent again", "stored gift")
STORED = ("stored", "stored gift")


@dataclass(slots=True)
class Intent:
    mark: str
    kind: str
    named: bool
    """Its caller gave the id, and keeps it."""
    count: int
    """How many cards it orders."""
    request_id: str | None = None
    state: str = "live"
    """`live`: a call is on the way; `open`: may be gone on with; `accepted`; `over`."""
    sent_at: float | None = None
    """As its caller wrote it down, by the wall clock."""
    row: str | None = None
    """The call as its application has stored it."""
    key: str | None = None
    """What its application has made the id of."""
    ahead: float = 0.0
    """Seconds by which the clock of the application that commits is ahead of the others."""
    limited: bool = False
    body: bytes | None = None
    header_id: str | None = None
    first_byte: float | None = None
    """When the first byte of it left that its present caller can know of."""
    on_the_way: int = 0
    """Messages that the issuer may still get."""
    effects: list[Call] = field(default_factory=list)
    """The call whose message made each card."""
    undone: str | None = None
    """What told that it was not done, whatever the call."""
    odd: bool = False
    """Something on the way has spoken for itself, repeated or garbled a message of it: then nothing
    but an issuer's own word proves anything.
    """
    copied: bool = False
    """A proxy has made two requests of one, and nothing in it tells that they are the same."""
    said: set[str] = field(default_factory=set)
    """What has been said in answer to itself."""
    told: set[str] = field(default_factory=set)
    """What has been said in answer to questions about it."""
    operation: Any = None

    contested: bool = False
    """Another process may take it up while its first one is about to send it."""

    @property
    def gift(self) -> bool:
        return self.kind in GIFTS

    @property
    def stored(self) -> bool:
        return self.kind in STORED

    @property
    def slack(self) -> float:
        """Seconds of its age that the clock of its application hides."""
        return max(self.ahead, 0.0)


@dataclass(slots=True, eq=False)
class Call:
    """One call of the library, from the hand-over to its end."""

    number: int
    intent: Intent | None
    what: str
    """`submit`, `change`, `result`, `refresh` or `read`."""
    deadline: float
    faults: list
    questions: list
    late: bool = False
    """It is of a first process that was held up after its commit, and so thought to be dead."""
    knows_first: bool = False
    """It was told when the intent was first sent, so that it answers for what earlier calls did."""
    noted: bool = False
    """It has written down when the intent was first sent; no call before it had."""
    behind: bool = False
    """The wall clock stood before that first send when it began: nothing can tell how old the
    intent is.
    """
    used: bool = False
    """The intent had been sent before it began."""
    heard: set[int] = field(default_factory=set)
    """The HTTP statuses of what answered the intent itself."""
    said: set[str] = field(default_factory=set)
    """What has been said in answer to the intent itself (`SAYS`)."""
    heard_of_it: set[int] = field(default_factory=set)
    """The HTTP statuses of what answered its questions."""
    told: set[str] = field(default_factory=set)
    """What has been said in answer to its questions."""
    keeps: Any = None
    """The issuer's entry that must not be forgotten while it runs."""
    task: Any = None
    over: bool = False
    tried: bool = False
    """It has had a turn: before that its id is known to nobody but its caller."""
    sends: int = 0
    last_byte: float | None = None
    maybe_done: bool = False
    """The answer to its last byte has not proved that nothing was done."""
    asked: bool = False
    """An id that is not known was told since, by a question that left when the grace time was over.
    """
    began: float = 0.0
    attached: bool = False
    """It asks about an id of which this process has heard nothing."""
    unknown_late: bool = False
    """An id that is not known was told of by a question that left when the grace time since the
    beginning of the call was over.
    """
    undone: str | None = None
    """What told that this call did nothing."""
    answer: Any = None
    """Brings the answer that is on its way at once."""

    def fault(self, *, question: bool):
        faults = self.questions if question else self.faults
        return faults.pop(0) if faults else None

    def __str__(self) -> str:
        of = f" of {self.intent.mark}" if self.intent else ""
        return f"call {self.number} ({self.what}{of})"
