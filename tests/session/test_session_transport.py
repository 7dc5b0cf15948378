"""The transport against real sockets: what was not sent, what the pool does, what odd servers get."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl

import pytest

from freedompay_async import NotSent, OutcomeUnknown, Secret
from freedompay_async.codec.messages import Message
from freedompay_async.sandbox import Fault, Sandbox
from freedompay_async.transport.base import Attempt, TransportError
from tests.person_examples import new_client
from tests.transports import bound
from tests.whole_answer import whole_answer as whole

BULK = "card/bulk_issue"
STATUS = "request/status"

# For 127.0.0.1 and nothing else, signed by itself.
KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgF2uhQ/J+6bMPYzki
YrwthEcWPz4aTcBT1vJGlMeAaaahRANCAAT9fE+DsQ/Pb/vD2opMX6F2dv6QvZsJ
mk6I4ak+le1KB5gI/iy8gYavW0PX0jryWQdKSc1hv/myq0vdwnvKeWlT
-----END PRIVATE KEY-----
"""
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUdY5JIBSdTal03RrTm6gwiKDXABwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA0NTUzM1oYDzIxMjYxMDI4
MDQ1NTMzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT9fE+DsQ/Pb/vD2opMX6F2dv6QvZsJmk6I4ak+le1KB5gI/iy8gYav
W0PX0jryWQdKSc1hv/myq0vdwnvKeWlTo28wbTAdBgNVHQ4EFgQUXWA3fTtm2ZwU
eSNpDpUXFFRvx78wHwYDVR0jBBgwFoAUXWA3fTtm2ZwUeSNpDpUXFFRvx78wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAK6gTEtlQWNI+k5znuZDB6TkLGao4jFSIP9TuHrz9vSCAiEA
sBYw4xzTAIT4r/c3yUDJx5pT3137uMo/4JWHupAgqgc=
-----END CERTIFICATE-----
"""


class Parrot(asyncio.Protocol):
    """Reads a whole request, says what it was told to say, and closes the connection."""

    def __init__(self, answers: list[bytes], came: list[bytes], open_now: set) -> None:
        self.answers = answers
        self.came = came
        self.open_now = open_now
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport
        self.open_now.add(transport)

    def data_received(self, data):
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if end and len(body) >= int(
            head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        ):
            self.came.append(self.buffer)
            self.buffer = b""
            self.transport.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
            self.transport.close()

    def connection_lost(self, error):
        self.open_now.discard(self.transport)


@contextlib.asynccontextmanager
async def serving(*answers: bytes, tls=None):
    """A server that says exactly this to each request, the last to all that follow; gives its port
    and the requests that came.
    """
    script = list(answers)
    came: list[bytes] = []
    open_now: set = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Parrot(script, came, open_now), "127.0.0.1", 0, ssl=tls
    )
    try:
        yield server.sockets[0].getsockname()[1], came
    finally:
        # What has just been accepted gets its transport first.
        for _ in range(5):
            await asyncio.sleep(0)
        server.close()
        for transport in list(open_now):
            transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)


def certified(tmp_path):
    (tmp_path / "key.pem").write_text(KEY)
    (tmp_path / "cert.pem").write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


GOOD = whole(b'{"status":"ok","request_status":"process"}')


@pytest.fixture
def refused_port():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


# -- not sent


async def test_refused_connection_was_not_sent(connect, refused_port):
    with pytest.raises(NotSent, match=r"no connection to 127\.0\.0\.1") as caught:
        await connect(f"http://127.0.0.1:{refused_port}").cards.bulk_issue(product_id=2000, count=1)

    assert caught.value.request_id


async def test_name_that_does_not_resolve_was_not_sent(connect):
    with pytest.raises(NotSent, match=r"freedompay\.invalid was not resolved"):
        await connect("https://api.freedompay.invalid").cards.bulk_issue(product_id=2000, count=1)


async def test_tls_to_a_plain_port_was_not_sent(connect, issuer):
    with pytest.raises(NotSent):
        await connect(issuer.base_url.replace("http:", "https:")).cards.bulk_issue(
            product_id=2000, count=1
        )

    assert len(issuer.received) == 0


async def test_certificate_that_is_not_trusted_was_not_sent_and_is_tried_once(connect, tmp_path):
    async with serving(GOOD, tls=certified(tmp_path)) as (port, came):
        with pytest.raises(NotSent, match="certificate is not trusted"):
            await connect(f"https://127.0.0.1:{port}").cards.bulk_issue(product_id=2000, count=1)

        assert came == []


async def test_certificate_of_a_private_authority_can_be_trusted(connect, tmp_path):
    trust = ssl.create_default_context(cadata=CERTIFICATE)
    async with serving(GOOD, tls=certified(tmp_path)) as (port, came):
        fp = connect(f"https://127.0.0.1:{port}", ssl_context=trust)
        op = await fp.cards.bulk_issue(product_id=2000, count=1)
        await fp.aclose()

        assert op.answer.request_status == "process"
        assert len(came) == 1


async def test_connection_that_is_never_made_was_not_sent(connect, hasty):
    # A full queue of connections that nobody takes: the next one is neither refused nor made.
    with socket.socket() as deaf, socket.socket() as one, socket.socket() as two:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for each in (one, two):
            each.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                each.connect(deaf.getsockname())
        fp = connect(
            f"http://127.0.0.1:{deaf.getsockname()[1]}", policy=hasty(connect_timeout=0.05)
        )

        with pytest.raises(NotSent, match="no connection in time"):
            await fp.cards.bulk_issue(product_id=2000, count=1)


async def test_waiting_for_the_pool_until_the_deadline_was_not_sent(connect, issuer):
    fp = connect(issuer, max_connections=1)
    gate = issuer.gate(BULK)
    first = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
    await gate.reached()

    with pytest.raises(NotSent, match="it was still in the queue at the deadline") as caught:
        await fp.clients.create(
            product_id=2000,
            client=new_client(),
            timeout=0.1,
        )
    gate.open()
    await first

    assert caught.value.request_id not in {
        json.loads(each.body)["request_id"] for each in issuer.received
    }


async def test_read_that_waits_for_the_pool_until_the_deadline_was_not_sent(connect, issuer):
    fp = connect(issuer, max_connections=1)
    gate = issuer.gate(BULK)
    first = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
    await gate.reached()

    with pytest.raises(NotSent, match="safe to repeat"):
        await fp.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11", timeout=0.1)
    gate.open()
    await first


# -- the pool


async def test_queue_never_eats_the_time_of_an_attempt(connect, issuer, hasty, arrived, settled):
    # Ten calls wait for one connection until the first has used up nearly all the time that one
    # attempt may take.
    fp = connect(issuer, max_connections=1, policy=hasty(attempt_timeout=2.0))
    gate = issuer.gate(BULK)
    calls = [asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1)) for _ in range(10)]
    await gate.reached()
    gate.open()
    ops = await asyncio.gather(*calls)

    assert len(arrived(issuer, BULK)) == 10
    assert {card["request_id"] for card in issuer.ledger()} == {op.request_id for op in ops}


async def test_wait_for_the_pool_may_be_longer_than_an_attempt_may_take(
    connect, issuer, hasty, arrived
):
    # The first call holds the only connection for longer than an attempt, three times over.
    fp = connect(issuer, max_connections=1, policy=hasty(attempt_timeout=0.15))
    issuer.script(BULK, Fault.STALLED, Fault.STALLED, Fault.STALLED)
    calls = [asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1)) for _ in range(4)]
    ops = await asyncio.gather(*calls)

    assert len(arrived(issuer, BULK)) == 4
    assert len(issuer.ledger()) == len({op.request_id for op in ops}) == 4


async def test_connections_are_never_more_than_the_client_may_have(connect, issuer, pool):
    fp = connect(issuer, max_connections=3)
    await asyncio.gather(*(fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(20)))

    assert pool(fp).idle <= 3
    assert len(issuer.ledger()) == 20


async def test_connection_is_used_again(connect, issuer, pool):
    fp = connect(issuer)
    for _ in range(5):
        await fp.cards.bulk_issue(product_id=2000, count=1)

    assert pool(fp).idle == 1


async def test_idle_connection_that_the_server_closed_costs_no_card(connect):
    async with Sandbox() as issuer:
        port = int(issuer.base_url.rpartition(":")[2])
        fp = connect(issuer)
        await fp.cards.bulk_issue(product_id=2000, count=1)
    async with Sandbox(port=port) as issuer:
        op = await fp.cards.bulk_issue(product_id=2000, count=1)

        assert [card["request_id"] for card in issuer.ledger()] == [op.request_id]


# -- the bytes


async def test_bytes_that_arrive_are_the_bytes_that_were_signed(connect, issuer, scheme, signed):
    fp = connect(issuer, scheme=scheme)
    op = await fp.cards.bulk_issue(product_id=2000, count=2)
    await op.result()

    assert [signed(each.path, each.headers, each.body) for each in issuer.received] == [True] * 2


async def test_cyrillic_arrives_as_it_was_signed(connect, issuer, scheme, signed):
    fp = connect(issuer, scheme=scheme)
    person = new_client(
        person_id="№ 12/қ «Ы»",
        external_user_id="ключ\\/",
    )

    await fp.clients.create(product_id=2000, client=person)

    (came,) = issuer.received
    assert signed(came.path, came.headers, came.body)
    assert "№ 12/қ «Ы»".encode() in came.body
    assert json.loads(came.body)["client"]["external_user_id"] == "ключ\\/"


async def test_large_document_arrives_as_it_was_signed(connect, issuer, scheme, signed):
    fp = connect(issuer, scheme=scheme)
    content = base64.b64encode(b"%PDF-" + bytes(range(256)) * 7_600).decode()
    person = new_client(
        document=Secret(content),
    )

    created = await (await fp.clients.create(product_id=2000, client=person)).result()

    came = issuer.received[0]
    assert len(came.body) > 2_500_000
    assert signed(came.path, came.headers, came.body)
    assert json.loads(came.body)["client"]["document"] == content
    assert came.headers["Content-Length"] == str(len(came.body))
    assert came.headers["Content-Type"] == "application/json"
    assert created.client_id


async def test_large_document_is_sent_again_to_the_byte(connect, issuer, scheme, arrived):
    issuer.script("client/add", Fault.DROPPED)
    fp = connect(issuer, scheme=scheme)
    document = Secret(base64.b64encode(b"%PDF-" + b"0" * 1_900_000).decode())
    person = new_client(
        document=document,
    )

    await fp.clients.create(product_id=2000, client=person)

    first, second = arrived(issuer, "client/add")
    assert first.body == second.body


async def test_headers_on_the_wire_are_these_and_no_more(connect):
    async with serving(GOOD) as (port, came):
        await connect(f"http://127.0.0.1:{port}", scheme="KG").cards.bulk_issue(
            product_id=2000, count=1
        )

    names = {
        line.split(b":")[0].lower() for line in came[0].partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    }
    assert names == {
        b"host",
        b"content-type",
        b"content-length",
        b"request-id",
        b"auth-id",
        b"sign",
        b"accept",
        b"accept-encoding",
        b"user-agent",
    }


async def test_no_compressed_answer_is_asked_for(connect):
    async with serving(GOOD) as (port, came):
        await connect(f"http://127.0.0.1:{port}").cards.bulk_issue(product_id=2000, count=1)

    assert b"Accept-Encoding: identity" in came[0]


async def test_cookies_are_not_kept(connect):
    cookie = whole(b'{"status":"ok","request_status":"process"}', b"200 OK", b"Set-Cookie: a=b")
    async with serving(cookie) as (port, came):
        fp = connect(f"http://127.0.0.1:{port}")
        await fp.cards.bulk_issue(product_id=2000, count=1)
        await fp.cards.bulk_issue(product_id=2000, count=1)

    assert b"Cookie" not in came[1]


async def test_proxies_of_the_environment_are_not_used(connect, issuer, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    op = await connect(issuer).cards.bulk_issue(product_id=2000, count=1)

    assert op.request_id == issuer.ledger()[0]["request_id"]


# -- odd servers

JUNK = {
    "not http": b"\x00\x01\x02 hello\r\n\r\n",
    "half a status line": b"HTTP/1.1 2",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "bad header": b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
    "long header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "cut chunks": b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"sta\r\n',
    "cut body": b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"status":"ok"',
    "cut body without a length": b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"status":"o',
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "empty body": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "not utf-8": whole(b'{"status":"\xff\xfe"}'),
    "compressed": whole(b"\x1f\x8b\x08\x00", b"200 OK", b"Content-Encoding: gzip"),
    "nested": whole(b"[" * 100_000),
    "a number": whole(b"1"),
    "another type": whole(b'{"status":1,"request_status":[]}'),
    "redirect": whole(b"", b"302 Found", b"Location: http://127.0.0.1:9/elsewhere"),
    "teapot": whole(b"short and stout", b"418 I'm a teapot"),
    "too large by its word": b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n{}",
    "too large in fact": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"0" * (9 * 2**20),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
async def test_whatever_a_server_says_an_effect_that_was_sent_is_asked_about(connect, junk):
    async with serving(junk, GOOD) as (port, came):
        op = await connect(f"http://127.0.0.1:{port}").cards.bulk_issue(product_id=2000, count=1)

    assert [each.split(b" ")[1].rpartition(b"card-api/")[2] for each in came] == [
        BULK.encode(),
        STATUS.encode(),
    ]
    assert op.request_id.encode() in came[0]


async def test_redirect_is_not_followed(connect):
    async with serving(GOOD) as (elsewhere, came):
        location = b"Location: http://127.0.0.1:%d/v5/card-api/card/bulk_issue" % elsewhere
        async with serving(whole(b"", b"307 Temporary Redirect", location), GOOD) as (port, first):
            await connect(f"http://127.0.0.1:{port}").cards.bulk_issue(product_id=2000, count=1)

    assert len(first) == 2
    assert came == []


async def test_answer_without_a_length_is_read_to_its_end(connect):
    body = b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"status":"ok","request_status":"process"}'
    async with serving(body) as (port, _):
        op = await connect(f"http://127.0.0.1:{port}").cards.bulk_issue(product_id=2000, count=1)

    assert op.answer.request_status == "process"


async def test_answer_in_chunks_is_put_together(connect):
    body = b'{"status":"ok","request_status":"process"}'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    async with serving(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    ) as (port, _):
        op = await connect(f"http://127.0.0.1:{port}").cards.bulk_issue(product_id=2000, count=1)

    assert op.answer.request_status == "process"


async def test_answer_that_comes_in_two_parts_after_a_100_is_read(connect):
    async with serving(b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD) as (port, _):
        op = await connect(f"http://127.0.0.1:{port}").cards.bulk_issue(product_id=2000, count=1)

    assert op.answer.request_status == "process"


async def test_answer_that_is_too_large_leaves_no_connection_taken(connect, pool):
    async with serving(JUNK["too large by its word"]) as (port, _):
        fp = connect(f"http://127.0.0.1:{port}")
        with pytest.raises(OutcomeUnknown, match="larger than"):
            await fp.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")

    assert pool(fp).taken == 0


async def test_transport_says_whether_a_byte_may_have_left(refused_port):
    transport = bound(f"http://127.0.0.1:{refused_port}")
    attempt = Attempt(deadline=asyncio.get_running_loop().time() + 5, seconds=1)

    with pytest.raises(TransportError):
        await transport.send(Message("POST", "/x", {}, b"{}"), attempt)
    await transport.close()

    assert not attempt.sent


async def test_repr_of_a_transport_says_its_state(issuer):
    transport = bound(issuer.base_url)
    before = repr(transport)
    await transport.send(
        Message("POST", "/x", {}, b"{}"),
        Attempt(deadline=asyncio.get_running_loop().time() + 5, seconds=1),
    )
    during = repr(transport)
    await transport.close()

    assert "not opened" in before
    assert "open" in during
    assert "closed" in repr(transport)
