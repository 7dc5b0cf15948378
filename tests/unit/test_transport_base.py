from __future__ import annotations

import asyncio

import pytest

from freedompay_async.transport.base import Attempt, TransportError


def when(
    *, deadline: float, seconds: float, wait: float, run, connected: bool = True
) -> float | None:
    """At what time the clock of an attempt runs out that has its connection after so many seconds."""

    async def work():
        attempt = Attempt(deadline=deadline, seconds=seconds)
        async with attempt.clock() as clock:
            await asyncio.sleep(wait)
            if connected:
                attempt.connected()
            return clock.when()

    return run(work())


def test_nothing_was_sent_before_there_is_a_connection():
    assert Attempt(deadline=0.0, seconds=1.0).sent is False


def test_something_may_have_been_sent_once_there_is_a_connection():
    attempt = Attempt(deadline=0.0, seconds=1.0)
    attempt.connected()

    assert attempt.sent is True


def test_the_clock_runs_to_the_deadline_of_the_call_while_there_is_no_connection(run_virtual):
    assert when(deadline=1060.0, seconds=15.0, wait=4.0, connected=False, run=run_virtual) == 1060.0


def test_the_clock_of_the_attempt_starts_with_the_connection(run_virtual):
    assert when(deadline=1060.0, seconds=15.0, wait=4.0, run=run_virtual) == 1019.0


def test_the_clock_never_runs_past_the_deadline_of_the_call(run_virtual):
    assert when(deadline=1010.0, seconds=15.0, wait=4.0, run=run_virtual) == 1010.0


def test_a_second_connection_starts_the_clock_anew(run_virtual):
    async def work():
        attempt = Attempt(deadline=1060.0, seconds=15.0)
        async with attempt.clock() as clock:
            attempt.connected()
            await asyncio.sleep(2.0)
            attempt.connected()
            return clock.when()

    assert run_virtual(work()) == 1017.0


@pytest.mark.parametrize(("connected", "expected"), [(False, 1060.0), (True, 1015.0)])
def test_an_attempt_is_over_when_its_clock_has_run_out(run_virtual, connected, expected):
    async def work():
        attempt = Attempt(deadline=1060.0, seconds=15.0)
        try:
            async with attempt.clock():
                if connected:
                    attempt.connected()
                await asyncio.Event().wait()
        except TimeoutError:
            return asyncio.get_running_loop().time()

    assert run_virtual(work()) == expected


@pytest.mark.parametrize(("given", "expected"), [({}, False), ({"final": True}, True)])
def test_a_failure_says_whether_trying_again_can_help(given, expected):
    error = TransportError("no route", **given)

    assert (str(error), error.reason, error.final) == ("no route", "no route", expected)
