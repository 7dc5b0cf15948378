"""An intent is on the disk before it leaves, once; it is taken back only where it surely was not
sent.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.batch import writes
from freedompay_async.batch.entries import Entry
from freedompay_async.batch.intention import Intention

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


class Desk:
    """What an intent needs, and what happened to it, in order."""

    def __init__(self, *, ahead=1, sent_at=None, refuses=False) -> None:
        self.told = []
        self.refuses = refuses
        self.ahead = asyncio.Semaphore(ahead)
        self.row = Entry(
            number=7, line=8, key="k7", planned=None, client_id="cl-1", card_id=None, sent={}
        )
        self.intent = Intention(
            self,
            self.row,
            "card",
            request_id=OWN,
            digest=b"digest",
            sent_at=sent_at,
            clock=self,
            guard=self.guard,
            ahead=self.ahead,
        )

    def guard(self, counted):
        self.told.append(("guard", counted))
        if self.refuses:
            raise PermissionError

    # -- the clock of the run

    def now(self):
        return 1000.0, 2.5

    # -- the journal

    async def write(self, writer, values):
        self.told.append((writer.__name__, *values))

    def note(self, work):
        self.told.append("note")
        work(self)

    def execute(self, statement, values):
        self.told.append((statement.split(" ")[0], values))

    # -- its wait for a turn

    def on(self):
        self.told.append("on")

    def off(self):
        self.told.append("off")


WRITTEN = (
    writes._intend.__name__,
    (7, "card", OWN, b"digest", 1000.0),
    (7, "started", "cl-1", None, False, None, False),
    2.5,
)
FORGOTTEN = ["note", ("DELETE", (7, "card")), ("UPDATE", (7,))]


async def test_it_is_written_once_and_no_stop_comes_between():
    desk = Desk()
    desk.intent.waits = desk
    await desk.intent.write()
    await desk.intent.write()

    assert desk.told == ["off", ("guard", False), WRITTEN, "on"]
    assert desk.ahead.locked()


async def test_it_is_written_without_a_wait_of_its_own_too():
    desk = Desk()
    await desk.intent.write()
    desk.intent.leave()

    assert desk.told == [("guard", False), WRITTEN]


async def test_it_waits_until_few_are_ahead_of_it():
    desk = Desk(ahead=0)
    writing = asyncio.create_task(desk.intent.write())
    await asyncio.sleep(0)
    before = list(desk.told)
    desk.ahead.release()
    await writing

    assert (before, desk.told) == ([], [("guard", False), WRITTEN])


async def test_when_it_leaves_no_stop_ends_it_and_the_next_may_be_written():
    desk = Desk()
    desk.intent.waits = desk
    await desk.intent.write()
    desk.told.clear()
    desk.intent.leave()
    free = not desk.ahead.locked()
    # Once, however often it is told.
    desk.intent.let_next()
    desk.intent.leave()

    assert (desk.told, free) == (["off", "off"], True)
    assert desk.ahead._value == 1


async def test_what_was_not_written_has_no_place_to_give_back():
    desk = Desk(ahead=3)
    desk.intent.let_next()

    assert desk.ahead._value == 3


@pytest.mark.parametrize(("answered_with_429", "expected"), [(False, FORGOTTEN), (True, [])])
async def test_what_was_not_sent_is_taken_back_once_and_what_was_answered_with_429_never(
    answered_with_429, expected
):
    desk = Desk()
    await desk.intent.write()
    if answered_with_429:
        desk.intent.keep()
    desk.told.clear()
    desk.intent.take_back()
    desk.intent.take_back()

    assert desk.told == expected


async def test_what_was_taken_back_is_written_again_and_counts_once():
    desk = Desk(ahead=2)
    await desk.intent.write()
    desk.intent.take_back()
    desk.told.clear()
    await desk.intent.write()

    assert desk.told == [("guard", True), WRITTEN]


async def test_what_was_never_written_is_not_taken_back():
    desk = Desk()
    desk.intent.take_back()

    assert desk.told == []


@pytest.mark.parametrize("sent_at", [0.0, 900.0])
async def test_what_an_earlier_run_has_written_is_neither_written_nor_taken_back(sent_at):
    desk = Desk(sent_at=sent_at)
    await desk.intent.write()
    desk.intent.take_back()

    assert (desk.told, desk.intent.sent_at, desk.ahead.locked()) == ([], sent_at, False)


async def test_what_may_not_be_sent_is_not_written_and_gives_its_place_back():
    desk = Desk(refuses=True)
    with pytest.raises(PermissionError):
        await desk.intent.write()
    desk.intent.take_back()
    held = desk.ahead.locked()
    desk.intent.let_next()

    assert desk.told == [("guard", False)]
    assert (held, desk.ahead.locked()) == (True, False)


async def test_what_was_refused_by_the_guard_does_not_count_as_asked_before():
    desk = Desk(ahead=2, refuses=True)
    with pytest.raises(PermissionError):
        await desk.intent.write()
    desk.refuses = False
    await desk.intent.write()

    assert desk.told == [("guard", False), ("guard", False), WRITTEN]


async def test_it_tells_its_id_and_when_it_was_first_sent():
    desk = Desk(sent_at=900.0)

    assert (desk.intent.request_id, desk.intent.sent_at) == (OWN, 900.0)
    assert Desk().intent.sent_at is None
