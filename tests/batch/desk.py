"""A row of a batch by itself: doubles for the session, the journal and what is asked about, and one
list of what happened, in order.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from types import SimpleNamespace
from typing import NamedTuple

import msgspec
from msgspec.structs import force_setattr, replace

from freedompay_async.batch import State
from freedompay_async.batch.entries import Earlier, Entry, Refusal
from freedompay_async.batch.input.rows import Row
from freedompay_async.batch.kept import PlannedRow
from freedompay_async.batch.limits import Limits
from freedompay_async.batch.progress import Progress
from freedompay_async.batch.row_flow import RowFlow
from freedompay_async.batch.row_steps import RowSteps
from freedompay_async.batch.run_resources import RunResources
from freedompay_async.batch.stopping import Stopping
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.models import (
    CardActivation,
    CardIssue,
    ClientCreation,
    NewClient,
    RequestState,
)
from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.errors import RequestFailed
from freedompay_async.events.hub import Hub
from freedompay_async.operations.operation import Operation
from freedompay_async.redaction.redaction import Outgoing
from freedompay_async.settings.policy import Policy
from freedompay_async.traffic.poll_schedule import PollSchedules

PERSON = NewClient(phone=77010000007, type=1, resident=1, first_name="Ivan", last_name="Ivanov")
STEPS = ["client", "card", "activate"]
# What is known of the row when a step of it is begun.
BEFORE = {
    "client": {},
    "card": {"client_id": "cl-1"},
    "activate": {"client_id": "cl-1", "card_id": "c-1"},
}
USED = (
    "used before{}. The issuer knew the request id of this row's {} before this journal sent it, "
    "so nothing is made for the row until "
    "--accept-found says that it was used for the same person [request_id {}]"
)
# The middle of the first sentence, by what is known of that use.
THE_CARD = ": check whose card it is"
THE_CLIENT = (
    ": check whose client it is. No card of that use is known: the issuer does not know its "
    "request, or could not be asked, or it failed"
)
NOTHING = (
    ". Nothing is known that this use has made: it failed, or goes on, or could not be asked about"
)
STEP_OF = {"clients.create": "client", "cards.issue": "card", "cards.activate": "activate"}


def stands(row, state=State.STARTED, reason=None, *, proved=False):
    """What a journal is told of a row with each write."""
    return row.number, state.value, row.client_id, row.card_id, row.found, reason, proved


def state(request_status="success", **said):
    return msgspec.convert({"status": "ok", "request_status": request_status} | said, RequestState)


def cards(*ids, **said):
    return state(cards=[{"card_id": each} for each in ids], **said)


CLIENT, CARD, DONE, PROCESS, FAILED = (
    state(client_id="cl-1"),
    cards("c-1"),
    state(),
    state("process"),
    state("error"),
)


def own(step, key="k7"):
    return derive_request_id("1", "may", key, step)


def error(kind=RequestFailed, *, of="card", **facts):
    name = next(name for name, step in STEP_OF.items() if step == of)
    return kind("no.", request_id=own(of), call=name, **facts)


def digest_of(body):
    return hashlib.sha256(msgspec.json.encode(body)).digest()


def answered(said, request_id):
    """The answer as a session gives it: it says of which request it is."""
    if said is None:
        return None
    answer = replace(said)
    force_setattr(answer, "request_id", request_id)
    return answer


def body_of(step, **changed):
    """What goes out for a step of this row."""
    body = {
        "client": ClientCreation(product_id=2000, client=PERSON),
        "card": CardIssue(client_id="cl-1", product_id=2000),
        "activate": CardActivation(card_id="c-1"),
    }[step]
    return replace(body, request_id=own(step), **changed)


def sent_before(step, *, at=900.0, accepted=False, refused=Refusal.NONE, digest=None):
    return {
        step: Earlier(at, accepted, digest_of(body_of(step)) if digest is None else digest, refused)
    }


class Signed(NamedTuple):
    call: str
    body: bytes


class DeskJournal:
    """The journal of a desk, which tells the desk of all that it is told."""

    def __init__(self, desk) -> None:
        self._desk = desk

    @property
    def shared(self):
        return self._desk.journal_shared

    def __getattr__(self, name):
        return getattr(self._desk, name)


class Desk:
    """A run: of each step the issuer says to its sends what `sends` has, and to questions about it
    what `looks` has, one after another.

    The last look holds for all later ones; a send without an answer is an error of the test.
    """

    def __init__(self, *, activate="no", asks=False, ahead=4, concurrency=2, limits=None) -> None:
        self.told, self.bodies, self.options, self.known, self.asked_whether = [], [], [], [], []
        # Of which row and step the journal is told what.
        self.steps_told = []
        # What is signed: the call, its body and its options.
        self.signed = []
        self.sends = {"client": [CLIENT], "card": [CARD], "activate": [DONE]}
        # What is added to each body of a call.
        self.fields = {}
        self.looks, self.first_says, self.refusals_say = {}, None, None
        self.asks_first = asks
        self.takes = self.look_takes = self.signing_takes = 0.0
        self.lease_lasts = True
        self.turn: asyncio.Event | None = None
        # What a send ends with before it leaves.
        self.unsendable: Exception | None = None
        self.shares_card, self.ends_shared, self.guard_says = False, None, None
        # Looks come often, so that a wait ends just where it has to.
        self.policy = Policy(poll_first=0.25, poll_most=0.5)
        self.outgoing = Outgoing((), ())
        self.polls = PollSchedules(self.policy)
        self.stopping, self.progress, self.room = Stopping(), Progress(), asyncio.Event()
        # What the lanes of a client share is this too.
        session = SimpleNamespace(
            shared=self,
            policy=self.policy,
            timeout=30.0,
            submit=self.submit,
            look_up=self.look_up,
            sign=self.sign,
            hub=Hub(),
        )
        # What the journal says of itself.
        self.journal_shared = False
        self.shared = RunResources(
            session=session,
            lane=SimpleNamespace(),
            journal=DeskJournal(self),
            limits=Limits(
                **{"concurrency": concurrency, "settle": 60.0, "wait": 100.0, "outage": 200.0}
                | (limits or {})
            ),
            progress=self.progress,
            settings={"merchant": "1", "batch": "may", "activate": activate},
            clock=SimpleNamespace(
                sends_of=lambda earlier: SentBefore(earlier.sent_at + 5.0, earlier.quiet_since),
                now=lambda: (1000.0, 2.5),
            ),
            stopping=self.stopping,
            room=self.room,
            witness=None,
            held=3,
        )
        self.ahead = asyncio.Semaphore(ahead)
        steps = RowSteps(self.shared, self, self, guard=self.guard, ahead=self.ahead)
        self.flow = RowFlow(self.shared, steps)

    def row(self, key="k7", *, document=None, **known):
        planned = Row(
            line=8,
            key=key,
            product_id=2000,
            client=PERSON,
            document=document,
            identification_info=None,
            branch_id=None,
        )
        facts = {"client_id": None, "card_id": None, "sent": {}} | known
        return Entry(number=7, line=8, key=key, planned=PlannedRow(row=planned), **facts)

    async def issue(self, row=None, **known):
        return await self.flow.issue(row or self.row(**known))

    def effects(self):
        """What was sent, one after another."""
        return [each.removeprefix("sent ") for each in self.told if each.startswith("sent ")]

    def guard(self, step, counted):
        self.told.append(f"guarded {step}{' again' if counted else ''}")
        if self.guard_says is not None:
            raise self.guard_says

    # -- the journal

    def holds(self, row):
        self.steps_told.append(("leaves", row.key))
        return self.lease_lasts

    async def record_intent(self, row, step, *, request_id, body_sha256, sent_at, set_back=0.0):
        self.told.append(f"written {step}")
        intent = (row.number, step, request_id, body_sha256, sent_at)
        self.known.append((intent, stands(row), set_back))

    async def go_on(self, row):
        self.told.append("kept")
        self.known.append(stands(row))

    async def claim_card(self, row):
        self.told.append("claimed")
        self.known.append(stands(row))
        return self.shares_card

    async def end(self, row, state, reason, *, proved=False):
        self.told.append("ended")
        further = tuple(card for card in row.card_ids if card != row.card_id)
        self.known.append((stands(row, state, reason, proved=proved), further))
        return self.ends_shared

    def accepted(self, row, step):
        self.told.append(f"accepted {step}")
        self.steps_told.append(("accepted", row.key, step))

    def step_ended(self, row, step):
        self.steps_told.append(("ended", row.key, step))

    def take_back(self, row, step):
        self.told.append(f"taken back {step}")
        self.steps_told.append(("taken back", row.key, step))

    # -- the session

    def encode(self, call, body):
        return msgspec.json.encode(msgspec.to_builtins(body) | self.fields.get(call.name, {}))

    def fingerprint(self, call, body):
        return hashlib.sha256(body).digest()

    async def sign(self, call, request, options):
        await asyncio.sleep(self.signing_takes)
        self.signed.append((call.name, msgspec.to_builtins(request), dict(options)))
        return Signed(call.name, self.encode(call, request))

    async def submit(self, call, request, options, *, on_leave, **more):
        step = STEP_OF[call.name]
        if self.unsendable is not None:
            raise self.unsendable
        if self.turn is not None:
            await self.turn.wait()
        if on_leave is not None:
            on_leave()
        self.told.append(f"sent {step}")
        self.bodies.append(json.loads(self.encode(call, request)))
        self.options.append({**options, **more})
        await asyncio.sleep(self.takes)
        said = self.sends[step].pop(0)
        if isinstance(said, Exception):
            raise said
        return answered(said, options["request_id"])

    async def look_up(self, request_id, *, timeout=None, waited=None):
        # Of the question that is answered now.
        self.waited = waited
        step = next((step for step in STEP_OF.values() if own(step) == request_id), request_id)
        self.told.append(f"asked {step}")
        await asyncio.sleep(self.look_takes)
        said = self.looks.get(step, [None])
        said = said.pop(0) if len(said) > 1 else said[0]
        if callable(said):
            said = said()
        if isinstance(said, Exception):
            raise said
        return answered(said, request_id)

    # -- what is asked about before a first send, and what becomes of a refusal

    def asks(self, row, step):
        self.asked_whether.append((row.key, step))
        return self.asks_first

    async def state(self, request_id):
        step = next(step for step in STEP_OF.values() if own(step) == request_id)
        self.told.append(f"asked first {step}")
        return answered(self.first_says, request_id)

    async def of_this_run(self, row, step, call, error, *, refusal):
        self.told.append(f"refused {step}: {refusal.name}")
        return self._after(row, step, call, error)

    async def of_an_earlier_run(self, row, step, call, earlier):
        self.told.append(f"refused {step} earlier")
        return self._after(row, step, call, earlier)

    def _after(self, row, step, call, told):
        answer, used = self.refusals_say
        if isinstance(answer, Exception):
            raise answer
        row.refused = False
        self.told.append(told)
        return Operation(self.shared.session, call, own(step), answered(answer, own(step))), used


def outcome(end):
    return end.state, end.client_id, end.card_id, end.reason


ISSUED = (State.ISSUED, "cl-1", "c-1", None)


def ends_of(play):
    """How a row of a desk ends: its state, its client, its card and why; the desk, the row and its
    outcome are kept beside it.
    """

    def run(desk_options, prepare=None, **known):
        async def told():
            desk = run.desk = Desk(**desk_options)
            if prepare is not None:
                prepare(desk)
            run.row = desk.row(**known)
            return await desk.issue(run.row)

        run.outcome = play(told())
        return outcome(run.outcome)

    return run


def used(middle, what, step):
    """Why a row is told as found."""
    return USED.format(middle, what, own(step))
