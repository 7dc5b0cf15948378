"""Mixed calls with faults and cancellations, as a program: `python -X dev -W error story.py
BASE_URL CALLS SECONDS FOLDER [PLANT]`.

Prints one JSON object: what is left afterwards, and where the issuer's books and what was said to
the callers differ.
"""

from __future__ import annotations

import asyncio
import ctypes
import datetime as dt
import gc
import json
import logging
import os
import random
import sys
import time
import tracemalloc
import urllib.request
from collections import Counter
from contextlib import AsyncExitStack, suppress
from uuid import uuid4

from freedompay_async import (
    DuplicateRequest,
    FreedomPay,
    FreedomPayError,
    OutcomeUnknown,
    Policy,
    ProtocolError,
)
from freedompay_async.calls.reuse import Bodies
from freedompay_async.hashdt import HashDT
from freedompay_async.models import Otp
from freedompay_async.redaction.redaction import Outgoing
from freedompay_async.traffic.rate_limit import RateLimit
from freedompay_async.transport.direct.direct_transport import DirectTransport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from tests.person_examples import new_client
from tests.transports import in_use

# What a 429 teaches a client is tested elsewhere; here, where three in a hundred calls get one at
# random, it would only take time.
RateLimit.limited = lambda *_: None

ROUND, WORKERS, PLACES = 1_000, 48, 8
# Request ids: the bound of what a client remembers.
REMEMBERED = 10_000
PERSON = new_client()
DAYS = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 3, 1)}
POLICY = Policy(
    attempt_timeout=0.25,
    pause=0.002,
    max_pause=0.01,
    grace=0.02,
    poll_first=0.002,
    poll_most=0.02,
    retries_per_second=1e6,
)


