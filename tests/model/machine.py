"""The steps of a schedule, as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model.faults import DRAWN, DRAWN_ODD
from tests.model.issuer import Manner, Nature, choices, digits
from tests.model.people import ASKABLE, GIFTS, Call, Intent
from tests.model.world import SET_BACK, World

WAITS = (0.04, 0.1, 1.0, 6.0, 16.0, 35.0, 61.0)
TIMEOUTS = (30.0, 90.0, 4.0, 150.0)
CALLERS = ("plain", *ASKABLE, *GIFTS)
MOST_INTENTS = 4
DISTURBANCES = ("cancel", "kill", "cancel as the answer comes", "sleep", "kill", "sleep")

# Below 2 ** 24: hypothesis prefers small ones among greater numbers.
LESS_THAN = {
    "manner": choices(Manner),
    "seed": 1_000,
    "caller": len(CALLERS) * len(TIMEOUTS) * 4,
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
        kind, seconds, named, count = digits(caller, CALLERS, TIMEOUTS, (True, False), (1, 2))
        mark = f"intent {len(world.intents) + 1}"
        intent = Intent(
            mark,
            kind,
            named=kind in ASKABLE[1:] or (kind in GIFTS and named),
            count=1 if kind in GIFTS else count,
        )
        if intent.named:
            intent.request_id = f"id-of-{mark.replace(' ', '-')}"
        world.issuer.natures[mark] = Nature.of(nature)
        world.intents.append(intent)
        world.tell(
            "%s (%s, of %d) will be treated so: %s",
            mark,
            kind,
            intent.count,
            world.issuer.natures[mark],
        )
        world.submit(
            intent, self.call(intent, "change" if intent.gift else "submit", seconds, first, second)
        )
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
        call = self.call(intent, "change" if intent.gift else "submit", seconds, first, second)
        call.knows_first = self.told_when(intent) and not (forgetful and self.remembered(intent))
        call.behind = call.knows_first and world.wall.now < intent.sent_at
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
        world.settled()

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
