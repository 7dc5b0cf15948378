"""Opens the journal that a command names: a file, or a batch in a database."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from freedompay_async.batch import Journal
from freedompay_async.batch.plan import check_settings
from freedompay_async.cli.databases import connected, only_batch
from freedompay_async.contract.request_ids import checked_name
from freedompay_async.errors import ConfigurationError, JournalError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.batch.journal.base import BatchJournal
    from freedompay_async.cli.journal_address import JournalAddress
    from freedompay_async.postgres.connection.connecting import Pool

__all__ = ["OpenedJournal", "opened_journal", "removed_on_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedJournal:
    """A journal of one batch, while it is open.

    Attributes:
        address: where it is.
        batch: the name of the batch in a database; `None`: it is a file, which has one.
        file: the journal if it is a file.
        pool: connections to the database if it is in one.
        opens_at_plan: workers begin with its plan as soon as that is written.
    """

    journal: BatchJournal
    address: JournalAddress
    batch: str | None = None
    file: Journal | None = None
    pool: Pool | None = None
    opens_at_plan: bool = False

    def command(self, verb: str) -> str:
        """A command for this batch, as the user can copy it; `verb` is such as `batch resume`."""
        return self.address.command(verb, batch=self.batch)


@asynccontextmanager
async def opened_journal(
    address: JournalAddress,
    *,
    batch: str | None = None,
    create: bool = False,
    opens_at_plan: bool = False,
) -> AsyncGenerator[OpenedJournal]:
    """The journal at this address, open until the context is left.

    Args:
        address: a file or a database.
        batch: its name; needed where a database has several. A file must have this one.
        create: the batch may be one that is not there yet, and then `batch` is its name. A file is
            made if there is none.
        opens_at_plan: workers begin with the plan of a database as soon as it is written; without,
            they wait until it is run.

    Raises:
        ConfigurationError: it can't be opened, or the batch is not there; nothing was sent.
    """
    name = None if batch is None else checked_name("batch name", batch)
    if address.path is not None:
        async with Journal.open(address.path, create=create) as file:
            known = await file.settings()
            if known and name is not None and not create:
                check_settings(known, {"batch": name}, file.name)
            yield OpenedJournal(journal=file, address=address, file=file)
        return
    # Its library is an extra, and takes time to import.
    from freedompay_async.postgres import PostgresJournal  # noqa: PLC0415

    async with connected(address) as pool:
        name = name or await only_batch(pool, address)
        async with PostgresJournal(
            pool, name=name, open_at_plan=opens_at_plan, address=address.shown
        ) as journal:
            yield OpenedJournal(
                journal=journal,
                address=address,
                batch=name,
                pool=pool,
                opens_at_plan=opens_at_plan,
            )


@asynccontextmanager
async def removed_on_error(opened: OpenedJournal) -> AsyncGenerator[None]:
    """Remove a new file, or a new batch of a database, if the client file or the settings turn out
    to be wrong. What others have begun to work on stays.
    """
    new = opened.batch is not None and not await opened.journal.settings()
    try:
        yield
    except ConfigurationError:
        if opened.file is not None:
            opened.file.remove_if_made()
        elif new and opened.pool is not None and opened.batch is not None:
            from freedompay_async.postgres.journal.taking_back import take_back  # noqa: PLC0415

            # What is wrong is said, even where the plan can't be removed now.
            with suppress(JournalError):
                await take_back(opened.pool, opened.batch)
        raise