class Ids(logging.Handler):
    """The ids that the log warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.ids: set[str] = set()

    def emit(self, record):
        self.ids.add(record.request_id)


class Story:
    def __init__(self, base_url: str, folder: str) -> None:
        self.base_url = base_url
        self.rng = random.Random(1)
        self.said: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self.wrong: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.log = Ids()
        logging.getLogger("freedompay_async").addHandler(self.log)
        settings = {
            "auth_id": "1",
            "secret_key": "k",
            "base_url": base_url,
            "max_connections": PLACES,
            "policy": POLICY,
            "timeout": 10.0,
        }
        record = os.path.join(folder, "record.jsonl")
        # Each transport carries half of the calls.
        transports = {"KZ": AiohttpTransport, "KG": DirectTransport}
        self.clients = [
            FreedomPay(**settings, region=region, record=record, transport=transport())
            for region, transport in transports.items()
        ]
        pages = {
            name: settings[name] for name in ("base_url", "max_connections", "policy", "timeout")
        }
        self.pins = HashDT(**pages, api_key="k", product_id="p", token=self.token)

    async def token(self) -> str:
        await asyncio.sleep(0)
        return "token"

    # -- one call

    async def effect(self, call, key=None):
        """The answer of a call that changes something, after a note of what the caller is told:
        `done`, `unknown` or `no`.
        """
        try:
            answer = await call
        except asyncio.CancelledError as error:
            self.note(key or error.request_id, "unknown" if error.outcome_unknown else "no")
            if error.outcome_unknown and error.request_id not in self.log.ids:
                self.wrong["unknown, and not in the log"] += 1
            raise
        except (OutcomeUnknown, DuplicateRequest) as error:
            self.note(key or error.request_id, "unknown")
            raise
        except FreedomPayError as error:
            self.note(key or error.request_id, "done" if isinstance(error, ProtocolError) else "no")
            raise
        self.note(key or answer.request_id, "done")
        return answer

    def note(self, key: str | None, what: str) -> None:
        if not key:
            self.wrong["no id"] += 1
        self.said[str(key)] = what

    async def call(self, fp: FreedomPay) -> None:
        rng, cards = self.rng, fp.cards
        own = str(uuid4()) if rng.random() < 0.5 else None
        timeout = rng.choice([None, None, None, 0.05])
        kind = rng.choices(list(SHARES), SHARES.values())[0]
        self.made[kind] += 1
        match kind:
            case "issue":
                await self.effect(
                    cards.bulk_issue(product_id=2000, count=1, request_id=own, timeout=timeout)
                )
            case "result":
                operation = await self.effect(
                    cards.bulk_issue(product_id=2000, count=1, request_id=own)
                )
                await operation.result(timeout=timeout)
            case "create":
                await self.effect(
                    fp.clients.create(
                        product_id=2000, client=PERSON, request_id=own, timeout=timeout
                    )
                )
            case "activate":
                await self.effect(cards.activate("card-1", request_id=own))
            case "read":
                card = f"card-{rng.randrange(10**9)}"
                answer = await cards.balance(card, timeout=timeout)
                self.wrong["answer of another"] += answer.extra["card_id"] != card
            case "refresh":
                await fp.requests.attach(str(uuid4())).refresh(timeout=timeout)
            case "gift":
                phone = rng.randrange(77_000_000_000, 78_000_000_000)
                gift = await self.effect(
                    fp.gift_cards.issue(cardholder_name="A B", phone=phone, product_code=1),
                    f"gift {phone}",
                )
                await self.effect(
                    fp.gift_cards.confirm(otp="1234", card_id=gift.card_id),
                    f"confirm {gift.card_id}",
                )
            case "pin":
                await cards.set_pin("card-1", "encrypted-text", timeout=timeout)
            case "new pin":
                card = f"card-{rng.randrange(10**9)}"
                await self.effect(cards.set_pin(card), f"card/set_pin {card}")
            case "movements":
                async for _ in cards.movements("card-1", **DAYS):
                    pass
            case "many":
                pending = [
                    fp.requests.attach(each)
                    for each in rng.sample(list(self.said), min(3, len(self.said)))
                    if "-" in each[:9]
                ]
                async for _ in fp.requests.as_completed(pending, timeout=0.05):
                    pass
            case "page":
                page = await self.pins.pins.set_url(
                    cardholder_id="h", wallet_id="w", card_id="c", request_id=own, timeout=timeout
                )
                self.wrong["page of another"] += own is not None and own not in page.url.reveal()

    async def one(self) -> None:
        task = asyncio.create_task(self.call(self.rng.choice(self.clients)))
        timer = None
        if self.rng.random() < 0.3:
            timer = asyncio.get_running_loop().call_later(self.rng.random() * 0.02, task.cancel)
        await asyncio.wait([task])
        if timer is not None:
            timer.cancel()
        self.made["cancelled"] += task.cancelled()
        with suppress(asyncio.CancelledError, FreedomPayError):
            task.result()

    # -- a round of them

    async def round(self, calls: int) -> None:
        numbers = iter(range(calls))

        async def work():
            for _ in numbers:
                await self.one()

        await asyncio.gather(*(work() for _ in range(WORKERS)))
        self.compare()

    def compare(self) -> None:
        """The issuer's books against what was said; a call that was cancelled may be done a round
        later than it was said.
        """
        with urllib.request.urlopen(f"{self.base_url}/books", timeout=60) as answer:
            effects = json.loads(answer.read())["effects"]
        for key, times in effects.items():
            said = self.said.get(key, self.before.get(key))
            if key.startswith("card/set_pin card-1"):
                continue  # Setting the same PIN again does no harm.
            self.wrong["twice"] += times != 1
            self.wrong["done, and said not to be"] += said not in ("done", "unknown")
        self.wrong["not done, and said to be"] += sum(
            what == "done" and key not in effects for key, what in self.said.items()
        )
        self.before, self.said = (
            {key: what for key, what in self.said.items() if what == "unknown"},
            {},
        )
        self.log.ids.clear()


SHARES = {
    "issue": 30,
    "result": 15,
    "create": 8,
    "activate": 4,
    "read": 18,
    "refresh": 5,
    "gift": 5,
    "pin": 3,
    "new pin": 2,
    "movements": 3,
}
SHARES |= {"many": 3, "page": 4}


def sockets() -> int:
    count = 0
    for each in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            count += os.readlink(f"/proc/self/fd/{each}").startswith("socket:")
    return count


def resident() -> int:
    """Bytes."""
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Memory:
    """What is kept after the warm-up.

    Tracing makes a call three times slower, so bytes are traced for some rounds and blocks for all.
    """

    def __init__(self, *, warm: int, traced: int) -> None:
        self.warm = warm
        self.until = warm + traced
        self.told: dict[str, int] = {}

    def after(self, calls: int) -> None:
        gc.collect()
        # What was freed goes back to the system, so that the rest is what is held.
        ctypes.CDLL(None).malloc_trim(0)
        if calls == self.warm:
            self.blocks, self.resident = sys.getallocatedblocks(), resident()
            tracemalloc.start(1)
        if calls == self.until:
            self.told["traced bytes"] = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            gc.collect()
        if calls > self.until:
            self.told |= {
                "blocks": sys.getallocatedblocks() - self.blocks,
                "resident bytes": resident() - self.resident,
            }


def fill() -> None:
    """Fill what clients remember of the secrets and the bodies that they have sent. It is bounded,
    but hundreds of thousands of calls would pass before the bound is reached.
    """
    for each in gc.get_objects():
        if isinstance(each, Outgoing):
            for number in range(REMEMBERED):
                each.note(f"filled {number}", (Otp("1234"),))
        elif isinstance(each, Bodies):
            for number in range(REMEMBERED):
                each.before_attempt(f"filled {number}", "/path", str(number).encode())


def idle(client) -> int:
    return in_use(client).idle


def busy(client) -> int:
    said = in_use(client)
    return said.active + said.queued + said.taken


async def leave(plant: str, kept: list) -> None:
    """A leak on purpose, to see that it is found."""
    if plant == "socket":
        import socket

        kept.append(socket.socket())
    elif plant == "unclosed socket":
        import socket

        socket.socket()
    elif plant == "coroutine":
        asyncio.sleep(0)
    elif plant == "exception":
        asyncio.create_task(_fails())  # noqa: RUF006 - that is the point
        await asyncio.sleep(0)
    elif plant == "task":
        kept.append(asyncio.create_task(asyncio.sleep(3600)))
    elif plant == "memory":
        kept.append(bytearray(4 * 2**20))


async def _fails() -> None:
    raise RuntimeError


async def main(base_url: str, calls: int, seconds: float, folder: str, plant: str) -> None:
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 60
    reports: list[str] = []
    kept: list = []
    loop.set_exception_handler(lambda _, context: reports.append(context["message"]))
    sys.unraisablehook = lambda it: reports.append(f"{it.err_msg}: {it.exc_value!r}")
    at_first = sockets()
    memory = Memory(warm=calls // 5, traced=calls // 5)
    story, began, done = Story(base_url, folder), time.monotonic(), 0
    async with AsyncExitStack() as stack:
        clients = [*story.clients, story.pins]
        for client in clients:
            await stack.enter_async_context(client)
        fill()
        while done < calls or time.monotonic() - began < seconds:
            await story.round(min(ROUND, calls // 10))
            done += min(ROUND, calls // 10)
            # asyncio's debugging makes each call several times slower: the first round has it.
            loop.set_debug(False)
            memory.after(done)
            if done >= calls // 5:
                await leave(plant, kept)
                plant = ""
        gc.collect()
        await asyncio.sleep(0.05)
        told = {
            "calls": done,
            "seconds": round(time.monotonic() - began, 1),
            "made": story.made,
            "wrong": {what: times for what, times in story.wrong.items() if times},
            "tasks": [
                repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()
            ],
            "busy": sum(map(busy, clients)),
            "sockets beside the pool": sockets() - at_first - sum(map(idle, clients)),
            "kept": memory.told,
        }
    await asyncio.sleep(0.05)
    told["sockets after close"] = sockets() - at_first
    gc.collect()
    print(json.dumps({**told, "reports": reports}))


if __name__ == "__main__":
    url, calls, seconds, folder, *plant = sys.argv[1:]
    asyncio.run(main(url, int(calls), float(seconds), folder, "".join(plant)))
