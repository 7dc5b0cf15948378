"""The queue that wakes workers: PgQueuer, in the same schema. It holds no truth of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings

from freedompay_async.postgres.schema.tables import SCHEMA

if TYPE_CHECKING:
    from pgqueuer.ports.driver import Driver

    from freedompay_async.postgres.connection.pooling import Connection

__all__ = ["ENTRYPOINT", "install_queue", "queries", "wake"]

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


def queries(driver: Driver) -> Queries:
    """PgQueuer's statements, with the names of this schema."""
    settings = DBSettings(**cast("Any", _NAMES))
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


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
