"""The queue that wakes workers: PgQueuer, in the same schema. It holds no truth of a batch."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.schema.tables import SCHEMA

if TYPE_CHECKING:
    from pgqueuer.ports.driver import Driver

    from freedompay_async.postgres.connection.pooling import Connection

__all__ = ["ENTRYPOINT", "install_queue", "queries", "requests_entrypoint", "wake"]

ENTRYPOINT: Final = "batch"
"""The entrypoint of a job that wakes workers for a batch; its payload is the batch's name."""
_PREFIX: Final = "wake_"
# Each name is given, so that no environment variable of another queue renames one.
_NAMES: Final = {
    "prefix": _PREFIX,
    "db_schema": SCHEMA,
    "channel": "freedompay_wake",
    "function": f"{_PREFIX}fn_pgqueuer_changed",
    "statistics_table": f"{_PREFIX}pgqueuer_statistics",
    "queue_status_type": f"{_PREFIX}pgqueuer_status",
    "queue_table": f"{_PREFIX}pgqueuer",
    "queue_table_log": f"{_PREFIX}pgqueuer_log",
    "trigger": f"{_PREFIX}tg_pgqueuer_changed",
    "schedules_table": f"{_PREFIX}pgqueuer_schedules",
    "durability": "durable",
}


def requests_entrypoint(merchant: str, base_url: str) -> str:
    """The entrypoint of a job that wakes workers for a tracked request; its payload is the id."""
    return f"request {merchant} {base_url}"


def queries(driver: Driver) -> Queries:
    """PgQueuer's statements, with the names of this schema."""
    return Queries(driver, **_statements())


@cache
def _statements() -> dict[str, Any]:
    """What makes the statements. It takes longer to make than a job takes to be written."""
    settings = DBSettings(**cast("Any", _NAMES))
    return {
        "qbe": QueryBuilderEnvironment(settings),
        "qbq": QueryQueueBuilder(settings),
        "qbs": QuerySchedulerBuilder(settings),
    }


async def wake(connection: Connection, batch: int, name: str) -> None:
    """Put a job for this batch into the queue, unless there is one; in the transaction of the
    connection.
    """
    await queries(AsyncpgDriver(cast("Any", connection))).enqueue(
        ENTRYPOINT, name.encode(), dedupe_key=f"batch {batch}", on_conflict="skip"
    )


async def install_queue(connection: Connection) -> None:
    """Make or upgrade the tables of the queue; not in a transaction."""
    own = queries(AsyncpgDriver(cast("Any", connection)))
    if await own.schema_is_installed():
        await own.apply_upgrade()
    else:
        await own.install()
    await connection.execute(await _wake_function())


async def _wake_function() -> str:
    """A function that puts a wake-up into the queue, by PgQueuer's own statement. So a transaction
    of the application's gets it together with what it is for, whatever library its connection is
    of.
    """
    heard = _Heard()
    await queries(cast("Any", heard)).enqueue("", b"")
    statement = heard.statement
    # What PgQueuer gives for each parameter of one wake-up, with the two that differ.
    values = (
        *("0", "_entrypoint", "convert_to(_payload, 'UTF8')"),
        *("interval '0'", "NULL", "'null'"),
    )
    for place, value in enumerate(values, 1):
        statement = statement.replace(f"${place}::", f"ARRAY[{value}]::")
    return f"""
CREATE OR REPLACE FUNCTION freedompay.wake(_entrypoint text, _payload text) RETURNS void
LANGUAGE plpgsql AS $wake$
DECLARE
    _job record;
BEGIN
    FOR _job IN {statement} LOOP END LOOP;
END $wake$
"""


class _Heard:
    """A driver that hears a statement, and sends it nowhere."""

    statement = ""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        expected = [[0], [""], [b""], [timedelta()], [None], ["null"]]
        if list(args) != expected or query.count("$") != len(expected):
            raise ConfigurationError(
                "this version of PgQueuer writes its wake-ups in another way than this program "
                "knows: install pgqueuer of the range that the extra `postgres` asks for."
            )
        self.statement = query
        return [{"ord": 1, "id": 0}]
