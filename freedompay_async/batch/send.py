"""One intent of a row on its way to the issuer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freedompay_async.batch.entries import Entry
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import BodyWithId
    from freedompay_async.settings.options import ChangeOptions

__all__ = ["Send"]


@dataclass(slots=True)
class Send:
    """One intent of a row on its way to the issuer.

    Attributes:
        sent_at: seconds since the epoch at which an earlier run first sent it; `None`: none did.
        recorded: this run has written it into the journal.
        counted: the guard has let it pass once.
        answered: the issuer answered it with 429, so the journal keeps it whatever follows.
    """

    row: Entry
    step: str
    call: Call[Any]
    body: BodyWithId
    options: ChangeOptions
    sent_at: float | None
    recorded: bool = False
    counted: bool = False
    answered: bool = False
