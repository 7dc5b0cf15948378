"""`fp.requests`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, cast, overload

from freedompay_async.api.namespace import Namespace
from freedompay_async.contract.models import RequestState, StatusQuery
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.operations.as_completed import as_completed
from freedompay_async.operations.attach import attached
from freedompay_async.settings.options import CALL_OPTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable
    from datetime import datetime

    from freedompay_async.contract.models import (
        Completed,
        CreatedClient,
        CreatedTransaction,
        IssuedCards,
    )
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.operations.attach import CompletedCall, IssuingCall
    from freedompay_async.operations.operation import Operation
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

    @overload
    def attach(self, request_id: RequestId, *, call: None = None) -> Operation[RequestState]: ...

    @overload
    def attach(
        self,
        request_id: RequestId,
        *,
        call: IssuingCall,
        accepted: datetime | None = None,
        ordered: int | None = None,
    ) -> Operation[IssuedCards]: ...

    @overload
    def attach(
        self,
        request_id: RequestId,
        *,
        call: Literal["clients.create"],
        accepted: datetime | None = None,
    ) -> Operation[CreatedClient]: ...

    @overload
    def attach(
        self,
        request_id: RequestId,
        *,
        call: Literal["transactions.create"],
        accepted: datetime | None = None,
    ) -> Operation[CreatedTransaction]: ...

    @overload
    def attach(
        self, request_id: RequestId, *, call: CompletedCall, accepted: datetime | None = None
    ) -> Operation[Completed]: ...

    @overload
    def attach(
        self,
        request_id: RequestId,
        *,
        call: str,
        accepted: datetime | None = None,
        ordered: int | None = None,
    ) -> Operation[IssuedCards | CreatedClient | CreatedTransaction | Completed]: ...

    def attach(
        self,
        request_id: RequestId,
        *,
        call: str | None = None,
        accepted: datetime | None = None,
        ordered: int | None = None,
    ) -> Operation[Any]:
        """An operation for the id of a request that any process has sent. Nothing is sent before
        a method of the operation is called.

        If the issuer does not know the id after the grace time, the operation ends as not known:
        `result()` raises `NotKnown`.

        Args:
            request_id: a UUID. About an id of any other form `status` asks.
            call: what the id was used for, such as `cards.issue` (`Operation.call`): the operation
                has the result, the errors and the poll schedule of that call. Left out, its result
                is the state itself.
            accepted: when the issuer accepted it, with a time zone; a time in the future counts as
                now. The first look-up comes when one is due by the poll schedule, and the
                grace time counts from here. A worker that attaches the same ids in each of its
                rounds then does not look at all of them in each. Left out, the first look-up comes
                at once, and the grace time counts from this call.
            ordered: how many cards a bulk issue ordered. Without it, an answer that names only some
                of them counts as the whole.

        Raises:
            ConfigurationError: the id is no UUID, or `request/status` can't be asked about the
                call. Nothing was sent.
        """
        return attached(self._session, request_id, call=call, accepted=accepted, ordered=ordered)

    def as_completed(
        self,
        operations: Iterable[Operation[R]] | AsyncIterable[Operation[R]],
        *,
        timeout: float | None = None,
        concurrency: int = 32,
        rate: float | None = None,
    ) -> AsyncGenerator[Operation[R]]:
        """Yield each operation when it has ended; there may be thousands.

        An operation that was attached ends too where the issuer does not know its id after the
        grace time: its `result()` raises `NotKnown` at once. `refresh()` asks again.

        The same operations may be given in the next round: each keeps its poll schedule.

        Args:
            operations: what to wait for. An async iterable is read while the waiting goes on, and
                no faster than its operations are looked up: at most 1,000 wait for a look-up that
                is due. All that have not ended are held. The waiting ends when the iterable and all
                operations have ended. An error of the iterable is raised after the outcomes that
                came before, and the other operations are not waited for then. The iterable is
                closed (`aclose`) in the end.
            timeout: seconds for all of them; left out, the waiting has no end. What has ended by
                then is given all the same, however late it is read. `Retry-After` is obeyed where
                there is time for it; without a timeout, for an hour at most.
            concurrency: look-ups at once.
            rate: look-ups a second at most.

        Raises:
            StillProcessing: the time is over, or the issuer asked to wait longer than is left;
                `request_ids` has the requests that have not ended. It is raised too where only the
                async iterable has not ended in time.
            ConfigurationError: what is given is no `Operation`, or one of another client.
            AuthenticationError: the question was refused.
        """
        return as_completed(
            self._session, operations, timeout=timeout, concurrency=concurrency, rate=rate
        )
