"""Compares the answer to a gift card's issue with what was ordered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from freedompay_async.contract.table import GIFT_CARDS_ISSUE
from freedompay_async.errors import ResultUnknown
from freedompay_async.redaction.masking import mask_text

if TYPE_CHECKING:
    from freedompay_async.contract.models.gift_cards import IssuedGiftCard

__all__ = ["check_issued", "unnamed"]

log: Final = logging.getLogger("freedompay_async")
_SHOWN: Final = 60


def check_issued(issued: IssuedGiftCard, *, ordered: int | str | None) -> None:
    """Look for the card in the answer.

    Args:
        issued: the answer.
        ordered: the id of the card that was ordered; `None`: that of a new one.

    Raises:
        ResultUnknown: it was paid for, and the answer does not name it, or names another.
    """
    if issued.card_id is None:
        raise unnamed("does not name it", issued)
    if ordered is not None and str(issued.card_id) != str(ordered):
        named = mask_text(str(issued.card_id))[:_SHOWN]
        raise unnamed(f"names card {named!r}, and card {ordered} was ordered", issued)


def unnamed(what: str, issued: IssuedGiftCard) -> ResultUnknown:
    """The error of a card that was paid for, and whose id in the answer is missing or wrong."""
    error = ResultUnknown(
        (
            f"the card was issued and paid for, and the answer {what}. Do not repeat it: a person "
            "has to look."
        ),
        request_id=issued.request_id,
        call=GIFT_CARDS_ISSUE.name,
        card_ids=() if issued.card_id is None else (mask_text(str(issued.card_id)),),
    )
    log.error("%s", error.text, extra={"request_id": error.request_id, "call": error.call})
    return error
