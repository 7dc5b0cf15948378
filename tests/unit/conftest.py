from __future__ import annotations

import asyncio
import json
import selectors

import pytest

from freedompay_async.calls.call_state import CallState
from freedompay_async.calls.states import CallRules, Next
from freedompay_async.contract.calls import Retry
from freedompay_async.settings.policy import Policy
from tests.unit.call_state_examples import shown

RULES = CallRules.__struct_fields__
POLICY = Policy(attempts=3, pause=1.0, max_pause=8.0, grace=5.0, resend_within=100.0)


class _Selector(selectors.DefaultSelector):
    """Moves the clock of its loop on, where another selector would sleep."""

    def __init__(self):
        super().__init__()
        self.now = 1000.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise AssertionError("every task waits, and nothing is left that could wake one")
            self.now += max(timeout, 0.0)
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.virtual = _Selector()
        super().__init__(self.virtual)

    def time(self):
        return self.virtual.now


@pytest.fixture
def run_virtual():
    """Runs a coroutine to its end on a loop whose clock starts at 1000.0 and never really waits."""

    def run(work):
        with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
            return runner.run(work)

    return run


@pytest.fixture
def call_state():
    """Makes the state of a call that has not begun; three attempts, five seconds of grace, sent
    again within a hundred, and no jitter.
    """

    def make(retry=Retry.ASKABLE, *, policy=POLICY, **fields):
        rules = {name: fields.pop(name) for name in RULES if name in fields}
        return CallState(CallRules(policy, retry, **({"rng": lambda: 0.0} | rules)), **fields)

    return make


@pytest.fixture
def resumed():
    """Makes the state of a call that an earlier process sent at the time 0, and whose answer nobody
    has.
    """

    def make(retry=Retry.ASKABLE, *, first_sent=0.0, last_sent=None, **rules):
        return CallState.resumed(
            CallRules(POLICY, retry, **({"rng": lambda: 0.0} | rules)),
            first_sent,
            first_sent if last_sent is None else last_sent,
        )

    return make


@pytest.fixture
def play():
    """Gives the steps that a state asks for, from its start; in the script a number lets so many
    seconds pass.
    """

    def run(subject, *script, now=0.0):
        action = subject.start()
        steps = [action.step]
        for entry in script:
            if isinstance(entry, float):
                now += entry
                continue
            evidence, more = entry if isinstance(entry, tuple) else (entry, {})
            if action.step is Next.SEND:
                subject.sending(now)
                action = subject.after_send(shown(evidence, **more), now)
            else:
                action = subject.after_ask(shown(evidence, **more), now)
            steps.append(action.step)
        return steps

    return run


@pytest.fixture
def after_sends():
    """Gives the last decision of a state after these attempts, all at the time 0."""

    def run(subject, *evidences, **more):
        for evidence in evidences:
            subject.sending(0.0)
            action = subject.after_send(shown(evidence, **more), 0.0)
        return action

    return run


@pytest.fixture
def path(tmp_path):
    """Where a record is to be."""
    return tmp_path / "calls.jsonl"


@pytest.fixture
def lines(path):
    """What the file of a record holds, without the times."""

    def read() -> list[dict]:
        found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return [{name: value for name, value in line.items() if name != "at"} for line in found]

    return read
