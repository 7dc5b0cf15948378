"""Deadlines, pauses, what the issuer asks to wait, and budgets, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from freedompay_async import (
    ConfigurationError,
    NotSent,
    OutcomeUnknown,
    Policy,
    ProtocolError,
    RateLimited,
    RequestFailed,
)
from freedompay_async.calls.retry_budget import RetryBudget
from freedompay_async.contract.models import BulkIssue, PinSetting, StatusQuery
from freedompay_async.contract.table import CARDS_BULK_ISSUE, CARDS_SET_PIN, REQUESTS_STATUS
from freedompay_async.traffic.lane import Lane
from freedompay_async.traffic.rate_limit import RateLimit

BULK = "card/bulk_issue"
STATUS = "request/status"


def order():
    return BulkIssue(product_id=2000, count=1)


def ask():
    return StatusQuery(request_id="0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")


@pytest.fixture
def ended(play):
    """The error that a call ends in, and when."""

    def run(call):
        async def story():
            with pytest.raises(Exception) as caught:
                await call()
            return caught.value, asyncio.get_running_loop().time()

        return play(story())

    return run


# -- one deadline for everything


def test_deadline_ends_a_wait_for_a_connection_as_not_sent(ended, memory, say, over):
    session = over(memory(card__bulk_issue=[say.no_place]), timeout=9.0)

    error, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is NotSent
    assert at == pytest.approx(9.0)
    assert error.request_id


def test_wait_for_a_connection_may_take_longer_than_an_attempt(play, memory, say, over):
    session = over(
        memory(card__bulk_issue=[say.after(50.0, say.process, connected=False)]),
        timeout=60.0,
        attempt_timeout=1.0,
    )

    state = play(session.submit(CARDS_BULK_ISSUE, order()))

    assert state.request_status == "process"


def test_attempt_is_given_up_after_its_own_time(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.silent], request__status=[say.success])

    play(over(wire, attempt_timeout=3.0).submit(CARDS_BULK_ISSUE, order()))

    assert wire.of(BULK)[0].at == 0
    assert 3.0 <= wire.of(STATUS)[0].at < 3.3


def test_clock_of_an_attempt_starts_when_a_connection_is_in_hand(play, memory, say, over):
    async def waits_for_a_place_and_then_for_an_answer(attempt, sent):
        await asyncio.sleep(20)
        attempt.connected()
        await asyncio.sleep(2.9)
        return await say.process(attempt, sent)

    session = over(
        memory(card__bulk_issue=[waits_for_a_place_and_then_for_an_answer]), attempt_timeout=3.0
    )

    assert play(session.submit(CARDS_BULK_ISSUE, order())).request_status == "process"


def test_deadline_ends_an_attempt_that_has_time_left(ended, memory, say, over):
    session = over(memory(card__bulk_issue=[say.silent]), attempt_timeout=100.0, timeout=4.0)

    error, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is OutcomeUnknown
    assert at == pytest.approx(4.0)


def test_deadline_ends_the_settling(ended, memory, say, over):
    session = over(
        memory(card__bulk_issue=[say.lost], request__status=[say.silent]),
        attempt_timeout=1.0,
        timeout=7.0,
    )

    error, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is OutcomeUnknown
    assert at <= 7.0 + 1e-6


def test_deadline_ends_the_pauses(ended, memory, say, over):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.broken])
    session = over(wire, timeout=30.0)

    error, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is OutcomeUnknown
    assert at <= 30.0 + 1e-6


def test_timeout_of_a_call_wins_over_that_of_the_client(ended, memory, say, over):
    session = over(memory(card__bulk_issue=[say.no_place]), timeout=60.0)

    _, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order(), {"timeout": 2.0}))

    assert at == pytest.approx(2.0)


def test_deadline_ends_a_read_that_got_no_answer_as_unknown(ended, memory, say, over):
    session = over(memory(request__status=[say.silent]), timeout=2.0)

    error, at = ended(lambda: session.read(REQUESTS_STATUS, ask()))

    assert type(error) is OutcomeUnknown
    assert at == pytest.approx(2.0)


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_timeout_that_is_no_time_is_refused_before_a_byte(ended, memory, say, over, timeout):
    wire = memory(card__bulk_issue=[say.process])
    session = over(wire)

    error, _ = ended(
        lambda: session.submit(
            CARDS_BULK_ISSUE, order(), {"request_id": "mine", "timeout": timeout}
        )
    )

    assert type(error) is ConfigurationError
    assert error.request_id == "mine"
    assert error.call == "cards.bulk_issue"
    assert wire.sent == []


def test_attempt_at_the_very_deadline_is_not_made(ended, memory, say, over):
    wire = memory(card__bulk_issue=[say.after(4.0, say.limited)])
    session = over(wire, timeout=10.0)

    error, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is RateLimited
    assert len(wire.sent) == 1
    assert at == pytest.approx(4.0)


# -- Retry-After


def test_429_is_repeated_after_the_time_that_it_asks_for(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.limited, say.process])

    play(over(wire, pause=0.2).submit(CARDS_BULK_ISSUE, order()))

    assert 7.0 <= wire.sent[1].at <= 7.2


def test_503_is_asked_about_after_the_time_that_it_asks_for(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.unavailable], request__status=[say.success])

    play(over(wire, pause=0.2).submit(CARDS_BULK_ISSUE, order()))

    assert 7.0 <= wire.sent[1].at <= 7.2


def test_429_of_a_question_is_obeyed(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.limited, say.success])

    play(over(wire).submit(CARDS_BULK_ISSUE, order()))

    first, second = wire.of(STATUS)
    assert second.at - first.at >= 7.0


def test_429_of_a_read_is_obeyed(play, memory, say, over):
    wire = memory(request__status=[say.limited, say.success])

    play(over(wire).read(REQUESTS_STATUS, ask()))

    assert wire.sent[1].at >= 7.0


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, OutcomeUnknown)])
def test_answer_that_asks_for_more_than_the_deadline_leaves_ends_at_once_and_says_how_long(
    ended, memory, say, over, status, kind
):
    session = over(memory(card__bulk_issue=[say.error(status, Retry_After="3600")]), timeout=60.0)

    error, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is kind
    assert error.retry_after == 3600.0
    assert at == 0


HELD = "The issuer asked to wait 3600 s, and there was no time left for that."


def retries(kind, session):
    """A call that may be retried so, and its path."""
    pin = PinSetting(card_id="c-1")
    return {
        "read": lambda: session.read(REQUESTS_STATUS, ask()),
        "askable": lambda: session.submit(CARDS_BULK_ISSUE, order()),
        "unaskable": lambda: session.change(CARDS_SET_PIN, pin),
        "repeatable": lambda: session.repeat(CARDS_SET_PIN, pin),
    }[kind]


@pytest.mark.parametrize("scheme", ["KZ", "KG"])
@pytest.mark.parametrize("asked", ["3600", "Mon, 07 Nov 1994 08:49:37 GMT"])
@pytest.mark.parametrize("kind", ["read", "askable", "unaskable", "repeatable"])
@pytest.mark.parametrize("http", [429, 503])
def test_wait_that_is_too_long_ends_any_call_at_once_and_is_told(
    ended, memory, say, over, monkeypatch, http, kind, asked, scheme
):
    monkeypatch.setattr("time.time", lambda: 784111777.0 + 24 * 3600 - 3600)
    steps = [say.error(http, Retry_After=asked)]
    wire = memory(card__bulk_issue=steps, card__set_pin=steps, request__status=steps)
    error, at = ended(retries(kind, over(wire, scheme=scheme, timeout=60.0)))
    # Under JWS nothing tells a repeat from a second call, so a PIN that the issuer makes is not
    # sent again, however short the wait.
    final = kind == "unaskable" and scheme == "KZ"

    assert type(error) is (
        RateLimited if http == 429 else ProtocolError if kind == "read" else OutcomeUnknown
    )
    assert (at, len(wire.sent)) == (0, 1)
    assert error.done is (False if kind == "read" else None)
    assert (error.retry_after, error.wait_too_long) == (3600.0, not final)
    assert ("The issuer asked to wait 3600 s." if final else HELD) in str(error)


@pytest.mark.parametrize("http", [429, 503])
def test_question_that_is_to_wait_too_long_leaves_a_lost_effect_unknown_and_says_how_long(
    ended, memory, say, over, http
):
    wire = memory(
        card__bulk_issue=[say.lost], request__status=[say.error(http, Retry_After="3600")]
    )
    error, at = ended(lambda: over(wire, timeout=60.0).submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is OutcomeUnknown
    assert (error.retry_after, error.wait_too_long) == (3600.0, True)
    assert HELD in str(error)
    assert at < 1


def test_refusal_whose_question_is_to_wait_too_long_is_unknown(ended, memory, say, over):
    wire = memory(
        card__bulk_issue=[say.refused], request__status=[say.error(429, Retry_After="3600")]
    )
    error, at = ended(lambda: over(wire, timeout=60.0).submit(CARDS_BULK_ISSUE, order()))

    assert (type(error), error.refused, error.wait_too_long, at) == (OutcomeUnknown, True, True, 0)
    assert HELD in str(error)


def test_wait_of_an_earlier_answer_is_not_told_of_a_later_one(ended, memory, say, over):
    wire = memory(card__bulk_issue=[say.unavailable], request__status=[say.lost])
    error, _ = ended(lambda: over(wire, timeout=20.0).submit(CARDS_BULK_ISSUE, order()))

    assert (type(error), error.wait_too_long) == (OutcomeUnknown, False)
    assert "asked to wait" not in str(error)


def test_attempts_that_are_used_up_are_no_wait_that_is_too_long(ended, memory, say, over):
    error, _ = ended(
        lambda: over(memory(card__bulk_issue=[say.limited])).submit(CARDS_BULK_ISSUE, order())
    )

    assert (type(error), error.wait_too_long) == (RateLimited, False)
    assert "The issuer asked to wait 7 s." in str(error)


def test_refused_question_says_nothing_of_a_wait(ended, memory, say, over):
    error, _ = ended(
        lambda: over(memory(request__status=[say.error(200, Retry_After="7")])).read(
            REQUESTS_STATUS, ask()
        )
    )

    assert type(error) is RequestFailed
    assert "asked to wait" not in str(error)


def test_date_in_retry_after_is_obeyed(play, memory, say, over, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 784111777.0 - 9.0)
    wire = memory(
        card__bulk_issue=[say.error(429, Retry_After="Sun, 06 Nov 1994 08:49:37 GMT"), say.process]
    )

    play(over(wire).submit(CARDS_BULK_ISSUE, order()))

    assert 9.0 <= wire.sent[1].at <= 9.2


# -- the budget of repeats


def test_outage_is_not_multiplied(play, memory, say, over, monkeypatch):
    # The budget of repeats alone: what a 429 teaches comes on top of it.
    monkeypatch.setattr(RateLimit, "limited", lambda *_: None)
    wire = memory(card__bulk_issue=[say.error(429)])
    session = over(wire, timeout=300.0, retries_per_second=10.0, retry_ratio=0.1, pause=0.001)

    async def story():
        calls = (session.submit(CARDS_BULK_ISSUE, order()) for _ in range(500))
        return await asyncio.gather(*calls, return_exceptions=True)

    errors = play(story())

    seconds = Counter(int(each.at) for each in wire.sent)
    assert {type(error) for error in errors} == {RateLimited}
    assert len(wire.sent) == 2000
    # The first attempts; what was saved up, a tenth for each of them, and ten a second.
    assert seconds[0] <= 500 + 50 + 50 + 10
    assert max(count for second, count in seconds.items() if second) <= 12


def nothing_left():
    """A policy, and its budget of repeats that is spent for more than a minute."""
    policy = Policy(retries_per_second=1.0, retry_ratio=0.001)
    budget = RetryBudget(policy)
    for _ in range(100):
        budget.repeat(0.0)
    return {"policy": policy, "budget": budget}


def test_repeat_whose_turn_comes_after_the_deadline_is_not_made(ended, memory, say, over):
    wire = memory(card__bulk_issue=[say.not_sent])
    session = over(wire, timeout=30.0, **nothing_left())

    error, at = ended(lambda: session.submit(CARDS_BULK_ISSUE, order()))

    assert type(error) is NotSent
    assert len(wire.sent) == 1
    assert at == 0


def test_session_in_a_lane_spends_the_same_budget(ended, memory, say, over):
    wire = memory(card__bulk_issue=[say.not_sent])

    async def call():
        session = over(wire, timeout=30.0, **nothing_left()).in_lane(Lane(concurrency=1))
        await session.submit(CARDS_BULK_ISSUE, order())

    error, _ = ended(call)

    assert type(error) is NotSent
    assert len(wire.sent) == 1


# -- lanes


def test_lane_bounds_the_calls_on_the_way(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.after(1.0, say.process)])

    async def story():
        session = over(wire).in_lane(Lane(concurrency=3))
        await asyncio.gather(*(session.submit(CARDS_BULK_ISSUE, order()) for _ in range(12)))

    play(story())

    assert wire.busiest == 3
    assert wire.sent[-1].at == pytest.approx(3.0)


def test_lane_bounds_the_calls_of_a_second(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.process])

    async def story():
        session = over(wire).in_lane(Lane(concurrency=100, rate=4.0))
        await asyncio.gather(*(session.submit(CARDS_BULK_ISSUE, order()) for _ in range(9)))

    play(story())

    assert [each.at for each in wire.sent] == pytest.approx([n / 4 for n in range(9)])


def test_question_takes_its_turn_in_the_lane(play, memory, say, over):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.success])

    async def story():
        await (
            over(wire, pause=0.001)
            .in_lane(Lane(concurrency=1, rate=0.5))
            .submit(CARDS_BULK_ISSUE, order())
        )

    play(story())

    assert wire.sent[1].at - wire.sent[0].at >= 2.0


def test_deadline_covers_the_wait_for_the_lane(ended, memory, say, over):
    wire = memory(card__bulk_issue=[say.process])
    lane = Lane(concurrency=1)

    async def call():
        await lane.acquire()
        await over(wire, timeout=5.0).in_lane(lane).submit(CARDS_BULK_ISSUE, order())

    error, at = ended(call)

    assert type(error) is NotSent
    assert at == pytest.approx(5.0)
    assert wire.sent == []


def test_deadline_of_a_call_in_a_lane_that_was_sent_is_unknown(ended, memory, say, over):
    async def call():
        await (
            over(memory(card__bulk_issue=[say.silent]), timeout=5.0)
            .in_lane(Lane(concurrency=1))
            .submit(CARDS_BULK_ISSUE, order())
        )

    error, at = ended(call)

    assert type(error) is OutcomeUnknown
    assert at == pytest.approx(5.0)


def test_lane_is_free_again_after_a_call_that_failed(play, memory, say, over):
    wire = memory(
        card__bulk_issue=[say.lost, say.not_sent, say.process], request__status=[say.success]
    )

    async def story():
        session = over(wire).in_lane(Lane(concurrency=1))
        await session.submit(CARDS_BULK_ISSUE, order())
        return await session.submit(CARDS_BULK_ISSUE, order())

    assert play(story()).request_status == "process"


def test_call_that_was_cancelled_while_it_waited_for_its_turn_frees_its_place(play):
    async def story():
        lane = Lane(concurrency=1, rate=0.001)
        async with lane:
            pass
        waiting = asyncio.create_task(lane.acquire())
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.wait([waiting])
        await asyncio.wait_for(lane.acquire(), 10_000)
        lane.release()
        return waiting.cancelled()

    assert play(story())


def test_lane_of_a_session_may_have_a_timeout_of_its_own(ended, memory, say, over):
    async def call():
        session = over(memory(card__bulk_issue=[say.no_place]), timeout=60.0).in_lane(
            Lane(concurrency=1), timeout=3.0
        )
        await session.submit(CARDS_BULK_ISSUE, order())

    _, at = ended(call)

    assert at == pytest.approx(3.0)
