"""`freedompay batch report`: what became of each row; or the batches of a database."""
# Without `annotations` of the future: typer reads these when the program runs.

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from freedompay_async.batch.plan import existing_plan
from freedompay_async.cli import batch_flags as flags
from freedompay_async.cli.common import run
from freedompay_async.cli.databases import all_batches, connected
from freedompay_async.cli.ending import finish
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.journal_address import JournalAddress, journal_address
from freedompay_async.cli.opened_journal import opened_journal
from freedompay_async.cli.output import check_free, printable
from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from freedompay_async.postgres.journal.batches import BatchRecord

__all__ = ["report"]


def report(
    journal: flags.JournalArgument = None,
    name: flags.OneBatch = None,
    out: flags.Out = None,
    json: flags.Json = False,
) -> None:
    """Report what became of each row, and what to do with rows that have no card.

    Of a database with several batches it lists these; --batch names one. It needs no settings and
    sends nothing.
    """

    async def work() -> Exit:
        address = journal_address(journal, "JOURNAL")
        check_free(out)
        if address.url is not None and name is None:
            async with connected(address) as pool:
                found = await all_batches(pool)
            if len(found) > 1:
                return _listed(address, found, out=out, json=json)
        async with opened_journal(address, batch=name) as opened:
            await existing_plan(opened.journal)
            return await finish(opened, out=out, json=json)

    run(work)


def _listed(
    address: JournalAddress, found: list["BatchRecord"], *, out: Path | None, json: bool
) -> Exit:
    if out is not None:
        raise ConfigurationError(
            f"{address.shown} has {len(found):,} batches, and --out takes the rows of one: name it "
            "with --batch. Nothing was sent."
        )
    if json:
        for each in found:
            typer.echo(to_json(_as_record(each)))
    else:
        typer.echo(f"{address.shown}: {len(found):,} batches")
        for each in found:
            typer.echo(printable(_line(each)))
        typer.echo(f"one of them: {address.command('batch report', batch=found[0].name)}")
    return Exit.LEFT if any(each.left for each in found) else Exit.DONE


def _line(batch: "BatchRecord") -> str:
    return (
        f"  {batch.name}: {batch.rows:,} rows, {batch.not_ended:,} not ended, "
        f"{_standing(batch)}; merchant "
        f"{batch.merchant} at {batch.base_url}"
    )


def _standing(batch: "BatchRecord") -> str:
    if not batch.not_ended:
        return "ended"
    if batch.stopped:
        return "stopped"
    if not batch.round:
        return "planned only"
    if not batch.left:
        return "asked about: resume to ask again"
    if not batch.owners:
        return "waits for a worker"
    return "1 at work" if batch.owners == 1 else f"{batch.owners:,} at work"


def _as_record(batch: "BatchRecord") -> dict[str, Any]:
    return {
        "event": "batch",
        "batch": batch.name,
        "merchant": batch.merchant,
        "base_url": batch.base_url,
        "rows": batch.rows,
        "not_ended": batch.not_ended,
        "left": batch.left,
        "standing": _standing(batch),
        "owners": batch.owners,
        "rate": batch.rate,
        "max_cards": batch.max_cards,
    }
