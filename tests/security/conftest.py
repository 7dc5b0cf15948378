"""Hosts on the loopback address that say exactly what a test says, certificates that live for a
test, and clients of all of them.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from freedompay_async import FreedomPay
from freedompay_async.hashdt import HashDT
from tests.security.certificates import Authority
from tests.transports import in_use
from tests.whole_answer import whole_answer

KEY = "a-secret-key-that-nobody-may-see"
ID = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


# -- hosts


class Host:
    """Says the next answer to each request, and the last one again and again; an answer is bytes,
    or a function that writes.
    """

    def __init__(self, answers) -> None:
        self.answers = list(answers)
        self.came: list[bytes] = []
        self.connections = 0
        self.poured = 0
        self.port = 0
        self._tasks: set[asyncio.Task] = set()

    @property
    def paths(self) -> list[str]:
        return [each.split(b" ")[1].decode().rpartition("card-api/")[2] for each in self.came]

    async def take(self, reader, writer) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
                self.came.append(head + await reader.readexactly(int(length or b"0")))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(
                        SimpleNamespace(
                            reader=reader, writer=writer, host=self, asked=self.came[-1]
                        )
                    )
        except (
            asyncio.IncompleteReadError,
            ConnectionError,
            asyncio.LimitOverrunError,
            asyncio.CancelledError,
        ):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def leave(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def _serving(*answers, tls=None):
    host = Host(answers)
    server = await asyncio.start_server(host.take, "127.0.0.1", 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        # What has just been accepted gets its handler first.
        for _ in range(5):
            await asyncio.sleep(0)
        server.close()
        await host.leave()


@pytest.fixture
def serving():
    """A host that says these answers, as a context."""
    return _serving


@pytest.fixture
def whole():
    """An answer with its length."""
    return whole_answer


GOOD = {
    "effect": b'{"status":"ok","request_status":"process"}',
    "read": b'{"status":"ok","request_status":"process"}',
    "page": json.dumps(
        {"status": "Success", "code": 200, "data": [{"set_pin_url": "https://pins.example.com/p"}]}
    ).encode(),
}


@pytest.fixture
def good():
    """What a call of each kind is well answered with, whole."""
    return {kind: whole_answer(body) for kind, body in GOOD.items()}


# -- clients


def _pool(client) -> tuple[int, int]:
    """Connections that are taken, and calls that wait for one."""
    said = in_use(client)
    return (max(said.taken, said.active), said.queued)


@pytest.fixture
async def connect(hasty):
    """Clients of a base URL or of a port; each one's pool must be whole in the end."""
    made = []

    def build(where, kind="effect", **options):
        base_url = where if isinstance(where, str) else f"http://127.0.0.1:{where}"
        options = {"base_url": base_url, "policy": hasty(), "timeout": 20.0} | options
        if kind == "page":
            made.append(
                HashDT(api_key=KEY, product_id="product-7", token="token-of-an-hour", **options)
            )
        else:
            made.append(
                FreedomPay(**{"auth_id": "10001", "secret_key": KEY, "region": "KZ"} | options)
            )
        return made[-1]

    yield build
    for _ in range(20):
        await asyncio.sleep(0)
    left = [_pool(client) for client in made]
    for client in made:
        await client.aclose()
    for _ in range(20):
        await asyncio.sleep(0)

    assert left == [(0, 0)] * len(made)


@pytest.fixture
def ask(connect):
    """Makes one call: an `effect`, a `read`, or for a HashDT `page`."""

    async def call(kind, where, **options):
        client = connect(where, kind, **options)
        if kind == "effect":
            return await client.cards.bulk_issue(product_id=2000, count=1)
        if kind == "read":
            return await client.requests.status(ID)
        return await client.pins.set_url(cardholder_id="holder", wallet_id="wallet", card_id="card")

    return call


every_kind = pytest.fixture(params=["effect", "read", "page"])


@every_kind
def kind(request):
    return request.param


@pytest.fixture
def secret_key():
    return KEY


# -- certificates


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


# -- the environment


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    """Whatever the machine is set to, a test sets its own."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
