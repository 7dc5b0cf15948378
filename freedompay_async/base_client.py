"""What is the same in every client: a pool that is opened late and closed once, over one session."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from freedompay_async.calls.session import Session
from freedompay_async.codec.shapes import prepare_shape
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.errors import ConfigurationError, NotSent
from freedompay_async.guards.arguments import check_flag, check_number, check_type, check_whole
from freedompay_async.guards.staying import Staying
from freedompay_async.settings.policy import Policy
from freedompay_async.settings.proxies import Way
from freedompay_async.traffic.governor import Governor
from freedompay_async.transport.base import Attempt, TransportError
from freedompay_async.transport.owner import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from freedompay_async.calls.record import Record
    from freedompay_async.codec.drift import Drift
    from freedompay_async.contract.calls import Call, Section
    from freedompay_async.crypto.signing import Signer
    from freedompay_async.settings.proxies import Proxy

__all__ = ["Pooled"]


class Pooled(Staying):
    """Belongs to the process and the event loop of its first call."""

    INSTEAD = "make a client in each process"

    def __init__(
        self,
        *,
        base_url: str,
        signers: dict[Section, Signer],
        rows: Mapping[str, Call[Any]],
        record: Record | None,
        max_connections: int,
        rate: float | None,
        timeout: float,
        policy: Policy | None,
        ssl_context: ssl.SSLContext | None,
        max_answer: int,
        proxy: Proxy | None,
        trust_env: bool,
    ) -> None:
        check_whole("max_connections", max_connections, unit="connections")
        if rate is not None:
            check_number("rate", rate, unit="calls a second")
        check_number("timeout", timeout, unit="seconds", endless=True)
        check_whole("max_answer", max_answer, unit="bytes")
        policy = Policy() if policy is None else policy
        check_type("policy", policy, Policy, "a Policy")
        if ssl_context is not None:
            check_type("ssl_context", ssl_context, ssl.SSLContext, "an ssl.SSLContext")
        self._max_connections: Final = max_connections
        self._warming: Final = asyncio.Lock()
        self._transport: Final = Transport(
            base_url,
            connect_timeout=policy.connect_timeout,
            max_answer=max_answer,
            ssl_context=ssl_context,
            way=Way.of(base_url, proxy=proxy, trust_env=check_flag("trust_env", trust_env)),
        )
        self._session: Final = Session(
            self._transport,
            signers=signers,
            policy=policy,
            timeout=timeout,
            rows=rows,
            record=record,
            governor=Governor(concurrency=max_connections, rate=rate),
        )

    def drift(self) -> list[Drift]:
        """How the answers have differed from the contract so far: names and counts, never a value."""
        return self._session.drift.list()

    async def warm_up(self, count: int, *, timeout: float | None = None) -> None:
        """Open connections beforehand, so that the first calls need not wait for names, TCP and TLS. Nothing is sent on them.

        A connection that is not used is closed after about 15 seconds, so warm up shortly before the calls.

        Args:
            count: connections, those that are open already included; at most `max_connections`.
            timeout: seconds; without it, as long as a call may take.

        Raises:
            ConfigurationError: more than the client may have, or it can't be used here.
            NotSent: there is no connection to be had, and why.
        """
        check_whole("count", count, unit="connections")
        if count > self._max_connections:
            raise ConfigurationError(f"warm_up({count}): from 1 to max_connections={self._max_connections}. Nothing was sent.")
        loop = self._session.check(timeout)
        until = loop.time() + (self._session.timeout if timeout is None else timeout)
        for call in (*TABLE, *HASHDT_TABLE):
            prepare_shape(call.answer)
        governor, reason = self._session.governor, "no time was left"
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until), self._warming:
                # They have places, so that there are never more connections than the client may have.
                held = governor.hold(count)
                try:
                    await self._transport.warm_up(held, Attempt(deadline=until, seconds=until))
                except TransportError as error:
                    reason = error.reason
                else:
                    return
                finally:
                    for _ in range(held):
                        governor.release()
        raise NotSent(f"no connection could be opened: {reason}. Nothing was sent.")

    async def __aenter__(self) -> Self:
        self._transport.check()
        await self._transport.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the pool. A call that is still on the way loses its answer; its error says so."""
        await self._transport.close()
