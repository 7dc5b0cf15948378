"""An application that keeps orders, and tracks the card of each in the order's own transaction.

    python outbox_app.py orders DSN CLIENT FIRST KILLS SEED
    python outbox_app.py plant DSN CLIENT NOBODY COUNT

`orders` forks one process after another, each with some orders over another kind of connection, and
kills each at one of the points around its commits. What it has killed is printed at the end, as
JSON. A process that is forked costs less than one that starts. `plant` tracks requests and leaves
them to the workers.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import mmap
import os
import signal
import sys
import time
import traceback
from collections import Counter
from enum import IntEnum
from pathlib import Path
from random import Random

import asyncpg

from freedompay_async import FreedomPay
from freedompay_async.postgres import Tracker

sys.path.insert(0, str(Path(__file__).parents[1] / "tracker"))
from callers_of import KINDS

ORDERS = 3
# Of those whose process was killed, the share of the orders that nobody sends again.
GIVEN_UP = 0.2
ORDER = (
    "INSERT INTO orders (number, request_id) VALUES (:number, :request_id) "
    "ON CONFLICT (number) DO NOTHING"
)


class Point(IntEnum):
    """How far an order is."""

    BEGINS = 0
    INSERTED = 1
    COMMITS = 2
    COMMITTED = 3
    ANSWERED = 4


# Seconds that it goes on beyond the point, half of the time.
BEYOND = {
    Point.BEGINS: 0.001,
    Point.INSERTED: 0.001,
    Point.COMMITS: 0.0005,
    Point.COMMITTED: 0.03,
    Point.ANSWERED: 0.001,
}


class TurnedDownError(Exception):
    """The application itself takes the order back, in its transaction."""


def turned_down(number: int) -> bool:
    return number % 16 == 5


def hurries(number: int) -> bool:
    """Whether the application sends it itself, and does not leave it to a worker."""
    return number % 2 == 0


class Progress:
    """How far a forked process is, where its parent sees it too."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    def at(self, place: int, point: Point) -> None:
        self._shared[:8] = (1 + place * len(Point) + point).to_bytes(8)

    def clear(self) -> None:
        self._shared[:8] = bytes(8)

    @property
    def steps(self) -> int:
        """0: it has not begun."""
        return int.from_bytes(self._shared[:8])

    @property
    def where(self) -> tuple[int, Point]:
        place, point = divmod(self.steps - 1, len(Point))
        return place, Point(point)


async def take_orders(kind, dsn, client_id, numbers, progress) -> None:
    async with (
        FreedomPay.from_env() as fp,
        asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool,
        KINDS[kind](dsn) as connection,
    ):
        tracker = Tracker(fp, pool)
        for place, number in enumerate(numbers):
            intent = fp.intend.cards.issue(
                client_id=client_id, product_id=2000, key=f"order/{number}"
            )
            progress.at(place, Point.BEGINS)
            try:
                async with connection.begin() as db:
                    await connection.execute(db, ORDER, number=number, request_id=intent.request_id)
                    progress.at(place, Point.INSERTED)
                    await tracker.track(db, intent, tag=f"order/{number}")
                    if turned_down(number):
                        raise TurnedDownError
                    progress.at(place, Point.COMMITS)
            except TurnedDownError:
                continue
            progress.at(place, Point.COMMITTED)
            if hurries(number):
                await tracker.send_now(intent.request_id, timeout=1.0)
            progress.at(place, Point.ANSWERED)


def start(kind, dsn, client_id, numbers, progress) -> int:
    progress.clear()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        asyncio.run(take_orders(kind, dsn, client_id, numbers, progress))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        # The parent's buffers and clean-ups are its own.
        sys.stderr.flush()
        os._exit(code)


def ended(child: int) -> int | None:
    """Its exit code, where it has ended."""
    found, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def kill_at(child: int, progress: Progress, goal: int, beyond: float) -> int:
    """`kill -9` once it is that far, and its exit code: it may be quicker."""
    while progress.steps < goal:
        code = ended(child)
        if code is not None:
            return code
        time.sleep(0.0001)
    if beyond:
        time.sleep(beyond)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def orders(dsn, client_id, first, kills, seed) -> dict:
    chance, progress = Random(seed), Progress()
    fresh, kinds = itertools.count(first), itertools.cycle(KINDS)
    for _ in range(seed % len(KINDS)):
        next(kinds)
    points, of_kinds = Counter(), Counter()
    waiting, taken, given_up = [], [], []
    while points.total() < kills:
        kind = next(kinds)
        while len(waiting) < ORDERS:
            waiting.append(next(fresh))
        goal = chance.randrange(len(waiting) * len(Point))
        longest = BEYOND[Point(goal % len(Point))]
        child = start(kind, dsn, client_id, waiting, progress)
        code = kill_at(child, progress, 1 + goal, chance.choice((0.0, chance.random() * longest)))
        if code == 0:
            taken, waiting = taken + waiting, []
            continue
        if code != -signal.SIGKILL:
            raise SystemExit(f"the application ended with {code}, over {kind}")
        place, point = progress.where
        points[point.name] += 1
        of_kinds[kind] += 1
        taken += waiting[:place]
        if chance.random() < GIVEN_UP:
            given_up.append(waiting.pop(place))
        waiting = waiting[place:]
    code = kill_at(start(next(kinds), dsn, client_id, waiting, progress), progress, 10**9, 0.0)
    if code:
        raise SystemExit(f"the application ended with {code}")
    taken += waiting
    return {
        "points": points,
        "kinds": of_kinds,
        "taken": [number for number in taken if not turned_down(number)],
        "given_up": [number for number in given_up if not turned_down(number)],
    }


async def plant(dsn, client_id, nobody, count) -> None:
    """Track requests, some in each transaction; every 20th is of a client who gets no card."""
    async with (
        FreedomPay.from_env() as fp,
        asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool,
    ):
        tracker = Tracker(fp, pool)
        numbers = iter(range(1, count + 1))
        for kind in itertools.cycle(KINDS):
            some = list(itertools.islice(numbers, 20))
            if not some:
                return
            async with KINDS[kind](dsn) as connection, connection.begin() as db:
                for number in some:
                    intent = fp.intend.cards.issue(
                        client_id=client_id if number % 20 else nobody,
                        product_id=2000,
                        key=f"order/{number}",
                    )
                    await connection.execute(db, ORDER, number=number, request_id=intent.request_id)
                    await tracker.track(db, intent, tag=f"order/{number}")


if __name__ == "__main__":
    what, address, client, *more = sys.argv[1:]
    if what == "orders":
        print(json.dumps(orders(address, client, *map(int, more))))
    else:
        asyncio.run(plant(address, client, more[0], int(more[1])))
