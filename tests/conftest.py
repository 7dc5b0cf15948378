"""What the tests of several folders share: how much the proofs do, an issuer, a quick policy,
and a loop whose clock is virtual.
"""

from __future__ import annotations

import asyncio
import gc
import time

import pytest
from hypothesis import settings

from freedompay_async import Policy
from freedompay_async.sandbox import Sandbox
from tests import postgres_server

# How long an example takes is the machine's, which does other things too; what has to be quick is
# timed by a test of its own.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_addoption(parser):
    """The defaults are what `make proofs` does; `make soak`, `make crash` and `make fuzz` ask for
    more.
    """
    proofs = parser.getgroup("proofs", "how much the proofs do")
    proofs.addoption(
        "--schedules",
        type=int,
        default=10_000,
        help="schedules of faults that the model goes through",
    )
    proofs.addoption("--rounds", type=int, default=20, help="kill -9 of a batch of 2,000 rows")
    proofs.addoption(
        "--leak-seconds",
        type=float,
        default=0.0,
        help="go on with mixed calls for so long, beyond the 20,000",
    )
    proofs.addoption("--fuzz-seconds", type=float, default=10.0, help="how long each fuzzer runs")


def pytest_configure(config):
    config.pluginmanager.register(postgres_server)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection():
    """The tests themselves live as long as the run: searching them for garbage doubles the time of
    finding them.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The tests that take long come first, so that no worker is left alone with one at the end; the
    others stay as they were shuffled.
    """
    items.sort(key=lambda item: item.path.parent.name not in {"leaks", "crash", "load"})


class VirtualLoop(asyncio.SelectorEventLoop):
    """Where nothing is left to do but wait, the clock jumps to the end of the wait; a wait without
    an end is an error.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._select = self._selector.select
        self._selector.select = self._jump

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor, func, *args):
        """What a thread would do is done at once: no clock goes by for it."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def _jump(self, timeout):
        if timeout is None:
            raise RuntimeError("everything waits, and for nothing that can come")
        self._now += timeout
        if timeout and self._scheduled:
            # To the very moment that is waited for, not to one that a rounding error puts a hair
            # before it.
            self._now = max(self._now, min(self._scheduled[0].when(), self._now + 1e-9))
        return self._select(0)


@pytest.fixture
async def issuer():
    """A sandbox whose address and ways are the usual ones."""
    async with Sandbox() as issuer:
        yield issuer


@pytest.fixture
def hasty():
    """A policy whose pauses take no time that anyone would notice."""

    def build(**changes) -> Policy:
        return Policy(
            **{
                "grace": 0.03,
                "pause": 0.005,
                "max_pause": 0.02,
                "poll_first": 0.005,
                "poll_most": 0.03,
            }
            | changes
        )

    return build


@pytest.fixture(scope="session")
def timed():
    """Runs a coroutine where hours take no time; what it returned, and how many seconds went by."""

    def run(story):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(story), runner.get_loop().time()

    return run


@pytest.fixture(scope="session")
def play(timed):
    """The same, where only what it returned matters."""
    return lambda story: timed(story)[0]


@pytest.fixture
def until():
    """Polls a condition of another process."""

    def until(condition) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.01)

    return until
