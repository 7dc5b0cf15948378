"""What a run does with its rows, while nothing goes wrong that is not theirs."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections import Counter
from contextlib import aclosing, suppress

import pytest

from freedompay_async import FreedomPay
from freedompay_async.batch import (
    Batch,
    Journal,
    Limits,
    Progress,
    State,
    outcomes,
    read_file,
)
from freedompay_async.batch.journal import sqlite_rows
from freedompay_async.errors import ConfigurationError
from freedompay_async.transport.base import TransportError


async def test_each_row_gets_a_client_and_a_card(office, people, one_each):
    await office.issue(office.file(people(20)))

    assert office.cards() == one_each(20)


async def test_an_outcome_names_what_the_issuer_has(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(5)))
        told = {(each.client_id, each.card_id) async for each in batch.run()}

    assert told == {(card["client_id"], card["card_id"]) for card in office.issuer.ledger()}


async def test_an_outcome_names_its_row_and_its_request_ids(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))
        (told,) = [each async for each in batch.run()]

    assert (told.number, told.line, told.key, told.state, told.reason, told.found) == (
        1,
        2,
        "k1",
        State.ISSUED,
        None,
        False,
    )
    assert (told.client_request_id, told.card_request_id) == (
        office.request_id("k1", "client"),
        office.request_id("k1", "card"),
    )
    assert office.issuer.ledger()[0]["request_id"] == told.card_request_id


async def test_the_journal_has_what_the_outcomes_told(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(5)))
        told = sorted([each async for each in batch.run()], key=lambda each: each.number)
        kept = [each async for each in outcomes(batch.journal)]

    assert kept == told


async def test_an_old_sqlite_has_it_as_well(office, people, one_each, monkeypatch):
    monkeypatch.setattr(sqlite_rows, "_FROM", False)
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(20)))
        told = sorted([each async for each in batch.run()], key=lambda each: each.number)
        kept = [each async for each in outcomes(batch.journal)]

    assert kept == told
    assert office.cards() == one_each(20)


async def test_one_call_for_each_effect(office, people):
    await office.issue(office.file(people(5)))

    assert (
        office.arrived("client/add"),
        office.arrived("card/issue"),
        office.arrived("card/activate"),
    ) == (5, 5, 0)


async def test_the_product_of_the_file_and_of_the_row(office, people, person):
    await office.issue(office.file([person(1), person(2, product_id=3000)]))

    assert {card["phone"] % 10: card["product_id"] for card in office.issuer.ledger()} == {
        1: 2000,
        2: 3000,
    }


async def test_what_a_row_has_arrives(office):
    office.document(content=b"%PDF-1.4 Ivan")
    row = office.with_document(
        1,
        birthdate="1990-01-30",
        idn_date="2024-05-01",
        identified_by="Bank",
        branch_id="b7",
        type=3,
        resident=2,
    )
    await office.issue(office.file([row]))
    body = office.effects()[0]
    address = {
        "country": "KAZ",
        "postal_code": "050000",
        "address_line1": "Almaty",
        "address_line2": "Abai",
        "address_line3": "1",
    }

    assert body == {
        "request_id": office.request_id("k1", "client"),
        "product_id": 1000,
        "client": {
            "phone": 77010000001,
            "type": 3,
            "resident": 2,
            "first_name": "Ivan",
            "last_name": "Ivanov",
            "birthdate": "1990-01-30",
            "country": "KAZ",
            "person_id": "900101300001",
            "document": "JVBERi0xLjQgSXZhbg==",
            "address1": address,
            "address2": address,
        },
        "branch_id": "b7",
        "identification_info": {"idn_date": "2024-05-01", "identified_by": "Bank"},
    }


async def test_cards_are_activated_where_that_is_wanted(office, people):
    report = await office.issue(office.file(people(4)), activate=True)

    assert [card["status"] for card in office.issuer.ledger()] == ["active"] * 4
    assert report.complete


async def test_a_resumed_batch_activates_as_it_was_planned(office, people):
    async with office.batch(activate=True) as batch:
        await office.plan(batch, office.file(people(4)))
    await office.resume()

    assert [card["status"] for card in office.issuer.ledger()] == ["active"] * 4


async def test_a_batch_of_another_name_gives_a_second_card(office, people):
    file = office.file(people(2))
    await office.issue(file)
    await office.issue(file, "june.db", name="june")

    assert set(office.cards().values()) == {2}


async def test_refused_rows_do_not_stop_the_others(office, people, one_each):
    report = await office.issue(office.file(people(9, {2: "REFUSED", 5: "DECLINED", 8: "NOCARD"})))
    without = {77010000002, 77010000005, 77010000008}

    assert (report.issued, report.refused, report.unknown, report.left) == (6, 3, 0, 0)
    assert office.cards() == {phone: 1 for phone in one_each(9) if phone not in without}


@pytest.mark.parametrize(
    ("last_name", "reason", "proved", "advice"),
    [
        ("REFUSED", "client_refused", False, "resume the batch to ask again"),
        ("DECLINED", "client_declined", True, "correct the row"),
        (
            "NOCARD",
            "card_declined",
            True,
            "the client is made, and a new key would make another one",
        ),
    ],
)
async def test_a_refused_row_says_what_the_issuer_said(
    office, people, last_name, reason, proved, advice
):
    """What was accepted and failed is proved; of what was refused at once nothing else of this
    batch tells.
    """
    report = await office.issue(office.file(people(1, {1: last_name})))
    (problem,) = report.problems

    assert (problem.state, problem.proved) == (State.REFUSED, proved)
    assert reason in problem.reason
    assert problem.next.startswith(advice)


async def test_a_refused_row_is_not_sent_again_by_a_resumed_run(office, people):
    await office.issue(office.file(people(3, {1: "REFUSED", 2: "DECLINED", 3: "NOCARD"})))
    before = len(office.issuer.received)
    report = await office.resume()

    assert report.refused == 3
    assert len(office.issuer.received) == before


async def test_a_finished_batch_sends_nothing_when_it_is_run_again(office, people):
    file = office.file(people(5))
    await office.issue(file)
    before = len(office.issuer.received)
    report = await office.issue(file)

    assert report.complete
    assert len(office.issuer.received) == before


async def test_every_effect_is_on_the_disk_before_its_first_byte(office, people):
    missing = []
    async with office.batch(activate=True, limits=Limits(concurrency=4)) as batch:
        await office.plan(batch, office.file(people(12)))
        road = office.road(batch)
        send = road.carry

        async def watched(message, attempt):
            if not message.path.endswith("request/status"):
                with office.on_disk() as disk:
                    known = {each for (each,) in disk.execute("SELECT request_id FROM intents")}
                missing.extend({json.loads(message.body)["request_id"]} - known)
            return await send(message, attempt)

        road.carry = watched
        await office.finish(batch)

    assert missing == []
    assert len(office.effects()) == 36


async def test_an_intent_is_on_the_disk_while_its_answer_is_waited_for(office, people):
    async with office.under_way("client/add", people(1)) as (_, running, gate):
        with office.on_disk() as disk:
            intents = disk.execute(
                "SELECT number, step, request_id, accepted FROM intents"
            ).fetchall()
            state = disk.execute("SELECT state FROM rows").fetchone()[0]
        gate.open()
        await running

    assert intents == [(1, "client", office.request_id("k1", "client"), 0)]
    assert state == "started"


async def test_the_calls_on_the_way_are_as_many_as_allowed_and_no_more(office, people):
    now, most = 0, 0
    async with office.batch(limits=Limits(concurrency=3)) as batch:
        await office.plan(batch, office.file(people(30)))
        road = office.road(batch)
        send = road.carry

        async def counted(*args):
            nonlocal now, most
            now += 1
            most = max(most, now)
            try:
                return await send(*args)
            finally:
                now -= 1

        road.carry = counted
        await office.finish(batch)

    assert most == 3


async def test_no_more_is_written_down_as_sent_than_can_be_on_its_way(office, people):
    async with office.under_way("client/add", people(20), limits=Limits(concurrency=2)) as (
        batch,
        running,
        gate,
    ):
        written = len(await batch.journal.step_times(after=0, limit=20))
        gate.open()
        await running

    # Two are on their way, and two are ready to follow.
    assert written <= 4


async def test_a_rate_spaces_the_calls(office, people):
    turns = []
    async with office.batch(limits=Limits(rate=50)) as batch:
        road = office.road(batch)
        send = road.carry

        async def noted(*args):
            turns.append(asyncio.get_running_loop().time())
            return await send(*args)

        road.carry = noted
        await office.plan(batch, office.file(people(6)))
        await office.finish(batch)

    # A turn that a busy loop gave late is made up for; there is never more than that.
    assert len(turns) >= 24
    assert all(turn - turns[0] > number / 50 - 0.03 for number, turn in enumerate(turns))


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (state, state.value if state not in (State.PLANNED, State.STARTED) else "left")
        for state in State
    ],
)
def test_progress_counts_a_row_by_how_it_ended(state, counted):
    progress = Progress(in_progress=5, waiting=2, asking_again=1)
    progress.count(state)

    assert [
        name
        for name in ("issued", "refused", "unknown", "found", "doubtful", "left")
        if getattr(progress, name)
    ] == [counted]
    assert progress.done == (counted != "left")
    assert (progress.rows_at_work, progress.rows_active) == (4, 2)


async def test_progress_at_the_end(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(9, {2: "REFUSED"})))
        await office.finish(batch)
        progress = batch.progress

    assert (progress.rows, progress.earlier, progress.issued, progress.refused, progress.done) == (
        9,
        0,
        8,
        1,
        9,
    )
    assert (progress.in_progress, progress.waiting, progress.left, progress.trouble) == (
        0,
        0,
        0,
        None,
    )


async def test_progress_tells_who_waits_for_the_issuer(office, people):
    office.issuer.hold = True
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(4)))
        running = asyncio.create_task(office.finish(batch))
        async with asyncio.timeout(10):
            while batch.progress.waiting < 4:
                await asyncio.sleep(0.002)
        in_progress = batch.progress.in_progress
        office.issuer.hold = False
        await running

    assert in_progress == 4


async def test_progress_of_a_resumed_run_counts_what_had_ended(office, people):
    await office.issue(office.file(people(5, {1: "NOCARD"})))
    async with office.batch() as batch:
        await office.finish(batch)

    assert (batch.progress.rows, batch.progress.earlier, batch.progress.done) == (5, 5, 0)


async def test_progress_is_one_object_for_all_runs(office, people):
    async with office.batch() as batch:
        progress = batch.progress
        before = progress.rows, progress.running, progress.rate, progress.time_left
        await office.plan(batch, office.file(people(5, {1: "NOCARD"})))
        running = []
        await office.finish(batch, lambda: running.append(progress.running))
        first = progress.done, progress.earlier, progress.running, progress.time_left
        took, rate = progress.seconds, progress.rate
        await office.finish(batch)
        second = progress.done, progress.earlier, progress.running, progress.time_left

    assert before == (0, False, 0.0, None)
    assert (running, batch.progress is progress) == ([True] * 5, True)
    assert (first, second) == ((5, 0, False, 0.0), (0, 5, False, 0.0))
    assert took > 0
    assert rate == pytest.approx(5 / took)


async def test_a_run_that_may_not_begin_leaves_the_progress_of_the_one_that_is_on(office, people):
    async with office.under_way("client/add", people(2)) as (batch, running, gate):
        began = batch.progress.seconds
        with pytest.raises(ConfigurationError, match="is being run already"):
            await office.finish(batch)
        during = batch.progress.running, batch.progress.rows, batch.progress.seconds >= began
        gate.open()
        await running

    assert during == (True, 2, True)
    assert batch.progress.issued == 2


@pytest.mark.parametrize("leave", ["break", "cancel"])
async def test_a_run_that_is_left_has_no_time_that_goes_on(office, people, leave):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))
        with suppress(asyncio.CancelledError):
            async with aclosing(batch.run()) as outcomes:
                async for _ in outcomes:
                    if leave == "cancel":
                        raise asyncio.CancelledError
                    break
        ended = batch.progress.seconds

        assert not batch.progress.running
        assert batch.progress.seconds == ended


async def test_a_run_without_a_plan(office):
    async with office.batch() as batch:
        with pytest.raises(ConfigurationError) as caught:
            await office.finish(batch)

    assert str(caught.value) == (
        f"{office.folder / 'run.db'} has no batch in it: `batch issue` makes one. Nothing was sent."
    )


async def test_a_run_of_another_merchant(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(2)))
    async with office.batch(client={"auth_id": "20002"}) as batch:
        with pytest.raises(
            ConfigurationError,
            match="has another batch: it was made with merchant '10001', not '20002'",
        ):
            await office.finish(batch)

    assert list(office.issuer.received) == []


async def test_a_batch_runs_once_at_a_time(office, people):
    async with office.under_way("client/add", people(2)) as (batch, running, gate):
        with pytest.raises(ConfigurationError) as caught:
            await office.finish(batch)
        gate.open()
        report = await running

    assert str(caught.value).endswith("run.db is being run already. Nothing more was sent.")
    assert report.complete


async def test_two_runs_of_one_batch_that_begin_at_once_make_one_card_each(
    office, people, one_each
):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(5)))
        ended = await asyncio.gather(
            office.finish(batch), office.finish(batch), return_exceptions=True
        )

    assert [type(each) for each in ended].count(ConfigurationError) == 1
    assert office.cards() == one_each(5)


@pytest.mark.parametrize("name", ["concurrency", "rate", "max_cards", "settle", "wait", "outage"])
def test_a_limit_that_is_not_above_nothing(name):
    with pytest.raises(ConfigurationError) as caught:
        Limits(**{name: 0})

    assert str(caught.value).startswith(f"{name}=0: it must be ")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fp": None}, "fp is None: give a FreedomPay."),
        (
            {"journal": "run.db"},
            "journal is of type str: give a Journal, as Journal.open() gives it.",
        ),
        # The class itself has every method of a journal.
        (
            {"journal": Journal},
            "journal is of type type: give a Journal, as Journal.open() gives it.",
        ),
        ({"contract_changed": "0"}, "contract_changed is of type str: give True or False."),
        ({"activate": "no"}, "activate is of type str: give True or False."),
        ({"strict": 0}, "strict is of type int: give True or False."),
    ],
)
def test_a_batch_of_parts_of_another_type(tmp_path, given, told):
    fp = FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url="http://127.0.0.1:9")
    with pytest.raises(ConfigurationError) as caught:
        Batch(**{"fp": fp, "journal": Journal.open(tmp_path / "run.db")} | given)

    assert str(caught.value) == f"{told} Nothing was sent."


@pytest.mark.parametrize(
    "made",
    [
        lambda path: Journal.open(None),
        lambda path: Journal.open(b"run.db"),
        lambda path: Journal.open(path, create="0"),
        lambda path: next(iter(read_file(7, product_id=1000))),
        lambda path: next(iter(read_file(path, product_id=1000, documents="no"))),
    ],
)
def test_a_file_of_another_type(tmp_path, made):
    with pytest.raises(
        ConfigurationError, match=r"^(path|create|documents) is .*: give .*\. Nothing was sent\.$"
    ):
        made(tmp_path / "none")


@pytest.mark.parametrize("name", ["concurrency", "rate", "max_cards", "settle", "wait", "outage"])
def test_a_limit_that_is_a_text(name):
    with pytest.raises(
        ConfigurationError, match=rf"^{name} is of type str: give a (whole )?number"
    ):
        Limits(**{name: "5"})


async def test_a_run_keeps_its_limits_its_times_and_those_of_each_step(office, people):
    limits = Limits(concurrency=3, settle=60.0)
    before = time.time()
    async with office.batch(limits=limits, activate=True) as batch:
        await office.plan(batch, office.file(people(5, {2: "DECLINED"})))
        await office.finish(batch)
        (run,) = await batch.journal.runs()
        steps = await batch.journal.step_times(after=0, limit=10)
        outages = await batch.journal.outages()
    after = time.time()

    assert run.limits == dataclasses.asdict(limits)
    assert before <= run.began_at <= run.ended_at <= after
    assert outages == []
    assert len(steps) > 10
    for each in steps:
        accepted = each.sent_at if each.accepted_at is None else each.accepted_at
        assert run.began_at <= each.sent_at <= accepted <= each.ended_at <= run.ended_at


async def test_a_run_keeps_the_outages_that_it_sat_out(office, people, between, one_each):
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        await office.plan(batch, office.file(people(20)))
        gone = Counter()

        async def rule(call, request_id, send):
            gone["calls"] += 1
            if 10 < gone["calls"] < 25:
                raise TransportError("no connection")
            return await send()

        between(batch, rule)
        report = await office.finish(batch)
        (run,) = await batch.journal.runs()
        outages = await batch.journal.outages()

    assert report.complete
    assert office.cards() == one_each(20)
    assert len(outages) >= 1
    for each in outages:
        assert each.owner == run.owner
        assert run.began_at <= each.began_at <= each.ended_at <= run.ended_at


async def test_limits_of_another_kind_of_number_are_kept_as_plain_numbers(office, people):
    class Whole(int):
        pass

    class Decimalish(float):
        pass

    limits = Limits(concurrency=Whole(3), rate=Decimalish(500.0))
    async with office.batch(limits=limits) as batch:
        await office.plan(batch, office.file(people(2)))
        report = await office.finish(batch)
        (run,) = await batch.journal.runs()

    assert report.complete
    assert (run.limits["concurrency"], run.limits["rate"], run.limits["max_cards"]) == (
        3,
        500.0,
        None,
    )
