"""One rate for all processes that call the issuer for a merchant."""

from __future__ import annotations

import asyncio
import os
import weakref
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal

import asyncpg

from freedompay_async.errors import ConfigurationError
from freedompay_async.events.stats import RateSource
from freedompay_async.guards.arguments import check_number, check_text, check_type
from freedompay_async.guards.loops import running_loop
from freedompay_async.guards.staying import Staying
from freedompay_async.postgres.rate.log import RateLog
from freedompay_async.postgres.rate.own_share import OwnShare
from freedompay_async.postgres.rate.shares import CUT, DEAF, Shared, Use, next_want
from freedompay_async.postgres.rate.table import DatabaseAwayError, RateTable
from freedompay_async.postgres.rate.turn_queue import TurnQueue
from freedompay_async.postgres.since import Since

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SharedRate"]

# Seconds from one renewal of a share to the next: usually, and while the shares are changing.
_PAUSE: Final = 0.5
_SHORT_PAUSE: Final = 0.1
# Who has asked for no turn for so many seconds gives its share back.
_IDLE: Final = 1.0
# A share that differs by more than this part is still changing.
_STEADY: Final = 0.05
# Seconds. What a first answer of the database is taken to need, and a next one.
_SOON: Final = 0.05
_LATER: Final = 0.5


