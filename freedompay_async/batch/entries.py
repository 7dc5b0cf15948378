"""The rows of a run, as the journal has them: every question and every write that a run makes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from freedompay_async.batch.clock import Clock
from freedompay_async.batch.plan import PlannedRow
from freedompay_async.batch.report import Outcome, State
from freedompay_async.ids import derive_request_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence

    from freedompay_async.batch.journal import Journal

__all__ = ["Earlier", "Entry", "Standing", "accepted", "clock_was_set_back", "end", "forget", "intend", "standing", "unfinished"]

_CHUNK: Final = 500
_PLANNED: Final = msgspec.json.Decoder(PlannedRow)
_STARTED: Final = State.STARTED.value
# `UPDATE … FROM`; Red Hat 8 has an older one.
_FROM: Final = sqlite3.sqlite_version_info >= (3, 33)
_KNOW: Final = (
    "WITH given (row, now, client, card, was, why) AS (VALUES {}) "
    "UPDATE rows SET state = now, client_id = client, card_id = card, found = was, reason = why FROM given WHERE number = row"
)
# A statement for so many: before version 3.32 it has at most 999 parameters.
_TOGETHER: Final = 100


class Earlier(NamedTuple):
    """A step that an earlier run began."""

    sent_at: float
    accepted: bool
    body_sha256: bytes


@dataclass(slots=True)
class Entry:
    """A row that has not ended."""

    number: int
    line: int
    key: str
    planned: PlannedRow
    client_id: str | None
    card_id: str | None
    sent: Mapping[str, Earlier]
    found: bool = False
    """The issuer had one of its request ids before this journal."""
    _request_ids: dict[str, str] = field(default_factory=dict)

    def request_id(self, step: str, settings: Mapping[str, str]) -> str:
        """Of one of its steps; the settings are those of its batch, which are always the same."""
        known = self._request_ids.get(step)
        if known is None:
            known = self._request_ids[step] = derive_request_id(settings["merchant"], settings["batch"], self.key, step)
        return known


class Standing(NamedTuple):
    """What earlier runs have left."""

    ended: int
    """Rows."""
    cards: int
    """That were ever asked for."""
    clock: Clock


async def standing(journal: Journal) -> Standing:
    """Where a run begins."""

    def read(connection: sqlite3.Connection) -> Standing:
        ended = connection.execute("SELECT count(*) FROM rows WHERE state IN ('issued', 'refused')").fetchone()[0]
        cards = connection.execute("SELECT count(*) FROM intents WHERE step = 'card'").fetchone()[0]
        newest = connection.execute("SELECT coalesce(max(sent_at), 0) FROM intents").fetchone()[0]
        set_back = connection.execute("SELECT coalesce(max(value + 0.0), 0) FROM meta WHERE name = 'clock_set_back'").fetchone()[0]
        return Standing(ended, cards, Clock(newest=newest, set_back=set_back))

    return await journal.call(read)


async def unfinished(journal: Journal) -> AsyncGenerator[Entry]:
    """Every row that has not ended, in the order of the file, a chunk in memory at a time."""
    after = 0
    while True:

        def read(connection: sqlite3.Connection, after: int = after) -> list[Entry]:
            return _chunk(connection, after)

        chunk = await journal.call(read)
        for entry in chunk:
            yield entry
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1].number


def _chunk(connection: sqlite3.Connection, after: int) -> list[Entry]:
    rows = connection.execute(
        "SELECT number, line, key, data, client_id, card_id, found FROM rows "
        "WHERE number > ? AND state IN ('planned', 'started', 'unknown') ORDER BY number LIMIT ?",
        (after, _CHUNK),
    ).fetchall()
    if not rows:
        return []
    sent: dict[int, dict[str, Earlier]] = {}
    # What was sent is asked about under the id that it had, even where an earlier version read the key otherwise.
    request_ids: dict[int, dict[str, str]] = {}
    intents = connection.execute(
        "SELECT number, step, request_id, sent_at, accepted, body_sha256 FROM intents WHERE number BETWEEN ? AND ?",
        (rows[0][0], rows[-1][0]),
    )
    for number, step, request_id, sent_at, was_accepted, digest in intents:
        sent.setdefault(number, {})[step] = Earlier(sent_at, bool(was_accepted), digest)
        request_ids.setdefault(number, {})[step] = request_id
    return [
        Entry(number, line, key, _PLANNED.decode(data), client_id, card_id, sent.get(number, {}), bool(found), request_ids.get(number, {}))
        for number, line, key, data, client_id, card_id, found in rows
    ]


def intend(
    journal: Journal, entry: Entry, step: str, *, request_id: str, body_sha256: bytes, sent_at: float, set_back: float = 0.0
) -> Awaitable[None]:
    """On the disk when it has been awaited: the intent, what is known of the row, and by how many seconds the clock was set back."""
    intent = (entry.number, step, request_id, body_sha256, sent_at)
    known = (entry.number, _STARTED, entry.client_id, entry.card_id, entry.found, None)
    return journal.write(_intend, (intent, known, set_back))


def _intend(connection: sqlite3.Connection, each: Sequence[tuple[Any, ...]]) -> None:
    _file(connection, [intent for intent, _, _ in each])
    _know(connection, [known for _, known, _ in each])
    _add_set_back(connection, sum(set_back for _, _, set_back in each))


def _file(connection: sqlite3.Connection, intents: Sequence[tuple[Any, ...]]) -> None:
    _for_all(connection, "INSERT OR IGNORE INTO intents (number, step, request_id, body_sha256, sent_at) VALUES {}", intents)


def _know(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """How rows stand: number, state, client_id, card_id, found, reason. A row waits for each write, so none is here twice."""
    if _FROM:
        _for_all(connection, _KNOW, rows)
    else:
        connection.executemany("UPDATE rows SET state = ?2, client_id = ?3, card_id = ?4, found = ?5, reason = ?6 WHERE number = ?1", rows)


def _accept(connection: sqlite3.Connection, intents: Sequence[tuple[Any, ...]]) -> None:
    connection.executemany("UPDATE intents SET accepted = 1 WHERE number = ? AND step = ?", intents)


def _for_all(connection: sqlite3.Connection, statement: str, each: Sequence[tuple[Any, ...]]) -> None:
    """One statement with the values of many in place of the braces."""
    for start in range(0, len(each), _TOGETHER):
        part = each[start : start + _TOGETHER]
        places = ", ".join([f"({', '.join('?' * len(part[0]))})"] * len(part))
        connection.execute(statement.format(places), [value for values in part for value in values])


def clock_was_set_back(journal: Journal, seconds: float) -> None:
    """What an intent can't tell any more, because the run ends. Not waited for."""
    journal.note(lambda connection: _add_set_back(connection, seconds))


