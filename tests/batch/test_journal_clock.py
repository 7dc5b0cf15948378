"""A wall clock that jumps, back and forth, between runs and inside one: an issuer that forgets ids
after an hour makes no second card.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import closing, suppress

import pytest

from freedompay_async.batch import State, run
from freedompay_async.batch.clock import Clock
from freedompay_async.sandbox import Sandbox
from freedompay_async.transport.base import TransportError

HOUR = 3600.0
DAY = 24 * HOUR


class Wall:
    """The wall clock of this machine, as far as the library sees it; the issuer has its own."""

    def __init__(self):
        self.real, self.ahead = time.time, 0.0

    def __call__(self):
        return self.real() + self.ahead


@pytest.fixture
def wall(monkeypatch):
    wall = Wall()
    monkeypatch.setattr(time, "time", wall)
    return wall


@pytest.fixture
async def issuer(tmp_path):
    """A sandbox with its books in a file."""
    async with Sandbox(database=tmp_path / "books.db") as issuer:
        yield issuer


@pytest.fixture
def forget(issuer, tmp_path):
    """An hour has gone by for the issuer: it knows no id any more, and would make a second card for
    any of them.
    """

    def forget():
        with closing(sqlite3.connect(tmp_path / "books.db")) as books, books:
            for statement in (
                "DELETE FROM seen",
                "DELETE FROM requests",
                "UPDATE cards SET card_id = 'first-' || card_id",
            ):
                books.execute(statement)

    return forget


async def killed_with_its_card_on_the_way(office, people):
    """A run that ends when the issuer has made the card and nobody has heard of it."""
    gate = office.issuer.gate("card/issue")
    running = asyncio.create_task(office.issue(office.file(people(1))))
    await office.held(gate, running)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    gate.open()


def told(report):
    return [(each.key, each.state) for each in report.problems]


BEHIND, FAR_AHEAD = "clock", "first send is more than 3600 s ago"


@pytest.mark.parametrize(
    ("ahead", "reason"),
    [
        *((ahead, BEHIND) for ahead in (-60.0, -2 * HOUR, -DAY, -50 * 365 * DAY)),
        *((ahead, FAR_AHEAD) for ahead in (1.01 * HOUR, DAY, 50 * 365 * DAY)),
    ],
)
async def test_a_clock_that_is_behind_the_first_send_or_far_ahead_sends_nothing_again_and_is_named(
    office, people, one_each, wall, forget, ahead, reason
):
    await killed_with_its_card_on_the_way(office, people)
    forget()
    wall.ahead = ahead
    report = await office.resume()

    assert told(report) == [("k1", State.UNKNOWN)]
    assert reason in report.problems[0].reason
    assert office.cards() == one_each(1)


@pytest.mark.parametrize("ahead", [-DAY, DAY])
async def test_a_clock_that_was_wrong_during_the_first_run_and_is_right_now_makes_no_second_card(
    office, people, one_each, wall, forget, ahead
):
    wall.ahead = ahead
    await killed_with_its_card_on_the_way(office, people)
    forget()
    wall.ahead = 2 * HOUR
    report = await office.resume()

    assert told(report) == [("k1", State.UNKNOWN)]
    assert office.cards() == one_each(1)


@pytest.mark.parametrize("ahead", [-DAY, DAY])
async def test_what_the_issuer_still_knows_is_found_whatever_the_clock_says(
    office, people, one_each, wall, ahead
):
    await killed_with_its_card_on_the_way(office, people)
    wall.ahead = ahead
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(1)


class Line:
    """The way to the issuer; `on` is asked about each effect once it is done there, and may lose
    its answer.
    """

    def __init__(self, road, on):
        send = road.carry

        async def carried(message, attempt):
            reply = await send(message, attempt)
            if not message.path.endswith("request/status"):
                await on(message.path, json.loads(message.body)["request_id"])
            return reply

        road.carry = carried


class Lost(TransportError):
    def __init__(self):
        super().__init__("the server closed the connection without an answer")


async def two_rows(office, people, meanwhile):
    """The card of the first is made and its answer never comes; then `meanwhile`, then the second
    row is issued, and the run is left.
    """
    on_the_way, never = asyncio.Event(), asyncio.Event()
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(2)))

        async def on(path, request_id):
            if request_id == office.request_id("k2", "client"):
                await on_the_way.wait()
            if request_id == office.request_id("k1", "card"):
                meanwhile()
                on_the_way.set()
                await never.wait()

        Line(office.road(batch), on)
        ended = asyncio.Event()
        running = asyncio.create_task(office.finish(batch, ended.set))
        await asyncio.wait(
            {running, asyncio.create_task(ended.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_clock_that_is_behind_the_newest_intent_of_the_journal_sends_nothing_again(
    office, people, one_each, wall, forget
):
    def two_hours_later():
        wall.ahead += 2 * HOUR

    await two_rows(office, people, two_hours_later)
    forget()
    # It seems to be a minute after the first send.
    wall.ahead = 60.0
    report = await office.resume()

    assert told(report) == [("k1", State.UNKNOWN)]
    assert "clock" in report.problems[0].reason
    assert office.cards() == one_each(2)


async def test_a_clock_that_was_set_back_inside_the_first_run_sends_nothing_again_in_the_next(
    office, people, one_each, wall, forget
):
    def back():
        wall.ahead -= 2 * HOUR

    await two_rows(office, people, back)
    forget()
    # Two hours and a minute have gone by since the first send, and the clock says that it was a
    # minute.
    wall.ahead = 60.0
    report = await office.resume()

    assert told(report) == [("k1", State.UNKNOWN)]
    assert office.cards() == one_each(2)


async def answer_lost(office, people, step, meanwhile):
    """A run of one row in which the first answer of this step is lost, and then `meanwhile`
    happens.
    """
    lost = []
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))

        async def on(path, request_id):
            if request_id == office.request_id("k1", step) and not lost:
                lost.append(request_id)
                meanwhile()
                raise Lost

        Line(office.road(batch), on)
        return await office.finish(batch)


async def test_a_machine_that_sleeps_for_two_hours_inside_a_run_sends_nothing_again(
    office, people, one_each, wall, forget
):
    def sleep():
        # The loop's clock stands still meanwhile.
        wall.ahead += 2 * HOUR
        forget()

    report = await answer_lost(office, people, "card", sleep)

    assert told(report) == [("k1", State.UNKNOWN)]
    assert "first send is more than 3600 s ago" in report.problems[0].reason
    assert office.cards() == one_each(1)


@pytest.mark.parametrize("step", ["client", "card"])
@pytest.mark.parametrize("jump", [-DAY, -60.0, 60.0, DAY])
async def test_a_clock_that_jumps_inside_a_run_hides_nothing_that_the_issuer_knows(
    office, people, one_each, wall, step, jump
):
    def jumped():
        wall.ahead += jump

    report = await answer_lost(office, people, step, jumped)

    assert report.complete
    assert office.cards() == one_each(1)


@pytest.mark.parametrize("back", [0.0, 2 * HOUR])
async def test_a_clock_that_is_set_back_inside_the_run_that_resumes_sends_nothing_again(
    office, people, one_each, wall, forget, monkeypatch, back
):
    await killed_with_its_card_on_the_way(office, people)
    forget()
    wall.ahead = 2.5 * HOUR

    def clock(**known):
        made = Clock(**known)
        wall.ahead -= back
        return made

    monkeypatch.setattr(run, "Clock", clock)
    report = await office.resume()

    assert told(report) == [("k1", State.UNKNOWN)]
    assert office.cards() == one_each(1)
