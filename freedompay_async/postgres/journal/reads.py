"""The statements that read: rows for a run, what earlier runs have left, and the report.

How old an intent is decides whether it may be sent again, so its times are read as ages and taken
from this machine's clock, which may be wrong. The times of a report are the server's, and the same
for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from freedompay_async.batch.entries import Earlier, Entry, Refusal
from freedompay_async.batch.journal.records import (
    EarlierRuns,
    KeptPlan,
    OutageRecord,
    RowRecord,
    RunRecord,
    StepTimes,
    Summary,
)
from freedompay_async.batch.kept import KeptRow
from freedompay_async.batch.outcome import State
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.journal.plan import settings_of
from freedompay_async.postgres.schema.tables import ORDERED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from freedompay_async.batch.lease import Lease
    from freedompay_async.postgres.connection.pooling import Connection

__all__ = [
    "earlier_runs",
    "entries",
    "kept_plan",
    "outages",
    "row_records",
    "runs",
    "step_times",
    "summary",
]

_KEPT: Final = msgspec.json.Decoder(KeptRow)
_AGE: Final = "extract(epoch FROM clock_timestamp() - {})::float8"
_AT: Final = "extract(epoch FROM {})::float8"
_ENTRIES: Final = f"""
SELECT number, line, key, data, client_id, card_id, found, accepted_found, state = 'refused',
    reason, {_AGE.format("client_ended_at")}, {_AGE.format("card_ended_at")},
    {_AGE.format("free_since")}
FROM freedompay.rows WHERE batch = $1 AND number = ANY ($2::int[]) ORDER BY number
"""  # noqa: S608 - of constants
_INTENTS: Final = f"""
SELECT number, step, request_id, {_AGE.format("sent_at")}, accepted_at IS NOT NULL, body_sha256,
    refused, {_AGE.format("quiet_since")}
FROM freedompay.intents WHERE batch = $1 AND number = ANY ($2::int[])
"""  # noqa: S608 - of constants
_SENT: Final = (
    "(SELECT request_id FROM freedompay.intents WHERE intents.batch = rows.batch "
    "AND intents.number = rows.number AND step = '{}')"
)
_ROWS: Final = f"""
SELECT number, line, key, state, client_id, card_id, reason, found, proved,
    {_SENT.format("client")}, {_SENT.format("card")}
FROM freedompay.rows WHERE batch = $1
"""  # noqa: S608 - of constants
_PROBLEM: Final = "(state IN ('refused', 'unknown', 'found', 'doubtful') OR reason IS NOT NULL)"
_EARLIER: Final = f"""
SELECT
    (SELECT count(*) FROM freedompay.rows WHERE batch = $1 AND NOT open),
    (SELECT count(*) FROM freedompay.intents WHERE batch = $1 AND {ORDERED}),
    EXISTS (SELECT 1 FROM freedompay.intents WHERE batch = $1),
    (SELECT request_id FROM freedompay.intents WHERE batch = $1 AND accepted_at IS NOT NULL
        ORDER BY number DESC LIMIT 1)
"""  # noqa: S608 - of constants
# The last step that a row has begun ends with the row. Steps come in this order: client, card,
# activate; so the next one is before it in the alphabet.
_TIMES: Final = f"""
SELECT number, step, {_AT.format("sent_at")}, {_AT.format("accepted_at")}, {
    _AT.format('''coalesce(
    CASE step WHEN 'client' THEN client_ended_at WHEN 'card' THEN card_ended_at END,
    CASE WHEN NOT EXISTS (
        SELECT 1 FROM freedompay.intents AS later WHERE later.batch = $1
        AND later.number = intents.number AND later.step < intents.step
    ) THEN ended_at END)''')
}
FROM freedompay.intents JOIN freedompay.rows USING (batch, number)
WHERE batch = $1 AND number IN (
    SELECT number FROM freedompay.rows WHERE batch = $1 AND number > $2 ORDER BY number LIMIT $3
) ORDER BY number, step DESC
"""  # noqa: S608 - of constants
_RUNS: Final = f"""
SELECT id, limits, {_AT.format("began_at")}, {_AT.format("ended_at")}
FROM freedompay.owners WHERE batch = $1 AND began_at IS NOT NULL ORDER BY place
"""  # noqa: S608 - of constants
_OUTAGES: Final = f"""
SELECT owner, {_AT.format("began_at")}, {_AT.format("ended_at")}
FROM freedompay.outages WHERE batch = $1 ORDER BY place
"""  # noqa: S608 - of constants


def _since(now: float) -> Callable[[float | None], Any]:
    """What an age is on this machine's clock, which read `now` before the question was sent."""
    return lambda age: None if age is None else now - age


