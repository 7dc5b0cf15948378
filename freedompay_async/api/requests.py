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
    """What became of requests. A request id is enough: any process can ask with it."""

    async def status(self, request_id: RequestId, **options: Unpack[CallOptions]) -> RequestState:
        """Ask the issuer once about a request (docs.freedompay.kg, api-13677899).

        Raises:
            RequestFailed: the issuer refused to answer, for instance because it does not know the
                id. That proves nothing about the request.
            FreedomPayError: the question failed in another way.
        """
        return await self._read(
            REQUESTS_STATUS,
            lambda: StatusQuery(request_id=cast("str", request_id)),
            options,
            CALL_OPTIONS,
        )

    def attach(self, request_id: RequestId) -> Operation[RequestState]:
        """An operation for the id of a request that any process has sent. Nothing is sent before
        a method of the operation is called.
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
        """Yield each operation when it has ended; there may be thousands.

        Args:
            operations: what to wait for.
            timeout: seconds for all of them; left out, the waiting has no end. `Retry-After` is
                obeyed where there is time for it; without a timeout, for an hour at most.
            concurrency: look-ups at once.
            rate: look-ups a second at most.

        Raises:
            StillProcessing: the time is over, or the issuer asked to wait longer than is left;
                `request_ids` has the requests that have not ended.
            AuthenticationError: the question was refused.
        """
        return as_completed(
            self._session, operations, timeout=timeout, concurrency=concurrency, rate=rate
        )
