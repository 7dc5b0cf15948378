"""The steps of a row: its client, its card, and if wanted the activation; each intent on the disk
before it is sent.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from functools import partial
from random import random
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import msgspec

from freedompay_async.batch.documents import creation
from freedompay_async.batch.ending import (
    Ended,
    as_told,
    failed,
    not_all_told,
    not_what_was_ordered,
    used_before,
)
from freedompay_async.batch.entries import Refusal
from freedompay_async.batch.input.documents import DocumentProblem
from freedompay_async.batch.intention import Intention
from freedompay_async.batch.report import State
from freedompay_async.batch.run_resources import SAYS_NOTHING, too_long
from freedompay_async.batch.stopping import Stopped, Wait
from freedompay_async.batch.writes import accepted, claim, end, keep
from freedompay_async.contract.models import CardActivation, CardIssue
from freedompay_async.contract.table import CARDS_ACTIVATE, CARDS_ISSUE, CLIENTS_CREATE
from freedompay_async.errors import (
    DuplicateRequest,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
    StillProcessing,
)
from freedompay_async.operations.operation import Operation, start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.first_check import FirstCheck
    from freedompay_async.batch.refusals import Refusals
    from freedompay_async.batch.report import Outcome
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import Intent, RequestState

__all__ = ["Steps"]

R = TypeVar("R")
# Seconds between two tries of a row that can't be sent, though the issuer can be reached.
_LONGEST_PAUSE: Final = 30.0
_UNKNOWN: Final = (OutcomeUnknown, DuplicateRequest, ProtocolError)
_WHAT: Final = {"client": "client", "card": "card", "activate": "activation"}


class Steps:
    """Takes a row from where it stands to its end.

    Args:
        shared: of the run.
        first: which rows are asked about before their first send.
        refusals: what becomes of a refused step.
        guard: asked before an intent is written down: which step, and whether it was asked before;
            raises where it must not be sent.
        ahead: how many intents may be on the disk and wait for their turn.
    """

    def __init__(
        self,
        shared: RunResources,
        first: FirstCheck,
        refusals: Refusals,
        *,
        guard: Callable[[str, bool], None],
        ahead: asyncio.Semaphore,
    ) -> None:
        self._shared: Final = shared
        self._first: Final = first
        self._refusals: Final = refusals
        self._guard: Final = guard
        self._ahead: Final = ahead
        # A document has up to 2 MB, so not every row in progress may have one in memory.
        self._documents: Final = asyncio.Semaphore(shared.limits.concurrency * 2)

    async def issue(self, row: Entry) -> Outcome:
        """How it ended.

        Raises:
            Stopped: the run stops; the row is left as the journal has it.
            FreedomPayError: the run has to end.
        """
        ended = await self._ended(row)
        return await end(
            self._shared.journal,
            row,
            ended.state,
            ended.reason,
            self._shared.settings,
            proved=ended.proved,
        )

    async def _ended(self, row: Entry) -> Ended:
        try:
            ended = await self._made(row)
        except Ended as early:
            ended = early
        return as_told(row, ended)

    async def _made(self, row: Entry) -> Ended:
        if row.found and not row.accepted_found:
            # An earlier run has found it, and was ended before it could say so.
            raise await self._used_before(row, "client" if row.client_id is None else "card", None)
        if row.client_id is None:
            row.client_id = (
                await self._step(row, "client", CLIENTS_CREATE, partial(_creation, row))
            ).client_id
        elif row.found and row.card_id is None:
            # What was told of that use is no client to go on with before its request is known to
            # have succeeded.
            row.client_id = await self._client_of_that_use(row)
        if row.card_id is None:
            issue = CardIssue(
                client_id=row.client_id, product_id=row.card_product_id(self._shared.settings)
            )
            issued = await self._step(row, "card", CARDS_ISSUE, partial(_given, issue))
            row.card_id = issued.card_ids[0]
            # Whoever sent it, this process or an earlier one: it was one card, for this client.
            issued = msgspec.structs.replace(issued, ordered=1, ordered_for=row.client_id)
            if issued.differs:
                raise not_what_was_ordered(
                    issued.differs, issued.card_ids, request_id=issued.request_id
                )
        if self._shared.settings["activate"] != "yes":
            return Ended(State.ISSUED, None)
        if "activate" not in row.sent and await claim(self._shared.journal, row):
            # It ends as doubtful, and a card of nobody knows whom is not made active.
            return Ended(State.ISSUED, None)
        try:
            await self._step(
                row,
                "activate",
                CARDS_ACTIVATE,
                partial(_given, CardActivation(card_id=row.card_id)),
            )
        except Ended as ended:
            return (
                ended
                if ended.state in (State.FOUND, State.DOUBTFUL)
                else Ended(State.ISSUED, ended.reason)
            )
        return Ended(State.ISSUED, None)

    async def _client_of_that_use(self, row: Entry) -> str:
        try:
            return (
                await self._result(
                    Operation(
                        self._shared.session,
                        CLIENTS_CREATE,
                        row.request_id("client", self._shared.settings),
                    )
                )
            ).client_id
        except (RequestFailed, *_UNKNOWN) as error:
            raise failed(row, error) from error

    async def _step(
        self, row: Entry, step: str, call: Call[R], compose: Callable[[], Awaitable[Intent]]
    ) -> R:
        """What a step has made.

        Raises:
            Ended: the row ends with it.
        """
        try:
            operation = await self._before(row, step, call)
            if operation is None:
                operation, used = await self._sent(row, step, call, compose)
                await self._if_used(row, step, operation.answer, used=used)
                accepted(self._shared.journal, row, step)
            return await self._result(operation)
        except (RequestFailed, *_UNKNOWN) as error:
            raise failed(row, error) from error

    async def _before(self, row: Entry, step: str, call: Call[R]) -> Operation[R] | None:
        """The operation of a step that needs no sending; `None`: it does."""
        request_id, earlier = row.request_id(step, self._shared.settings), row.sent.get(step)
        if earlier is not None and earlier.accepted:
            return Operation(self._shared.session, call, request_id)
        if row.refused or (earlier is not None and earlier.refused):
            operation, used = await self._refusals.of_an_earlier_run(row, step, call, earlier)
            await self._if_used(row, step, operation.answer, used=used)
            return operation
        if earlier is not None or not self._first.asks(row, step):
            return None
        state = await self._first.state(request_id)
        if state is None and row.found and step == "client":
            gone = (
                "the issuer knew the request id of this row's client before, and does not know it "
                "any more; nothing was sent"
            )
            raise OutcomeUnknown(f"{gone}.", request_id=request_id, call=call.name)
        if state is None:
            return None
        await self._if_used(row, step, state, used=True)
        return Operation(self._shared.session, call, request_id, state)

    async def _if_used(
        self, row: Entry, step: str, state: RequestState | None, *, used: bool
    ) -> None:
        """Where somebody used the row before this journal, it goes on only if somebody has said
        that it was for the same person.

        Raises:
            Ended: nobody has.
        """
        if not used or row.found:
            return
        row.found = True
        if not row.accepted_found:
            # At once, or a run that is killed before the row has ended would be resumed as if the
            # use were its own.
            await keep(self._shared.journal, row)
            raise await self._used_before(row, step, state)

    async def _sent(
        self, row: Entry, step: str, call: Call[R], compose: Callable[[], Awaitable[Intent]]
    ) -> tuple[Operation[R], bool]:
        """One intent, from the disk until the issuer has it; and whether its id was used before
        this journal used it.
        """
        shared, earlier = self._shared, row.sent.get(step)
        request_id = row.request_id(step, shared.settings)
        async with (
            nullcontext()
            if row.planned.row.document is None or step != "client"
            else self._documents
        ):
            try:
                body = await compose()
            except DocumentProblem as error:
                if earlier is None:
                    raise Ended(
                        State.PLANNED,
                        f"nothing was sent: {error}. Put the planned document back, and resume",
                    ) from error
                return await self._asked(call, request_id), False
            body.request_id = request_id
            digest = shared.session.shared.fingerprint(call, body)
            if earlier is not None and digest != earlier.body_sha256:
                return await self._asked(
                    call, request_id, changed=shared.changed.get(call.name)
                ), False
            intent = Intention(
                shared.journal,
                row,
                step,
                request_id=request_id,
                digest=digest,
                sent_at=None if earlier is None else shared.clock.sent_at(earlier.sent_at),
                clock=shared.clock,
                guard=partial(self._guard, step),
                ahead=self._ahead,
            )
            # Only where the answer to an earlier send was lost, what is known is our own. Not to
            # have been known just before, or a 429, tells nothing: somebody else may have used the
            # id since.
            own = earlier is not None
            try:
                operation = await self._carried(call, body, intent)
            except (RequestFailed, OutcomeUnknown, DuplicateRequest) as error:
                if error.proved or not (error.refused or isinstance(error, DuplicateRequest)):
                    raise
                refused, shared.held = error, 0
            else:
                shared.witness, shared.held = request_id, 0
                found = operation.answer is not None and operation.answer.found
                return operation, found and not own
        return await self._refusals.of_this_run(
            row, step, call, refused, refusal=Refusal.OWN if own else Refusal.PERHAPS_USED
        )

    async def _asked(
        self, call: Call[R], request_id: str, *, changed: str | None = None
    ) -> Operation[R]:
        """Of an intent that can only be asked about; `changed`: what has changed in the contract
        since it was planned.
        """
        state = await self._shared.ask_patiently(request_id)
        if state is None:
            why = (
                ""
                if changed is None
                else (
                    f": the contract of {call.name} has changed since the batch was planned "
                    f"({changed})"
                )
            )
            raise OutcomeUnknown(
                "it was sent by an earlier run, the issuer does not know the id, and the same "
                "bytes can't be made again to re-send "
                f"it{why}.",
                request_id=request_id,
            )
        return Operation(self._shared.session, call, request_id, state)

    async def _carried(self, call: Call[R], body: Intent, intent: Intention) -> Operation[R]:
        """Until it is answered: an outage or a limit is no fault of the row.

        Raises:
            Held: the issuer asks for more patience than there is time for.
        """
        shared, pause, waited = self._shared, 1.0, 0.0
        while True:
            try:
                return await self._start(call, body, intent)
            except NotSent:
                intent.take_back()
                # Where others are answered and this one can't be sent, trying harder does not help.
                wait, pause = pause * (1.0 + random()), min(pause * 2, _LONGEST_PAUSE)
            except RateLimited as error:
                intent.keep()
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

    async def _start(self, call: Call[R], body: Intent, intent: Intention) -> Operation[R]:
        request_id, sent_at = intent.request_id, intent.sent_at
        try:
            # Until it is on its way it may wait long for its turn, and a run that stops does not
            # wait for that.
            with Wait(self._shared.stopping) if sent_at is None else nullcontext() as intent.waits:
                return await start(
                    self._shared.session,
                    call,
                    body,
                    {"request_id": request_id},
                    sent_at=sent_at,
                    departure=intent,
                    ask_once=True,
                )
        except Stopped:
            intent.take_back()
            raise
        finally:
            intent.let_next()

    async def _result(self, operation: Operation[R]) -> R:
        shared, wait = self._shared, self._shared.limits.wait
        if operation.done:
            return await operation.result()
        shared.progress.waiting += 1
        shared.room.set()
        try:
            while True:
                before = operation._waited.seconds
                try:
                    with Wait(shared.stopping):
                        result = await operation.result(timeout=wait)
                    shared.held_questions = 0
                    return result
                except StillProcessing as error:
                    # What it was not allowed to ask is given back; not less than a question may
                    # take, or its answer would come too late.
                    held = operation._waited.seconds - before
                    if held > 0:
                        wait = max(
                            held, min(shared.limits.wait, shared.session.policy.attempt_timeout)
                        )
                        continue
                    if error.wait_too_long:
                        if shared.witness == operation.request_id:
                            # Whoever asks whether the issuer is there asks about another one.
                            shared.witness = None
                        raise too_long(error, "wait", shared.limits, question=True) from error
                    if error.done:
                        raise not_all_told(
                            error.call or "", error.card_ids, request_id=operation.request_id
                        ) from error
                    if operation.answer is None and error.__cause__ is None:
                        raise OutcomeUnknown(
                            "the issuer accepted it, and request/status does not know it.",
                            request_id=operation.request_id,
                        ) from error
                    raise Stopped from error
        finally:
            shared.progress.waiting -= 1

    async def _used_before(self, row: Entry, step: str, state: RequestState | None) -> Ended:
        """The end of such a row, with what the issuer tells of it. Nothing is made for it."""
        shared = self._shared
        if state is not None and state.client_id:
            row.client_id = row.client_id or str(state.client_id)
        card = state if step != "client" else None
        # Whose answer names the cards.
        card_request = row.request_id("card" if step == "client" else step, shared.settings)
        if row.card_id is None and card is None:
            try:
                with Wait(shared.stopping):
                    card = await shared.session.look_up(card_request)
            except (*SAYS_NOTHING, Stopped):
                # It is told without its card.
                pass
        card_ids = [] if card is None else [each for each in card.card_ids if each]
        if row.card_id is None and card_ids:
            row.card_id = card_ids[0]
        if len(card_ids) > 1:
            return not_what_was_ordered(
                f"ordered 1, and {len(card_ids)} cards were made", card_ids, request_id=card_request
            )
        if card_ids and card_ids[0] != row.card_id:
            differs = (
                f"the card of this row is {row.card_id}, and its activation, used before this "
                "journal, names another"
            )
            return not_what_was_ordered(differs, card_ids, request_id=card_request)
        return used_before(_WHAT[step], row.request_id(step, shared.settings))


async def _given(intent: Intent) -> Intent:
    return intent


async def _creation(row: Entry) -> Intent:
    return await creation(row.planned)
