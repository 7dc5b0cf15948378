"""Workers of an application that are killed, frozen and cut off from the database, an issuer in
trouble, and a handler of ends that fails, hangs, swallows errors and is killed; the issuer's ledger
and the table of what the handler wrote are the judges.

Up to the default of `--rounds` it is one campaign of 300 requests, beyond it three of 1,000.
"""

from __future__ import annotations

import signal
import time
from random import Random

import pytest

from tests.crash.wire import Wire

DEFAULT = 20
# How each of the workers writes what its handler writes; the last one is on the wire that is cut.
WAYS = (
    "default",
    "psycopg",
    "sqlalchemy connection, psycopg",
    "sqlalchemy session, asyncpg",
)
REQUESTS, FEW_REQUESTS = 1_000, 300
TROUBLE = ("kill", "freeze", "kill", "cut", "kill", "freeze")
FEW_TROUBLE = ("kill", "freeze", "cut")
MISHAPS = 0.15
# Seconds of a freeze or a cut: longer than a lease.
LONG = 9.0
FAULTS = (
    *("--lost", "0.03", "--stall", "0.2", "--reset", "0.02", "--unavailable", "0.005"),
    *("--error-500", "0.01", "--html-502", "0.01"),
)


def pytest_generate_tests(metafunc):
    if "campaign" in metafunc.fixturenames:
        some = metafunc.config.getoption("rounds") > DEFAULT
        campaigns = (1, 2, 3) if some else (1,)
        metafunc.parametrize("campaign", campaigns, ids=[f"outbox-{each}" for each in campaigns])


class Troublemaker:
    """Keeps so many workers alive, and makes trouble for them."""

    def __init__(self, outbox, wire, random, seed, concurrency) -> None:
        self.outbox, self.wire, self.random, self.seed = outbox, wire, random, seed
        self.concurrency = concurrency
        self.workers, self.started = {}, 0
        self.thaws = {}
        self.mends = None
        self.killed_by_handler = 0
        for way in WAYS:
            self.start(way)

    def start(self, way) -> None:
        outbox, on_wire = self.outbox, way == WAYS[-1]
        wired = outbox.dsn.replace(str(outbox.cluster.port), str(self.wire.port))
        self.started += 1
        self.workers[way] = outbox.worker(
            way,
            self.concurrency,
            dsn=wired if on_wire else outbox.dsn,
            seed=self.seed * 1_000 + self.started,
            mishaps=MISHAPS,
        )

    def look(self) -> None:
        """End what has lasted long enough, and start anew what its own handler has killed."""
        now = time.monotonic()
        for way, at in list(self.thaws.items()):
            if now >= at:
                self.workers[way].process.send_signal(signal.SIGCONT)
                del self.thaws[way]
        if self.mends is not None and now >= self.mends:
            self.wire.mend(late=self.random.random() < 0.5)
            self.mends = None
        for way, worker in self.workers.items():
            code = worker.process.poll()
            if code is not None:
                worker.ends()
                assert code == -signal.SIGKILL, (way, code, worker.stderr)
                self.killed_by_handler += 1
                self.start(way)

    def make(self, trouble) -> None:
        self.look()
        if trouble == "cut":
            self.wire.cut()
            self.mends = time.monotonic() + LONG
            return
        way = self.random.choice([each for each in WAYS if each not in self.thaws])
        if trouble == "kill":
            self.workers[way].kill()
            self.start(way)
        else:
            self.workers[way].process.send_signal(signal.SIGSTOP)
            self.thaws[way] = time.monotonic() + LONG

    @property
    def at_it(self) -> bool:
        return bool(self.thaws) or self.mends is not None


@pytest.fixture
def wire(cluster):
    wire = Wire(cluster.port)
    yield wire
    wire.close()


@pytest.mark.timeout(600)
def test_each_request_ends_and_is_delivered_once_whatever_becomes_of_workers_and_handlers(
    outbox, wire, campaign, request, record_property
):
    some = request.config.getoption("rounds") > DEFAULT
    seed = campaign + (request.config.getoption("randomly_seed", 0) % 1_000_000 if some else 0)
    print(f"seed {seed}")
    random = Random(seed)
    requests = REQUESTS if some else FEW_REQUESTS
    bank = outbox.bank("--processing", "0.2-1.0", "--seed", str(seed), *FAULTS)
    client, nobody = outbox.client(1), outbox.client(2, "NOCARD")
    trouble = Troublemaker(outbox, wire, random, seed, 16 if some else 6)
    planted = outbox.application("plant", outbox.dsn, client, nobody, requests)

    troubles = TROUBLE if some else FEW_TROUBLE
    end = time.monotonic() + 300
    for number, each in enumerate(troubles):
        goal = int((number + random.random()) * requests * 0.7 / len(troubles))
        while outbox.ended() < goal:
            trouble.look()
            assert time.monotonic() < end
            time.sleep(0.05)
        trouble.make(each)
        print(f"{each} at {goal}")
    while trouble.at_it:
        trouble.look()
        time.sleep(0.05)
    assert planted.ends() == 0, planted.stderr
    outbox.until_delivered(300, trouble.look)
    codes = [each for each in outbox.drain() if each != -signal.SIGKILL]
    failed = outbox.number("SELECT sum(delivery_tries) FROM freedompay.requests")
    print(f"{trouble.killed_by_handler} killed by handlers, {failed:.0f} deliveries failed")
    record_property("requests of outbox workers", requests)
    record_property("kills of outbox workers", troubles.count("kill") + trouble.killed_by_handler)

    assert set(codes) == {0}
    print(*outbox.crashed(), sep="\n")
    assert outbox.crashed() == []
    assert planted.stderr == ""
    assert outbox.wrongs(bank) == []
    assert len(outbox.tracked()) == requests
    assert sum(each.state == "refused" for each in outbox.tracked()) == requests // 20
    assert len(bank.ledger()) == requests - requests // 20
