"""The steps of a schedule, as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model.faults import DRAWN, DRAWN_ODD, FAULTS
from tests.model.issuer import Manner, Nature, choices, digits
from tests.model.network import POLICY
from tests.model.people import ASKABLE, GIFTS, STORED, Call, Intent
from tests.model.world import SET_BACK, World

WAITS = (0.04, 0.1, 1.0, 6.0, 16.0, 35.0, 61.0)
TIMEOUTS = (30.0, 90.0, 4.0, 150.0)
LONG = 150.0
CALLERS = ("plain", "stored", *ASKABLE, *GIFTS)
MOST_INTENTS = 4
DEATHS = (None, None, "before the commit", "after the commit", "later", "held up")
"""When the first process of a stored intent dies; that it leaves the sending to another; or that it
is held up after its commit, so that another process takes it up meanwhile.
"""
HELD_UP = [
    fault
    for name in ("waits 40 s for the pool", "waits 8 s for the pool")
    for fault in FAULTS
    if fault.name == name
]
CLOCKS = (0.0, 0.0, SET_BACK, -50.0)
"""Seconds by which the clock is ahead with which an application commits."""
DISTURBANCES = ("cancel", "kill", "cancel as the answer comes", "sleep", "kill", "sleep")

# Below 2 ** 24: hypothesis prefers small ones among greater numbers.
LESS_THAN = {
    "manner": choices(Manner),
    "seed": 1_000,
    "caller": len(CALLERS) * len(TIMEOUTS) * 4 * len(DEATHS) * len(CLOCKS),
    "nature": choices(Nature),
    "first": len(DRAWN_ODD) ** 2,
    "second": len(DRAWN_ODD) ** 2,
    "which": 60,
}
FIRST = ("manner", "seed", "caller", "nature", "first", "second")
STEPS = {
    "intend": ("caller", "nature", "first", "second"),
    "go_on": ("which", "first", "second"),
    "look": ("which", "first", "second"),
    "read": ("first", "second"),
    "wait": ("seconds",),
    "wait_more": ("seconds",),
    "disturb": ("which",),
    "set_clock": (),
}
DRAWS = {name: st.integers(0, most - 1) for name, most in LESS_THAN.items()} | {
    "seconds": st.sampled_from(WAITS)
}


def step(name: str):
    return rule(**{each: DRAWS[each] for each in STEPS[name]})


class Schedule(RuleBasedStateMachine):
    """Each number is a few choices in one; the story tells them in words.

    A step that nothing can be done by does nothing. As a precondition it would cost more:
    hypothesis throws a schedule away where none of the rules that it has chosen for it is left.
    """

    def __init__(self, wall, tally, records) -> None:
        super().__init__()
        self.wall, self.tally, self.records = wall, tally, records
        self.world: World | None = None
        self.has_read = False

    def call(self, intent, what: str, seconds: float, first: int, second: int) -> Call:
        """The faults are those of its first two messages, and of its first two questions; then it
        goes well.
        """
        world = self.world
        faults = DRAWN_ODD if world.manner.gateways else DRAWN
        (one, asked), (two, asked_again) = (
            digits(first, faults, faults),
            digits(second, faults, faults),
        )
        call = Call(
            len(world.calls) + 1,
            intent,
            what,
            world.loop.now + seconds,
            [one, two],
            [asked, asked_again],
        )
        call.used = intent is not None and intent.body is not None
        world.tell("%s begins, with %g s", call, seconds)
        return call

    @initialize(**{name: DRAWS[name] for name in FIRST})
    def begin(self, manner, seed, caller, nature, first, second):
        self.tally["schedules"] += 1
        self.world = World(Manner.of(manner), seed, self.wall, self.tally, self.records)
        self.new(caller, nature, first, second)

    @step("intend")
    def intend(self, caller, nature, first, second):
        if len(self.world.intents) < MOST_INTENTS:
            self.new(caller, nature, first, second)

    def new(self, caller, nature, first, second):
        world = self.world
        kind, seconds, named, count, death, ahead = digits(
            caller, CALLERS, TIMEOUTS, (True, False), (1, 2), DEATHS, CLOCKS
        )
        mark = f"intent {len(world.intents) + 1}"
        intent = Intent(
            mark,
            kind,
            named=kind in (*ASKABLE[1:], *STORED) or (kind in GIFTS and named),
            count=1 if kind in GIFTS else count,
        )
        if intent.stored:
            intent.key, intent.ahead = mark if named else None, ahead
        elif intent.named:
            intent.request_id = f"id-of-{mark.replace(' ', '-')}"
        treated = Nature.of(nature)
        world.issuer.natures[mark] = treated._replace(
            id_for=treated.id_for + intent.slack, state_for=treated.state_for + intent.slack
        )
        world.intents.append(intent)
        world.tell(
            "%s (%s, of %d) will be treated so: %s",
            mark,
            kind,
            intent.count,
            world.issuer.natures[mark],
        )
        if intent.stored:
            world.store(intent)
            if death == "held up":
                self.hold_up(intent, first, second)
                return
            if death is not None:
                self.die(intent, death)
                return
        world.submit(
            intent, self.call(intent, "change" if intent.gift else "submit", seconds, first, second)
        )
        world.settled()

    def die(self, intent, death: str) -> None:
        """Nothing has been sent; what the row says decides how another process takes it up."""
        world = self.world
        intent.state = "open"
        self.tally[f"stored: sent {death}" if death == "later" else f"stored: dies {death}"] += 1
        if death == "after the commit":
            world.note(intent, None)
        if death != "later":
            world.crash()
        world.settled()

    def hold_up(self, intent, first, second):
        """It gets no connection at once, and is thought to be dead: what another process may send
        meanwhile has the same id, and the issuer has to know that still when its own bytes leave.
        """
        world = self.world
        intent.state, intent.contested = "open", True
        self.tally["stored: held up"] += 1
        call = self.call(intent, "change" if intent.gift else "submit", LONG, first, second)
        call.late, call.faults = True, [*HELD_UP, *call.faults]
        world.submit(intent, call)
        world.settled()

    def open_intents(self) -> list[Intent]:
        """What may be gone on with: by its first send where that was written down, or else while
        the issuer remembers all of it.
        """
        return [
            each
            for each in self.world.intents
            if each.state == "open" and (self.told_when(each) or self.remembered(each))
        ]

    @staticmethod
    def told_when(intent) -> bool:
        return intent.sent_at is not None

    def remembered(self, intent) -> bool:
        world = self.world
        return (
            not intent.on_the_way
            and intent.request_id is not None
            and world.issuer.remembers(intent.header_id, world.now)
        )

    @step("go_on")
    def go_on(self, which, first, second):
        """Its caller submits it again, under its id: in the same process or in the next one."""
        world, ready = self.world, self.open_intents()
        if not ready:
            return
        seconds, forgetful, which = *digits(which, TIMEOUTS, (False, False, True)), which // 12
        intent = ready[which % len(ready)]
        forgetful = forgetful and not intent.stored
        self.take_up(intent, seconds, first, second, forgetful=forgetful)
        world.settled()

    def take_up(self, intent, seconds, first, second, *, forgetful=False):
        world = self.world
        call = self.call(intent, "change" if intent.gift else "submit", seconds, first, second)
        call.knows_first = self.told_when(intent) and not (forgetful and self.remembered(intent))
        call.behind = call.knows_first and world.wall.now < intent.sent_at
        if intent.stored:
            self.tally[f"stored: {self.age_of(intent)}"] += 1
            held = any(each.late and each.intent is intent for each in world.live)
            self.tally["stored: taken up while its first process lives"] += held
        if not call.knows_first:
            intent.first_byte = None
            call.keeps = world.issuer.books.get(intent.header_id or "")
            if call.keeps:
                call.keeps.keepers += 1
        how = f"sent first at {intent.sent_at:.2f}" if call.knows_first else "only its id is known"
        world.tell("%s is gone on with: %s", intent.mark, how)
        self.tally["gone on with: " + ("its first send" if call.knows_first else "its id")] += 1
        intent.state = "live"
        world.submit(intent, call)
        return call

    def age_of(self, intent) -> str:
        """How a stored intent is found by whoever takes it up."""
        if intent.sent_at is None:
            return "taken up, never sent"
        age = self.world.wall.now - intent.sent_at
        left = "" if intent.body else ", and nothing had left"
        if age < 0:
            return "taken up before its time" + left
        return ("taken up too late" if age >= POLICY.resend_within else "taken up") + left

    def known_intents(self) -> list[Intent]:
        return [
            each
            for each in self.world.intents
            if each.state in ("accepted", "open") and each.request_id and not each.gift
        ]

    @step("look")
    def look(self, which, first, second):
        world, ready = self.world, self.known_intents()
        if not ready:
            return
        seconds, what, which = (
            *digits(which, TIMEOUTS, ("result", "result", "refresh")),
            which // 12,
        )
        intent = ready[which % len(ready)]
        world.look(intent, self.call(intent, what, seconds, first, second))
        world.settled()

    @step("read")
    def read(self, first, second):
        if self.has_read:
            return
        self.has_read = True
        self.world.read(self.call(None, "read", 30.0, first, second))
        self.world.settled()

    @step("wait")
    def wait(self, seconds):
        self.world.wait(seconds)
        self.world.settled()

    @step("wait_more")
    def wait_more(self, seconds):
        self.world.wait(seconds)
        self.world.settled()

    @step("disturb")
    def disturb(self, which):
        """One rule for what ends or stops everything: as often as each of the others, it would
        leave little to look at.
        """
        world = self.world
        if not world.live:
            return
        what, which = DISTURBANCES[which % len(DISTURBANCES)], which // len(DISTURBANCES)
        if what.startswith("cancel"):
            world.cancel(world.live[which % len(world.live)], race=what != "cancel")
        elif what == "kill":
            world.crash()
        elif world.manner.clock != "set to 1970":
            world.suspend((10.0, 58.0, 100.0)[which % 3])
        world.settled()

    @step("set_clock")
    def set_clock(self):
        """Where an age is hidden from every clock that the client has, no client could do better:
        it stays below what the issuer adds.
        """
        world = self.world
        if world.skew or world.manner.clock == "right":
            return
        world.skew += {"ahead": 50.0, "set back a little": -SET_BACK, "set to 1970": -1.6e9}[
            world.manner.clock
        ]
        world.wait(0.0)
        world.tell("the wall clock is set, by %+g s in all", world.skew)
        self.tally[f"wall clock: {world.manner.clock}"] += 1
        world.settled()

    def teardown(self):
        """Everything ends: no call beyond its deadline, and the last messages arrive."""
        world = self.world
        if world is None:
            return
        try:
            if not world.wrong:
                self.bring_to_an_end(world)
        finally:
            world.loop.drop([call.task for call in world.live])

    def bring_to_an_end(self, world):
        for _ in range(12):
            if not world.live:
                break
            world.wait(20.0)
            world.settled()
        for call in world.live:
            world.check(None, "%s does not end", call)
        while world.events:
            world.wait(world.events[0][0] - world.now)
        world.settled()
        self.recover(world)
        for intent in world.intents:
            world.check(
                len(intent.effects) <= 1 or intent.copied,
                "%s has %d cards",
                intent.mark,
                len(intent.effects),
            )
            world.check(intent.state != "live", "%s has no end", intent.mark)
        world.settled()
        self.tally["forgotten"] += world.issuer.forgotten

    def recover(self, world):
        """Another process takes up what is stored, and nothing goes wrong any more: each intent
        ends, or is told to be unknown; and no card is lost that the issuer still knows.
        """
        stored = [each for each in world.intents if each.stored]
        if not stored:
            return
        world.crash()
        # The issuer shows what it has taken a little later.
        world.wait(POLICY.grace)
        for intent in stored:
            known = self.remembered(intent)
            if intent.state == "open":
                call = self.take_up(intent, LONG, 0, 0)
                self.wait_for(call)
                self.tally[f"recovered: {intent.state}"] += 1
                # One that was told of a refusal before is asked about no more.
                honest = known and world.sure(intent) and not intent.gift
                world.check(
                    not (honest and intent.effects) or intent.state == "accepted",
                    "%s has its card, and it is lost: %s",
                    intent.mark,
                    intent.state,
                )
            if intent.state == "accepted":
                call = self.call(intent, "result", LONG, 0, 0)
                world.look(intent, call)
                self.wait_for(call)
                world.check(
                    not (self.remembered(intent) and world.sure(intent)) or intent.state == "over",
                    "%s was accepted, and has no end",
                    intent.mark,
                )
            world.settled()

    def wait_for(self, call):
        for _ in range(12):
            if call.over:
                break
            self.world.wait(20.0)
            self.world.settled()
        self.world.check(call.over, "%s does not end", call)
