"""What all calls of a client share, whatever their lane."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self, TypeVar

from freedompay_async.calls.compose import encode_body
from freedompay_async.calls.reading import Reading
from freedompay_async.calls.retry_budget import RetryBudget
from freedompay_async.calls.reuse import Bodies
from freedompay_async.codec.drift import DriftCount
from freedompay_async.contract.calls import Mark, Retry
from freedompay_async.errors import NotSent
from freedompay_async.guards.arguments import check_number
from freedompay_async.guards.staying import Staying
from freedompay_async.redaction.redaction import Outgoing
from freedompay_async.traffic.governor import Governor
from freedompay_async.traffic.poll_schedule import PollSchedules
from freedompay_async.transport.base import Attempt, TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec

    from freedompay_async.calls.record import Record
    from freedompay_async.contract.calls import Call, Section
    from freedompay_async.crypto.signing import Signer
    from freedompay_async.settings.policy import Policy
    from freedompay_async.transport.owner import OwnedTransport

__all__ = ["SharedResources"]

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SharedResources(Staying):
    """What all calls of a client share, whatever their lane. `SharedResources.of` makes it.

    Attributes:
        transport: sends bytes.
        signers: one for each section of the client.
        policy: of pauses and repeats, where a lane has none of its own.
        timeout: seconds a call may take in all, where a lane has none of its own.
        rows: by name, the rows that differ from the contract table.
        record: the file for calls that can't be asked about.
        drift: counts how the answers have differed from the contract.
        governor: gives the slots of the client.
        budget: of repeats.
        polls: the poll schedules, which learn how long requests take.
        outgoing: the secrets that no text of the issuer's may show.
        reading: reads large answers beside the loop.
        bodies: which body went out under which request id.
        warming: held while connections are opened beforehand.
    """

    transport: OwnedTransport
    signers: dict[Section, Signer]
    policy: Policy
    timeout: float
    rows: Mapping[str, Call[Any]]
    record: Record | None
    governor: Governor
    budget: RetryBudget
    polls: PollSchedules
    outgoing: Outgoing
    drift: DriftCount = field(default_factory=DriftCount)
    reading: Reading = field(default_factory=Reading)
    bodies: Bodies = field(default_factory=Bodies)
    warming: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(
        cls,
        transport: OwnedTransport,
        *,
        signers: dict[Section, Signer],
        policy: Policy,
        timeout: float,
        rows: Mapping[str, Call[Any]] | None = None,
        record: Record | None = None,
        governor: Governor | None = None,
        budget: RetryBudget | None = None,
    ) -> Self:
        """What the calls of one client share. Without a governor no call waits for a slot."""
        rows = rows or {}
        return cls(
            transport=transport,
            signers=signers,
            policy=policy,
            timeout=timeout,
            rows=rows,
            record=record,
            governor=governor or Governor(concurrency=sys.maxsize),
            budget=budget or RetryBudget(policy),
            polls=PollSchedules(policy),
            outgoing=Outgoing(signers.values(), (row.fields for row in rows.values())),
        )

    def replace_signers(self, signers: Mapping[Section, Signer]) -> None:
        """Let these sign from now on. A call that is sent again is signed anew, under its id."""
        self.outgoing.sign_with(signers.values())
        self.signers.update(signers)

    def check(self, timeout: float | None) -> asyncio.AbstractEventLoop:
        """The running loop.

        Raises:
            ConfigurationError: no call can be made, because `timeout` is no time, the client is
                closed, or this is another event loop or a forked child.
        """
        if timeout is not None:
            check_number("timeout", timeout, unit="seconds", endless=True)
        return self.transport.check()

    async def warm_up(self, count: int, *, until: float) -> None:
        """Have up to `count` connections open, idle ones included. Nothing is sent on them.

        Each takes a slot meanwhile, so that there are never more of them than the client may have.

        Args:
            count: connections.
            until: by the clock of the loop, when it is given up.

        Raises:
            NotSent: no connection could be opened, and why.
        """
        reason = "no time was left"
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until), self.warming:
                held = self.governor.hold(count)
                try:
                    await self.transport.warm_up(held, Attempt(deadline=until, seconds=until))
                except TransportError as error:
                    reason = error.reason
                else:
                    return
                finally:
                    for _ in range(held):
                        self.governor.release()
        raise NotSent(f"no connection could be opened: {reason}. Nothing was sent.")

    def row(self, call: Call[R]) -> Call[R]:
        """The row of a call as the overrides have it."""
        if not self.rows:
            return call
        if call.mark is Mark.CUSTOM:
            general = self.rows.get(call.section)
            if general is None:
                return call
            return dataclasses.replace(
                call,
                fields=general.fields,
                header_names=general.header_names,
                own_envelope=general.own_envelope,
            )
        return self.rows.get(call.name, call)

    def encode(self, call: Call[Any], request: msgspec.Struct) -> bytes:
        """The body of a call as the overrides have it."""
        return encode_body(self.row(call), request)

    def fingerprint(self, call: Call[Any], body: bytes) -> bytes:
        """SHA-256 of what goes out for an intent.

        It covers the body, the names of headers that an override has changed, and whether the call
        can't be asked about: a header may carry the id by which the issuer knows the intent again.
        """
        row = self.row(call)
        names = row.header_names.items()
        before: list[object] = [
            *sorted((name.lower(), other) for name, other in names if name != other),
        ]
        if row.retry is Retry.UNASKABLE:
            before.append(row.retry.value)
        made = sha256(json.dumps(before).encode() if before else b"")
        made.update(body)
        return made.digest()
