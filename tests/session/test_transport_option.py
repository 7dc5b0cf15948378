"""`transport=`: who may use a transport, whatever it is."""

from __future__ import annotations

import asyncio
import gc
import os

import pytest

from freedompay_async import ConfigurationError, FreedomPay, NotSent, OutcomeUnknown, Policy
from freedompay_async.codec.messages import Message, Reply
from freedompay_async.hashdt import HashDT
from freedompay_async.settings.settings import Settings
from freedompay_async.transport.base import Attempt, Destination, Transport
from freedompay_async.transport.checked import send_checked
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.owner import OwnedTransport

ANSWER = b'{"status":"ok","balance":"5","currency":"KZT","dt":"2026-05-14T16:00:00+06:00"}'


class Double(Transport):
    """Answers every call, and keeps what the client does with it."""

    def __init__(self) -> None:
        self.done = []
        self.destination = None
        self.wait = None

    def bind(self, destination):
        self.destination = destination

    async def open(self):
        self.done.append("open")

    async def send(self, message, attempt):
        attempt.connected()
        self.done.append(message.path)
        if self.wait is not None:
            await self.wait.wait()
        return Reply(200, {}, ANSWER)

    async def warm_up(self, count, attempt):
        self.done.append(f"warm up {count}")

    async def close(self):
        self.done.append("close")

    def disown(self):
        self.done.append("disown")


class Structural:
    """Has the methods, and another base."""

    bind, open, send = Double.bind, Double.open, Double.send
    warm_up, close, disown = Double.warm_up, Double.close, Double.disown
    __init__ = Double.__init__


class Slotted:
    __slots__ = ("destination", "done", "wait")
    bind, open, send = Double.bind, Double.open, Double.send
    warm_up, close, disown = Double.warm_up, Double.close, Double.disown
    __init__ = Double.__init__


def pay(transport, **options):
    return FreedomPay(
        auth_id="1",
        secret_key="hunter2",
        region="KZ",
        base_url="https://api.example.com",
        transport=transport,
        **options,
    )


def pins(transport, **options):
    return HashDT(
        base_url="https://pins.example.com",
        api_key="hunter2",
        product_id="p",
        token="hunter2",
        transport=transport,
        **options,
    )


@pytest.mark.parametrize("kind", [Double, Structural])
async def test_a_client_uses_the_transport_that_it_is_given(kind):
    transport = kind()
    async with pay(transport) as fp:
        await fp.warm_up(3)
        await fp.cards.balance("card-1")

    assert transport.done == ["open", "warm up 3", "/v5/card-api/card/balance", "close"]


def test_it_is_told_the_host_and_the_limits(tmp_path):
    transport = Double()
    pay(transport, max_answer=5_000, proxy="http://somebody:hunter2@proxy.example.com:3128")
    destination = transport.destination

    assert (destination.base_url, destination.max_answer, destination.connect_timeout) == (
        "https://api.example.com",
        5_000,
        5.0,
    )
    assert destination.way.proxy.shown == "http://proxy.example.com:3128"
    assert "hunter2" not in repr(destination)


@pytest.mark.parametrize(
    "door",
    [
        pay,
        pins,
        lambda transport: FreedomPay.from_env(transport=transport),
        lambda transport: FreedomPay.from_settings(Settings.from_env(), transport=transport),
    ],
    ids=["FreedomPay", "HashDT", "from_env", "from_settings"],
)
def test_every_door_takes_it(monkeypatch, door):
    for name, value in {"AUTH_ID": "1", "SECRET_KEY": "k", "REGION": "KZ", "TEST": "1"}.items():
        monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
    transport = Double()
    client = door(transport)

    assert transport.destination is not None
    assert repr(transport) in repr(client)


@pytest.mark.parametrize("first", [pay, pins])
@pytest.mark.parametrize("second", [pay, pins])
@pytest.mark.parametrize("kind", [Double, AiohttpTransport])
def test_a_transport_belongs_to_one_client(first, second, kind):
    transport = kind()
    client = first(transport)
    with pytest.raises(ConfigurationError, match=r"belongs to another client\. Nothing was sent"):
        second(transport)

    assert repr(transport) in repr(client)


async def test_a_transport_of_a_client_that_is_gone_is_not_taken_over():
    transport = Double()
    await pay(transport).aclose()
    gc.collect()
    with pytest.raises(ConfigurationError, match="belongs to another client"):
        pay(transport)


def test_transports_that_are_gone_are_forgotten():
    for _ in range(100):
        pay(Double())
        gc.collect()


def test_transports_that_are_equal_are_two():
    class Equal(Double):
        __hash__ = None

        def __eq__(self, other):
            return True

    pay(Equal())
    pay(Equal())


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [(5, "int"), ("aiohttp", "str"), (object(), "object")],
    ids=["a number", "a text", "an object"],
)
@pytest.mark.parametrize("door", [pay, pins])
def test_what_is_no_transport_is_refused(door, wrong, kind):
    with pytest.raises(
        ConfigurationError,
        match=rf"^transport is of type ({kind}): give an object with the methods of Transport\. "
        r"Nothing was sent\.$",
    ):
        door(wrong)


