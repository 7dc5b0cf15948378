"""The README's first hour with the bank, against a host that differs from the vendor's pages in a
signature, a path and a field.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from asyncio import new_event_loop, run_coroutine_threadsafe
from pathlib import Path

import pytest

from freedompay_async.sandbox import Sandbox

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
HOUR = README.partition("\n## The first hour with the bank\n")[2].partition("\n## ")[0]
# A long command goes on in the next line, as in a shell.
COMMANDS = re.findall(r"^ {4}freedompay (.+)$", re.sub(r"\\\n +", "", HOUR), re.MULTILINE)
CONTRACT = re.findall(r"```toml\n(.*?)```", HOUR, re.DOTALL)
HOST = {
    "*": {"algorithms": ["jws-hs256"]},
    "clients.create": {"path": "/v6/card-api/client/add"},
    "cards.issue": {"required": ["client_id", "product_id", "branch_id"]},
}


@pytest.fixture
def loop():
    """Runs in a thread of its own: the commands run in processes, and are waited for."""
    loop = new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def bank(loop):
    """The bank's host."""
    issuer = Sandbox(contract=HOST)
    run_coroutine_threadsafe(issuer.__aenter__(), loop).result(30)
    yield issuer
    run_coroutine_threadsafe(issuer.__aexit__(None, None, None), loop).result(30)


@pytest.fixture
def ledger(bank, loop):
    """The bank's cards, read where its books were opened."""

    async def read():
        return bank.ledger()

    return lambda: run_coroutine_threadsafe(read(), loop).result(30)


@pytest.fixture
def shell(bank, tmp_path):
    """Gives a command of the README, with the settings that were exported so far."""
    exported = {
        "FREEDOMPAY_BASE_URL": bank.base_url,
        "FREEDOMPAY_REGION": "KZ",
        "FREEDOMPAY_AUTH_ID": bank.auth_id,
        "FREEDOMPAY_SECRET_KEY": bank.secret_key,
    }
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("FREEDOMPAY_")
    }

    def give(begin: str, **ids: str) -> subprocess.CompletedProcess[str]:
        (command,) = [each for each in COMMANDS if each.startswith(begin)]
        words = [ids.get(word, word) for word in command.split()]
        line = [sys.executable, "-W", "error", "-m", "freedompay_async.cli", *words]
        return subprocess.run(
            line,
            env=inherited | exported,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    give.exported = exported
    return give


def test_of_a_host_that_differs_ends_with_a_card(ledger, shell, tmp_path):
    # The signature.
    refused = shell("cards issue", CLIENT="1")
    assert refused.returncode == 1
    assert "this host may take jws-hs256 or sign" in refused.stderr
    doctor = shell("doctor")
    last = doctor.stdout.splitlines()[-1]
    assert f"\n    {last}\n" in HOUR
    name, _, value = last.removeprefix("export ").partition("=")
    shell.exported[name] = value
    assert shell("doctor").returncode == 0

    # The path.
    refused = shell("clients create")
    assert refused.returncode == 1
    assert "404" in refused.stderr
    assert "say so in a contract file ([clients.create] path = " in refused.stderr
    path, field = CONTRACT[0].split("\n\n")
    (tmp_path / "contract.toml").write_text(path, encoding="utf-8")
    shell.exported["FREEDOMPAY_CONTRACT"] = "contract.toml"
    created = shell("clients create")
    assert created.returncode == 0, created.stderr
    (client_id,) = re.findall(r"^client_id +(\S+)$", created.stdout, re.MULTILINE)

    # The field.
    refused = shell("cards issue", CLIENT=client_id)
    assert refused.returncode == 1
    assert "branch_id is required" in refused.stderr
    (tmp_path / "contract.toml").write_text(f"{path}\n\n{field}", encoding="utf-8")
    issued = shell("cards issue", CLIENT=client_id)
    assert issued.returncode == 0, issued.stderr
    (card,) = ledger()
    assert card["card_id"] in issued.stdout

    # What is different is shown.
    shown = shell("contract")
    assert shown.returncode == 0
    assert "/v6/card-api/client/add" in shown.stdout
    assert "branch_id" in shown.stdout


def test_each_command_of_it_is_given_here():
    assert [command.split()[:2] for command in COMMANDS] == [
        ["doctor"],
        ["clients", "create"],
        ["cards", "issue"],
        ["contract", "--file"],
    ]
    assert len(CONTRACT) == 1
