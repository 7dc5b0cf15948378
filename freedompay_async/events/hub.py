"""Who listens to a client, and to each of its lanes."""

from __future__ import annotations

import inspect
import logging
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from traceback import walk_tb
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Final, TypeAlias

from freedompay_async.errors import ConfigurationError
from freedompay_async.events.kinds import Event
from freedompay_async.guards.arguments import refusal

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Hub", "Listener", "check_listener"]

Listener: TypeAlias = Callable[[Event], object]
"""A function that gets each event as it happens. It must not wait for anything."""
log: Final = logging.getLogger("freedompay_async")


def check_listener(name: str, value: object) -> None:
    """Refuse what is no listener.

    Raises:
        ConfigurationError: it can't be called, is a class, or is an async function.
    """
    if isinstance(value, type) or not callable(value):
        raise refusal(name, value, "a function that takes an event")
    if _is_async(value):
        raise ConfigurationError(
            f"{name} is an async function, and nobody would wait for it: give a plain one, which "
            "may put the events into an asyncio.Queue. Nothing was sent."
        )


def _is_async(function: object) -> bool:
    while isinstance(function, partial):
        function = function.func
    # An object with an async `__call__` is one too.
    called = (function, type(function).__call__)
    return any(map(inspect.iscoroutinefunction, called)) or any(
        map(inspect.isasyncgenfunction, called)
    )


class _Listening:
    """A listener, from when it was given to when it is taken off."""

    __slots__ = ("_failed", "_listener", "off")

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._failed = self.off = False

    def tell(self, event: Event) -> None:
        # Another listener may have taken it off a moment ago.
        if self.off:
            return
        try:
            answer = self._listener(event)
        except (KeyboardInterrupt, SystemExit):
            # The program ends.
            raise
        except BaseException as error:  # noqa: BLE001 - no call may fail by it
            if not self._failed:
                # The place alone: to read the source of each frame would hold up the loop.
                ((frame, line),) = deque(walk_tb(error.__traceback__), maxlen=1)
                place = f"{frame.f_code.co_filename}:{line}"
                self._log(f"raised {type(error).__name__} at {place}")
        else:
            if inspect.iscoroutine(answer):
                answer.close()
                self._log("gave a coroutine, for which nobody waits")

    def _log(self, what: str) -> None:
        # Without the text of an error, and without frames: the call around it has secrets.
        if not self._failed:
            self._failed = True
            log.error(
                "a listener (%s) %s; it gets all other events, and this is logged once",
                _name_of(self._listener),
                what,
            )


def _name_of(listener: Listener) -> str:
    """Of the function, or of the class of an object. The `repr` of either may have anything."""
    if isinstance(listener, FunctionType | MethodType | BuiltinFunctionType):
        return listener.__qualname__
    return type(listener).__qualname__


class Hub:
    """Those who listen to one lane of a client: its own listeners, and those of the client.

    Whoever has something to tell looks at `listeners` or `everybody` first: where nobody listens no
    event is made.

    Args:
        lane: the name that events have.

    Attributes:
        lane: the same. Whoever has the lane may change it.
        listeners: who is told of the calls of this lane.
        everybody: who is told of what concerns the whole client: the listeners of the client, and
            those of each lane that takes part in it now.
    """

    def __init__(self, lane: str = "client") -> None:
        self.lane = lane
        self.listeners: tuple[_Listening, ...] = ()
        self.everybody: tuple[_Listening, ...] = ()
        self._own: tuple[_Listening, ...] = ()
        self._above: Hub | None = None
        self._below: Final[list[Hub]] = []
        self._calls = 0

    def on_event(self, listener: Listener, *, name: str = "listener") -> Callable[[], None]:
        """Let a listener get every event from now on.

        Args:
            listener: is called at each event.
            name: of the argument, for the error.

        Returns:
            A function that takes it off again. To call it twice does no harm.

        Raises:
            ConfigurationError: it is no plain function.
        """
        check_listener(name, listener)
        listening = _Listening(listener)
        self._own = (*self._own, listening)
        self._settle()

        def take_off() -> None:
            listening.off = True
            self._own = tuple(each for each in self._own if each is not listening)
            self._settle()

        return take_off

    def emit(self, event: Event) -> None:
        """Tell those who listen to this lane."""
        for each in self.listeners:
            each.tell(event)

    def emit_to_everybody(self, event: Event) -> None:
        """Tell all who listen to any lane of the client."""
        for each in self.everybody:
            each.tell(event)

    def next_call(self) -> int:
        """A number for a call of the client, whatever its lane."""
        hub = self._above or self
        hub._calls += 1
        return hub._calls

    @contextmanager
    def joined(self, lane: Hub) -> Generator[None]:
        """For as long as the lane makes calls: the listeners of the client get its events, and its
        own listeners get those of the client.
        """
        self._below.append(lane)
        lane._above = self
        self._settle()
        try:
            yield
        finally:
            self._below.remove(lane)
            if lane not in self._below:
                lane._above = None
            lane._settle()
            self._settle()

    def _settle(self) -> None:
        """Who listens has changed."""
        if self._above is not None:
            self._above._settle()
            return
        lanes = dict.fromkeys(self._below)
        self.listeners = self._own
        self.everybody = (*self._own, *(each for lane in lanes for each in lane._own))
        for lane in lanes:
            lane.listeners = (*self._own, *lane._own)
            lane.everybody = self.everybody
