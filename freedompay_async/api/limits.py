"""`fp.limits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freedompay_async.api.namespace import Namespace
from freedompay_async.contract import table
from freedompay_async.contract.models.requests import LimitQuery, LimitSetting, LimitTarget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freedompay_async.contract.models.answers import Completed
    from freedompay_async.contract.models.reads import LimitList
    from freedompay_async.contract.models.requests import Limit
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.operations.operation import Operation

__all__ = ["Limits"]


class Limits(Namespace):
    """What a card, an account or a client may spend; `request_id`, `extra`, `timeout`, `queue` and errors as for `Cards`.

    These calls are in the KZ menu only, as far as seen.
    """

    async def set(
        self,
        *,
        object_type: str,
        object_id: str,
        limits: Sequence[Limit],
        request_id: RequestId | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        queue: bool = True,
    ) -> Operation[Completed]:
        """Set limits (docs.freedompay.kz, api-18613819; published in part).

        Args:
            object_type: `card`, `account` or `client` (`LimitObject`).
            object_id: its id.
            limits: what to set.
            request_id: a UUID of your own.
            extra: more fields of the body.
            timeout: seconds.
            queue: as for `Cards`.
        """
        body = LimitSetting(object=LimitTarget(type=object_type, value=object_id), limits=limits)
        return await self._start(table.LIMITS_SET, body, request_id, extra, timeout, queue)

    async def list(
        self, *, object_type: str, object_id: str, extra: Mapping[str, Any] | None = None, timeout: float | None = None, queue: bool = True
    ) -> LimitList:
        """The limits that are set, and what is left of them (docs.freedompay.kz, api-18614458; the answer's names are inferred)."""
        body = LimitQuery(object=LimitTarget(type=object_type, value=object_id))
        return await self._session.read(table.LIMITS_LIST, body, extra=extra, timeout=timeout, queue=queue)
