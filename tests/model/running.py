"""Runs schedules, the same ones for the same seed."""

from __future__ import annotations

import logging
import random
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.clocks import Wall, put_up
from tests.model.machine import FIRST, LESS_THAN, STEPS, WAITS, Schedule

LENGTH = 18
# What hypothesis remembers of a run grows with it.
AT_ONCE = 1_000


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


class Runner:
    """Schedules under a wall clock that is theirs."""

    def __init__(self) -> None:
        self.wall = Wall()
        self.records = Records()

    def _set_up(self, patch: pytest.MonkeyPatch) -> None:
        put_up(self.wall, patch)
        log = logging.getLogger("freedompay_async")
        # Not on to the handlers of pytest, which keep what they are given.
        patch.setattr(log, "handlers", [self.records])
        patch.setattr(log, "propagate", False)

    def draw(self, count: int, first: int) -> Counter:
        """So many schedules that hypothesis draws; how often each thing has happened in them.

        Raises:
            AssertionError: a promise was broken; it tells the shortest schedule that shows it.
        """
        tally: Counter = Counter()
        with pytest.MonkeyPatch.context() as patch:
            self._set_up(patch)
            self._run(count, first, tally)
        return tally

    def _run(self, count: int, first: int, tally: Counter) -> None:
        wall, records = self.wall, self.records.kept

        class Part(Schedule):
            def __init__(self) -> None:
                super().__init__(wall, tally, records)

        for number, at in enumerate(range(0, count, AT_ONCE)):
            chosen = settings(
                max_examples=min(AT_ONCE, count - at),
                stateful_step_count=LENGTH,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
            )
            run_state_machine_as_test(seed(first + number)(Part), settings=chosen)

    def walk(self, count: int, first: int, *, judged: bool = True) -> Counter:
        """So many schedules drawn evenly, the same for the same number: what hypothesis draws
        depends on what else is loaded.

        Args:
            count: schedules.
            first: the number of the first.
            judged: or else a broken promise ends its schedule, and no more.

        Raises:
            AssertionError: a promise was broken; it tells the schedule without the steps that do
                not matter.
        """
        tally: Counter = Counter()
        with pytest.MonkeyPatch.context() as patch:
            self._set_up(patch)
            for number in range(first, first + count):
                plan = _plan(random.Random(number))
                error = self._play(plan, tally)
                if error is not None and judged:
                    raise self._shortest(plan, error)
        return tally

    def play(self, plan: list[tuple[str, dict]]) -> Counter:
        """One schedule of these steps; how often each thing has happened in it.

        Raises:
            AssertionError: a promise was broken.
        """
        tally: Counter = Counter()
        with pytest.MonkeyPatch.context() as patch:
            self._set_up(patch)
            error = self._play(plan, tally)
        if error is not None:
            raise error
        return tally

    def _play(self, plan: list[tuple[str, dict]], tally: Counter) -> AssertionError | None:
        schedule = Schedule(self.wall, tally, self.records.kept)
        try:
            try:
                for step, drawn in plan:
                    getattr(schedule, step)(**drawn)
            finally:
                schedule.teardown()
        except AssertionError as error:
            return error.with_traceback(None)
        return None

    def _shortest(self, plan: list[tuple[str, dict]], error: AssertionError) -> AssertionError:
        """Without each step, and with nothing for each number, as long as the same goes wrong."""
        said = _kind(error)
        for at in range(len(plan) - 1, 0, -1):
            shorter = plan[:at] + plan[at + 1 :]
            found = self._play(shorter, Counter())
            if found is not None and _kind(found) == said:
                plan, error = shorter, found
        for at, (step, drawn) in enumerate(plan):
            for name in drawn.keys() - {"seconds"}:
                plainer = [*plan[:at], (step, {**plan[at][1], name: 0}), *plan[at + 1 :]]
                found = self._play(plainer, Counter())
                if found is not None and _kind(found) == said:
                    plan, error = plainer, found
        return AssertionError(f"{error}\n\nThe steps: {plan}")


def _kind(error: AssertionError) -> str:
    """What goes wrong, whatever the numbers in it."""
    return re.sub(r"\d+", "", str(error).partition("\n")[0])[:60]


def _plan(rng: random.Random) -> list[tuple[str, dict]]:
    steps = [("begin", FIRST), *rng.choices(list(STEPS.items()), k=LENGTH)]
    return [
        (
            step,
            {
                name: rng.choice(WAITS) if name == "seconds" else rng.randrange(LESS_THAN[name])
                for name in names
            },
        )
        for step, names in steps
    ]
