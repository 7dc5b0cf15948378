"""No file that the library writes has a secret in it: the record, the journal of a batch, the
output of a command.
"""

from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
import threading
from base64 import b64decode, b64encode
from contextlib import closing

import pytest
from typer.testing import CliRunner

from freedompay_async.batch import Batch, Journal, Limits, read_file
from freedompay_async.cli.app import app
from freedompay_async.sandbox import Fault, Sandbox
from tests.secrets.issuer_of_trouble import Told
from tests.secrets.marked import CALLS, EXTRA, MARKS, client
from tests.secrets.scanner import Scanner

UNASKABLE = {
    name: CALLS[name]
    for name in (
        "cards.set_pin",
        "gift_cards.issue",
        "gift_cards.confirm",
        "gift_cards.resend",
        "gift_cards.resend_code",
    )
}


@pytest.mark.parametrize(
    "trouble",
    [
        "good",
        "refusal with the body as text",
        "refusal with the body inside",
        "closed",
        "stalled",
        "page",
        "401",
    ],
)
async def test_record_shows_no_secret(search, serving, tmp_path, trouble):
    record = tmp_path / "calls.jsonl"
    async with serving(trouble) as url, client(url, record=record) as fp:
        await search.calls(fp, UNASKABLE, extra=EXTRA)
        await search.call("made pin", fp.cards.set_pin("c-1", extra=EXTRA))
    text = record.read_bytes()

    assert text.count(b'"call":"gift_cards.confirm"') == 2
    assert [*search.scanner.text(text, "record"), *search.scanner.records(search.records)] == []


@pytest.mark.parametrize(
    ("name", "error"), [("no/c.jsonl", "NotSent"), (".", "ConfigurationError")]
)
async def test_record_that_can_not_be_written_shows_no_secret(
    search, serving, tmp_path, name, error
):
    async with serving("good") as url, client(url, record=tmp_path / name) as fp:
        await search.calls(fp, UNASKABLE, extra=EXTRA)

    assert search.found == []
    assert search.errors >= {error}


# -- a batch

DOCUMENT = b"%PDF-1.4 MARKPASSPORT90e7c41f2ab8d635"
PLACE = ("country", "postal_code", "line1", "line2", "line3")
ROW = {
    "phone": "77017777777",
    "first_name": "Ivan",
    "last_name": "Ivanov",
    "country": "KAZ",
    "person_id": "900101300001",
}
ADDRESSES = {
    f"address{number}_{part}": "KAZ" if part == "country" else "1"
    for number in (1, 2)
    for part in PLACE
}


@pytest.fixture
def clients(tmp_path):
    (tmp_path / "id.pdf").write_bytes(DOCUMENT)
    rows = [
        {"key": f"k{number}", "product_id": "1000", "document": "id.pdf"} | ROW | ADDRESSES
        for number in range(4)
    ]
    file = tmp_path / "clients.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


@pytest.mark.parametrize(
    "faults",
    [[], [Fault.ERROR_500, Fault.HTML_502, Fault.CLOSED, Fault.CUT_JSON]],
    ids=["none", "some"],
)
async def test_journal_of_a_batch_shows_no_secret(captured, tmp_path, clients, faults):
    scanner = Scanner(
        {
            "secret_key": MARKS["secret_key"],
            "raw": DOCUMENT.decode(),
            "base64": b64encode(DOCUMENT).decode(),
            "middle": b64encode(DOCUMENT[9:]).decode(),
        }
    )
    leaks, files = [], set()
    async with (
        Sandbox(secret_key=MARKS["secret_key"]) as issuer,
        client(issuer.base_url) as fp,
        Journal.open(tmp_path / "run.db") as journal,
    ):
        issuer.script("client/add", *faults)
        batch = Batch(fp, journal)
        plan = await batch.plan(read_file(clients, product_id=1000))
        async for outcome in batch.run():
            leaks += scanner.answer(outcome, "outcome")
        leaks += scanner.answer(await batch.report(), "report") + scanner.answer(plan, "plan")
        for file in tmp_path.glob("run.db*"):
            files.add(file.name)
            leaks += scanner.text(file.read_bytes(), file.name)
        arrived = [each.body for each in issuer.received if each.path.endswith("client/add")]
    leaks += scanner.text((tmp_path / "run.db").read_bytes(), "closed journal")
    leaks += scanner.records(captured)
    with closing(sqlite3.connect(tmp_path / "run.db")) as written:
        dump = "\n".join(written.iterdump())

    assert leaks == []
    assert files >= {"run.db", "run.db-wal"}
    assert "k3" in dump
    assert all(scanner.text(body, "sent") for body in arrived)
    assert len(arrived) >= 4


# -- the command


