"""Sends the intents of rows: recorded first, then sent, until they are answered.

`RowSending._record_and_start` is the only place of a batch that sends an intent.
"""

from __future__ import annotations

from functools import partial
from random import random
from typing import TYPE_CHECKING, Any, Final

import anyio

from freedompay_async.batch.lease import LeaseLost
from freedompay_async.batch.run_resources import too_long
from freedompay_async.batch.stopping import Stopped, Wait
from freedompay_async.calls.compose import Composer
from freedompay_async.errors import NotSent, OutcomeUnknown, RateLimited
from freedompay_async.operations.start import start

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.batch.send import Send
    from freedompay_async.operations.operation import Operation

__all__ = ["RowSending"]

# Seconds between two tries of a row that can't be sent although the issuer can be reached.
_LONGEST_PAUSE: Final = 30.0


class RowSending:
    """Sends intents.

    Args:
        shared: resources of the run.
        guard: called with the step before its intent is recorded, and with whether it was called
            for that intent before. It raises where the step must not be sent.
        ahead: slots for intents that are recorded and wait to be sent.
    """

    def __init__(
        self,
        shared: RunResources,
        *,
        guard: Callable[[str, bool], None],
        ahead: asyncio.Semaphore,
    ) -> None:
        self._shared: Final = shared
        self._guard: Final = guard
        self._ahead: Final = ahead

    async def carry_out(self, send: Send) -> Operation[Any]:
        """Send an intent until it is answered: an outage or a limit is no fault of its row.

        Raises:
            Held: the issuer asks to wait for longer than there is time.
        """
        shared, pause, waited = self._shared, 1.0, 0.0
        while True:
            try:
                return await self._record_and_start(send)
            except NotSent:
                self._take_back(send)
                # Others are answered and this one can't be sent, so trying harder does not help.
                wait, pause = pause * (1.0 + random()), min(pause * 2, _LONGEST_PAUSE)
            except RateLimited as error:
                send.answered = True
                asked = error.retry_after or 0.0
                if asked >= shared.limits.settle:
                    raise too_long(error, "settle", shared.limits) from error
                if waited >= shared.limits.outage:
                    raise too_long(error, "outage", shared.limits) from error
                shared.progress.trouble = error.text
                wait = asked + 1.0 + random()
                waited += wait
            except OutcomeUnknown as error:
                if error.wait_too_long and not error.refused:
                    raise too_long(error, "settle", shared.limits) from error
                if shared.stopping.now and not error.refused:
                    raise Stopped from error
                raise
            with Wait(shared.stopping):
                await anyio.sleep(wait)

    async def _record_and_start(self, send: Send) -> Operation[Any]:
        """Sign an intent, write it into the journal, then send it.

        A stop of the run ends the waits for the signer, for a slot and to leave. It does not end
        the write, nor anything after the request has left.
        """
        if send.sent_before is not None and send.recorded:
            return await self._start(send, partial(self._check_lease, send.row))
        has_slot, left = False, False
        # A signer may be slow. It is asked first, so that no recorded intent and no slot waits.
        signed = self._shared.session.sign(send.call, send.body, send.options)
        if not isinstance(signed, Composer):
            with Wait(self._shared.stopping):
                signed = await signed

        def on_leave() -> Callable[[], bool] | None:
            nonlocal left
            may = self._check_lease(send.row)
            left = True
            wait.off()
            give_slot_back()
            return may

        def give_slot_back() -> None:
            nonlocal has_slot
            if has_slot:
                has_slot = False
                self._ahead.release()

        try:
            if not send.recorded:
                with Wait(self._shared.stopping):
                    await self._ahead.acquire()
                has_slot = True
                await self._record(send, signed.body)
            with Wait(self._shared.stopping) as wait:
                return await self._start(send, on_leave, signed)
        except BaseException:
            if not left:
                self._take_back(send)
            raise
        finally:
            give_slot_back()

    async def _record(self, send: Send, body: bytes) -> None:
        shared = self._shared
        self._guard(send.step, send.counted)
        send.counted = True
        now, set_back = shared.clock.now()
        await shared.journal.record_intent(
            send.row,
            send.step,
            request_id=send.body.request_id,
            body_sha256=shared.session.shared.fingerprint(send.call, body),
            sent_at=now,
            set_back=set_back,
        )
        send.recorded = True

    def _check_lease(self, row: Entry) -> Callable[[], bool] | None:
        """Keep a request from leaving whose row another run may have by now; what is asked again
        when its connection is there, which may take longer than the lease lasts.
        """
        journal = self._shared.journal
        if not journal.holds(row):
            raise LeaseLost
        return partial(journal.holds, row) if journal.shared else None

    async def _start(
        self,
        send: Send,
        on_leave: Callable[[], Callable[[], bool] | None],
        signed: Composer | None = None,
    ) -> Operation[Any]:
        return await start(
            self._shared.session,
            send.call,
            send.body,
            send.options,
            sent_before=send.sent_before,
            on_leave=on_leave,
            ask_once=True,
            signed=signed,
        )

    def _take_back(self, send: Send) -> None:
        """Forget an intent that was surely not sent.

        Nobody waits for this write: if it is lost, the next run only asks about the intent once.
        """
        if send.recorded and not send.answered and send.sent_before is None:
            self._shared.journal.take_back(send.row, send.step)
            send.recorded = False
