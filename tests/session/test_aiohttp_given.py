"""`AiohttpTransport(session=…)`: a session of the user's own."""

from __future__ import annotations

import asyncio
import gzip

import aiohttp
import pytest

from freedompay_async import ConfigurationError, FreedomPay, NotSent, OutcomeUnknown
from freedompay_async.codec.messages import Message
from freedompay_async.settings.proxies import Way
from freedompay_async.transport.base import Attempt, Destination, TransportError
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.over_aiohttp.trace import freedompay_trace
from tests.leaks.certificate import client_context, server_context
from tests.leaks.raw_issuer import RawIssuer
from tests.transport.hosts import answering, serving, turns

BULK = "card/bulk_issue"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
GOOD = b'{"status":"ok","request_status":"process"}'
FORGED = b'{"status":"ok","request_status":"success","cards":[{"card_id":"forged"}]}'


def whole(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.fixture
async def session():
    """Makes sessions; all are closed in the end."""
    made = []

    def build(**options) -> aiohttp.ClientSession:
        options.setdefault("trace_configs", [freedompay_trace()])
        made.append(aiohttp.ClientSession(**options))
        return made[-1]

    yield build
    for each in made:
        await each.close()
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def serve():
    """A server that says the next of these answers to each request; its port, and what came."""
    closing = []

    async def build(*answers, tls=None):
        left, came, writers = list(answers), [], []

        async def take(reader, writer):
            writers.append(writer)
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
                    came.append(head + await reader.readexactly(int(length or 0)))
                    writer.write(left.pop(0) if len(left) > 1 else left[0])
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass

        server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
        closing.append((server, writers))
        return server.sockets[0].getsockname()[1], came

    yield build
    for server, writers in closing:
        server.close()
        for writer in writers:
            writer.transport.abort()
    for _ in range(5):
        await asyncio.sleep(0)


def bound(port: int, session, **options) -> AiohttpTransport:
    transport = AiohttpTransport(session)
    transport.bind(
        Destination(
            **{"base_url": f"http://127.0.0.1:{port}", "connect_timeout": 0.1} | options,
        )
    )
    return transport


def attempt(**options) -> Attempt:
    return Attempt(**{"deadline": asyncio.get_running_loop().time() + 20, "seconds": 20} | options)


POST = Message("POST", "/x", {"Content-Type": "application/json"}, b"{}")


# -- which sessions


REFUSED = {
    "no trace": ({"trace_configs": None}, "trace_configs=[freedompay_trace()]"),
    "another trace": ({"trace_configs": [aiohttp.TraceConfig()]}, "freedompay_trace()"),
    "trust_env": ({"trust_env": True}, "give trust_env=True to the client instead"),
    "a length": ({"headers": {"content-length": "2"}}, "sends the header content-length"),
    "a coding": ({"headers": {"Content-Encoding": "gzip"}}, "sends the header Content-Encoding"),
    "a host": ({"headers": {"Host": "elsewhere"}}, "sends the header Host"),
}


@pytest.mark.parametrize(("options", "why"), REFUSED.values(), ids=REFUSED)
async def test_a_session_that_stands_in_the_way_is_refused(session, options, why):
    with pytest.raises(ConfigurationError, match="this session can't be used") as caught:
        bound(9, session(**options))

    assert why in caught.value.text
    assert "Nothing was sent" in caught.value.text


@pytest.mark.filterwarnings("ignore:The 'auth' parameter:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_a_session_with_a_user_and_a_password_is_refused(session):
    with pytest.raises(ConfigurationError, match="without auth=") as caught:
        bound(9, session(auth=aiohttp.BasicAuth("somebody", "hunter2")))

    assert "hunter2" not in str(caught.value)


async def test_a_closed_session_is_refused(session):
    closed = session()
    await closed.close()
    with pytest.raises(ConfigurationError, match="it is closed"):
        bound(9, closed)


async def test_what_is_no_session_is_refused():
    with pytest.raises(ConfigurationError, match="session is of type str"):
        bound(9, "session")


async def test_a_session_may_trust_the_environment_if_the_client_does(session):
    bound(9, session(trust_env=True), way=Way(netrc=True))


# -- what it may have


async def test_calls_go_through_it_and_it_stays_open(session, connect, issuer):
    own = session()
    fp = connect(issuer, transport=AiohttpTransport(own))
    operation = await fp.cards.bulk_issue(product_id=2000, count=1)
    await fp.aclose()
    async with own.get(f"{issuer.base_url}/anything") as other:
        status = other.status

    assert [card["request_id"] for card in issuer.ledger()] == [operation.request_id]
    assert (own.closed, status >= 400) == (False, True)


async def test_its_idle_connections_are_not_known(session, connect, issuer):
    fp = connect(issuer, transport=AiohttpTransport(session()))
    await fp.cards.bulk_issue(product_id=2000, count=1)

    assert fp.stats().idle is None
    assert repr(fp).endswith("open, 0 active))")


async def test_its_redirects_middlewares_and_checks_are_not_used(session, serve):
    async def twice(request, handler):
        await handler(request)
        return await handler(request)

    port, came = await serve(whole(b"", b"500 No"), whole(b"", b"307 T", b"Location: /elsewhere"))
    own = session(middlewares=(twice,), raise_for_status=True)
    transport = bound(port, own)
    statuses = [(await transport.send(POST, attempt())).status for _ in range(2)]

    assert statuses == [500, 307]
    assert len(came) == 2


async def test_its_time_outs_are_not_used(session, serve):
    port, _ = await serve(whole(GOOD))
    own = session(timeout=aiohttp.ClientTimeout(total=1e-9))
    reply = await bound(port, own).send(POST, attempt())

    assert reply.body == GOOD


async def test_its_base_url_and_headers_change_no_request(session, serve):
    port, came = await serve(whole(GOOD))
    own = session(
        base_url="http://elsewhere.invalid/",
        headers={"user-agent": "of the session", "X-Other": "kept"},
        skip_auto_headers=["Content-Type"],
    )
    await bound(port, own).send(POST, attempt())
    (head,) = came

    assert head.startswith(b"POST /x HTTP/1.1\r\n")
    assert b"of the session" not in head
    assert b"\r\nX-Other: kept\r\n" in head
    assert b"\r\nContent-Type: application/json\r\n" in head
    assert head.lower().count(b"user-agent") == 1


async def test_what_has_come_when_it_is_closed_is_no_answer(session, serve):
    """Without a length an answer ends with its connection, and here this side has ended it."""
    port, came = await serve(b"HTTP/1.1 200 OK\r\n\r\n" + GOOD)
    read, one = asyncio.Event(), attempt()
    own = session(trace_configs=[freedompay_trace(), _setting(read, "on_request_end")])
    task = asyncio.create_task(bound(port, own).send(POST, one))
    async with asyncio.timeout(20):
        await read.wait()
    await own.close()
    with pytest.raises(TransportError, match="the session that the transport was given is closed"):
        await task

    assert (one.sent, len(came)) == (True, 1)


async def test_closed_while_a_call_waits_for_a_connection_nothing_was_sent(session, serve):
    port, came = await serve(b"")
    queued = asyncio.Event()
    own = session(
        connector=aiohttp.TCPConnector(limit=1),
        trace_configs=[freedompay_trace(), _setting(queued, "on_connection_queued_start")],
    )
    transport, first, second = bound(port, own), attempt(), attempt()
    tasks = [asyncio.create_task(transport.send(POST, each)) for each in (first, second)]
    async with asyncio.timeout(20):
        await queued.wait()
        while not came:
            await asyncio.sleep(0.001)
    await own.close()
    told = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in told] == [TransportError] * 2
    assert "session that the transport was given is closed" in str(told[1])
    assert (first.sent, second.sent, len(came)) == (True, False, 1)


@pytest.mark.parametrize(
    ("event", "last"),
    [
        ("on_connection_reuseconn", False),
        ("on_connection_reuseconn", True),
        ("on_request_headers_sent", True),
    ],
)
async def test_what_came_before_another_trace_waited_is_no_answer(session, event, last):
    """The server says a second answer on the idle connection."""

    async def script(peer):
        await peer.request()
        await peer.say_in_parts(whole(GOOD), whole(FORGED))
        await answering(whole(GOOD))(peer)

    async def waits(*_) -> None:
        await asyncio.sleep(0.01)

    other = aiohttp.TraceConfig()
    getattr(other, event).append(waits)
    own, one = freedompay_trace(), attempt()
    async with serving(script) as host:
        transport = bound(host.port, session(trace_configs=[other, own] if last else [own, other]))
        await transport.send(POST, attempt())
        await turns()
        with pytest.raises(TransportError, match="was there before the request was sent"):
            await transport.send(POST, one)

        assert (one.sent, host.connections) == (True, 1)


def _setting(event, name) -> aiohttp.TraceConfig:
    async def callback(*_) -> None:
        event.set()

    config = aiohttp.TraceConfig()
    getattr(config, name).append(callback)
    return config


async def test_a_compressed_answer_is_unpacked_within_the_limit(session, serve):
    packed = whole(gzip.compress(b"0" * 100_000), b"200 OK", b"Content-Encoding: gzip")
    port, _ = await serve(packed)
    own = session()
    reply = await bound(port, own).send(POST, attempt())
    with pytest.raises(TransportError, match="larger than 99999 bytes"):
        await bound(port, own, max_answer=99_999).send(POST, attempt())

    assert len(reply.body) == 100_000


async def test_it_can_not_switch_off_the_check_of_certificates(session, connect, tmp_path):
    async with RawIssuer(tls=server_context(tmp_path)) as issuer:
        own = session(connector=aiohttp.TCPConnector(ssl=False))
        with pytest.raises(NotSent, match="certificate is not trusted"):
            await connect(issuer, transport=AiohttpTransport(own)).cards.balance("card")
        fp = connect(issuer, transport=AiohttpTransport(own), ssl_context=client_context())
        await fp.cards.balance("card")
        await own.close()

        assert issuer.count == 1


# -- what is said


async def test_a_call_that_waits_for_a_connection_was_not_sent(session, issuer, hasty):
    """The session has one connection, and a request of the user's has it."""
    own = session(connector=aiohttp.TCPConnector(limit=1))
    gate = issuer.gate(BULK)
    async with FreedomPay(
        auth_id=issuer.auth_id,
        secret_key=issuer.secret_key,
        region="KZ",
        base_url=issuer.base_url,
        policy=hasty(),
        transport=AiohttpTransport(own),
    ) as fp:
        first = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
        await gate.reached()
        second = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN))
        for _ in range(20):
            await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await second
        with pytest.raises(NotSent):
            await fp.cards.balance("card-1", timeout=0.1)
        gate.open()
        await first

    assert not caught.value.outcome_unknown
    assert len(issuer.received) == 1


