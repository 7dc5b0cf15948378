"""Plan a batch: every row validated and written down, nothing sent."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.journal.plan_index import PlanIndex
from freedompay_async.batch.journal.records import Fact
from freedompay_async.batch.plan_rows import PlanRows
from freedompay_async.batch.plan_warnings import Warnings
from freedompay_async.batch.row_source import source_of
from freedompay_async.errors import ConfigurationError, JournalError
from freedompay_async.redaction.portable import Portable

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Mapping

    from freedompay_async.batch.contracts import Agreement
    from freedompay_async.batch.input.problem import Problem
    from freedompay_async.batch.input.rows import Row
    from freedompay_async.batch.journal.base import BatchJournal
    from freedompay_async.batch.journal.plan_writer import PlanWriter
    from freedompay_async.batch.journal.records import PlannedRecord
    from freedompay_async.batch.row_source import Source

__all__ = ["Plan", "check_settings", "checked_card_product", "existing_plan", "make_plan"]

_CHUNK: Final = 1_000
_NO_PRODUCT: Final = 10**18


class Plan(Portable, frozen=True, kw_only=True):
    """What a batch will do.

    Attributes:
        rows: the number of good rows; each gets one card.
        problems: everything that is wrong with the other rows. While there is one, the batch can't
            be run.
        settings: what the request ids and bodies depend on.
        resumed: the journal had this plan already.
        warnings: what a person should look at; it stops nothing. A hundred of each kind at most,
            and then, at line 0, how many more: keys with a word of mixed scripts, values that look
            wrong, a person in several rows, a phone number or an e-mail address of many rows; and
            checks that could not be made.
    """

    rows: int
    problems: tuple[Problem, ...]
    settings: Mapping[str, str]
    resumed: bool = False
    warnings: tuple[Problem, ...] = ()


async def make_plan(
    journal: BatchJournal,
    rows: Iterable[Row | list[Problem]] | AsyncIterable[Row | list[Problem]],
    *,
    settings: Mapping[str, str],
    max_cards: int | None = None,
    agreement: Agreement | None = None,
    strict: bool = False,
    keep: Mapping[Fact, str] | None = None,
    documents: str | None = None,
) -> Plan:
    """Write the rows into a journal, or compare them with its own. A plan with problems leaves no
    trace, nor does one that is cancelled or whose rows can't be read.

    Args:
        journal: to write to.
        rows: to be planned.
        settings: what the request ids and bodies depend on.
        max_cards: rows at most.
        strict: warnings are problems.
        agreement: compares the contract of the client with that of the plan.
        keep: facts that are written together with a new plan, or kept beside its own.
        documents: the folder that each document has to lie under, a real path; the journal keeps
            it.

    Raises:
        ConfigurationError: the journal has another batch, or one of another contract, there are
            more rows than `max_cards`, or `rows` is something else; nothing was sent.
    """
    source = source_of(rows)
    problems: list[Problem] = []
    warnings = Warnings()
    work = partial(
        _plan,
        rows=source,
        settings=dict(settings),
        max_cards=max_cards,
        strict=strict,
        problems=problems,
        warnings=warnings,
        name=journal.name,
        agreement=agreement,
        keep=dict(keep or {}),
        documents=documents,
    )

    async def plan() -> Plan:
        try:
            return await journal.plan(work)
        except JournalError as error:
            raise ConfigurationError(
                f"{journal.name} can't be written ({error.__cause__}): make room, or name another "
                "place. Nothing was sent."
            ) from error

    try:
        return await source.feed(plan)
    except _Problems:
        return Plan(
            rows=0,
            problems=tuple(problems),
            settings=settings,
            warnings=() if strict else warnings.found(),
        )


async def existing_plan(journal: BatchJournal) -> Plan:
    """The plan in the journal.

    Raises:
        ConfigurationError: it has none.
    """
    kept = await journal.kept_plan()
    return Plan(rows=kept.rows, problems=(), settings=kept.settings, resumed=True)


def check_settings(known: Mapping[str, str], settings: Mapping[str, str], name: str) -> None:
    """Compare the settings that request ids and bodies depend on.

    Raises:
        ConfigurationError: they differ.
    """
    other = [
        f"{setting} {_named(known.get(setting))}, not {_named(value)}"
        for setting, value in settings.items()
        if known.get(setting, "") != value
    ]
    if other:
        raise ConfigurationError(
            f"{name} has another batch: it was made with {'; '.join(other)}. Nothing was sent."
        )


def checked_card_product(product: object) -> str:
    """A card's product as a setting: any integer over 0, because the vendor's list of them is not
    public.

    Raises:
        ConfigurationError: it is something else; nothing was sent.
    """
    if not isinstance(product, int) or isinstance(product, bool) or not 0 < product < _NO_PRODUCT:
        raise ConfigurationError(
            "card_product_id is no integer over 0 of at most 18 digits: give one, such as 2000. "
            "Nothing was sent."
        )
    return str(product)


def _named(value: str | None) -> str:
    return repr(value) if value else "none"


class _Problems(Exception):
    """Raised to take back what was written of a plan."""


def _plan(
    writer: PlanWriter,
    *,
    rows: Source,
    settings: dict[str, str],
    max_cards: int | None,
    strict: bool,
    problems: list[Problem],
    warnings: Warnings,
    name: str,
    agreement: Agreement | None,
    keep: Mapping[Fact, str],
    documents: str | None,
) -> Plan:
    known = writer.settings()
    if known:
        # Where it is left out, there is none: the same rows without it would be other cards.
        check_settings(known, {"card_product": ""} | settings, name)
        if agreement is not None:
            writer.keep(agreement.check(writer.facts()))
    with PlanIndex() as index:
        records = PlanRows(problems, warnings, index, documents=documents).records(rows)
        count, digest = _write_rows(writer, records, known=bool(known))
        warnings.end()
    if strict:
        problems += warnings.found()
    if problems:
        problems.sort(key=lambda problem: (not problem.line, problem.line))
        raise _Problems
    if count == 0:
        raise ConfigurationError("there are no rows to plan. Nothing was sent.")
    if max_cards is not None and count > max_cards:
        raise ConfigurationError(
            f"{count} rows would make {count} cards, and at most {max_cards} are allowed. "
            "Nothing was sent."
        )
    # From here on nothing waits for rows, and what is written is kept.
    rows.check()
    if not known:
        settings |= {
            "rows_sha256": digest,
            "planned_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        writer.begin(settings)
        if agreement is not None:
            writer.keep(agreement.begin())
        writer.keep(keep)
        if documents is not None:
            writer.keep({Fact.DOCUMENTS: documents})
        return Plan(rows=count, problems=(), settings=settings, warnings=warnings.found())
    if known["rows_sha256"] != digest:
        raise ConfigurationError(
            f"{name} has another batch: its {writer.count()} rows are not these {count}. "
            "Name another journal for this file; "
            "a key that both files have gets no second card while the issuer remembers its "
            "request ids, which come from the merchant, "
            "the batch name and the key. Nothing was sent."
        )
    writer.keep(keep)
    return Plan(rows=count, problems=(), settings=known, resumed=True, warnings=warnings.found())


def _write_rows(
    writer: PlanWriter, records: Iterable[PlannedRecord], *, known: bool
) -> tuple[int, str]:
    """Count the rows and hash them; where no plan is known, write them too."""
    count, digest = 0, hashlib.sha256()
    chunk: list[PlannedRecord] = []
    for record in records:
        count += 1
        digest.update(record.data)
        if known:
            continue
        chunk.append(record)
        if len(chunk) == _CHUNK:
            writer.add(chunk)
            chunk = []
    writer.add(chunk)
    return count, digest.hexdigest()
