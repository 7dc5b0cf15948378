"""Servers that do not answer like the Card API: never a traceback, and nothing said that is not
known.
"""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from freedompay_async.sandbox import Fault

PAGE = b"<!DOCTYPE html><html><body>Welcome to nginx!</body></html>"
STATUS = ("requests", "status", "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a")


class Server:
    """Says one thing to everybody."""

    def __init__(self, status: int, body: bytes, kind: str) -> None:
        self.paths = paths = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                paths.append(self.path)
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.base_url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def says():
    with contextlib.ExitStack() as stack:

        def make(status, body, kind="application/json"):
            server = Server(status, body, kind)
            stack.callback(server.close)
            return server

        yield make


NOT_THE_API = {
    "a page": (200, PAGE, "text/html"),
    "a page that is not there": (404, PAGE, "text/html"),
    "a page that is forbidden": (403, PAGE, "text/html"),
    "nothing": (200, b"", "text/plain"),
    "a redirection": (301, b"", "text/plain"),
    "cut JSON": (200, b'{"status": "ok", "request_st', "application/json"),
    "JSON of another shape": (200, b'{"code": 0, "result": []}', "application/json"),
    "another status": (200, b'{"status": "perhaps"}', "application/json"),
}


@pytest.mark.parametrize("answer", NOT_THE_API.values(), ids=NOT_THE_API)
def test_a_server_that_is_not_the_api_is_found_out_before_any_row(
    shell, says, people, hurry, answer
):
    server = says(*answer)
    result = shell.issue(people(3), "--base-url", server.base_url)

    assert result.exit_code == 2
    assert result.stderr.startswith(
        f"freedompay: {server.base_url} does not answer like the Card API: "
    )
    assert "Check base_url and region; no row was sent." in result.stderr
    assert {path.rpartition("/v5/card-api/")[2] for path in server.paths} == {"request/status"}
    assert shell.names() == ["clients.csv"]


def test_what_it_said_instead_is_shown(shell, says, people):
    server = says(200, PAGE, "text/html")
    result = shell.issue(people(3), "--base-url", server.base_url)

    assert "an HTML page" in result.stderr
    assert result.stderr.endswith(f"{PAGE.decode()}\n")


def test_secrets_in_what_it_said_are_masked(shell, says, people):
    server = says(200, b'{"code": 0, "pan": "4111111111111111", "secret_key": "hush"}')
    result = shell.issue(people(3), "--base-url", server.base_url)

    assert '"pan":"***","secret_key":"***"' in result.stderr.replace(": ", ":")
    assert "4111111111111111" not in result.stderr


@pytest.mark.parametrize("answer", NOT_THE_API.values(), ids=NOT_THE_API)
def test_a_question_to_a_server_that_is_not_the_api(shell, says, answer):
    server = says(*answer)
    result = shell(*STATUS, "--base-url", server.base_url)

    assert result.exit_code == 1
    assert STATUS[2] in result.stdout + result.stderr


def test_a_question_that_gets_a_page_shows_it(shell, says):
    result = shell(*STATUS, "--base-url", says(200, PAGE, "text/html").base_url)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "freedompay: requests.status: the answer does not fit the contract (HTTP 200, an HTML "
        "page)."
    )
    assert result.stderr.endswith(f"{PAGE.decode()}\n")


BAD = {
    "500": (500, b"{}", "application/json"),
    "502": (502, PAGE, "text/html"),
    "10 MB": (
        200,
        b'{"status": "ok", "padding": "' + b"0" * 10 * 2**20 + b'"}',
        "application/json",
    ),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_a_server_in_trouble_leaves_rows_unknown_and_refuses_none(
    shell, says, people, hurry, answer
):
    server = says(*answer)
    result = shell.issue(people(2), "--base-url", server.base_url)
    report = shell.report()

    assert result.exit_code in (1, 3)
    assert "Traceback" not in result.stderr
    assert (report["issued"], report["refused"]) == (0, 0)
    assert report["unknown"] + report["started"] + report["planned"] == 2


FAULTS = (
    Fault.HTML_200,
    Fault.CUT_JSON,
    Fault.OTHER_SHAPE,
    Fault.HUGE,
    Fault.ODD_STATUS,
    Fault.CUT,
    Fault.HTML_502,
    Fault.ERROR_500,
)


@pytest.mark.parametrize("call", ["client/add", "card/issue", "request/status"])
def test_odd_answers_during_a_run_cost_no_card_and_make_no_second_one(
    shell, issuer, people, one_each, hurry, call
):
    # The first question is the one before the run.
    issuer.script(call, *([Fault.NONE] if call == "request/status" else []), *FAULTS)
    result = shell.issue(people(8), "--out", "issued.csv")

    assert result.exit_code == 0
    assert issuer.cards() == one_each(8)


def test_odd_answers_in_a_process_of_its_own(shell, issuer, people, one_each):
    for call in ("client/add", "card/issue"):
        issuer.script(call, *FAULTS)
    shell.file(people(8))
    command = shell.run("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000")

    assert command.process.returncode == 0
    assert "Traceback" not in command.stderr
    assert "Exception ignored" not in command.stderr
    assert issuer.cards() == one_each(8)