async def test_a_call_that_was_cancelled_after_it_left_is_unknown(
    session, issuer, connect, cancelled_behind_a_gate
):
    fp = connect(issuer, transport=AiohttpTransport(session()))

    assert (await cancelled_behind_a_gate(issuer, fp)).outcome_unknown


class Untold(aiohttp.TCPConnector):
    """Tells no trace of its connections."""

    async def connect(self, req, traces, timeout):
        return await super().connect(req, [], timeout)


async def test_a_call_counts_as_sent_where_nobody_tells_of_a_connection(
    session, issuer, connect, cancelled_behind_a_gate
):
    fp = connect(issuer, transport=AiohttpTransport(session(connector=Untold())))

    assert (await cancelled_behind_a_gate(issuer, fp)).outcome_unknown


async def test_a_trace_of_the_user_that_fails_before_a_connection_is_no_proof(
    session, issuer, connect
):
    async def fails(*_):
        raise RuntimeError("of the trace")

    config = aiohttp.TraceConfig()
    config.on_request_start.append(fails)
    own = session(trace_configs=[config, freedompay_trace()])
    fp = connect(issuer, transport=AiohttpTransport(own))
    with pytest.raises(OutcomeUnknown, match="RuntimeError"):
        await fp.cards.block("card-1", description="lost", timeout=0.3)

    assert len(issuer.received) == 0


