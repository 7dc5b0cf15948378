"""A small issuer on this machine that answers as HashDT does, and clients of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest
from aiohttp import web

from freedompay_async import Policy
from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.codec.messages import Reply
from freedompay_async.contract.calls import Section
from freedompay_async.hashdt import HashDT, Pins
from freedompay_async.hashdt.access import Access
from freedompay_async.transport.base import TransportError
from tests.transports import owned

PAGE = "https://pins.example.com/p/4f0c?key=k-8d1&step=1"
KEYS = {"api_key": "key-of-the-api", "product_id": "product-7"}
PEOPLE = {"cardholder_id": "holder-1", "wallet_id": "wallet-2", "card_id": "card-3"}


def success(url: object = PAGE) -> dict:
    return {"status": "Success", "message": "Done", "code": 200, "data": [{"set_pin_url": url}]}


@dataclass(frozen=True)
class Arrived:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return dict(self.headers)[name]


class Issuer:
    """Plays its answers one after the other, and the last one again when the script is over; keeps
    what arrived.
    """

    def __init__(self) -> None:
        self.script: list = []
        self.tokens: set[str] | None = None
        self.arrived: list[Arrived] = []
        self.base_url = ""

    def say(self, *answers) -> None:
        """Each is a status with a body, or `None`: the connection is closed without an answer."""
        self.script = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = [(name.decode(), value.decode()) for name, value in request.raw_headers]
        arrived = Arrived(request.method, request.raw_path, headers, await request.read())
        self.arrived.append(arrived)
        if (
            self.tokens is not None
            and arrived["Authorization"].removeprefix("Bearer ") not in self.tokens
        ):
            return web.json_response(
                {"status": "error", "code": 401, "message": "expired"}, status=401
            )
        answer = (
            (self.script.pop(0) if len(self.script) > 1 else self.script[0])
            if self.script
            else (200, success())
        )
        if answer is None:
            request.transport.abort()
            return web.Response()
        status, body, *more = answer
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "text/html" if data.startswith(b"<") else "application/json"
        return web.Response(
            status=status, body=data, content_type=kind, headers=more[0] if more else {}
        )


@pytest.fixture
async def issuer():
    issuer = Issuer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", issuer.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield issuer
    await runner.cleanup()


def _hasty(**changes) -> Policy:
    return Policy(**{"pause": 0.005, "max_pause": 0.02} | changes)


@pytest.fixture
async def connect(issuer):
    """Clients of the issuer, with pauses that nobody would notice."""
    made: list[HashDT] = []

    def build(**options) -> HashDT:
        settings = {
            "base_url": issuer.base_url,
            **KEYS,
            "token": "token-a",
            "policy": _hasty(),
            "timeout": 20.0,
        } | options
        made.append(HashDT(**settings))
        return made[-1]

    yield build
    for hashdt in made:
        await hashdt.aclose()


@pytest.fixture
def pins(connect) -> Pins:
    return connect().pins


@pytest.fixture
def people() -> dict[str, str]:
    """What every call needs."""
    return dict(PEOPLE)


@pytest.fixture
def page_url() -> str:
    return PAGE


@pytest.fixture
def keys() -> dict[str, str]:
    return dict(KEYS)


@pytest.fixture
def told():
    """A good answer with this URL."""
    return success


class Source:
    """A token source that tells how often it was asked."""

    def __init__(self, *tokens) -> None:
        self.tokens = list(tokens)
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        await asyncio.sleep(0)
        if isinstance(token, BaseException):
            raise token
        return token


@pytest.fixture
def source():
    return Source


# -- the same without a socket, on a clock that jumps


class SlowIssuer:
    """Answers each attempt after so many seconds: a list of `(seconds, status, body)`, the last one
    again and again.
    """

    def __init__(self, *steps) -> None:
        self.steps = list(steps)
        self.sent: list[str] = []

    async def send(self, message, attempt):
        self.sent.append(message.headers["Authorization"])
        seconds, status, body = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        try:
            async with attempt.clock():
                attempt.connected()
                await asyncio.sleep(seconds)
                return Reply(status, {}, json.dumps(body).encode())
        except TimeoutError as error:
            raise TransportError("no answer in time") from error


@pytest.fixture
def slow():
    """A wire of such steps, and pins over it; made inside the loop that uses them."""

    def build(token, *steps, timeout=60.0):
        wire = SlowIssuer(*steps)
        access = Access(**KEYS, token=token)
        session = Session(
            SharedResources.of(
                owned(wire), signers={Section.HASHDT: access}, policy=Policy(), timeout=timeout
            )
        )
        return wire, Pins(session, access)

    return build
