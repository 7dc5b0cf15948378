"""The file of a journal and its writer, without the journal: what tests of these two share."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from freedompay_async.batch.journal.database import Database
from freedompay_async.batch.journal.writer import Writer


def raw(path, *, create=True):
    return Writer(Database(Path(path), create=create))


def insert(name, value=""):
    return lambda connection: connection.execute("INSERT INTO meta VALUES (?, ?)", (name, value))


def names(connection):
    return [name for (name,) in connection.execute("SELECT name FROM meta ORDER BY name")]


class Held:
    """The writer thread, held up: what is asked for meanwhile makes one group."""

    def __init__(self, writer):
        self.writer = writer
        self.go = threading.Event()
        self.started = threading.Event()

    async def __aenter__(self):
        def hold(connection):
            self.started.set()
            self.go.wait(10)

        self.first = asyncio.create_task(self.writer.call(hold))
        await asyncio.to_thread(self.started.wait, 10)
        return self

    async def __aexit__(self, *_):
        # Whoever was started calls before the thread goes on.
        await asyncio.sleep(0)
        self.go.set()
        await self.first
