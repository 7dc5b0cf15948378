"""The rows of the table, and the results of a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

__all__ = ["ROWS", "SIX", "Fault", "Learned", "Result", "Row"]

SIX: Final = 6
"""How often `asyncio.run()` is called in the row of that name."""


class Fault(StrEnum):
    """The fault of a call's first request; later ones and look-ups get the right answer."""

    NONE = auto()
    CLOSE = auto()
    """The work is done, then the connection is closed without an answer."""
    RESET = auto()
    """The work is done, then the connection is reset (SO_LINGER 0)."""
    CUT = auto()
    """The work is done, then the headers and half of the body come."""
    STALL = auto()
    """The work is done, and no answer comes until the client leaves."""
    ERROR_500 = auto()
    """The work is done, and the issuer itself answers 500: where it saves answers for a repeated
    key, it saves this one.
    """
    HTML_502 = auto()
    """The work is done and answered, and a proxy loses the answer and sends its own page."""
    GATEWAY_403 = auto()
    """The work is done and answered, and a gateway sends a refusal of its own: JSON, and not the
    issuer's.
    """
    REPEATED = auto()
    """A proxy loses the first answer and sends the request to the issuer once more, as Envoy does:
    what comes back is the second answer.
    """
    LIMITED = auto()
    """429 before any work; the id or key is not filed."""
    UNAVAILABLE = auto()
    """503 before any work; the id or key is not filed."""
    HOLD = auto()
    """The work is done, and the client is cancelled while the answer is on hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`story` is how the client is used: one `call`, one call that is `cancelled`, or `six` runs of
    an event loop.
    """

    label: str
    fault: Fault
    story: str = "call"

    @property
    def calls(self) -> int:
        """How many cards the program wants."""
        return SIX if self.story == "six" else 1


ROWS: Final = (
    Row(label="no fault (control)", fault=Fault.NONE),
    Row(label="answer lost: closed", fault=Fault.CLOSE),
    Row(label="answer lost: reset", fault=Fault.RESET),
    Row(label="answer cut in the body", fault=Fault.CUT),
    Row(label="answer stalled", fault=Fault.STALL),
    Row(label="500 after the work", fault=Fault.ERROR_500),
    Row(label="a proxy's HTML 502 after the work", fault=Fault.HTML_502),
    Row(label="a gateway's JSON 403 after the work", fault=Fault.GATEWAY_403),
    Row(label="a proxy sends the request on twice", fault=Fault.REPEATED),
    Row(label="429, Retry-After: 1", fault=Fault.LIMITED),
    Row(label="503, Retry-After: 1", fault=Fault.UNAVAILABLE),
    Row(label="cancelled after the write", fault=Fault.HOLD, story="cancelled"),
    Row(label="six asyncio.run(), one client", fault=Fault.NONE, story="six"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What one call gave its caller.

    Attributes:
        card: the id of the card that was answered; `None` for an exception.
        error: the type of the exception.
        says_id: whether the exception holds the id that was sent: `yes`, `in its cause`, `no`,
            `none sent`, `nothing sent`, or `the caller's own` (the caller made the id).
        says_done: what the exception says of the effect: `not done`, `not done, wrongly`,
            `unknown`, or `nothing`.
    """

    card: str | None = None
    error: str = ""
    says_id: str = ""
    says_done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one cell. All but `learned` and `seconds` is what the server counted.

    Attributes:
        case: the server's number of the run.
        sends: requests to make a card.
        looks: requests that ask about one.
        ids: distinct request ids or idempotency keys of the sends.
        effects: cards made.
        faulted: how often the server made the fault.
        wrong: requests that are not in that vendor's form.
        seconds: the time of all calls together.
    """

    column: str
    row: int
    case: int
    sends: int
    looks: int
    ids: int
    effects: int
    faulted: int
    wrong: list[str]
    learned: list[Learned]
    seconds: float
