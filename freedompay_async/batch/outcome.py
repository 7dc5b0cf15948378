"""How a row of a batch ended, and what to do next where it has no card."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from freedompay_async.redaction.portable import Portable

__all__ = ["Outcome", "State"]


class State(StrEnum):
    """The state of a row."""

    PLANNED = "planned"
    """Nothing was sent for it."""
    STARTED = "started"
    """Something was sent for it, or its earlier use was accepted; a later run goes on with it."""
    ISSUED = "issued"
    """It has its card."""
    REFUSED = "refused"
    """The issuer said no, and this batch sends nothing more for it. Only where that is `proved` it
    surely has no card.
    """
    UNKNOWN = "unknown"
    """It may or may not have a card; a later run asks again."""
    FOUND = "found"
    """A request id of it was used before this journal. Nothing is made for it until somebody says
    that it was for the same person.
    """
    DOUBTFUL = "doubtful"
    """What was made is not what was ordered, or another row has it too; a person has to look."""


_NEXT: Final = {
    State.PLANNED: "resume the batch",
    State.STARTED: "resume the batch",
    State.ISSUED: "",
    State.REFUSED: (
        "correct the row and put it in a new file under a new key (ask the issuer first if the "
        "key was ever sent without this journal)"
    ),
    State.FOUND: (
        "check whose card it is: if it is this person's, resume the batch with --accept-found (a "
        "file with the key in it, or all); "
        "for other people name another batch"
    ),
    State.DOUBTFUL: (
        "ask the issuer about the request ids and the cards named; send nothing for this row, and "
        "hand out no card of it, "
        "before that is clear"
    ),
    State.UNKNOWN: (
        "resume the batch to ask again; if it stays unknown, ask the issuer about the request ids, "
        "and only when they say that nothing was made put it in a new file under a new key"
    ),
}


_CARD_REFUSED: Final = (
    "the client is made, and a new key would make another one: mend what was refused (the row, "
    "the settings or the contract), "
    "and order a card for this client by `freedompay cards issue`"
)
_NO_CARD_FOUND: Final = (
    "find out whom the earlier use of the request ids was for: if it was for this person, resume "
    "the batch with --accept-found "
    "(a file with the key in it, or all); for other people name another batch"
)
_ASK_AGAIN: Final = (
    "resume the batch to ask again; only when the issuer says that nothing was made correct the "
    "row "
    "and put it in a new file under a new key"
)


class Outcome(Portable, frozen=True, kw_only=True):
    """How a row stands.

    Attributes:
        line: of the file.
        reason: why it has no card, or why its card is not active; `None` if all is well.
        found: the key was used before this journal, by an earlier run or with another file. A row
            that is issued all the same was accepted as the same person's.
        proved: a look-up has shown of a refused row that nothing was done.
        client_request_id, card_request_id: the ids to ask the issuer about. Empty where nothing was
            sent, and the journal of an earlier version has names that can't be part of an id.
    """

    number: int
    line: int
    key: str
    state: State
    client_id: str | None
    card_id: str | None
    client_request_id: str
    card_request_id: str
    reason: str | None = None
    found: bool = False
    proved: bool = False

    @property
    def next(self) -> str:
        """What to do with it."""
        if self.state is State.ISSUED and self.reason:
            return "the card exists; activate it by hand"
        if self.state is State.REFUSED and not self.proved:
            return _ASK_AGAIN
        if self.state is State.FOUND and self.card_id is None:
            return _NO_CARD_FOUND
        if self.state is State.REFUSED and self.client_id is not None:
            return _CARD_REFUSED
        return _NEXT[self.state]
