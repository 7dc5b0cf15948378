"""An issuer that is nothing but sockets: it answers slowly, wrongly or not at all, and counts what
was done, by whom it was asked.

It makes no task of its own, so every task of a loop that it shares with a client is the client's.
As a program it serves until it is killed: `python raw_issuer.py [SEED]` prints its base URL; with a
seed it makes trouble. `GET /books` gives the counts.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import socket
import struct
import sys
from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

NO_LINGER = struct.pack("ii", 1, 0)
READS = {
    "card/balance",
    "card/info",
    "card/statement",
    "request/status",
    "card_status",
    "product_list",
    "limits/list",
}
# What goes wrong with one call, and how often in a storm, in percent.
STORM = {
    "lost": 4,
    "dropped": 3,
    "reset": 2,
    "cut": 3,
    "broken": 3,
    "page": 2,
    "limited": 3,
    "silent": 1,
    "slow": 8,
}
UNDONE = {"dropped", "limited"}
HOPS = 3
# What tells an issuer's own JSON from a gateway's.
ENVELOPE = {"dt": "2026-05-14T16:00:00+06:00"}
GIFT_ENVELOPE = {"datetime": "2026-05-14 10:00:00"}


class Asked(NamedTuple):
    """A whole request: the call, the id it concerns, and the number of the connection."""

    call: str
    concerns: str
    connection: int


class Books:
    """What was done: `effects` counts by request id, or `gift PHONE` and `confirm CARD` where the
    call has none.
    """

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()
        self.ids: set[str] = set()
        self.old: set[str] = set()
        self.numbers = itertools.count(500)

    def turn(self) -> None:
        """A new page; the ids of the page before are still known."""
        self.effects, self.old, self.ids = Counter(), self.ids, set()

    def take(self, call: str, fields: dict, header_id: str | None, *, done: bool) -> dict:
        """The answer; the work is done unless a fault has it otherwise."""
        if call in READS:
            return self.tell(call, fields)
        own = fields.get("request_id") or header_id
        if own in self.ids or own in self.old:
            gift = "phone" in fields or "otp" in fields
            return (
                GIFT_ENVELOPE | {"status": -1}
                if gift
                else ENVELOPE | {"status": "error", "error_code": "duplicate"}
            )
        if done:
            self.effects[_effect(call, fields)] += 1
            self.ids |= {own} - {None}
        if call == "issue_card":
            return GIFT_ENVELOPE | {"status": 0, "card_id": next(self.numbers)}
        if call == "activate_card":
            return GIFT_ENVELOPE | {"status": 0, "card_status": 1}
        return (
            ENVELOPE
            | {"status": "ok"}
            | ({"request_status": "process"} if "request_id" in fields else {})
        )

    def tell(self, call: str, fields: dict) -> dict:
        if call == "request/status":
            own = fields["request_id"]
            if own not in self.ids and own not in self.old:
                return ENVELOPE | {"status": "error", "error_code": "unknown_request"}
            made = {"cards": [{"card_id": f"card-{own}"}], "client_id": f"client-{own}"}
            return ENVELOPE | {"status": "ok", "request_status": "success"} | made
        if call == "card/statement":
            day = fields["start_date"][:8] + "15"
            return ENVELOPE | {
                "status": "ok",
                "operations": [{"amount": 1, "datetime": f"{day}T10:00:00+05:00"}],
            }
        if call in ("card_status", "product_list"):
            return GIFT_ENVELOPE | {"status": 0, "card_status": 1, "product_list": []}
        return ENVELOPE | {
            "status": "ok",
            "balance": 1,
            "currency": "KZT",
            "card_id": fields.get("card_id"),
            "limits": [],
        }


def _effect(call: str, fields: dict) -> str:
    if call == "issue_card":
        return f"gift {fields['phone']}"
    if call == "activate_card":
        return f"confirm {fields.get('card_id')}"
    return fields.get("request_id") or f"{call} {fields.get('card_id')}"


class Desk(asyncio.Protocol):
    """One connection."""

    def __init__(self, issuer: RawIssuer) -> None:
        self.issuer = issuer
        self.buffer = bytearray()
        self.busy = False

    def connection_made(self, transport):
        self.transport = transport
        self.issuer.connections += 1
        self.number = self.issuer.connections
        self.issuer.open[self.number] = self

    def connection_lost(self, error):
        self.issuer.open.pop(self.number, None)
        if self.buffer:
            self.issuer.partial.append(bytes(self.buffer))

    def data_received(self, data):
        self.buffer += data
        if self.issuer.piece:
            # So that what is larger than the buffers of the two sockets waits to be written.
            self.transport.pause_reading()
            self.later(self.transport.resume_reading)
        if not self.busy:
            self.next()

    def next(self):
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", 0))
        if len(body) < length:
            return
        del self.buffer[: len(head) + 4 + length]
        method, path, _ = first.split()
        self.busy = True
        self.answer(method, path, headers, json.loads(body[:length] or b"{}"))

    def answer(self, method, path, headers, fields):
        issuer = self.issuer
        if path == "/books":
            # Called by whoever has no call on the way: what was done is told once, and old ids are
            # not kept for ever.
            self.say(
                200,
                {
                    "effects": issuer.books.effects,
                    "callers": len(issuer.callers),
                    "requests": issuer.count,
                },
            )
            issuer.books.turn()
            return
        header_id = headers.get("x-request-id") or headers.get("request-id")
        call = path.removeprefix("/v5/card-api/").removeprefix("/v5/cards/")
        issuer.callers.add(self.number)
        issuer.note(
            Asked(
                call,
                str(
                    fields.get("request_id")
                    or fields.get("phone")
                    or header_id
                    or fields.get("card_id")
                ),
                self.number,
            )
        )
        if method == "GET":
            told = {
                "status": "Success",
                "code": 200,
                "data": [{"set_pin_url": f"https://pins.example.com/{header_id}"}],
            }
            fault = issuer.fault("pin")
        else:
            fault = issuer.fault(call)
            told = issuer.books.take(call, fields, header_id, done=fault not in UNDONE)
        self.deliver(fault, told, "gift" if path.startswith("/v5/cards/") else "card")

    def deliver(self, fault, told, section):
        body = json.dumps(told).encode()
        match fault:
            case "lost" | "dropped":
                self.transport.close()
            case "reset":
                self.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER
                )
                self.transport.abort()
            case "cut":
                self.transport.write(_head(200, len(body)) + body[: len(body) // 2])
                self.transport.close()
            case "broken":
                self.say(
                    500,
                    GIFT_ENVELOPE | {"status": -1}
                    if section == "gift"
                    else ENVELOPE | {"status": "error", "error_code": "internal"},
                )
            case "page":
                self.write(_head(502, 15) + b"<html>502</html"[:15])
            case "limited":
                self.say(429, ENVELOPE | {"status": "error", "error_code": "limit"})
            case "held":
                self.issuer.held.append(lambda: self.say(200, told))
            case "silent":
                pass  # Until the client has enough of it.
            case "slow":
                self.slowly(_head(200, len(body)) + body, 16)
            case _ if self.issuer.piece:
                self.slowly(_head(200, len(body)) + body, self.issuer.piece)
            case _:
                self.say(200, told)

    def say(self, status, told):
        body = json.dumps(told).encode()
        self.write(_head(status, len(body)) + body)

    def slowly(self, data, piece):
        """A piece each few turns of the loop, so that a client in the same loop sees every piece by
        itself.
        """
        if len(data) <= piece:
            self.write(data)
        else:
            self.transport.write(data[:piece])
            self.later(self.slowly, data[piece:], piece)

    def later(self, work, *args, hops=HOPS):
        if self.transport.is_closing():
            return
        if hops:
            asyncio.get_running_loop().call_soon(lambda: self.later(work, *args, hops=hops - 1))
        else:
            work(*args)

    def write(self, data):
        self.transport.write(data)
        self.busy = False
        self.next()


def _head(status: int, length: int) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()


class RawIssuer:
    """`async with RawIssuer() as issuer:`; `piece` is how many bytes of an answer come at once, 0
    for all.
    """

    def __init__(
        self, *, tls=None, piece: int = 0, rng: random.Random | None = None, keep: bool = True
    ) -> None:
        self.tls = tls
        self.piece = piece
        self.rng = rng
        self.keep = keep
        self.books = Books()
        self.scripts: dict[str, deque[str]] = {}
        self.asked: list[Asked] = []
        self.partial: list[bytes] = []
        self.held: list[Callable[[], None]] = []
        self.open: dict[int, Desk] = {}
        self.callers: set[int] = set()
        self.connections = 0
        self.count = 0

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: Desk(self), "127.0.0.1", 0, ssl=self.tls, backlog=1024
        )
        self.base_url = (
            f"http{'s' if self.tls else ''}://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        )
        return self

    async def __aexit__(self, *_):
        self.server.close()
        # What has just been accepted gets its transport first.
        for _ in range(5):
            await asyncio.sleep(0)
        for desk in list(self.open.values()):
            desk.transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)

    def script(self, call: str, *faults: str) -> None:
        """What goes wrong with the next calls of this kind; nothing does afterwards."""
        self.scripts.setdefault(call, deque()).extend(faults)

    def fault(self, call: str) -> str:
        if script := self.scripts.get(call):
            return script.popleft()
        if self.rng is None:
            return ""
        point = self.rng.random() * 100
        for fault, share in STORM.items():
            point -= share
            if point < 0:
                return fault
        return ""

    def release(self) -> None:
        """The answers that were held go out."""
        while self.held:
            self.held.pop()()

    def note(self, asked: Asked) -> None:
        self.count += 1
        if self.keep:
            self.asked.append(asked)

    def saw(self, text: str) -> bool:
        """Whether a request with this text came, whole or in part."""
        return any(asked.concerns == text for asked in self.asked) or any(
            text.encode() in part for part in self.partial
        )


async def serve(*seed: str) -> None:
    async with RawIssuer(rng=random.Random(seed[0]) if seed else None, keep=False) as issuer:
        print(issuer.base_url, flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
