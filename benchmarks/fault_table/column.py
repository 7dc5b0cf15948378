"""Runs every row of one column, and controls the server over its control port."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import importlib
import json
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from fault_table.rows import ROWS, SIX, Learned, Result, Row

__all__ = ["COLUMNS", "run_column"]

COLUMNS: Final = {
    "freedompay_async": "fault_table.ours:Ours",
    "freedompay_async, direct": "fault_table.ours:OursDirect",
    "hand-written aiohttp": "fault_table.by_hand:ByHand",
    "lithic": "fault_table.lithic_sdk:Lithic",
    "lithic, key given": "fault_table.lithic_sdk:LithicWithKey",
    "stripe": "fault_table.stripe_sdk:Stripe",
    "stripe, retries on": "fault_table.stripe_sdk:StripeWithRetries",
}


class _Client(Protocol):
    vendor: str
    gives_id: bool
    """The caller makes the id and hands it in, so he has it whatever happens."""

    def __init__(self, url: str, seconds: float) -> None: ...
    async def create(self) -> str: ...
    async def close(self) -> None: ...
    def says_done(self, error: BaseException) -> str: ...


class _Case:
    """The control port's client for one run."""

    def __init__(self, control: int, vendor: str, row: Row) -> None:
        self._control: Final = control
        self._socket: Final = socket.create_connection(("127.0.0.1", control))
        self._file: Final = self._socket.makefile("rw")
        opened = self._say(do="open", vendor=vendor, fault=row.fault)
        self.number: Final[int] = opened["case"]
        self.url: Final = f"http://127.0.0.1:{opened['port']}"

    def counts(self, do: str = "count") -> dict[str, Any]:
        return self._say(do=do, case=self.number)

    async def worked(self) -> None:
        """Wait until the server has done the work and holds the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._control)
        writer.write(json.dumps({"do": "worked", "case": self.number}).encode() + b"\n")
        await reader.readline()
        writer.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _say(self, **order: Any) -> dict[str, Any]:
        self._file.write(json.dumps(order) + "\n")
        self._file.flush()
        said: dict[str, Any] = json.loads(self._file.readline())
        return said


def run_column(name: str, control: int, *, rounds: int, seconds: float) -> list[Result]:
    """Every row `rounds` times; `seconds` is the time-out of an attempt."""
    module, _, kind = COLUMNS[name].partition(":")
    make: type[_Client] = getattr(importlib.import_module(module), kind)
    return [
        _run(name, make, number, control=control, seconds=seconds)
        for number in range(len(ROWS))
        for _ in range(rounds)
    ]


def _run(name: str, make: type[_Client], number: int, *, control: int, seconds: float) -> Result:
    row = ROWS[number]
    case = _Case(control, make.vendor, row)
    # Outside of any event loop, as a module or a framework makes it.
    client = make(case.url, seconds)
    begun = time.perf_counter()
    if row.story == "six":
        learned = [asyncio.run(_learn(client, case, row, case.counts())) for _ in range(SIX)]
        # The loops of its connections are gone: that it can't be closed any more is no part of the
        # row.
        with contextlib.suppress(Exception):
            asyncio.run(client.close())
        took = time.perf_counter() - begun
    else:
        learned, took = asyncio.run(_one(client, case, row))
    counts = case.counts("finish")
    case.close()
    return Result(
        column=name,
        row=number,
        case=case.number,
        sends=len(counts["names"]),
        looks=counts["looks"],
        ids=len({each for each in counts["names"] if each is not None}),
        effects=counts["effects"],
        faulted=counts["faulted"],
        wrong=counts["wrong"],
        learned=learned,
        seconds=took,
    )


async def _one(client: _Client, case: _Case, row: Row) -> tuple[list[Learned], float]:
    begun = time.perf_counter()
    learned = await _learn(client, case, row, {"names": [], "effects": 0})
    took = time.perf_counter() - begun
    await client.close()
    return [learned], took


async def _learn(client: _Client, case: _Case, row: Row, before: dict[str, Any]) -> Learned:
    call = asyncio.ensure_future(client.create())
    if row.story == "cancelled":
        await case.worked()
        call.cancel()
    # Waited for, and not awaited: an exception is looked at as the call has raised it.
    await asyncio.wait([call])
    try:
        return Learned(card=call.result())
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it is, it is what the caller learns
        now = case.counts()
        says_done = client.says_done(error)
        if says_done == "not done" and now["effects"] > before["effects"]:
            says_done = "not done, wrongly"
        says_id = _says_id(error, now["names"][len(before["names"]) :])
        if says_id == "no" and client.gives_id:
            says_id = "the caller's own"
        return Learned(error=type(error).__name__, says_id=says_id, says_done=says_done)


def _says_id(error: BaseException, names: list[str | None]) -> str:
    """Whether one of the ids of the call is anywhere on the exception: its text, notes, attributes,
    or the request that it holds.
    """
    sent = [name for name in names if name]
    if not sent:
        return "none sent" if names else "nothing sent"
    if _holds(error, sent, depth=5):
        return "yes"
    seen = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if _holds(cause, sent, depth=5):
            return "in its cause"
        cause = cause.__cause__ or cause.__context__
    return "no"


def _holds(value: object, names: list[str], depth: int) -> bool:
    if isinstance(value, bytes | bytearray):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return any(name in value for name in names)
    if depth == 0 or value is None or isinstance(value, int | float | type):
        return False
    parts: list[object] = []
    if isinstance(value, BaseException):
        parts += [str(value), repr(value), *value.args, *getattr(value, "__notes__", ())]
    if isinstance(value, Mapping):
        parts += [part for item in value.items() for part in item]
    elif isinstance(value, Iterable) and isinstance(value, list | tuple | set):
        parts += value
    elif dataclasses.is_dataclass(value):
        parts += [getattr(value, each.name, None) for each in dataclasses.fields(value)]
    elif hasattr(value, "__dict__"):
        parts += [part for key, part in vars(value).items() if not key.startswith("__")]
    return any(_holds(part, names, depth - 1) for part in parts)