async def test_closing_the_client_ends_its_calls_and_no_others(session, issuer, connect):
    own = session()
    fp = connect(issuer, transport=AiohttpTransport(own))
    gate = issuer.gate(BULK)
    call = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
    await gate.reached()
    other = asyncio.create_task(own.post(f"{issuer.base_url}/v5/card-api/{BULK}"))
    await fp.aclose()
    with pytest.raises(OutcomeUnknown, match="the client was closed"):
        await call
    gate.open()
    async with await other as response:
        status = response.status

    assert status


async def test_a_second_answer_to_one_call_is_not_that_of_the_next(session):
    """It is noticed when the second request has left."""
    taken, said = asyncio.Event(), asyncio.Event()

    async def take(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(whole(GOOD))
        await taken.wait()
        writer.write(whole(FORGED))
        await writer.drain()
        said.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    transport = bound(server.sockets[0].getsockname()[1], session())
    await transport.send(POST, attempt())
    taken.set()
    await said.wait()
    for _ in range(20):
        await asyncio.sleep(0.001)
    second = attempt()
    with pytest.raises(TransportError, match="an answer was there before the request was sent"):
        await transport.send(POST, second)
    server.close()

    assert second.sent


# -- a message that is sent again


async def test_a_message_that_could_leave_too_late_is_not_sent(session, serve):
    port, came = await serve(whole(GOOD))
    # Connection and attempt may take 0.1 and 3 seconds.
    late = attempt(seconds=3, may_leave=lambda after: after < 3.05)
    with pytest.raises(TransportError, match="too long ago"):
        await bound(port, session()).send(POST, late)

    assert (came, late.sent) == ([], False)


async def test_a_message_that_can_only_leave_in_time_is_sent(session, serve):
    port, came = await serve(whole(GOOD))
    young = attempt(seconds=3, may_leave=lambda after: after < 3.2)
    await bound(port, session()).send(POST, young)

    assert (len(came), young.sent) == (1, True)


async def test_the_wait_for_a_connection_is_short_where_a_message_may_get_too_old(session, issuer):
    own = session(connector=aiohttp.TCPConnector(limit=1))
    gate = issuer.gate(BULK)
    other = asyncio.create_task(own.post(f"{issuer.base_url}/v5/card-api/{BULK}"))
    await gate.reached()
    old = attempt(seconds=3, may_leave=lambda after: after < 3.2)
    transport = AiohttpTransport(own)
    transport.bind(Destination(base_url=issuer.base_url, connect_timeout=0.05))
    with pytest.raises(TransportError, match="no connection in time"):
        await transport.send(POST, old)
    gate.open()
    (await other).close()

    assert not old.sent


# -- what it can't


async def test_no_connection_is_opened_beforehand(session, connect, issuer):
    fp = connect(issuer, transport=AiohttpTransport(session()))
    with pytest.raises(NotSent, match="warm_up is not available with a session of your own"):
        await fp.warm_up(1)


async def test_a_session_that_is_closed_meanwhile_sends_nothing(session, connect, issuer):
    own = session()
    fp = connect(issuer, transport=AiohttpTransport(own))
    await own.close()
    with pytest.raises(NotSent, match="the session that the transport was given is closed"):
        await fp.cards.bulk_issue(product_id=2000, count=1)

    assert len(issuer.received) == 0


async def test_other_requests_of_the_session_are_nobodys_call(session, serve):
    port, came = await serve(whole(GOOD))
    async with session().get(f"http://127.0.0.1:{port}/") as response:
        body = await response.read()

    assert (body, len(came)) == (GOOD, 1)
