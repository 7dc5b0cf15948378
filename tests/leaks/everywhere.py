"""Cancels a task at the n-th wait of itself or of any task that it has made, direct or not."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar

_story: ContextVar[Story | None] = ContextVar("story", default=None)


class Story:
    """One run of a coroutine, with the place where it is cancelled.

    `late`: in the moment when what that place waited for has come, before its task has heard of it.
    """

    def __init__(self, stop: int, *, late: bool) -> None:
        self.stop = stop
        self.late = late
        self.waits = 0
        self.reached = False
        self.tasks: list[asyncio.Task] = []

    async def run(self, coroutine) -> asyncio.Task:
        """The task of the coroutine, when it has ended."""
        loop = asyncio.get_running_loop()
        before = loop.get_task_factory()
        loop.set_task_factory(_followed)
        token = _story.set(self)
        try:
            self.task = asyncio.create_task(coroutine)
        finally:
            _story.reset(token)
        try:
            await asyncio.wait([self.task])
        finally:
            loop.set_task_factory(before)
        return self.task

    def left(self) -> list[asyncio.Task]:
        """The tasks that outlived it."""
        return [task for task in self.tasks if not task.done()]

    def waiting(self, waits_for: asyncio.Future | None) -> None:
        self.waits += 1
        if self.waits != self.stop + 1:
            return
        self.reached = True
        if not self.late:
            self.task.cancel()
        elif waits_for is None:
            asyncio.get_running_loop().call_soon(self.task.cancel)
        else:
            waits_for.add_done_callback(lambda _: self.task.cancel())


class _Followed(Coroutine):
    """A coroutine whose waits are told to its story."""

    def __init__(self, coroutine, story: Story) -> None:
        self.coroutine = coroutine
        self.story = story

    def __getattr__(self, name):
        return getattr(self.coroutine, name)

    def __await__(self):
        return self.coroutine.__await__()

    def send(self, value):
        return self._told(self.coroutine.send(value))

    def throw(self, *error):
        return self._told(self.coroutine.throw(*error))

    def close(self):
        self.coroutine.close()

    def _told(self, waits_for):
        self.story.waiting(waits_for)
        return waits_for


def _followed(loop, coroutine, **options):
    story = _story.get()
    if story is None:
        return asyncio.Task(coroutine, loop=loop, **options)
    task = asyncio.Task(_Followed(coroutine, story), loop=loop, **options)
    story.tasks.append(task)
    return task
