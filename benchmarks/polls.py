"""The cost of waiting for accepted requests: looks a request and their lag, against the best
geometric schedule in hindsight.

    python benchmarks/polls.py [--ids 10000] [--rounds 3] [--rate 2000] [--latency 0.02]

The real client runs over a transport in memory, on a loop with a virtual clock. The time that
requests take is log-normal with a median of 2 s, which the client does not know. They are accepted
all at once, or so many a second. The lag of a request is the time from its end to the look that
sees it, as a share of the time that it took; the median of all is compared.

A geometric schedule looks at the ages first * growth^k. The best one in hindsight has the fewest
looks of those whose median lag is at most 25 %. Beside it stands the best one of those with at most
the client's lag.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import tracemalloc
from bisect import bisect_left
from collections import Counter
from contextlib import contextmanager
from math import exp
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from freedompay_async import FreedomPay
from freedompay_async.codec.messages import Reply
from freedompay_async.transport.base import Transport

if TYPE_CHECKING:
    from collections.abc import Generator

    from freedompay_async.codec.messages import Message
    from freedompay_async.operations.operation import Operation
    from freedompay_async.transport.base import Attempt

MEDIAN: Final = 2.0
LATE: Final = 0.25
SIGMAS: Final = (0.5, 1.0)
ARRIVALS: Final = (None, 1000.0, 50.0)
"""Requests a second; `None`: all at once."""
GROUP: Final = 0.1
"""Seconds: what was accepted in so many is waited for together."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the end of a wait when there is nothing else to do."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._real_select = self._selector.select
        self._selector.select = self._jump

    def time(self) -> float:
        return self._now

    def _jump(self, timeout: float | None) -> Any:
        if timeout:
            self._now = max(
                self._now + timeout, min(self._scheduled[0].when(), self._now + timeout + 1e-9)
            )
        return self._real_select(0)


class Issuer(Transport):
    """A transport in memory; half of the latency is the way there."""

    def __init__(self, sigma: float, seed: int, latency: float) -> None:
        self._rng = random.Random(seed)
        self._sigma = sigma
        self._latency = latency
        self._done: dict[str, float] = {}
        self.takes: dict[str, float] = {}
        self.lags: dict[str, float] = {}
        self.looks = 0
        self.left: list[float] = []

    async def send(self, message: Message, attempt: Attempt) -> Reply:
        loop = asyncio.get_running_loop()
        attempt.connected()
        own = json.loads(message.body)["request_id"]
        if message.path.endswith("request/status"):
            self.looks += 1
            self.left.append(loop.time())
        await asyncio.sleep(self._latency / 2)
        if own not in self._done:
            self.takes[own] = MEDIAN * exp(self._sigma * self._rng.gauss(0, 1))
            # The client counts from the moment when it has the answer.
            self._done[own] = loop.time() + self._latency / 2 + self.takes[own]
        success = loop.time() >= self._done[own]
        await asyncio.sleep(self._latency / 2)
        if success:
            self.lags[own] = (loop.time() - self._done[own]) / self.takes[own]
        fields = {
            "status": "ok",
            "request_status": "success" if success else "process",
            "dt": "2026-01-01T00:00:00+05:00",
        }
        return Reply(
            200,
            {},
            json.dumps(fields | ({"cards": [{"card_id": own}]} if success else {})).encode(),
        )

    def forget(self) -> None:
        """Nothing of the earlier requests is kept."""
        self._done, self.takes, self.lags, self.left = {}, {}, {}, []

    def busiest(self) -> int:
        """The most looks that left in any one second."""
        return max(
            index + 1 - bisect_left(self.left, at - 1.0 + 1e-6)
            for index, at in enumerate(self.left)
        )


def _client(transport: Transport) -> FreedomPay:
    return FreedomPay(
        auth_id="1",
        secret_key="k",
        region="KG",
        base_url="https://issuer.example",
        timeout=1e6,
        transport=transport,
    )


