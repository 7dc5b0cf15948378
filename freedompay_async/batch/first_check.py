"""Looks request ids up before they are sent for the first time: another machine or a lost journal
may have used them.

An issuer may answer a used id in another way than by a refusal, and then a card would be made for
somebody else's client. So rows spread over the file are looked up before anything is sent, and if
the issuer knows one of them, each row is. Where an id gets no clear answer, nothing is sent.
"""

from __future__ import annotations

import asyncio
from math import ceil, inf
from random import random
from typing import TYPE_CHECKING, Final, Literal

import anyio

from freedompay_async.batch.journal.records import Fact
from freedompay_async.batch.run_resources import SAYS_NOTHING, why
from freedompay_async.batch.stopping import Held, Stopped, Wait
from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.errors import ConfigurationError, FreedomPayError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.models import RequestState

__all__ = ["CHECKS", "EACH_ROW", "SAMPLE", "Check", "FirstCheck", "spread"]

Check = Literal["sample", "all", "none"]
CHECKS: Final = ("sample", "all", "none")
EACH_ROW: Final = "all"
SAMPLE: Final = 50
"""Ids that are looked up before the first send."""
_ASKED_FIRST: Final = "request ids are asked about before they are sent for the first time"
_NO_CLEAR_ANSWER: Final = (
    "nothing was sent. Whether the request ids of this batch were used before is not known: "
    "request/status gave no clear answer to "
    "{nothing} of {asked} questions, the last time: {why}. Run it again later; or, if this is how "
    "the host answers an id that it does not "
    'know, say --check-first none (Batch(check_first="none")).'
)
_HELD: Final = (
    "nothing was sent. Whether the request ids of this batch were used before is not known: the "
    "issuer asked to wait {seconds} s "
    "before it is asked again, longer than there was time left for (Limits.settle is {settle:g} "
    "s). Run it again later."
)
_NO_CLEAR_ANSWER_OF_ROWS: Final = (
    "whether the request ids of the rows that are left were used before is not known: for "
    "{settle:g} s request/status gave no "
    "clear answer to any question about them, the last time: {why}. Nothing was sent for these "
    "rows, and they can be resumed later."
)


