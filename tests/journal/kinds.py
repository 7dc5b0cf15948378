"""The journals that the tests of this folder run on, each with what only it knows of itself."""

from __future__ import annotations

import asyncpg

from freedompay_async.batch import Journal
from freedompay_async.postgres import PostgresJournal

NAME = "default"


class SQLiteJournals:
    """Journals of one batch, in one file."""

    # One process has the file.
    shared = False

    def __init__(self, address):
        self.address = self.name = address

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    def open(self):
        return Journal.open(self.address)

    async def end_leases(self):
        pass


class PostgresJournals:
    """Journals of one batch, in one database, with a pool."""

    shared = True

    def __init__(self, address):
        self.address = address
        self.name = f"{address} (batch {NAME})"

    async def __aenter__(self):
        self.pool = await asyncpg.create_pool(self.address, min_size=0, max_size=8)
        return self

    async def __aexit__(self, *_):
        await self.pool.close()

    def open(self, **more):
        return PostgresJournal(self.pool, **{"name": NAME, "address": self.address} | more)

    async def end_leases(self):
        """As if the time of every lease had gone by."""
        await self.pool.execute(
            "UPDATE freedompay.owners SET lease_until = clock_timestamp() - interval '1 ms'"
        )


def journals_at(address):
    kind = PostgresJournals if address.startswith("postgresql://") else SQLiteJournals
    return kind(address)
