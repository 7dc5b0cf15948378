"""No file that the library writes has a secret in it: the record, the journal of a batch, the output of a command."""

from __future__ import annotations

import asyncio
import csv
import sqlite3
import threading
from base64 import b64encode
from contextlib import closing

import pytest
from typer.testing import CliRunner

from freedompay_async.batch import Batch, Journal, read_file
from freedompay_async.cli.app import app
from freedompay_async.sandbox import Fault, Sandbox
from tests.secrets.marked import CALLS, EXTRA, MARKS, client
from tests.secrets.scanner import Scanner

UNASKABLE = {
    name: CALLS[name] for name in ("cards.set_pin", "gift_cards.issue", "gift_cards.confirm", "gift_cards.resend", "gift_cards.resend_code")
}


@pytest.mark.parametrize(
    "trouble", ["good", "refusal with the body as text", "refusal with the body inside", "closed", "stalled", "page", "401"]
)
async def test_record_shows_no_secret(search, serving, tmp_path, trouble):
    record = tmp_path / "calls.jsonl"
    async with serving(trouble) as url, client(url, record=record) as fp:
        await search.calls(fp, UNASKABLE, extra=EXTRA)
        await search.call("made pin", fp.cards.set_pin("c-1", extra=EXTRA))
    text = record.read_bytes()

    assert text.count(b'"call":"gift_cards.confirm"') == 2
    assert [*search.scanner.text(text, "record"), *search.scanner.records(search.records)] == []


async def test_record_that_can_not_be_written_shows_no_secret(search, serving, tmp_path):
    async with serving("good") as url, client(url, record=tmp_path / "no" / "calls.jsonl") as fp:
        await search.calls(fp, UNASKABLE, extra=EXTRA)

    assert search.found == []
    assert search.errors >= {"JournalError"}


# -- a batch

DOCUMENT = b"%PDF-1.4 MARKPASSPORT90e7c41f2ab8d635"
PLACE = ("country", "postal_code", "line1", "line2", "line3")
ROW = {"phone": "77017777777", "first_name": "Ivan", "last_name": "Ivanov", "country": "KAZ", "person_id": "900101300001"}
ADDRESSES = {f"address{number}_{part}": "KAZ" if part == "country" else "1" for number in (1, 2) for part in PLACE}


@pytest.fixture
def clients(tmp_path):
    (tmp_path / "id.pdf").write_bytes(DOCUMENT)
    rows = [{"key": f"k{number}", "product_id": "1000", "document": "id.pdf"} | ROW | ADDRESSES for number in range(4)]
    file = tmp_path / "clients.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


@pytest.mark.parametrize("faults", [[], [Fault.ERROR_500, Fault.HTML_502, Fault.CLOSED, Fault.CUT_JSON]], ids=["none", "some"])
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
        asyncio.run_coroutine_threadsafe(self.serving.__aexit__(None, None, None), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def command(serving, monkeypatch):
    """Runs a command against a server with one kind of trouble; gives all that it has written."""
    monkeypatch.setenv("FREEDOMPAY_AUTH_ID", "10001")
    monkeypatch.setenv("FREEDOMPAY_SECRET_KEY", MARKS["secret_key"])
    monkeypatch.setenv("FREEDOMPAY_REGION", "KZ")
    monkeypatch.delenv("FREEDOMPAY_TEST", raising=False)

    def run(trouble: str, *words: str):
        with Beside(serving(trouble)) as url:
            return CliRunner().invoke(app, [*words, "--base-url", url])

    return run


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
