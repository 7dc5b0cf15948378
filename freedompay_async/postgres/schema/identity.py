"""Which database this is: a restored backup, a copy and a promoted standby are others.

The server has a number since it was made, and a timeline that every restore to a point in time and
every promotion changes. A dump that is read into the same server, or into another, makes other
tables, and one of the data alone other rows. A snapshot of the server's disk that is put back keeps
all of these: nothing shows that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from freedompay_async.postgres.connection.pooling import Connection

__all__ = ["IDENTITY", "SAME", "identity_of", "strange"]

# The timeline is that of the log that is written now: that of the last checkpoint may be older.
IDENTITY: Final = (
    "(SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), "
    "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), "
    "(SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'freedompay.meta'::regclass::oid, "
    "(SELECT string_agg(xmin::text, '+' ORDER BY xmin::text) FROM freedompay.origin)))"
)
"""An expression: the server, its timeline, the database and the tables."""
SAME: Final = f"SELECT identity = {IDENTITY} FROM freedompay.meta"  # noqa: S608 - of constants
"""Whether the database is the one that it was."""


async def identity_of(connection: Connection) -> str:
    """The identity of this database now.

    Raises:
        ConfigurationError: it is a standby, or the role may not ask; nothing was sent.
    """
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        raise ConfigurationError(
            "this server is a standby, which can't be written to: name the primary server. Nothing "
            "was sent."
        )
    try:
        found: str = await connection.fetchval(f"SELECT {IDENTITY}")
    except asyncpg.InsufficientPrivilegeError as error:
        raise ConfigurationError(
            f"the role may not ask which server this is ({error.message}): let it execute "
            "pg_control_system(), pg_current_wal_lsn() and pg_walfile_name(pg_lsn). Nothing was "
            "sent."
        ) from error
    return found


def strange(name: str) -> ConfigurationError:
    """The error of a database that is not the one it was."""
    return ConfigurationError(
        f"{name} is not the database that it was: it was restored from a backup, copied, moved or "
        "promoted, so it may be older than the truth. Say when the backup was taken: freedompay "
        "journal restored --taken TIME. Before that nothing is sent."
    )
