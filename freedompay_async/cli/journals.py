"""`freedompay journal`: make or upgrade one, and say that one was restored."""
# Without `annotations` of the future: typer reads these when the program runs.

import time
from datetime import datetime
from typing import Annotated

import typer

from freedompay_async.batch import Journal
from freedompay_async.batch.plan import existing_plan
from freedompay_async.cli import batch_flags as flags
from freedompay_async.cli.common import run
from freedompay_async.cli.databases import connected
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.journal_address import JournalAddress, journal_address
from freedompay_async.cli.verbs.asking import ask
from freedompay_async.errors import ConfigurationError

__all__ = ["journal"]

journal = typer.Typer(
    no_args_is_help=True, help="Journals: make or upgrade one, say that one was restored."
)


@journal.command("install")
def install_(address: flags.JournalFlag = None) -> None:
    """Make the tables of a database, or upgrade those of an earlier version.

    Do it once for each database, and again after the program was updated; nothing is lost by doing
    it twice. A file is made or upgraded too, but needs no installing: `batch issue` does it.
    """

    async def work() -> Exit:
        place = journal_address(address, "--journal")
        if place.path is not None:
            async with Journal.open(place.path) as file:
                done = "made" if file.made else "up to date"
        else:
            from freedompay_async.postgres import install  # noqa: PLC0415

            async with connected(place) as pool:
                done = f"ready (schema version {await install(pool)})"
        typer.echo(f"{place.shown}: {done}")
        return Exit.DONE

    run(work)


@journal.command("restored")
def restored_(
    taken: Annotated[
        str,
        typer.Option(
            "--taken",
            metavar="TIME",
            help="When the backup or the copy was taken, or a little earlier, with the time zone: "
            "2026-12-01T09:30:00+05:00.",
        ),
    ],
    address: flags.JournalFlag = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Say that a journal was restored from a backup, or is a copy: it may be older than the truth.

    Every row that has not ended in it may have been sent since. So each is asked about before
    anything is sent for it. A request that the issuer does not know is sent within an hour of TIME
    only; after that its row ends as unknown, for a person. Until this is said, nobody works on the
    batches of a restored database.
    """

    async def work() -> Exit:
        place = journal_address(address, "--journal")
        since = _past(taken)
        if not yes:
            ask(
                f"take {place.shown} as it was at {since.isoformat()}: each row that has not ended "
                "is asked about before anything is sent for it"
            )
        rows = await _doubt(place, since.timestamp())
        by = "resume to ask about" if place.path else "workers, and batch resume, ask about"
        typer.echo(
            f"{place.shown}: no row is left that may have been sent since"
            if not rows
            else f"{place.shown}: {'1 row' if rows == 1 else f'{rows:,} rows'} may have been sent "
            f"since: {by} {'it' if rows == 1 else 'them'}"
        )
        return Exit.DONE

    run(work)


async def _doubt(place: JournalAddress, taken: float) -> int:
    if place.path is not None:
        async with Journal.open(place.path, create=False) as file:
            await existing_plan(file)
            return await file.may_have_been_sent_since(taken)
    from freedompay_async.postgres import PostgresJournal  # noqa: PLC0415

    async with (
        connected(place) as pool,
        # It holds for every batch of the database, whichever is named, and if there is none.
        PostgresJournal(pool, name="default", address=place.shown) as any_of_them,
    ):
        return await any_of_them.may_have_been_sent_since(taken)


def _past(text: str) -> datetime:
    """The time that was given.

    Raises:
        ConfigurationError: it is no time with a zone, or is not over yet.
    """
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        given = None
    if given is None or given.tzinfo is None:
        raise ConfigurationError(
            f"--taken {text!r} is no time with its zone: write it like 2026-12-01T09:30:00+05:00, "
            "or with Z for UTC. Nothing was sent."
        )
    if given.timestamp() > time.time():
        raise ConfigurationError(
            f"--taken {text!r} is in the future: give the time when the backup was taken. Nothing "
            "was sent."
        )
    return given
