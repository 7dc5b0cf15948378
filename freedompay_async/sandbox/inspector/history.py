"""The last requests with their answers, cut to size, for somebody who watches the sandbox run."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Final, Literal

from freedompay_async.sandbox.inspector.readable import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Exchange", "History"]

_KEPT: Final = 200
_BODY_KEPT: Final = 8 * 1024
_HEADER_KEPT: Final = 1024
_HEADERS_KEPT: Final = 50


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request, and its answer once that has left; long texts are cut."""

    number: int
    at: float
    method: str
    path: str
    call: str | None
    headers: list[tuple[str, str]]
    body: bytes
    size: int
    verdict: str
    signed: str
    why: str
    revision: int = 0
    http: int | None = None
    sent: Literal["whole", "part", "nothing"] | None = None
    answer: bytes = b""
    took: float | None = None
    begun: float = field(default_factory=time.perf_counter)


class History:
    """The last requests, in the order in which they came."""

    def __init__(self) -> None:
        self.run: Final = token_hex(4)
        """A mark of this history, to know it from that of an earlier sandbox."""
        self.calls = 0
        self.revision = 0
        self._exchanges: Final[OrderedDict[int, Exchange]] = OrderedDict()
        self._changed = asyncio.Event()

    def begin(
        self,
        *,
        begun: float,
        method: str,
        path: str,
        call: str | None,
        headers: Mapping[str, str],
        body: bytes,
        verdict: str,
        signed: str,
        why: str,
    ) -> Exchange:
        """Add a request, and forget the oldest if there are too many."""
        self.calls += 1
        exchange = Exchange(
            number=self.calls,
            at=time.time(),
            method=method,
            path=readable(path)[:_HEADER_KEPT],
            call=call,
            headers=[
                (readable(name), readable(value)[:_HEADER_KEPT])
                for name, value in list(headers.items())[:_HEADERS_KEPT]
            ],
            body=body[:_BODY_KEPT],
            size=len(body),
            verdict=verdict,
            signed=readable(signed)[:_BODY_KEPT],
            why=readable(why)[:_HEADER_KEPT],
            begun=begun,
        )
        self._exchanges[exchange.number] = exchange
        if len(self._exchanges) > _KEPT:
            self._exchanges.popitem(last=False)
        self._note_change(exchange)
        return exchange

    def end(
        self,
        exchange: Exchange,
        *,
        http: int | None,
        sent: Literal["whole", "part", "nothing"],
        answer: bytes,
    ) -> None:
        """Add the answer to a request."""
        exchange.http = http
        exchange.sent = sent
        exchange.answer = answer[:_BODY_KEPT]
        exchange.took = time.perf_counter() - exchange.begun
        self._note_change(exchange)

    def touch(self) -> None:
        """Note that the books changed without a request."""
        self.revision += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def find(self, number: int) -> Exchange | None:
        """One request; `None` if it is not kept any more."""
        return self._exchanges.get(number)

    def since(self, revision: int) -> list[Exchange]:
        """The requests that came or changed after a revision, in the order of the changes."""
        return sorted(
            (each for each in self._exchanges.values() if each.revision > revision),
            key=lambda each: each.revision,
        )

    async def changed(self, revision: int) -> None:
        """Wait until something changes after a revision."""
        while self.revision <= revision:
            await self._changed.wait()

    def _note_change(self, exchange: Exchange) -> None:
        exchange.revision = self.revision + 1
        self.touch()
