"""What is checked when a journal is opened: the pool, the server, and which database it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

import asyncpg

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.connection.listening import check_listening
from freedompay_async.postgres.connection.pooling import FEWEST, LIMIT, words
from freedompay_async.postgres.journal.plan import batch_id
from freedompay_async.postgres.schema.identity import identity_of
from freedompay_async.postgres.schema.install import check_version

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection, Pool

__all__ = ["Opened", "check_opening"]

# The setting, what it may be, and why.
_SETTINGS: Final = (
    (
        "synchronous_commit",
        ("on", "local", "remote_write", "remote_apply"),
        "a server that is killed forgets what was written last, and so what was sent",
    ),
    (
        "default_transaction_isolation",
        ("read committed",),
        "a statement would not see what others have written while it waited for them",
    ),
)


class Opened(NamedTuple):
    """What is known of an open database.

    Attributes:
        address: without a password.
        batch: the number of the batch; `None`: there is none of this name.
    """

    address: str
    batch: int | None


async def check_opening(pool: Pool, name: str) -> Opened:
    """Check what a journal needs; `name`: of the batch.

    Raises:
        ConfigurationError: something is missing; nothing was sent.
    """
    if pool.get_max_size() < FEWEST:
        raise ConfigurationError(
            f"the pool has {pool.get_max_size()} connections at most: a journal needs {FEWEST} "
            "(max_size). Nothing was sent."
        )
    try:
        async with asyncio.timeout(3 * LIMIT), pool.acquire(timeout=LIMIT) as connection:
            address = await _address_of(connection)
            await _check_settings(connection, address)
            await check_version(connection, address)
            # It may be read, whichever database it is now: a run looks at that.
            await identity_of(connection)
            batch = await batch_id(connection, name)
        await check_listening(pool, address)
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
        raise ConfigurationError(
            f"the database of the batch {name!r} can't be used ({words(error)}). Nothing was sent."
        ) from error
    return Opened(address, batch)


async def _check_settings(connection: Connection, address: str) -> None:
    """Refuse what a role, a database or a pool may have set, and what would lose sends.

    Raises:
        ConfigurationError: it is set so; nothing was sent.
    """
    for name, good, why in _SETTINGS:
        found = await connection.fetchval("SELECT current_setting($1)", name)
        if found not in good:
            raise ConfigurationError(
                f"{address} has {name} = {found}: {why}. Set it to {good[0]} for this role or "
                "pool. Nothing was sent."
            )


async def _address_of(connection: Connection) -> str:
    """As the server knows itself; of a socket of this machine without a host."""
    ((user, host, port, database),) = await connection.fetch(
        "SELECT current_user, host(inet_server_addr()), inet_server_port(), current_database()"
    )
    place = "" if host is None else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"postgresql://{quote(user)}@{place}/{quote(database)}"
