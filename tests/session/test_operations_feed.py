"""Waiting for operations that come while the waiting goes on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from itertools import pairwise
from uuid import uuid4

import pytest

from freedompay_async import AuthenticationError, ConfigurationError, StillProcessing
from freedompay_async.api.requests import Requests
from freedompay_async.contract.models import BulkIssue
from freedompay_async.contract.table import CARDS_BULK_ISSUE
from freedompay_async.operations.start import start

ENOUGH = 1_000


class Boom(Exception):
    pass


class Feed:
    """Gives operations, one each `every` seconds; `closed` is when it was closed.

    Args:
        then: what it raises in the end.
        last: seconds that it takes to close.
    """

    def __init__(self, operations, *, every=0.0, then=None, last=0.0):
        self.operations, self.every, self.then, self.last = iter(operations), every, then, last
        self.given, self.closed = 0, None

    async def __aiter__(self):
        try:
            for each in self.operations:
                if self.every:
                    await asyncio.sleep(self.every)
                self.given += 1
                yield each
            if self.then == "never":
                await asyncio.get_running_loop().create_future()
            if self.then is not None:
                raise self.then
        finally:
            if self.last:
                await asyncio.sleep(self.last)
            self.closed = asyncio.get_running_loop().time()


@pytest.fixture
def requests(memory, over):
    """`fp.requests` over a wire whose look-ups take these steps; the wire is `requests.wire`."""

    def build(*steps, **options):
        build.wire = memory(request__status=steps, card__bulk_issue=steps)
        build.session = over(build.wire, **options)
        return Requests(build.session)

    return build


def attached(these, count=10**9):
    """So many operations, made when they are taken."""
    return (these.attach(str(uuid4()), call="cards.bulk_issue") for _ in range(count))


async def all_of(these, feed, **options):
    return [each async for each in these.as_completed(feed, **options)]


async def into(given, items):
    async for each in items:
        given += [each]


def by_id(**steps):
    """A step that answers by the id asked about; `default` for the rest."""

    async def step(attempt, sent):
        return await steps.get(sent.fields["request_id"], steps["default"])(attempt, sent)

    return step


# -- what comes


def test_each_of_a_feed_is_given_once(play, requests, say):
    these = requests(say.after(0.1, say.success))

    async def story():
        operations = list(attached(these, 300))
        return operations, await all_of(these, Feed(operations), concurrency=8)

    operations, given = play(story())

    assert sorted(map(id, given)) == sorted(map(id, operations))
    assert requests.wire.busiest == 8


def test_what_comes_later_is_given_while_earlier_ones_are_in_process(play, requests, say):
    these = requests(say.process)

    async def story():
        slow, fast = attached(these, 2)
        requests.wire.scripts["request/status"] = [
            by_id(**{fast.request_id: say.success, "default": say.process})
        ]
        async with aclosing(these.as_completed(Feed([slow, fast], every=30.0))) as ended:
            return await anext(ended) is fast, asyncio.get_running_loop().time()

    assert play(story()) == (True, pytest.approx(60.0))


def test_it_ends_when_the_feed_has_ended_and_all_have(play, requests, say):
    these = requests(say.after(5.0, say.success))

    async def story():
        given = await all_of(these, Feed(attached(these, 3), every=10.0))
        return len(given), asyncio.get_running_loop().time()

    assert play(story()) == (3, pytest.approx(35.0))


def test_a_feed_that_ends_after_the_last_one_has_ended_ends_it(play, requests, say):
    class Late(Feed):
        async def __aiter__(self):
            async for each in super().__aiter__():
                yield each
            await asyncio.sleep(50.0)

    these = requests(say.success)

    async def story():
        given = await all_of(these, Late(attached(these, 3)))
        return len(given), asyncio.get_running_loop().time()

    assert play(story()) == (3, pytest.approx(50.0))


def test_a_feed_of_nothing_is_no_wait(play, requests):
    these = requests()

    assert play(all_of(these, Feed([]))) == []
    assert requests.wire.sent == []


def test_what_has_ended_before_it_comes_is_given_and_not_asked_about(play, requests, say):
    these = requests(say.success)

    async def story():
        (one,) = attached(these, 1)
        await one.result()
        given = await all_of(these, Feed([one]))
        return given == [one], len(requests.wire.sent)

    assert play(story()) == (True, 1)


def test_an_operation_that_comes_twice_is_given_twice_and_looked_up_once_at_a_time(
    play, requests, say
):
    these = requests(say.after(1.0, say.process), say.after(1.0, say.success))

    async def story():
        (one,) = attached(these, 1)
        given = await all_of(these, Feed([one, one, one]))
        return given == [one, one, one]

    assert play(story()) is True
    assert (requests.wire.busiest, len(requests.wire.sent)) == (1, 2)


def test_one_of_a_list_twice_is_looked_up_once_at_a_time(play, requests, say):
    these = requests(say.after(1.0, say.process), say.after(1.0, say.success))

    async def story():
        (one,) = attached(these, 1)
        return await all_of(these, [one, one]) == [one, one]

    assert play(story()) is True
    assert (requests.wire.busiest, len(requests.wire.sent)) == (1, 2)


# -- how fast it is read


def test_an_endless_feed_is_read_no_faster_than_it_is_looked_up(play, requests, say):
    these = requests(say.silent, attempt_timeout=1_000.0)
    feed = Feed(attached(these))

    async def story():
        with pytest.raises(StillProcessing):
            await all_of(these, feed, timeout=100.0)

    play(story())

    assert 8 <= feed.given <= ENOUGH + 1


def test_an_endless_feed_of_ended_ones_is_read_no_faster_than_the_reader_reads(play, requests, say):
    these = requests(say.success)
    feed = Feed(attached(these))

    async def story():
        async with aclosing(these.as_completed(feed)) as ended:
            await anext(ended)
            await asyncio.sleep(100.0)

    play(story())

    # What the reader may have ready, and what may be about to be looked up.
    assert feed.given <= 2 * ENOUGH + 64


def test_those_that_wait_for_their_next_look_up_do_not_keep_others_from_coming(play, requests, say):
    these = requests(say.process)
    feed = Feed(attached(these, 3 * ENOUGH), then="never")

    async def story():
        with pytest.raises(StillProcessing) as caught:
            await all_of(these, feed, timeout=60.0, concurrency=100)
        return caught.value

    error = play(story())

    assert (feed.given, len(error.request_ids)) == (3 * ENOUGH, 3 * ENOUGH)


def test_a_feed_that_never_waits_does_not_hold_up_the_loop(play, requests, say):
    these = requests(say.silent)
    feed = Feed(attached(these, 900))
    seen = [0]

    async def other():
        while feed.given < 900:
            seen.append(feed.given)
            await asyncio.sleep(0)

    async def story():
        task = asyncio.create_task(other())
        with pytest.raises(StillProcessing):
            await all_of(these, feed, timeout=1.0)
        await task

    play(story())

    assert feed.given == 900
    assert max(after - before for before, after in pairwise([*seen, 900])) <= 64


# -- its errors, and what is no operation


def test_the_error_of_a_feed_is_raised_after_what_came_before(play, requests, say):
    these = requests(say.success)
    feed = Feed(attached(these, 3), every=1.0, then=Boom("no more"))
    given = []

    async def story():
        with pytest.raises(Boom, match="no more"):
            await into(given, these.as_completed(feed))
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert play(story()) == set()
    assert len(given) == 3


def test_the_error_of_a_feed_does_not_wait_for_what_is_in_process(play, requests, say):
    these = requests(say.process)

    async def story():
        with pytest.raises(Boom):
            await all_of(these, Feed(attached(these, 3), then=Boom()))
        return asyncio.get_running_loop().time()

    assert play(story()) < 1


@pytest.mark.parametrize("wrong", [None, "id", 5])
def test_what_is_no_operation_is_refused_when_it_comes(play, requests, say, wrong):
    these = requests(say.success)
    given = []

    async def story():
        (one,) = attached(these, 1)
        feed = Feed([one, wrong, one], every=1.0)
        with pytest.raises(ConfigurationError, match=r"^operations is ") as caught:
            await into(given, these.as_completed(feed))
        return caught.value, feed.given, feed.closed is not None

    error, taken, closed = play(story())

    assert "give Operations" in str(error)
    assert (len(given), taken, closed) == (1, 2, True)


def test_a_refused_signature_ends_the_feed_too(play, requests, say):
    these = requests(say.after(1.0, say.denied))
    feed = Feed(attached(these))

    async def story():
        with pytest.raises(AuthenticationError):
            await all_of(these, feed)

    play(story())

    assert feed.closed == pytest.approx(1.0)


def test_a_feed_that_is_cancelled_by_itself_is_none_that_has_ended(play, requests, say):
    these = requests(say.success)

    async def story():
        with pytest.raises(StillProcessing, match="The feed of operations had not ended"):
            await all_of(these, Feed(attached(these, 3), every=1.0, then=asyncio.CancelledError()))

    play(story())


# -- the time


def test_the_timeout_is_for_all_that_came(play, requests, say):
    these = requests(say.process)

    async def story():
        feed = Feed(attached(these), every=10.0)
        with pytest.raises(StillProcessing, match="5 requests have not ended") as caught:
            await all_of(these, feed, timeout=55.0)
        return caught.value, asyncio.get_running_loop().time(), feed.closed

    error, at, closed = play(story())

    assert len(error.request_ids) == 5
    assert "The feed of operations had not ended, and may have more." in str(error)
    assert (at, closed) == (pytest.approx(55.0), pytest.approx(55.0))


def test_a_feed_that_has_not_ended_in_time_is_told_though_all_have_ended(play, requests, say):
    these = requests(say.success)
    feed = Feed(attached(these, 2), then="never")
    given = []

    async def story():
        with pytest.raises(StillProcessing) as caught:
            await into(given, these.as_completed(feed, timeout=60.0))
        return caught.value

    error = play(story())

    assert (len(given), error.request_ids) == (2, ())
    assert str(error) == (
        "0 requests have not ended, and the waiting has stopped. The feed of operations had not "
        "ended, and may have more."
    )


def test_a_feed_that_has_ended_in_time_is_not_told(play, requests, say):
    these = requests(say.process)

    async def story():
        with pytest.raises(StillProcessing) as caught:
            await all_of(these, Feed(attached(these, 2)), timeout=60.0)
        return caught.value

    assert "feed" not in str(play(story()))


# -- leaving it


@pytest.mark.parametrize("last", [0.0, 2.0])
def test_a_reader_that_leaves_closes_the_feed(play, requests, say, last):
    these = requests(say.success, say.silent)
    feed = Feed(attached(these), every=1.0, last=last)

    async def story():
        async with aclosing(these.as_completed(feed)) as ended:
            await anext(ended)
        return asyncio.get_running_loop().time(), asyncio.all_tasks() - {asyncio.current_task()}

    at, left = play(story())

    assert (feed.closed, left) == (pytest.approx(1.0 + last), set())
    assert at == pytest.approx(feed.closed)
    assert requests.wire.busy == 0


def test_a_feed_that_waits_for_room_is_closed_too(play, requests, say):
    these = requests(say.silent)
    feed = Feed(attached(these), last=2.0)

    async def story():
        reader = asyncio.create_task(all_of(these, feed))
        await asyncio.sleep(5)
        given = feed.given
        reader.cancel()
        await asyncio.wait([reader])
        return given, reader.cancelled(), asyncio.all_tasks() - {asyncio.current_task()}

    given, cancelled, left = play(story())

    assert (given >= ENOUGH, cancelled, left) == (True, True, set())
    assert feed.closed == pytest.approx(7.0)
    assert requests.wire.busy == 0


def test_a_reader_that_is_cancelled_again_waits_for_the_end_of_the_feed(play, requests, say):
    these = requests(say.silent)
    feed = Feed(attached(these), every=1.0, last=10.0)

    async def story():
        reader = asyncio.create_task(all_of(these, feed))
        await asyncio.sleep(5.5)
        for _ in range(3):
            reader.cancel()
            await asyncio.sleep(1)
        await asyncio.wait([reader])
        return reader.cancelled()

    assert play(story()) is True
    assert feed.closed == pytest.approx(15.5)


def test_a_feed_without_an_aclose_will_do(play, requests, say):
    class Plain:
        def __init__(self, operations):
            self.operations = operations

        def __aiter__(self):
            return self

        async def __anext__(self):
            for each in self.operations:
                return each
            raise StopAsyncIteration

    these = requests(say.success)

    assert len(play(all_of(these, Plain(attached(these, 3))))) == 3


def test_a_reader_that_is_cancelled_before_it_begins_reads_nothing(play, requests, say):
    these = requests(say.success)
    feed = Feed(attached(these))

    async def story():
        reader = asyncio.create_task(all_of(these, feed))
        reader.cancel()
        await asyncio.wait([reader])

    play(story())

    assert (feed.given, requests.wire.sent) == (0, [])


# -- the next round


@pytest.fixture
def taught(requests):
    """`requests`, of a client that has seen bulk issues take eight seconds."""

    def build(*steps):
        these = requests(*steps)
        requests.session.shared.polls.jitter = lambda: 0.5
        looks = requests.session.shared.polls.of("cards.bulk_issue")
        for _ in range(300):
            for pending, age in ((0.0, 2.0), (2.0, 4.0), (4.0, 7.5)):
                looks.learn(pending, age, ended=False)
            looks.learn(7.5, 8.0, ended=True)
        return these

    return build


@pytest.mark.parametrize("feed", [False, True])
def test_operations_keep_their_due_times_in_the_next_rounds(play, taught, requests, say, feed):
    these = taught(say.process)

    async def story():
        body = BulkIssue(product_id=1, count=1)
        operations = [await start(requests.session, CARDS_BULK_ISSUE, body) for _ in range(20)]
        for _ in range(20):
            given = Feed(operations) if feed else operations
            with pytest.raises(StillProcessing):
                await all_of(these, given, timeout=1.0)

    play(story())
    asked = [each for each in requests.wire.sent if each.call == "request/status"]

    # At 10, 12.5 and 15.6 seconds, more or less, and at 19.5 for some.
    assert 2 * 20 <= len(asked) <= 4 * 20
    assert min(each.at for each in asked) >= 8


def test_what_the_issuer_asked_to_wait_with_is_kept_in_the_next_rounds(play, requests, say):
    these = requests(say.error(503, Retry_After="30"), say.success)

    async def story():
        (one,) = attached(these, 1)
        for _ in range(5):
            with pytest.raises(StillProcessing, match="asked to wait 30 s"):
                await all_of(these, [one], timeout=5.0)
            await asyncio.sleep(5)
        return await all_of(these, [one], timeout=20.0) == [one]

    assert play(story()) is True
    assert [each.at >= 30 for each in requests.wire.sent] == [False, True]


# -- nothing is lost at the end


def read_late(these, operations, **options):
    """Reads one, and the rest when the time is over."""

    given = []

    async def read():
        async for each in these.as_completed(operations, timeout=5.0, **options):
            if not given:
                await asyncio.sleep(10.0)
            given.append(each)

    async def story():
        with pytest.raises(StillProcessing) as caught:
            await read()
        return given, caught.value

    return story()


def test_what_has_ended_is_given_to_a_reader_who_comes_when_the_time_is_over(play, requests, say):
    these = requests(say.success)

    async def story():
        operations = list(attached(these, ENOUGH + 300))
        pending = these.attach(str(uuid4()))
        requests.wire.scripts["request/status"] = [
            by_id(**{pending.request_id: say.process, "default": say.success})
        ]
        return operations, pending, await read_late(these, [*operations, pending], concurrency=100)

    operations, pending, (given, error) = play(story())

    assert sorted(map(id, given)) == sorted(map(id, operations))
    assert error.request_ids == (pending.request_id,)


def test_one_of_a_feed_that_has_ended_before_is_given_or_not_taken(play, requests, say):
    these = requests(say.success)

    async def story():
        operations = list(attached(these, ENOUGH + 300))
        for each in operations:
            await each.refresh()
        feed = Feed(operations)
        return feed, operations, await read_late(these, feed)

    feed, operations, (given, error) = play(story())

    assert given == operations[: feed.given]
    assert (error.request_ids, feed.closed) == ((), pytest.approx(5.0))


def test_a_feed_that_fails_while_it_is_closed_does_not_hide_the_ids(play, requests, say):
    these = requests(say.process)
    boom = Boom()

    async def story():
        operation = these.attach(str(uuid4()))

        async def feed():
            try:
                yield operation
                await asyncio.get_running_loop().create_future()
            finally:
                raise boom

        with pytest.raises(StillProcessing) as caught:
            await all_of(these, feed(), timeout=5.0)
        return operation, caught.value

    operation, error = play(story())

    assert (error.request_ids, error.__cause__) == ((operation.request_id,), boom)


def test_a_feed_that_drops_its_cancellation_is_left_all_the_same(play, requests, say):
    these = requests(say.process)
    taken = []

    async def feed():
        while True:
            # As a wait for a queue in Python 3.11, whose item comes in the moment it is cancelled.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(30.0)
            taken.append(these.attach(str(uuid4())))
            yield taken[-1]

    async def story():
        with pytest.raises(StillProcessing) as caught:
            await all_of(these, feed(), timeout=5.0)
        return caught.value, asyncio.get_running_loop().time()

    error, at = play(story())

    assert (error.request_ids, at) == (tuple(each.request_id for each in taken), pytest.approx(5.0))
    assert len(taken) == 1


@pytest.mark.parametrize("of", ["a list", "a feed"])
def test_an_operation_of_another_client_is_refused(play, requests, say, of):
    others, _ = requests(say.unknown), requests.wire
    these = requests(say.unknown)

    async def story():
        operation = others.attach(str(uuid4()), call="cards.issue")
        given = [operation] if of == "a list" else Feed([operation])
        with pytest.raises(ConfigurationError, match="one of them is another client's") as caught:
            await all_of(these, given)
        return operation, caught.value

    operation, error = play(story())

    assert (error.request_id, error.call) == (operation.request_id, "cards.issue")
    assert requests.wire.sent == []
