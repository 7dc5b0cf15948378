"""One schedule: the client's processes, the network, the issuer and the time; each promise is
checked in the moment that could break it.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from freedompay_async import Intent as Stored
from freedompay_async import JwsSigner, Section, Sha256Signer
from freedompay_async.api.intend import Intend
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.contract.models import BulkIssue, CardIssue, CardQuery, GiftIssue
from freedompay_async.contract.table import (
    CARDS_BULK_ISSUE,
    CARDS_INFO,
    CARDS_ISSUE,
    GIFT_CARDS_ISSUE,
    REQUESTS_STATUS,
)
from freedompay_async.intents.sending import send_intent
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.start import start
from freedompay_async.traffic.lane import Lane
from tests.model.clocks import EPOCH, SteppedLoop
from tests.model.issuer import Issuer, Manner
from tests.model.network import POLICY, Line
from tests.model.verdicts import judge
from tests.transports import owned

if TYPE_CHECKING:
    from tests.model.people import Call, Intent

ONCE = replace(POLICY, attempts=1)
PAYS_AGAIN = replace(POLICY, resend_payments=True)
SIGNERS = {
    name: dict.fromkeys(Section, kind(auth_id="10001", secret_key="model"))
    for name, kind in (("JWS", JwsSigner), ("SHA-256", Sha256Signer))
}
SET_BACK = 20.0
HOST = "https://api.example.com"
NEVER = float("inf")


class World:
    def __init__(self, manner: Manner, seed: int, wall, tally, records) -> None:
        self.manner, self.wall, self.tally, self.records = manner, wall, tally, records
        records.clear()
        self.now = 0.0
        self.skew = 0.0
        self.slack = SET_BACK if manner.clock == "set back a little" else 0.0
        self.issuer = Issuer(manner, POLICY.resend_within + self.slack)
        self.header_id = manner.scheme == "SHA-256"
        self.story: list[tuple] = []
        self.wrong: list[str] = []
        self.events: list[tuple] = []
        self.turn = count()
        self.intents: list[Intent] = []
        self.calls: list[Call] = []
        self.used_ids: set[str] = set()
        """Of messages that have left."""
        self.made_ids: set[str] = set()
        """Of messages that were to leave."""
        random.seed(seed)
        self.boot()

    # -- the story

    def tell(self, text: str, *parts) -> None:
        self.story.append((self.now, text, parts))

    def check(self, right: object, text: str, *parts) -> None:
        """Within a task nothing may be raised, because the library would have to deal with it."""
        if not right:
            self.wrong.append(text % parts)
            self.tell("WRONG: " + text, *parts)

    def settled(self) -> None:
        """After each step."""
        self.loop.settle()
        for record in self.records:
            said = getattr(record, "request_id", None)
            self.check(
                said in self.made_ids or said in [each.request_id for each in self.intents],
                "a log record names %s",
                said,
            )
        self.records.clear()
        self.check(not self.loop.trouble, "the loop has trouble: %s", self.loop.trouble)
        if self.wrong:
            told = "\n".join(f"{at:9.2f} s  {text % parts}" for at, text, parts in self.story)
            raise AssertionError(f"{self.wrong[0]}\n\nAn issuer: {self.manner}\n{told}")

    # -- the process

    def boot(self) -> None:
        self.loop = SteppedLoop()
        self.wire = Line(self)
        self.wall.now = EPOCH + self.now + self.skew
        self.session = self.new_session()
        self.in_lane = self.session.in_lane(Lane(concurrency=1), policy=ONCE)
        self.paying_again = self.session.in_lane(self.session.shared.governor, policy=PAYS_AGAIN)

    def new_session(self) -> Session:
        return Session(
            SharedResources.of(
                owned(self.wire), signers=SIGNERS[self.manner.scheme], policy=POLICY, timeout=60.0
            )
        )

    def crash(self) -> None:
        self.tell("the process is killed")
        live = self.live
        self.loop.drop([call.task for call in live])
        for call in live:
            self.let_go(call)
            if call.intent and call.what in ("submit", "change") and not call.late:
                call.intent.state = self.unsure(call.intent)
        for intent in self.intents:
            intent.operation = None
            if not intent.named:
                intent.state = "over"  # Nobody has its id any more.
        self.tally["killed"] += 1
        self.boot()

    def unsure(self, intent: Intent) -> str:
        """What an intent is that may have been done: nothing goes out that would tell the issuer of
        a repeated gift card without an id.
        """
        return "over" if intent.gift and not self.header_id and not intent.stored else "open"

    def sure(self, intent: Intent) -> bool:
        """Whether nothing but the issuer has spoken of it, and that tells what it knows."""
        return self.manner.host == "honest" and not intent.odd and not intent.contested

    @property
    def live(self) -> list[Call]:
        return [call for call in self.calls if not call.over]

    def let_go(self, call: Call) -> None:
        call.over = True
        if call.keeps is not None:
            call.keeps.keepers -= 1
            call.keeps = None

    # -- time

    def _move(self, to: float, *, awake: bool = True) -> None:
        by = to - self.now
        self.now = to
        self.wall.now = EPOCH + to + self.skew
        if awake:
            self.loop.now += by

    def _fire(self) -> None:
        while self.events and self.events[0][0] <= self.now:
            heappop(self.events)[2]()

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        self.loop.settle()
        while True:
            timer = self.loop.next
            due = self.events[0][0] if self.events else NEVER
            at = min(self.now + timer - self.loop.now, due)
            if at > end:
                break
            self._move(max(at, self.now))
            if at < due:
                # To the very moment that is waited for, not a rounding error before it.
                self.loop.now = max(self.loop.now, timer)
            self._fire()
            self.loop.settle()
        self._move(end)

    def suspend(self, seconds: float) -> None:
        self.tell("the machine sleeps for %g s", seconds)
        self.tally["the machine slept"] += 1
        end = self.now + seconds
        while self.events and self.events[0][0] <= end:
            self._move(max(self.now, self.events[0][0]), awake=False)
            self._fire()
        self._move(end, awake=False)

    def later(self, seconds: float, work) -> tuple:
        event = (self.now + seconds, next(self.turn), work)
        heappush(self.events, event)
        return event

    # -- calls

    def begin(self, call: Call, work) -> None:
        async def life():
            try:
                value = await work()
            except GeneratorExit:
                raise  # Of a kill.
            except BaseException as error:
                self.end(call, None, error)
            else:
                self.end(call, value, None)

        self.calls.append(call)
        call.began = self.loop.now
        call.task = self.loop.create_task(life())
        self.wire.calls[call.task] = call
        self.loop.settle()

    def end(self, call: Call, value, error) -> None:
        self.let_go(call)
        self.check(
            self.loop.now <= call.deadline + 1e-6,
            "%s ended %g s after its deadline",
            call,
            self.loop.now - call.deadline,
        )
        judge(self, call, value, error)

    def submit(self, intent: Intent, call: Call) -> None:
        """As the resources and the batch do it, or an application that has stored the call."""
        timeout = call.deadline - self.loop.now
        if intent.stored:
            self.send(intent, call, timeout)
            return
        if intent.gift:
            body = GiftIssue(cardholder_name=intent.mark, phone=77017777777, product_code=1)
            session = self.session if intent.kind == "gift" else self.paying_again
            self.begin(
                call,
                lambda: session.change(
                    GIFT_CARDS_ISSUE, body, {"request_id": intent.request_id, "timeout": timeout}
                ),
            )
            return
        several = intent.count > 1
        kind, body = (
            (CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=intent.count))
            if several
            else (CARDS_ISSUE, CardIssue(client_id=intent.mark, product_id=2000))
        )
        lane = intent.kind == "in a lane"
        sent_at = intent.sent_at if call.knows_first else None

        if lane or intent.kind == "noted":
            self.note(intent, call)
        self.begin(
            call,
            lambda: start(
                self.in_lane if lane else self.session,
                kind,
                body,
                {"request_id": intent.request_id, "timeout": timeout},
                sent_before=None if sent_at is None else SentBefore(sent_at),
                ask_once=lane,
            ),
        )

    def store(self, intent: Intent) -> None:
        """The application makes the call, and keeps it in a row of its own."""
        made = self.made(intent, request_id=None)
        intent.row, intent.request_id = made.to_json(), made.request_id
        self.tell("%s is stored", intent.mark)

    def made(self, intent: Intent, *, request_id: str | None) -> Stored:
        intend = Intend(self.session, HOST)
        own = {"key": intent.key} if intent.key else {"request_id": request_id}
        if intent.gift:
            return intend.gift_cards.issue(
                cardholder_name=intent.mark, phone=77017777777, product_code=1, **own
            )
        if intent.count > 1:
            return intend.cards.bulk_issue(product_id=2000, count=intent.count, **own)
        return intend.cards.issue(client_id=intent.mark, product_id=2000, **own)

    def send(self, intent: Intent, call: Call, timeout: float) -> None:
        """The application commits when it sends the call for the first time, and then sends it;
        whoever finds that time in the row tells it.
        """
        made = Stored.load(intent.row)
        # Whoever makes it again, of the same key or id, has the same call.
        again = self.made(intent, request_id=intent.request_id).to_json()
        self.check(again == intent.row, "%s is another one when it is made again", intent.mark)
        if call.knows_first:
            first = datetime.fromtimestamp(intent.sent_at, UTC)
        else:
            first = None
            known = intent.body is not None and not call.late
            self.check(not known, "%s lies: its intent was sent before", call)
            self.note(intent, call)
        # A process of its own does not know what others have sent.
        session = self.new_session() if call.late else self.session

        async def sent():
            operation = await send_intent(
                session, made, first_sent=first, options={"timeout": timeout}, base_url=HOST
            )
            return await operation.result() if intent.gift else operation

        self.begin(call, sent)

    def note(self, intent: Intent, call: Call | None) -> None:
        """Without a call: the process dies before it sends."""
        if intent.sent_at is None:
            intent.sent_at = self.wall.now + intent.ahead
            if call is not None:
                call.noted = True
            self.tell("%s is written down", intent.mark)

    def look(self, intent: Intent, call: Call) -> None:
        timeout = call.deadline - self.loop.now

        async def asked():
            call.attached = intent.operation is None
            # As what is attached by its id alone: nothing tells how many cards that was.
            operation = intent.operation or Operation(
                self.session,
                REQUESTS_STATUS if intent.count > 1 else CARDS_ISSUE,
                intent.request_id,
            )
            ask = operation.result if call.what == "result" else operation.refresh
            return await ask(timeout=timeout)

        self.begin(call, asked)

    def read(self, call: Call) -> None:
        timeout = call.deadline - self.loop.now
        self.begin(
            call,
            lambda: self.session.read(
                CARDS_INFO, CardQuery(card_id="card-1"), {"timeout": timeout}
            ),
        )

    def cancel(self, call: Call, *, race: bool) -> None:
        self.tell(
            "%s is cancelled%s",
            call,
            " in the moment its answer comes" if race and call.answer else "",
        )
        if race and call.answer:
            call.answer()
        call.task.cancel()
        self.tally["cancelled" + (", racing" if race else "")] += 1
