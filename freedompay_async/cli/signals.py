"""Ctrl-C and `kill` on any event loop; the loops of Windows have no signal handlers."""

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
# Raised on Windows, in a thread that is not the main one, and by uvloop in such a thread.
_NO_HANDLERS: Final = (NotImplementedError, RuntimeError, ValueError)
# A loop keeps one handler for a signal and forgets the one before.
_acts: Final[
    WeakKeyDictionary[asyncio.AbstractEventLoop, dict[signal.Signals, Callable[[], object]]]
] = WeakKeyDictionary()


@contextmanager
def on_signals(numbers: tuple[signal.Signals, ...], act: Callable[[], object]) -> Generator[None]:
    """Call `act` for each of these signals until the context is left."""
    give_back = take_signals(numbers, act)
    try:
        yield
    finally:
        give_back()


def take_signals(
    numbers: tuple[signal.Signals, ...], act: Callable[[], object]
) -> Callable[[], None]:
    """Let the running loop call `act` for each of these signals.

    No signal comes in a thread that is not the main one, so nothing is done there.

    Returns:
        A function that restores the handlers of before.
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
    def handle(_number: int, _frame: Any) -> None:
        # A signal comes in the middle of whatever runs, so the loop acts when that is done. A loop
        # that has ended raises RuntimeError.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(act)

    try:
        before = signal.signal(number, handle)
    except ValueError:
        return lambda: None
    # None: the handler of before was not Python's.
    return lambda: signal.signal(number, signal.SIG_DFL if before is None else before)
