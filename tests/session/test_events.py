"""What a listener is told of calls."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest

from freedompay_async import (
    Busy,
    ConfigurationError,
    FreedomPay,
    FreedomPayError,
    MockTransport,
    OutcomeUnknown,
    Policy,
    RateLimited,
    WaitReason,
)
from freedompay_async.events import (
    AttemptBegan,
    AttemptEnded,
    CallEnded,
    LimitKind,
    LimitLearnt,
    RateSource,
    RequestEnded,
    Waiting,
)
from freedompay_async.hashdt import HashDT
from freedompay_async.sandbox import Sandbox
from freedompay_async.settings.settings import Settings

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@pytest.fixture
def heard(play, memory, client_of):
    """The events of a story with a client over a wire of these scripts, with the errors that came;
    the wire is `heard.wire`.
    """

    def run(*stories, options=None, **scripts):
        told = []
        run.wire = memory(**scripts)

        async def all_of_them():
            fp = client_of(run.wire, events=told.append, **options or {})
            return await asyncio.gather(*(story(fp) for story in stories), return_exceptions=True)

        run.ends = play(all_of_them())
        return told

    return run


def attempts(events):
    """Of each attempt: number, look-up or not, how it ended."""
    began = [each for each in events if isinstance(each, AttemptBegan)]
    ended = [each for each in events if isinstance(each, AttemptEnded)]
    same = [(each.call, each.request_id, each.attempt, each.look_up, each.queued) for each in began]

    # Each one that has begun ends, and in a single call they follow one another.
    assert same == [
        (each.call, each.request_id, each.attempt, each.look_up, each.queued) for each in ended
    ]
    return [(each.attempt, each.look_up, each.outcome, each.http_status) for each in ended]


def end(events):
    """The end of the one call, which is the last that is told of it."""
    of_call = [each for each in events if not isinstance(each, RequestEnded)]
    (last,) = [each for each in of_call if isinstance(each, CallEnded)]
    assert of_call[-1] is last
    return last


def balance(fp):
    return fp.cards.balance("c-1")


def block(fp, **options):
    return fp.cards.block("c-1", description="lost", **options)


def test_a_read_without_trouble(heard, say):
    events = heard(balance, card__balance=[say.after(2.0, say.ok(balance=1))])
    request_id = heard.wire.sent[0].fields.get("request_id") or events[0].request_id
    of_call = {"call": "cards.balance", "request_id": request_id, "number": 1, "lane": "client"}
    of_attempt = {**of_call, "attempt": 1, "look_up": False, "queued": 0.0}

    assert events == [
        AttemptBegan(**of_attempt),
        AttemptEnded(**of_attempt, outcome="ok", http_status=200, sent=True, in_flight=2.0),
        CallEnded(
            **of_call,
            outcome="answered",
            http_status=200,
            attempts=1,
            look_ups=0,
            queued=0.0,
            in_flight=2.0,
            seconds=2.0,
        ),
    ]


def test_each_attempt_of_a_read_has_its_own_id_and_the_number_of_the_call(heard, say):
    steps = [say.lost, say.not_sent, say.after(1.0, say.ok(balance=1))]
    events = heard(balance, card__balance=steps)
    ended = end(events)

    assert attempts(events) == [
        (1, False, "no answer", None),
        (2, False, "not sent", None),
        (3, False, "ok", 200),
    ]
    assert [each.sent for each in events if isinstance(each, AttemptEnded)] == [True, False, True]
    assert len({each.request_id for each in events}) == 3
    assert {each.number for each in events} == {1}
    assert (ended.outcome, ended.attempts, ended.look_ups) == ("answered", 3, 0)
    assert ended.request_id == events[-2].request_id
    # The pauses between the attempts are part of the call, and nothing was in flight meanwhile.
    assert ended.in_flight == pytest.approx(1.0)
    assert ended.seconds > 1.0


def test_a_lost_answer_that_a_look_up_settles(heard, say):
    events = heard(block, card__block=[say.lost], request__status=[say.after(0.5, say.success)])
    ended = end(events)

    assert attempts(events) == [(1, False, "no answer", None), (1, True, "known", 200)]
    assert {each.call for each in events} == {"cards.block"}
    assert {each.request_id for each in events} == {heard.wire.sent[0].fields["request_id"]}
    assert (ended.outcome, ended.http_status) == ("answered", 200)
    assert (ended.attempts, ended.look_ups) == (1, 1)
    assert ended.in_flight == pytest.approx(0.5)


def test_a_call_that_is_sent_a_second_time(heard, say):
    events = heard(block, card__block=[say.lost, say.success], request__status=[say.unknown])
    told = attempts(events)
    ended = end(events)

    assert told[0] == (1, False, "no answer", None)
    assert told[-1] == (2, False, "ok", 200)
    assert {each[1:] for each in told[1:-1]} == {(True, "not known", 200)}
    assert [each[0] for each in told[1:-1]] == [*range(1, len(told) - 1)]
    assert (ended.attempts, ended.look_ups) == (2, len(told) - 2)


@pytest.mark.parametrize(
    ("step", "look_up", "outcome", "status"),
    [
        ("refused", "unknown", "refused", 200),
        ("failed", "failed", "failed", 200),
        ("denied", "denied", "denied", 401),
        ("hopeless", "unknown", "not sent", None),
        ("lost", "broken", "unknown", None),
        ("page", "denied", "unknown", 200),
    ],
)
def test_how_a_call_ended(heard, say, step, look_up, outcome, status):
    events = heard(
        block,
        card__block=[getattr(say, step)],
        request__status=[getattr(say, look_up)],
    )
    ended = end(events)

    assert attempts(events)
    assert isinstance(heard.ends[0], Exception)
    assert (ended.outcome, ended.http_status) == (outcome, status)
    assert ended.request_id == heard.ends[0].request_id


def test_a_429_that_is_waited_out(heard, say):
    events = heard(block, card__block=[say.limited, say.success])
    ended = end(events)

    assert attempts(events) == [(1, False, "limited", 429), (2, False, "ok", 200)]
    assert (ended.outcome, ended.attempts) == ("answered", 2)
    assert ended.seconds >= 7.0
    assert ended.in_flight == 0.0


def test_a_429_that_is_not_waited_out(heard, say):
    events = heard(lambda fp: block(fp, queue=False), card__block=[say.limited])

    assert attempts(events) == [(1, False, "limited", 429)]
    assert (end(events).outcome, end(events).http_status) == ("limited", 429)


def test_seconds_in_the_queue(heard, say):
    events = heard(
        balance,
        balance,
        options={"max_connections": 1},
        card__balance=[say.after(3.0, say.ok(balance=1))],
    )
    ends = [each for each in events if isinstance(each, CallEnded)]
    began = [each for each in events if isinstance(each, AttemptBegan)]

    assert [each.queued for each in began] == [0.0, 3.0]
    assert [(each.queued, each.in_flight, each.seconds) for each in ends] == [
        (0.0, 3.0, 3.0),
        (3.0, 3.0, 6.0),
    ]
    assert [each.number for each in ends] == [1, 2]


def test_why_a_call_waits_for_a_slot(heard, say):
    events = heard(
        balance,
        balance,
        options={"max_connections": 1},
        card__balance=[say.after(3.0, say.ok(balance=1))],
    )
    second = [each for each in events if each.number == 2]
    of_call = {"call": "cards.balance", "request_id": second[0].request_id, "number": 2}

    assert second[0] == Waiting(
        **of_call, lane="client", attempt=1, look_up=False, reason=WaitReason.PLACE
    )
    assert [type(each) for each in second[1:]] == [AttemptBegan, AttemptEnded, CallEnded]


def reasons(events):
    return [
        (each.attempt, each.look_up, each.reason) for each in events if isinstance(each, Waiting)
    ]


def test_why_a_call_waits_for_its_turn(heard, say):
    events = heard(*[balance] * 30, options={"rate": 1.0}, card__balance=[say.ok(balance=1)])

    assert set(reasons(events)) == {(1, False, WaitReason.RATE)}


def test_a_call_waits_for_a_limit_that_was_learnt(heard, say):
    async def story(fp):
        await fp.cards.balance("c-1")
        with suppress(RateLimited):
            await block(fp, queue=False)
        await asyncio.gather(*(fp.cards.balance("c-1") for _ in range(30)))

    events = heard(story, card__balance=[say.ok(balance=1)], card__block=[say.http(429, {})])
    (learnt,) = [each for each in events if isinstance(each, LimitLearnt)]

    assert learnt.limit is LimitKind.RATE
    assert set(reasons(events)) == {(1, False, WaitReason.LEARNT_LIMIT)}


def test_a_look_up_waits_too(heard, say):
    events = heard(
        block,
        balance,
        options={"max_connections": 1},
        card__block=[say.after(0.5, say.lost)],
        request__status=[say.success],
        card__balance=[say.after(9.0, say.ok(balance=1))],
    )

    assert sorted(reasons(events)) == [
        (1, False, WaitReason.PLACE),
        (1, True, WaitReason.PLACE),
    ]


def test_what_a_client_says_of_itself(play, memory, client_of, say):
    seen = []

    async def story():
        wire = memory(card__balance=[say.after(3.0, say.ok(balance=1))])
        fp = client_of(wire, max_connections=2)
        fp.on_event(lambda event: seen.append((type(event), fp.stats())))
        await asyncio.gather(*(fp.cards.balance("c-1") for _ in range(4)))
        return fp.stats()

    rest = play(story())
    in_use = [
        (kind, stats.in_flight, stats.waiting_interactive, stats.waiting_background)
        for kind, stats in seen[:6]
    ]

    # Each is told before it waits itself.
    assert in_use[:4] == [
        (AttemptBegan, 1, 0, 0),
        (AttemptBegan, 2, 0, 0),
        (Waiting, 2, 0, 0),
        (Waiting, 2, 1, 0),
    ]
    assert seen[4][1].waiting_interactive in (1, 2)
    assert (rest.places, rest.max_places) == (2, 2)
    assert (rest.in_flight, rest.waiting_interactive, rest.waiting_background) == (0, 0, 0)
    assert (rest.rate, rest.rate_source, rest.idle) == (None, RateSource.NONE, None)


def test_a_client_shows_its_rate(client_of, memory):
    fp = client_of(memory(), rate=12.5)

    assert (fp.stats().rate, fp.stats().rate_source) == (12.5, RateSource.YOURS)
    assert "calls: 0 active, 0 queued, 12.5 a second (yours), " in repr(fp)


def test_a_client_shows_fewer_slots_that_it_has_learnt(play, memory, client_of, say):
    async def story():
        wire = memory(card__balance=[say.http(503, {})])
        fp = client_of(wire, max_connections=10, policy=Policy(attempts=1))
        for _ in range(2):
            for _ in range(3):
                with suppress(FreedomPayError):
                    await fp.cards.balance("c-1")
            await asyncio.sleep(1.1)
        return fp.stats(), repr(fp)

    stats, shown = play(story())

    assert stats.places < 10 == stats.max_places
    assert f"{stats.places} of 10 slots" in shown


def test_a_call_that_is_busy(heard, say):
    events = heard(
        balance,
        lambda fp: block(fp, queue=False, request_id=OWN),
        options={"max_connections": 1},
        card__balance=[say.after(3.0, say.ok(balance=1))],
    )
    (busy,) = [each for each in events if each.call == "cards.block"]

    assert isinstance(heard.ends[1], Busy)
    assert (busy.outcome, busy.attempts, busy.http_status) == ("busy", 0, None)
    assert (busy.request_id, busy.in_flight) == (OWN, 0.0)


def test_a_call_of_which_a_record_is_kept_is_busy_before_it_is_written_down(heard, say, tmp_path):
    record = tmp_path / "record.jsonl"
    events = heard(
        balance,
        lambda fp: fp.gift_cards.resend(5, queue=False),
        options={"max_connections": 1, "record": record},
        card__balance=[say.after(3.0, say.ok(balance=1))],
    )
    (busy,) = [each for each in events if each.call == "gift_cards.resend"]

    assert isinstance(heard.ends[1], Busy)
    assert (busy.outcome, busy.attempts, busy.request_id) == (
        "busy",
        0,
        heard.ends[1].request_id,
    )
    assert not record.exists() or not record.read_text()


async def _cancelled(fp):
    task = asyncio.create_task(block(fp))
    await asyncio.sleep(1.5)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


def test_a_call_that_is_cancelled_on_the_way(heard, say):
    events = heard(_cancelled, card__block=[say.silent])
    ended = end(events)

    assert attempts(events) == [(1, False, "cancelled", None)]
    assert (ended.outcome, ended.in_flight, ended.seconds) == ("cancelled", 1.5, 1.5)
    assert ended.request_id == heard.wire.sent[0].fields["request_id"]


def test_a_call_that_is_cancelled_in_a_look_up(heard, say):
    events = heard(_cancelled, card__block=[say.lost], request__status=[say.silent])

    assert attempts(events) == [(1, False, "no answer", None), (1, True, "cancelled", None)]
    assert (end(events).outcome, end(events).look_ups) == ("cancelled", 1)


def test_a_call_that_is_cancelled_in_the_queue(heard, say):
    events = heard(
        balance,
        _cancelled,
        options={"max_connections": 1},
        card__balance=[say.after(3.0, say.ok(balance=1))],
    )
    (cancelled,) = [
        each for each in events if each.call == "cards.block" and isinstance(each, CallEnded)
    ]

    assert (cancelled.outcome, cancelled.attempts) == ("cancelled", 0)
    assert (cancelled.queued, cancelled.in_flight) == (1.5, 0.0)
    assert "card/block" not in heard.wire.calls


async def _breaks(attempt, sent):
    attempt.connected()
    raise ZeroDivisionError


def test_a_transport_that_fails_after_the_send(heard, say):
    events = heard(block, card__block=[_breaks])

    assert isinstance(heard.ends[0], OutcomeUnknown)
    assert attempts(events) == [(1, False, "raised", None)]
    assert (end(events).outcome, end(events).attempts) == ("unknown", 1)


def test_a_transport_that_fails_in_a_read(heard, say):
    events = heard(balance, card__balance=[_breaks])

    assert isinstance(heard.ends[0], ZeroDivisionError)
    assert attempts(events) == [(1, False, "raised", None)]
    assert end(events).outcome == "raised"


def test_nothing_is_told_of_a_call_that_began_before_anybody_listened(play, memory, client_of, say):
    told = []

    async def story():
        wire = memory(card__balance=[say.lost, say.after(2.0, say.ok(balance=1)), say.ok()])
        fp = client_of(wire)
        task = asyncio.create_task(fp.cards.balance("c-1"))
        while len(wire.sent) < 2:
            await asyncio.sleep(0.01)
        off = fp.on_event(told.append)
        await task
        assert told == []
        await fp.cards.balance("c-1")
        off()
        await fp.cards.balance("c-1")

    play(story())

    assert [type(each) for each in told] == [AttemptBegan, AttemptEnded, CallEnded]


def test_one_that_goes_in_the_middle_of_a_call_is_told_nothing_more(play, memory, client_of, say):
    told = []

    async def story():
        wire = memory(card__balance=[say.after(2.0, say.ok(balance=1))])
        fp = client_of(wire)
        off = fp.on_event(told.append)
        task = asyncio.create_task(fp.cards.balance("c-1"))
        while not wire.sent:
            await asyncio.sleep(0.01)
        off()
        await task

    play(story())

    assert [type(each) for each in told] == [AttemptBegan]


def test_nothing_is_made_where_nobody_listens(play, memory, client_of, say, monkeypatch):
    """No event, and no number for a call."""

    def made(*_, **__):
        raise AssertionError

    monkeypatch.setattr("freedompay_async.calls.attempts.CallEvents", made)
    monkeypatch.setattr("freedompay_async.events.hub.Hub.next_call", made)
    monkeypatch.setattr("freedompay_async.events.hub.Hub.emit", made)

    async def story():
        fp = client_of(memory(card__block=[say.lost], request__status=[say.success]))
        return await block(fp)

    assert play(story()).answer.succeeded


def test_a_listener_that_fails_changes_no_call(play, memory, client_of, say, caplog):
    caplog.set_level(logging.ERROR, "freedompay_async")
    told = []

    def broken(event):
        raise asyncio.CancelledError("of its own")

    async def story():
        fp = client_of(memory(card__block=[say.lost], request__status=[say.success]), events=broken)
        fp.on_event(told.append)
        return await block(fp)

    assert play(story()).answer.succeeded
    assert [type(each) for each in told] == [
        *(AttemptBegan, AttemptEnded) * 2,
        CallEnded,
        RequestEnded,
    ]
    assert len(caplog.records) == 1


def test_a_listener_may_look_at_the_client(play, memory, client_of, say):
    seen = []

    async def story():
        fp = client_of(memory(card__balance=[say.ok(balance=1)]))
        fp.on_event(lambda event: seen.append(repr(fp)))
        await fp.cards.balance("c-1")

    play(story())

    assert ["calls: 1 active" in each for each in seen] == [True, False, False]


def test_a_call_of_ones_own_has_its_path_for_a_name(heard, say):
    events = heard(lambda fp: fp.call("/v5/card-api/own/call", {}, dict), own__call=[say.ok()])

    assert end(events).call == "/v5/card-api/own/call"


def test_what_can_not_be_sent_is_no_call(heard, say):
    events = heard(lambda fp: block(fp, request_id="no id"))

    assert isinstance(heard.ends[0], ConfigurationError)
    assert events == []


SETTINGS = {"auth_id": "1", "secret_key": "k", "base_url": "https://api.example.com"}
CLIENTS = {
    "FreedomPay": lambda **options: FreedomPay(**SETTINGS, region="KZ", **options),
    "from_env": FreedomPay.from_env,
    "from_settings": lambda **options: FreedomPay.from_settings(Settings.from_env(), **options),
    "HashDT": lambda **options: HashDT(
        base_url="https://api.example.com", api_key="a", product_id="p", token="t", **options
    ),
}


@pytest.mark.parametrize("make", CLIENTS)
async def test_each_client_takes_a_listener(monkeypatch, make):
    for name, value in {**SETTINGS, "region": "KZ"}.items():
        monkeypatch.setenv(f"FREEDOMPAY_{name.upper()}", value)
    told = []
    transport = MockTransport(lambda request: {"status": "ok"})
    client = CLIENTS[make](events=told.append, transport=transport)
    with suppress(FreedomPayError):
        if isinstance(client, HashDT):
            await client.pins.set_url(cardholder_id="h", wallet_id="w", card_id="c")
        else:
            await client.cards.balance("c-1")

    assert [type(each) for each in told] == [AttemptBegan, AttemptEnded, CallEnded]


async def _async_listener(event):
    raise AssertionError


@pytest.mark.parametrize("listener", [_async_listener, "print"])
def test_a_client_is_not_made_with_what_is_no_listener(listener):
    with pytest.raises(ConfigurationError, match="events"):
        FreedomPay(auth_id="1", secret_key="k", region="KZ", test=True, events=listener)
    fp = FreedomPay(auth_id="1", secret_key="k", region="KZ", test=True)
    with pytest.raises(ConfigurationError, match="listener"):
        fp.on_event(listener)


async def test_over_a_real_connection(connect):
    told = []
    async with Sandbox() as issuer:
        fp = connect(issuer, events=told.append)
        operation = await fp.cards.bulk_issue(product_id=2000, count=1)
        await operation.result()

    calls = [each for each in told if isinstance(each, CallEnded)]
    assert calls[0].call == "cards.bulk_issue"
    assert {each.call for each in calls[1:]} == {"requests.status"}
    assert {each.request_id for each in calls} == {operation.request_id}
    assert all(each.in_flight > 0 for each in calls)