@pytest.mark.parametrize("door", [pay, pins])
def test_a_class_of_transports_is_refused(door):
    with pytest.raises(
        ConfigurationError,
        match=r"^transport is the class Double: give an object of it\. Nothing was sent\.$",
    ):
        door(Double)


def test_a_class_that_can_not_be_known_again_is_refused():
    with pytest.raises(ConfigurationError, match="no __weakref__ among its __slots__"):
        pay(Slotted())


def test_a_host_that_it_can_not_reach_leaves_it_free():
    transport = AiohttpTransport()
    with pytest.raises(ConfigurationError, match="base_url has an invalid host name"):
        OwnedTransport(transport, Destination(base_url="https://\u00e9..x"))
    pay(transport)


async def test_a_closed_client_sends_nothing_over_it():
    transport = Double()
    fp = pay(transport)
    await fp.aclose()
    await fp.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await fp.cards.balance("card-1")

    assert transport.done == ["close"]


async def test_a_call_that_waits_while_the_client_is_closed_sends_nothing():
    transport = Double()
    transport.wait = asyncio.Event()
    fp = pay(transport, max_connections=1)
    calls = [asyncio.create_task(fp.cards.balance("card-1")) for _ in range(2)]
    while len(transport.done) < 1:
        await asyncio.sleep(0)
    await fp.aclose()
    transport.wait.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)

    assert transport.done == ["/v5/card-api/card/balance", "close"]
    assert [type(each) for each in ends[1:]] == [NotSent]


