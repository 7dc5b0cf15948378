"""A batch, its journal and its issuer on one virtual clock: minutes of an outage take no time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from freedompay_async import FreedomPay
from freedompay_async.batch import Batch, Journal, Limits
from freedompay_async.batch.input.rows import read_row
from freedompay_async.batch.journal.schema import SCHEMA
from freedompay_async.codec.messages import Reply
from freedompay_async.transport.base import TransportError
from tests.transports import Carrier

FIRST = 77010000000


class InlineWriter:
    """Writes without a thread, which a virtual clock could not wait for."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.connection.executescript(SCHEMA)

    async def call(self, work):
        await asyncio.sleep(0)
        return work(self.connection)

    async def write(self, writer, values):
        await asyncio.sleep(0)
        given = writer(self.connection, [values])
        return None if given is None else given[0]

    async def fold(self):
        """There is no log."""

    def note(self, work):
        work(self.connection)

    note_optional = note

    def note_values(self, writer, values):
        writer(self.connection, [values])


class InlineJournal(Journal):
    def __init__(self) -> None:
        super().__init__(Path("memory"), create=False)
        self.writer = InlineWriter()


class Came(NamedTuple):
    at: float
    call: str
    answered: bool


class Issuer:
    """Does what it is asked under each id once, and takes its time; `trouble(now)` may say what
    goes wrong instead.

    Such a trouble is a function of the message and the work: it raises, or gives a reply.
    """

    def __init__(self, *, takes=0.1, processing=0.5) -> None:
        self.takes = takes
        self.processing = processing
        self.trouble = lambda now: None
        self.done: dict[str, tuple[float, dict]] = {}
        self.came: list[Came] = []
        self.effects: Counter[tuple[str, object]] = Counter()

    async def send(self, message, attempt):
        now = asyncio.get_running_loop().time()
        call, trouble = message.path.rsplit("/", 1)[-1], self.trouble(now)
        self.came.append(Came(now, call, trouble is None))
        try:
            async with attempt.clock():
                if trouble is not None:
                    return await trouble(attempt, lambda: self.work(call, json.loads(message.body)))
                attempt.connected()
                await asyncio.sleep(self.takes)
                return self.work(call, json.loads(message.body))
        except TimeoutError as error:
            raise TransportError("no answer in time") from error

    def work(self, call: str, body: dict) -> Reply:
        now, request_id = asyncio.get_running_loop().time(), body["request_id"]
        if call == "status":
            if request_id not in self.done:
                return _json(200, {"status": "error", "error_code": "unknown_request"})
            due, facts = self.done[request_id]
            return _json(
                200, {"status": "ok"} | (facts if now >= due else {"request_status": "process"})
            )
        if request_id in self.done:
            return _json(200, {"status": "error", "error_code": "refused"})
        subject = body["client"]["phone"] if call == "add" else body["client_id"]
        self.effects[(call, subject)] += 1
        made = (
            {"client_id": f"c{subject}"}
            if call == "add"
            else {"cards": [{"card_id": f"card-{subject}"}]}
        )
        self.done[request_id] = (now + self.processing, {"request_status": "success"} | made)
        return _json(200, {"status": "ok", "request_status": "process"})


def _json(status: int, body: dict, **headers: str) -> Reply:
    return Reply(status, headers, json.dumps(body).encode())


async def _refuses(attempt, work):
    raise TransportError("no connection to the issuer (refused)")


async def _resets_after_the_work(attempt, work):
    attempt.connected()
    work()
    raise TransportError("the connection broke")


async def _stalls(attempt, work):
    attempt.connected()
    await asyncio.get_running_loop().create_future()


async def _breaks(attempt, work):
    attempt.connected()
    return _json(503, {"status": "error", "error_code": "unavailable"})


async def _shows_a_page(attempt, work):
    attempt.connected()
    return Reply(200, {}, b"<html>We will be back soon</html>")


async def _limits(attempt, work):
    attempt.connected()
    await asyncio.sleep(0.1)
    return _json(429, {"status": "error", "error_code": "limit"}, **{"Retry-After": "1"})


def _asks_to_wait(status, seconds):
    """Nothing is done, and it says when to come again."""

    async def trouble(attempt, work):
        attempt.connected()
        await asyncio.sleep(0.1)
        return _json(
            status,
            {"status": "error", "error_code": "later"},
            **({} if seconds is None else {"Retry-After": str(seconds)}),
        )

    return trouble


@pytest.fixture(scope="session")
def goes_wrong():
    return SimpleNamespace(
        asks_to_wait=_asks_to_wait,
        refuses=_refuses,
        resets_after_the_work=_resets_after_the_work,
        stalls=_stalls,
        breaks=_breaks,
        shows_a_page=_shows_a_page,
        limits=_limits,
    )


@pytest.fixture(scope="session")
def issuer():
    return Issuer


@pytest.fixture(scope="session")
def run_batch(play):
    """Plans so many rows and runs them at this issuer; the report, and the seconds that the run
    took.

    `run.progress` is how the run stood at its end; a journal that is given has its plan, and the
    run is a resumed one.
    """

    def run(issuer, rows, *, check_first="sample", journal=None, **limits):
        resumed, run.journal = journal is not None, journal or InlineJournal()

        def batch():
            fp = FreedomPay(
                auth_id="10001",
                secret_key="secret",
                region="KZ",
                base_url="https://api.example.com",
                transport=Carrier(issuer),
            )
            return Batch(fp, run.journal, limits=Limits(**limits), check_first=check_first)

        # The rows are read in a thread, which a virtual clock could not wait for.
        if not resumed:
            asyncio.run(batch().plan(_rows(rows)))

        async def story():
            loop, task = asyncio.get_running_loop(), batch()
            began = loop.time()
            async for _ in task.run():
                pass
            run.progress = task.progress
            return await task.report(), loop.time() - began

        return play(story())

    return run


def _rows(count: int):
    for number in range(1, count + 1):
        fields = {
            "key": f"k{number}",
            "phone": FIRST + number,
            "first_name": "IVAN",
            "last_name": "IVANOV",
        }
        yield read_row(fields, line=number + 1, product_id=2000, today=date(2026, 1, 1))


@pytest.fixture(scope="session")
def once_each():
    """What an issuer has done when each of so many rows has its client and its card, once."""

    def expected(rows):
        phones = [FIRST + number for number in range(1, rows + 1)]
        return Counter(
            {("add", phone): 1 for phone in phones}
            | {("issue", f"c{phone}"): 1 for phone in phones}
        )

    return expected
