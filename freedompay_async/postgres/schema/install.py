"""Makes or upgrades the schema, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.connection.pooling import words
from freedompay_async.postgres.schema.functions import FUNCTIONS
from freedompay_async.postgres.schema.identity import identity_of
from freedompay_async.postgres.schema.rates import RATE_TABLES
from freedompay_async.postgres.schema.requests import REQUEST_TABLES
from freedompay_async.postgres.schema.tables import SCHEMA, TABLES, VERSION
from freedompay_async.postgres.workers.wake import install_queue

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection, Pool

__all__ = ["check_version", "install", "newer", "version_of"]

# Of the lock that keeps two installations apart; any number that others don't use.
_LOCK: Final = 0x6670_6A31
# The step from each version to the next.
_UPGRADES: Final[dict[int, str]] = {1: REQUEST_TABLES}


async def install(target: Pool | Connection) -> int:
    """Make the schema, or upgrade that of an older version; the version that is there then.

    It waits for another installation that is on. Workers of an older version that are running end
    what they have begun, and begin nothing more.

    Args:
        target: a pool of asyncpg, or a connection.

    Raises:
        ConfigurationError: the schema is of a newer version, or the role may not make it.
    """
    if isinstance(target, asyncpg.Pool):
        async with target.acquire() as connection:
            return await install(connection)
    try:
        # A lock of the session, because the queue's own upgrade is no single transaction.
        await target.execute("SELECT pg_advisory_lock($1)", _LOCK)
        try:
            async with target.transaction():
                await _install(target)
            await install_queue(target)
        finally:
            await target.execute("SELECT pg_advisory_unlock($1)", _LOCK)
    except asyncpg.InsufficientPrivilegeError as error:
        raise ConfigurationError(
            f"the role may not make the schema {SCHEMA} ({words(error)}): install it with a role "
            "that may create a schema in this database, or as the owner of the schema. Nothing was "
            "changed."
        ) from error
    return VERSION


async def _install(connection: Connection) -> None:
    version = await version_of(connection)
    if version is not None and version > VERSION:
        raise newer(version)
    if version is None:
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        await connection.execute(TABLES)
        await connection.execute(RATE_TABLES)
        await connection.execute(REQUEST_TABLES)
    for step in range(version or VERSION, VERSION):
        await connection.execute(_UPGRADES[step])
    # What they do may change with any version.
    for function in FUNCTIONS:
        await connection.execute(function)
    if version is None:
        await connection.execute("INSERT INTO freedompay.origin DEFAULT VALUES")
        await connection.execute(
            "INSERT INTO freedompay.meta (version, identity) VALUES ($1, $2)",
            VERSION,
            await identity_of(connection),
        )
    else:
        await connection.execute("UPDATE freedompay.meta SET version = $1", VERSION)


async def version_of(connection: Connection) -> int | None:
    """The version of the schema; `None`: there is none."""
    if await connection.fetchval("SELECT to_regclass('freedompay.meta')") is None:
        return None
    version: int | None = await connection.fetchval("SELECT version FROM freedompay.meta")
    return version


async def check_version(connection: Connection, name: str) -> None:
    """Refuse a database whose schema this program can't use.

    Raises:
        ConfigurationError: there is none, or one of another version; nothing was sent.
    """
    version = await version_of(connection)
    if version is None:
        raise ConfigurationError(
            f"{name} has no tables of this program yet: make them with freedompay journal install. "
            "Nothing was sent."
        )
    if version > VERSION:
        raise newer(version)
    if version < VERSION:
        raise ConfigurationError(
            f"{name} was made by an older version of this program (schema {version}, this program "
            f"uses {VERSION}): upgrade it with freedompay journal install. Nothing was sent."
        )


def newer(version: int) -> ConfigurationError:
    """The error of a schema that a newer program has made. A worker may have sent rows before it
    finds that, so the text does not say that nothing was sent.
    """
    return ConfigurationError(
        f"the tables were made by a newer version of this program (schema {version}, this program "
        f"uses {VERSION}): update the program. Until then it starts no row."
    )
