"""The server, a process of its own: uvloop, a bare protocol, and answers made beforehand.

    python -m side_by_side.server ANSWERS [--delay SECONDS] [--cpu NUMBER] [--tls FILE]

It prints its port, then answers each line of its standard input with its counts since the line
before, and ends when the input does.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import os
import ssl
import sys
import time
from typing import TYPE_CHECKING, Final, cast

import uvloop

from side_by_side.answers import ANSWERS, EFFECTS, NO_SUCH_ID, PLACE, QUESTION
from side_by_side.machine import pin, raise_open_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STEP: Final = 0.01
_UNKNOWN: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_NAMED: Final = b'"request_id":"'
_PLACE: Final = PLACE.encode()
_MALFORMED: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


class _Counts:
    """`strange`: requests that the server has no answer for; `took`: seconds from a whole request
    to its answer, of those that wait; `here`: how many of these were here, see `here`.
    """

    def __init__(self) -> None:
        self.calls = self.strange = self.connections = 0
        self.took = 0.0
        self._cpu = time.process_time()
        self._came: list[float] = []
        self._went: list[float] = []

    def comes(self) -> float:
        """Note a request that waits, and return the time."""
        now = time.monotonic()
        self._came.append(now)
        return now

    def goes(self, came: float) -> None:
        """Note its answer."""
        now = time.monotonic()
        self.took += now - came
        self._went.append(now)

    def tell(self) -> str:
        cpu = time.process_time()
        told = {
            "calls": self.calls,
            "strange": self.strange,
            "connections": self.connections,
            "took": self.took,
            "cpu": cpu - self._cpu,
            "here": here(self._came, self._went),
        }
        self._came, self._went = [], []
        self.calls = self.strange = self.connections = 0
        self.took, self._cpu = 0.0, cpu
        return json.dumps(told)


def here(came: Sequence[float], went: Sequence[float]) -> list[list[float]]:
    """How many requests were here, for each step of `STEP` seconds that had a change: the time when
    it ended, by the monotonic clock, and the seconds of all requests together until then.

    Both times are in order, because every request waits equally long.
    """
    told: list[list[float]] = []
    many, seconds, last = 0, 0.0, 0.0
    changes = heapq.merge(((at, 1) for at in came), ((at, -1) for at in went))
    for at, change in changes:
        seconds += many * (at - last)
        if not told or at - told[-1][0] >= STEP:
            told.append([round(at, 5), round(seconds, 5)])
        many, last = many + change, at
    return [*told, [round(last, 5), round(seconds, 5)]]


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as these clients speak it: a body has a Content-Length, and the next request
    waits for the answer.
    """

    def __init__(
        self, answers: Mapping[bytes, bytes], delay: float, counts: _Counts, known: set[bytes]
    ) -> None:
        self._answers = answers
        self._known = known
        self._delay = delay
        self._counts = counts
        self._loop = asyncio.get_running_loop()
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._counts.connections += 1

    def data_received(self, data: bytes) -> None:
        got = self._got = self._got + data if self._got else data
        end = got.find(b"\r\n\r\n")
        if end < 0:
            return
        head = got[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(got) < end + 4 + length:
            return
        counts = self._counts
        counts.calls += 1
        self._got = b""
        path = got[got.find(b" ") + 1 : got.find(b" ", got.find(b" ") + 1)]
        answer = self._answers.get(path, _UNKNOWN)
        if path in EFFECTS or path == QUESTION:
            answer = self._by_id(path, got, end, answer)
        if len(got) > end + 4 + length or b"\r\ntransfer-encoding:" in head:
            answer = _MALFORMED
        counts.strange += answer in (_UNKNOWN, _MALFORMED)
        if self._delay:
            self._loop.call_later(self._delay, self._late, answer, counts.comes())
        else:
            self._transport.write(answer)

    def _by_id(self, path: bytes, got: bytes, end: int, answer: bytes) -> bytes:
        at = got.find(_NAMED, end) + len(_NAMED)
        request_id = got[at : at + len(_PLACE)]
        if path in EFFECTS:
            self._known.add(request_id)
        elif request_id not in self._known:
            return NO_SUCH_ID
        return answer.replace(_PLACE, request_id)

    def _late(self, answer: bytes, came: float) -> None:
        self._counts.goes(came)
        if not self._transport.is_closing():
            self._transport.write(answer)


async def _serve(answers: Mapping[bytes, bytes], delay: float, tls: ssl.SSLContext | None) -> None:
    counts, ended, loop = _Counts(), asyncio.Event(), asyncio.get_running_loop()
    known: set[bytes] = set()
    server = await loop.create_server(
        lambda: _Connection(answers, delay, counts, known), "127.0.0.1", 0, ssl=tls, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)

    def heard() -> None:
        if os.read(sys.stdin.fileno(), 4096):
            print(counts.tell(), flush=True)
        else:
            ended.set()

    loop.add_reader(sys.stdin.fileno(), heard)
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("answers", choices=ANSWERS)
    parser.add_argument(
        "--delay", type=float, default=0.0, help="seconds from a request to its answer"
    )
    parser.add_argument("--cpu", type=int, help="the only processor to run on")
    parser.add_argument("--tls", help="a file with the key and the certificate")
    flags = parser.parse_args()
    pin(flags.cpu)
    raise_open_files()
    context = None
    if flags.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(flags.tls)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(ANSWERS[flags.answers], flags.delay, context))


if __name__ == "__main__":
    main()
