"""Ctrl-C and `kill` on loops that have signal handlers and on loops that have none, as those of
Windows.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading

import pytest

from freedompay_async.cli.signals import on_signals, take_signals
from tests.cli.commands import ISSUE_BY_TWOS, STOPPING

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it sends signals to itself")
NUMBER = getattr(signal, "SIGUSR1", signal.SIGINT)
# What a process of Python runs before anything else, if it stands in its path.
WINDOWS = """
import importlib.util
from asyncio import unix_events

def no(self, *_):
    raise NotImplementedError

unix_events._UnixSelectorEventLoop.add_signal_handler = unix_events._UnixSelectorEventLoop.remove_signal_handler = no
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "uvloop" else find(name, *more)
"""


class NoHandlers(asyncio.SelectorEventLoop):
    """As a loop of Windows, of another thread, of uvloop in another thread."""

    error: type[Exception]

    def add_signal_handler(self, *_):
        raise self.error

    def remove_signal_handler(self, *_):
        raise self.error


LOOPS = {
    "has handlers": asyncio.SelectorEventLoop,
    **{
        error.__name__: type("Loop", (NoHandlers,), {"error": error})
        for error in (NotImplementedError, RuntimeError, ValueError)
    },
}


@pytest.fixture(params=LOOPS)
def play(request):
    """Runs a coroutine on such a loop; what had the signal before has it after."""
    before = signal.getsignal(NUMBER)

    def run(story):
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(story)

    yield run
    assert signal.getsignal(NUMBER) == before


async def acted(event) -> None:
    async with asyncio.timeout(20):
        await event.wait()


def test_signal_is_acted_upon_by_the_loop(play):
    async def story():
        event = asyncio.Event()
        with on_signals((NUMBER,), event.set):
            signal.raise_signal(NUMBER)
            await acted(event)

    play(story())


def test_handler_is_restored_to_whoever_had_it_before(play):
    async def story():
        outer, inner = asyncio.Event(), asyncio.Event()
        with on_signals((NUMBER,), outer.set):
            with on_signals((NUMBER,), inner.set):
                signal.raise_signal(NUMBER)
                await acted(inner)
            assert not outer.is_set()
            signal.raise_signal(NUMBER)
            await acted(outer)

    play(story())


def test_handler_is_restored_where_the_work_fails(play):
    async def story():
        with pytest.raises(ZeroDivisionError), on_signals((NUMBER,), print):
            raise ZeroDivisionError

    play(story())


def test_signal_is_acted_upon_until_the_handler_is_restored(play):
    async def story():
        event = asyncio.Event()
        give_back = take_signals((NUMBER,), event.set)
        signal.raise_signal(NUMBER)
        await acted(event)
        give_back()

    play(story())


@pytest.mark.parametrize("loop", LOOPS)
def test_in_another_thread_there_is_nothing_to_be_done(loop):
    shown = []

    async def story():
        with on_signals((NUMBER,), print):
            shown.append("ran")

    def run():
        with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
            runner.run(story())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)

    assert shown == ["ran"]


# -- commands, each in a process of its own


@pytest.fixture
def windows(tmp_path_factory):
    """An environment in which no loop has signal handlers."""
    folder = tmp_path_factory.mktemp("windows")
    (folder / "sitecustomize.py").write_text(WINDOWS)
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def held(shell, issuer, people, windows):
    """A run whose answers to one call are held."""
    gate = issuer.gate("client/add")
    shell.file(people(20))
    command = shell.start(*ISSUE_BY_TWOS, **windows)
    gate.reached()
    return gate, command


def test_batch_runs_where_the_loop_has_no_handlers(shell, issuer, people, one_each, windows):
    shell.file(people(5))
    command = shell.run(*ISSUE_BY_TWOS, **windows)

    assert (command.process.returncode, "Traceback" in command.stderr) == (0, False)
    assert issuer.cards() == one_each(5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_batch_is_stopped_gently_there_and_goes_on_later(shell, issuer, one_each, held, number):
    gate, command = held
    command.interrupt(number)
    command.says(STOPPING)
    gate.open()
    code = command.ends()
    result = shell("batch", "resume", "run.db")

    assert (code, "Traceback" in command.stderr) == (3, False)
    assert result.exit_code == 0
    assert issuer.cards() == one_each(20)


def test_batch_is_aborted_there_by_a_second_ctrl_c_and_goes_on_later(shell, issuer, one_each, held):
    gate, command = held
    command.interrupt()
    command.says(STOPPING)
    command.interrupt()
    code = command.ends()
    gate.open()
    result = shell("batch", "resume", "run.db")

    assert (code, "Traceback" in command.stderr) == (130, False)
    assert command.stderr.endswith("freedompay: aborted.\n")
    assert result.exit_code == 0
    assert issuer.cards() == one_each(20)


def test_question_is_aborted_there(shell, issuer, windows):
    gate = issuer.gate("request/status")
    command = shell.start("requests", "status", "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a", **windows)
    gate.reached()
    command.interrupt()

    assert (command.ends(), command.stderr) == (130, "freedompay: aborted.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_ends_there_in_good_order(shell, windows, number):
    command = shell.start("sandbox", "--port", "0", **windows)
    command.says("The ledger: ")
    command.interrupt(number)

    assert (command.ends(), command.stderr) == (0, "")
