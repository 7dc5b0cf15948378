"""`freedompay batch`: plan, issue, resume, report."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from freedompay_async.batch import Batch, Journal, Limits, read_file
from freedompay_async.batch.accepting import EVERY_ROW, some
from freedompay_async.batch.form import form_of, keep_form
from freedompay_async.batch.plan import checked_card_product, existing_plan, make_plan
from freedompay_async.cli.common import run
from freedompay_async.cli.display import display
from freedompay_async.cli.ending import finish
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.output import check_free, in_shell, printable, say
from freedompay_async.cli.planned import plan_event, refuse_problems, taken_back, temporary_folder
from freedompay_async.cli.running import be_sure_of, gentle_stop, knock
from freedompay_async.cli.settings_flags import Given, with_settings
from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError, FreedomPayError, JournalError
from freedompay_async.guards.files import reading_any

if TYPE_CHECKING:
    from freedompay_async.batch import Accepted

__all__ = ["batch"]

batch = typer.Typer(
    no_args_is_help=True,
    help="One card for each row of a file: checked first, written down first, resumable always.",
)


class _Check(StrEnum):
    """Which rows are asked about before their first send."""

    SAMPLE = "sample"
    ALL = "all"
    NONE = "none"


_File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="CSV (UTF-8), .xlsx, .ods or JSON Lines; one row a card."),
]
# What can't be read is told by the journal itself, which says too that nothing was sent.
_JournalFile = Annotated[
    Path,
    typer.Argument(
        metavar="JOURNAL", readable=False, help="The journal of the batch, such as run.db."
    ),
]
_Product = Annotated[
    int,
    typer.Option(
        "--product",
        help="1000 Freedom Wallet, 2000 Instant, 3000 Electron; a column `product_id` wins.",
    ),
]
_CardProduct = Annotated[
    int | None,
    typer.Option(
        "--card-product",
        min=1,
        max=10**18 - 1,
        help=(
            "The cards' product, which is of another list; left out, each row's own product. A "
            "column `card_product_id` wins."
        ),
    ),
]
_Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Take warnings for problems: while there is one, nothing is sent."
    ),
]
_Sheet = Annotated[
    str | None,
    typer.Option("--sheet", help="Of a workbook the sheet, where several have something in them."),
]
_Columns = Annotated[
    Path | None,
    typer.Option(
        "--columns",
        metavar="MAP.toml",
        help="The file's own names for columns; where they are not known, a map is suggested.",
    ),
]
_Concurrency = Annotated[
    int, typer.Option("--concurrency", min=1, max=10_000, help="Calls on the way at once.")
]
_Rate = Annotated[
    float | None,
    typer.Option("--rate", min=0.01, help="Calls a second at most, status questions included."),
]
_MaxCards = Annotated[
    int | None,
    typer.Option(
        "--max-cards", min=1, help="Refuse to issue more cards than this, earlier runs included."
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help=(
            "Write every row there: CSV for the spreadsheet that FILE came from, or JSON Lines "
            "for a name ending in .jsonl. Must be new."
        ),
    ),
]
_CheckFirst = Annotated[
    _Check,
    typer.Option(
        "--check-first",
        help="Before the first send, ask whether request ids are known already: of 50 rows spread "
        "over the file, and of all if one is; "
        "of all; or of none.",
    ),
]
_AcceptFound = Annotated[
    str | None,
    typer.Option(
        "--accept-found",
        metavar="KEYS.txt|all",
        help="Rows that an earlier run has told as found, and that are the same people: a key a "
        "line (UTF-8), or all of these. They end "
        "with the card of that use. What is found later is not accepted, so in a new journal "
        "nothing is: run it, look, then resume with "
        "this.",
    ),
]
_Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        help=(
            "Do not ask whether cards on a live host are meant; where it was said once, nobody is "
            "asked."
        ),
    ),
]
_ContractChanged = Annotated[
    bool,
    typer.Option(
        "--contract-changed",
        help="Go on though the contract is not the one that the batch was planned with. Rows that "
        "were not sent take the new one; "
        "rows that were sent are asked about first, and sent again only if their bytes stay the "
        "same.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="JSON Lines on standard output, for machines.")]


@batch.command("plan")
def plan_(
    file: _File,
    product: _Product = 1000,
    card_product: _CardProduct = None,
    sheet: _Sheet = None,
    columns: _Columns = None,
    strict: _Strict = False,
    json: _Json = False,
) -> None:
    """Check a file and send nothing: every wrong row is named with its line and column."""

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
    file: _File,
    journal: Annotated[
        Path,
        typer.Option(
            "--journal",
            help="Where the batch is written down; needed to resume. Made if it is not there.",
        ),
    ],
    product: _Product = 1000,
    card_product: _CardProduct = None,
    sheet: _Sheet = None,
    columns: _Columns = None,
    name: Annotated[
        str,
        typer.Option(
            "--batch",
            help=(
                "Request ids come from merchant, batch and key: a key gets one card under each "
                "batch name."
            ),
        ),
    ] = "default",
    activate: Annotated[
        bool,
        typer.Option(
            "--activate", help="Activate each card too (the vendor's path for it is inferred)."
        ),
    ] = False,
    concurrency: _Concurrency = 64,
    rate: _Rate = None,
    max_cards: _MaxCards = None,
    check_first: _CheckFirst = _Check.SAMPLE,
    accept_found: _AcceptFound = None,
    contract_changed: _ContractChanged = False,
    strict: _Strict = False,
    out: _Out = None,
    json: _Json = False,
    yes: _Yes = False,
    *,
    given: Given,
) -> None:
    """Issue one card for each row: create the client, wait, issue the card, wait.

    The file is checked whole before anything is sent. Each request is on the disk before it is
    sent, under an id that comes from merchant, batch and key: run it twice, kill it, lose the
    journal; no key gets a second card while the issuer remembers the ids. A row whose id was used
    without this journal is told as found, and ends when --accept-found says that it was for the
    same person. Ctrl-C stops it gently.
    """

    async def work() -> Exit:
        check_free(out)
        keys = _accepted(accept_found)
        limits = Limits(concurrency=concurrency, rate=rate, max_cards=max_cards)
        async with (
            given.client(max_connections=concurrency) as fp,
            Journal.open(journal) as opened,
        ):
            with taken_back(opened):
                task = Batch(
                    fp,
                    opened,
                    name=name,
                    activate=activate,
                    limits=limits,
                    check_first=check_first.value,
                    accept_found=keys,
                    contract_changed=contract_changed,
                    card_product_id=card_product,
                    strict=strict,
                )
                made = await task.plan(
                    read_file(file, product_id=product, sheet=sheet, columns=columns)
                )
                refuse_problems(made, file, json=json)
                # Where it can't be written the run can't write either, and says so.
                with suppress(JournalError):
                    await keep_form(opened, form_of(file))
                if json and made.warnings:
                    typer.echo(plan_event(made))
                await be_sure_of(fp, opened, made, yes=yes)
                _tell(await task.accept(), keys, json=json)
                await knock(fp, begun=made.resumed)
            return await _run(task, opened, out=out, json=json)

    run(work)


@batch.command("resume")
@with_settings
def resume(
    journal: _JournalFile,
    concurrency: _Concurrency = 64,
    rate: _Rate = None,
    max_cards: _MaxCards = None,
    check_first: _CheckFirst = _Check.SAMPLE,
    accept_found: _AcceptFound = None,
    contract_changed: _ContractChanged = False,
    out: _Out = None,
    json: _Json = False,
    yes: _Yes = False,
    *,
    given: Given,
) -> None:
    """Go on with a batch that was stopped: what was sent is asked about first, what is unknown or
    refused without a proof is asked about again, the rest is issued.
    """

    async def work() -> Exit:
        check_free(out)
        keys = _accepted(accept_found)
        limits = Limits(concurrency=concurrency, rate=rate, max_cards=max_cards)
        async with (
            given.client(max_connections=concurrency) as fp,
            Journal.open(journal, create=False) as opened,
        ):
            task = Batch(
                fp,
                opened,
                limits=limits,
                check_first=check_first.value,
                accept_found=keys,
                contract_changed=contract_changed,
            )
            # Whose batch it is, and under which contract, is looked at before anybody is asked.
            await be_sure_of(fp, opened, await task.planned(), yes=yes)
            _tell(await task.accept(), keys, json=json)
            await knock(fp, begun=True)
            return await _run(task, opened, out=out, json=json)

    run(work)


@batch.command("report")
def report(journal: _JournalFile, out: _Out = None, json: _Json = False) -> None:
    """How a batch stands, and what to do with each row that has no card.

    Needs no settings and sends nothing.
    """

    async def work() -> Exit:
        check_free(out)
        async with Journal.open(journal, create=False) as opened:
            await existing_plan(opened)
            return await finish(opened, out=out, json=json)

    run(work)


async def _run(task: Batch, journal: Journal, *, out: Path | None, json: bool) -> Exit:
    stopped: FreedomPayError | None = None
    async with display(lambda: task.progress, json=json) as shown, gentle_stop(task):
        try:
            async for outcome in task.run():
                if not shown.outcome(outcome):
                    task.stop()
        except FreedomPayError as error:
            stopped = error
        except asyncio.CancelledError:
            _tell_unwritten(out, journal)
            raise
    if task.progress.left_because is not None:
        say(f"freedompay: {printable(task.progress.left_because)}")
    if stopped is None:
        return await finish(journal, out=out, json=json)
    # What has stopped the run may keep its journal from being read as well.
    try:
        await finish(journal, out=out, json=json)
    except JournalError:
        _tell_unwritten(out, journal)
    say(f"freedompay: stopped: {printable(str(stopped))}")
    return Exit.LEFT


def _tell_unwritten(out: Path | None, journal: Journal) -> None:
    if out is not None:
        report = f"freedompay batch report {in_shell(journal.path)} --out {in_shell(out)}"
        say(f"freedompay: {out} was not written. The journal tells what was made: {report}")


def _accepted(given: str | None) -> str | list[str] | None:
    """What `--accept-found` names: a file of keys, or all of them.

    Raises:
        ConfigurationError: the file can't be read, or has no key in it.
    """
    if given is None or given == EVERY_ROW:
        return given
    try:
        with (
            reading_any(given) as file,
            open(file, encoding="utf-8-sig", closefd=False) as stream,
        ):
            keys = stream.read().splitlines()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        why = "it is not UTF-8" if isinstance(error, UnicodeError) else reason
        raise ConfigurationError(
            f"--accept-found: {given} can't be read ({why}). Nothing was sent."
        ) from error
    if not any(key.strip() for key in keys):
        raise ConfigurationError(f"--accept-found: {given} names no key. Nothing was sent.")
    return keys


def _tell(accepted: Accepted, keys: str | list[str] | None, *, json: bool) -> None:
    """What became of `--accept-found`; it stands before the run, and is in the report only as a
    count.
    """
    if keys is None:
        return
    if json:
        typer.echo(
            to_json({"event": "accepted", "rows": accepted.rows, "not_found": accepted.not_found})
        )
        return
    rows = "1 row is" if accepted.rows == 1 else f"{accepted.rows:,} rows are"
    typer.echo(f"--accept-found: {rows} accepted", err=True)
    if accepted.not_found:
        typer.echo(
            (
                "--accept-found: not accepted, because not found to be used before: "
                f"{printable(some(accepted.not_found))}"
            ),
            err=True,
        )
