"""What the tests of the session layer share: a transport in memory, clients of a sandbox."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
from contextlib import suppress
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from freedompay_async import FreedomPay, JwsSigner, Policy, Section, Sha256Signer
from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.codec.messages import Reply
from freedompay_async.sandbox import Faults, Sandbox
from freedompay_async.transport.base import TransportError
from tests.http_double import http_double
from tests.transports import Carrier, in_use, owned

PREFIX = "/v5/card-api/"
GIFT_PREFIX = "/v5/cards/"
SECRET = "sandbox-secret"
DT = "2026-05-14T16:00:00+06:00"
SIGNERS = {"KZ": JwsSigner, "KG": Sha256Signer}


# -- a transport in memory


class Sent(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def call(self) -> str:
        return self.path.removeprefix(PREFIX).removeprefix(GIFT_PREFIX)

    @property
    def fields(self) -> dict:
        return json.loads(self.body)


class MemoryIssuer:
    """Plays a script: each send takes the next step of its path, and the last one again when the
    script is over.
    """

    def __init__(self, **scripts) -> None:
        self.scripts = {path.replace("__", "/"): list(steps) for path, steps in scripts.items()}
        self.sent: list[Sent] = []
        self.busy = 0
        self.busiest = 0

    async def send(self, message, attempt):
        sent = Sent(
            message.path, dict(message.headers), message.body, asyncio.get_running_loop().time()
        )
        self.sent.append(sent)
        script = self.scripts[sent.call]
        step = script.pop(0) if len(script) > 1 else script[0]
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            async with attempt.clock():
                return await step(attempt, sent)
        except TimeoutError as error:
            raise TransportError(
                "no answer in time" if attempt.sent else "no connection in time"
            ) from error
        finally:
            self.busy -= 1

    @property
    def calls(self) -> list[str]:
        return [each.call for each in self.sent]

    def of(self, call: str) -> list[Sent]:
        return [each for each in self.sent if each.call == call]


async def _lost(attempt, sent):
    attempt.connected()
    raise TransportError("the server closed the connection without an answer")


async def _not_sent(attempt, sent):
    raise TransportError("no connection to here (refused)")


async def _hopeless(attempt, sent):
    raise TransportError("the server's certificate is not trusted", final=True)


async def _silent(attempt, sent):
    attempt.connected()
    await asyncio.get_running_loop().create_future()


async def _no_place(attempt, sent):
    await asyncio.get_running_loop().create_future()


def _http(status, body=None, **headers):
    async def step(attempt, sent):
        attempt.connected()
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Reply(
            status, {name.replace("_", "-"): value for name, value in headers.items()}, data
        )

    return step


def _ok(**facts):
    return _http(200, {"status": "ok", "dt": DT, **facts})


def _error(http=200, code="refused", **headers):
    return _http(
        http,
        {
            "status": "error",
            "error_code": code,
            "error_description": "no",
            "dt": "2026-01-01T00:00:00+05:00",
        },
        **headers,
    )


def _gift(status=0, **facts):
    return _http(200, {"status": status, "datetime": "2026-05-14 10:00:00", **facts})


# An answer at 401 in the form of the gift cards' own section.
_gift_denied = _http(401, {"status": -11, "datetime": "2026-05-14 10:00:00"})


def _after(seconds, step, *, connected=True):
    """The step, so many seconds later; `connected`: it is sent at once, and the answer takes the
    time.
    """

    async def later(attempt, sent):
        if connected:
            attempt.connected()
        await asyncio.sleep(seconds)
        return await step(attempt, sent)

    return later


@pytest.fixture
def say():
    """What a step of a script does."""
    return SimpleNamespace(
        lost=_lost,
        not_sent=_not_sent,
        hopeless=_hopeless,
        silent=_silent,
        no_place=_no_place,
        http=_http,
        ok=_ok,
        error=_error,
        gift=_gift,
        after=_after,
        process=_ok(request_status="process"),
        success=_ok(request_status="success", cards=[{"card_id": "card-1"}]),
        failed=_ok(request_status="error", error_code="declined", error_description="no money"),
        refused=_error(),
        unknown=_error(code="unknown_request"),
        limited=_error(429, Retry_After="7"),
        unavailable=_error(503, Retry_After="7"),
        broken=_error(500),
        denied=_error(401),
        gift_denied=_gift_denied,
        page=_http(200, b"<html>Welcome</html>"),
    )


@pytest.fixture
def memory():
    """A wire in memory by its scripts; `__` in a name is `/`."""
    return MemoryIssuer


@pytest.fixture
def over():
    """A session over a wire."""

    def build(wire, *, scheme="KZ", timeout=60.0, lane=None, budget=None, policy=None, **times):
        signer = SIGNERS[scheme](auth_id="10001", secret_key=SECRET)
        policy = policy or Policy(**times)
        shared = SharedResources.of(
            owned(wire),
            signers=dict.fromkeys(Section, signer),
            policy=policy,
            timeout=timeout,
            budget=budget,
        )
        return Session(shared, lane=lane)

    return build


@pytest.fixture
def client_of():
    """A client over a wire."""

    def build(wire, *, scheme="KZ", timeout=60.0, policy=None, **options):
        # A signer has the id and the key.
        own = {} if "signer" in options else {"auth_id": "10001", "secret_key": SECRET}
        return FreedomPay(
            **own,
            region=scheme,
            base_url="https://api.example.com",
            timeout=timeout,
            policy=policy,
            transport=Carrier(wire),
            **options,
        )

    return build


@pytest.fixture
def ask(play, memory, client_of):
    """Makes one call of a client over a wire of these scripts; the wire is `ask.wire`, the client
    `ask.client`.
    """

    def run(call, *, scheme="KZ", options=None, **scripts):
        run.wire = memory(**scripts)
        run.client = client_of(run.wire, scheme=scheme, **(options or {}))

        async def story():
            return await call(run.client)

        return play(story())

    return run


# -- a sandbox, and clients of it


@pytest.fixture(params=["KZ", "KG"])
def scheme(request) -> str:
    return request.param


@pytest.fixture
def faults() -> Faults:
    """Quick ones; a module overrides it where it needs others."""
    return Faults(stall=30, late_by=0.06, drip_over=0.02, retry_after=0)


@pytest.fixture
def warnings_of(caplog):
    """The ids in the warnings of the library."""
    caplog.set_level(logging.WARNING, "freedompay_async")
    return lambda: [
        record.request_id for record in caplog.records if record.name == "freedompay_async"
    ]


@pytest.fixture
def errors(caplog):
    """Level, call and id of each error that was logged."""
    caplog.set_level(logging.DEBUG)
    return lambda: [
        (record.levelname, record.call, record.request_id)
        for record in caplog.records
        if record.levelno >= logging.ERROR
    ]


@pytest.fixture
async def issuer(faults):
    async with Sandbox(faults=faults) as issuer:
        yield issuer


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def _pool(fp) -> SimpleNamespace:
    """What the pool of a client holds."""
    said = in_use(fp)
    return SimpleNamespace(taken=max(said.taken, said.active), waiting=said.queued, idle=said.idle)


@pytest.fixture
def pool():
    return _pool


@pytest.fixture
def settled():
    """Lets whatever is ready run."""
    return _settled


@pytest.fixture
async def connect(hasty):
    """Clients of a sandbox (or of any base URL); when the test is over, each one's pool must be
    whole.
    """
    made: list[FreedomPay] = []

    def build(issuer, *, scheme="KZ", policy=None, timeout=20.0, **options) -> FreedomPay:
        base_url = issuer if isinstance(issuer, str) else issuer.base_url
        fp = FreedomPay(
            auth_id="10001",
            secret_key=SECRET,
            region=scheme,
            base_url=base_url,
            policy=policy or hasty(),
            timeout=timeout,
            **options,
        )
        made.append(fp)
        return fp

    yield build
    await _settled()
    whole = [(_pool(fp).taken, _pool(fp).waiting) for fp in made]
    for fp in made:
        await fp.aclose()
    # What was closed here is told to the other side before the sandbox goes.
    await _settled()

    assert whole == [(0, 0)] * len(made)


@pytest.fixture
def arrived():
    """The requests of one kind that a sandbox has received, oldest first."""

    def of(issuer, call):
        return [each for each in issuer.received if each.path == PREFIX + call]

    return of


# -- the signatures, by the tests' own reading of the vendor's pages


@pytest.fixture
def cancelled(play):
    """The error of a call that was cancelled as soon as nothing was left but to wait."""

    def run(call):
        async def story():
            task = asyncio.create_task(call())
            await _settled()
            task.cancel()
            await asyncio.wait([task])
            try:
                task.result()
            except asyncio.CancelledError as error:
                return error

        return play(story())

    return run


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _signed(path: str, headers, body: bytes) -> bool:
    """Whether the headers sign exactly this body."""
    if "Sign" in headers:
        return headers["Sign"] == hashlib.sha256(body + SECRET.encode()).hexdigest()
    protected, _, signature = headers["X-JWS-Signature"].partition("..")
    right = hmac.new(
        SECRET.encode(), protected.encode() + b"." + _b64(body), hashlib.sha512
    ).digest()
    names_path = (
        json.loads(base64.urlsafe_b64decode(protected + "=" * (-len(protected) % 4)))["uri"] == path
    )
    return names_path and signature == _b64(right).decode()


@pytest.fixture
def signed():
    return _signed


# -- cancelling a coroutine at each place where it can wait


class _Stepped:
    """Awaits a coroutine and cancels the task around it where it waits for the `stop`-th time."""

    def __init__(self, coroutine, stop: int, *, late: bool) -> None:
        self.coroutine = coroutine
        self.stop = stop
        self.late = late
        self.reached = False

    def __await__(self):
        turn, throw = 0, None
        while True:
            try:
                waits_for = (
                    self.coroutine.send(None) if throw is None else self.coroutine.throw(throw)
                )
            except StopIteration as end:
                return end.value
            throw = None
            here = turn == self.stop
            turn += 1
            if here:
                self.reached = True
                cancel = asyncio.current_task().cancel
                if not self.late:
                    cancel()
                elif waits_for is None:
                    asyncio.get_running_loop().call_soon(cancel)
                else:
                    # Before the task hears that what it waited for has come, or has failed.
                    waits_for.add_done_callback(lambda _, cancel=cancel: cancel())
            try:
                yield waits_for
            except BaseException as error:
                throw = error


@pytest.fixture
def cancelled_at():
    """The error of a call that was cancelled where it waited for the n-th time; `None`: it never
    waited so often.

    `late`: in the moment when what it waited for has come.
    """

    async def run(call, stop: int, *, late: bool = False):
        stepped = _Stepped(call, stop, late=late)

        async def body():
            return await stepped

        task = asyncio.create_task(body())
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
        if not stepped.reached:
            task.result()
            return None
        try:
            task.result()
        except asyncio.CancelledError as error:
            return error
        raise AssertionError(f"it was cancelled at wait {stop} and went on")

    return run


# -- a double of the HTTP library


@pytest.fixture
def mocked(monkeypatch):
    with http_double(monkeypatch) as mock:
        yield mock


# -- a server whose answers get lost


class _Losing:
    """Takes every call; the answers to those that are named get lost."""

    def __init__(self, *lost: str) -> None:
        self.lost, self.calls, self.url = lost, [], ""

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await asyncio.sleep(0)

    async def _talk(self, reader, writer):
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
                length = next(
                    (
                        int(line.split(":")[1])
                        for line in head.split("\r\n")
                        if line.lower().startswith("content-length:")
                    ),
                    0,
                )
                await reader.readexactly(length)
                call = head.split(" ")[1].removeprefix(PREFIX).removeprefix(GIFT_PREFIX)
                self.calls.append(call)
                if call in self.lost:
                    break
                body = json.dumps({"status": "ok", "request_status": "process", "dt": DT}).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                    % (len(body), body)
                )
        writer.close()


@pytest.fixture
def lost_at():
    return _Losing


@pytest.fixture
def cancelled_behind_a_gate():
    """What a call ends with that was cancelled while the issuer held its answer."""

    async def cancelled(issuer, fp):
        gate = issuer.gate("card/bulk_issue")
        task = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
        await gate.reached()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        gate.open()
        return caught.value

    return cancelled
