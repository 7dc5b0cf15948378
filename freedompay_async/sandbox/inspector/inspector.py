"""The inspector: a page that shows requests live, and the books."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from freedompay_async.sandbox.answers import encode
from freedompay_async.sandbox.webpage import PRIVATE, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from freedompay_async.sandbox.inspector.history import Exchange, History
    from freedompay_async.sandbox.issuing.issuer import Issuer
    from freedompay_async.sandbox.loopback import Handler

__all__ = ["Inspector"]

_SHOWN: Final = 200
_CODES_SHOWN: Final = 5
_JSON: Final = "application/json"
# Writing shows whether the browser has left.
_HEARTBEAT_SECONDS: Final = 15.0
_REQUEST_ID: Final = re.compile(rb'"request_id"\s*:\s*"([0-9A-Za-z-]+)"')


class Inspector:
    """Handlers of `/` and of `/sandbox/…`; `about` gives the way to reach this sandbox."""

    def __init__(
        self, *, issuer: Issuer, history: History, about: Callable[[], dict[str, Any]]
    ) -> None:
        self._issuer: Final = issuer
        self._history: Final = history
        self._about: Final = about
        self._page: Final = Page("inspector", frames=False)

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Methods and paths, each with its handler."""
        return (
            ("GET", "/", self.show),
            ("GET", "/sandbox/health", self.get_health),
            ("GET", "/sandbox/about", self.get_about),
            ("GET", "/sandbox/ledger", self.get_ledger),
            ("GET", "/sandbox/cards", self.get_cards),
            ("GET", "/sandbox/gift-cards", self.get_gift_cards),
            ("GET", "/sandbox/open", self.get_open),
            ("GET", "/sandbox/requests/{number:[0-9]{1,15}}", self.get_request),
            ("GET", "/sandbox/events", self.get_events),
        )

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page itself; its content comes from the handlers below."""
        return self._page.response()

    async def get_health(self, request: web.Request) -> web.StreamResponse:
        """That the sandbox runs, and how much is in its books."""
        return _json({"ok": True, "calls": self._history.calls, **self._issuer.counts()})

    async def get_about(self, request: web.Request) -> web.StreamResponse:
        """The settings for a client, without the secret key, and how much is in the books."""
        counts = {
            "calls": self._history.calls,
            **self._issuer.counts(),
            **self._issuer.gift_counts(),
        }
        return _json({**self._about(), "counts": counts})

    async def get_ledger(self, request: web.Request) -> web.StreamResponse:
        """Every card, as JSON Lines."""
        response = web.StreamResponse(headers=PRIVATE)
        response.content_type = "application/x-ndjson"
        encoder = msgspec.json.Encoder()
        with suppress(ConnectionError):
            await response.prepare(request)
            for page in self._issuer.pages():
                await response.write(encoder.encode_lines(page))
        return response

    async def get_cards(self, request: web.Request) -> web.StreamResponse:
        """The newest cards, newest first."""
        newest = await _newest(self._issuer.pages())
        cards = [card | (self._issuer.card(card["card_id"]) or {}) for card in newest]
        return _json({"cards": cards, "total": self._issuer.counts()["cards"]})

    async def get_gift_cards(self, request: web.Request) -> web.StreamResponse:
        """The newest gift cards, newest first, each with the codes that went to its phone."""
        newest = await _newest(self._issuer.gift_pages())
        cards = [
            card | {"sms": self._issuer.sms(card["phone"])[-_CODES_SHOWN:] if card["phone"] else []}
            for card in newest
        ]
        return _json({"cards": cards, "total": self._issuer.gift_counts()["gift_cards"]})

    async def get_open(self, request: web.Request) -> web.StreamResponse:
        """The kept requests that are not finished yet."""
        found: dict[str, dict[str, Any]] = {}
        for exchange in self._history.since(0):
            request_id = _request_id(exchange)
            if (
                request_id
                and exchange.call != "request/status"
                and exchange.verdict.startswith(("ok", "fault"))
            ):
                found[request_id] = {
                    "request_id": request_id,
                    "call": exchange.call,
                    "at": exchange.at,
                }
        states = (
            (each, self._issuer.look_up({"request_id": request_id}))
            for request_id, each in found.items()
        )
        return _json(
            [
                each
                for each, state in states
                if state is not None and state.get("request_status") == "process"
            ]
        )

    async def get_request(self, request: web.Request) -> web.StreamResponse:
        """One request with everything that is kept of it."""
        exchange = self._history.find(int(request.match_info["number"]))
        if exchange is None:
            return _json({"error": "this request is not kept any more"}, status=404)
        whole = {
            "headers": exchange.headers,
            "body": exchange.body.decode(errors="replace"),
            "size": exchange.size,
            "cut": len(exchange.body) if len(exchange.body) < exchange.size else 0,
            "signed": exchange.signed,
            "answer": exchange.answer.decode(errors="replace"),
        }
        return _json(_row(exchange) | whole)

    async def get_events(self, request: web.Request) -> web.StreamResponse:
        """Changes as Server-Sent Events: first those that a returning page missed, then each new
        one.
        """
        history = self._history
        run, _, last = request.headers.get("Last-Event-ID", "").partition(".")
        revision = int(last) if run == history.run and last.isdecimal() else 0
        response = web.StreamResponse(headers=PRIVATE)
        response.content_type = "text/event-stream"
        with suppress(ConnectionError):
            await response.prepare(request)
            await response.write(
                b"retry: 1000\n"
                + f"event: run\nid: {history.run}.{revision}\ndata: {history.run}\n\n".encode()
            )
            while True:
                rows = history.since(revision)
                revision = history.revision
                at = f"{history.run}.{revision}"
                await response.write(
                    b"".join(_event("request", at, _row(each)) for each in rows)
                    + _event("books", at, revision)
                )
                await _wait_for_change(response, history, revision)
        return response


async def _wait_for_change(response: web.StreamResponse, history: History, revision: int) -> None:
    while True:
        try:
            async with asyncio.timeout(_HEARTBEAT_SECONDS):
                return await history.changed(revision)
        except TimeoutError:
            await response.write(b":\n\n")


async def _newest(pages: Iterator[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    found: deque[dict[str, Any]] = deque(maxlen=_SHOWN)
    for page in pages:
        found.extend(page)
        # Books of a million cards must not hold up the calls.
        await asyncio.sleep(0)
    return list(reversed(found))


def _row(exchange: Exchange) -> dict[str, Any]:
    return {
        "number": exchange.number,
        "at": exchange.at,
        "method": exchange.method,
        "path": exchange.path,
        "call": exchange.call,
        "verdict": exchange.verdict,
        "signature": _signature(exchange),
        "why": exchange.why,
        "http": exchange.http,
        "sent": exchange.sent,
        "took": exchange.took,
    }


def _signature(exchange: Exchange) -> str:
    if exchange.verdict == "bad signature":
        return "wrong"
    return "right" if exchange.signed else ""


def _request_id(exchange: Exchange) -> str | None:
    # The body may be cut, so it is not read as JSON.
    found = _REQUEST_ID.search(exchange.body)
    return None if found is None else found[1].decode()


def _event(kind: str, at: str, data: object) -> bytes:
    return f"event: {kind}\nid: {at}\ndata: {encode(data).decode()}\n\n".encode()


def _json(content: object, *, status: int = 200) -> web.Response:
    return web.Response(body=encode(content), status=status, content_type=_JSON, headers=PRIVATE)
