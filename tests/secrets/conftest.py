"""A scanner, everything that is logged, a wire in memory and a server on loopback that misbehave
alike.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from contextlib import asynccontextmanager, suppress

import pytest

from freedompay_async.codec.messages import Reply
from freedompay_async.contract.calls import Call
from freedompay_async.contract.client_contract import Contract
from freedompay_async.contract.overrides import Override
from freedompay_async.transport.base import TransportError
from tests.secrets.issuer_of_trouble import TELLS, Asked, Told
from tests.secrets.marked import CALLS, EXTRA, MARKS, MORE_CALLS, PIN_CALLS
from tests.secrets.scanner import Capture, Leak, Scanner
from tests.transports import Carrier, parts_of

_NO_LINGER = struct.pack("ii", 1, 0)
_HUGE = 2**17


@pytest.fixture
def scanner():
    return Scanner(MARKS)


@pytest.fixture
def captured():
    """Every record of every logger, at every level."""
    capture, root = Capture(), logging.getLogger()
    before = root.level
    names = [
        "freedompay_async",
        "aiohttp",
        "aiohttp.client",
        "asyncio",
        "aiosqlite",
        "concurrent.futures",
    ]
    levels = {name: logging.getLogger(name).level for name in names}
    root.addHandler(capture)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    yield capture.records
    root.removeHandler(capture)
    root.setLevel(before)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
async def loud(captured):
    """The records, on a loop that tells of each of its steps."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    return captured


# -- in memory


class MemoryIssuer:
    """Answers as `TELLS` has it, or as a function of its own, or fails in its own way."""

    def __init__(self, trouble) -> None:
        self.trouble = trouble

    async def send(self, message, attempt):
        if self.trouble == "not sent":
            raise TransportError("no connection")
        if self.trouble == "final":
            raise TransportError("the server's certificate is not trusted", final=True)
        attempt.connected()
        if self.trouble == "lost":
            raise TransportError("the server closed the connection without an answer")
        if self.trouble == "stalled":
            with suppress(TimeoutError):
                async with attempt.clock():
                    attempt.connected()
                    await asyncio.get_running_loop().create_future()
            raise TransportError("no answer in time")
        tell = self.trouble if callable(self.trouble) else TELLS[self.trouble]
        told = tell(Asked(message.path, message.headers, message.body))
        return Reply(told.status, told.headers, told.body)


@pytest.fixture
def in_memory():
    """A transport without a socket that answers so."""
    return lambda trouble: Carrier(MemoryIssuer(trouble))


# -- on loopback


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    length = next(
        (int(value) for name, value in headers.items() if name.lower() == "content-length"), 0
    )
    return Asked(head[0].split()[1], headers, await reader.readexactly(length))


def _head(status: int, **headers: object) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Said",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def _whole(told: Told) -> bytes:
    return (
        _head(
            told.status,
            Content_Type="application/json",
            Content_Length=len(told.body),
            **told.headers,
        )
        + told.body
    )


async def _misbehave(
    trouble: str, asked: Asked, writer: asyncio.StreamWriter, over: asyncio.Event
) -> None:
    said = asked.said.encode()
    match trouble:
        case "closed":
            pass
        case "reset":
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER
            )
            writer.transport.abort()
        case "cut":
            writer.write(_head(200, Content_Length=len(said) + 100) + said)
        case "cut chunk":
            writer.write(
                _head(200, Transfer_Encoding="chunked") + b"%x\r\n%s" % (len(said) + 100, said)
            )
        case "stalled":
            await over.wait()
        case "stalled in the body":
            writer.write(_head(200, Content_Length=len(said) + 100) + said)
            await over.wait()
        case "huge":
            writer.write(_head(200, Content_Length=_HUGE) + said)
        case "huge chunk":
            writer.write(
                _head(200, Transfer_Encoding="chunked")
                + b"%x\r\n" % _HUGE
                + said * (_HUGE // len(said) + 1)
            )
        case "no HTTP":
            writer.write(said + b"\r\n\r\n")
        case "bad header":
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: " + said.replace(b"\n", b"") + b"\r\n\r\n"
            )
        case "bad chunk":
            writer.write(_head(200, Transfer_Encoding="chunked") + said + b"\r\n")
        case "long header":
            writer.write(
                _head(
                    200, X_Said=(said * (20_000 // len(said))).decode("latin-1"), Content_Length=2
                )
                + b"{}"
            )
        case _:
            writer.write(_whole((trouble if callable(trouble) else TELLS[trouble])(asked)))


@asynccontextmanager
async def _serving(trouble: str, *, tls=None):
    over, open_now = asyncio.Event(), set()

    async def handle(reader, writer):
        open_now.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = await _read(reader)
            await _misbehave(trouble, asked, writer, over)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        open_now.discard(asyncio.current_task())

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        over.set()
        server.close()
        if open_now:
            _, late = await asyncio.wait(open_now, timeout=2)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)


@pytest.fixture
def serving():
    """A server on loopback with one kind of trouble; gives its URL."""
    return _serving


@pytest.fixture
def free_port():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


# -- every call, and what it leaves behind


class Search:
    """Makes calls and keeps the leaks of whatever they end in."""

    def __init__(self, scanner: Scanner, records: list[logging.LogRecord]) -> None:
        self.scanner = scanner
        self.records = records
        self.leaks: list[Leak] = []
        self.ends: dict[str, object] = {}

    async def call(self, name: str, work) -> None:
        """Awaits one call; its answer or its error is searched."""
        try:
            end = await work
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and asyncio.current_task().cancelling():
                raise
            self.leaks += self.scanner.error(error, name)
            self.ends[name] = error
        else:
            self.leaks += self.scanner.answer(end, name)
            self.leaks += self.scanner.answer(getattr(end, "answer", None), f"{name}, its answer")
            self.ends[name] = end

    async def calls(self, client, calls, **more) -> None:
        """Makes them all at once."""
        async with asyncio.TaskGroup() as group:
            for name, make in calls.items():
                group.create_task(self.call(name, make(client, **more)))

    async def all_calls(self, fp, hashdt) -> None:
        """Makes every call of both clients, and looks at the clients."""
        await self.calls(fp, CALLS | MORE_CALLS, extra=EXTRA)
        await self.calls(hashdt, PIN_CALLS)
        self.client(fp)
        self.client(hashdt)

    def client(self, client) -> None:
        """The client, its parts and what it has counted."""
        # But for the contract, which has what an override adds, as it goes out.
        for part in [*parts_of(client, without=(Call, Contract, Override)), client.drift()]:
            self.leaks += self.scanner.answer(part, type(part).__name__)
            if hasattr(part, "__dict__"):
                self.leaks += self.scanner.value(vars(part), f"{type(part).__name__}.__dict__")

    @property
    def found(self) -> list[Leak]:
        """All that was found, logs included, each place once."""
        return list(dict.fromkeys([*self.leaks, *self.scanner.records(self.records)]))

    @property
    def errors(self) -> set[str]:
        """The kinds of error that came."""
        return {type(end).__name__ for end in self.ends.values() if isinstance(end, BaseException)}


@pytest.fixture
def search(scanner, captured):
    return Search(scanner, captured)
