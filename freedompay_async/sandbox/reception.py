"""Receives the API's calls: finds the part that answers, lets it work, logs the exchange, and has
the answer delivered.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from freedompay_async.sandbox.answers import Answer, encode, error, gift
from freedompay_async.sandbox.desk.delivery import deliver
from freedompay_async.sandbox.desk.desk import Desk, Taken
from freedompay_async.sandbox.faults import Fault, Faults
from freedompay_async.sandbox.hosted import hashdt
from freedompay_async.sandbox.inspector.readable import readable
from freedompay_async.sandbox.issuing import rules
from freedompay_async.sandbox.issuing.gift_cards import GiftError

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping

    from freedompay_async.sandbox.gate import Gate
    from freedompay_async.sandbox.hosted.hashdt import HashDT
    from freedompay_async.sandbox.inspector.history import Exchange, History

__all__ = ["BODY_LIMIT", "Received", "Reception", "named"]

# A document of 2 MB is near 3 MB in Base64.
BODY_LIMIT: Final = 8 * 1024 * 1024

_UNSENT: Final = frozenset({Fault.DROPPED, Fault.CLOSED, Fault.STALLED, Fault.RESET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in.

    `verdict` is `ok`, or what was wrong with the call, or its fault, as `fault:CLOSED`; or both, as
    `duplicate, fault:CLOSED`.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    verdict: str


class Reception:
    """The handler of every path that is not a page's."""

    def __init__(
        self,
        *,
        desk: Desk,
        hashdt: HashDT,
        faults: Faults,
        gates: Mapping[str, Gate],
        received: deque[Received],
        history: History,
    ) -> None:
        self._desk: Final = desk
        self._hashdt: Final = hashdt
        self._faults: Final = faults
        self._gates: Final = gates
        self._received: Final = received
        self._history: Final = history

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Handle one request, from its body to its answer."""
        begun = time.perf_counter()
        path = request.path
        call = self._desk.call_of(path) or hashdt.call_of(path)
        try:
            body, taken = await self._take(request, call)
        except (ConnectionError, web.RequestPayloadError):
            # The client left in the middle of its request, so nobody reads this.
            return web.Response(status=400)
        self._received.append(
            Received(path=path, headers=dict(request.headers), body=body, verdict=taken.verdict)
        )
        exchange = self._history.begin(
            begun=begun,
            method=request.method,
            path=path,
            call=call,
            headers=request.headers,
            body=body,
            verdict=taken.verdict,
            signed=taken.signed,
            why=taken.why,
        )
        if gate := self._gates.get(call or ""):
            await gate.passed()
        response = await deliver(request, taken.answer, fault=taken.fault, faults=self._faults)
        self._note(exchange, taken, response)
        return response

    async def _take(self, request: web.Request, call: str | None) -> tuple[bytes, Taken]:
        path = request.path
        if call is None:
            return b"", Taken(
                answer=_refusal(path, "not_found", f"no such path: {readable(path)}", 404),
                verdict="unknown path",
            )
        if call in hashdt.calls():
            if request.method != "GET":
                return b"", Taken(
                    answer=_refusal(path, "method_not_allowed", "every call is a GET", 405),
                    verdict="wrong method",
                )
            return b"", self._hashdt.take(call, request.headers)
        if request.method != "POST":
            return b"", Taken(
                answer=_refusal(path, "method_not_allowed", "every call is a POST", 405),
                verdict="wrong method",
            )
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return b"", Taken(
                answer=_refusal(path, "too_large", f"the body is over {BODY_LIMIT} bytes", 413),
                verdict="too large",
            )
        return body, self._desk.take(path=path, headers=request.headers, body=body)

    def _note(self, exchange: Exchange, taken: Taken, response: web.StreamResponse) -> None:
        if taken.fault in _UNSENT:
            self._history.end(exchange, http=None, sent="nothing", answer=encode(taken.answer.body))
            return
        # The response has the body that left, unless it left in pieces.
        body = (
            response.body
            if isinstance(response, web.Response)
            and isinstance(response.body, bytes)
            and response.body
            else None
        )
        sent: Final = "part" if taken.fault is Fault.CUT else "whole"
        http = taken.answer.http if taken.fault is Fault.CUT else response.status
        self._history.end(exchange, http=http, sent=sent, answer=body or encode(taken.answer.body))


def _refusal(path: str, code: str, description: str, http: int) -> Answer:
    """A refusal in the form of the path's section."""
    if rules.of_gift_cards(path):
        return gift(GiftError.GENERAL, http=http)
    if hashdt.has(path):
        return hashdt.refusal(http, description)
    return error(code, description, http=http)


def named(path: str) -> str:
    """The call of a name, such as `card/issue`, or of a whole path; raises `ValueError`."""
    calls = rules.calls() | hashdt.calls()
    call = rules.call_of(path) or hashdt.call_of(path) or path
    if call not in calls:
        raise ValueError(f"{path!r} is not a call: use {', '.join(sorted(calls))}")
    return call
