"""Runs over a journal that machines share: rows that are lost to others, a stop from elsewhere, and
cards that others have ordered.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from freedompay_async.batch import Batch, Journal, Limits, State
from freedompay_async.batch import batch as batch_module
from freedompay_async.batch.lease import LeaseLost, NoMoreCards, Renewal
from freedompay_async.errors import ConfigurationError
from tests.transports import Road


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(batch_module, "_LOST_PAUSE", 0.0)


class Shared(Journal):
    """A journal that says that machines share it.

    Attributes:
        losses: how often the next renewals end in a lost lease.
        stopped: what the next renewal says.
        gone: each lease is lost at once.
        others: rows that others have ended.
        most: rows that may be taken at most, because of the cards of others.
        at_loss: called with the rows that are held when the lease is lost.
    """

    shared = True
    losses = 0
    stopped = gone = False
    others = 0
    most: int | None = None
    owners = 0

    def new_owner(self, **more):
        self.owners += 1
        return super().new_owner(**more)

    async def renew(self, owner):
        await super().renew(owner)
        # Before its first row has ended there is nothing to lose.
        if self.losses and (await self.earlier_runs()).ended:
            self.losses -= 1
            raise LeaseLost
        return Renewal(0.03, self.stopped, self.others + (await self.earlier_runs()).ended)

    async def take(self, limit, owner):
        if self.gone:
            raise LeaseLost
        if self.most is not None:
            if not self.most:
                raise NoMoreCards(2)
            limit, self.most = self.most, 0
        return await super().take(limit, owner)


@pytest.fixture
def shared(office):
    """Opens a batch whose journal machines share."""

    @asynccontextmanager
    async def opened(name="run.db", **options):
        async with office.client() as fp, Shared.open(office.folder / name) as journal:
            yield Batch(fp, journal, **options), journal

    return opened


async def test_a_run_that_has_lost_its_rows_begins_anew_and_issues_each_once(
    office, shared, people, one_each
):
    async with shared(limits=Limits(concurrency=2)) as (batch, journal):
        await office.plan(batch, office.file(people(120)))
        journal.losses = 2
        ended = [outcome.number async for outcome in batch.run()]
        report = await batch.report()

    assert journal.owners == 3
    assert report.complete
    assert sorted(ended) == list(range(1, 121))
    assert office.cards() == one_each(120)


async def test_a_run_that_was_to_stop_does_not_begin_anew(office, shared, people):
    async with shared(limits=Limits(concurrency=2)) as (batch, journal):
        await office.plan(batch, office.file(people(120)))
        journal.losses = 1
        async for _ in batch.run():
            batch.stop()
        report = await batch.report()

    assert journal.owners == 1
    assert report.left > 0


async def test_a_run_that_loses_its_rows_again_and_again_ends_after_an_outage(
    office, shared, people
):
    async with shared(limits=Limits(concurrency=1, outage=0.2)) as (batch, journal):
        await office.plan(batch, office.file(people(3)))
        journal.gone = True
        async with asyncio.timeout(60):
            async for _ in batch.run():
                pytest.fail("a row has ended without a lease")

    assert journal.owners > 1
    assert "has lost its rows" in batch.progress.left_because


async def test_a_journal_of_one_process_is_not_run_again(office, people):
    class Alone(Shared):
        shared = False

    async with office.client() as fp, Alone.open(office.folder / "run.db") as journal:
        batch = Batch(fp, journal, limits=Limits(concurrency=2))
        await office.plan(batch, office.file(people(120)))
        journal.losses = 1
        report = await office.finish(batch)

    assert journal.owners == 1
    assert report.left > 0


async def test_a_batch_that_somebody_stops_leaves_its_rows_and_says_why(
    office, shared, people, one_each
):
    async with shared(limits=Limits(concurrency=2)) as (batch, journal):
        await office.plan(batch, office.file(people(120)))

        def stop():
            journal.stopped = True

        report = await office.finish(batch, stop)
        told = batch.progress.left_because
        journal.stopped = False
        again = await office.finish(batch)

    assert 0 < report.left < 120
    assert told == "the batch was stopped: its rows are left as they are, until it is resumed"
    assert again.complete
    assert office.cards() == one_each(120)


async def test_rows_that_others_end_are_counted_as_those_of_before(office, shared, people):
    async with shared(limits=Limits(concurrency=2)) as (batch, journal):
        await office.plan(batch, office.file(people(120)))
        journal.others = 30
        await office.finish(batch)

    assert 25 <= batch.progress.earlier <= 30


async def test_no_row_is_taken_over_the_cards_that_are_allowed_to_all(
    office, shared, people, one_each
):
    async with shared(limits=Limits(concurrency=2)) as (batch, journal):
        await office.plan(batch, office.file(people(5)))
        journal.most = 2
        with pytest.raises(ConfigurationError) as caught:
            await office.finish(batch)
        report = await batch.report()

    assert str(caught.value) == (
        "stopped before card 3: at most 2 are allowed. The rows that are left can be resumed."
    )
    assert (report.issued, report.planned) == (2, 3)
    assert office.cards() == one_each(2)


async def test_what_was_made_for_a_row_that_is_lost_is_kept(office, shared, people, one_each):
    """The lease is lost while a card is made: its id is in the journal all the same."""
    kept = []

    class Told(Shared):
        def keep_success(self, row):
            kept.append((row.number, row.client_id, row.card_id))
            return super().keep_success(row)

        async def end(self, row, state, reason, *, proved=False):
            if not kept:
                raise LeaseLost
            return await super().end(row, state, reason, proved=proved)

        def holds(self, row):
            return super().holds(row) and not (row.card_id is not None and not kept)

    async with office.client() as fp, Told.open(office.folder / "run.db") as journal:
        batch = Batch(fp, journal)
        await office.plan(batch, office.file(people(1)))
        (outcome,) = [each async for each in batch.run()]

    ((number, client_id, card_id),) = kept
    assert (number, client_id, card_id) == (1, outcome.client_id, outcome.card_id)
    assert outcome.state is State.ISSUED
    assert office.cards() == one_each(1)


async def test_a_request_whose_connection_comes_after_the_lease_does_not_leave(
    office, people, one_each
):
    """It had its turn in time, and then its connection took long."""

    class Late(Shared):
        over = False

        def holds(self, row):
            return super().holds(row) and not self.over

    road, seen = Road(), []
    send = road.carry

    async def slowly(message, attempt):
        if message.path.endswith("client/add") and not seen:
            seen.append(message)
            journal.over = True
            try:
                return await send(message, attempt)
            finally:
                journal.over = False
                assert not attempt.sent
        return await send(message, attempt)

    road.carry = slowly
    async with (
        office.client(transport=road) as fp,
        Late.open(office.folder / "run.db") as journal,
    ):
        batch = Batch(fp, journal)
        await office.plan(batch, office.file(people(1)))
        report = await office.finish(batch)

    assert seen
    assert report.complete
    assert office.cards() == one_each(1)


async def test_what_was_made_is_kept_too_where_only_the_journal_knows_that_the_row_is_lost(
    office, people, one_each
):
    kept = []

    class Told(Shared):
        def keep_success(self, row):
            kept.append((row.number, row.client_id))
            return super().keep_success(row)

        def record_intent(self, row, step, **more):
            if step == "card" and not kept:
                raise LeaseLost
            return super().record_intent(row, step, **more)

    async with office.client() as fp, Told.open(office.folder / "run.db") as journal:
        batch = Batch(fp, journal)
        await office.plan(batch, office.file(people(1)))
        (outcome,) = [each async for each in batch.run()]

    assert kept == [(1, outcome.client_id)]
    assert office.cards() == one_each(1)


async def test_what_others_have_written_and_take_back_is_ordered_here(office, people, one_each):
    class Others(Shared):
        async def earlier_runs(self):
            before = await super().earlier_runs()
            return before._replace(cards=3)

    async with office.client() as fp, Others.open(office.folder / "run.db") as journal:
        batch = Batch(fp, journal)
        await office.plan(batch, office.file(people(3)))
        report = await office.finish(batch)

    assert report.complete
    assert office.cards() == one_each(3)


# -- documents


@pytest.fixture
def scans(office):
    """A folder of documents, with one for each of two rows."""
    folder = office.folder / "scans"
    folder.mkdir()
    return folder


def with_documents(office, folder, count=2):
    rows = []
    for number in range(1, count + 1):
        document = folder / f"{number}.pdf"
        document.write_bytes(b"%PDF-1.4 " + bytes([number]) * 2_000)
        rows.append(office.with_document(number) | {"document": str(document)})
    return office.file(rows)


async def test_documents_are_read_under_the_folder_that_a_machine_has_them_in(
    office, shared, scans, one_each
):
    file = with_documents(office, scans)
    async with shared(documents=scans) as (batch, _):
        assert (await office.plan(batch, file)).problems == ()
    elsewhere = scans.rename(office.folder / "mounted")
    async with shared(documents=elsewhere) as (batch, _):
        report = await office.finish(batch)

    assert report.complete
    assert office.cards() == one_each(2)


async def test_a_document_outside_of_the_folder_is_a_problem_of_the_plan(office, shared, scans):
    inside = office.folder / "scans" / "inner"
    inside.mkdir()
    file = with_documents(office, scans)
    async with shared(documents=inside) as (batch, _):
        plan = await office.plan(batch, file)

    assert [problem.column for problem in plan.problems] == ["document"] * 2
    assert "lies outside of" in str(plan.problems[0])


async def test_a_link_that_leads_out_of_the_folder_is_not_followed(office, shared, scans):
    file = with_documents(office, scans)
    async with shared(documents=scans) as (batch, _):
        await office.plan(batch, file)
    (scans / "1.pdf").rename(office.folder / "1.pdf")
    (scans / "1.pdf").symlink_to(office.folder / "1.pdf")
    async with shared() as (batch, _):
        report = await office.finish(batch)
        told = batch.progress.left_because

    assert (report.issued, report.planned) == (1, 1)
    assert "lies outside of" in told


async def test_a_machine_that_has_not_a_document_leaves_the_row_to_others(
    office, shared, scans, one_each
):
    file = with_documents(office, scans)
    async with shared(documents=scans) as (batch, _):
        await office.plan(batch, file)
    (scans / "2.pdf").rename(office.folder / "2.pdf")
    async with shared() as (batch, _):
        report = await office.finish(batch)
        told = batch.progress.left_because
        (office.folder / "2.pdf").rename(scans / "2.pdf")
        again = await office.finish(batch)

    assert (report.issued, report.planned, report.problems) == (1, 1, ())
    assert told.startswith("handed back, because this machine can't send it: ")
    assert again.complete
    assert office.cards() == one_each(2)
