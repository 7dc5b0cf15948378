"""Ctrl-C and `kill`, on any event loop: those of Windows have no signal handlers of their own."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["STOPS", "on_signals", "take_signals"]

STOPS: Final = (signal.SIGINT, signal.SIGTERM)
# On Windows, in a thread that is not the main one, on uvloop in such a thread.
_NO_HANDLERS: Final = (NotImplementedError, RuntimeError, ValueError)
# A loop has one handler for a signal and forgets the one before.
_acts: Final[
    WeakKeyDictionary[asyncio.AbstractEventLoop, dict[signal.Signals, Callable[[], object]]]
] = WeakKeyDictionary()


@contextmanager
def on_signals(numbers: tuple[signal.Signals, ...], act: Callable[[], object]) -> Generator[None]:
    """As `take_signals`, until the context is left."""
    give_back = take_signals(numbers, act)
    try:
        yield
    finally:
        give_back()


def take_signals(
    numbers: tuple[signal.Signals, ...], act: Callable[[], object]
) -> Callable[[], None]:
    """Let `act` be called by the running loop for each of these signals; what gives them back to
    who had them before.

    In a thread that is not the main one no signal comes, so there is nothing to be done.
    """
    loop = asyncio.get_running_loop()
    taken = [_taken(loop, number, act) for number in numbers]

    def give_back() -> None:
        for back in taken:
            back()

    return give_back


def _taken(
    loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], object]
) -> Callable[[], object]:
    acts = _acts.setdefault(loop, {})
    outer = acts.get(number)
    try:
        loop.add_signal_handler(number, act)
    except _NO_HANDLERS:
        return _taken_by_hand(loop, number, act)
    acts[number] = act

    def back() -> None:
        if outer is None:
            acts.pop(number, None)
            loop.remove_signal_handler(number)
        else:
            acts[number] = outer
            loop.add_signal_handler(number, outer)

    return back


def _taken_by_hand(
    loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], object]
) -> Callable[[], object]:
    def tell(_number: int, _frame: Any) -> None:
        # It comes in the middle of whatever runs: the loop is told, and acts when that is done. A
        # loop that has ended is past it.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(act)

    try:
        before = signal.signal(number, tell)
    except ValueError:
        return lambda: None
    # None: it was not taken by Python.
    return lambda: signal.signal(number, signal.SIG_DFL if before is None else before)
