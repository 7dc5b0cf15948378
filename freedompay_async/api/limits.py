"""`fp.limits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.namespace import Namespace
from freedompay_async.contract import table
from freedompay_async.contract.models.requests import LimitQuery, LimitSetting, LimitTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.contract.models.reads import LimitList
    from freedompay_async.contract.models.requests import Limit
    from freedompay_async.contract.models.results import Completed
    from freedompay_async.operations.operation import Operation
    from freedompay_async.settings.options import ChangeOptions, ReadOptions

__all__ = ["SpendingLimits"]


class SpendingLimits(Namespace):
    """What a card, an account or a client may spend. Options and errors as in `Cards`.

    These calls were seen in the KZ menu only.
    """

    async def set(
        self,
        *,
        object_type: str,
        object_id: str,
        limits: Sequence[Limit],
        **options: Unpack[ChangeOptions],
    ) -> Operation[Completed]:
        """Set limits (docs.freedompay.kz, api-18613819; published in part).

        Args:
            object_type: `card`, `account` or `client` (`LimitObject`).
            object_id: the id of that card, account or client.
            limits: the limits to set.
            **options: see `ChangeOptions`.
        """
        return await self._start(
            table.LIMITS_SET,
            lambda: LimitSetting(
                object=LimitTarget(type=object_type, value=object_id), limits=limits
            ),
            options,
        )

    async def list(
        self,
        *,
        object_type: str,
        object_id: str,
        **options: Unpack[ReadOptions],
    ) -> LimitList:
        """The limits that are set, and what is left of them (docs.freedompay.kz, api-18614458).

        The names of the answer's fields are inferred.
        """
        return await self._read(
            table.LIMITS_LIST,
            lambda: LimitQuery(object=LimitTarget(type=object_type, value=object_id)),
            options,
        )
