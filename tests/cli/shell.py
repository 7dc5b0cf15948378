"""The command, in this process or in one of its own, and an issuer that runs beside it."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import functools
import json
import os
import signal
import subprocess
import threading
from collections import Counter
from typing import TYPE_CHECKING

import typer.testing
from typer.testing import CliRunner

from freedompay_async.sandbox import Fault, Sandbox
from tests.cli.commands import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path


SECONDS = 30
# Otherwise each command of a test builds all commands anew, which takes longer than most tests.
typer.testing._get_command = functools.cache(typer.testing._get_command)


class Issuer:
    """A sandbox on an event loop of its own, so that a test may wait for a command."""

    def __init__(self, **options) -> None:
        self.sandbox = Sandbox(**options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.call(self.sandbox.__aenter__())

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    def do(self, work, *args):
        async def done():
            return work(*args)

        return self.call(done())

    def close(self) -> None:
        self.call(self.sandbox.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def base_url(self) -> str:
        return self.sandbox.base_url

    def script(self, call: str, *faults: Fault) -> None:
        self.do(self.sandbox.script, call, *faults)

    def gate(self, call: str):
        return Gate(self, self.do(self.sandbox.gate, call))

    def hold(self, on: bool) -> None:
        self.do(setattr, self.sandbox, "hold", on)

    def ledger(self) -> list[dict]:
        return self.do(self.sandbox.ledger)

    def cards(self) -> Counter:
        return Counter(card["phone"] for card in self.ledger())

    def arrived(self, *calls: str) -> int:
        received = self.do(list, self.sandbox.received)
        return sum(not calls or each.path.endswith(calls) for each in received)

    @property
    def effects(self) -> int:
        return self.arrived("client/add", "card/issue", "card/activate")


class Gate:
    def __init__(self, issuer: Issuer, gate) -> None:
        self._issuer = issuer
        self._gate = gate

    def reached(self) -> None:
        self._issuer.call(asyncio.wait_for(self._gate.reached(), SECONDS))

    def open(self) -> None:
        self._issuer.do(self._gate.open)


class Command:
    """A command in a process of its own; whatever it says is kept as it comes."""

    def __init__(self, args, env, folder) -> None:
        command = [*PROGRAM, *map(str, args)]
        self.process = subprocess.Popen(
            command,
            env=env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said = {"out": "", "err": ""}
        self._news = threading.Condition()
        pipes = {"out": self.process.stdout, "err": self.process.stderr}
        self._readers = [threading.Thread(target=self._read, args=each) for each in pipes.items()]
        for reader in self._readers:
            reader.start()

    def _read(self, name, pipe) -> None:
        for line in pipe:
            with self._news:
                self._said[name] += line
                self._news.notify_all()

    @property
    def stdout(self) -> str:
        return self._said["out"]

    @property
    def stderr(self) -> str:
        return self._said["err"]

    def says(self, text: str) -> None:
        with self._news:
            found = self._news.wait_for(lambda: text in self.stdout + self.stderr, SECONDS)
        assert found, (text, self.stdout, self.stderr)

    def interrupt(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def ends(self) -> int:
        code = self.process.wait(SECONDS)
        for reader in self._readers:
            reader.join(SECONDS)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.ends()
        self.process.stdout.close()
        self.process.stderr.close()


class Shell:
    """A folder and an environment to give commands in."""

    def __init__(self, folder: Path, issuer: Issuer | None) -> None:
        self.folder = folder
        self.issuer = issuer
        self.env = {
            name: value for name, value in os.environ.items() if not name.startswith("FREEDOMPAY_")
        }
        self.env |= {"COLUMNS": "200", "TERM": "dumb", "PYTHONUNBUFFERED": "1"}
        if issuer is not None:
            self.env |= {
                "FREEDOMPAY_BASE_URL": issuer.base_url,
                "FREEDOMPAY_REGION": "KZ",
                "FREEDOMPAY_AUTH_ID": issuer.sandbox.auth_id,
                "FREEDOMPAY_SECRET_KEY": issuer.sandbox.secret_key,
            }
        self._stack = contextlib.ExitStack()

    def close(self) -> None:
        self._stack.close()

    def __call__(self, *args, input: str | bytes | None = None, **env: str | None):
        """The command in this process: `.exit_code`, `.stdout`, `.stderr`."""
        from freedompay_async.cli.app import app

        with contextlib.chdir(self.folder):
            result = CliRunner(env=self.env | env).invoke(app, list(map(str, args)), input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *args, **options):
        """What a command that goes well says with `--json`."""
        result = self(*args, "--json", **options)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def client(self, number: int = 1) -> str:
        """A client of its own."""
        names = ("--first-name", "Ivan", "--last-name", "Ivanov")
        return self.json(
            "clients", "create", "--product-id", 2000, "--phone", 77010000000 + number, *names
        )["client_id"]

    def card(self, *, active: bool = True) -> str:
        """A card of its own, with a client."""
        card = self.json("cards", "issue", "--client-id", self.client(), "--product-id", 2000)[
            "card_ids"
        ][0]
        if active:
            self.json("cards", "activate", card)
        return card

    def start(self, *args, **env: str) -> Command:
        """The command in a process of its own."""
        command = Command(args, self.env | env, self.folder)
        self._stack.callback(command.close)
        return command

    def run(self, *args, **env: str) -> Command:
        command = self.start(*args, **env)
        command.ends()
        return command

    def piped(self, *args, encoding: str) -> subprocess.CompletedProcess[bytes]:
        """The command in a process of its own, with pipes of that encoding."""
        return subprocess.run(
            [*PROGRAM, *map(str, args)],
            env=self.env | {"PYTHONIOENCODING": encoding},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def file(self, rows, name: str = "clients.csv") -> str:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (self.folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return name

    def issue(self, rows, *args, **options):
        """`batch issue` of these rows."""
        return self(
            "batch",
            "issue",
            self.file(rows),
            "--journal",
            "run.db",
            "--product",
            2000,
            *args,
            **options,
        )

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def report(self, journal: str = "run.db") -> dict:
        return json.loads(self("batch", "report", journal, "--json").stdout)
