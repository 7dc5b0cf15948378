"""The share that a process has of a rate: for how long, and whose turn comes when."""

from __future__ import annotations

import pytest

from freedompay_async.postgres.rate.own_share import AWAY, VALID, OwnShare


class Moment:
    """A moment that is as long ago as the test says."""

    def __init__(self, ago=0.0) -> None:
        self.ago = ago

    def seconds(self):
        return self.ago


@pytest.mark.parametrize("keep", [True, False])
def test_a_share_is_used_until_it_is_over(keep):
    own, moment = OwnShare(keep=keep), Moment()
    before = own.share()
    own.grant(50.0, moment)
    told = [own.share()]
    moment.ago = VALID
    told.append(own.share())

    assert (before, told) == (0.0, [50.0, 0.0])


def test_the_last_share_is_kept_while_the_database_is_known_to_be_away():
    kept, stopped, failed = OwnShare(keep=True), OwnShare(keep=False), Moment()
    for own in (kept, stopped):
        own.grant(50.0, Moment(VALID))
        own.fail(failed)
    told = [kept.share(), stopped.share()]
    # The process was frozen since, and does not know how it is now.
    failed.ago = AWAY
    told.append(kept.share())

    assert told == [50.0, 0.0, 0.0]


def test_a_share_that_was_given_back_is_the_last_one_where_the_database_goes():
    own = OwnShare(keep=True)
    own.grant(50.0, Moment())
    own.give_back()
    told = [own.share()]
    own.fail(Moment())
    told.append(own.share())

    assert told == [0.0, 50.0]


def test_a_share_of_nothing_does_not_become_the_last_one():
    own = OwnShare(keep=True)
    own.grant(50.0, Moment())
    own.grant(0.0, Moment())
    told = [own.share()]
    own.fail(Moment())
    own.give_back()

    assert [*told, own.share()] == [0.0, 50.0]


def test_a_cut_holds_for_the_last_share_too():
    own = OwnShare(keep=True)
    own.grant(50.0, Moment())
    own.cut(0.5)
    told = [own.share()]
    own.give_back()
    own.fail(Moment())

    assert [*told, own.share()] == [25.0, 25.0]


def test_turns_come_evenly_and_follow_the_share_of_the_moment():
    own = OwnShare(keep=True)
    own.take(100.0, 10.0, late=0.0)

    assert [own.turn(10.0), own.turn(20.0), own.turn(1.0)] == [100.1, 100.05, 101.0]


def test_the_lateness_of_a_timer_is_made_up_for_and_idle_time_is_not():
    own = OwnShare(keep=True)
    own.take(100.0, 10.0, late=0.02)
    assert own.turn(10.0) == pytest.approx(100.08)
    own.take(100.09, 10.0, late=0.02)
    assert own.turn(10.0) == pytest.approx(100.18)
    own.take(105.0, 10.0, late=0.0)
    assert own.turn(10.0) == pytest.approx(105.1)


def test_a_turn_that_is_given_back_is_the_next_ones():
    own = OwnShare(keep=True)
    own.take(100.0, 10.0, late=0.0)
    own.return_turn(own.take(105.0, 10.0, late=0.0))

    assert own.turn(10.0) == pytest.approx(105.0)