async def kept_plan(connection: Connection, batch: int | None, name: str) -> KeptPlan:
    settings = await settings_of(connection, batch)
    if not settings:
        raise ConfigurationError(
            f"{name} has no batch in it: `batch report` lists those of a database, and "
            "`batch issue` makes one. Nothing was sent."
        )
    ((rows, there),) = await connection.fetch(
        "SELECT rows, (SELECT count(*) FROM freedompay.rows WHERE batch = $1) "
        "FROM freedompay.batches WHERE id = $1",
        batch,
    )
    if rows != there:
        raise ConfigurationError(
            f"{name} has lost rows of its plan ({there:,} of {rows:,} are there): restore the "
            "database from a backup. Nothing was sent."
        )
    return KeptPlan(rows, settings)


async def entries(
    connection: Connection, batch: int, numbers: Sequence[int], lease: Lease, now: float
) -> list[Entry]:
    """These rows, with what was sent of them; `now`: the time before this was asked for."""
    at = _since(now)
    rows = await connection.fetch(_ENTRIES, batch, list(numbers))
    intents = await connection.fetch(_INTENTS, batch, list(numbers))
    free = {row[0]: row[-1] for row in rows}
    sent: dict[int, dict[str, Earlier]] = {}
    request_ids: dict[int, dict[str, str]] = {}
    for number, step, request_id, age, accepted, digest, refused, quiet in intents:
        # The later of the two: the younger age.
        quiet_ages = [each for each in (quiet, free.get(number)) if each is not None]
        quiet_since = at(min(quiet_ages)) if quiet_ages else None
        earlier = Earlier(at(age), accepted, digest, Refusal(refused), quiet_since)
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
            found,
            accepted,
            refused,
            reason,
            lease=lease,
            client_ended_at=at(client_age),
            card_ended_at=at(card_age),
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
            client_age,
            card_age,
            _,
        ) in rows
    ]


async def earlier_runs(connection: Connection, batch: int | None) -> EarlierRuns:
    (row,) = await connection.fetch(_EARLIER, batch)
    ended, cards, begun, witness = row
    # How old an intent is, the server says.
    return EarlierRuns(
        ended=ended, cards=cards, newest=0.0, set_back=0.0, begun=begun, witness=witness
    )


async def summary(connection: Connection, batch: int | None) -> Summary:
    """Read in one transaction that sees one moment."""
    counts = await connection.fetch(
        "SELECT state, count(*) FROM freedompay.rows WHERE batch = $1 GROUP BY state", batch
    )
    accepted = await connection.fetchval(
        "SELECT count(*) FROM freedompay.rows WHERE batch = $1 AND found AND accepted_found", batch
    )
    problems = await connection.fetch(f"{_ROWS} AND {_PROBLEM} ORDER BY number", batch)
    return Summary(
        settings=await settings_of(connection, batch),
        counts={State(state): count for state, count in counts},
        accepted=accepted,
        problems=tuple(_records(problems)),
    )


async def row_records(
    connection: Connection, batch: int | None, after: int, limit: int
) -> list[RowRecord]:
    found = await connection.fetch(
        f"{_ROWS} AND number > $2 ORDER BY number LIMIT $3", batch, after, limit
    )
    return list(_records(found))


def _records(rows: Iterable[Any]) -> Iterable[RowRecord]:
    for number, line, key, state, *more in rows:
        yield RowRecord(number, line, key, State(state), *more)


async def step_times(
    connection: Connection, batch: int | None, after: int, limit: int
) -> list[StepTimes]:
    return [StepTimes(*each) for each in await connection.fetch(_TIMES, batch, after, limit)]


async def runs(connection: Connection, batch: int | None) -> list[RunRecord]:
    return [
        RunRecord(owner.hex, msgspec.json.decode(limits), began, ended)
        for owner, limits, began, ended in await connection.fetch(_RUNS, batch)
    ]


async def outages(connection: Connection, batch: int | None) -> list[OutageRecord]:
    return [
        OutageRecord(owner.hex, began, ended)
        for owner, began, ended in await connection.fetch(_OUTAGES, batch)
    ]
