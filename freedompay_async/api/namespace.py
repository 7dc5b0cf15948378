"""What all namespaces share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from freedompay_async.guards.staying import Staying
from freedompay_async.operations.start import start
from freedompay_async.settings.options import CHANGE_OPTIONS, READ_OPTIONS, check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import msgspec

    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import BodyWithId
    from freedompay_async.operations.operation import Operation
    from freedompay_async.settings.options import CallOptions, ChangeOptions, ReadOptions

__all__ = ["Namespace"]

R = TypeVar("R")


class Namespace(Staying):
    """Methods over one session. Each has the name of its row in the contract table.

    A method passes its options on as the one dict that Python has made of them. Their names are
    checked before the body is made: an error about the body would show, in its traceback, a secret
    under a misspelt name.
    """

    INSTEAD = "make a client in each process"

    def __init__(self, session: Session) -> None:
        self._session = session

    def _check(self, call: Call[Any], options: CallOptions, known: frozenset[str]) -> None:
        """Raise `TypeError` for an option that the method does not have."""
        if options:
            check_options(options, known, type(self).__name__, call.name)

    def _start(
        self,
        call: Call[R],
        body: Callable[[], BodyWithId],
        options: ChangeOptions,
    ) -> Coroutine[Any, Any, Operation[R]]:
        """Send an intent that can be asked about."""
        self._check(call, options, CHANGE_OPTIONS)
        return start(self._session, call, body(), options)

    def _read(
        self,
        call: Call[R],
        body: Callable[[], msgspec.Struct],
        options: CallOptions,
        known: frozenset[str] = READ_OPTIONS,
    ) -> Coroutine[Any, Any, R]:
        """Make a call that changes nothing."""
        self._check(call, options, known)
        return self._session.read(call, body(), cast("ChangeOptions", options))

    def _repeat(
        self,
        call: Call[R],
        body: Callable[[], msgspec.Struct],
        options: ReadOptions,
    ) -> Coroutine[Any, Any, R]:
        """Make a call that changes something, and may be repeated: its end is the same then."""
        self._check(call, options, READ_OPTIONS)
        return self._session.repeat(call, body(), cast("ChangeOptions", options))

    def _change(
        self,
        call: Call[R],
        body: Callable[[], msgspec.Struct],
        options: ReadOptions,
        known: frozenset[str] = READ_OPTIONS,
    ) -> Coroutine[Any, Any, R]:
        """Make a call that changes something and can't be asked about."""
        self._check(call, options, known)
        return self._session.change(call, body(), cast("ChangeOptions", options))
