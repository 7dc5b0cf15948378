"""Transports for tests, and what a client says of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import re
from contextlib import suppress
from types import SimpleNamespace

from freedompay_async.transport.base import Destination, Transport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.owner import OwnedTransport

__all__ = ["Carrier", "Road", "back_to", "bound", "in_use", "owned", "parts_of", "sockets"]


class Carrier(Transport):
    """Hands each request to a double, which may serve one client after another.

    Attributes:
        double: has a method `send`.
        destination: the host that the client has told.
    """

    def __init__(self, double=None) -> None:
        self.double = double
        self.destination: Destination | None = None

    def bind(self, destination) -> None:
        self.destination = destination

    def send(self, message, attempt):
        return self.double.send(message, attempt)


class Road(AiohttpTransport):
    """The library's own transport, with a function between it and the client.

    Attributes:
        carry: takes a message and an attempt; at first it is the transport's own `send`.
        destination: the host that the client has told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.carry = super().send
        self.destination: Destination | None = None

    def bind(self, destination) -> None:
        super().bind(destination)
        self.destination = destination

    def send(self, message, attempt):
        return self.carry(message, attempt)


def bound(base_url: str) -> AiohttpTransport:
    """The library's own transport without a client."""
    transport = AiohttpTransport()
    transport.bind(Destination(base_url=base_url, connect_timeout=1.0))
    return transport


def owned(double) -> OwnedTransport:
    """For a session without a client."""
    return OwnedTransport(Carrier(double), Destination(base_url="https://api.example.com"))


def in_use(client) -> SimpleNamespace:
    """What a client says of its calls (`active`, `queued`) and of the connections of aiohttp
    (`taken`, `idle`).
    """
    text = repr(client)
    active, queued = map(int, re.search(r"calls: (\d+) active, (\d+) queued", text).groups())
    # Of a session of the user's own nobody knows which are idle.
    said = re.search(r"open, (\d+) active(?:, (\d+) idle)?\)", text)
    assert said or "not opened" in text or "closed" in text
    taken, idle = (0, 0) if said is None else map(int, said.groups("0"))
    return SimpleNamespace(active=active, queued=queued, taken=taken, idle=idle)


def parts_of(value, depth: int = 4, *, without: tuple[type, ...] = ()):
    """The value, and every object of the package that its attributes lead to, as a tracker of
    errors finds them.
    """
    if isinstance(value, without):
        return
    if type(value).__module__.startswith("freedompay_async"):
        yield value
        names = [*getattr(value, "__dict__", {}), *_slots(type(value))]
        inside = [getattr(value, name) for name in names if hasattr(value, name)]
    else:
        inside = (
            value.values()
            if isinstance(value, dict)
            else value
            if isinstance(value, list | tuple | set | frozenset)
            else ()
        )
    if depth:
        for each in list(inside):
            yield from parts_of(each, depth - 1, without=without)


def _slots(kind: type):
    for each in kind.__mro__:
        if each.__module__.startswith("freedompay_async"):
            named = vars(each).get("__slots__", ())
            yield from [named] if isinstance(named, str) else named


def sockets() -> int:
    """How many sockets this process has open."""
    gc.collect()
    count = 0
    for each in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            count += os.readlink(f"/proc/self/fd/{each}").startswith("socket:")
    return count


async def back_to(before: int) -> bool:
    """Whether there are soon as many open sockets again as before."""
    for _ in range(200):
        if sockets() <= before:
            return True
        await asyncio.sleep(0.005)
    return False
