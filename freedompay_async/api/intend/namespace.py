"""What all namespaces of `fp.intend` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from freedompay_async.guards.staying import Staying
from freedompay_async.intents.sending import make_intent
from freedompay_async.settings.options import INTENT_OPTIONS, check_options

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call
    from freedompay_async.intents.intent import Intent
    from freedompay_async.settings.options import IntentOptions

__all__ = ["IntentNamespace"]

R = TypeVar("R")


class IntentNamespace(Staying):
    """Methods that make a call as a value, each of the name and the arguments of the method that
    sends it. Nothing is sent.

    Each raises `ConfigurationError` where that method would. They take `IntentOptions`.
    """

    INSTEAD = "make a client in each process"

    def __init__(self, session: Session, base_url: str) -> None:
        self._session = session
        self._base_url = base_url

    def _intend(
        self, call: Call[R], body: Callable[[], msgspec.Struct], options: IntentOptions
    ) -> Intent[R]:
        if options:
            check_options(options, INTENT_OPTIONS, type(self).__name__, call.name)
        return make_intent(self._session, call, body(), options, base_url=self._base_url)
