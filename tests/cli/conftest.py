"""The command, in this process or in one of its own, and an issuer that runs beside it."""

from __future__ import annotations

import contextlib
import re
import socket
from collections import Counter

import pytest

from freedompay_async.contract.request_ids import derive_request_id
from tests.cli.shell import Issuer, Shell
from tests.rows import row_of_file as person


@pytest.fixture(name="person")
def _person():
    return person


@pytest.fixture(name="people")
def _people():
    return lambda count, last_names=None: [
        person(number, last_name=(last_names or {}).get(number, "Ivanov"))
        for number in range(1, count + 1)
    ]


@pytest.fixture(name="one_each")
def _one_each():
    return lambda count: Counter({77010000000 + number: 1 for number in range(1, count + 1)})


@pytest.fixture(name="request_id")
def _request_id():
    return lambda key, step, batch="default": derive_request_id("10001", batch, key, step)


@pytest.fixture
def issuers():
    """Makes issuers with options of one's own."""
    with contextlib.ExitStack() as stack:

        def make(**options) -> Issuer:
            made = Issuer(**options)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def issuer(issuers):
    return issuers()


@pytest.fixture
def shell(issuer, tmp_path):
    shell = Shell(tmp_path, issuer)
    yield shell
    shell.close()


@pytest.fixture
def shell_of(tmp_path):
    """A shell for an issuer of one's own, or for none."""
    with contextlib.ExitStack() as stack:

        def make(issuer: Issuer | None) -> Shell:
            made = Shell(tmp_path, issuer)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def running(shell):
    """A sandbox that a command runs, and the settings that it prints."""

    def running(*args, **env):
        command = shell.start("sandbox", "--port", "0", "--processing", "0-0.02", *args, **env)
        command.says("The ledger: ")
        return command, dict(re.findall(r"(FREEDOMPAY_\w+)=(\S+)", command.stdout))

    return running


@pytest.fixture
def hurry(monkeypatch):
    """In this process: refusals and lost answers are settled in no time."""
    from freedompay_async import FreedomPay, Policy
    from freedompay_async.cli import batches, settings_flags

    policy = Policy(pause=0.005, max_pause=0.02, grace=0.05, poll_first=0.005, poll_most=0.05)

    class Hurried(FreedomPay):
        def __init__(self, **options) -> None:
            super().__init__(**options | {"policy": policy})

    monkeypatch.setattr(settings_flags, "FreedomPay", Hurried)
    limits = batches.Limits
    monkeypatch.setattr(
        batches,
        "Limits",
        lambda **options: limits(**{"settle": 0.5, "wait": 1.0, "outage": 1.0} | options),
    )


@pytest.fixture
def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
