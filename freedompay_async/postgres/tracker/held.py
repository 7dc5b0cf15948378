"""A tracked request that is held: by whom it is worked on, and for how long."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.errors import JournalError
from freedompay_async.postgres.schema.tables import LEASE
from freedompay_async.postgres.since import Since
from freedompay_async.postgres.tracker.statements import RENEW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.postgres.connection.pooling import Connection, Link

__all__ = ["Held", "Holding"]

# Seconds of a lease in which something may leave. What was allowed to leave may take a while.
_USABLE: Final = LEASE - 1.0
# Seconds between two renewals, and for which one may be tried.
_RENEWAL: Final = 2.0


class Held:
    """A row that was taken.

    Args:
        row: what the statement gave.
        taken: from before it was asked for.

    Attributes:
        fresh: it was surely never sent before it was taken.
        lost: somebody else has it, or nobody.
        locked: a transaction here has it, so nobody can take it, and its lease is not renewed.
    """

    def __init__(self, row: Mapping[str, Any], taken: Since) -> None:
        self.request_id: Final[str] = row["request_id"]
        self.fence: Final[int] = row["fence"]
        self.call: Final[str] = row["call"]
        self.state: Final[str] = row["state"]
        self.next: Final[str] = row["next"]
        self.intent: Final[str | None] = row["intent"]
        self.answer: Final[str | None] = row["answer"]
        self.error: Final[str | None] = row["error"]
        self.error_code: Final[str | None] = row["error_code"]
        self.trouble: Final[str | None] = row["trouble"]
        self.refused: Final[int] = row["refused"]
        self.tries: Final[int] = row["tries"]
        self.delivery_tries: Final[int] = row["delivery_tries"]
        self.fresh: Final[bool] = row["fresh"]
        self._ages: Final = {
            name: row[name] for name in ("first_sent", "quiet_since", "accepted_at", "looked_at")
        }
        self._taken: Final = taken
        self.leased = taken
        self.lost = False
        self.locked = False

    @property
    def holds(self) -> bool:
        """Whether nobody else can have it by now."""
        return not self.lost and self.leased.seconds() < _USABLE

    def age(self, name: str) -> float | None:
        """Seconds since one of its times; `None`: it has not come."""
        age: float | None = self._ages[name]
        return None if age is None else age + self._taken.seconds()

    def moment(self, name: str) -> float | None:
        """The same by the clock of this machine, in seconds since the epoch."""
        age = self.age(name)
        return None if age is None else time.time() - age


class Holding:
    """The rows that are held here. Their leases are renewed for as long as there are any.

    Args:
        link: the connections.
        ours: merchant and host.
    """

    def __init__(self, link: Link, ours: tuple[str, str]) -> None:
        self._link: Final = link
        self._ours: Final = ours
        self._held: Final[dict[tuple[str, int], Held]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, held: Held) -> None:
        self._held[held.request_id, held.fence] = held
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._renew())

    def drop(self, held: Held) -> None:
        """It is given back, or lost."""
        self._held.pop((held.request_id, held.fence), None)
        if not self._held and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEWAL)
            begun = Since()
            held = {key: each for key, each in self._held.items() if not each.locked}
            if not held:
                continue

            async def renewal(connection: Connection, held: dict[Any, Held] = held) -> list[Any]:
                return await connection.fetch(
                    RENEW, *self._ours, [each for each, _ in held], [each for _, each in held]
                )

            try:
                rows = await self._link.run(renewal, limit=_RENEWAL, until=0.0)
            except JournalError:
                # The lease goes on until it is over, and the next renewal may come through.
                continue
            renewed = {tuple(row) for row in rows}
            for key, each in held.items():
                if key in renewed:
                    each.leased = begun
                elif not each.locked:
                    each.lost = True
