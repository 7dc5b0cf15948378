"""After any mix of faults and cancellations nothing is left open, and the ledger agrees with what
was said.
"""

from __future__ import annotations

import asyncio
import gc
import random
import warnings
from uuid import uuid4

import pytest

from freedompay_async import FreedomPayError
from freedompay_async.sandbox import Faults, Sandbox
from freedompay_async.traffic.rate_limit import RateLimit
from tests.leaks.raw_issuer import RawIssuer
from tests.person_examples import new_client
from tests.transports import back_to, sockets

STORM = {
    "lost": 0.15,
    "dropped": 0.05,
    "reset": 0.05,
    "error_500": 0.05,
    "html_502": 0.05,
    "unavailable": 0.03,
    "limited": 0.03,
    "late": 0.05,
    "drip": 0.05,
    "stall": 0.05,
    "late_by": 0.03,
    "drip_over": 0.02,
    "retry_after": 0,
}


@pytest.fixture(autouse=True)
def _nothing_is_learnt(monkeypatch):
    """What a 429 teaches the client is tested elsewhere; here it would only take time."""
    monkeypatch.setattr(RateLimit, "limited", lambda *_: None)


@pytest.mark.parametrize("seed", range(2))
async def test_300_mixed_calls_with_faults_and_cancellations_leave_the_pool_whole(
    connect, scheme, hasty, pool, settled, seed
):
    rng = random.Random(seed)
    reports = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append(context))
    person = new_client()
    said: dict[str, str] = {}

    async def one(fp):
        own = str(uuid4())
        calls = [
            lambda: fp.cards.bulk_issue(
                product_id=2000, count=1, request_id=own, timeout=rng.choice([0.02, 0.1, 10.0])
            ),
            lambda: fp.cards.bulk_issue(product_id=2000, count=1, request_id=own),
            lambda: fp.clients.create(product_id=2000, client=person, request_id=own),
            lambda: fp.requests.attach(own).refresh(timeout=5),
        ]
        task = asyncio.create_task(rng.choice(calls)())
        if rng.random() < 0.4:
            for _ in range(rng.randrange(40)):
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait([task])
        if task.cancelled():
            return
        error = task.exception()
        said[own] = "ok" if error is None else type(error).__name__
        if error is not None and not isinstance(error, FreedomPayError):
            raise error

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with Sandbox(faults=Faults(seed=seed, **STORM)) as issuer:
            fp = connect(
                issuer,
                scheme=scheme,
                max_connections=8,
                policy=hasty(retries_per_second=10_000, attempt_timeout=1.0),
            )
            for _ in range(10):
                await asyncio.gather(*(one(fp) for _ in range(30)))
            await settled()
            left = pool(fp)
            tasks = asyncio.all_tasks()
            made = [card["request_id"] for card in issuer.ledger()]
            await fp.aclose()
            await settled()
        gc.collect()

    assert (left.taken, left.waiting) == (0, 0)
    assert left.idle <= 8
    assert [
        task for task in tasks if "freedompay_async/" in repr(task) and "sandbox" not in repr(task)
    ] == []
    assert len(made) == len(set(made))
    assert [
        own for own in made if said.get(own) in ("NotSent", "RequestFailed", "RateLimited")
    ] == []
    assert [
        str(each.message) for each in caught if issubclass(each.category, ResourceWarning)
    ] == []
    assert reports == []


async def test_client_that_is_closed_leaves_no_connection(connect, settled):
    async with RawIssuer() as issuer:
        before = sockets()
        fp = connect(issuer)
        await asyncio.gather(*(fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(10)))
        during = sockets()

        await fp.aclose()

        assert "closed" in repr(fp)
        # One end of each connection is the issuer's, and closes when it sees the other one closed.
        assert during >= before + 2
        assert await back_to(before)


async def test_memory_of_the_session_is_flat(issuer, connect):
    fp = connect(issuer)

    async def calls(count):
        for _ in range(count):
            await fp.cards.bulk_issue(product_id=2000, count=1)
        gc.collect()
        modules = (str(type(each).__module__) for each in gc.get_objects())
        return sum(
            name.startswith("freedompay_async.") and ".sandbox" not in name for name in modules
        )

    await calls(20)
    before = await calls(20)
    after = await calls(100)

    # One object kept of each call would be 100 more.
    assert after - before < 50
