"""A plan in PostgreSQL: its rows, its settings, and what is kept beside them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

from freedompay_async.batch.journal.records import Fact, FoundKeys
from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.schema.tables import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from freedompay_async.batch.journal.plan_writer import PlanWriter
    from freedompay_async.batch.journal.records import PlannedRecord
    from freedompay_async.postgres.connection.pooling import Connection

__all__ = [
    "PostgresPlan",
    "accept_found",
    "batch_id",
    "facts",
    "keep",
    "keys_of",
    "plan",
    "settings_of",
]

T = TypeVar("T")
_FACTS: Final = frozenset(Fact)
# What is no setting of the batch; a check of each row is kept among the settings, as in a file.
_NO_SETTINGS: Final = _FACTS - {Fact.CHECK_FIRST}
_KEEP: Final = (
    "INSERT INTO freedompay.facts (batch, name, value) "
    "SELECT $1, name, value FROM unnest($2::text[], $3::text[]) AS given (name, value) "
    "ON CONFLICT (batch, name) DO UPDATE SET value = excluded.value"
)
_FOUND: Final = "found AND state NOT IN ('issued', 'doubtful')"
# What is forgotten of a person can't be sent any more, so such a row stays as it is.
# From then on it is a row like others that have begun, its reason is gone, and any round takes it.
_ACCEPT: Final = f"""
WITH these AS (
    SELECT number, state = 'found' AND NOT open AS ended FROM freedompay.rows
    WHERE batch = $1 AND {_FOUND} AND NOT accepted_found
        AND data IS NOT NULL AND ($2::int[] IS NULL OR number = ANY ($2)) FOR UPDATE
), accepted AS (
    UPDATE freedompay.rows SET accepted_found = true, open = true,
        round = CASE WHEN ended THEN 0 ELSE round END,
        reason = CASE WHEN ended THEN NULL ELSE reason END,
        ended_at = CASE WHEN ended THEN NULL ELSE ended_at END,
        state = CASE WHEN ended THEN 'started' ELSE state END
    FROM these WHERE batch = $1 AND rows.number = these.number
), counted AS (
    UPDATE freedompay.batches
    SET reopened = reopened + (SELECT count(*) FROM these WHERE ended) WHERE id = $1
)
SELECT count(*) FROM these
"""  # noqa: S608 - of constants
_OF_KEYS: Final = f"""
SELECT key, number, found AND (accepted_found OR (data IS NOT NULL AND {_FOUND}))
FROM freedompay.rows WHERE batch = $1 AND key = ANY ($2::text[])
"""  # noqa: S608 - of constants


class PostgresPlan:
    """Writes a plan within one transaction. Its methods are called in a thread, and each waits for
    what the loop does meanwhile on the connection.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection: Final = connection
        self._name: Final = name
        self._loop: Final = asyncio.get_running_loop()
        self._batch: int | None = None
        self._rows = 0
        self.given_up = False

    def settings(self) -> Mapping[str, str]:
        return self._do(self._settings())

    def count(self) -> int:
        return self._do(self._count())

    def add(self, rows: Sequence[PlannedRecord]) -> None:
        self._do(self._add(rows))

    def begin(self, settings: Mapping[str, str]) -> None:
        self._do(self._begin(settings))

    def facts(self) -> Mapping[Fact, str]:
        return self._do(self._facts())

    def keep(self, facts: Mapping[Fact, str]) -> None:
        self._do(self._keep(facts))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        if self.given_up:
            work.close()
            raise asyncio.CancelledError
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _known(self) -> int | None:
        if self._batch is None:
            self._batch = await batch_id(self._connection, self._name)
        return self._batch

    async def _made(self) -> int:
        known = await self._known()
        if known is not None:
            return known
        made: int = await self._connection.fetchval(
            "INSERT INTO freedompay.batches (name) VALUES ($1) RETURNING id", self._name
        )
        self._batch = made
        return made

    async def _settings(self) -> Mapping[str, str]:
        return await settings_of(self._connection, await self._known())

    async def _count(self) -> int:
        found: int = await self._connection.fetchval(
            "SELECT count(*) FROM freedompay.rows WHERE batch = $1", await self._known()
        )
        return found

    async def _add(self, rows: Sequence[PlannedRecord]) -> None:
        batch = await self._made()
        await self._connection.copy_records_to_table(
            "rows",
            schema_name=SCHEMA,
            columns=["batch", "number", "key", "line", "data"],
            records=[(batch, *row) for row in rows],
        )

    async def _begin(self, settings: Mapping[str, str]) -> None:
        # Request ids are made of this name: under another one here, two batches of the database
        # could have the same.
        name = settings.get("batch", self._name)
        if name != self._name:
            raise ConfigurationError(
                f"the batch is named {name!r}, and its journal {self._name!r}: give both the same "
                "name. Nothing was sent."
            )
        batch = await self._made()
        await _keep_all(self._connection, batch, settings)
        await self._connection.execute(
            "UPDATE freedompay.batches SET rows = "
            "(SELECT count(*) FROM freedompay.rows WHERE batch = $1) WHERE id = $1",
            batch,
        )

    async def _facts(self) -> Mapping[Fact, str]:
        return await facts(self._connection, await self._known())

    async def _keep(self, facts: Mapping[Fact, str]) -> None:
        await keep(self._connection, await self._made(), facts)


