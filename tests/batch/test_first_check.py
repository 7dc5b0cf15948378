"""Which rows are asked about before their first send, and what follows from the answers."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest

from freedompay_async.batch import Limits, State
from freedompay_async.batch.first_check import spread
from freedompay_async.calls.session import Session
from freedompay_async.errors import AuthenticationError, ConfigurationError, RateLimited
from freedompay_async.sandbox import Fault
from freedompay_async.transport.base import TransportError


def asked(office) -> list[str]:
    """The ids asked about before the first call that changes something."""
    ids = []
    for each in office.issuer.received:
        if not each.path.endswith("request/status"):
            break
        ids.append(json.loads(each.body)["request_id"])
    return ids


def asked_before_their_send(office, begun: int = 0) -> set[str]:
    """The ids of rows that were asked about before anything of them was sent."""
    asked, sent = set(), set()
    known = {
        office.request_id(f"k{number}", step)
        for number in range(1, 121)
        for step in ("client", "card")
    }
    for each in list(office.issuer.received)[begun:]:
        request_id = json.loads(each.body)["request_id"]
        if not each.path.endswith("request/status"):
            sent.add(request_id)
        elif request_id not in sent:
            asked.add(request_id)
    return asked & known


def first_ids(office, numbers):
    return {office.request_id(f"k{number}", "client") for number in numbers}


@pytest.mark.parametrize("rows", [1, 2, 49, 50])
def test_a_sample_of_few_rows_is_all_of_them(rows):
    assert spread(rows) == list(range(1, rows + 1))


@pytest.mark.parametrize("rows", [51, 99, 100, 1_000, 1_000_000])
def test_a_sample_of_many_rows_is_spread_evenly_from_the_first_to_the_last(rows):
    numbers = spread(rows)
    gaps = {after - before for before, after in pairwise(numbers)}

    assert (len(set(numbers)), numbers[0], numbers[-1]) == (50, 1, rows)
    assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("rows", [3, 120])
async def test_a_sample_is_asked_about_before_anything_is_sent(office, people, rows):
    report = await office.issue(office.file(people(rows)))

    assert len(asked(office)) == min(rows, 50)
    assert set(asked(office)) == first_ids(office, spread(rows))
    assert report.complete


async def test_a_sample_of_which_nothing_is_known_is_all_that_is_asked(office, people):
    await office.issue(office.file(people(120)))

    assert asked_before_their_send(office) == first_ids(office, spread(120))


async def test_none_asks_nothing(office, people):
    report = await office.issue(office.file(people(3)), check_first="none")

    assert asked(office) == []
    assert report.complete


async def test_all_asks_about_each_row_just_before_its_first_send_and_about_nothing_else(
    office, people
):
    report = await office.issue(
        office.file(people(60)), check_first="all", limits=Limits(concurrency=2)
    )

    assert len(asked(office)) < 60
    assert asked_before_their_send(office) == first_ids(office, range(1, 61))
    assert report.complete


async def test_if_one_of_the_sample_is_known_all_rows_are_asked_about(office, people, person):
    known = spread(120)[7]
    await office.issue(office.file([person(known)], "one.csv"), "one.db")
    begun = len(office.issuer.received)
    report = await office.issue(office.file(people(120)))

    assert (report.found, report.issued) == (1, 119)
    assert asked_before_their_send(office, begun) == first_ids(office, range(1, 121)) | {
        office.request_id(f"k{known}", "card")
    }


async def test_a_row_beside_the_sample_is_found_by_the_refusal_of_its_id(office, people, person):
    used = next(number for number in range(1, 121) if number not in spread(120))
    await office.issue(office.file([person(used)], "one.csv"), "one.db")
    report = await office.issue(office.file(people(120)))

    assert (report.found, report.issued) == (1, 119)
    assert report.problems[0].key == f"k{used}"


async def known_in_the_sample(office, people, person, **options):
    """A batch of 120 of which the first row was used before, stopped when it has begun."""
    await office.issue(office.file([person(1)], "one.csv"), "one.db")
    async with office.under_way(
        "client/add", people(120), limits=Limits(concurrency=2), **options
    ) as (batch, running, gate):
        batch.stop()
        gate.open()
        return await running


@pytest.mark.parametrize("check_first", ["sample", "none"])
async def test_it_holds_for_the_runs_to_come(office, people, person, check_first):
    await known_in_the_sample(office, people, person)
    begun = len(office.issuer.received)
    report = await office.resume(check_first=check_first)

    assert (report.found, report.issued) == (1, 119)
    assert len(asked_before_their_send(office, begun)) > 100


async def test_a_journal_that_has_begun_is_not_sampled_again(office, people):
    async with office.under_way("client/add", people(120), limits=Limits(concurrency=2)) as (
        batch,
        running,
        gate,
    ):
        batch.stop()
        gate.open()
        await running
    begun = len(office.issuer.received)
    report = await office.resume()

    assert report.complete
    assert office.request_id("k120", "client") not in asked_before_their_send(office, begun)


async def test_a_journal_whose_first_run_was_ended_in_the_sample_is_sampled_again(office, people):
    async with office.under_way("request/status", people(3)) as (batch, running, gate):
        batch.stop()
        report = await asyncio.wait_for(running, 5)
    gate.open()
    before = len(office.issuer.received)
    later = await office.resume()

    assert (report.planned, office.arrived("client/add")) == (3, 3)
    assert {
        json.loads(each.body)["request_id"] for each in list(office.issuer.received)[before:][:3]
    } == first_ids(office, [1, 2, 3])
    assert later.complete


async def test_a_host_that_says_known_to_every_id_makes_nothing(office, people, between, said):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(60)))

        async def rule(call, _, send):
            if call == "request/status":
                return said(
                    {
                        "status": "ok",
                        "request_status": "success",
                        "client_id": "c1",
                        "cards": [{"card_id": "d1"}],
                    }
                )
            return await send()

        between(batch, rule)
        report = await office.finish(batch)

    # All of them have the same card, by what it says.
    assert (report.found, report.doubtful, report.complete) == (0, 60, False)
    assert office.effects() == []


GATEWAY = b"404 page not found"


NOT_TOLD = (
    "nothing was sent. Whether the request ids of this batch were used before is not known: "
    "request/status gave no clear answer to {} of 3 "
    "questions, the last time: {}. Run it again later; or, if this is how the host answers an id "
    "that it does not know, say "
    '--check-first none (Batch(check_first="none")).'
)


@pytest.mark.parametrize(
    ("gateway", "why"),
    [
        ((GATEWAY, 404), "the answer does not fit the contract (HTTP 404"),
        ((b"<html>bad gateway</html>", 502), "the answer does not fit the contract (HTTP 502"),
        ((b'{"message": "x"}', 503), "the answer does not fit the contract (HTTP 503"),
        ((b"<html>log in</html>", 200), "the answer does not fit the contract (HTTP 200"),
        ((b"{}", 429), "the issuer limits the rate (HTTP 429)"),
    ],
    ids=["404", "502", "503", "page", "429"],
)
async def test_where_a_sampled_id_gets_no_clear_answer_nothing_is_sent(
    office, people, between, said, gateway, why
):
    """Of one of three: the others say that they are not known."""
    deaf = office.request_id("k2", "client")
    async with office.batch(limits=Limits(settle=0.2)) as batch:
        await office.plan(batch, office.file(people(3)))

        async def rule(_, request_id, send):
            return said(*gateway) if request_id == deaf else await send()

        between(batch, rule)
        with pytest.raises(ConfigurationError) as caught:
            await asyncio.wait_for(office.finish(batch), 30)
        report = await batch.report()

    before, after = NOT_TOLD.format(1, "|").split("|")
    assert str(caught.value).startswith(before + why)
    assert str(caught.value).endswith(after)
    assert (report.planned, report.left, office.effects()) == (3, 3, [])
    assert asked(office).count(office.request_id("k1", "client")) == 1


async def test_a_sample_of_which_nothing_is_heard_for_a_while_holds_other_people_back_from_used_keys(
    office, people, person, between, said
):
    """Their own clients are there, and an issuer that answers a repeated id with ok would not tell."""
    await office.issue(office.file(people(3)), "may.db")
    strangers = [person(number, phone=77020000000 + number) for number in range(1, 4)]
    answers = iter([said(GATEWAY, 404)] * 4)
    async with office.batch("june.db") as batch:
        await office.plan(batch, office.file(strangers, "june.csv"))

        async def rule(call, _, send):
            if call == "request/status":
                return next(answers, None) or await send()
            return said({"status": "ok", "request_status": "process"})

        between(batch, rule)
        report = await office.finish(batch)

    assert (report.found, report.issued) == (3, 0)
    assert not any(phone > 77020000000 for phone in office.cards())


async def test_one_known_id_is_enough_and_the_others_are_not_waited_for(
    office, people, person, between, said
):
    await office.issue(office.file([person(2)], "one.csv"), "one.db")
    others = {office.request_id("k1", "client"), office.request_id("k3", "client")}
    sampled = set()
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))

        async def rule(_, request_id, send):
            if request_id in others - sampled:
                sampled.add(request_id)
                await asyncio.get_running_loop().create_future()
            return await send()

        between(batch, rule)
        report = await asyncio.wait_for(office.finish(batch), 10)

    assert sampled == others
    assert (report.found, report.issued) == (1, 2)


async def test_a_stop_in_the_pause_between_two_questions_of_the_sample_ends_it(
    office, people, between, said
):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))

        async def rule(*_):
            return said(GATEWAY, 404)

        between(batch, rule)
        running = asyncio.create_task(office.finish(batch))
        async with asyncio.timeout(10):
            while "HTTP 404" not in (batch.progress.trouble or ""):
                await asyncio.sleep(0.005)
        trouble = batch.progress.trouble
        batch.stop()
        report = await asyncio.wait_for(running, 5)

    assert trouble.startswith(
        "request ids are asked about before they are sent for the first time (0 of 3 answered): "
        "the answer does not"
    )
    assert (report.planned, office.effects()) == (3, [])


async def test_questions_that_fail_together_are_not_counted_as_answered(
    office, people, between, said
):
    asked, turns, tasks, shown = [], [asyncio.Event() for _ in range(3)], [], []
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))

        async def fail_in_turns():
            for event in turns:
                event.set()
                await asyncio.sleep(0)

        async def rule(*_):
            asked.append(None)
            if len(asked) == 3:
                tasks.append(asyncio.create_task(fail_in_turns()))
            await turns[min(len(asked), 3) - 1].wait()
            return said(GATEWAY, 404)

        between(batch, rule)
        running = asyncio.create_task(office.finish(batch))
        async with asyncio.timeout(10):
            while len(shown) < 20:
                await asyncio.sleep(0)
                if "HTTP 404" in (batch.progress.trouble or ""):
                    shown.append(batch.progress.trouble)
        batch.stop()
        await asyncio.wait_for(running, 5)

    assert all("(0 of 3 answered)" in trouble for trouble in shown)


async def test_the_first_questions_are_to_be_seen_while_they_are_asked(office, people):
    async with office.under_way("request/status", people(60)) as (batch, running, gate):
        trouble = batch.progress.trouble
        gate.open()
        await running

    assert (
        trouble
        == "request ids are asked about before they are sent for the first time (0 of 50 answered)"
    )
    assert batch.progress.trouble is None


async def test_where_each_row_is_asked_about_and_nothing_is_said_of_any_the_run_ends_with_the_reason(
    office, people, between, said
):
    shown = []
    async with office.batch(check_first="all", limits=Limits(concurrency=1, settle=0.5)) as batch:
        await office.plan(batch, office.file(people(30)))

        async def rule(*_):
            shown.append(batch.progress.trouble)
            return said(GATEWAY, 404)

        between(batch, rule)
        with pytest.raises(ConfigurationError) as caught:
            await asyncio.wait_for(office.finish(batch), 10)
        report = await batch.report()

    assert str(caught.value).startswith(
        "whether the request ids of the rows that are left were used before is not known: for "
        "0.5 s request/status gave no clear "
        "answer to any question about them, the last time: the answer does not fit the contract (HTTP "
        "404"
    )
    assert str(caught.value).endswith(
        ". Nothing was sent for these rows, and they can be resumed later."
    )
    assert (report.planned, report.left, office.effects()) == (30, 30, [])
    assert any(
        each and each.startswith("request ids are asked about") and "HTTP 404" in each
        for each in shown
    )


async def test_where_each_row_is_asked_about_one_of_which_nothing_is_said_is_left_while_others_are_answered(
    office, people, between, said
):
    deaf = office.request_id("k1", "client")
    async with office.batch(check_first="all", limits=Limits(concurrency=1, settle=0.5)) as batch:
        await office.plan(batch, office.file(people(4)))

        async def rule(_, request_id, send):
            await asyncio.sleep(0.05)
            return said(GATEWAY, 404) if request_id == deaf else await send()

        between(batch, rule)
        report = await asyncio.wait_for(office.finish(batch), 20)

    assert (report.issued, report.planned, report.left) == (3, 1, 1)


async def test_where_each_row_is_asked_about_a_question_that_says_nothing_is_asked_again(
    office, people, one_each
):
    office.issuer.script("request/status", Fault.HTML_502)
    report = await office.issue(office.file(people(1)), check_first="all")

    assert report.complete
    assert office.cards() == one_each(1)


async def test_a_question_of_the_sample_that_was_not_sent_is_asked_again(
    office, people, one_each, between
):
    tried = []
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))

        async def rule(call, request_id, send):
            if call == "request/status":
                tried.append(request_id)
                if tried.count(request_id) == 1 and request_id == office.request_id("k1", "client"):
                    raise TransportError("no connection to the issuer (refused)")
            return await send()

        between(batch, rule)
        report = await office.finish(batch)

    assert report.complete
    assert tried.count(office.request_id("k1", "client")) >= 2


async def test_a_sample_that_can_not_be_sent_at_once_is_asked_later(office, people, monkeypatch):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))
        look_up = Session.look_up
        limited = [True]

        async def first_limited(self, request_id, **options):
            if limited and request_id == office.request_id("k1", "client"):
                limited.pop()
                raise RateLimited("the issuer limits the rate")
            return await look_up(self, request_id, **options)

        monkeypatch.setattr(Session, "look_up", first_limited)
        report = await office.finish(batch)

    assert report.complete
    assert asked(office) == [office.request_id("k1", "client")]


async def test_a_merchant_that_is_refused_in_the_sample_ends_the_run(office, people):
    async with office.batch(client={"secret_key": "another"}) as batch:
        await office.plan(batch, office.file(people(60)))
        with pytest.raises(AuthenticationError):
            await office.finish(batch)
        report = await batch.report()

    assert (report.planned, office.effects()) == (60, [])


@pytest.mark.parametrize("check_first", ["sample", "all", "none"])
async def test_what_is_known_after_a_refusal_is_found_though_the_row_was_asked_about_just_before(
    office, people, between, check_first
):
    """A proxy's copy of the call can't be told from another machine that used the id in that
    moment.
    """
    async with office.batch(check_first=check_first) as batch:
        await office.plan(batch, office.file(people(2)))

        async def rule(call, _, send):
            if call != "request/status":
                await send()
            return await send()

        between(batch, rule)
        told = [each.state async for each in batch.run()]

    assert told == [State.FOUND] * 2
    assert (office.arrived("client/add"), office.arrived("card/issue")) == (4, 0)
