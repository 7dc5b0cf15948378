"""`freedompay batch stop`: ends the work on a batch, on whichever machines it is done."""
# Without `annotations` of the future: typer reads these when the program runs.

import typer

from freedompay_async.cli import batch_flags as flags
from freedompay_async.cli.common import run
from freedompay_async.cli.databases import connected, needs_database, only_batch
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.journal_address import journal_address
from freedompay_async.contract.request_ids import checked_name

__all__ = ["stop"]


def stop(journal: flags.JournalArgument = None, name: flags.OneBatch = None) -> None:
    """Stop a batch of a database on all machines: no new row starts, and calls on the way are
    settled.

    Whoever works on it learns of it within some seconds. `freedompay batch resume` goes on with it.
    It needs no settings.
    """

    async def work() -> Exit:
        address = journal_address(journal, "JOURNAL")
        if address.path is not None:
            raise needs_database(
                address, "which one process has: stop its batch there, with Ctrl-C or SIGTERM."
            )
        from freedompay_async.postgres.journal.batches import stop as stop_batch  # noqa: PLC0415

        async with connected(address) as pool:
            batch = (
                await only_batch(pool, address)
                if name is None
                else checked_name("batch name", name)
            )
            await stop_batch(pool, batch)
        typer.echo(
            f"batch {batch!r} is stopped: no new row starts, and calls on the way are settled. Go "
            f"on with it: {address.command('batch resume', batch=batch)}"
        )
        return Exit.DONE

    run(work)
