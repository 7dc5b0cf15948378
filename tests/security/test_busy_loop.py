"""What comes while the loop is busy lies in the socket: it is looked at before a call is written,
or it would be that call's answer.

The host is in threads of its own, so that it can speak while the loop stands still.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import threading
from contextlib import ExitStack, suppress

import aiohttp
import pytest
import uvloop

from freedompay_async import FreedomPay, NotSent, Policy
from tests.transports import in_use

SECONDS = 20
FORGED = b'{"status":"ok","request_status":"success","cards":[{"card_id":"forged"}]}'
LOOPS = {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


class Host:
    """Answers each request, and says what it is told to in between.

    Attributes:
        came: the requests.
        connections: how many there were.
        shaken: released for each connection, when its handshake is over, and the session tickets
            are written with TLS.
    """

    def __init__(self, answer: bytes, tls) -> None:
        self._answer, self._tls = answer, tls
        self.came: list[bytes] = []
        self.connections = 0
        self.shaken = threading.Semaphore(0)
        self._said = threading.Semaphore(0)
        self._piece: bytes | None = b""
        self._ending = threading.Lock()
        self._open: dict[socket.socket, socket.socket] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def say(self, piece: bytes | None) -> None:
        """On every connection, and wait until it has left; `None` closes them.

        The loop of this thread stands still meanwhile.
        """
        self._piece = piece
        with self._ending:
            ears = list(self._open.values())
            for ear in ears:
                ear.send(b"!")
        for _ in ears:
            assert self._said.acquire(timeout=SECONDS)

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            # What it says is to be there when it has said it.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection) -> None:
        mouth, ear = socket.socketpair()
        with connection, mouth, ear, suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                self._open[connection] = ear
                self.shaken.release()
                try:
                    self._talk(connection, mouth)
                finally:
                    with self._ending:
                        del self._open[connection]
                    # It was told to speak in the moment in which it ended.
                    if select.select([mouth], [], [], 0)[0]:
                        self._said.release()

    def _talk(self, connection, mouth) -> None:
        while True:
            ready, _, _ = select.select([connection, mouth], [], [])
            if mouth in ready:
                mouth.recv(1)
                try:
                    if self._piece is None:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(self._piece)
                finally:
                    self._said.release()
                continue
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65_536)
                if not part:
                    return
                request += part
            head, _, body = request.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65_536)
            self.came.append(body)
            connection.sendall(self._answer)


@pytest.fixture(params=["plain", "TLS 1.2", "TLS 1.3", "TLS 1.3, trust_env"])
def way(request):
    return request.param


@pytest.fixture(params=LOOPS)
def run(request):
    """Runs a story on a loop of this kind."""

    def run(story):
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(asyncio.wait_for(story, SECONDS))

    return run


@pytest.fixture
def host(way, authority, good):
    context = None if way == "plain" else authority.server("127.0.0.1")
    if way == "TLS 1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    with ExitStack() as stack:
        made = Host(good["effect"], context)
        stack.callback(made.close)
        yield made


@pytest.fixture
def client(way, host, authority):
    """A client of the host."""

    def make(**options):
        scheme = "http" if way == "plain" else "https"
        tls = {} if way == "plain" else {"ssl_context": authority.trusted()}
        return FreedomPay(
            auth_id="10001",
            secret_key="a-secret-key",
            region="KZ",
            base_url=f"{scheme}://127.0.0.1:{host.port}",
            policy=Policy(attempts=1),
            timeout=5.0,
            trust_env="trust_env" in way,
            **tls,
            **options,
        )

    return make


@pytest.fixture
def opened(monkeypatch):
    """Calls `then(connection)` with each connection that aiohttp hands out, before anything else;
    it may hold up the loop.
    """

    def each(then):
        connect = aiohttp.TCPConnector.connect

        async def connected(self, *args, **options):
            connection = await connect(self, *args, **options)
            await then(connection)
            return connection

        monkeypatch.setattr(aiohttp.TCPConnector, "connect", connected)

    return each


async def shaken(host) -> None:
    """The host has all of the handshake.

    asyncio has written it, and gets no turn to read; uvloop writes what is to be written later.
    """
    while not host.shaken.acquire(timeout=0 if uvlooped() else SECONDS):
        await asyncio.sleep(0.001)


def uvlooped() -> bool:
    return isinstance(asyncio.get_running_loop(), uvloop.Loop)


def waits(connection) -> bool:
    """Whether something waits in the socket."""
    return bool(
        select.select([connection.transport.get_extra_info("socket").fileno()], [], [], 0)[0]
    )


@pytest.mark.parametrize("stray", ["an answer", "half an answer", "noise"])
def test_what_came_on_an_idle_connection_is_not_the_answer_of_the_next_call(
    run, host, client, whole, stray
):
    piece = {
        "an answer": whole(FORGED),
        "half an answer": whole(FORGED)[:-10],
        "noise": b"408 is what some say\r\n\r\n",
    }[stray]

    async def story():
        async with client() as fp:
            await fp.cards.bulk_issue(product_id=2000, count=1)
            host.say(piece)
            return await fp.cards.bulk_issue(product_id=2000, count=1)

    operation = run(story())

    assert operation.answer.request_status == "process"
    assert operation.request_id.encode() in host.came[1]
    assert (len(host.came), host.connections) == (2, 2)


def test_connections_that_were_all_closed_meanwhile_are_not_written_to(run, host, client):
    async def story():
        async with client() as fp:
            await asyncio.gather(*(fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(8)))
            before = host.connections
            host.say(None)
            operation = await fp.cards.bulk_issue(product_id=2000, count=1)
            return operation, host.connections - before

    operation, more = run(story())

    assert operation.answer.request_status == "process"
    # The call itself, and not a question about one that was lost.
    assert b"product_id" in host.came[8]
    assert (len(host.came), more) == (9, 1)


def test_host_that_speaks_on_every_new_connection_gets_no_byte(run, host, client, opened, whole):
    async def speaks(connection):
        await shaken(host)
        host.say(whole(FORGED))

    async def story():
        opened(speaks)
        async with client() as fp:
            with pytest.raises(NotSent, match="the server sent data on an idle connection"):
                await fp.cards.bulk_issue(product_id=2000, count=1)

    run(story())

    assert (host.came, host.connections) == ([], 5)


def test_session_tickets_that_wait_in_the_socket_are_no_stray_answer(
    run, host, client, opened, way
):
    """TLS 1.3 has them after the handshake: on a fresh connection, and on an idle one that the loop
    had no time to read.
    """
    waiting = []

    async def fresh(connection):
        if not waiting:
            await shaken(host)
        waiting.append(waits(connection) or uvlooped())

    async def story():
        opened(fresh)
        async with client() as fp:
            for _ in range(3):
                await fp.cards.bulk_issue(product_id=2000, count=1)

    run(story())

    assert waiting[0] or "1.3" not in way
    assert (len(host.came), host.connections) == (3, 1)


def test_answer_that_came_behind_the_tickets_is_a_stray_one(run, host, client, opened, whole):
    once = iter([True])

    async def speaks(connection):
        if next(once, False):
            await shaken(host)
            host.say(whole(FORGED))

    async def story():
        opened(speaks)
        async with client() as fp:
            return await fp.cards.bulk_issue(product_id=2000, count=1)

    operation = run(story())

    assert operation.answer.request_status == "process"
    assert (len(host.came), host.connections) == (1, 2)


def test_call_that_is_cancelled_while_the_loop_reads_leaves_no_connection_behind(
    run, host, client, whole
):
    async def story():
        async with client() as fp:
            await fp.cards.bulk_issue(product_id=2000, count=1)
            host.say(whole(FORGED))
            task = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
            # It takes the connection, finds something in its socket, and lets the loop read it.
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.wait([task])
            left = in_use(fp)
            return task.cancelled(), left.taken, left.active

    assert run(story()) == (True, 0, 0)
    assert len(host.came) == 1
