"""What listeners are told of a batch: those of the batch, and those of its client."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from freedompay_async import ConfigurationError, WaitReason
from freedompay_async.batch import Limits
from freedompay_async.events import (
    AttemptBegan,
    AttemptEnded,
    CallEnded,
    ConnectionOpened,
    OutageBegan,
    OutageEnded,
    RowEnded,
    Waiting,
)
from freedompay_async.transport.base import TransportError
from tests.batch.runs import two_batches


def only(events, kind):
    return [each for each in events if isinstance(each, kind)]


async def test_rows_and_their_calls(office, people):
    told = []
    async with office.batch(events=told.append) as batch:
        await office.plan(batch, office.file(people(3)))
        outcomes = {each.key: each async for each in batch.run()}

    rows = {each.key: each for each in only(told, RowEnded)}
    assert rows.keys() == outcomes.keys() == {"k1", "k2", "k3"}
    for key, row in rows.items():
        end = outcomes[key]
        assert (row.number, row.line, row.state) == (end.number, end.line, "issued")
        assert (row.client_id, row.card_id) == (end.client_id, end.card_id)
        assert row.seconds > 0.0
    assert {each.call for each in only(told, CallEnded)} >= {"clients.create", "cards.issue"}
    assert {each.lane for each in told if not isinstance(each, ConnectionOpened)} == {
        "batch default"
    }
    began = [(each.number, each.attempt, each.look_up) for each in only(told, AttemptBegan)]
    ended = [(each.number, each.attempt, each.look_up) for each in only(told, AttemptEnded)]
    assert sorted(began) == sorted(ended)
    assert len(set(began)) == len(began)


async def test_a_row_has_been_counted_when_it_is_told(office, people):
    counts = []
    async with office.batch() as batch:
        batch.on_event(
            lambda event: isinstance(event, RowEnded) and counts.append(batch.progress.done)
        )
        await office.plan(batch, office.file(people(3)))
        await office.finish(batch)

    assert counts == [1, 2, 3]


async def test_listeners_of_the_client_are_told_all_of_it_and_go_on(office, people):
    told, of_client = [], []
    async with office.batch(events=told.append, client={"events": of_client.append}) as batch:
        await office.plan(batch, office.file(people(2)))
        await office.finish(batch)
        during = list(told)
        await office.client_of(batch).requests.status(office.request_id("k1", "card"))

    assert told == during == of_client[: len(during)]
    assert {each.lane for each in only(of_client[len(during) :], CallEnded)} == {"client"}


async def test_two_batches_of_a_client_hear_their_own_calls_only(office, people):
    told = {"a": [], "b": []}
    listeners = {name: events.append for name, events in told.items()}
    await two_batches(office, people(2), names=("a", "b"), listeners=listeners)

    for name, events in told.items():
        lanes = {each.lane for each in events if not isinstance(each, ConnectionOpened)}
        assert lanes == {f"batch {name}"}
        assert len(only(events, RowEnded)) == 2


async def test_one_that_is_taken_off_in_a_run_is_told_nothing_more(office, people):
    told = []

    def once(event):
        told.append(event)
        off()

    async with office.batch() as batch:
        off = batch.on_event(once)
        await office.plan(batch, office.file(people(1)))
        report = await office.finish(batch)

    assert len(told) == 1
    assert report.complete


async def test_a_listener_that_fails_and_stops_the_batch_leaves_it_whole(office, people):
    async with office.batch(limits=Limits(concurrency=1)) as batch:

        def broken(event):
            if isinstance(event, RowEnded):
                batch.stop()
            raise asyncio.CancelledError

        batch.on_event(broken)
        await office.plan(batch, office.file(people(5)))
        await office.finish(batch)
    report = await office.resume()

    assert report.complete
    assert len(office.issuer.ledger()) == 5


async def test_a_run_that_is_left_early_lets_the_lane_go(office, people):
    told = []
    async with office.batch(events=told.append) as batch:
        await office.plan(batch, office.file(people(3)))
        async with aclosing(batch.run()) as run:
            async for _ in run:
                break
        count = len(told)
        await office.client_of(batch).requests.status(office.request_id("k1", "card"))

    assert len(told) == count


async def test_an_outage(office, people, between):
    told, asked = [], 0
    async with office.batch(events=told.append, limits=Limits(concurrency=2)) as batch:

        async def rule(call, request_id, send):
            nonlocal asked
            asked += 1
            # Long enough for a look-up that makes it certain, and for calls that wait meanwhile.
            if asked < 8:
                raise TransportError("nobody is there")
            return await send()

        between(batch, rule)
        await office.plan(batch, office.file(people(4)))
        report = await office.finish(batch)

    assert report.complete
    began, ended = only(told, OutageBegan), only(told, OutageEnded)
    assert len(began) == len(ended) == 1
    assert began[0].lane == ended[0].lane == "batch default"
    assert 0.0 <= began[0].seconds <= ended[0].seconds
    assert told.index(began[0]) < told.index(ended[0])
    assert WaitReason.OUTAGE in {each.reason for each in only(told, Waiting)}


async def _later(event):
    raise AssertionError


async def test_what_is_no_listener_is_refused(office):
    with pytest.raises(ConfigurationError, match="events is an async function"):
        async with office.batch(events=_later):
            pass
    async with office.batch() as batch:
        with pytest.raises(ConfigurationError, match="listener"):
            batch.on_event("print")
