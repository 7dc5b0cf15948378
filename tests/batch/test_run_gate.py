"""The gate that an outage closes."""

from __future__ import annotations

import pytest

from freedompay_async.batch.limits import Limits, Progress
from freedompay_async.batch.run import Run
from freedompay_async.driver import NO_TURN
from freedompay_async.policy import Policy, Seen
from freedompay_async.wire import Reply, Verdict

ANSWERED = Verdict(Seen.KNOWN, "HTTP 200", None, Reply(200, {}, b"{}"))
REFUSED_CONNECTION = Verdict(Seen.NOT_SENT, "no connection")


class Session:
    policy = Policy()

    def in_lane(self, *args, **kwargs):
        return self


@pytest.fixture
async def run():
    return Run(Session(), None, Limits(), Progress(), None)


async def test_a_failure_after_an_answer_puts_the_waiting_rows_to_sleep_again(run):
    run._heard(REFUSED_CONNECTION)
    run._heard(ANSWERED)
    run._heard(REFUSED_CONNECTION)

    assert (run._reachable, run._news.is_set()) == (False, False)


async def test_an_answer_wakes_the_waiting_rows(run):
    run._heard(REFUSED_CONNECTION)
    run._heard(ANSWERED)

    assert (run._reachable, run._news.is_set()) == (True, True)


async def test_a_5xx_closes_it(run):
    run._heard(Verdict(Seen.NO_ANSWER, "HTTP 503", None, Reply(503, {}, b"")))

    assert not run._reachable


async def test_a_turn_that_did_not_come_is_no_outage(run):
    run._heard(NO_TURN)

    assert run._reachable
