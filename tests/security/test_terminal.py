"""What an issuer or a file says reaches the terminal as letters, and never as an order to it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps

import pytest
from typer.testing import CliRunner

from freedompay_async import FreedomPay
from freedompay_async.cli import settings_flags
from freedompay_async.cli.app import app
from tests.cli.commands import ISSUE

ORDERS = {
    "a colour": "\x1b[31mred",
    "a title": "\x1b]0;title\x07",
    "a link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "a clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "one in one byte": "\x9b31m\x9d0;title\x9c",
    "a way back": "refused\rissued \b\b\b",
    "text that runs the other way": "\u202eder\u202c \u2066a\u2069 \u200f\u061c",
    "what can't be seen": "a\u200bb\u2060c\ufeffd\xad",
    "a line break": "no\nfreedompay: all is well\x0b\x0c\u2028\u2029\x85",
    "nothing at all": "a\x00b\x7fc",
}
EVERY = " ".join(ORDERS.values())
DT = "2026-05-14T16:00:00+06:00"
as_text_and_json = pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
ROWS = "key,phone,first_name,last_name\nk1,77010000001,Ivan,Ivanov\n"


@pytest.fixture
def _hurry(monkeypatch, hasty):
    """A refused row is settled in no time."""

    class Hurried(FreedomPay):
        def __init__(self, **options) -> None:
            super().__init__(**options | {"policy": hasty()})

    monkeypatch.setattr(settings_flags, "FreedomPay", Hurried)


@pytest.fixture
def shell(tmp_path, secret_key, _hurry):
    """Runs a command against a host that gives one answer to everything."""
    with contextlib.ExitStack() as stack:

        def run(*args, answer: bytes = b"{}", status: int = 200, **files):
            class Handler(BaseHTTPRequestHandler):
                def log_message(self, *said) -> None:
                    pass

                def do_POST(self) -> None:
                    self.rfile.read(int(self.headers["Content-Length"]))
                    self.send_response_only(status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

                do_HEAD = do_POST  # noqa: N815  the server's own way to name it

            host = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            host.daemon_threads = True
            thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(host.server_close)
            stack.callback(thread.join)
            stack.callback(host.shutdown)
            env = {
                "FREEDOMPAY_BASE_URL": f"http://127.0.0.1:{host.server_address[1]}",
                "FREEDOMPAY_REGION": "KZ",
            }
            env |= {
                "FREEDOMPAY_AUTH_ID": "10001",
                "FREEDOMPAY_SECRET_KEY": secret_key,
                "COLUMNS": "200",
                "TERM": "xterm",
            }
            with contextlib.chdir(tmp_path):
                result = CliRunner(env=env).invoke(app, list(map(str, args)))
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return result

        yield run


def refusal() -> bytes:
    return json.dumps(
        {"status": "error", "error_code": EVERY, "error_description": EVERY}, ensure_ascii=False
    ).encode()


def raw(result) -> list[str]:
    """What is neither a letter nor the end of a line."""
    return sorted(
        {char for char in result.stdout + result.stderr if not char.isprintable() and char != "\n"}
    )


READ = ("cards", "info", "card-1")
EFFECT = ("cards", "issue", "--client-id", "client-1", "--product-id", "2000")


@pytest.mark.parametrize("command", [READ, EFFECT], ids=["a question", "an effect"])
@as_text_and_json
def test_refusal_gives_no_orders(shell, command, json):
    result = shell(*command, *json, answer=refusal())

    assert result.exit_code == 1
    assert raw(result) == []


@pytest.mark.parametrize("form", ["a page", "an answer of another shape"])
def test_answer_that_is_none_gives_no_orders(shell, form):
    body = (
        f"<html>{EVERY}</html>".encode()
        if form == "a page"
        else json.dumps({"status": EVERY, "dt": DT}, ensure_ascii=False).encode()
    )
    result = shell(*READ, answer=body)

    assert result.exit_code == 1
    assert raw(result) == []


@as_text_and_json
def test_good_answer_gives_no_orders(shell, json):
    result = shell("clients", "cards", "client-1", *json, answer=good_answer())

    assert result.exit_code == 0
    assert raw(result) == []


def good_answer() -> bytes:
    text = EVERY
    more = {
        "cards": [{"card_id": text, "card_mask": text, text: text}],
        text: {text: [text]},
        "request_status": text,
    }
    return json.dumps({"status": "ok", **more}, ensure_ascii=False).encode()


@as_text_and_json
def test_state_of_a_request_gives_no_orders(shell, json):
    state = {"status": "ok", "request_status": "error", "client_id": EVERY, "error_code": EVERY}
    body = dumps(state, ensure_ascii=False).encode()
    result = shell("requests", "status", "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11", *json, answer=body)

    assert result.exit_code == 1
    assert raw(result) == []


@as_text_and_json
def test_run_of_a_batch_gives_no_orders(shell, tmp_path, json):
    (tmp_path / "clients.csv").write_text(ROWS)
    result = shell(*ISSUE, *json, answer=refusal())

    assert result.exit_code == 1
    assert "refused" in result.stdout
    assert raw(result) == []


WRITTEN = {
    "a reason": "UPDATE rows SET reason = ?",
    "a client": "UPDATE rows SET client_id = ?",
    # No request id can be made of these, and the report tells of the rows all the same.
    "a key": "UPDATE rows SET key = ?",
    "a batch": "UPDATE meta SET value = ? WHERE name = 'batch'",
    "a merchant": "UPDATE meta SET value = ? WHERE name = 'merchant'",
}


@pytest.mark.parametrize("order", WRITTEN.values(), ids=WRITTEN)
@as_text_and_json
def test_journal_that_somebody_wrote_in_gives_no_orders(shell, tmp_path, json, order):
    (tmp_path / "clients.csv").write_text(ROWS)
    shell(
        "batch", "issue", "clients.csv", "--product", 2000, "--journal", "run.db", answer=refusal()
    )
    with contextlib.closing(sqlite3.connect(tmp_path / "run.db")) as journal, journal:
        journal.execute(order, (EVERY,))
    result = shell("batch", "report", "run.db", *json)

    assert result.exit_code == 1
    assert "refused" in result.stdout
    assert raw(result) == []


@pytest.mark.parametrize("place", ["a cell", "the header", "json"])
@as_text_and_json
def test_file_of_clients_gives_no_orders(shell, tmp_path, place, json):
    name = "clients.jsonl" if place == "json" else "clients.csv"
    text = EVERY
    files = {
        "a cell": ROWS + f'"{text}","{text}","{text}","{text}"\n',
        "the header": ROWS.replace("last_name", f'last_name,"{text}"'),
        "json": dumps({text: text, "key": text}, ensure_ascii=False) + "\n",
    }
    (tmp_path / name).write_text(files[place], encoding="utf-8", newline="")
    result = shell("batch", "plan", name, "--product", 2000, *json)

    assert result.exit_code == 2
    assert raw(result) == []


@as_text_and_json
def test_doctor_gives_no_orders(shell, json):
    result = shell("doctor", *json, answer=refusal())

    assert result.stdout != ""
    assert raw(result) == []


def test_json_has_the_text_to_the_letter(shell):
    body = json.dumps(
        {"status": "ok", "dt": DT, "cards": [{"card_id": EVERY}]}, ensure_ascii=False
    ).encode()
    result = shell("clients", "cards", "client-1", "--json", answer=body)

    assert json.loads(result.stdout)["cards"][0]["card_id"] == EVERY