def test_another_loop_sends_nothing_over_it():
    transport = Double()
    fp = pay(transport)

    async def use():
        await fp.cards.balance("card-1")

    asyncio.run(use())
    with pytest.raises(ConfigurationError, match="another event loop"):
        asyncio.run(use())

    assert transport.done == ["/v5/card-api/card/balance"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_sends_nothing_over_it():
    transport = Double()
    fp = pay(transport)
    pid = os.fork()
    if not pid:
        code = 1
        try:

            async def use():
                try:
                    await fp.cards.balance("card-1")
                except ConfigurationError as error:
                    await fp.aclose()
                    return "another process" in str(error)

            code = 0 if asyncio.run(use()) and transport.done == ["disown"] else 2
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert transport.done == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_transport_that_fails_in_a_fork_leaves_no_other_client_usable():
    class Failing(Double):
        def disown(self):
            raise RuntimeError("hunter2")

    clients = [pay(Failing() if number % 3 == 1 else Double()) for number in range(9)]
    pid = os.fork()
    if not pid:
        code = 1
        try:

            async def refused(fp):
                try:
                    await fp.cards.balance("card-1")
                except ConfigurationError as error:
                    return "another process" in str(error)

            code = 0 if all(asyncio.run(refused(each)) for each in clients) else 2
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


NO_REPLIES = {
    "nothing": None,
    "a tuple": (200, {}, ANSWER),
    "a status of text": Reply("200", {}, ANSWER),
    "no headers": Reply(200, None, ANSWER),
    "a body of text": Reply(200, {}, "{}"),
}


@pytest.mark.parametrize("reply", NO_REPLIES.values(), ids=NO_REPLIES)
async def test_what_is_no_reply_leaves_the_outcome_unknown(reply):
    class Odd(Double):
        async def send(self, message, attempt):
            attempt.connected()
            self.done.append(message.path)
            return reply

    transport = Odd()
    async with pay(transport, policy=Policy(grace=0.01, pause=0.001), timeout=0.3) as fp:
        with pytest.raises(OutcomeUnknown, match="the transport gave") as caught:
            await fp.cards.block("card-1", description="lost")

    assert caught.value.request_id
    assert len([each for each in transport.done if each.endswith("card/block")]) == 1


FAILURES = {
    "OSError": (OSError("broken"), "the transport failed (OSError)"),
    "TimeoutError": (TimeoutError(), "no answer in time"),
    "its own cancellation": (asyncio.CancelledError(), "the transport cancelled the call"),
}


@pytest.mark.parametrize(("error", "reason"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("sent", [True, False], ids=["sent", "not sent"])
async def test_an_error_of_a_transport_is_told_as_far_as_it_goes(error, reason, sent):
    class Failing(Double):
        async def send(self, message, attempt):
            if sent:
                attempt.connected()
            raise error

    async with pay(Failing(), policy=Policy(grace=0.01, pause=0.001), timeout=0.3) as fp:
        with pytest.raises(OutcomeUnknown if sent else NotSent) as caught:
            await fp.cards.block("card-1", description="lost")
    if isinstance(error, TimeoutError) and not sent:
        reason = "no connection in time"

    assert reason in caught.value.text
    assert caught.value.request_id


async def test_a_transport_that_waits_too_long_is_ended_at_the_deadline():
    class Slow(Double):
        async def send(self, message, attempt):
            attempt.connected()
            await asyncio.sleep(60)

    async with pay(Slow(), timeout=0.1) as fp:
        with pytest.raises(OutcomeUnknown, match="no answer in time"):
            await fp.cards.block("card-1", description="lost")


async def test_an_error_after_the_bytes_left_shows_no_frame_of_the_transport():
    class Leaky(Double):
        async def send(self, message, attempt):
            raw = bytes(message.body)
            attempt.connected()
            raise ValueError(len(raw))

    async with pay(Leaky()) as fp:
        with pytest.raises(OutcomeUnknown, match="the sending failed: ValueError") as caught:
            await fp.cards.block("card-1", description="lost")
    frame, places = caught.value.__cause__.__traceback__, []
    while frame is not None:
        places.append(frame.tb_frame.f_code.co_filename)
        frame = frame.tb_next

    assert "deadline came before" not in caught.value.text
    assert __file__ not in places


async def test_an_answer_without_a_connection_counts_as_sent_and_is_logged(caplog):
    class Forgetful(Double):
        async def send(self, message, attempt):
            return Reply(200, {}, ANSWER)

    async with pay(Forgetful()) as fp:
        await fp.cards.balance("card-1")

    assert "without having called attempt.connected()" in caplog.text


async def test_a_client_says_what_is_active_and_queued():
    transport = Double()
    transport.wait = asyncio.Event()
    async with pay(transport, max_connections=2) as fp:
        calls = [asyncio.create_task(fp.cards.balance("card-1")) for _ in range(5)]
        while len(transport.done) < 3:
            await asyncio.sleep(0)
        during = repr(fp)
        transport.wait.set()
        await asyncio.gather(*calls)
        after = repr(fp)

    assert "calls: 2 active, 3 queued, " in during
    assert "calls: 0 active, 0 queued, " in after
    assert "hunter2" not in during


async def test_the_transport_of_the_library_says_its_connections(issuer):
    transport = AiohttpTransport()
    unbound, gate = repr(transport), issuer.gate("card/bulk_issue")
    async with FreedomPay(
        auth_id=issuer.auth_id,
        secret_key=issuer.secret_key,
        region="KZ",
        base_url=issuer.base_url,
        transport=transport,
    ) as fp:
        before = repr(transport)
        calls = [
            asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1)) for _ in range(2)
        ]
        await gate.reached()
        while len(issuer.received) < 2:
            await asyncio.sleep(0.001)
        during = repr(transport)
        gate.open()
        await asyncio.gather(*calls)
        after = repr(transport)
    host = f"AiohttpTransport('{issuer.base_url}"

    assert unbound == "AiohttpTransport()"
    assert [each.startswith(host) for each in (before, during, after, repr(transport))] == [
        True
    ] * 4
    assert [each.partition("', ")[2] for each in (before, during, after, repr(transport))] == [
        "open, 0 active, 0 idle)",
        "open, 2 active, 0 idle)",
        "open, 0 active, 2 idle)",
        "closed)",
    ]


async def test_idle_connections_are_those_that_a_transport_counts():
    class Counts(Double):
        def idle_connections(self):
            return 7

    class Names(Double):
        idle_connections = 7

    async with pay(Counts()) as one, pay(Names()) as other, pay(Double()) as third:
        assert [fp.stats().idle for fp in (one, other, third)] == [7, None, None]
        assert repr(other).startswith("FreedomPay(")


async def test_errors_behind_that_of_a_transport_show_no_frame_of_it():
    class Chained(Double):
        async def send(self, message, attempt):
            attempt.connected()
            try:
                try:
                    raise KeyError("first")
                except KeyError as error:
                    raise ExceptionGroup("both", [error]) from None
            except ExceptionGroup as error:
                raise ValueError("last") from error

    message = Message("GET", "/x", {}, b"")
    attempt = Attempt(deadline=asyncio.get_running_loop().time() + 20, seconds=20)
    try:
        raise LookupError("of the caller")
    except LookupError as own:
        with pytest.raises(ValueError, match="last") as caught:
            await send_checked(Chained(), message, attempt)
        own_frames = own.__traceback__
    group = caught.value.__cause__

    assert [each.__traceback__ for each in (group, *group.exceptions)] == [None] * 2
    assert own_frames is not None


async def test_an_error_of_the_system_in_a_warm_up_is_no_connection():
    class Refused(Double):
        async def warm_up(self, count, attempt):
            raise ConnectionRefusedError

    async with pay(Refused()) as fp:
        with pytest.raises(NotSent, match=r"the transport failed \(ConnectionRefusedError\)"):
            await fp.warm_up(3)


async def test_the_transport_of_the_library_needs_a_client():
    with pytest.raises(ConfigurationError, match="has no client"):
        await AiohttpTransport().open()
