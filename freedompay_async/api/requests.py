"""`fp.requests`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, Unpack, cast

from freedompay_async.api.namespace import Namespace
from freedompay_async.contract.models import RequestState, StatusQuery
from freedompay_async.contract.request_ids import checked_request_id
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.operations.as_completed import as_completed
from freedompay_async.operations.operation import Operation
from freedompay_async.settings.options import CALL_OPTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.settings.options import CallOptions

__all__ = ["Requests"]

R = TypeVar("R")


class Requests(Namespace):
    """What became of intents. A request id is the whole token: any process can ask with it."""

    async def status(self, request_id: RequestId, **options: Unpack[CallOptions]) -> RequestState:
        """Ask once what the issuer says of a request (docs.freedompay.kg, api-13677899).

        Raises:
            RequestFailed: the issuer refused to answer, an id that it does not know included; that
                proves nothing of the request.
            FreedomPayError: the question failed in another way.
        """
        return await self._read(
            REQUESTS_STATUS,
            lambda: StatusQuery(request_id=cast("str", request_id)),
            options,
            CALL_OPTIONS,
        )

    def attach(self, request_id: RequestId) -> Operation[RequestState]:
        """An operation for an id of another process or another day; nothing is sent until it is
        asked.
        """
        return Operation(self._session, REQUESTS_STATUS, checked_request_id(request_id))

    def as_completed(
        self,
        operations: Iterable[Operation[R]],
        *,
        timeout: float | None = None,
        concurrency: int = 32,
        rate: float | None = None,
    ) -> AsyncGenerator[Operation[R]]:
        """Yield each operation when it has ended, whatever their number, on one budget of calls.

        Args:
            operations: what to wait for.
            timeout: seconds for all of them; without it there is no end to the waiting.
                `Retry-After` is obeyed where there is time for it, and without a timeout for an
                hour at most: then the request is asked about again.
            concurrency: look-ups on the way at once.
            rate: look-ups a second at most.

        Raises:
            StillProcessing: the time is up, or too short for what the issuer asked to wait with the
                rest; `request_ids` has those that have not ended.
            AuthenticationError: the question was refused.
        """
        return as_completed(
            self._session, operations, timeout=timeout, concurrency=concurrency, rate=rate
        )
