"""Run a batch: for each row a client, a card, and if wanted its activation; each intent on the disk before it is sent."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from base64 import b64encode
from contextlib import aclosing, nullcontext, suppress
from functools import partial
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import msgspec

from freedompay_async.batch.entries import Entry, accepted, clock_was_set_back, end, standing, unfinished
from freedompay_async.batch.files import DocumentProblem, open_document
from freedompay_async.batch.intention import Intention
from freedompay_async.batch.outage import PatientLane
from freedompay_async.batch.report import State
from freedompay_async.batch.stopping import Stopped, Stopping, Wait
from freedompay_async.contract import CARDS_ACTIVATE, CARDS_ISSUE, CLIENTS_CREATE
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    DuplicateRequest,
    FreedomPayError,
    JournalError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
    StillProcessing,
)
from freedompay_async.ids import new_request_id
from freedompay_async.models import CardActivation, CardIssue, ClientCreation
from freedompay_async.operations import Operation, start
from freedompay_async.secret import Document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.batch.journal import Journal
    from freedompay_async.batch.limits import Limits, Progress
    from freedompay_async.batch.plan import Plan
    from freedompay_async.batch.report import Outcome
    from freedompay_async.contract import Call
    from freedompay_async.governor import Lane
    from freedompay_async.models import Intent
    from freedompay_async.session import Session

__all__ = ["Run"]

R = TypeVar("R")
# Seconds between two tries of a row that can't be sent, though the issuer can be reached.
_LONGEST_PAUSE: Final = 30.0
# Rows that begin in one go: more would hold up other calls on the loop.
_AT_ONCE: Final = 16
_UNKNOWN: Final = (OutcomeUnknown, DuplicateRequest, ProtocolError)


class _NotSendable(Exception):
    """The row's document is not what was planned."""


