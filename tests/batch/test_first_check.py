"""Which rows are asked about before their first send, and what follows from the answers."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest

from freedompay_async.attempt import TransportError
from freedompay_async.batch import Limits, State
from freedompay_async.batch.first_check import spread
from freedompay_async.errors import AuthenticationError
from freedompay_async.sandbox import Fault


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
    known = {office.request_id(f"k{number}", step) for number in range(1, 121) for step in ("client", "card")}
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


async def test_all_asks_about_each_row_just_before_its_first_send_and_about_nothing_else(office, people):
    report = await office.issue(office.file(people(60)), check_first="all", limits=Limits(concurrency=2))

    assert len(asked(office)) < 60
    assert asked_before_their_send(office) == first_ids(office, range(1, 61))
    assert report.complete


async def test_if_one_of_the_sample_is_known_all_rows_are_asked_about(office, people, person):
    known = spread(120)[7]
    await office.issue(office.file([person(known)], "one.csv"), "one.db")
    begun = len(office.issuer.received)
    report = await office.issue(office.file(people(120)))

    assert (report.found, report.issued) == (1, 119)
    assert asked_before_their_send(office, begun) == first_ids(office, range(1, 121)) | {office.request_id(f"k{known}", "card")}


async def test_a_row_beside_the_sample_is_found_by_the_refusal_of_its_id(office, people, person):
    used = next(number for number in range(1, 121) if number not in spread(120))
    await office.issue(office.file([person(used)], "one.csv"), "one.db")
    report = await office.issue(office.file(people(120)))

    assert (report.found, report.issued) == (1, 119)
    assert report.problems[0].key == f"k{used}"


async def known_in_the_sample(office, people, person, **options):
    """A batch of 120 of which the first row was used before, stopped when it has begun."""
    await office.issue(office.file([person(1)], "one.csv"), "one.db")
    gate = office.issuer.gate("client/add")
    async with office.batch(limits=Limits(concurrency=2), **options) as batch:
        await office.plan(batch, office.file(people(120)))
        running = asyncio.create_task(office.finish(batch))
        await office.held(gate, running)
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
    gate = office.issuer.gate("client/add")
    async with office.batch(limits=Limits(concurrency=2)) as batch:
        await office.plan(batch, office.file(people(120)))
        running = asyncio.create_task(office.finish(batch))
        await office.held(gate, running)
        batch.stop()
        gate.open()
        await running
    begun = len(office.issuer.received)
    report = await office.resume()

    assert report.complete
    assert office.request_id("k120", "client") not in asked_before_their_send(office, begun)


async def test_a_journal_whose_first_run_was_ended_in_the_sample_is_sampled_again(office, people):
    gate = office.issuer.gate("request/status")
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))
        running = asyncio.create_task(office.finish(batch))
        await office.held(gate, running)
        batch.stop()
        report = await asyncio.wait_for(running, 5)
    gate.open()
    before = len(office.issuer.received)
    later = await office.resume()

    assert (report.planned, office.arrived("client/add")) == (3, 3)
    assert {json.loads(each.body)["request_id"] for each in list(office.issuer.received)[before:][:3]} == first_ids(office, [1, 2, 3])
    assert later.complete


async def test_a_host_that_says_known_to_every_id_makes_nothing(office, people, between, said):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(60)))

        async def rule(call, _, send):
            if call == "request/status":
                return said({"status": "ok", "request_status": "success", "client_id": "c1", "cards": [{"card_id": "d1"}]})
            return await send()

        between(batch, rule)
        report = await office.finish(batch)

    # All of them have the same card, by what it says.
    assert (report.found, report.doubtful, report.complete) == (0, 60, False)
    assert office.effects() == []


GATEWAY = b"404 page not found"


async def with_a_gateway(office, people, between, said, *, limits=None, **options):
    """A batch whose status questions meet a gateway that says 404 in its own words."""
    async with office.batch(limits=limits or Limits(), **options) as batch:
        await office.plan(batch, office.file(people(3)))

        async def rule(call, _, send):
            return said(GATEWAY, 404) if call == "request/status" and not office.effects() else await send()

        between(batch, rule)
        return await asyncio.wait_for(office.finish(batch), 30)


async def test_a_look_up_that_says_nothing_is_no_sample(office, people, one_each, between, said):
    report = await with_a_gateway(office, people, between, said)

    assert report.complete
    assert office.cards() == one_each(3)


async def test_where_each_row_is_asked_about_one_of_which_nothing_is_said_is_left(office, people, between, said):
    report = await with_a_gateway(office, people, between, said, check_first="all", limits=Limits(settle=0.01))

    assert (report.planned, report.left, office.effects()) == (3, 3, [])


async def test_where_each_row_is_asked_about_a_question_that_says_nothing_is_asked_again(office, people, one_each):
    office.issuer.script("request/status", Fault.HTML_502)
    report = await office.issue(office.file(people(1)), check_first="all")

    assert report.complete
    assert office.cards() == one_each(1)


async def test_a_question_of_the_sample_that_was_not_sent_is_asked_again(office, people, one_each, between):
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


async def test_a_sample_that_can_not_be_sent_in_time_is_none(office, people, monkeypatch):
    async with office.batch(limits=Limits(settle=0.01)) as batch:
        await office.plan(batch, office.file(people(1)))
        look_up = type(batch._fp._session).look_up
        limited = [True]

        async def first_limited(self, request_id, **options):
            from freedompay_async.errors import RateLimited

            if limited and request_id == office.request_id("k1", "client"):
                limited.pop()
                raise RateLimited("the issuer limits the rate")
            return await look_up(self, request_id, **options)

        monkeypatch.setattr(type(batch._fp._session), "look_up", first_limited)
        report = await office.finish(batch)

    assert report.complete


async def test_a_merchant_that_is_refused_in_the_sample_ends_the_run(office, people):
    async with office.batch(client={"secret_key": "another"}) as batch:
        await office.plan(batch, office.file(people(60)))
        with pytest.raises(AuthenticationError):
            await office.finish(batch)
        report = await batch.report()

    assert (report.planned, office.effects()) == (60, [])


async def test_a_proxy_that_repeats_a_call_is_no_other_use_where_the_row_was_asked_about_just_before(office, people, one_each, between):
    """The issuer did not know the id a moment ago, so what it knows now is our own send."""

    async def story(journal, **options):
        async with office.batch(journal, name=journal, **options) as batch:
            await office.plan(batch, office.file(people(2)))

            async def rule(call, _, send):
                if call != "request/status":
                    await send()
                return await send()

            between(batch, rule)
            return [each.state async for each in batch.run()]

    asked_before = await story("all.db", check_first="all")
    cards = office.cards()
    not_asked = await story("none.db", check_first="none")

    assert (asked_before, not_asked) == ([State.FOUND] * 2, [State.FOUND] * 2)
    assert set(cards.values()) == {1}
