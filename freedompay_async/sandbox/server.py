"""The sandbox as its users see it: a server on the loopback address, and handles to steer and inspect it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, cast

import msgspec
from aiohttp import web

from freedompay_async.sandbox import rules
from freedompay_async.sandbox.answers import error
from freedompay_async.sandbox.delivery import deliver
from freedompay_async.sandbox.desk import PREFIX, Desk, Taken
from freedompay_async.sandbox.faults import Fault, Faults, Plan
from freedompay_async.sandbox.issuer import Issuer

if TYPE_CHECKING:
    from os import PathLike
    from types import TracebackType

__all__ = ["Gate", "Received", "Sandbox"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


# A document of 2 MB is near 3 MB in Base64.
_BODY_LIMIT: Final = 8 * 1024 * 1024
_HOSTS: Final = ("127.0.0.1", "localhost", "::1")
# Calls are cancelled before the server is shut down, so there is nobody left to wait for.
_SHUTDOWN_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in; `verdict` as in `Taken`."""

    path: str
    headers: dict[str, str]
    body: bytes
    verdict: str


class Gate:
    """Holds the answers of one kind of call, after the work is done."""

    def __init__(self) -> None:
        self._reached: Final = asyncio.Event()
        self._opened: Final = asyncio.Event()

    def open(self) -> None:
        """Lets the waiting calls go, and all later ones."""
        self._opened.set()

    async def reached(self) -> None:
        """Returns once a call has come to the gate; its work is done by then."""
        await self._reached.wait()

    async def passed(self) -> None:
        """Waits, as a call, until the gate is open."""
        self._reached.set()
        await self._opened.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    issuer: Issuer
    desk: Desk
    runner: web.AppRunner


