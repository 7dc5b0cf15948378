"""Time that only a schedule moves: a loop that never waits, and the wall clock that the library's
modules see.
"""

from __future__ import annotations

import asyncio
import sys
import time
from heapq import heappop
from types import SimpleNamespace

EPOCH = 1_700_000_000.0


class SteppedLoop(asyncio.BaseEventLoop):
    """Runs what is ready, and nothing else; whoever holds it sets `now`."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = SimpleNamespace(select=lambda timeout: ())
        self.trouble: list[dict] = []
        self.set_exception_handler(lambda loop, context: self.trouble.append(context))

    def time(self) -> float:
        return self.now

    def _process_events(self, events) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    @property
    def next(self) -> float:
        """When its next timer is due."""
        while self._scheduled and self._scheduled[0].cancelled():
            # As the loop itself does it, before it looks at the first one.
            self._timer_cancelled_count -= 1
            timer = heappop(self._scheduled)
            timer._scheduled = False
        return self._scheduled[0].when() if self._scheduled else float("inf")

    def settle(self) -> None:
        """Until everything waits for something that is yet to come."""
        asyncio._set_running_loop(self)
        try:
            while self._ready or self.next <= self.now:
                self._run_once()
        finally:
            asyncio._set_running_loop(None)

    def drop(self, tasks) -> None:
        """As `kill -9`: no task goes on, and no word of it is heard."""
        asyncio._set_running_loop(self)
        try:
            for task in tasks:
                task._log_destroy_pending = False
                task.get_coro().close()
        finally:
            asyncio._set_running_loop(None)
        self.end()

    def end(self) -> None:
        self._ready.clear()
        self._scheduled.clear()
        self.close()


class Wall:
    """In place of the module `time`: what is not here, the library must not ask for without the
    model.
    """

    def __init__(self) -> None:
        self.now = EPOCH

    def time(self) -> float:
        return self.now


def put_up(wall: Wall, monkeypatch) -> None:
    """Give the wall clock to each module of the library that asks for the time of day."""
    for name, module in list(sys.modules.items()):
        if name.startswith("freedompay_async") and getattr(module, "time", None) is time:
            monkeypatch.setattr(module, "time", wall)
