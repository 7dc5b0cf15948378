"""An application with an outbox: its tables, its processes, and what the issuer says of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from pathlib import Path

import asyncpg

from freedompay_async import FreedomPay
from freedompay_async.postgres import Tracker
from tests.crash.machines import Machines

HERE = Path(__file__).parent
APPLICATION, WORKER = HERE / "outbox_app.py", HERE / "outbox_worker.py"
# Without a unique constraint on what is delivered: a second delivery would be seen.
TABLES = (
    "CREATE TABLE orders (number integer PRIMARY KEY, request_id text NOT NULL); "
    "CREATE TABLE delivered (request_id text NOT NULL, state text NOT NULL)"
)


class Outbox(Machines):
    """The application's database, and its processes."""

    def install(self) -> None:
        super().install()
        self.sql(TABLES)

    def bank(self, *flags):
        """An issuer that works badly in these ways."""
        self.issuer = self.scene.bank(*flags)
        return self.issuer

    def client(self, number: int, last_name: str = "Ivanov") -> str:
        """A client at the issuer; one named NOCARD gets no card."""
        words = ("clients", "create", "--product", "2000", "--phone", 77010000000 + number)
        text = self.command(*words, "--first-name", "Ivan", "--last-name", last_name, "--json")
        return json.loads(text)["client_id"]

    def worker(self, way="default", concurrency=16, *, dsn=None, seed=0, mishaps=0.0):
        """Start one more, whose handler writes in this way."""
        words = (dsn or self.dsn, way, concurrency, seed, mishaps)
        return self._started(WORKER, *words)

    def application(self, *words):
        return self.scene.start(*words, program=[str(APPLICATION)])

    def _started(self, program, *words):
        worker = self.scene.start(*words, program=[str(program)])
        self.workers.append(worker)
        return worker

    def ended(self) -> int:
        return int(
            self.number("SELECT count(*) FROM freedompay.requests WHERE ended_at IS NOT NULL")
        )

    def until_delivered(self, seconds: float, meanwhile=lambda: None) -> None:
        """Wait until each request has ended, and its end is delivered."""
        end = time.monotonic() + seconds
        left = (
            "SELECT count(*) FROM freedompay.requests WHERE ended_at IS NULL OR delivered_at IS "
            "NULL"
        )
        while self.number(left):
            meanwhile()
            assert time.monotonic() < end, self.what_is_left()
            time.sleep(0.2)

    def what_is_left(self) -> list[list[str]]:
        """Requests that have not ended or are not delivered, and the sessions of the database."""
        return [
            *self.sql(
                "SELECT tag, state, next, held, due - now(), fence, tries, trouble, "
                "delivery_tries, delivery_error FROM freedompay.requests WHERE ended_at IS NULL OR "
                "delivered_at IS NULL LIMIT 20"
            ),
            *self.sql(
                "SELECT pid, client_port, state, wait_event, now() - xact_start, "
                "pg_blocking_pids(pid), left(query, 80) FROM pg_stat_activity WHERE xact_start IS "
                "NOT NULL"
            ),
        ]

    def tracked(self) -> list:
        """What the library says of each request."""

        async def read():
            own = self.issuer.settings
            async with (
                FreedomPay(
                    auth_id=own["FREEDOMPAY_AUTH_ID"],
                    secret_key=own["FREEDOMPAY_SECRET_KEY"],
                    region=own["FREEDOMPAY_REGION"],
                    base_url=own["FREEDOMPAY_BASE_URL"],
                ) as fp,
                asyncpg.create_pool(self.dsn, min_size=1, max_size=4) as pool,
            ):
                return await Tracker(fp, pool).list(pool, limit=100_000)

        return asyncio.run(read())

    def wrongs(self, bank) -> list[str]:
        """What orders, requests, deliveries and the issuer's ledger have against each other."""
        orders = {each for (each,) in self.sql("SELECT request_id FROM orders")}
        delivered = Counter(map(tuple, self.sql("SELECT request_id, state FROM delivered")))
        tracked, ledger = self.tracked(), bank.ledger()
        requests = {each.request_id for each in tracked}
        cards = Counter(card["request_id"] for card in ledger)
        made = {(card["request_id"], (card["card_id"],)) for card in ledger}
        told: dict[str, list] = {each.request_id: [] for each in tracked}
        for (each, state), count in delivered.items():
            told.setdefault(each, []).append((state, count))
        return [
            *(f"order {each} has no request" for each in orders - requests),
            *(f"request {each} has no order" for each in requests - orders),
            *(f"{count} cards of {each}" for each, count in cards.items() if count > 1),
            *(f"{each} has a card and no request" for each in cards.keys() - requests),
            *(f"{each} was delivered and is no request" for each in told.keys() - requests),
            *(
                f"the issuer has {cards[each.request_id]} cards of {each}"
                for each in tracked
                if (each.request_id, each.card_ids) not in made
                and (each.state != "refused" or each.request_id in cards)
            ),
            *(
                f"delivered {told[each.request_id]} of {each}"
                for each in tracked
                if told[each.request_id] != [(str(each.state), 1)]
            ),
        ]
