"""The database that a command names, and the batches in it.

What needs the extra `postgres` is imported where it is used: its import takes time, and most
commands need none of it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from freedompay_async.cli.output import in_shell
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.cli.journal_address import JournalAddress
    from freedompay_async.postgres.connection.connecting import Pool
    from freedompay_async.postgres.journal.batches import BatchRecord

__all__ = ["all_batches", "connected", "needs_database", "only_batch"]


def needs_database(address: JournalAddress, why: str) -> ConfigurationError:
    """The error of a command that does nothing for a file. `why`: the rest of the sentence."""
    return ConfigurationError(f"{address.shown} is a file, {why} Nothing was sent.")


@asynccontextmanager
async def connected(address: JournalAddress) -> AsyncGenerator[Pool]:
    """A pool of connections to this database until the context is left.

    Raises:
        ConfigurationError: there is no such database, it lets nobody in, or the extra `postgres`
            is not installed.
    """
    from freedompay_async.postgres.connection import connecting  # noqa: PLC0415

    if address.url is None:
        raise needs_database(address, "and this needs a database.")
    async with connecting.connected(address.url, shown=address.shown) as pool:
        yield pool


async def all_batches(pool: Pool) -> list[BatchRecord]:
    """Every batch of a database, by name."""
    from freedompay_async.postgres.journal.batches import batches  # noqa: PLC0415

    return await batches(pool)


async def only_batch(pool: Pool, address: JournalAddress) -> str:
    """The name of the batch that is meant where none is named: the only one.

    Raises:
        ConfigurationError: there are several, or none.
    """
    names = [each.name for each in await all_batches(pool)]
    if len(names) == 1:
        return names[0]
    if not names:
        raise ConfigurationError(
            f"{address.shown} has no batch in it: `batch issue` makes one. Nothing was sent."
        )
    raise ConfigurationError(
        f"{address.shown} has {len(names):,} batches: name one of them with --batch, such as "
        f"--batch {in_shell(names[0])}. Nothing was sent."
    )
