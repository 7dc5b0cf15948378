"""`--detach`: leaves a batch to the workers of a database, and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from freedompay_async.batch.first_check import EACH_ROW
from freedompay_async.batch.input.rows import Row
from freedompay_async.batch.journal.records import Fact
from freedompay_async.cli.batch_flags import Check
from freedompay_async.cli.databases import needs_database
from freedompay_async.cli.exits import Exit
from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from freedompay_async.batch import Limits, Plan, Problem
    from freedompay_async.cli.journal_address import JournalAddress
    from freedompay_async.cli.opened_journal import OpenedJournal

__all__ = [
    "check_detached",
    "check_folder",
    "facts_for_workers",
    "leave_to_workers",
    "refuse_documents",
]


def check_detached(address: JournalAddress, *, out: Path | None, check_first: Check) -> None:
    """Refuse what nobody would do once the command has ended.

    Raises:
        ConfigurationError: the journal is a file, or another flag is for a run of this command.
    """
    if address.path is not None:
        raise needs_database(
            address,
            "which one process has: leave out --detach, or name a database such as "
            "postgresql://user@host/database.",
        )
    if out is not None:
        raise ConfigurationError(
            "--out is written when a batch has ended, and --detach does not wait for that: leave "
            "it out, and write it later with `batch report`. Nothing was sent."
        )
    if check_first is Check.NONE:
        raise ConfigurationError(
            "--check-first none is for the run of one command, and with --detach workers run the "
            "batch: leave one of them out. Nothing was sent."
        )


def refuse_documents(rows: Iterable[Row | list[Problem]]) -> Iterator[Row | list[Problem]]:
    """The rows, none of which may have a document: no folder was named where workers find it.

    Raises:
        ConfigurationError: while the rows are read: one has a document.
    """
    for row in rows:
        if isinstance(row, Row) and row.document is not None:
            raise ConfigurationError(
                f"line {row.line} has a document, and workers on other machines have to find it: "
                "name the folder that all documents are in with --documents ROOT. Nothing was sent."
            )
        yield row


def check_folder(documents: Path | None) -> None:
    """Refuse what is no folder.

    Raises:
        ConfigurationError: it is none; nothing was sent.
    """
    if documents is not None and not documents.is_dir():
        raise ConfigurationError(f"--documents {documents} is no folder. Nothing was sent.")


def facts_for_workers(check_first: Check) -> dict[Fact, str]:
    """What is kept together with the plan, because workers may begin as soon as it is written."""
    return {Fact.CHECK_FIRST: EACH_ROW} if check_first is Check.ALL else {}


async def leave_to_workers(
    opened: OpenedJournal, plan: Plan, limits: Limits, *, json: bool
) -> Exit:
    """Let workers begin, unless the plan has done it, and print what to do next."""
    from freedompay_async.postgres.journal.batches import begin_round  # noqa: PLC0415

    batch = plan.settings["batch"]
    if opened.pool is not None and (plan.resumed or not opened.opens_at_plan):
        await begin_round(opened.pool, batch, max_cards=limits.max_cards, rate=limits.rate)
    worker = f"{opened.address.command('worker --journal')} --concurrency {limits.concurrency}"
    report = opened.command("batch report")
    if json:
        typer.echo(
            to_json({"event": "detached", "batch": batch, "rows": plan.rows, "next": report})
        )
        return Exit.DONE
    rows = "1 row" if plan.rows == 1 else f"{plan.rows:,} rows"
    typer.echo(
        f"batch {batch!r}: {rows} are left to workers, and this command has ended.\n"
        f"  work on it, on any number of machines: {worker}\n"
        f"  see how it stands: {report}\n"
        f"  stop it: {opened.command('batch stop')}"
    )
    return Exit.DONE
