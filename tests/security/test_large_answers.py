"""An answer of any size takes a bounded amount of memory, and what was sent with it is settled like
any other lost answer.
"""

from __future__ import annotations

import asyncio
import gzip
import threading
import tracemalloc
import zlib
from itertools import repeat

import pytest

from freedompay_async import ConfigurationError, FreedomPay, OutcomeUnknown, ProtocolError
from freedompay_async.calls import reading
from freedompay_async.hashdt import HashDT

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
LIMIT = 2**20
# What the two ends of a loopback connection hold besides the program.
SOCKETS = 24 * 2**20
MOST = 96 * 2**20
MEMORY = 12 * 2**20
PIECE = b"x" * 2**16
ENDLESS = repeat(PIECE)


def pouring(head: bytes, pieces=ENDLESS, *, most: int = MOST):
    """Writes a head and then pieces until the client has had enough, or an unreasonable amount is
    away.
    """

    async def pour(asked) -> None:
        asked.writer.write(head)
        for piece in pieces:
            asked.writer.write(piece)
            await asked.writer.drain()
            asked.host.poured += len(piece)
            if asked.host.poured > most:
                break
        asked.writer.close()

    return pour


OK = b"HTTP/1.1 200 OK\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
BODIES = {
    "with its length": OK + b"Content-Length: %d\r\n\r\n" % (2 * MOST),
    "with a length that no number has": OK + b"Content-Length: " + b"9" * 200 + b"\r\n\r\n",
    "to the end of the connection": OK + b"Connection: close\r\n\r\n",
    "with a length of less": OK + b"Content-Length: 10\r\n\r\n",
    "compressed by its word": OK
    + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (2 * MOST),
}
ODD = {
    **{name: (head, ENDLESS) for name, head in BODIES.items()},
    "in chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", repeat(CHUNK)),
    "in one chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", ENDLESS),
    "with trailers without end": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n",
        repeat(b"X-A: " + b"a" * 4000 + b"\r\n"),
    ),
    "with one header without end": (OK + b"X-A: ", ENDLESS),
    "with headers without end": (OK, repeat(b"X-A: " + b"a" * 4000 + b"\r\n")),
    "with small headers without end": (OK, repeat(b"X-A: a\r\n" * 1000)),
    "with a status line without end": (b"HTTP/1.1 200 ", ENDLESS),
    "with a folded header without end": (OK + b"X-A: a\r\n", repeat(b" " + b"a" * 4000 + b"\r\n")),
    "after answers in passing without end": (b"", repeat(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)),
}


