"""`freedompay worker`: works on the batches of a database, beside any number of others."""
# Without `annotations` of the future: typer reads these when the program runs.

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from freedompay_async.cli import batch_flags as flags
from freedompay_async.cli.common import run
from freedompay_async.cli.databases import all_batches, connected, needs_database
from freedompay_async.cli.detaching import check_folder
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.journal_address import journal_address
from freedompay_async.cli.running import check_access, gentle_stop
from freedompay_async.cli.settings_flags import SettingsFlags, with_settings
from freedompay_async.cli.worker_app import check_beside_app, work_of_app
from freedompay_async.cli.worker_news import WorkerNews
from freedompay_async.contract.request_ids import checked_name
from freedompay_async.errors import ConfigurationError, JournalError

if TYPE_CHECKING:
    from freedompay_async.client import FreedomPay
    from freedompay_async.postgres.connection.connecting import Pool
    from freedompay_async.traffic.rate import Rate

__all__ = ["worker"]

_DAY: Final = 86_400.0
_STOPPING: Final = (
    "stopping: no new row starts, calls on the way are settled, and the other rows are handed "
    "back. Again aborts."
)
_ABORTING: Final = (
    "aborting: calls on the way are not waited for. Whoever goes on with their rows asks about "
    "them first."
)


@with_settings
def worker(
    journal: flags.JournalFlag = None,
    app: Annotated[
        str | None,
        typer.Option(
            "--app",
            metavar="MODULE:NAME",
            help="Run the tracker of an application instead, imported from the working directory: "
            "a `Tracker`, or a function made by `@asynccontextmanager` that yields one. It has its "
            "own client and database, so no other flag of them goes with it.",
        ),
    ] = None,
    concurrency: flags.Concurrency = 64,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            min=0.01,
            help="Calls a second at most of all workers of this merchant on this database that are "
            "given a rate; the rate of a batch holds beside it.",
        ),
    ] = None,
    documents: Annotated[
        Path | None,
        typer.Option(
            "--documents",
            metavar="ROOT",
            help="The folder here that has the documents of `batch issue --documents`.",
        ),
    ] = None,
    keep_bodies: Annotated[
        float | None,
        typer.Option(
            "--keep-bodies",
            metavar="DAYS",
            min=0.01,
            help="Names and phones of a row are removed so many days after its end; 30 where it is "
            "left out.",
        ),
    ] = None,
    json: flags.Json = False,
    *,
    settings_flags: SettingsFlags,
) -> None:
    """Work on every open batch of a database that is of this merchant and host.

    Start it on as many machines as you like. Batches of other merchants or hosts are named and left
    to their own workers. It goes on until it is stopped: Ctrl-C or SIGTERM settles the calls on the
    way and hands all other rows back. If it is killed or cut off, others go on with its rows.

    With --app it sends the tracked requests of an application in the same way.
    """

    async def work() -> Exit:
        if app is not None:
            beside = {
                "--journal": journal,
                "--rate": rate,
                "--documents": documents,
                "--keep-bodies": keep_bodies,
            }
            check_beside_app(beside, settings_flags)
            return await work_of_app(
                app, concurrency=concurrency, json=json, verbose=settings_flags.verbose
            )
        address = journal_address(journal, "--journal")
        if address.path is not None:
            raise needs_database(
                address,
                f"which one process has: {address.command('batch resume')} works on it. A worker "
                "needs a database, such as postgresql://user@host/database.",
            )
        check_folder(documents)
        merchant = settings_flags.settings().auth_id
        async with connected(address) as pool:
            # The tables of the rate are there where those of the batches are.
            await all_batches(pool)
            shared = None if rate is None else _shared_rate(pool, merchant, rate)
            async with settings_flags.client(max_connections=concurrency, rate=shared) as fp:
                return await drained(fp, pool)

    async def drained(fp: "FreedomPay", pool: "Pool") -> Exit:
        from freedompay_async.postgres.workers.worker import Worker  # noqa: PLC0415

        more = {} if keep_bodies is None else {"keep_bodies": keep_bodies * _DAY}
        await check_access(fp, begun=True)
        shown = WorkerNews(json=json)
        made = Worker(
            fp, pool, concurrency=concurrency, documents=documents, tell=shown.tell, **more
        )
        shown.stop = made.stop
        async with gentle_stop(made, first=_STOPPING, second=_ABORTING):
            await made.run()
        if await _left(fp, pool):
            return Exit.LEFT
        return Exit.PROBLEMS if shown.problems else Exit.DONE

    run(work)


def _shared_rate(pool: "Pool", merchant: str | None, rate: float) -> "Rate":
    """The rate of all workers of a merchant. Without the database their leases are over too."""
    from freedompay_async.postgres.rate.shared_rate import SharedRate  # noqa: PLC0415

    name = f"workers of merchant {merchant}"
    return SharedRate(pool, name, rate, without_database="stop")


async def _left(fp: "FreedomPay", pool: "Pool") -> bool:
    """Whether rows are left of the batches of this merchant and host, in a round that has begun."""
    try:
        found = await all_batches(pool)
    except (ConfigurationError, JournalError):
        return True
    own = (checked_name("merchant id", fp.merchant), fp.base_url)
    return any(each.round and each.left for each in found if (each.merchant, each.base_url) == own)
