"""One intent of a row on its way to the issuer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freedompay_async.batch.entries import Entry
    from freedompay_async.calls.first_send import SentBefore
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import BodyWithId
    from freedompay_async.settings.options import ChangeOptions

__all__ = ["Send"]


@dataclass(slots=True)
class Send:
    """One intent of a row on its way to the issuer.

    Attributes:
        sent_before: what is known of the sends of an earlier run; `None`: there was none.
        recorded: it is in the journal, with its bytes.
        counted: the guard has let it pass once, or an earlier run has sent it.
        answered: the issuer answered it with 429, so the journal keeps it whatever follows.
    """

    row: Entry
    step: str
    call: Call[Any]
    body: BodyWithId
    options: ChangeOptions
    sent_before: SentBefore | None
    recorded: bool = False
    counted: bool = False
    answered: bool = False
