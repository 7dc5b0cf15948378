"""What the namespaces share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from freedompay_async.guards.staying import Staying
from freedompay_async.operations.operation import start

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from freedompay_async.calls.session import Session
    from freedompay_async.contract.models import Intent
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.contract.table import Call
    from freedompay_async.operations.operation import Operation

__all__ = ["Namespace"]

R = TypeVar("R")


class Namespace(Staying):
    """Methods over one session."""

    INSTEAD = "make a client in each process"

    def __init__(self, session: Session) -> None:
        self._session = session

    def _start(  # noqa: PLR0917 - as below
        self,
        call: Call[R],
        request: Intent,
        request_id: RequestId | None,
        extra: Mapping[str, Any] | None,
        timeout: float | None,
        queue: bool,  # noqa: FBT001 - each method hands on what it was given, in this order
    ) -> Coroutine[Any, Any, Operation[R]]:
        return start(self._session, call, request, request_id=request_id, extra=extra, timeout=timeout, queue=queue)
