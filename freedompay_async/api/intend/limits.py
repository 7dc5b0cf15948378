"""`fp.intend.limits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.intend.namespace import IntentNamespace
from freedompay_async.contract import table
from freedompay_async.contract.models.requests import LimitSetting, LimitTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.contract.models.requests import Limit
    from freedompay_async.contract.models.results import Completed
    from freedompay_async.intents.intent import Intent
    from freedompay_async.settings.options import IntentOptions

__all__ = ["LimitIntents"]


class LimitIntents(IntentNamespace):
    """The calls of `fp.limits` that change something, as values."""

    def set(
        self,
        *,
        object_type: str,
        object_id: str,
        limits: Sequence[Limit],
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.limits.set`."""
        return self._intend(
            table.LIMITS_SET,
            lambda: LimitSetting(
                object=LimitTarget(type=object_type, value=object_id), limits=limits
            ),
            options,
        )
