"""The commands and the example of docs/machines.md, on the sandbox and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shlex
from pathlib import Path

import pytest

from freedompay_async.sandbox import Sandbox
from tests.crash.conftest import Scene

PAGE = (Path(__file__).parents[2] / "docs" / "machines.md").read_text(encoding="utf-8")
BLOCK, *_ = re.findall(r"(?:^ {4}\S.*\n|^\n(?= {4}\S))+", PAGE, re.MULTILINE)
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for line in BLOCK.splitlines()
    if line.strip().startswith("freedompay ")
]
(RESTORED,) = re.findall(r"^ {4}freedompay (journal restored .*)$", PAGE, re.MULTILINE)
_, EXAMPLE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ROWS = 12


@pytest.fixture
def scene(tmp_path, bare_postgres_database):
    with contextlib.ExitStack() as stack:
        scene = Scene(tmp_path, stack)
        scene.bank("--processing", "0.01-0.02")
        scene.env |= {"FREEDOMPAY_JOURNAL": bare_postgres_database}
        scene.file(ROWS)
        yield scene


def command(*begin):
    (found,) = [each for each in COMMANDS if tuple(each[: len(begin)]) == begin]
    return found


def done(scene, *words):
    ended = scene.run(*words)
    assert ended.process.returncode == 0, (words, ended.stdout, ended.stderr)
    return ended.stdout


def test_the_commands_issue_a_card_for_each_row(scene, until):
    done(scene, *command("journal", "install"))
    worker = scene.start(*command("worker"))
    done(scene, *command("batch", "issue"))
    report = command("batch", "report")
    until(lambda: scene.run(*report).process.returncode == 0)
    told = json.loads(done(scene, *report, "--json"))
    done(scene, *command("batch", "stop"))
    done(scene, *command("batch", "resume"))
    worker.process.terminate()

    assert (told["rows"], told["issued"]) == (ROWS, ROWS)
    assert worker.ends() == 0


def test_after_a_restore_the_rows_are_asked_about(scene):
    done(scene, *command("journal", "install"))
    done(scene, *command("batch", "issue"))

    assert str(ROWS) in done(scene, *shlex.split(RESTORED), "--yes")


async def test_the_example_issues_a_card_for_each_row(
    bare_postgres_database, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    lines = [f"k{number},{77010000000 + number},Ivan,Ivanov" for number in range(1, ROWS + 1)]
    Path("clients.csv").write_text(
        "\n".join(["key,phone,first_name,last_name", *lines]) + "\n", encoding="utf-8"
    )
    names: dict = {"__name__": "docs.machines"}
    exec(compile(EXAMPLE, "docs/machines.md", "exec"), names)
    async with Sandbox() as issuer:
        for name, value in (
            ("AUTH_ID", issuer.auth_id),
            ("SECRET_KEY", issuer.secret_key),
            ("REGION", "KZ"),
            ("BASE_URL", issuer.base_url),
        ):
            monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
        await names["plan"](bare_postgres_database)
        work = asyncio.create_task(names["work"](bare_postgres_database))
        async with asyncio.timeout(60):
            while len(issuer.ledger()) < ROWS and not work.done():
                await asyncio.sleep(0.02)
        work.cancel()
        await asyncio.wait([work])

        assert len({card["phone"] for card in issuer.ledger()}) == ROWS
