"""Hosts on the loopback address that say exactly the bytes that a test gives them, and keep every
byte that comes.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from contextlib import asynccontextmanager, contextmanager, suppress

__all__ = [
    "GOOD",
    "Host",
    "Peer",
    "answering",
    "answering_with_marks",
    "ended",
    "full_port",
    "refused_port",
    "serving",
    "silent_in_tls",
    "some",
    "turns",
    "whole",
]

_NO_LINGER = struct.pack("ii", 1, 0)
# What is written is read by the other side of the same loop within so many of its turns.
_TURNS = 12


def whole(body: bytes = b"{}", status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """An answer with its length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


GOOD = whole(b'{"status":"ok","request_status":"process"}')


async def turns(count: int = _TURNS) -> None:
    """Lets the loop go round so often."""
    for _ in range(count):
        await asyncio.sleep(0)


class Peer:
    """One connection that a host has taken.

    Attributes:
        number: 1 for the first connection of the host.
        after: what came behind the last whole request.
        over: set when the other side has ended the connection, or broken it.
    """

    def __init__(self, host: Host, reader, writer) -> None:
        self.host = host
        self.reader = reader
        self.writer = writer
        self.number = len(host.peers) + 1
        self.after = b""
        self.over = asyncio.Event()

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def request(self) -> bytes:
        """The next whole request."""
        head = await self.head()
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        came = head + await self.reader.readexactly(int(length or b"0"))
        self.host.requests.append(came)
        return came

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def say_in_parts(self, *parts: bytes) -> None:
        """Each in a segment of its own."""
        for part in parts:
            self.writer.write(part)
            await turns()

    async def fin(self) -> None:
        """End this side of the connection; TLS has no half of one."""
        # The other side may have ended it already.
        with suppress(OSError):
            if self.writer.can_write_eof():
                self.writer.write_eof()
            else:
                self.writer.close()
        await turns()

    async def reset(self) -> None:
        """What was said is read by the other side first."""
        await turns()
        sock = self.writer.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            with socket.socket(fileno=os.dup(sock.fileno())) as copy:
                copy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.writer.transport.abort()
        await turns()


class Host:
    """What a host has seen.

    Attributes:
        requests: the whole ones, of all connections.
        peers: every connection.
    """

    def __init__(self, script) -> None:
        self.requests: list[bytes] = []
        self.peers: list[Peer] = []
        self.port = 0
        self.tls = False
        self._script = script
        self._wrong: list[BaseException] = []
        self._tasks: set[asyncio.Task] = set()

    @property
    def base_url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        return len(self.peers)

    @property
    def open(self) -> int:
        return sum(not peer.over.is_set() for peer in self.peers)

    async def all_over(self) -> None:
        """Wait until every connection so far was ended by the other side."""
        try:
            async with asyncio.timeout(20):
                for peer in self.peers:
                    await peer.over.wait()
        except TimeoutError:
            left = [peer.number for peer in self.peers if not peer.over.is_set()]
            raise AssertionError(
                f"of {len(self.peers)} connections these are left: {left}"
            ) from None

    async def reached(self, *, requests: int = 0, connections: int = 0) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(20):
            while len(self.requests) < requests or len(self.peers) < connections:
                await asyncio.sleep(0.001)

    async def take(self, reader, writer) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        peer = Peer(self, reader, writer)
        self.peers.append(peer)
        try:
            await self._script(peer)
            peer.after += await reader.read(-1)
        except asyncio.IncompleteReadError as error:
            peer.after += error.partial
        except (OSError, asyncio.CancelledError):
            pass
        except BaseException as error:
            self._wrong.append(error)
        finally:
            peer.over.set()
            self._tasks.discard(task)
            writer.close()

    async def leave(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for peer in self.peers:
            peer.writer.transport.abort()
        await turns()
        if self._wrong:
            raise self._wrong[0]


@asynccontextmanager
async def serving(script, *, tls=None, port=0):
    """A host that runs the script, `async def script(peer)`, for each connection."""
    host = Host(script)
    # A large limit would read what a test wants to stay unread.
    server = await asyncio.start_server(host.take, "127.0.0.1", port, ssl=tls, limit=2**16)
    host.port, host.tls = server.sockets[0].getsockname()[1], tls is not None
    try:
        yield host
    finally:
        # What has just been accepted gets its handler first.
        await turns()
        server.close()
        await host.leave()


def answering(*answers):
    """A script: the next answer to each request, on whatever connection it comes, and the last one
    again and again. An answer is bytes, or `async def answer(peer)`.
    """
    left = list(answers)

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, bytes):
                peer.say(answer)
            else:
                await answer(peer)

    return script


async def answering_with_marks(peer: Peer) -> None:
    """A script: each answer says the body of its request."""
    while True:
        came = await peer.request()
        peer.say(whole(came.partition(b"\r\n\r\n")[2]))


def ended(data: bytes, how: str):
    """An answer: these bytes, and then the end of the connection, by `fin`, `reset`, or none."""

    async def answer(peer: Peer) -> None:
        peer.say(data)
        if how != "nothing":
            await getattr(peer, how)()

    return answer


@contextmanager
def refused_port():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def full_port():
    """A port whose backlog is full: a connection to it is neither made nor refused."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = []
        try:
            while not waiting or _connected(waiting[-1]):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                with suppress(BlockingIOError):
                    waiting[-1].connect(listening.getsockname())
            yield listening.getsockname()[1]
        finally:
            for each in waiting:
                each.close()


def _connected(sock: socket.socket) -> bool:
    sock.settimeout(0.1)
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


async def some(condition) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


async def silent_in_tls(peer) -> None:
    """A script: it takes the beginning of the handshake as a request, and says nothing."""
    await peer.reader.read(1)
    peer.host.requests.append(b"hello")
    await peer.reader.read(-1)
