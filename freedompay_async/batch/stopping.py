"""Waits that end when the run stops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Held", "Stopped", "Stopping", "Unreadable", "Wait"]


class Stopped(Exception):
    """The row is left for a later run, as the journal has it.

    Attributes:
        pause: seconds after which another run may take it up, where there is one.
        reason: why, if it is the row's own; else `None`.
    """

    pause: float = 30.0
    reason: str | None = None


class Held(Stopped):
    """The row is left because the issuer asked to wait for longer than the run has time.

    `question`: it asked so about a look-up, and not about a request that has an effect.
    """

    def __init__(self, reason: str, *, question: bool, pause: float = Stopped.pause) -> None:
        super().__init__(reason)
        self.question: Final = question
        self.pause = pause


class Unreadable(Stopped):
    """The row is left because this machine can't read its document; another one may."""

    pause = 5.0

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stopping:
    """Whether the run stops, and the waits that have to end then."""

    def __init__(self) -> None:
        self.now = False
        self._waits: Final[set[Wait]] = set()

    def stop(self) -> None:
        """End every wait, and let none begin any more."""
        self.now = True
        for wait in list(self._waits):
            wait.end()

    def check(self) -> None:
        if self.now:
            raise Stopped


class Wait:
    """`with Wait(stopping) as wait:` raises `Stopped` if the run stops meanwhile; between `off` and
    `on` it does not.

    It is a cancel scope for one task and one reason, and cheaper, because a row has many waits.
    """

    __slots__ = ("_ended", "_stopping", "_task")

    def __init__(self, stopping: Stopping) -> None:
        self._stopping: Final = stopping
        self._task: asyncio.Task[object] | None = None
        self._ended = False

    def on(self) -> None:
        self._stopping.check()
        self._stopping._waits.add(self)

    def off(self) -> None:
        self._stopping._waits.discard(self)

    def end(self) -> None:
        self.off()
        if self._task is not None:
            self._ended = True
            self._task.cancel()

    def __enter__(self) -> Self:
        self.on()
        self._task = asyncio.current_task()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.off()
        if (
            self._ended
            and self._task is not None
            and self._task.uncancel() == 0
            and kind is asyncio.CancelledError
        ):
            raise Stopped from error
