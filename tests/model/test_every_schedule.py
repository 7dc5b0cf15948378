"""Whatever fails, in whatever order: one card at most, no card that was denied, one id, nothing
sent too late or without asking.
"""

from __future__ import annotations

# One that hypothesis draws costs three others; it finds other ones, and shortens what it finds
# further.
DRAWN = 5


def test_no_schedule_breaks_a_promise(part, runner, record_property):
    number, share = part

    reached = runner.walk(share - share // DRAWN, first=1_000_000 + number * share)
    record_property("schedules", reached["schedules"])

    assert reached["schedules"] == share - share // DRAWN
    assert reached["sent again"] >= share // 10


def test_no_schedule_that_is_drawn_breaks_a_promise(part, runner, record_property):
    number, share = part

    reached = runner.draw(share // DRAWN, first=1 + number * 1_000)
    record_property("schedules", reached["schedules"])

    assert reached["schedules"] >= share // DRAWN
