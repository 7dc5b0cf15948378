"""An issuer, a folder for files and journals, and a client in a hurry."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import asynccontextmanager, closing, suppress
from typing import TYPE_CHECKING

import pytest

from freedompay_async import FreedomPay, Policy
from freedompay_async.batch import Batch, Journal, Limits, outage, read_file
from freedompay_async.codec.messages import Reply
from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.errors import JournalError
from freedompay_async.sandbox import Fault, Sandbox
from tests.leaks.everywhere import Story
from tests.rows import row_of_file as person
from tests.settings_of import settings_of
from tests.transports import Road, in_use

if TYPE_CHECKING:
    from pathlib import Path

    from freedompay_async.sandbox import Sandbox

FAST = {
    "attempt_timeout": 10.0,
    "pause": 0.002,
    "max_pause": 0.01,
    "grace": 0.05,
    "poll_first": 0.002,
    "poll_most": 0.02,
    "retries_per_second": 1000.0,
}
ADDRESS = {
    f"address{number}_{part}": value
    for number in (1, 2)
    for part, value in {
        "country": "KAZ",
        "postal_code": "050000",
        "line1": "Almaty",
        "line2": "Abai",
        "line3": "1",
    }.items()
}


def people(count: int, last_names: dict[int, str] | None = None) -> list[dict]:
    """Numbers from 1; `last_names` are those that the issuer has its own mind about."""
    return [
        person(number, last_name=(last_names or {}).get(number, "Ivanov"))
        for number in range(1, count + 1)
    ]


class Office:
    """A folder, an issuer, and what a user does with them."""

    def __init__(self, issuer: Sandbox, folder: Path) -> None:
        self.issuer = issuer
        self.folder = folder
        self._made_of: dict[Batch, tuple[FreedomPay, Road]] = {}

    def file(self, rows: list[dict], name: str = "clients.csv") -> Path:
        path = self.folder / name
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def document(
        self, name: str = "id.pdf", content: bytes = b"%PDF-1.4 the passport of Ivan"
    ) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def with_document(self, number: int, name: str = "id.pdf", **changes) -> dict:
        """A row of product 1000."""
        return person(
            number,
            product_id=1000,
            country="KAZ",
            person_id=f"90010130000{number}",
            document=name,
            **ADDRESS,
            **changes,
        )

    def client(self, *, policy: dict | None = None, **options) -> FreedomPay:
        return FreedomPay(
            **settings_of(self.issuer) | options, policy=Policy(**FAST | (policy or {}))
        )

    @asynccontextmanager
    async def batch(self, journal: str = "run.db", *, client: dict | None = None, **options):
        road = Road()
        async with (
            self.client(transport=road, **client or {}) as fp,
            Journal.open(self.folder / journal) as opened,
        ):
            batch = Batch(fp, opened, **options)
            self._made_of[batch] = fp, road
            yield batch

    def road(self, batch: Batch) -> Road:
        """The transport of a batch of this office."""
        return self._made_of[batch][1]

    def client_of(self, batch: Batch) -> FreedomPay:
        """The client of a batch of this office."""
        return self._made_of[batch][0]

    async def plan(self, batch: Batch, file: Path):
        return await batch.plan(read_file(file, product_id=2000))

    async def issue(self, file: Path, journal: str = "run.db", **options):
        """Plan, run to the end, report."""
        async with self.batch(journal, **options) as batch:
            plan = await self.plan(batch, file)
            assert plan.problems == ()
            return await self.finish(batch)

    async def finish(self, batch: Batch, at_each=lambda: None):
        async for _ in batch.run():
            at_each()
        return await batch.report()

    async def resume(self, journal: str = "run.db", **options):
        async with self.batch(journal, **options) as batch:
            return await self.finish(batch)

    async def held(self, gate, running: asyncio.Task) -> None:
        """Returns once a call has come to the gate; a run that ends before that raises what it has
        to say.
        """
        reached = asyncio.create_task(gate.reached())
        await asyncio.wait({reached, running}, return_when=asyncio.FIRST_COMPLETED)
        if not reached.done():
            reached.cancel()
            raise AssertionError(f"the run ended before the gate: {running.result()}")

    @asynccontextmanager
    async def under_way(self, call: str, rows: list[dict], **options):
        """A batch of these rows whose run waits for the answer of a call: the batch, the run, and
        the gate that lets the answer go.
        """
        gate = self.issuer.gate(call)
        async with self.batch(**options) as batch:
            await self.plan(batch, self.file(rows))
            running = asyncio.create_task(self.finish(batch))
            await self.held(gate, running)
            yield batch, running, gate

    def request_id(self, key: str, step: str, batch: str = "default") -> str:
        return derive_request_id(self.issuer.auth_id, batch, key, step)

    def cards(self) -> Counter:
        """How many cards each phone has, in the issuer's own books."""
        return Counter(card["phone"] for card in self.issuer.ledger())

    def effects(self) -> list[dict]:
        """The bodies of the calls that change something, as they arrived."""
        return [
            json.loads(each.body)
            for each in self.issuer.received
            if not each.path.endswith("request/status")
        ]

    def arrived(self, call: str) -> int:
        return sum(each.path.endswith(call) for each in self.issuer.received)

    def sizes(self) -> tuple[int, int]:
        """How many rows and settings the journal has."""
        return self.kept("SELECT (SELECT count(*) FROM rows), (SELECT count(*) FROM meta)")[0]

    def kept(self, question: str, journal: str = "run.db") -> list[tuple]:
        """What is on the disk now."""
        with self.on_disk(journal) as image:
            return image.execute(question).fetchall()

    def alter(self, statement: str, *values: tuple, journal: str = "run.db") -> None:
        """Change a closed journal, once for each tuple of values."""
        with closing(sqlite3.connect(self.folder / journal, isolation_level=None)) as connection:
            connection.executemany(statement, values or [()])

    def on_disk(self, journal: str = "run.db") -> sqlite3.Connection:
        """What a machine would find after a crash at this moment."""
        image = self.folder / "image"
        shutil.rmtree(image, ignore_errors=True)
        image.mkdir()
        for suffix in ("", "-wal"):
            if (self.folder / f"{journal}{suffix}").exists():
                shutil.copy(self.folder / f"{journal}{suffix}", image / f"{journal}{suffix}")
        return closing(sqlite3.connect(image / journal))


