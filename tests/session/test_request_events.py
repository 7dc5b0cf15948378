"""What a listener is told of accepted requests."""

from __future__ import annotations

import pytest

from freedompay_async import NotKnown, RequestFailed
from freedompay_async.events import CallEnded, RequestEnded

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@pytest.fixture
def ends(play, memory, client_of):
    """The ends of requests that are told in a story, and all events in `ends.events`."""

    def run(story, **scripts):
        run.events = []

        async def with_client():
            fp = client_of(memory(**scripts), events=run.events.append)
            return await story(fp)

        play(with_client())
        return [each for each in run.events if isinstance(each, RequestEnded)]

    return run


async def issue(fp):
    operation = await fp.cards.issue(client_id="cl-1", product_id=2000)
    return await operation.result()


def test_one_that_takes_some_look_ups(ends, say):
    (end,) = ends(issue, card__issue=[say.process], request__status=[say.process, say.success])
    calls = [each for each in ends.events if isinstance(each, CallEnded)]

    assert (end.call, end.lane, end.outcome) == ("cards.issue", "client", "succeeded")
    assert end.request_id == calls[0].request_id
    assert end.look_ups == len(calls) - 1 == 2
    assert end.seconds > 0.0
    # It is told behind the call that has shown it.
    assert ends.events[-1] is end


def test_one_that_has_ended_with_its_answer(ends, say):
    (end,) = ends(issue, card__issue=[say.success])

    assert (end.outcome, end.seconds, end.look_ups) == ("succeeded", 0.0, 0)


def test_one_that_fails(ends, say):
    async def story(fp):
        with pytest.raises(RequestFailed):
            await issue(fp)

    (end,) = ends(story, card__issue=[say.process], request__status=[say.failed])

    assert (end.outcome, end.look_ups) == ("failed", 1)


def test_one_that_was_attached_and_is_not_known(ends, say):
    async def story(fp):
        with pytest.raises(NotKnown):
            await fp.requests.attach(OWN, call="cards.issue").result()

    (end,) = ends(story, request__status=[say.unknown])

    assert (end.call, end.request_id, end.outcome) == ("cards.issue", OWN, "not known")


def test_one_that_is_looked_at_again_ends_once(ends, say):
    async def story(fp):
        operation = fp.requests.attach(OWN)
        for _ in range(3):
            await operation.refresh()

    (end,) = ends(story, request__status=[say.process, say.success])

    assert (end.call, end.outcome, end.look_ups) == ("requests.status", "succeeded", 2)


def test_those_that_many_wait_for_have_a_lane_of_their_own(ends, say):
    async def story(fp):
        operations = [await fp.cards.issue(client_id="cl-1", product_id=2000) for _ in range(3)]
        async for each in fp.requests.as_completed(operations):
            assert each.done
        await fp.cards.balance("c-1")

    told = ends(
        story,
        card__issue=[say.process],
        request__status=[say.success],
        card__balance=[say.ok(balance=1)],
    )
    lanes = [(each.call, each.lane) for each in ends.events if isinstance(each, CallEnded)]

    assert [each.lane for each in told] == ["as_completed"] * 3
    assert lanes == [
        *[("cards.issue", "client")] * 3,
        *[("requests.status", "as_completed")] * 3,
        ("cards.balance", "client"),
    ]


def test_no_event_of_a_request_is_made_where_nobody_listens(
    play, memory, client_of, say, monkeypatch
):
    def made(*_, **__):
        raise AssertionError

    monkeypatch.setattr("freedompay_async.operations.operation.RequestEnded", made)

    async def story():
        wire = memory(card__issue=[say.process], request__status=[say.success])
        return await issue(client_of(wire))

    assert play(story()).card_ids == ("card-1",)
