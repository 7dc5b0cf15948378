"""The statements that read: rows for a run, what earlier runs have left, and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from freedompay_async.batch.entries import Earlier, Entry, Refusal
from freedompay_async.batch.journal.records import (
    EarlierRuns,
    OutageRecord,
    RowRecord,
    RunRecord,
    StepTimes,
    Summary,
)
from freedompay_async.batch.journal.sqlite_plan import settings_of
from freedompay_async.batch.kept import KeptRow
from freedompay_async.batch.outcome import State

if TYPE_CHECKING:
    import sqlite3

    from freedompay_async.batch.lease import Lease

__all__ = [
    "OPEN",
    "earlier_runs",
    "outages",
    "row_records",
    "runs",
    "step_times",
    "summary",
    "unfinished",
]

_KEPT: Final = msgspec.json.Decoder(KeptRow)
# A run takes up a refused row until the refusal is proved. One that was used before is `started`
# when that is accepted.
OPEN: Final = "(state IN ('planned', 'started', 'unknown') OR (state = 'refused' AND NOT proved))"
_ENDED: Final = f"SELECT count(*) FROM rows WHERE NOT {OPEN}"  # noqa: S608 - of constants
# What an owner has heard of after it had lost the row.
_MADE: Final = "(SELECT max({0}) FROM successes WHERE successes.number = rows.number)"
_NEXT: Final = (
    "SELECT number, line, key, data, "  # noqa: S608 - of constants
    f"coalesce(client_id, {_MADE.format('client_id')}), "
    f"coalesce(card_id, {_MADE.format('card_id')}), found, "
    "accepted_found, state = 'refused', reason, client_ended_at, card_ended_at FROM rows "
    f"WHERE number > ? AND {OPEN} ORDER BY number LIMIT ?"
)
_INTENTS: Final = (
    "SELECT number, step, request_id, sent_at, accepted, body_sha256, refused, quiet_since "
    "FROM intents "
    "WHERE number BETWEEN ? AND ?"
)
_SENT: Final = "(SELECT request_id FROM intents WHERE intents.number = rows.number AND step = '{}')"
_ROWS: Final = (
    "SELECT number, line, key, state, client_id, "  # noqa: S608 - of constants
    "card_id, reason, found, proved, "
    f"{_SENT.format('client')}, {_SENT.format('card')} FROM rows"
)
_PROBLEM: Final = "state IN ('refused', 'unknown', 'found', 'doubtful') OR reason IS NOT NULL"
# The last step that a row has begun ends with the row. Steps come in this order: client, card,
# activate; so the next one is before it in the alphabet.
_TIMES: Final = (
    "SELECT number, step, sent_at, accepted_at, coalesce("
    "CASE step WHEN 'client' THEN client_ended_at WHEN 'card' THEN card_ended_at END, "
    "CASE WHEN NOT EXISTS (SELECT 1 FROM intents AS later WHERE later.number = intents.number "
    "AND later.step < intents.step) THEN ended_at END) "
    "FROM intents JOIN rows USING (number) WHERE number IN "
    "(SELECT number FROM rows WHERE number > ? ORDER BY number LIMIT ?) "
    "ORDER BY number, step DESC"
)


def unfinished(connection: sqlite3.Connection, after: int, limit: int, lease: Lease) -> list[Entry]:
    """Rows that have not ended, from the one after this number."""
    rows = connection.execute(_NEXT, (after, limit)).fetchall()
    if not rows:
        return []
    sent: dict[int, dict[str, Earlier]] = {}
    # What was sent is asked about under the id that it had, even where an earlier version read the
    # key otherwise.
    request_ids: dict[int, dict[str, str]] = {}
    intents = connection.execute(_INTENTS, (rows[0][0], rows[-1][0]))
    for number, step, request_id, sent_at, accepted, digest, refused, quiet in intents:
        earlier = Earlier(sent_at, bool(accepted), digest, Refusal(refused), quiet)
        sent.setdefault(number, {})[step] = earlier
        request_ids.setdefault(number, {})[step] = request_id
    return [
        Entry(
            number,
            line,
            key,
            _KEPT.decode(data),
            client_id,
            card_id,
            sent.get(number, {}),
            bool(found),
            bool(accepted),
            bool(refused),
            reason,
            lease=lease,
            client_ended_at=client_end,
            card_ended_at=card_end,
            _request_ids=request_ids.get(number, {}),
        )
        for (
            number,
            line,
            key,
            data,
            client_id,
            card_id,
            found,
            accepted,
            refused,
            reason,
            client_end,
            card_end,
        ) in rows
    ]


def earlier_runs(connection: sqlite3.Connection) -> EarlierRuns:
    def one(question: str) -> Any:
        row = connection.execute(question).fetchone()
        return None if row is None else row[0]

    return EarlierRuns(
        ended=one(_ENDED),
        # One that was only perhaps sent is not counted before it is known or sent.
        cards=one(
            "SELECT count(*) FROM intents WHERE step = 'card' "
            "AND (length(body_sha256) > 0 OR accepted)"
        ),
        newest=one("SELECT coalesce(max(sent_at), 0) FROM intents"),
        set_back=one(
            "SELECT coalesce(max(value + 0.0), 0) FROM meta WHERE name = 'clock_set_back'"
        ),
        begun=one("SELECT 1 FROM intents LIMIT 1") is not None,
        # The issuer forgets old ids first.
        witness=one(
            "SELECT request_id FROM intents WHERE accepted = 1 ORDER BY number DESC LIMIT 1"
        ),
    )


def summary(connection: sqlite3.Connection) -> Summary:
    counts = connection.execute("SELECT state, count(*) FROM rows GROUP BY state").fetchall()
    accepted = connection.execute("SELECT count(*) FROM rows WHERE found AND accepted_found")
    problems = connection.execute(f"{_ROWS} WHERE {_PROBLEM} ORDER BY number")
    return Summary(
        settings=settings_of(connection),
        counts={State(state): count for state, count in counts},
        accepted=accepted.fetchone()[0],
        problems=tuple(map(_record, problems)),
    )


def row_records(connection: sqlite3.Connection, after: int, limit: int) -> list[RowRecord]:
    found = connection.execute(f"{_ROWS} WHERE number > ? ORDER BY number LIMIT ?", (after, limit))
    return list(map(_record, found))


def _record(row: tuple[Any, ...]) -> RowRecord:
    number, line, key, state, client_id, card_id, reason, found, proved, *request_ids = row
    return RowRecord(
        number,
        line,
        key,
        State(state),
        client_id,
        card_id,
        reason,
        bool(found),
        bool(proved),
        *request_ids,
    )


def step_times(connection: sqlite3.Connection, after: int, limit: int) -> list[StepTimes]:
    return [StepTimes(*each) for each in connection.execute(_TIMES, (after, limit))]


def runs(connection: sqlite3.Connection) -> list[RunRecord]:
    found = connection.execute("SELECT owner, limits, began_at, ended_at FROM runs ORDER BY number")
    return [
        RunRecord(owner, msgspec.json.decode(limits), began_at, ended_at)
        for owner, limits, began_at, ended_at in found
    ]


def outages(connection: sqlite3.Connection) -> list[OutageRecord]:
    found = connection.execute("SELECT owner, began_at, ended_at FROM outages ORDER BY number")
    return [OutageRecord(*each) for each in found]
