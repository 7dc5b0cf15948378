"""Workers whose machine sleeps, whose network or database is gone for a while, or whose clock is
wrong: one card a row, every batch ends by itself, and nobody crashes.

Beyond the default of `--rounds` the trouble lasts as long as an outage of that kind may; before it,
just longer than a lease.
"""

from __future__ import annotations

import signal
import time

import pytest

from tests.crash.machines import TAKEN_OVER
from tests.crash.watch import Watch
from tests.crash.wire import Wire

DEFAULT = 20
ROWS, FEW_ROWS = 3_000, 500
# An issuer without faults: whatever is sent twice was sent by somebody who had lost the row.
SLOW = ("--processing", "0.2-0.8")


@pytest.fixture
def few(request):
    return request.config.getoption("rounds") <= DEFAULT


@pytest.fixture
def rows(few):
    return FEW_ROWS if few else ROWS


@pytest.fixture
def each(few):
    return ("--concurrency", "6" if few else "16")


@pytest.fixture
def wire(cluster):
    wire = Wire(cluster.port)
    yield wire
    wire.close()


@pytest.fixture
def bank(machines):
    return machines.scene.bank(*SLOW, "--seed", "3")


@pytest.fixture
def watch(bank):
    watch = Watch(bank.settings["FREEDOMPAY_BASE_URL"])
    yield watch
    bank.close()
    watch.close()


@pytest.fixture
def cards(machines, bank):
    """Waits until the issuer has so many cards."""

    def until(count):
        machines.scene.until(lambda: bank.health()["cards"] >= count)

    return until


@pytest.fixture
def one_card_each(machines, bank, watch, one_each, rows, record_property):
    """That the batch has ended as it should, and all its workers after SIGTERM."""

    def check():
        machines.until_it_ends(200)
        codes, ledger = machines.drain(), bank.ledger()
        calls = bank.health()["calls"]
        machines.scene.until(lambda: len(watch.seen) == calls)
        record_property("rows of workers", rows)

        assert watch.duplicates == set()

        assert set(codes) == {0}
        assert machines.crashed() == []
        assert machines.wrongs(bank) == []
        assert machines.ended() == rows
        assert len(ledger) == rows
        assert {card["phone"]: 1 for card in ledger} == one_each(rows)

    return check


@pytest.mark.timeout(400)
def test_a_worker_that_is_frozen_in_the_middle_of_its_sends_makes_no_second_card(
    machines, cards, one_card_each, rows, each, few, record_property
):
    sleeper = machines.worker(*each)
    machines.worker(*each)
    machines.issue(rows)
    cards(rows // 5)

    sleeper.process.send_signal(signal.SIGSTOP)
    since = time.monotonic()
    took = machines.taken_over(since)
    time.sleep(max(0.0, since + (9 if few else 30) - time.monotonic()))
    sleeper.process.send_signal(signal.SIGCONT)

    one_card_each()
    assert took is not None
    # A figure, and no verdict: a machine that does much else is late.
    record_property("take-overs later than 10 s", int(took[0] >= TAKEN_OVER))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("late", [True, False], ids=["late", "lost"])
def test_a_worker_that_is_cut_off_from_the_database_makes_no_second_card(
    machines, wire, cards, one_card_each, rows, each, few, late, record_property
):
    machines.worker(*each, dsn=machines.dsn.replace(str(machines.cluster.port), str(wire.port)))
    machines.worker(*each)
    machines.issue(rows)
    cards(rows // 5)

    wire.cut()
    since = time.monotonic()
    took = machines.taken_over(since)
    time.sleep(max(0.0, since + (9 if few else 20) - time.monotonic()))
    wire.mend(late=late)

    one_card_each()
    assert took is not None
    # A figure, and no verdict: a machine that does much else is late.
    record_property("take-overs later than 10 s", int(took[0] >= TAKEN_OVER))


@pytest.mark.timeout(400)
def test_a_database_that_is_killed_and_comes_back_loses_no_row(
    machines, cards, one_card_each, rows, each, few
):
    for _ in range(2):
        machines.worker(*each)
    machines.issue(rows)
    cards(rows // 5)

    machines.cluster.kill()
    time.sleep(9 if few else 20)
    machines.cluster.start()

    one_card_each()


@pytest.mark.timeout(400)
def test_a_database_that_is_restarted_loses_no_row(machines, cards, one_card_each, rows, each):
    for _ in range(2):
        machines.worker(*each)
    machines.issue(rows)
    for share in (5, 3, 2):
        cards(rows // share)
        machines.cluster.restart()

    one_card_each()


@pytest.mark.timeout(400)
def test_workers_whose_clocks_are_ten_minutes_off_make_no_second_card(
    machines, cards, one_card_each, rows, each
):
    """Each dies with rows in hand, so that another one, with another clock, goes on with them."""
    fast = machines.worker(*each, clock=600)
    slow = machines.worker(*each, clock=-600)
    machines.worker(*each)
    machines.issue(rows)
    for victim, share in ((fast, 6), (slow, 3)):
        cards(rows // share)
        victim.kill()
        machines.workers.remove(victim)

    one_card_each()