@pytest.fixture
def peak():
    """The most memory since the test began, both ends together."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("odd", ODD)
async def test_effect_whose_answer_is_endless_is_settled(serving, ask, good, hasty, peak, odd):
    async with serving(pouring(*ODD[odd]), good["effect"]) as host:
        operation = await ask(
            "effect", host.port, max_answer=LIMIT, policy=hasty(attempt_timeout=2.0)
        )

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert operation.request_id.encode() in host.came[0]
    assert host.poured < LIMIT + SOCKETS
    assert peak() < MEMORY


async def test_chunk_whose_extension_is_endless_is_thrown_away_as_it_comes(
    serving, ask, good, hasty, peak
):
    endless = pouring(OK + b"Transfer-Encoding: chunked\r\n\r\n1;")
    async with serving(endless, good["effect"]) as host:
        await ask("effect", host.port, policy=hasty(attempt_timeout=2.0))

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert peak() < MEMORY


@pytest.mark.parametrize("odd", ["with its length", "in chunks", "with headers without end"])
@pytest.mark.parametrize("reading", ["read", "page"])
async def test_read_whose_answer_is_endless_ends(serving, ask, hasty, peak, reading, odd):
    async with serving(pouring(*ODD[odd])) as host:
        with pytest.raises((OutcomeUnknown, ProtocolError), match="safe to repeat"):
            await ask(
                reading, host.port, max_answer=LIMIT, policy=hasty(attempt_timeout=2.0, attempts=2)
            )

    assert peak() < MEMORY


@pytest.mark.parametrize("form", ["length", "chunks", "close"])
@pytest.mark.parametrize(("size", "read"), [(LIMIT - 1, True), (LIMIT, True), (LIMIT + 1, False)])
async def test_limit_is_exact(serving, ask, form, size, read):
    start = b'{"status":"ok","request_status":"process","more":"'
    body = start + b"a" * (size - len(start) - 2) + b'"}'
    head = {
        "length": b"Content-Length: %d\r\n" % size,
        "chunks": b"Transfer-Encoding: chunked\r\n",
        "close": b"Connection: close\r\n",
    }[form]
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, body) if form == "chunks" else body
    async with serving(pouring(OK + head + b"\r\n", [body])) as host:
        try:
            state = await ask("read", host.port, max_answer=LIMIT)
        except OutcomeUnknown as error:
            told = str(error)
        else:
            told = state.request_status

    assert told == "process" if read else f"larger than {LIMIT} bytes" in told


async def test_limit_is_8_mib_unless_it_is_told(serving, ask):
    async with serving(OK + b"Content-Length: 8388609\r\n\r\n") as host:
        with pytest.raises(OutcomeUnknown, match="larger than 8388608 bytes"):
            await ask("read", host.port)


BOMB = b'{"status":"ok","request_status":"success","more":"' + b"a" * 32 * 2**20 + b'"}'
PACKED = {
    "gzip": lambda: gzip.compress(BOMB),
    "deflate": lambda: zlib.compress(BOMB),
    "gzip, gzip": lambda: gzip.compress(gzip.compress(BOMB)),
    "x-gzip": lambda: gzip.compress(BOMB),
    # Its bytes are not looked at at all.
    "br": lambda: b"\x1b" * 1000,
    "zstd": lambda: b"\x28\xb5\x2f\xfd" * 200,
}


@pytest.mark.parametrize("coding", PACKED)
async def test_compressed_answer_is_unpacked_no_further_than_it_may_be_large(
    serving, ask, good, whole, peak, coding
):
    packed = PACKED[coding]()
    async with serving(
        whole(packed, b"200 OK", b"Content-Encoding: " + coding.encode()), good["effect"]
    ) as host:
        tracemalloc.reset_peak()
        operation = await ask("effect", host.port)

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert operation.answer.request_status == "process"
    assert peak() < MEMORY


async def test_answer_whose_headers_drip_for_ever_is_settled(serving, ask, good, hasty):
    async def drip(asked) -> None:
        asked.writer.write(OK)
        while not asked.writer.is_closing():
            asked.writer.write(b"X-A: a\r\n")
            await asked.writer.drain()
            # As slowly as it takes to come neither to the limit of headers nor to any time-out of a
            # silent line.
            if await _left(asked.reader):
                return

    async with serving(drip, good["effect"]) as host:
        operation = await ask("effect", host.port, policy=hasty(attempt_timeout=0.3))

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert operation.answer.request_status == "process"


async def _left(reader) -> bool:
    """Whether the client has gone; waits a moment for it."""
    import asyncio

    try:
        return await asyncio.wait_for(reader.read(1), 0.02) == b""
    except TimeoutError:
        return False


@pytest.mark.parametrize("most", [0, -1])
def test_limit_below_one_byte_is_refused(most):
    made = [
        lambda: FreedomPay(auth_id="1", secret_key="k", region="KZ", test=True, max_answer=most),
        lambda: HashDT(
            base_url="https://pins.example.com",
            api_key="k",
            product_id="p",
            token="t",
            max_answer=most,
        ),
    ]
    told = []
    for make in made:
        with pytest.raises(ConfigurationError) as caught:
            make()
        told.append(caught.value.text)

    assert told == [f"max_answer={most}: it must be at least 1 (bytes). Nothing was sent."] * 2


async def test_settings_of_the_environment_take_a_limit_too(monkeypatch):
    monkeypatch.setenv("FREEDOMPAY_AUTH_ID", "1")
    monkeypatch.setenv("FREEDOMPAY_SECRET_KEY", "k")
    monkeypatch.setenv("FREEDOMPAY_REGION", "KZ")
    monkeypatch.setenv("FREEDOMPAY_TEST", "1")
    with pytest.raises(ConfigurationError, match="max_answer=0: it must be at least 1"):
        FreedomPay.from_env(max_answer=0)


async def test_answers_in_passing_are_passed_until_the_time_of_the_attempt_is_up(
    serving, ask, good, hasty
):
    passing = b"HTTP/1.1 102 Processing\r\n\r\n"

    async def ten(asked):
        asked.writer.write(passing * 10 + good["effect"])

    async def endless(asked):
        while not asked.writer.is_closing():
            asked.writer.write(passing)
            await asked.writer.drain()
            await asyncio.sleep(0.001)

    async with serving(ten) as host:
        await ask("effect", host.port)
        assert host.paths == ["card/bulk_issue"]
    async with serving(endless, good["effect"]) as host:
        await ask("effect", host.port, policy=hasty(attempt_timeout=0.1))
        assert host.paths == ["card/bulk_issue", "request/status"]


# -- while one is read in a thread

LARGE = b'{"status":"ok","request_status":"process","dt":"x","more":"' + b"a " * 50_000 + b'"}'


@pytest.fixture
def held(monkeypatch):
    """From the first reading of a large answer on, its thread waits until it is let go."""
    begun, go, read = threading.Event(), threading.Event(), reading.read_answer

    def slow(reply, *more, **options):
        if len(reply.body) >= len(LARGE):
            begun.set()
            assert go.wait(20)
        return read(reply, *more, **options)

    monkeypatch.setattr(reading, "read_answer", slow)
    yield begun
    go.set()


async def until(event) -> None:
    async with asyncio.timeout(20):
        while not event.is_set():
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("kind", "unknown"), [("effect", True), ("unaskable", True), ("read", False)]
)
async def test_call_that_is_cancelled_meanwhile_tells_whether_it_was_sent(
    serving, connect, whole, held, kind, unknown
):
    async with serving(whole(LARGE)) as host:
        client = connect(host.port, kind)
        calls = {
            "effect": lambda: client.cards.bulk_issue(product_id=2000, count=1, request_id=OWN),
            "unaskable": lambda: client.cards.set_pin("card-1"),
            "read": lambda: client.cards.info("card-1"),
        }
        task = asyncio.create_task(calls[kind]())
        await until(held)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task

    assert caught.value.outcome_unknown is unknown
    assert caught.value.request_id == OWN if kind == "effect" else caught.value.request_id


async def test_call_whose_time_is_up_meanwhile_is_unknown(serving, connect, whole, held):
    async with serving(whole(LARGE)) as host:
        client = connect(host.port, "effect")
        with pytest.raises(
            OutcomeUnknown, match="no time was left to read its 100,061 bytes"
        ) as caught:
            await client.cards.bulk_issue(product_id=2000, count=1, request_id=OWN, timeout=1.0)

    assert caught.value.request_id == OWN
    assert caught.value.done is None