def spread(rows: int, most: int = SAMPLE) -> list[int]:
    """Numbers of rows, from 1, spread evenly over a file, the first and the last row included."""
    if rows <= most:
        return list(range(1, rows + 1))
    return [1 + number * (rows - 1) // (most - 1) for number in range(most)]


class FirstCheck:
    """Decides which rows are looked up before their first send.

    Args:
        shared: resources of the run.
        check: `sample`: a few rows, and each row if one of those is known; `all`: each row; `none`.
    """

    def __init__(self, shared: RunResources, check: Check) -> None:
        self._shared: Final = shared
        self._check: Final = check
        self._all = False
        self._answered = -inf

    def remember(self, facts: Mapping[Fact, str]) -> None:
        """Look up each row, if an earlier run of the journal did."""
        self._all = self._all or facts.get(Fact.CHECK_FIRST) == EACH_ROW

    async def begin(
        self, *, rows: int, begun: bool, asking: Callable[[], object] = lambda: None
    ) -> None:
        """Decide it.

        Args:
            rows: of the batch.
            begun: this journal may have sent something, which a sample would find.
            asking: called when a sample is about to be asked about.

        Raises:
            ConfigurationError: the sample is not answered in time.
            AuthenticationError: the issuer refuses this merchant.
            Stopped: the run stops.
        """
        if self._all or self._check == "none" or (self._check == "sample" and begun):
            return
        if self._check == "all" or await self._known_sample(rows, asking):
            await self._shared.journal.keep({Fact.CHECK_FIRST: EACH_ROW})
            self._all = True

    def asks(self, row: Entry, step: str) -> bool:
        """Whether a step is looked up before it is sent.

        The first step of a row is, if this journal has sent nothing for the row. Of a row that was
        used before, each step is: what that use has made is taken, and not ordered again.
        """
        return row.found or (self._all and step == "client" and not row.sent)

    async def state(self, request_id: str) -> RequestState | None:
        """Look up a step before it is sent; `None`: the issuer does not know it.

        Raises:
            ConfigurationError: for `settle` seconds no such look-up was answered.
            Stopped: the run stops, or this look-up got no answer for too long, or the issuer asks
                to wait for longer than there is time: the row is left.
        """
        shared, loop = self._shared, asyncio.get_running_loop()
        began = loop.time()
        try:
            answer = await shared.ask(
                request_id, nothing_for=shared.limits.settle, trouble=_ASKED_FIRST
            )
        except Held:
            raise
        except (ProtocolError, Stopped) as nothing:
            shared.stopping.check()
            error = nothing.__cause__ if isinstance(nothing, Stopped) else nothing
            if self._answered < began and isinstance(error, FreedomPayError):
                raise ConfigurationError(
                    _NO_CLEAR_ANSWER_OF_ROWS.format(settle=shared.limits.settle, why=why(error))
                ) from error
            raise Stopped from nothing
        self._answered = loop.time()
        return answer

    async def _known_sample(self, rows: int, asking: Callable[[], object]) -> bool:
        shared, settings, numbers = self._shared, self._shared.settings, spread(rows)
        keys = await shared.journal.keys(numbers)
        # An issuer that answers 503 for an unknown id is not in an outage.
        shared.lane.unsure = True
        asking()
        try:
            known = await self._one_known(
                [
                    derive_request_id(settings["merchant"], settings["batch"], key, "client")
                    for key in keys
                ]
            )
        finally:
            shared.lane.unsure = False
        shared.progress.over()
        return known

    async def _one_known(self, ids: Sequence[str]) -> bool:
        """Whether the issuer knows one of them. Each is looked up until it is answered, all of them
        in each round.

        Raises:
            ConfigurationError: one is not answered after `settle` seconds, an outage not counted;
                or the issuer asks to wait for longer.
        """
        shared, loop = self._shared, asyncio.get_running_loop()
        began = loop.time() - shared.lane.seconds_without_answer()

        def seconds_left() -> float:
            return max(
                began + shared.limits.settle + shared.lane.seconds_without_answer() - loop.time(),
                0.0,
            )

        known, left = await self._round(dict.fromkeys(ids), of=len(ids), within=0.0)
        patience = shared.limits.settle
        while left and not known:
            # Each is looked up twice at least: under a low rate one round may take longer than
            # `settle`.
            error = max(left.values(), key=lambda each: each.retry_after or 0.0)
            if (error.retry_after or 0.0) >= patience:
                raise ConfigurationError(
                    _HELD.format(
                        seconds=ceil(error.retry_after or 0.0), settle=shared.limits.settle
                    )
                ) from error
            known, left = await self._round(left, of=len(ids), within=seconds_left())
            patience = seconds_left()
            if left and not known and not seconds_left():
                error = list(left.values())[-1]
                raise ConfigurationError(
                    _NO_CLEAR_ANSWER.format(nothing=len(left), asked=len(ids), why=why(error))
                ) from error
        return known

    async def _round(
        self, left: Mapping[str, FreedomPayError | None], *, of: int, within: float
    ) -> tuple[bool, dict[str, FreedomPayError]]:
        """Look each up once, until one is known.

        Args:
            left: the ids, each with the error of its last look-up.
            of: how many there are in all.
            within: the longest pause before an id is looked up again, in seconds.

        Returns:
            Whether one is known, and the errors of the look-ups, the newest last.
        """
        shared, nothing = self._shared, dict[str, FreedomPayError]()
        answered = of - len(left)

        async def ask(request_id: str, before: FreedomPayError | None) -> bool:
            nonlocal answered
            if before is not None:
                with Wait(shared.stopping):
                    await anyio.sleep(min((before.retry_after or 0.0) + 1.0 + random(), within))
            try:
                state = await shared.ask(request_id, again_after=())
            except SAYS_NOTHING as error:
                nothing[request_id] = error
                return False
            answered += 1
            return state is not None

        tasks = [asyncio.create_task(ask(each, before)) for each, before in left.items()]
        try:
            for each in asyncio.as_completed(tasks):
                # Under a low rate this takes a while, and shows nothing else.
                error = [*left.values(), *nothing.values()][-1]
                shared.progress.trouble = f"{_ASKED_FIRST} ({answered} of {of} answered)" + (
                    f": {why(error)}" if error else ""
                )
                if await each:
                    return True, nothing
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return False, nothing
