"""How a batch stands, and what to do next with each row that has no card."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.journal.chunks import in_chunks
from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.portable import Portable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Mapping

    from freedompay_async.batch.journal.sqlite import Journal

__all__ = ["Outcome", "Report", "State", "make_report", "outcomes"]

_CHUNK: Final = 1_000


class State(StrEnum):
    """How a row stands."""

    PLANNED = "planned"
    """Nothing was sent for it."""
    STARTED = "started"
    """Something was sent, or its earlier use was accepted; a resumed run goes on with it."""
    ISSUED = "issued"
    """It has its card."""
    REFUSED = "refused"
    """The issuer said no, and this batch sends nothing more for it.

    Only where it is `proved` it has no card for sure.
    """
    UNKNOWN = "unknown"
    """It may or may not have a card; a resumed run asks again."""
    FOUND = "found"
    """A request id of it was used before this journal; nothing is made for it until somebody says
    that it is the same person.
    """
    DOUBTFUL = "doubtful"
    """What is there is not what was ordered, or not this row's alone; a person has to look."""


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
    """One row.

    Attributes:
        line: of the file.
        reason: why it has no card, or why its card is not active; `None` if all is well.
        found: the issuer had a request id of the row before this journal: an earlier run, or an
            earlier file, used its key. A row that is issued all the same was accepted as the same
            person's.
        proved: of a refused row: a look-up has shown that nothing was done.
        client_request_id, card_request_id: what to ask the issuer about; empty where nothing was
            sent, and the names in the journal of an earlier version can't be part of an id.
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


class Report(Portable, frozen=True, kw_only=True):
    """How many rows stand how; the sum of the states is `rows`.

    Attributes:
        inactive: of those issued, cards whose activation was wanted and refused or not known.
        found: rows whose key an earlier run or file had used, and nobody has said for whom.
        accepted: of the others, those that were used before and that somebody has accepted as the
            same people's.
        unproved: of those refused, the ones of which nothing proves that they were not done.
        problems: every row that is refused, unknown, found, doubtful, inactive, or could not be
            sent.
    """

    batch: str
    merchant: str
    rows: int
    issued: int
    refused: int
    unknown: int
    found: int
    doubtful: int
    started: int
    planned: int
    inactive: int
    accepted: int
    unproved: int
    problems: tuple[Outcome, ...]

    @property
    def left(self) -> int:
        """Rows that a resumed run has work with, but for the unknown ones."""
        return self.started + self.planned

    @property
    def complete(self) -> bool:
        """Every row has its card, and active if that was wanted."""
        return self.issued == self.rows and not self.inactive


async def make_report(journal: Journal) -> Report:
    """Counts, and the rows that need a person."""

    def read(connection: sqlite3.Connection) -> Report:
        settings = dict(connection.execute("SELECT name, value FROM meta"))
        counts = dict(connection.execute("SELECT state, count(*) FROM rows GROUP BY state"))
        rows = connection.execute(f"{_SELECT} WHERE {_PROBLEM} ORDER BY number")
        problems = tuple(_outcome_of(row, settings) for row in rows)
        accepted = connection.execute(
            "SELECT count(*) FROM rows WHERE found AND accepted_found"
        ).fetchone()[0]
        return Report(
            batch=settings.get("batch", ""),
            merchant=settings.get("merchant", ""),
            rows=sum(counts.values()),
            **{state.value: counts.get(state.value, 0) for state in State},
            accepted=accepted,
            unproved=sum(
                outcome.state is State.REFUSED and not outcome.proved for outcome in problems
            ),
            inactive=sum(
                outcome.state is State.ISSUED and outcome.reason is not None for outcome in problems
            ),
            problems=problems,
        )

    return await journal.call(read)


def outcomes(journal: Journal) -> AsyncIterator[Outcome]:
    """Every row in the order of the file, a chunk in memory at a time."""
    return in_chunks(journal, _chunk, _CHUNK)


def _chunk(connection: sqlite3.Connection, after: int, size: int) -> list[Outcome]:
    settings = dict(connection.execute("SELECT name, value FROM meta"))
    rows = connection.execute(f"{_SELECT} WHERE number > ? ORDER BY number LIMIT ?", (after, size))
    return [_outcome_of(row, settings) for row in rows]


_SENT: Final = "(SELECT request_id FROM intents WHERE intents.number = rows.number AND step = '{}')"
_SELECT: Final = (
    "SELECT number, line, key, state, client_id, card_id, reason, found, proved, "  # noqa: S608 - of constants
    f"{_SENT.format('client')}, {_SENT.format('card')} FROM rows"
)
_PROBLEM: Final = "state IN ('refused', 'unknown', 'found', 'doubtful') OR reason IS NOT NULL"


def _outcome_of(
    row: tuple[
        int, int, str, str, str | None, str | None, str | None, int, int, str | None, str | None
    ],
    settings: Mapping[str, str],
) -> Outcome:
    """A row of the journal, as `_SELECT` gives it."""
    (
        number,
        line,
        key,
        state,
        client_id,
        card_id,
        reason,
        found,
        proved,
        client_request,
        card_request,
    ) = row
    return Outcome(
        number=number,
        line=line,
        key=key,
        state=State(state),
        client_id=client_id,
        card_id=card_id,
        # What was sent went out under the id that is written down, even where an earlier version
        # read the names otherwise.
        client_request_id=client_request or _to_be_sent(settings, key, "client"),
        card_request_id=card_request or _to_be_sent(settings, key, "card"),
        reason=reason,
        found=bool(found),
        proved=bool(proved),
    )


def _to_be_sent(settings: Mapping[str, str], key: str, step: str) -> str:
    try:
        return derive_request_id(settings["merchant"], settings["batch"], key, step)
    except ConfigurationError:
        # Such a row can't be sent, and the report has to tell of the others.
        return ""
