"""Waiting for thousands of accepted requests."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, TypeVar

from freedompay_async.events.hub import Hub
from freedompay_async.guards.arguments import check_number, check_whole, refusal
from freedompay_async.operations.stream import stream
from freedompay_async.operations.watch import Watch, check_operation

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

    from freedompay_async.calls.session import Session
    from freedompay_async.operations.operation import Operation

__all__ = ["as_completed"]

R = TypeVar("R")


def as_completed(
    session: Session,
    operations: Iterable[Operation[R]] | AsyncIterable[Operation[R]],
    *,
    timeout: float | None,
    concurrency: int,
    rate: float | None,
) -> AsyncGenerator[Operation[R]]:
    """Yield each operation when it has ended.

    Raises:
        StillProcessing: some have not ended in `timeout` seconds; `request_ids` has them.
    """
    given: list[Operation[R]] = []
    feed: AsyncIterable[Operation[R]] | None = None
    if isinstance(operations, AsyncIterable):
        feed = operations
    else:
        try:
            given = list(operations)
        except TypeError:
            want = "Operations in a list, or an async iterable of them"
            raise refusal("operations", operations, want) from None
        for each in given:
            check_operation(session, each)
    check_whole("concurrency", concurrency, unit="calls")
    if rate is not None:
        check_number("rate", rate, unit="calls a second")
    if timeout is not None:
        check_number("timeout", timeout, unit="seconds", endless=True)

    watch: Watch[R] | None = None

    async def work(give: Callable[[Operation[R]], Awaitable[None]]) -> None:
        nonlocal watch
        hub = Hub("as_completed")
        watch = Watch(session, give, hub=hub, timeout=timeout, concurrency=concurrency, rate=rate)
        with session.shared.governor.hub.joined(hub):
            await watch.run(given, feed)

    def tell(error: asyncio.CancelledError) -> None:
        left = sum(not each.done for each in given) if watch is None else watch.left
        error.add_note(f"{left} requests have not ended: go on with requests.attach")

    return stream(work, on_cancelled=tell)