class Beside:
    """A server of `serving` on an event loop of its own."""

    def __init__(self, serving) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.serving = serving

    def __enter__(self) -> str:
        self.thread.start()
        return asyncio.run_coroutine_threadsafe(self.serving.__aenter__(), self.loop).result(10)

    def __exit__(self, *_) -> None:
        asyncio.run_coroutine_threadsafe(
            self.serving.__aexit__(None, None, None), self.loop
        ).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def merchant(monkeypatch):
    monkeypatch.setenv("FREEDOMPAY_AUTH_ID", "10001")
    monkeypatch.setenv("FREEDOMPAY_SECRET_KEY", MARKS["secret_key"])
    monkeypatch.setenv("FREEDOMPAY_REGION", "KZ")
    monkeypatch.delenv("FREEDOMPAY_TEST", raising=False)


@pytest.fixture
def command(serving, merchant):
    """Runs a command against a server with one kind of trouble; gives all that it has written."""

    def run(trouble: str, *words: str):
        with Beside(serving(trouble)) as url:
            return CliRunner().invoke(app, [*words, "--base-url", url])

    return run


# Two documents: one is known while it is sent, and a resumed run knows neither.
PASSPORT = b64encode(b"%PDF-1.4 MARK of a passport " * 30)


class Fails:
    """Accepts a row, and says later that it failed, with the whole request in its words; until
    `later` it is in process.
    """

    def __init__(self) -> None:
        self.later = False
        self.sent: dict[str, str] = {}

    def __call__(self, asked):
        request_id, said = (
            asked.fields["request_id"],
            {"status": "ok", "dt": "2026-01-15T12:00:00+05:00"},
        )
        if not asked.path.endswith("request/status"):
            self.sent[request_id] = asked.said
            return Told(200, json.dumps(said | {"request_status": "process"}).encode())
        if request_id not in self.sent:
            return Told(200, json.dumps(said | {"status": "error", "error_code": "1006"}).encode())
        if self.later:
            words = f"no good document: {self.sent[request_id]}"
            said |= {
                "request_status": "error",
                "error_code": "17",
                "error_description": words,
                "note": words,
            }
        return Told(200, json.dumps({"request_status": "process"} | said).encode())


async def left_in_process(url, clients, journal):
    """The run of another process, which stops waiting."""
    async with client(url) as fp, Journal.open(journal) as opened:
        batch = Batch(fp, opened, limits=Limits(wait=0.05))
        await batch.plan(read_file(clients, product_id=1000))
        assert [outcome async for outcome in batch.run()] == []


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.usefixtures("merchant")
def test_batch_that_fails_later_shows_no_secret(
    serving, captured, tmp_path, clients, form, resumed
):
    (tmp_path / "id.pdf").write_bytes(b64decode(PASSPORT))
    scanner = Scanner(
        {
            "key": MARKS["secret_key"],
            "head": PASSPORT[:40].decode(),
            "middle": PASSPORT[400:440].decode(),
        }
    )
    issuer, journal, out = Fails(), tmp_path / "run.db", tmp_path / "out.jsonl"
    issuer.later = not resumed
    words = ("issue", str(clients), "--product", "1000", "--journal", str(journal))
    with Beside(serving(issuer)) as url:
        if resumed:
            asyncio.run(left_in_process(url, clients, journal))
            issuer.later, words = True, ("resume", str(journal))
        shown = CliRunner().invoke(
            app, ["batch", *words, "--out", str(out), *form, "--base-url", url]
        )
    leaks = scanner.text(shown.output + shown.stderr, "output")
    report = CliRunner().invoke(app, ["batch", "report", str(journal), *form])
    leaks += scanner.text(report.output, "report")
    for file in (out, *tmp_path.glob("run.db*")):
        leaks += scanner.text(file.read_bytes(), file.name)

    assert [*leaks, *scanner.records(captured)] == []
    assert shown.exit_code == 1
    assert out.read_text().count("no good document: ") == 4
    assert all(scanner.text(body, "sent") for body in issuer.sent.values() if "document" in body)


SECRET_READS = [("cards", "secret-data", "c-1"), ("cards", "secret-data-v2", "c-1")]


@pytest.mark.parametrize("words", SECRET_READS, ids=" ".join)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("trouble", ["good", "other shape", "refusal with the body as text"])
def test_command_without_reveal_shows_no_secret(command, scanner, captured, words, form, trouble):
    done = command(trouble, *words, *form)

    assert [*scanner.text(done.output + done.stderr, "output"), *scanner.records(captured)] == []
    assert (done.exit_code == 0) == (trouble == "good")
    assert "***" in done.output or trouble != "good"


def test_command_with_reveal_shows_them(command, scanner):
    done = command("good", "cards", "secret-data", "c-1", "--reveal", "--json")

    assert {leak.mark for leak in scanner.text(done.output, "output")} == {"pan", "cvv", "expiry"}
