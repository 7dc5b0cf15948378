"""Reads answers; large ones in threads, a few at a time, so that other calls on the loop go on."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from freedompay_async.codec.decode import read_answer, read_look_up
from freedompay_async.contract.calls import IdField, Section
from freedompay_async.contract.models import Answer, GiftAnswer, PinPageAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.codec.messages import Reply, Verdict
    from freedompay_async.contract.calls import Call
    from freedompay_async.redaction.redaction import Redaction

__all__ = ["LARGE", "Reading", "read_look_up_reply", "read_own_reply"]

R = TypeVar("R")
LARGE: Final = 32_768
"""An answer of more bytes is read in a thread. A smaller one is read sooner than handed over."""
_AT_ONCE: Final = 2
_ENVELOPES: Final = {
    Section.PAYMENT_CARDS: Answer,
    Section.GIFT_CARDS: GiftAnswer,
    Section.HASHDT: PinPageAnswer,
}


def read_own_reply(call: Call[Any], reply: Reply, redaction: Redaction) -> Verdict:
    """What the answer to a call shows."""
    return read_answer(
        reply,
        call.answer,
        effect=call.id_field is not IdField.ASKED_ABOUT,
        now=time.time(),
        envelope=_ENVELOPES[call.section],
        asked=call.envelope,
        redaction=redaction,
    )


def read_look_up_reply(call: Call[Any], reply: Reply, redaction: Redaction) -> Verdict:
    """What the answer to a look-up shows of the request that was asked about."""
    return read_look_up(reply, now=time.time(), asked=call.envelope, redaction=redaction)


class Reading:
    """Reads the large answers of one client."""

    def __init__(self) -> None:
        self._places: Final = asyncio.Semaphore(_AT_ONCE)

    async def in_thread(self, work: Callable[[], R], *, deadline: float) -> R:
        """The result of `work`, which reads a large answer.

        Raises:
            TimeoutError: it was not done by the deadline, a time of the loop's clock. The thread
                goes on until it is done.
        """
        async with asyncio.timeout_at(deadline), self._places:
            # A thread of its own. The loop's own threads are for others, and a child that is forked
            # later would lack them.
            thread = ThreadPoolExecutor(1)
            done = asyncio.get_running_loop().run_in_executor(thread, work)
            thread.shutdown(wait=False)
            return await done