class Run:
    """One pass over the rows that have not ended."""

    def __init__(self, session: Session, journal: Journal, limits: Limits, progress: Progress, plan: Callable[[], Awaitable[Plan]]) -> None:
        # What was not sent comes back at once, so that the run decides for all rows together when to try again.
        once = dataclasses.replace(session.policy, attempts=1)
        self._lane: Final = PatientLane(
            concurrency=limits.concurrency,
            rate=limits.rate,
            within=session.governor,
            longest=limits.outage,
            progress=progress,
            end=self._end_with,
        )
        self._session: Final = session.in_lane(self._lane, timeout=limits.settle, policy=once)
        self._journal: Final = journal
        self._read_plan: Final = plan
        self._limits: Final = limits
        self._progress: Final = progress
        # A row that waits for the issuer makes no call, so many more rows than calls; and no more than that where the issuer is quick,
        # because every row costs memory and time. Where calls are rationed, only as many rows as they serve, so that none waits long for
        # its turn to ask.
        rationed = limits.concurrency * 8 if limits.rate is None else max(1, int(limits.rate * 5))
        self._most_rows: Final = min(limits.concurrency * 8, rationed)
        # On the way, and ready to follow: enough that no place waits for a slow sync.
        ahead = max(limits.concurrency // 2, 1)
        self._most_active: Final = min(limits.concurrency + ahead, self._most_rows)
        self._room: Final = asyncio.Event()
        # What is on the disk and waits for its turn is asked about if the run is killed, and after an hour nobody can tell that it was not
        # sent, so it is not all of them.
        self._ahead: Final = asyncio.Semaphore(min(ahead, self._most_rows))
        # A document has up to 2 MB, so not every row in progress may have one in memory.
        self._documents: Final = asyncio.Semaphore(limits.concurrency * 2)
        self._stopping: Final = Stopping()
        self._full = False
        self._fatal: FreedomPayError | None = None
        self._cards = 0
        self._known: str | None = None

    def stop(self) -> None:
        """Start no new row; settle what is on the way."""
        self._lane.close()
        self._stopping.stop()
        self._room.set()

    async def work(self, give: Callable[[Outcome], Awaitable[None]]) -> None:
        """Every row that has not ended.

        Raises:
            AuthenticationError: the issuer refuses this merchant; the rows are left as they are.
            ConfigurationError: a guard stopped the run.
            JournalError: the journal can't be written.
            NotSent: there was no answer at all for too long.
        """
        progress = self._progress
        self._plan = await self._read_plan()
        progress.rows = self._plan.rows
        before = await standing(self._journal)
        progress.earlier, self._cards, self._clock = before.ended, before.cards, before.clock
        async with anyio.create_task_group() as watch:
            watch.start_soon(self._lane.watch, self._knock)
            # asyncio's own group, because a task of it costs half of one of anyio's, and there is one for each row.
            async with aclosing(unfinished(self._journal)) as rows, asyncio.TaskGroup() as group:
                async for row in rows:
                    await self._place()
                    if self._stopping.now or self._full:
                        break
                    progress.in_progress += 1
                    if not progress.in_progress % _AT_ONCE:
                        await asyncio.sleep(0)
                    group.create_task(self._row(row, give))
            watch.cancel_scope.cancel()
        clock_was_set_back(self._journal, self._clock.now()[1])
        if self._fatal is not None:
            raise self._fatal

    async def _row(self, row: Entry, give: Callable[[Outcome], Awaitable[None]]) -> None:
        progress = self._progress
        try:
            outcome = await self._issue(row)
            match outcome.state:
                case State.ISSUED:
                    progress.issued += 1
                case State.REFUSED:
                    progress.refused += 1
                case State.UNKNOWN:
                    progress.unknown += 1
                case _:
                    progress.left += 1
            await give(outcome)
        except Stopped:
            progress.left += 1
        except (AuthenticationError, ConfigurationError, JournalError) as error:
            progress.left += 1
            self._end_with(error)
        finally:
            progress.in_progress -= 1
            self._room.set()

    async def _place(self) -> None:
        """Until there is room for one more row."""
        progress = self._progress
        while not self._stopping.now and (
            progress.in_progress >= self._most_rows or progress.in_progress - progress.waiting >= self._most_active
        ):
            self._room.clear()
            await self._room.wait()

    async def _knock(self, lane: Lane) -> None:
        """A harmless question; the lane hears what becomes of it. What an issuer says of an id that it does not know is not public."""
        with suppress(FreedomPayError):
            await self._session.in_lane(lane).look_up(self._known or new_request_id())

    def _end_with(self, error: FreedomPayError) -> None:
        self._fatal = self._fatal or error
        self.stop()

    async def _issue(self, row: Entry) -> Outcome:
        try:
            if row.client_id is None:
                async with nullcontext() if row.planned.row.document is None else self._documents:
                    creation = await self._begin(row, "client", CLIENTS_CREATE, await self._creation(row))
                row.client_id = (await self._result(creation)).client_id
            if row.card_id is None:
                issue = CardIssue(client_id=row.client_id, product_id=row.planned.row.product_id)
                row.card_id = (await self._result(await self._begin(row, "card", CARDS_ISSUE, issue))).card_ids[0]
        except RequestFailed as error:
            return await self._ended(row, State.REFUSED, str(error))
        except _UNKNOWN as error:
            return await self._ended(row, State.UNKNOWN, str(error))
        except _NotSendable as error:
            return await self._ended(row, State.PLANNED, f"nothing was sent: {error}")
        if self._plan.settings["activate"] != "yes":
            return await self._ended(row, State.ISSUED, None)
        try:
            await self._result(await self._begin(row, "activate", CARDS_ACTIVATE, CardActivation(card_id=row.card_id)))
        except (RequestFailed, *_UNKNOWN) as error:
            return await self._ended(row, State.ISSUED, str(error))
        return await self._ended(row, State.ISSUED, None)

    async def _creation(self, row: Entry) -> ClientCreation | None:
        """The body of the first step; `None` if it was sent before and can't be rebuilt: then it can only be asked about."""
        planned = row.planned.row
        client = planned.client
        if planned.document is not None:
            try:
                document = await anyio.to_thread.run_sync(_document, Path(planned.document), row.planned.document_sha256)
            except DocumentProblem as error:
                if "client" in row.sent:
                    return None
                raise _NotSendable(f"{error}. Put the planned document back, and resume") from error
            client = msgspec.structs.replace(client, document=document)
        return ClientCreation(
            product_id=planned.product_id, client=client, branch_id=planned.branch_id, identification_info=planned.identification_info
        )

    async def _begin(self, row: Entry, step: str, call: Call[R], body: Intent | None) -> Operation[R]:
        """One intent, from the disk until the issuer has it."""
        request_id = row.request_id(step, self._plan.settings)
        earlier = row.sent.get(step)
        if earlier is not None and earlier.accepted:
            return Operation(self._session, call, request_id)
        digest = b""
        if body is not None:
            body.request_id = request_id
            digest = hashlib.sha256(self._session.encode(call, body)).digest()
            if earlier is not None and digest != earlier.body_sha256:
                body = None
        if body is None:
            return await self._asked(Operation(self._session, call, request_id))
        sent_at, guard = earlier and self._clock.sent_at(earlier.sent_at), partial(self._guard, step)
        intent = Intention(
            self._journal,
            row,
            step,
            request_id=request_id,
            digest=digest,
            sent_at=sent_at,
            clock=self._clock,
            guard=guard,
            ahead=self._ahead,
        )
        operation = await self._send(call, body, intent)
        accepted(self._journal, row, step)
        self._known = request_id
        row.found = row.found or (operation.answer is not None and operation.answer.found and not intent.limited)
        return operation

    async def _asked(self, operation: Operation[R]) -> Operation[R]:
        """Of an intent that can only be asked about."""
        left = self._limits.settle
        while True:
            began, held = asyncio.get_running_loop().time(), self._lane.held()
            try:
                with Wait(self._stopping):
                    state = await operation.refresh()
                break
            except (NotSent, OutcomeUnknown, RateLimited) as error:
                with Wait(self._stopping):
                    await anyio.sleep((error.retry_after or 0.0) + 1.0 + random())
                left -= asyncio.get_running_loop().time() - began - (self._lane.held() - held)
                if left <= 0:
                    raise Stopped from error
        if state is None:
            raise OutcomeUnknown(
                "it was sent by an earlier run, the issuer does not know the id, and the same bytes can't be made again to re-send it.",
                request_id=operation.request_id,
            )
        return operation

    def _guard(self, step: str, counted: bool) -> None:  # noqa: FBT001
        self._stopping.check()
        if self._full:
            raise Stopped
        if step == "card" and not counted:
            most = min(self._plan.rows, self._limits.max_cards or self._plan.rows)
            if self._cards >= most:
                guard = f"stopped before card {self._cards + 1}: at most {most} are allowed. The rows that are left can be resumed."
                # What is allowed already goes on, so that as many as are allowed are made.
                self._fatal, self._full = self._fatal or ConfigurationError(guard), True
                self._room.set()
                raise Stopped
            self._cards += 1

    async def _send(self, call: Call[R], body: Intent, intent: Intention) -> Operation[R]:
        """Until it is answered: an outage or a limit is no fault of the row."""
        pause = 1.0
        while True:
            try:
                return await self._start(call, body, intent)
            except NotSent:
                intent.take_back()
                # Where others are answered and this one can't be sent, trying harder does not help.
                wait, pause = pause * (1.0 + random()), min(pause * 2, _LONGEST_PAUSE)
            except RateLimited as error:
                intent.keep()
                self._progress.trouble = error.message
                wait = (error.retry_after or 0.0) + 1.0 + random()
            except OutcomeUnknown as error:
                if self._stopping.now:
                    raise Stopped from error
                raise
            with Wait(self._stopping):
                await anyio.sleep(wait)

    async def _start(self, call: Call[R], body: Intent, intent: Intention) -> Operation[R]:
        request_id, sent_at = intent.request_id, intent.sent_at
        try:
            # Until it is on its way it may wait long for its turn, and a run that stops does not wait for that.
            with Wait(self._stopping) if sent_at is None else nullcontext() as intent.waits:
                return await start(self._session, call, body, request_id=request_id, timeout=None, sent_at=sent_at, departure=intent)
        except Stopped:
            intent.take_back()
            raise
        finally:
            intent.let_next()

    async def _result(self, operation: Operation[R]) -> R:
        wait = self._limits.wait
        if operation.done:
            return await operation.result(timeout=wait)
        self._progress.waiting += 1
        self._room.set()
        try:
            while True:
                held = self._lane.held()
                try:
                    with Wait(self._stopping):
                        return await operation.result(timeout=wait)
                except StillProcessing as error:
                    # What it was not allowed to ask is given back.
                    wait = self._lane.held() - held
                    if wait > 0:
                        continue
                    if operation.answer is None and error.__cause__ is None:
                        raise OutcomeUnknown(
                            "the issuer accepted it, and request/status does not know it.", request_id=operation.request_id
                        ) from error
                    raise Stopped from error
        finally:
            self._progress.waiting -= 1

    async def _ended(self, row: Entry, state: State, reason: str | None) -> Outcome:
        return await end(self._journal, row, state, reason, self._plan.settings)


def _document(path: Path, sha256: str | None) -> Document:
    """In Base64. No frame that something can go wrong in holds the content."""
    document, digest = _read_document(path)
    if digest != sha256:
        raise DocumentProblem(f"{path} is not the document that was planned")
    return document


def _read_document(path: Path) -> tuple[Document, str]:
    content = open_document(path)
    return Document(b64encode(content).decode("ascii")), hashlib.sha256(content).hexdigest()