class Trouble:
    """Trouble of the disk, below an open journal."""

    @staticmethod
    def begins(journal: Journal, pragma: str = "max_page_count = 1") -> None:
        """Before the next write; by default no page is added any more."""
        journal.writer.note(lambda connection: connection.execute(f"PRAGMA {pragma}").fetchall())

    @staticmethod
    async def fill(journal: Journal) -> None:
        """Use up whatever room the pages of the intents have."""
        statement = (
            "INSERT INTO intents (number, step, request_id, body_sha256, sent_at) "
            "VALUES (?1, '', ?1, '', 0)"
        )
        with suppress(JournalError):
            for number in range(100_000):
                await journal.writer.call(
                    lambda connection, number=number: connection.execute(statement, (-number,))
                )


@pytest.fixture
def trouble():
    return Trouble


@pytest.fixture
def between(office):
    """Somebody between a batch and the issuer: `rule(call, request_id, send)` gives a reply, or
    awaits `send()` as often as it likes.
    """

    def put(batch, rule):
        road = office.road(batch)
        send = road.carry

        async def carried(message, attempt):
            request_id = json.loads(message.body)["request_id"]
            reply = await rule(
                message.path.split("card-api/")[-1], request_id, lambda: send(message, attempt)
            )
            if not attempt.sent:
                attempt.connected()
            return reply

        road.carry = carried

    return put


@pytest.fixture
def said():
    """A reply in the contract's own form, or any other text."""

    def said(body, status=200):
        return Reply(
            status,
            {},
            body
            if isinstance(body, bytes)
            else json.dumps({"dt": "2026-05-01T00:00:00+05:00"} | body).encode(),
        )

    return said


def one_each(count: int) -> Counter:
    return Counter({77010000000 + number: 1 for number in range(1, count + 1)})


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """A second between two questions is right for an issuer, and long for a test."""
    monkeypatch.setattr(outage, "_PAUSE", 0.02)


@pytest.fixture(name="people")
def _people():
    return people


@pytest.fixture(name="person")
def _person():
    return person


@pytest.fixture(name="one_each")
def _one_each():
    return one_each


@pytest.fixture
def office(issuer, tmp_path):
    return Office(issuer, tmp_path)


@pytest.fixture
def everywhere(office, people, one_each):
    """Cancels a story of a batch at its first wait, its second, and so on; what was wrong
    afterwards, and how many places there were.
    """

    def sent():
        return {body["request_id"] for body in office.effects()}

    async def run(story_of, *, late, faults=()):
        wrong, stop = [], 0
        while True:
            for call in faults:
                office.issuer.script(call)
                office.issuer.script(call, Fault.CLOSED)
            error = await one(story_of, stop, late=late, wrong=wrong)
            if error is None:
                return wrong, stop
            stop += 1

    async def one(story_of, stop, *, late, wrong):
        journal = f"run-{stop}.db"
        # A name of its own gives each run cards of its own.
        name = f"{stop}-{late}"
        async with office.client() as fp, Journal.open(office.folder / journal) as opened:
            batch = Batch(fp, opened, name=name, activate=True, limits=Limits(concurrency=2))
            await office.plan(batch, office.file(people(rows)))
            story = Story(stop, late=late)
            task = await story.run(story_of(batch))
            if not story.reached:
                task.result()
                return None
            await asyncio.sleep(0)
            wrong += [(stop, "not cancelled", task)] if not task.cancelled() else []
            wrong += [(stop, "left", each) for each in story.left()]
            wrong += (
                [(stop, "progress", batch.progress)]
                if batch.progress.in_progress or batch.progress.waiting
                else []
            )
            wrong += [(stop, "pool", fp)] if in_use(fp).taken else []
            # What the run has asked for is written before anything is read.
            await opened.summary()
            kept = {each for (each,) in office.kept("SELECT request_id FROM intents", journal)}
            wrong += [(stop, "sent and not written", each) for each in sent() - kept - seen]
            report = await office.finish(batch)
        wrong += [(stop, "not complete", report)] if not report.complete else []
        made = [card for card in office.issuer.ledger() if card["request_id"] not in seen]
        wrong += [(stop, "cards", made)] if len(made) != rows else []
        seen.update(sent())
        return task

    seen: set[str] = set()
    rows = 2
    return run
