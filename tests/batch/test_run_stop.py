"""Runs that end before their rows do."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from functools import partial

import pytest

from freedompay_async.batch import Batch, Journal, Limits
from freedompay_async.batch.lease import LeaseLost, Renewal
from freedompay_async.crypto.signing import JwsSigner
from freedompay_async.errors import AuthenticationError, ConfigurationError, JournalError, NotSent
from freedompay_async.sandbox import Fault, Sandbox
from tests.settings_of import settings_of


async def begin(office, batch, rows):
    """Plan the rows, and run them in a task."""
    await office.plan(batch, office.file(rows))
    return asyncio.create_task(office.finish(batch))


def intents(office):
    return {each for (each,) in office.kept("SELECT request_id FROM intents")}


async def stopped_at(office, call, rows, **limits):
    """Stop a run while answers of `call` are held, then let them go; the report, and how many rows
    had begun.
    """
    gate = office.issuer.gate(call)
    async with office.batch(limits=Limits(**limits)) as batch:
        running = await begin(office, batch, rows)
        await office.held(gate, running)
        batch.stop()
        began = len(intents(office))
        gate.open()
        report = await running

        # What was written down and had not left is taken back.
        assert len(intents(office)) <= began
        assert batch.progress.in_progress == 0
    return report


async def test_stop_starts_no_new_row(office, people):
    report = await stopped_at(office, "client/add", people(60), concurrency=2)

    assert report.planned >= 60 - 2 * 8
    assert office.arrived("client/add") == report.started
    assert office.arrived("card/issue") == 0


async def test_stop_settles_what_is_on_the_way(office, people):
    await stopped_at(office, "client/add", people(60), concurrency=2)
    with office.on_disk() as disk:
        open_ = disk.execute("SELECT count(*) FROM intents WHERE NOT accepted").fetchone()[0]

    assert open_ == 0


async def test_stop_settles_a_card_that_is_on_the_way(office, people, one_each):
    await stopped_at(office, "card/issue", people(1))
    with office.on_disk() as disk:
        kept = disk.execute("SELECT step, accepted FROM intents ORDER BY step").fetchall()

    assert kept == [("card", 1), ("client", 1)]
    assert office.cards() == one_each(1)


async def test_stop_settles_an_answer_that_was_lost(office, people):
    office.issuer.script("client/add", Fault.CLOSED)
    await stopped_at(office, "client/add", people(1))
    with office.on_disk() as disk:
        kept = disk.execute("SELECT step, accepted FROM intents").fetchall()

    assert kept == [("client", 1)]


@pytest.mark.parametrize("call", ["client/add", "card/issue", "card/activate", "request/status"])
async def test_a_resumed_run_finishes_what_a_stopped_one_left(office, people, one_each, call):
    gate = office.issuer.gate(call)
    async with office.batch(limits=Limits(concurrency=2), activate=True) as batch:
        running = await begin(office, batch, people(40))
        await office.held(gate, running)
        batch.stop()
        gate.open()
        await running
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(40)
    assert (
        office.arrived("client/add"),
        office.arrived("card/issue"),
        office.arrived("card/activate"),
    ) == (40, 40, 40)


async def test_stop_does_not_wait_for_the_issuer_to_finish(office, people, one_each):
    office.issuer.hold = True
    async with office.batch() as batch:
        running = await begin(office, batch, people(5))
        async with asyncio.timeout(10):
            while batch.progress.waiting < 5:
                await asyncio.sleep(0.002)
        batch.stop()
        report = await running
    office.issuer.hold = False

    assert (report.started, batch.progress.left) == (5, 5)
    assert (await office.resume()).complete
    assert office.cards() == one_each(5)


async def test_stop_of_a_batch_that_does_not_run_does_nothing(office, people):
    async with office.batch() as batch:
        batch.stop()
        await office.plan(batch, office.file(people(2)))
        report = await office.finish(batch)

    assert report.complete


async def test_stop_is_heard_from_the_very_start_of_a_run(office, people):
    async with office.batch() as batch:
        running = await begin(office, batch, people(5))
        # The run has begun, and asks the journal for its plan.
        await asyncio.sleep(0)
        batch.stop()
        report = await running

    assert report.planned == 5
    assert office.effects() == []


async def left_early(office, people, batch):
    """Of 30 rows the first ends the loop."""
    await office.plan(batch, office.file(people(30)))
    async with aclosing(batch.run()) as landing:
        async for _ in landing:
            break


async def test_a_loop_that_is_left_early_leaves_nothing_behind(office, people, one_each):
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        await left_early(office, people, batch)
        calls = len(office.issuer.received)
        in_progress = batch.progress.in_progress
        report = await batch.report()

    assert in_progress == 0
    assert report.issued < 30
    assert (await office.resume()).complete
    assert len(office.issuer.received) > calls
    assert office.cards() == one_each(30)


async def test_a_batch_whose_loop_was_left_can_run_again(office, people, one_each):
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        await left_early(office, people, batch)
        report = await office.finish(batch)

    assert report.complete
    assert office.cards() == one_each(30)


@pytest.mark.parametrize("call", ["client/add", "card/issue", "card/activate", "request/status"])
async def test_a_cancelled_run_loses_nothing_and_doubles_nothing(office, people, one_each, call):
    gate = office.issuer.gate(call)
    async with office.batch(activate=True) as batch:
        running = await begin(office, batch, people(10))
        await office.held(gate, running)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    gate.open()
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(10)


async def test_a_wrong_key_stops_the_run_and_refuses_no_row(office, people):
    async with office.batch(client={"secret_key": "wrong"}, limits=Limits(concurrency=2)) as batch:
        await office.plan(batch, office.file(people(40)))
        with pytest.raises(AuthenticationError):
            await office.finish(batch)
        report = await batch.report()

    assert (report.issued, report.refused, report.unknown, report.left) == (0, 0, 0, 40)
    assert report.planned >= 40 - 2 * 8


async def test_after_a_wrong_key_the_right_one_finishes(office, people, one_each):
    async with office.batch(client={"secret_key": "wrong"}) as batch:
        await office.plan(batch, office.file(people(5)))
        with pytest.raises(AuthenticationError):
            await office.finish(batch)
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(5)


async def test_a_key_that_is_changed_during_a_run_stops_it(office, people, one_each):
    other = JwsSigner(auth_id=office.issuer.auth_id, secret_key="another")
    async with office.batch(limits=Limits(concurrency=2, settle=0.2)) as batch:
        await office.plan(batch, office.file(people(60)))
        with pytest.raises(AuthenticationError):
            await office.finish(batch, lambda: office.client_of(batch).replace_signer(other))
        report = await batch.report()

    assert report.refused == 0
    assert report.left > 0
    assert (await office.resume()).complete
    assert office.cards() == one_each(60)


@pytest.mark.parametrize("rows", [1, 60])
async def test_a_journal_that_cannot_be_written_stops_the_run(office, people, trouble, rows):
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        await office.plan(batch, office.file(people(rows)))
        trouble.begins(batch.journal)
        # Whatever room the last page has is used up, so that the next row of the journal finds
        # none.
        await trouble.fill(batch.journal)
        with pytest.raises(JournalError) as caught:
            await office.finish(batch)

    assert "can't be written (database or disk is full)" in str(caught.value)
    assert office.effects() == []


async def test_a_disk_that_fills_up_during_a_run_lets_nothing_out_that_is_not_on_it(
    office, people, one_each, trouble
):
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        await office.plan(batch, office.file(people(200)))
        full = partial(trouble.begins, batch.journal)
        with pytest.raises(JournalError):
            await office.finish(batch, full)
        calls = {body["request_id"] for body in office.effects()}
        kept = intents(office)
        sent = len(office.issuer.received)

    assert calls <= kept
    assert len(calls) < 400
    assert (await office.resume()).complete
    assert len(office.issuer.received) > sent
    assert office.cards() == one_each(200)


async def test_a_guard_stops_before_the_card_that_is_too_many(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(10)))
    async with office.batch(limits=Limits(max_cards=3)) as batch:
        with pytest.raises(ConfigurationError) as caught:
            await office.finish(batch)

    assert (
        str(caught.value)
        == "stopped before card 4: at most 3 are allowed. The rows that are left can be resumed."
    )
    assert office.arrived("card/issue") == 3


async def test_a_guard_counts_the_cards_of_earlier_runs(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(10)))
    for _ in range(2):
        async with office.batch(limits=Limits(max_cards=4)) as batch:
            with pytest.raises(ConfigurationError):
                await office.finish(batch)

    assert office.arrived("card/issue") == 4


async def test_after_a_guard_the_rest_can_be_issued(office, people, one_each):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(10)))
    async with office.batch(limits=Limits(max_cards=4)) as batch:
        with pytest.raises(ConfigurationError):
            await office.finish(batch)
    report = await office.resume(limits=Limits(max_cards=10))

    assert report.complete
    assert office.cards() == one_each(10)


async def test_a_journal_that_lost_rows_behind_our_back_gives_no_more_cards_than_rows(
    office, people
):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))
    office.alter(
        "INSERT INTO intents (number, step, request_id, body_sha256, sent_at, accepted) "
        "VALUES (?, 'card', ?, '', 0, 1)",
        *((100 + each, str(each)) for each in range(3)),
    )
    async with office.batch() as batch:
        with pytest.raises(
            ConfigurationError, match="stopped before card 4: at most 3 are allowed"
        ):
            await office.finish(batch)

    assert office.arrived("card/issue") == 0


async def test_an_issuer_out_of_reach_for_too_long_stops_the_run(office, people):
    async with Sandbox() as gone:
        nowhere = gone.base_url
    async with office.batch(client={"base_url": nowhere}, limits=Limits(outage=0.1)) as batch:
        await office.plan(batch, office.file(people(3)))
        with pytest.raises(NotSent):
            await office.finish(batch)
        report = await batch.report()

    assert (report.refused, report.unknown, report.left) == (0, 0, 3)
    assert "no connection" in batch.progress.trouble


async def test_an_issuer_that_goes_away_while_rows_wait_for_it_stops_the_run(office, people):
    async with AsyncExitStack() as stack:
        office.issuer = await stack.enter_async_context(Sandbox())
        office.issuer.hold = True
        async with office.batch(limits=Limits(outage=0.1, wait=3)) as batch:
            running = await begin(office, batch, people(3))
            async with asyncio.timeout(10):
                while batch.progress.waiting < 3:
                    await asyncio.sleep(0.002)
            await stack.aclose()
            (ended,) = await asyncio.gather(running, return_exceptions=True)

    assert isinstance(ended, NotSent)


async def test_an_issuer_that_comes_back_is_used_again(office, people, one_each):
    async with Sandbox() as first:
        pass
    port = int(first.base_url.rpartition(":")[2])
    async with office.batch(client={"base_url": first.base_url}) as batch:
        running = await begin(office, batch, people(3))
        async with asyncio.timeout(10):
            while batch.progress.trouble is None:
                await asyncio.sleep(0.002)
        async with Sandbox(port=port) as issuer:
            report = await running
            cards = sorted(card["phone"] for card in issuer.ledger())

    assert report.complete
    assert cards == sorted(one_each(3))
    assert batch.progress.trouble is None


async def test_an_issuer_that_limits_the_rate_is_waited_for(tmp_path, people, one_each):
    from freedompay_async import FreedomPay, Policy
    from freedompay_async.batch import read_file
    from freedompay_async.sandbox import Faults

    path = tmp_path / "clients.csv"
    path.write_text("key,phone,first_name,last_name\nk1,77010000001,Ivan,Ivanov\n")
    async with Sandbox(faults=Faults(retry_after=0)) as issuer:
        issuer.script("client/add", *[Fault.LIMITED] * 2)
        async with (
            FreedomPay(**settings_of(issuer), policy=Policy(pause=0.002)) as fp,
            Journal.open(tmp_path / "run.db") as journal,
        ):
            batch = Batch(fp, journal)
            await batch.plan(read_file(path, product_id=2000))
            states = [each.state async for each in batch.run()]
        cards = [card["phone"] for card in issuer.ledger()]

    assert states == ["issued"]
    assert cards == list(one_each(1))


async def test_a_request_that_takes_too_long_is_left_for_the_next_run(office, people, one_each):
    office.issuer.hold = True
    report = await office.issue(office.file(people(3)), limits=Limits(wait=0.02))
    office.issuer.hold = False

    assert (report.unknown, report.started) == (0, 3)
    assert (await office.resume()).complete
    assert office.cards() == one_each(3)


class Leased(Journal):
    """A journal whose leases last for a short time; `ends` is what becomes of the next renewal."""

    renewals = 0
    ends: Exception | None = None

    async def renew(self, owner):
        self.renewals += 1
        if self.ends is not None:
            raise self.ends
        return Renewal(0.03)


async def leased(office, people, ends=None):
    """A run whose renewals end so when its first row has ended."""
    async with office.client() as fp, Leased.open(office.folder / "run.db") as journal:
        batch = Batch(fp, journal, limits=Limits(concurrency=2))
        await office.plan(batch, office.file(people(300)))

        def at_each():
            journal.ends = ends

        report = await office.finish(batch, at_each)
        after = journal.renewals
        await asyncio.sleep(0.05)
        return report, after, journal.renewals, batch.progress


async def test_a_run_renews_its_leases_for_as_long_as_it_lasts(office, people, one_each):
    report, after, later, _ = await leased(office, people)

    assert report.complete
    assert later == after > 3
    assert office.cards() == one_each(300)


async def test_a_run_that_has_lost_its_leases_stops_and_its_rows_are_left(office, people, one_each):
    report, *_, progress = await leased(office, people, LeaseLost())

    assert 0 < report.left < 300
    assert progress.left_because.startswith("this run has lost its rows, and another run may have")
    assert (await office.resume()).complete
    assert office.cards() == one_each(300)


async def test_a_run_whose_leases_can_not_be_renewed_says_why(office, people, one_each):
    with pytest.raises(JournalError, match="no room"):
        await leased(office, people, JournalError("no room"))

    assert (await office.resume()).complete
    assert office.cards() == one_each(300)