async def _wait(issuer: Issuer, ids: int, arrival: float | None, rate: float | None) -> None:
    async with _client(issuer) as fp:
        counted: Counter[str] = Counter()

        async def group(count: int) -> None:
            operations = await asyncio.gather(
                *(fp.cards.bulk_issue(product_id=1, count=1) for _ in range(count))
            )
            async for each in fp.requests.as_completed(operations, concurrency=1000, rate=rate):
                counted[each.request_id] += 1

        if arrival is None:
            await group(ids)
        else:
            size = round(arrival * GROUP)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(ids // size):
                    tasks.create_task(group(size))
                    await asyncio.sleep(GROUP)
        if set(counted.values()) != {1} or counted.keys() != issuer.lags.keys():
            raise SystemExit("not each request was given exactly once")


def best_geometric(takes: list[float], late: float = LATE) -> dict[str, float]:
    """Search the schedule with the fewest looks of those with at most this median lag."""
    takes = sorted(takes)
    takes = takes[:: max(1, len(takes) // 2000)]
    typical = median(takes)
    best: dict[str, float] = {"looks": float("inf")}
    for growth in (1 + each / 100 for each in range(10, 160, 2)):
        for first in (typical * 1.02**each for each in range(-110, 70)):
            looks, lags, at, begin = 0, [], first, 0
            while begin < len(takes):
                end = bisect_left(takes, at, begin)
                looks += len(takes) - begin
                if looks >= best["looks"] * len(takes):
                    break
                lags += [at / took - 1 for took in takes[begin:end]]
                begin, at = end, at * growth
            else:
                if median(lags) <= late:
                    best = {
                        "first": first,
                        "growth": growth,
                        "looks": looks / len(takes),
                        "lag": median(lags),
                    }
    return best


def row(
    *,
    sigma: float,
    arrival: float | None,
    seed: int,
    ids: int = 10_000,
    rate: float | None = None,
    latency: float = 0.02,
) -> dict[str, Any]:
    """One run, as plain values."""
    random.seed(f"jitter {seed}")  # of the client; not of the same numbers as what requests take
    issuer = Issuer(sigma, seed, latency)
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(_wait(issuer, ids, arrival, rate))
    looks, lag = issuer.looks / len(issuer.takes), median(issuer.lags.values())
    best = best_geometric(list(issuer.takes.values()))
    own = best_geometric(list(issuer.takes.values()), lag)
    return {
        "sigma": sigma,
        "arrival": "at once" if arrival is None else f"{arrival:g}/s",
        "seed": seed,
        "rate": rate,
        "looks": looks,
        "lag": lag,
        **{f"best_{name}": value for name, value in best.items()},
        "ratio": looks / best["looks"],
        "ratio_at_own_lag": looks / own["looks"],
        "busiest_second": issuer.busiest(),
    }


def rows(
    *, ids: int = 10_000, rounds: int = 3, rate: float | None = None, latency: float = 0.02
) -> list[dict[str, Any]]:
    cases = [
        (sigma, arrival, seed)
        for sigma in SIGMAS
        for arrival in ARRIVALS
        for seed in range(1, rounds + 1)
    ]
    return [
        row(sigma=sigma, arrival=arrival, seed=seed, ids=ids, rate=rate, latency=latency)
        for sigma, arrival, seed in cases
    ]


@contextmanager
def _traced() -> Generator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def memory(ids: int = 10_000) -> dict[str, float]:
    """Bytes a request while thousands are waited for, all that holds them included: attached by ids
    that the caller has, and accepted.
    """

    async def measure() -> dict[str, float]:
        found = {}
        names = [str(UUID(int=number)) for number in range(ids)]
        issuer = Issuer(0.5, 1, 0.0)
        async with _client(issuer) as fp:
            await (await fp.cards.bulk_issue(product_id=1, count=1)).result()
            for kind in ("attached", "accepted"):
                with _traced():
                    operations: list[Operation[Any]]
                    if kind == "attached":
                        operations = [fp.requests.attach(name) for name in names]
                    else:
                        operations = [
                            await fp.cards.bulk_issue(product_id=1, count=1) for _ in names
                        ]
                        # What the issuer remembers is not the client's.
                        issuer.forget()
                    gc.collect()
                    waiting = fp.requests.as_completed(operations, concurrency=32)
                    first = asyncio.ensure_future(anext(waiting))
                    # Until the first looks are on their way.
                    for _ in range(10):
                        await asyncio.sleep(0)
                    found[kind] = tracemalloc.get_traced_memory()[0] / ids
                    first.cancel()
                    await asyncio.wait([first])
                    del waiting, first, operations
        return found

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(measure())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ids", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="seeds of each case")
    parser.add_argument(
        "--rate", type=float, help="looks a second at most, of each group that is accepted together"
    )
    parser.add_argument(
        "--latency", type=float, default=0.02, help="seconds of a call, there and back"
    )
    flags = parser.parse_args()
    for each in rows(ids=flags.ids, rounds=flags.rounds, rate=flags.rate, latency=flags.latency):
        best = (
            f"best {each['best_looks']:.2f} ({each['best_first']:.2f} s, "
            f"x{each['best_growth']:.2f}, {each['best_lag']:.1%})"
        )
        ratio = f"ratio {each['ratio']:.2f}, at its own lag {each['ratio_at_own_lag']:.2f}"
        case = (
            f"sigma {each['sigma']}, {each['arrival']:>7}, seed {each['seed']}: "
            f"{each['looks']:.2f} looks, lag {each['lag']:.1%}"
        )
        print(f"{case}, {best}, {ratio}, busiest second {each['busiest_second']}")
    used = memory(flags.ids)
    print(", ".join(f"{size:.0f} bytes an id {kind}" for kind, size in used.items()))


if __name__ == "__main__":
    main()
