"""What all clients have in common: one session over one transport, opened late and closed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.codec.shapes import prepare_shape
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.errors import ConfigurationError
from freedompay_async.events.hub import Hub
from freedompay_async.guards.arguments import check_whole
from freedompay_async.guards.staying import Staying
from freedompay_async.settings.proxies import Way
from freedompay_async.traffic.governor import Governor
from freedompay_async.transport.base import Destination
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.owner import OwnedTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from freedompay_async.calls.record import Record
    from freedompay_async.client_options import Chosen
    from freedompay_async.codec.drift import Drift
    from freedompay_async.contract.calls import Call, Section
    from freedompay_async.crypto.signing import Signer
    from freedompay_async.events.hub import Listener
    from freedompay_async.events.stats import Stats

__all__ = ["BaseClient"]

# Seconds. After a pause the calls that its rate gives in this time may leave together.
_BUCKET: Final = 0.2


class BaseClient(Staying):
    """Belongs to the process and the event loop of its first call."""

    INSTEAD = "make a client in each process"

    def __init__(
        self,
        chosen: Chosen,
        *,
        base_url: str,
        signers: dict[Section, Signer],
        rows: Mapping[str, Call[Any]],
        record: Record | None = None,
    ) -> None:
        self._max_connections: Final = chosen.max_connections
        hub = Hub()
        if chosen.events is not None:
            hub.on_event(chosen.events)
        destination = Destination(
            base_url=base_url,
            connect_timeout=chosen.policy.connect_timeout,
            max_answer=chosen.max_answer,
            ssl_context=chosen.ssl_context,
            way=Way.of(base_url, proxy=chosen.proxy, trust_env=chosen.trust_env),
            notify=hub.emit_to_everybody,
        )
        transport = AiohttpTransport() if chosen.transport is None else chosen.transport
        self._transport: Final = OwnedTransport(transport, destination)
        self._session: Final = Session(
            SharedResources.of(
                self._transport,
                signers=signers,
                policy=chosen.policy,
                timeout=chosen.timeout,
                rows=rows,
                record=record,
                governor=Governor(
                    concurrency=chosen.max_connections, rate=chosen.rate, bucket=_BUCKET, hub=hub
                ),
            )
        )

    def drift(self) -> list[Drift]:
        """How the answers have differed from the contract so far: names and counts, no value."""
        return self._session.shared.drift.list()

    def on_event(self, listener: Listener) -> Callable[[], None]:
        """Let a function get every event of the client from now on: of its calls, in whatever lane
        they are made, of the limits that it learns, of its connections.

        The function is called in the middle of what it is told of, so it must be quick. An error of
        it is logged once, and changes nothing.

        Args:
            listener: a plain function that takes an `Event` of `freedompay_async.events`.

        Returns:
            A function that takes it off again. To call it twice does no harm.

        Raises:
            ConfigurationError: it can't be called, or is an async function.
        """
        return self._session.shared.governor.hub.on_event(listener)

    def stats(self) -> Stats:
        """What the client is doing at this moment: calls on the way and in the queue, limits and
        connections.
        """
        governor = self._session.shared.governor
        return governor.stats(self._transport.now(), idle=self._transport.idle())

    async def warm_up(self, count: int, *, timeout: float | None = None) -> None:
        """Open connections beforehand, so that the first calls need not wait for names, TCP and
        TLS. Nothing is sent on them.

        A connection that is not used is closed after about 15 seconds, so warm up shortly before
        the calls.

        Args:
            count: connections, those that are open already included; at most `max_connections`.
            timeout: seconds; without it, as long as a call may take.

        Raises:
            ConfigurationError: more than the client may have, or it can't be used here.
            NotSent: no connection could be opened, and why.
        """
        check_whole("count", count, unit="connections")
        if count > self._max_connections:
            raise ConfigurationError(
                f"warm_up({count}): from 1 to max_connections={self._max_connections}. Nothing "
                "was sent."
            )
        loop = self._session.shared.check(timeout)
        until = loop.time() + (self._session.timeout if timeout is None else timeout)
        for call in (*TABLE, *HASHDT_TABLE):
            prepare_shape(call.answer)
        await self._session.shared.warm_up(count, until=until)

    async def __aenter__(self) -> Self:
        self._transport.check()
        await self._transport.open()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. A call that is on the way loses its answer; its error says so."""
        await self._transport.close()

    def _in_use(self) -> str:
        """The end of the `repr`: calls that have a slot, calls that wait for one, limits as far as
        they hold, connections.
        """
        stats = self.stats()
        queued = stats.waiting_interactive + stats.waiting_background
        parts = [f"calls: {stats.in_flight} active", f"{queued} queued"]
        if stats.places < stats.max_places:
            parts.append(f"{stats.places} of {stats.max_places} slots")
        if stats.rate is not None:
            parts.append(f"{stats.rate:.4g} a second ({stats.rate_source})")
        return ", ".join([*parts, repr(self._transport)])