class Sandbox:
    """A card issuer on `http://127.0.0.1`, for tests and demos; use it with `async with`.

    `database` is a file, which a later sandbox can continue, or `:memory:`. `processing` is the shortest and the longest time
    that an accepted request takes, in seconds. Port 0 takes a free port. `keep` is how many requests `received` remembers,
    bodies included.
    """

    def __init__(
        self,
        *,
        auth_id: str = "10001",
        secret_key: str = "sandbox-secret",  # noqa: S107 - it opens nothing but this sandbox
        database: str | PathLike[str] = ":memory:",
        processing: tuple[float, float] = (0.0, 0.0),
        faults: Faults | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keep: int = 10_000,
    ) -> None:
        if host not in _HOSTS:
            raise ValueError(f"host is {host!r}: the sandbox listens on this machine only: {', '.join(_HOSTS)}")
        if not 0 <= processing[0] <= processing[1]:
            raise ValueError("processing is the shortest and the longest time, in seconds")
        self.auth_id: Final = auth_id
        self.secret_key: Final = secret_key
        self.received: Final[deque[Received]] = deque(maxlen=keep)
        self._database: Final = database
        self._processing: Final = processing
        # A name may stand for two addresses, and then a free port would be two different ones.
        self._host: Final = "127.0.0.1" if host == "localhost" else host
        self._port: Final = port
        self.base_url = self._url(port)
        self._faults: Final = faults or Faults()
        self._plan: Final = Plan(self._faults)
        self._gates: Final[dict[str, Gate]] = {}
        self._handling: Final[set[asyncio.Task[Any]]] = set()
        self._calls = 0
        self._hold = False
        self._open: _Open | None = None

    async def __aenter__(self) -> Self:
        if self._open is not None:
            raise RuntimeError("the sandbox is open already")
        issuer = Issuer(database=self._database, merchant=self.auth_id, hold=self._hold)
        desk = Desk(issuer=issuer, plan=self._plan, auth_id=self.auth_id, secret_key=self.secret_key, processing=self._processing)
        app = web.Application(client_max_size=_BODY_LIMIT)
        app.router.add_get("/sandbox/health", self._tracked(self._tell_health))
        app.router.add_get("/sandbox/ledger", self._tracked(self._tell_ledger))
        app.router.add_route("*", "/{path:.*}", self._tracked(self._answer_call))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        try:
            await runner.setup()
            await web.TCPSite(runner, self._host, self._port, backlog=1024).start()
        except BaseException:
            await runner.cleanup()
            issuer.close()
            raise
        self._open = _Open(issuer=issuer, desk=desk, runner=runner)
        self.base_url = self._url(runner.addresses[0][1])
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        opened = self._opened()
        try:
            await self._shut(opened.runner)
        finally:
            self._open = None
            opened.issuer.close()

    async def serve(self) -> None:
        """Runs until it is cancelled; enters and leaves the sandbox by itself if nobody has entered it."""
        async with AsyncExitStack() as stack:
            if self._open is None:
                await stack.enter_async_context(self)
            await asyncio.Event().wait()

    def script(self, path: str, *faults: Fault) -> None:
        """The next calls to a path such as `card/issue` get these faults, in this order, before any seeded one."""
        self._plan.script(_call(path), *faults)

    def gate(self, path: str) -> Gate:
        """From now on the answers of a path such as `card/issue` wait, after the work, until the gate is opened."""
        gate = self._gates[_call(path)] = Gate()
        return gate

    def finish(self, request_id: str) -> None:
        """Ends a request's processing now, and makes a late one known; raises `KeyError` for an id that was not accepted."""
        self._opened().issuer.finish(request_id)

    @property
    def hold(self) -> bool:
        """While true, requests stay in `process` until `finish`; false lets everything take its own time again."""
        return self._hold

    @hold.setter
    def hold(self, on: bool) -> None:
        self._hold = on
        if self._open is not None:
            self._open.issuer.hold = on

    def ledger(self) -> list[dict[str, Any]]:
        """Every card that was made, oldest first."""
        return [card for page in self._opened().issuer.pages() for card in page]

    def __repr__(self) -> str:
        return f"Sandbox(base_url={self.base_url!r}, auth_id={self.auth_id!r})"

    def _opened(self) -> _Open:
        if self._open is None:
            raise RuntimeError("the sandbox is not open: use it inside `async with`")
        return self._open

    def _url(self, port: int) -> str:
        return f"http://[{self._host}]:{port}" if ":" in self._host else f"http://{self._host}:{port}"

    async def _shut(self, runner: web.AppRunner) -> None:
        for site in runner.sites:
            await site.stop()
        # The calls whose bytes are here already get to start, so that they are cancelled too.
        await asyncio.sleep(0)
        while self._handling:
            for task in self._handling:
                task.cancel()
            await asyncio.wait(self._handling)
        await runner.cleanup()

    def _tracked(self, handler: _Handler) -> _Handler:
        # aiohttp forgets a handler whose client has left; a stalled one would outlive the sandbox.
        async def tracked(request: web.Request) -> web.StreamResponse:
            task = cast("asyncio.Task[Any]", asyncio.current_task())
            self._handling.add(task)
            try:
                return await handler(request)
            finally:
                self._handling.discard(task)

        return tracked

    async def _answer_call(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        call = path.removeprefix(PREFIX)
        body = b""
        self._calls += 1
        if call not in rules.calls():
            taken = Taken(answer=error("not_found", f"no such path: {path}", http=404), verdict="unknown path")
        elif request.method != "POST":
            taken = Taken(answer=error("method_not_allowed", "every call is a POST", http=405), verdict="wrong method")
        else:
            try:
                body = await request.read()
            except web.HTTPRequestEntityTooLarge:
                taken = Taken(answer=error("too_large", f"the body is over {_BODY_LIMIT} bytes", http=413), verdict="too large")
            except (ConnectionError, web.RequestPayloadError):
                # The client left in the middle of its request: nothing was asked, and nobody reads this.
                return web.Response(status=400)
            else:
                taken = self._opened().desk.take(path=path, headers=request.headers, body=body)
        self.received.append(Received(path=path, headers=dict(request.headers), body=body, verdict=taken.verdict))
        if gate := self._gates.get(call):
            await gate.passed()
        return await deliver(request, taken.answer, fault=taken.fault, faults=self._faults)

    async def _tell_health(self, request: web.Request) -> web.StreamResponse:
        counts = {"ok": True, "calls": self._calls, **self._opened().issuer.counts()}
        return web.Response(body=msgspec.json.encode(counts), content_type="application/json")

    async def _tell_ledger(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type = "application/x-ndjson"
        encoder = msgspec.json.Encoder()
        with suppress(ConnectionError):
            await response.prepare(request)
            for page in self._opened().issuer.pages():
                await response.write(encoder.encode_lines(page))
        return response


def _call(path: str) -> str:
    call = path.removeprefix(PREFIX)
    if call not in rules.calls():
        raise ValueError(f"{path!r} is no call: {', '.join(sorted(rules.calls()))}")
    return call
