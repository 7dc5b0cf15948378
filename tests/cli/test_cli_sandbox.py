from __future__ import annotations

import base64
import json
import re
import signal
import socket

import pytest

from tests.cli.commands import get


@pytest.fixture
def shell(shell_of):
    return shell_of(None)


def test_it_prints_the_settings_for_it(running):
    _, settings = running()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", settings.pop("FREEDOMPAY_BASE_URL"))
    assert settings == {
        "FREEDOMPAY_REGION": "KZ",
        "FREEDOMPAY_AUTH_ID": "10001",
        "FREEDOMPAY_SECRET_KEY": "sandbox-secret",
    }


def test_the_settings_that_it_prints_are_enough_to_issue(shell, running, people, one_each):
    _, settings = running()
    result = shell.issue(people(3), **settings)
    ledger = [
        json.loads(line)
        for line in get(settings["FREEDOMPAY_BASE_URL"] + "/sandbox/ledger").splitlines()
    ]

    assert result.exit_code == 0
    assert {card["phone"]: 1 for card in ledger} == one_each(3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_good_order(running, number):
    command, _ = running()
    command.interrupt(number)

    assert (command.ends(), command.stderr) == (0, "")


def test_it_runs_until_it_is_told_to_end(shell, monkeypatch):
    def at_once(_, end):
        end()

    monkeypatch.setattr("freedompay_async.cli.sandboxes.take_signals", at_once)
    result = shell("sandbox", "--port", "0")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("An issuer for tests runs at http://127.0.0.1:")
    assert "/sandbox/ledger\n" in result.stdout


def test_a_key_of_ones_own_is_not_printed(shell, running, people):
    command, settings = running(FREEDOMPAY_SECRET_KEY="hush-hush", FREEDOMPAY_AUTH_ID="777")
    result = shell.issue(people(1), **settings | {"FREEDOMPAY_SECRET_KEY": "hush-hush"})

    assert "hush-hush" not in command.stdout + command.stderr
    assert settings["FREEDOMPAY_AUTH_ID"] == "777"
    assert result.exit_code == 0


def test_its_books_can_be_kept_in_a_file(running, shell, people):
    command, settings = running("--database", "bank.db")
    shell.issue(people(2), **settings)
    command.interrupt()
    command.ends()
    _, settings = running("--database", "bank.db")

    assert len(get(settings["FREEDOMPAY_BASE_URL"] + "/sandbox/ledger").splitlines()) == 2


def test_it_says_how_far_it_is(running):
    _, settings = running()

    assert json.loads(get(settings["FREEDOMPAY_BASE_URL"] + "/sandbox/health")) == {
        "ok": True,
        "calls": 0,
        "cards": 0,
        "clients": 0,
        "requests": 0,
    }


def test_a_port_in_use(shell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = shell("sandbox", "--port", port)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"freedompay: port {port} can't be used (")
    assert result.stderr.endswith("): try --port 0. Nothing was started.\n")


@pytest.mark.parametrize("text", ["soon", "1-soon", "", "2-1", "-1", "nan"])
def test_a_time_for_processing_that_cannot_be(shell, text):
    result = shell("sandbox", "--port", "0", f"--processing={text}")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "processing" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("text", ["1", "0.5", "0-0", "0.05-0.5"])
def test_a_time_for_processing(running, text):
    command, _ = running("--processing", text)

    assert command.process.poll() is None


def test_faults_that_are_more_than_all_calls(shell):
    result = shell("sandbox", "--port", "0", "--lost", "0.6", "--reset", "0.6")

    assert result.exit_code == 2
    assert result.stderr == "freedompay: the probabilities are each 0 to 1 and together at most 1\n"


@pytest.mark.parametrize(
    "flag",
    [
        "--lost",
        "--reset",
        "--error-500",
        "--html-502",
        "--unavailable",
        "--limited",
        "--late",
        "--drip",
    ],
)
def test_a_share_above_all_calls(shell, flag):
    result = shell("sandbox", "--port", "0", flag, "1.5")

    assert result.exit_code == 2
    assert flag in result.stderr


@pytest.mark.parametrize("database", ["absent/bank.db", "notes.txt"])
def test_books_that_cannot_be_kept(shell, database):
    (shell.folder / "notes.txt").write_text("my notes\n" * 100)
    command = shell.run("sandbox", "--port", "0", "--database", database)

    assert (command.process.returncode, command.stdout) == (2, "")
    assert "Traceback" not in command.stderr
    assert database in command.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "host.toml",
            '[clients.create]\npath = "/v6/clients"\n["*"]\nalgorithms = ["jws-hs256"]\n',
        ),
        ("host.json", '{"client/add": {"path": "/v6/clients"}, "*": {"algorithms": ["HS256"]}}'),
    ],
)
def test_it_can_be_a_host_that_differs_from_the_pages(shell, running, name, text):
    (shell.folder / name).write_text(text, encoding="utf-8")
    _, settings = running("--contract", name)
    result = shell("requests", "status", "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11", **settings)

    assert result.exit_code == 1
    assert "the signature is wrong" in result.stderr


@pytest.mark.parametrize("scheme", ["sign", "jws-hs512", "jws-hs256"])
def test_it_says_why_a_signature_is_wrong(shell, running, scheme):
    _, settings = running()
    key = base64.b64encode(settings["FREEDOMPAY_SECRET_KEY"].encode()).decode()
    changes = {"FREEDOMPAY_SECRET_KEY": key, "FREEDOMPAY_SIGNATURE": scheme}
    result = shell(
        "requests", "status", "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11", **settings | changes
    )

    assert result.exit_code == 1
    assert "the key was encoded in base64 first; it is used as it is written" in result.stderr
    assert key not in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "host.toml",
            None,
            "--contract host.toml can't be read (No such file or directory). Nothing was started.",
        ),
        ("host.toml", "[", "--contract host.toml can't be read ("),
        ("host.json", "{", "--contract host.json can't be read ("),
        ("host.json", "[]", "--contract host.json is not an object of calls. Nothing was started."),
        ("host.toml", "[cards.isue]\n", "'cards.isue' is not a call: "),
        # Some editors put a byte order mark before it.
        ("host.toml", "\ufeff[cards.isue]\n", "'cards.isue' is not a call: "),
        (
            "host.toml",
            "[cards.issue]\npth = 1\n",
            "cards.issue has 'pth': the settings are path, required, names, algorithms",
        ),
    ],
)
def test_a_host_that_can_not_be(shell, name, text, expected):
    if text is not None:
        (shell.folder / name).write_text(text, encoding="utf-8")
    result = shell("sandbox", "--port", "0", "--contract", name)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"freedompay: {expected}")
