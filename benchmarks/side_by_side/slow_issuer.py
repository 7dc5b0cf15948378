"""An issuer that takes its time, a process of its own: it accepts each request at once, and the
time that a request takes then is log-normal.

    python -m side_by_side.slow_issuer --median SECONDS --sigma SIGMA --seed NUMBER

It prints its port. Each line of its standard input it answers with what it has seen so far, as
JSON, and it ends when the input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from math import exp
from random import Random
from typing import TYPE_CHECKING, Final, cast

import uvloop

from side_by_side.answers import NO_SUCH_ID, QUESTION
from side_by_side.machine import raise_open_files

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED: Final = b'"request_id":"'
_ID: Final = 36


class _Seen:
    """What the issuer has seen of each request, by its id.

    Attributes:
        accepted: how many.
        looks: questions, of whatever request.
        strange: requests under an id that was taken before, and questions about one that was not.
        lags: from the end of a request to the first question that was told so, as a share of the
            time that the request took.
        takes: the times that requests took, in seconds.
    """

    def __init__(self, middle: float, sigma: float, seed: int) -> None:
        self._middle, self._sigma, self._random = middle, sigma, Random(seed)
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self._ends: dict[bytes, tuple[float, float]] = {}
        self._seen_at_end: set[bytes] = set()
        self.looks = self.strange = 0
        self.lags: list[float] = []

    def accept(self, own: bytes) -> bytes:
        if own in self._ends:
            self.strange += 1
        else:
            took = self._middle * exp(self._sigma * self._random.gauss(0, 1))
            self._ends[own] = (self._now() + took, took)
        return _answer("process", own)

    def look(self, own: bytes) -> bytes:
        self.looks += 1
        if own not in self._ends:
            self.strange += 1
            return NO_SUCH_ID
        end, took = self._ends[own]
        late = self._now() - end
        if late < 0:
            return _answer("process", own)
        if own not in self._seen_at_end:
            self._seen_at_end.add(own)
            self.lags.append(late / took)
        return _answer("success", own)

    def tell(self) -> str:
        return json.dumps(
            {
                "accepted": len(self._ends),
                "looks": self.looks,
                "strange": self.strange,
                "lags": self.lags,
                "takes": [took for _, took in self._ends.values()],
            }
        )


def _answer(state: str, own: bytes) -> bytes:
    content = {"status": "ok", "request_status": state, "dt": "2026-01-01T00:00:00+05:00"}
    if state == "success":
        content |= {"cards": [{"card_id": own.decode()}]}  # type: ignore[dict-item] # as the issuer has it
    body = json.dumps(content).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as this library speaks it."""

    def __init__(self, seen: _Seen) -> None:
        self._seen = seen
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        got = self._got = self._got + data
        end = got.find(b"\r\n\r\n")
        at = got[:end].lower().find(b"\r\ncontent-length:")
        if end < 0 or len(got) < end + 4 + int(got[at + 17 : end].split(b"\r\n", 1)[0]):
            return
        self._got = b""
        start = got.find(_NAMED, end) + len(_NAMED)
        own = got[start : start + _ID]
        asks = got.split(b" ", 2)[1] == QUESTION
        self._transport.write(self._seen.look(own) if asks else self._seen.accept(own))


async def _serve(middle: float, sigma: float, seed: int) -> None:
    seen, ended, loop = _Seen(middle, sigma, seed), asyncio.Event(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(seen), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)

    def heard() -> None:
        if os.read(sys.stdin.fileno(), 4096):
            print(seen.tell(), flush=True)
        else:
            ended.set()

    loop.add_reader(sys.stdin.fileno(), heard)
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="An issuer that takes its time.")
    parser.add_argument("--median", type=float, required=True)
    parser.add_argument("--sigma", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    flags = parser.parse_args()
    raise_open_files()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(flags.median, flags.sigma, flags.seed))


if __name__ == "__main__":
    main()
