"""`freedompay batch`: plan, issue, resume."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from freedompay_async.batch import Accepted, Batch, Journal, Limits, read_file
from freedompay_async.batch.form import form_of, keep_form
from freedompay_async.batch.plan import checked_card_product, make_plan
from freedompay_async.cli import batch_flags as flags
from freedompay_async.cli.accept_found import keys_to_accept, show_accepted
from freedompay_async.cli.collector import rare_collections
from freedompay_async.cli.common import run
from freedompay_async.cli.detaching import (
    check_detached,
    check_folder,
    facts_for_workers,
    leave_to_workers,
    refuse_documents,
)
from freedompay_async.cli.display import display
from freedompay_async.cli.ending import finish
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.journal_address import journal_address
from freedompay_async.cli.opened_journal import OpenedJournal, opened_journal, removed_on_error
from freedompay_async.cli.output import check_free, in_shell, printable, say
from freedompay_async.cli.plan_output import plan_event, refuse_problems, temporary_folder
from freedompay_async.cli.running import (
    check_access,
    gentle_stop,
    require_yes_for_batch,
    yes_before_plan,
)
from freedompay_async.cli.settings_flags import SettingsFlags, with_settings
from freedompay_async.errors import FreedomPayError, JournalError

if TYPE_CHECKING:
    from pathlib import Path

    from freedompay_async.batch.journal.records import Fact

__all__ = ["batch"]

batch = typer.Typer(
    no_args_is_help=True,
    help="One card for each row of a file: checked, written to disk, then sent; resumable always.",
)


@batch.command("plan")
def plan_(
    file: flags.ClientFile,
    product: flags.Product = 1000,
    card_product: flags.CardProduct = None,
    sheet: flags.Sheet = None,
    columns: flags.Columns = None,
    strict: flags.Strict = False,
    json: flags.Json = False,
) -> None:
    """Check a file and send nothing: print each problem with its line and column."""

    async def work() -> Exit:
        settings = {"merchant": "", "base_url": "", "batch": "", "activate": "no"}
        if card_product is not None:
            settings["card_product"] = checked_card_product(card_product)
        with temporary_folder() as folder:
            async with Journal.open(folder / "plan.db") as journal:
                rows = read_file(file, product_id=product, sheet=sheet, columns=columns)
                made = await make_plan(journal, rows, settings=settings, strict=strict)
        refuse_problems(made, file, json=json)
        if json:
            typer.echo(plan_event(made))
        else:
            typer.echo(
                f"{file}: {made.rows:,} rows, {made.rows:,} cards to issue. All rows are good; "
                "nothing was sent."
            )
        return Exit.DONE

    run(work)


@batch.command("issue")
@with_settings
def issue(
    file: flags.ClientFile,
    journal: flags.NewJournal = None,
    product: flags.Product = 1000,
    card_product: flags.CardProduct = None,
    sheet: flags.Sheet = None,
    columns: flags.Columns = None,
    name: flags.BatchName = "default",
    activate: flags.Activate = False,
    concurrency: flags.Concurrency = 64,
    rate: flags.Rate = None,
    max_cards: flags.MaxCards = None,
    check_first: flags.CheckFirst = flags.Check.SAMPLE,
    accept_found: flags.AcceptFound = None,
    contract_changed: flags.ContractChanged = False,
    strict: flags.Strict = False,
    detach: flags.Detach = False,
    documents: flags.Documents = None,
    out: flags.Out = None,
    json: flags.Json = False,
    yes: flags.Yes = False,
    *,
    settings_flags: SettingsFlags,
) -> None:
    """Issue one card for each row: create the client, wait, issue the card, wait.

    The whole file is checked before anything is sent. Each request is on the disk before it is
    sent, under an id that is made from merchant, batch and key. Run it twice, kill it, lose the
    journal: no key gets a second card while the issuer remembers the ids. A row whose id was used
    without this journal ends as found, until --accept-found says that it was for the same person.
    Ctrl-C stops it gently.

    With a database as the journal, others may work on the batch too: `freedompay worker`.
    """

    async def work() -> Exit:
        address = journal_address(journal, "--journal")
        if detach:
            check_detached(address, out=out, check_first=check_first)
        check_free(out)
        keys = keys_to_accept(accept_found)
        limits = Limits(concurrency=concurrency, rate=rate, max_cards=max_cards)
        check_folder(documents)
        rows = read_file(file, product_id=product, sheet=sheet, columns=columns)
        facts: dict[Fact, str] = {}
        async with (
            settings_flags.client(max_connections=concurrency) as fp,
            opened_journal(
                address,
                batch=name,
                create=True,
                # A plan keeps no limits; where there are some, workers begin when these are kept.
                opens_at_plan=detach and rate is None and max_cards is None,
            ) as opened,
        ):
            async with removed_on_error(opened):
                task = Batch(
                    fp,
                    opened.journal,
                    name=name,
                    activate=activate,
                    limits=limits,
                    check_first=check_first.value,
                    accept_found=keys,
                    contract_changed=contract_changed,
                    card_product_id=card_product,
                    strict=strict,
                    documents=documents,
                )
                if detach:
                    # Workers may begin as soon as the plan is there.
                    facts = facts_for_workers(check_first)
                    facts |= await yes_before_plan(fp, opened.journal, file, name=name, yes=yes)
                    await check_access(fp, begun=False)
                    if documents is None:
                        rows = refuse_documents(rows)
                made = await task._plan(rows, facts)
                refuse_problems(made, file, json=json)
                # If the journal can't be written, the run reports it.
                with suppress(JournalError):
                    await keep_form(opened.journal, form_of(file))
                if json and made.warnings:
                    typer.echo(plan_event(made))
                if not detach:
                    await require_yes_for_batch(fp, opened.journal, made, yes=yes)
                # Of a new batch nobody has seen a row that is found.
                known = made.resumed or not detach
                show_accepted(await task.accept() if known else Accepted(), keys, json=json)
                if not detach:
                    await check_access(fp, begun=made.resumed)
            if detach:
                return await leave_to_workers(opened, made, limits, json=json)
            return await _run(task, opened, out=out, json=json)

    run(work)


@batch.command("resume")
@with_settings
def resume(
    journal: flags.JournalArgument = None,
    name: flags.OneBatch = None,
    concurrency: flags.Concurrency = 64,
    rate: flags.Rate = None,
    max_cards: flags.MaxCards = None,
    check_first: flags.CheckFirst = flags.Check.SAMPLE,
    accept_found: flags.AcceptFound = None,
    contract_changed: flags.ContractChanged = False,
    detach: flags.Detach = False,
    out: flags.Out = None,
    json: flags.Json = False,
    yes: flags.Yes = False,
    *,
    settings_flags: SettingsFlags,
) -> None:
    """Go on with a batch that was stopped.

    The issuer is asked first about rows that were sent, and again about rows that are unknown or
    refused without a proof. The rest is issued.
    """

    async def work() -> Exit:
        address = journal_address(journal, "JOURNAL")
        if detach:
            check_detached(address, out=out, check_first=check_first)
        check_free(out)
        keys = keys_to_accept(accept_found)
        limits = Limits(concurrency=concurrency, rate=rate, max_cards=max_cards)
        async with (
            settings_flags.client(max_connections=concurrency) as fp,
            opened_journal(address, batch=name) as opened,
        ):
            task = Batch(
                fp,
                opened.journal,
                limits=limits,
                check_first=check_first.value,
                accept_found=keys,
                contract_changed=contract_changed,
            )
            # `planned` checks merchant and contract before anybody is asked for a yes.
            planned = await task.planned()
            await require_yes_for_batch(fp, opened.journal, planned, yes=yes)
            show_accepted(await task.accept(), keys, json=json)
            await check_access(fp, begun=True)
            if detach:
                return await leave_to_workers(opened, planned, limits, json=json)
            return await _run(task, opened, out=out, json=json)

    run(work)


async def _run(task: Batch, opened: OpenedJournal, *, out: Path | None, json: bool) -> Exit:
    stopped: FreedomPayError | None = None
    async with display(task.progress, json=json) as shown, gentle_stop(task):
        try:
            with rare_collections():
                async for outcome in task.run():
                    if not shown.outcome(outcome):
                        task.stop()
        except FreedomPayError as error:
            stopped = error
        except asyncio.CancelledError:
            _say_unwritten(out, opened)
            raise
        if opened.batch is not None:
            await _count_others(task, opened)
    if task.progress.left_because is not None:
        say(f"freedompay: {printable(task.progress.left_because)}")
    if stopped is None:
        return await finish(opened, out=out, json=json)
    # What stopped the run may also keep the journal from being read.
    try:
        await finish(opened, out=out, json=json)
    except JournalError:
        _say_unwritten(out, opened)
    say(f"freedompay: stopped: {printable(str(stopped))}")
    return Exit.LEFT


async def _count_others(task: Batch, opened: OpenedJournal) -> None:
    """Let the last line of the progress count what others have ended since the last renewal."""
    progress = task.progress
    # The report says whether the journal can be read.
    with suppress(JournalError):
        ended = (await opened.journal.earlier_runs()).ended
        progress.earlier = max(progress.earlier, ended - progress.done)


def _say_unwritten(out: Path | None, opened: OpenedJournal) -> None:
    if out is not None:
        report = f"{opened.command('batch report')} --out {in_shell(out)}"
        say(f"freedompay: {out} was not written. The journal has what was made: {report}")