def _add_set_back(connection: sqlite3.Connection, seconds: float) -> None:
    if seconds:
        connection.execute("INSERT INTO meta VALUES ('clock_set_back', ?1) ON CONFLICT (name) DO UPDATE SET value = value + ?1", (seconds,))


def forget(journal: Journal, entry: Entry, step: str) -> None:
    """The intent was surely not sent, so nobody has to ask about it."""
    values = (entry.number, step)

    def write(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM intents WHERE number = ? AND step = ?", values)
        connection.execute(
            "UPDATE rows SET state = 'planned' "
            "WHERE number = ?1 AND state = 'started' AND NOT EXISTS (SELECT 1 FROM intents WHERE number = ?1)",
            values[:1],
        )

    journal.note(write)


def accepted(journal: Journal, entry: Entry, step: str) -> None:
    """Not waited for: if it gets lost, the next run asks."""
    journal.note_values(_accept, (entry.number, step))


async def end(journal: Journal, entry: Entry, state: State, reason: str | None, settings: Mapping[str, str]) -> Outcome:
    """On the disk when this returns: how the row ended."""
    await journal.write(_know, (entry.number, state.value, entry.client_id, entry.card_id, entry.found, reason))
    return Outcome(
        number=entry.number,
        line=entry.line,
        key=entry.key,
        state=state,
        client_id=entry.client_id,
        card_id=entry.card_id,
        client_request_id=entry.request_id("client", settings),
        card_request_id=entry.request_id("card", settings),
        reason=reason,
        found=entry.found,
    )