class SharedRate(Staying):
    """Calls a second of all processes together that have one of this name, on any machine.

    `FreedomPay(rate=SharedRate(pool, "merchant 123456", 200))` in each of them: 200 calls a second
    leave in all, however many processes there are. Several clients and batches of a process may
    have the same object; a second object of the name counts as another process.

    Each process holds a share of the rate while it makes calls, and renews it twice a second; a
    call costs no query. Who wants less than an even part gets what it wants, and the others split
    the rest evenly. The share of a process that ends, dies or is frozen goes to the others within
    two seconds. HTTP 429 in one process slows all of them within half a second, and the rate comes
    back over the next ten.

    It needs no close. Its queries use a connection of the pool for milliseconds, and an error of
    the database never reaches a call; it is written to the log, once for each time that the
    database is away.

    Args:
        pool: a pool of asyncpg, on a database in which `freedompay journal install` was run.
        name: of the rate. It is shown in logs.
        per_second: calls a second of all together. Where processes of one name say different
            numbers, that of the one that began last holds for all, and the log says so.
        without_database: what happens while the database can't be reached. "keep": calls go on with
            the last share, and wait where there was none; a process that only it can't reach
            then leaves more calls in all than the rate allows. "stop": no call leaves when the
            share is over, which is within 1.5 s; `queue=False` raises `Busy`.

    Raises:
        ConfigurationError: an argument is wrong.
    """

    INSTEAD = "make one in each process"

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        name: str,
        per_second: float,
        *,
        without_database: Literal["keep", "stop"] = "keep",
    ) -> None:
        check_type("pool", pool, asyncpg.Pool, "a pool of asyncpg")
        if not check_text("name", name) or "\0" in name:
            raise ConfigurationError(f"name={name!r}: it can't name a rate. Nothing was sent.")
        check_number("per_second", per_second, unit="calls a second")
        if without_database not in {"keep", "stop"}:
            raise ConfigurationError(
                f'without_database={without_database!r}: "keep" or "stop". Nothing was sent.'
            )
        self._name: Final = name
        self._table: Final = RateTable(pool, name)
        keeps = without_database == "keep"
        self._log: Final = RateLog(name, keeps=keeps)
        self._own: Final = OwnShare(keep=keeps)
        self._rate = Shared(float(per_second))
        self._rate_known = Since()
        # Whether this object has said its number to the database.
        self._said = False
        self._queue: Final = TurnQueue(self._own)
        self._renewing: asyncio.Task[None] | None = None
        self._nudge: Final = asyncio.Event()
        self._asked_at = -inf
        self._answered = False
        # What calls have done with the share since it was renewed.
        self._calls, self._waited, self._renewed_at, self._used = 0, False, 0.0, 0.0
        # When the call began that was answered with 429, until the database knows of it.
        self._refused: float | None = None
        self._refused_at = -inf
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_copy = False
        _rates.add(self)

    # What a governor asks.

    @property
    def free(self) -> bool:
        """Whether any number of calls may leave: never."""
        return False

    @property
    def source(self) -> RateSource:
        """Who has set it."""
        return RateSource.SHARED

    def rate(self, now: float) -> float:
        """Calls a second that this process may let leave at this moment: 0.0 while it makes none,
        because it has no share then.
        """
        return self._own.share()

    def learnt(self, now: float) -> bool:
        """Whether a 429, whoever got it, holds the rate of all below the number that was set."""
        if self._refused is not None:
            return True
        rate = self._rate
        return rate.refused_at is not None and (
            rate.allowed(self._rate_known.seconds()) < rate.per_second
        )

    def turn(self, now: float) -> float:
        """As `Rate.turn`. Whoever asks is taken to have a call to make.

        Raises:
            ConfigurationError: this is another event loop, or a forked child.
        """
        self._ask(now)
        share = self._own.share()
        return self._own.turn(share) if share else now + self._unknown_wait()

    def wait(self, now: float, before: int) -> float:
        """As `Rate.wait`."""
        share = self._own.share()
        if not share:
            return self._unknown_wait() * (1 + before)
        return max(0.0, self._own.turn(share) - now) + before / share

    def take(self, now: float, *, late: float = 0.0) -> float:
        """As `Rate.take`."""
        self._calls += 1
        return self._own.take(now, self._own.share() or self._rate.per_second, late=late)

    def give_back(self, cost: float) -> None:
        """As `Rate.give_back`."""
        self._calls -= 1
        self._own.return_turn(cost)

    def call_at(self, turn: float, wake: Callable[[], None]) -> None:
        """As `Rate.call_at`. Of several governors each gets a turn after the other."""
        self._waited = True
        self._queue.add(wake)

    def accepted(self, now: float) -> None:
        """As `Rate.accepted`: it teaches nothing."""

    def limited(self, now: float, began: float) -> bool:
        """As `Rate.limited`. All others hear of it within half a second."""
        if began <= self._refused_at + DEAF:
            return False
        self._refused, self._refused_at = began, now
        self._own.cut(CUT)
        self._ask(now)
        self._nudge.set()
        return True

    def __repr__(self) -> str:
        return f"SharedRate({self._name!r}, {self._own.share():.4g} of {self._rate.per_second:.4g})"

    def forbid(self) -> None:
        """Called in a forked child: the pool belongs to the parent."""
        self._is_copy = True

    def _unknown_wait(self) -> float:
        """Seconds after which a turn is looked for again, where there is no share."""
        return _LATER if self._answered or self._log.away else _SOON

    # The renewals.

    def _ask(self, now: float) -> None:
        """Have the share renewed as long as somebody asks for turns."""
        if self._is_copy:
            raise ConfigurationError(
                "this SharedRate was made in another process, and a fork must not share its "
                "connections. Nothing was sent; make one after the fork."
            )
        loop = running_loop()
        if self._loop is not loop:
            if self._loop is not None:
                raise ConfigurationError(
                    "this SharedRate belongs to another event loop. Nothing was sent; make one for "
                    "each loop (each asyncio.run)."
                )
            self._loop = loop
        self._asked_at = now
        if self._renewing is None:
            self._answered = False
            self._renewed_at = now
            self._renewing = loop.create_task(self._renew_while_used(loop))

    async def _renew_while_used(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while self._in_use(loop.time()):
                while self._in_use(loop.time()):
                    pause = await self._renew(loop)
                    self._queue.look()
                    await self._pause(pause)
                await self._give_share_back()
        finally:
            self._renewing = None
            self._queue.stop()

    def _in_use(self, now: float) -> bool:
        if now - self._asked_at < _IDLE:
            return True
        # Its last call is paid for before the others get the share.
        share = self._own.share()
        return not self._log.away and share > 0 and self._own.turn(share) > now

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        self._nudge.clear()

    async def _renew(self, loop: asyncio.AbstractEventLoop) -> float:
        """Renew the share once.

        Returns:
            Seconds until the next time.
        """
        now, using = loop.time(), self._own.share()
        use = Use(using, self._calls, now - self._renewed_at, self._waited)
        want, self._used = next_want(self._used, use, self._rate.per_second)
        self._calls, self._waited, self._renewed_at = 0, len(self._queue) > 0, now
        refused = self._refused
        try:
            granted = await self._table.renew(
                want,
                using=using,
                per_second=self._rate.per_second,
                setting=not self._said,
                refused=None if refused is None else now - refused,
            )
        except DatabaseAwayError as error:
            self._own.fail(Since())
            self._log.failed(str(error))
            return _PAUSE
        if self._refused == refused:
            self._refused = None
        self._log.granted(granted)
        self._said = True
        self._own.grant(granted.share, granted.at)
        self._rate, self._rate_known, self._answered = granted.rate, granted.at, True
        if granted.share < using * (1 - _STEADY):
            # Nobody else gets what it gives up before it says that it has done so.
            return 0.0
        changing = granted.share > using * (1 + _STEADY) or granted.missing
        return _SHORT_PAUSE if changing else _PAUSE

    async def _give_share_back(self) -> None:
        self._own.give_back()
        self._answered = False
        if self._log.away:
            return
        try:
            await self._table.give_back()
        except DatabaseAwayError as error:
            # It is over by itself in a moment.
            self._log.not_given_back(str(error))


_rates: Final[weakref.WeakSet[SharedRate]] = weakref.WeakSet()


def _after_fork() -> None:
    for each in list(_rates):
        each.forbid()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
