"""Each test of this folder runs on each transport, and where a loop has a part in it, on each
loop.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from freedompay_async import FreedomPay
from freedompay_async.transport.base import Destination
from tests.transport.hosts import turns
from tests.transport.kinds import KINDS, Carried

try:
    import uvloop
except ImportError:
    LOOPS = {"asyncio": asyncio.new_event_loop}
else:
    LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def pytest_asyncio_loop_factories(config, item):
    """A test that names no loops runs on asyncio's own."""
    marker = item.get_closest_marker("asyncio")
    named = marker is not None and "loop_factories" in marker.kwargs
    return LOOPS if named else {"asyncio": asyncio.new_event_loop}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    """Whatever the machine is set to, a test sets its own."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def pytest_generate_tests(metafunc):
    """Give a test the transports that its mark `kinds` asks for: all, without one."""
    if "kind" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("kinds")
        wanted = {} if mark is None else mark.kwargs
        names = [
            name
            for name, kind in KINDS.items()
            if all(getattr(kind, flag) == value for flag, value in wanted.items())
        ]
        metafunc.parametrize("kind", names, indirect=True)


@pytest.fixture
def kind(request):
    return KINDS[request.param]


@pytest.fixture
async def reach(kind):
    """Makes a transport that is bound to a host (or to a base URL). In the end each one has no
    connection in use, and after it was closed no connection at all: it has told of the end of each
    one that it has opened.
    """
    made = []
    async with AsyncExitStack() as stack:

        async def build(host, **options) -> Carried:
            base_url = host if isinstance(host, str) else host.base_url
            there = Carried(await kind.make(stack), kind)
            there.transport.bind(
                Destination(base_url=base_url, notify=there.events.append, **options)
            )
            await there.transport.open()
            made.append(there)
            return there

        yield build
        await turns()
        left = [each.counts[0] for each in made]
        for each in made:
            await each.close()
        await turns()

        assert left == [0] * len(made)
        assert [each.counts for each in made] == [(0, 0)] * len(made)
        opened, closed = zip(*(each.told for each in made), strict=True) if made else ((), ())
        assert closed == (opened if kind.owns else (0,) * len(made))


@pytest.fixture
async def connect(kind, hasty):
    """Clients of a host, each over a transport of its own."""
    async with AsyncExitStack() as stack:

        async def build(host, **options) -> FreedomPay:
            base_url = host if isinstance(host, str) else host.base_url
            options = {"region": "KZ", "policy": hasty(), "timeout": 20.0} | options
            fp = FreedomPay(
                auth_id="10001",
                secret_key="a-secret-key",
                base_url=base_url,
                transport=await kind.make(stack),
                **options,
            )
            stack.push_async_callback(fp.aclose)
            return fp

        yield build


@pytest.fixture
def hanging_names(monkeypatch):
    """From its call on no name is resolved on the running loop. What it gives waits for the first
    question.
    """

    def hang():
        loop, asked = asyncio.get_running_loop(), asyncio.Event()

        async def never(*_, **__):
            asked.set()
            await loop.create_future()

        monkeypatch.setattr(loop, "getaddrinfo", never)
        return lambda: asyncio.wait_for(asked.wait(), 20)

    return hang