async def plan(connection: Connection, name: str, work: Callable[[PlanWriter], T]) -> T:
    """Run `work` in a thread with the writer of a plan, in the transaction of the connection."""
    # One plan of a name at a time. Nobody else waits for this lock, however long it takes.
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('freedompay plan ' || $1, 0))", name
    )
    writer = PostgresPlan(connection, name)
    thread = asyncio.ensure_future(asyncio.to_thread(work, writer))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        # The thread ends with its next call, and until then the connection is its own.
        writer.given_up = True
        while not thread.done():
            await asyncio.wait([thread])
        thread.exception()
        raise


async def batch_id(connection: Connection, name: str) -> int | None:
    """The number of a batch; `None`: there is none of this name."""
    found: int | None = await connection.fetchval(
        "SELECT id FROM freedompay.batches WHERE name = $1", name
    )
    return found


async def settings_of(connection: Connection, batch: int | None) -> dict[str, str]:
    named = await connection.fetch(
        "SELECT name, value FROM freedompay.facts WHERE batch = $1", batch
    )
    return {name: value for name, value in named if name not in _NO_SETTINGS}


async def facts(connection: Connection, batch: int | None) -> dict[Fact, str]:
    named = await connection.fetch(
        "SELECT name, value FROM freedompay.facts WHERE batch = $1", batch
    )
    return {Fact(name): value for name, value in named if name in _FACTS}


async def keep(connection: Connection, batch: int, facts: Mapping[Fact, str]) -> None:
    await _keep_all(connection, batch, {name.value: value for name, value in facts.items()})


async def _keep_all(connection: Connection, batch: int, values: Mapping[str, str]) -> None:
    await connection.execute(_KEEP, batch, list(values), list(values.values()))


async def keys_of(connection: Connection, batch: int | None, numbers: Sequence[int]) -> list[str]:
    found = await connection.fetch(
        "SELECT number, key FROM freedompay.rows WHERE batch = $1 AND number = ANY ($2::int[])",
        batch,
        list(numbers),
    )
    keys: dict[int, str] = {row["number"]: row["key"] for row in found}
    return [keys[number] for number in numbers]


async def accept_found(
    connection: Connection, batch: int | None, keys: Sequence[str] | None
) -> FoundKeys:
    """`None`: of all rows."""
    if keys is None:
        return FoundKeys(await connection.fetchval(_ACCEPT, batch, None))
    rows = {
        key: (number, was_found)
        for key, number, was_found in await connection.fetch(_OF_KEYS, batch, list(keys))
    }
    strange = tuple(key for key in keys if key not in rows)
    if strange:
        return FoundKeys(strange=strange)
    numbers = [number for number, _ in rows.values()]
    accepted = await connection.fetchval(_ACCEPT, batch, numbers)
    return FoundKeys(accepted, tuple(key for key in keys if not rows[key][1]))
