"""An issuer and a batch, each a process of its own, so that either can be killed."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.crash.machines import Machines
from tests.crash.outbox_scene import Outbox
from tests.postgres_server import cluster_script

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60
COMMAND = [sys.executable, "-W", "error", "-m", "freedompay_async.cli"]


class Bank:
    """A sandbox in a process of its own; what it says of itself comes over HTTP."""

    def __init__(self, env: dict[str, str], folder: Path, *args: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "sandbox", "--port", "0", *args],
            env=env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        said = ""
        while "The ledger: " not in said:
            line = self.process.stdout.readline()
            assert line, said
            said += line
        self.settings = dict(re.findall(r"(FREEDOMPAY_\w+)=(\S+)", said))

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(
            self.settings["FREEDOMPAY_BASE_URL"] + path, timeout=SECONDS
        ) as response:
            return response.read().decode()

    def health(self) -> dict:
        return json.loads(self._get("/sandbox/health"))

    def ledger(self) -> list[dict]:
        return [json.loads(line) for line in self._get("/sandbox/ledger").splitlines()]

    def close(self) -> None:
        self.process.kill()
        self.process.wait(SECONDS)
        self.process.stdout.close()


class Victim:
    """A command that may be killed."""

    def __init__(
        self, env: dict[str, str], folder: Path, args: tuple, program: list[str] | None = None
    ) -> None:
        self.log = folder / f"said-{time.monotonic_ns()}.txt"
        command = COMMAND if program is None else [*COMMAND[:-2], *program]
        with self.log.open("w") as stream:
            self.process = subprocess.Popen(
                [*command, *map(str, args)],
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
            )

    def kill(self) -> int:
        """SIGKILL, whatever it is doing; its exit code, which tells whether it was still at it."""
        self.process.send_signal(signal.SIGKILL)
        return self.ends()

    def ends(self, seconds: float = SECONDS) -> int:
        self.stdout = self.process.communicate(timeout=seconds)[0]
        return self.process.returncode

    @property
    def stderr(self) -> str:
        return self.log.read_text()

    def close(self) -> None:
        if self.process.returncode is None:
            self.kill()


class Scene:
    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.env = {
            name: value for name, value in os.environ.items() if not name.startswith("FREEDOMPAY_")
        }
        self.env |= {"PYTHONUNBUFFERED": "1"}

    def bank(self, *args: str) -> Bank:
        bank = Bank(self.env, self.folder, *args)
        self._stack.callback(bank.close)
        self.env |= bank.settings
        return bank

    def start(self, *args, program: list[str] | None = None) -> Victim:
        """Start a command; `program`: what Python is to run in the place of our module."""
        victim = Victim(self.env, self.folder, args, program)
        self._stack.callback(victim.close)
        return victim

    def run(self, *args) -> Victim:
        victim = self.start(*args)
        victim.ends()
        return victim

    def file(self, rows: int) -> None:
        lines = [f"k{number},{77010000000 + number},Ivan,Ivanov" for number in range(1, rows + 1)]
        (self.folder / "clients.csv").write_text(
            "\n".join(["key,phone,first_name,last_name", *lines]) + "\n"
        )

    def report(self) -> dict:
        return json.loads(self.run("batch", "report", "run.db", "--json").stdout)

    def journal(self, name: str = "run.db") -> tuple[set, set, str]:
        """What the disk has of it, read from a copy, so that the next run finds what the kill has
        left.

        The ids of the cards asked for; number of the row, client and card of each row that has one;
        and whether the file is sound.
        """
        image = self.folder / "image"
        shutil.rmtree(image, ignore_errors=True)
        image.mkdir()
        for path in self.folder.glob(f"{name}*"):
            shutil.copy(path, image)
        with contextlib.closing(sqlite3.connect(image / pathlib.Path(name).name)) as copy:
            if copy.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                return set(), set(), "ok"
            intents = {
                each
                for (each,) in copy.execute("SELECT request_id FROM intents WHERE step = 'card'")
            }
            issued = set(
                copy.execute("SELECT number, client_id, card_id FROM rows WHERE state = 'issued'")
            )
            return intents, issued, copy.execute("PRAGMA integrity_check").fetchone()[0]

    def outcomes(self) -> list[dict]:
        self.run("batch", "report", "run.db", "--out", "all.jsonl")
        return [json.loads(line) for line in (self.folder / "all.jsonl").read_text().splitlines()]


@pytest.fixture
def scene(tmp_path):
    with contextlib.ExitStack() as stack:
        yield Scene(tmp_path, stack)


@pytest.fixture
def cluster(postgres_server):
    """A server of this test's own, which it may kill."""
    with cluster_script.Cluster(durable=False) as cluster:
        yield cluster


@pytest.fixture
def machines(scene, cluster, until):
    """A batch on a database of that server, and no worker yet."""
    scene.until = until
    machines = Machines(scene, cluster, "postgres")
    machines.install()
    return machines


@pytest.fixture
def outbox(scene, cluster, until):
    """An application on a database of that server, and none of its processes yet."""
    scene.until = until
    outbox = Outbox(scene, cluster, "postgres")
    outbox.install()
    return outbox


@pytest.fixture
def one_each():
    return lambda count: Counter({77010000000 + number: 1 for number in range(1, count + 1)})
