"""The server, a process of its own: raw asyncio on the loopback address, a port for each run, and
every count of the table.

Lines of JSON on its control port control it, and it ends when its standard input does. Each card is
also a line of the ledger, a file that only the checks of `faults.py` read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys
from itertools import count
from typing import IO, TYPE_CHECKING, Any, Final

from fault_table.rows import Fault
from fault_table.vendors import VENDORS, Reply, Request

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["serve"]

_BEFORE: Final = {Fault.LIMITED: 429, Fault.UNAVAILABLE: 503}
_FORBIDDEN: Final = Reply(
    status=403, body=b'{"message":"Forbidden"}', headers={"Content-Type": "application/json"}
)
_PAGE: Final = Reply(
    status=502,
    body=b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    headers={"Content-Type": "text/html"},
)


class _Case:
    """One run of one cell."""

    def __init__(self, number: int, vendor: str, fault: Fault, ledger: IO[str]) -> None:
        self.number: Final = number
        self.fault: Final = fault
        self.worked: Final = asyncio.Event()
        self.names: Final[list[str | None]] = []
        self.wrong: Final[list[str]] = []
        self.looks = self.effects = self.faulted = 0
        self.writers: Final[set[asyncio.StreamWriter]] = set()
        self.issuer: Final = VENDORS[vendor](self._make, self.wrong)
        self._ledger: Final = ledger
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        if self._server:
            self._server.close()
        for writer in self.writers:
            writer.transport.abort()

    def counts(self) -> dict[str, Any]:
        return {
            "names": self.names,
            "looks": self.looks,
            "effects": self.effects,
            "faulted": self.faulted,
            "wrong": self.wrong,
        }

    def _make(self, name: str | None) -> str:
        self.effects += 1
        card = f"card-{self.number}-{self.effects}"
        self._ledger.write(json.dumps({"case": self.number, "card": card, "name": name}) + "\n")
        self._ledger.flush()
        return card

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while await self._deliver(reader, writer, *self._take(await _read(reader))):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Exception as error:  # noqa: BLE001 - a server that breaks would look like a fault of the row
            self.wrong.append(f"the server broke: {error!r}")
        finally:
            self.writers.discard(writer)
            writer.close()

    def _take(self, request: Request) -> tuple[Reply, Fault]:
        """Do what the request asks for, once it is here in full; the answer, and how it is to be
        delivered.
        """
        issuer = self.issuer
        if request.path == issuer.looks_at:
            self.looks += 1
            return issuer.look(request), Fault.NONE
        if request.path != issuer.creates:
            self.wrong.append(f"an unknown path: {request.path}")
            return Reply(status=404, body=b"{}"), Fault.NONE
        name = issuer.name(request)
        self.names.append(name)
        fault = Fault.NONE if self.faulted else self.fault
        self.faulted += fault is not Fault.NONE
        if fault in _BEFORE:
            return issuer.refusal(_BEFORE[fault], request), Fault.NONE
        reply = issuer.repeated(name, request) or issuer.work(
            name, request, broken=fault is Fault.ERROR_500
        )
        if fault is Fault.REPEATED:
            reply = issuer.repeated(name, request) or issuer.work(name, request, broken=False)
        self.worked.set()
        return reply, fault

    async def _deliver(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply, fault: Fault
    ) -> bool:
        """Deliver an answer; true if the connection can be used again."""
        if fault is Fault.CLOSE:
            return False
        if fault is Fault.RESET:
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            writer.transport.abort()
            return False
        if fault in (Fault.STALL, Fault.HOLD):
            await reader.read()
            return False
        reply = {Fault.HTML_502: _PAGE, Fault.GATEWAY_403: _FORBIDDEN}.get(fault, reply)
        headers = {"Content-Length": str(len(reply.body))} | reply.headers
        head = (
            f"HTTP/1.1 {reply.status} -\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            + "\r\n"
        )
        cut = fault is Fault.CUT
        writer.write(head.encode() + (reply.body[: len(reply.body) // 2] if cut else reply.body))
        await writer.drain()
        return not cut


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    _, path, _ = head[0].split(" ")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    # Without a length there is a KeyError, and the run counts for nothing: no client here sends in
    # chunks.
    return Request(
        path=path, headers=headers, body=await reader.readexactly(int(headers["content-length"]))
    )


async def _settle() -> None:
    """What a client has written before it asks is in this process's sockets already: a few turns of
    the loop take it in.
    """
    for _ in range(50):
        await asyncio.sleep(0)


async def serve(ledger_path: Path) -> None:
    """Print the control port, and serve until standard input ends."""
    cases: dict[int, _Case] = {}
    numbers = count(1)

    async def steer(order: dict[str, Any]) -> dict[str, Any]:
        if order["do"] == "open":
            case = _Case(next(numbers), order["vendor"], Fault(order["fault"]), ledger)
            cases[case.number] = case
            return {"case": case.number, "port": await case.open()}
        case = cases[order["case"]]
        if order["do"] == "worked":
            await case.worked.wait()
            return {}
        await _settle()
        if order["do"] == "finish":
            case.close()
        return case.counts()

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(json.dumps(await steer(json.loads(line))).encode() + b"\n")
                await writer.drain()
        writer.close()

    with ledger_path.open("w") as ledger:
        server = await asyncio.start_server(control, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        ended = asyncio.Event()

        def heard() -> None:
            if not os.read(sys.stdin.fileno(), 1):
                ended.set()

        asyncio.get_running_loop().add_reader(sys.stdin, heard)
        await ended.wait()
