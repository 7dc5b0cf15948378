"""A journal in one SQLite file: what will be sent is on the disk before it is sent.

Kept: the rows as they were read (an identity document by its path and hash), each intent with its
request id, the hash of its body and its times, how each row ended, which rows somebody has accepted
though they were used before, and the runs with their outages. The file is readable by its owner
only. No key and no document is in it.

One process has the file, and one run at a time takes its rows. So a lease lasts until its run is
released: it needs no renewal, and `_held` knows it without a question to the disk.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from uuid import uuid4

import msgspec

from freedompay_async.batch.journal import (
    sqlite_reads,
    sqlite_restored,
    sqlite_rows,
    sqlite_successes,
)
from freedompay_async.batch.journal.sqlite_records import SQLiteRecords
from freedompay_async.batch.lease import Lease, LeaseLost, Overtaken, Owner, Renewal
from freedompay_async.batch.outcome import State
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_flag, path_of

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from freedompay_async.batch.entries import Entry, Refusal

__all__ = ["Journal"]

T = TypeVar("T")


class Journal(SQLiteRecords):
    """`async with Journal.open("run.db") as journal:`; one process at a time."""

    INSTEAD = "open it by its path, in one process at a time"

    def __init__(self, path: Path, *, create: bool) -> None:
        super().__init__(path, create=create)
        self._owner: Owner | None = None
        # The number of the last row that the owner has taken: it gets each row once.
        self._taken = 0
        self._taking: Final = asyncio.Lock()
        # The lease of each row that was taken and has not ended.
        self._held: Final[dict[int, Lease]] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, create: bool = True) -> Journal:
        """The journal in this file; with `create`, a new one if there is none. It is opened on
        entering the context.

        Raises:
            ConfigurationError: it is no path; on entering: not a journal, of a newer version, in
                use by another process, or not writable.
        """
        return cls(Path(path_of("path", path)), create=check_flag("create", create))

    async def __aenter__(self) -> Self:
        await self.writer.__aenter__()
        # Opened anew, it belongs to nobody.
        self._owner = None
        self._held.clear()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.writer.__aexit__()

    # Runs

    def new_owner(self, *, again: bool = False) -> Owner:
        if self._owner is not None:
            raise ConfigurationError(f"{self.path} is being run already. Nothing more was sent.")
        self._owner, self._taken = Owner(uuid4().hex), 0
        return self._owner

    def shared_rate(self, per_second: float) -> float:
        return per_second

    def begin_run(self, owner: Owner, limits: Mapping[str, float | None]) -> None:
        values = (owner.name, msgspec.json.encode(limits).decode(), time.time())
        self._note(owner, "INSERT INTO runs (owner, limits, began_at) VALUES (?, ?, ?)", values)

    def release(self, owner: Owner) -> None:
        values = (time.time(), owner.name)
        self._note(owner, "UPDATE runs SET ended_at = ? WHERE owner = ?", values)
        if owner is self._owner:
            self._owner = None
            self._held.clear()

    def outage_began(self, owner: Owner, at: float) -> None:
        statement = "INSERT INTO outages (owner, began_at) VALUES (?, ?)"
        self._note(owner, statement, (owner.name, at))

    def outage_ended(self, owner: Owner, at: float) -> None:
        statement = "UPDATE outages SET ended_at = ? WHERE owner = ? AND ended_at IS NULL"
        self._note(owner, statement, (at, owner.name))

    def clock_set_back(self, owner: Owner, seconds: float) -> None:
        if owner is self._owner:
            self.writer.note(lambda connection: sqlite_rows.add_set_back(connection, seconds))

    async def take(self, limit: int, owner: Owner) -> list[Entry]:
        async with self._taking:
            self._check(owner)
            lease, after = Lease(owner), self._taken
            rows = await self.writer.call(
                lambda connection: sqlite_reads.unfinished(connection, after, limit, lease)
            )
            self._check(owner)
            if rows:
                self._taken = rows[-1].number
            self._held.update((row.number, lease) for row in rows)
            return rows

    @asynccontextmanager
    async def first_check(self, owner: Owner) -> AsyncGenerator[bool]:
        self._check(owner)
        # What an earlier run has found out is known by what it has sent, or by a fact.
        yield False

    async def renew(self, owner: Owner) -> Renewal:
        self._check(owner)
        return Renewal(inf)

    async def hand_back(
        self, rows: Sequence[Entry], *, pause: float = 0.0, reason: str | None = None
    ) -> None:
        # The next run is another one, whatever the pause; its reason is shown by this one.
        for row in rows:
            if self.holds(row):
                del self._held[row.number]

    async def may_have_been_sent_since(self, taken: float) -> int:
        now = time.time()
        return await self.writer.call(
            lambda connection: sqlite_restored.doubt(connection, taken, now)
        )

    # A row

    def record_intent(
        self,
        row: Entry,
        step: str,
        *,
        request_id: str,
        body_sha256: bytes,
        sent_at: float,
        set_back: float = 0.0,
    ) -> Awaitable[None]:
        intent = (row.number, step, request_id, body_sha256, sent_at)
        known = sqlite_rows.known(row, State.STARTED)
        return self._write(row, sqlite_rows.intend, (intent, known, set_back))

    def take_back(self, row: Entry, step: str) -> None:
        if self.holds(row):
            number = row.number
            self.writer.note(lambda connection: sqlite_rows.take_back(connection, number, step))

    def accepted(self, row: Entry, step: str) -> None:
        if self.holds(row):
            self.writer.note_values(sqlite_rows.accept, (time.time(), row.number, step))

    def step_ended(self, row: Entry, step: str) -> None:
        # The end of an activation is that of its row.
        if step == "client":
            row.client_ended_at = time.time()
        elif step == "card":
            row.card_ended_at = time.time()

    def go_on(self, row: Entry) -> Awaitable[None]:
        return self._write(row, sqlite_rows.know, sqlite_rows.known(row, State.STARTED))

    def claim_card(self, row: Entry) -> Awaitable[bool]:
        return self._write(row, sqlite_rows.claim, sqlite_rows.known(row, State.STARTED))

    def refuse(
        self, row: Entry, step: str, refusal: Refusal, *, state: State, reason: str
    ) -> Awaitable[None]:
        known = sqlite_rows.known(row, state, reason)
        return self._write(row, sqlite_rows.refuse, (known, (refusal.value, row.number, step)))

    def keep_success(self, row: Entry) -> Awaitable[None]:
        made = (row.number, row.client_id, row.card_id)
        return self.writer.write(sqlite_successes.keep, made)

    async def end(
        self, row: Entry, state: State, reason: str | None, *, proved: bool = False
    ) -> str | None:
        further = tuple(card for card in row.card_ids if card != row.card_id)
        known = sqlite_rows.known(row, state, reason, proved=proved, ended_at=time.time())
        ended = self._write(row, sqlite_rows.end, (known, further))
        del self._held[row.number]
        doubt: str | Overtaken | None = await ended
        if isinstance(doubt, Overtaken):
            raise doubt
        return doubt

    # The lease

    def _check(self, owner: Owner) -> None:
        if owner is not self._owner:
            raise LeaseLost

    def holds(self, row: Entry) -> bool:
        return row.lease is not None and self._held.get(row.number) is row.lease

    def _write(
        self,
        row: Entry,
        statement: Callable[[sqlite3.Connection, Sequence[tuple[Any, ...]]], Sequence[Any] | None],
        values: tuple[Any, ...],
    ) -> Awaitable[Any]:
        if not self.holds(row):
            raise LeaseLost
        return self.writer.write(statement, values)

    def _note(self, owner: Owner, statement: str, values: tuple[Any, ...]) -> None:
        """With the next commit; a run does not fail for it."""
        if owner is self._owner:
            self.writer.note_optional(lambda connection: connection.execute(statement, values))
