"""The network: what leaves the client, what becomes of it on the way, and what comes back."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING

from freedompay_async import Policy
from freedompay_async.transport.base import TransportError
from tests.model.faults import CLOSED, LATENCY, NONE

if TYPE_CHECKING:
    from tests.model.issuer import Answer
    from tests.model.people import Call
    from tests.model.world import World

POLICY = Policy(grace=5.0, resend_within=60.0, attempt_timeout=15.0)


class Line:
    """The end of one process; whatever leaves after that process has died, or for a call that is
    over, is told.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: dict[asyncio.Task, Call] = {}

    async def send(self, message, attempt):
        call = self.calls.get(asyncio.current_task())
        if call is None or call.over or self is not self.world.wire:
            self.world.check(None, "%s sends after its end", call)
            raise TransportError("it is over", final=True)
        call.tried = True
        fields = json.loads(message.body)
        question = message.path.endswith("request/status")
        self.world.made_ids |= {message.headers.get("Request-Id"), fields.get("request_id")} - {
            None
        }
        fault = call.fault(question=question) or NONE
        self.world.tally[f"{'question' if question else 'call'}: {fault.name}"] += 1
        try:
            async with attempt.clock():
                if fault.pool:
                    self.world.tell("%s waits for a connection", call)
                    await asyncio.sleep(fault.pool)
                if not fault.connects:
                    self.world.tell("%s gets no connection", call)
                    raise TransportError(fault.name, final=not fault.trusted)
                attempt.connected()
                return await self._exchange(call, message, fields, question, fault)
        except TimeoutError:
            self.world.tell(
                "%s: the time is up, for %s", call, "an answer" if attempt.sent else "a connection"
            )
            raise TransportError(
                "no answer in time" if attempt.sent else "no connection in time"
            ) from None

    async def _exchange(self, call: Call, message, fields: dict, question: bool, fault):
        kind = "question" if question else "read" if call.what == "read" else "effect"
        self._left(call, message, fields, kind)
        self.world.tell("%s: the %s leaves (%s)", call, kind, fault.name)
        intent, before = call.intent, call.maybe_done
        late = call.last_byte is None or self.world.now - call.last_byte >= POLICY.grace - 1e-9
        later = self.world.now - call.began >= POLICY.grace - 1e-9
        copies = 1 if fault.again is None else 2
        if kind == "effect":
            call.last_byte, call.maybe_done, call.asked = self.world.now, True, False
            intent.on_the_way += 0 if fault.arrives is None else copies
            intent.copied = intent.copied or (copies > 1 and intent.header_id is None)
        if intent is not None:
            intent.odd = intent.odd or fault.odd
        coming = asyncio.get_running_loop().create_future()

        def lose(reason: str) -> None:
            if not call.over and not coming.done():
                coming.set_exception(TransportError(reason))

        def give(answer: Answer) -> None:
            if not call.over and not coming.done():
                coming.set_result(answer)

        def arrive(*, shown: bool) -> None:
            if kind == "effect":
                intent.on_the_way -= 1
            answer = self._work(
                call, fields, kind, fault, copy=copies > 1 and shown == fault.second
            )
            if fault.loses or fault.back is None or not shown:
                return
            if answer and fault.door is None:
                answer = fault.show(answer, self.world.now)
            call.answer = partial(give, answer) if answer else partial(lose, CLOSED)
            self.world.later(fault.back, call.answer)

        if fault.arrives:
            self.world.later(fault.arrives, partial(arrive, shown=True))
        elif fault.arrives is not None:
            arrive(shown=not fault.second)
        if copies > 1:
            self.world.later(fault.again, partial(arrive, shown=fault.second))
        if fault.loses:
            call.answer = partial(lose, fault.loses)
            self.world.later(LATENCY, call.answer)
        try:
            reply, says = await coming
        finally:
            call.answer = None
            if coming.done() and not coming.cancelled():
                coming.exception()  # Or it is told of as an error that nobody has seen.
        if kind == "question":
            call.heard_of_it.add(reply.status)
            call.told.add(says)
            intent.told.add(says)
            call.unknown_late = call.unknown_late or (later and says == "not known")
            # A 404 that is not the issuer's own word says nothing of the id, and keeps nobody from
            # sending the same bytes again.
            if late and (says == "not known" or (says is None and reply.status == 404)):
                call.asked = True
        else:
            call.heard.add(reply.status)
            call.said.add(says)
            if kind == "effect":
                intent.said.add(says)
            if says == "denied" or (says is None and reply.status == 429):
                call.maybe_done = before
        return reply

    def _work(self, call: Call, fields: dict, kind: str, fault, *, copy: bool) -> Answer | None:
        """What the issuer does with a message that has come, and its answer."""
        intent = call.intent
        if fault.door is not None:
            if fault.files and kind == "effect" and intent.header_id:
                self.world.issuer.file(intent.mark, intent.header_id, self.world.now)
            self.world.tell("%s: the issuer answers %d at the door", call, fault.door.status)
            return fault.at_the_door(
                self.world.now, question=kind == "question", gift=kind == "effect" and intent.gift
            )
        if kind == "read":
            return self.world.issuer.read()
        if kind == "question":
            said, answer = self.world.issuer.status(fields["request_id"], self.world.now)
            self.world.tell("%s: asked, the issuer %s", call, said)
            return answer
        if (fault.arrives or fault.again) and self.world.issuer.has_forgotten(
            intent.header_id, self.world.now
        ):
            # No network keeps a message for as long as the issuer keeps an id.
            self.world.tell("%s: what was still on the way is lost", call)
            return None
        cards = len(self.world.issuer.cards)
        said, answer = self.world.issuer.take(
            intent.mark, intent.header_id, gift=intent.gift, count=intent.count, now=self.world.now
        )
        self.world.tell("%s: the issuer %s%s", call, said, ", of the proxy's copy" if copy else "")
        self.world.tally[f"the issuer {said}"] += 1
        self.world.tally["a proxy's copy comes"] += copy
        if len(self.world.issuer.cards) > cards:
            intent.effects.append(call)
            once = len(intent.effects) == 1 or intent.copied
            self.world.check(once, "%s has %d cards", intent.mark, len(intent.effects))
            self.world.check(
                not intent.undone,
                "%s was told not to be done (%s), and has a card now",
                intent.mark,
                intent.undone,
            )
            self.world.check(
                not call.undone,
                "%s was told to have done nothing (%s), and its card is there now",
                call,
                call.undone,
            )
        return answer

    def _left(self, call: Call, message, fields: dict, kind: str) -> None:
        """A message of the client is on its way: whether it may."""
        header = message.headers.get("Request-Id")
        self.world.check(
            (header is not None) == self.world.header_id, "%s: Request-Id is %s", call, header
        )
        if kind != "effect":
            for fresh in {header, fields["request_id"] if kind == "read" else None} - {None}:
                self.world.check(
                    fresh not in self.world.used_ids,
                    "%s: the %s goes out under an id that was used before",
                    call,
                    kind,
                )
                self.world.used_ids.add(fresh)
            if kind == "question":
                self.world.check(
                    fields["request_id"] == call.intent.request_id,
                    "%s asks about %s",
                    call,
                    fields["request_id"],
                )
            return
        intent = call.intent
        request_id = header or fields.get("request_id")
        if intent.body is None:
            intent.body, intent.header_id = message.body, request_id
            intent.request_id = intent.request_id or request_id
            self.world.used_ids.add(request_id)  # No question may take it.
        self.world.check(
            message.body == intent.body, "%s sends other bytes: %s", call, message.body
        )
        self.world.check(
            request_id == intent.header_id, "%s: another id for an old intent: %s", call, request_id
        )
        self.world.check(
            fields.get("request_id", intent.request_id) == intent.request_id,
            "%s: another id in the body",
            call,
        )
        self.world.check(
            request_id in (None, intent.request_id),
            "%s: the id is not the caller's: %s",
            call,
            request_id,
        )
        call.sends += 1
        if intent.first_byte is None:
            intent.first_byte = self.world.now
            return
        self.world.tally["sent again"] += 1
        self.world.check(not call.behind, "%s sends, and no clock tells how old it is", call)
        age = self.world.now - intent.first_byte
        self.world.check(
            age <= POLICY.resend_within + self.world.slack,
            "%s sends %g s after the first byte",
            call,
            age,
        )
        if intent.gift:
            self._left_again(call)
            return
        maybe_done = call.maybe_done or (call.knows_first and not call.sends > 1)
        self.world.check(
            call.asked or not maybe_done,
            "%s is sent again without being asked about through the grace time",
            call,
        )
        self.world.tally["sent again after a question"] += maybe_done

    def _left_again(self, call: Call) -> None:
        """What pays and can't be asked about is sent once, unless its caller allows it: then under
        an id on the wire, and after the grace.
        """
        if call.last_byte is None:
            return
        again = self.world.header_id and call.intent.kind == "gift that may be sent again"
        self.world.check(again, "%s is sent again, and may be paid for twice", call)
        if call.maybe_done:
            self.world.check(
                call.sends == 2, "%s is sent %d times without an answer", call, call.sends
            )
            self.world.check(
                self.world.now - call.last_byte >= POLICY.grace - 1e-9,
                "%s is sent again at once",
                call,
            )
