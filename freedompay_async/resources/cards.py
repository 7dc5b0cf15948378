"""`fp.cards`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freedompay_async.contract import CARDS_ACTIVATE, CARDS_BULK_ISSUE, CARDS_ISSUE, CARDS_LINK
from freedompay_async.models import BulkIssue, CardActivation, CardIssue, CardLink, Completed, IssuedCards
from freedompay_async.operations import Operation, start

if TYPE_CHECKING:
    from freedompay_async.session import Session

__all__ = ["Cards"]


class Cards:
    """Payment cards.

    Each method sends one intent and returns when the issuer has accepted it; `await operation.result()` waits for the end.
    `request_id` is a UUID of your own; left out, the library makes one. `timeout` is seconds, everything included.
    Each raises any of `FreedomPayError` but `StillProcessing`, with the request id on it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def issue(
        self, *, client_id: str, product_id: int, request_id: str | None = None, timeout: float | None = None
    ) -> Operation[IssuedCards]:
        """Issue a card to a client.

        The path is documented, the fields are not (docs.freedompay.kz, "Issue card").
        """
        body = CardIssue(client_id=client_id, product_id=product_id)
        return await start(self._session, CARDS_ISSUE, body, request_id=request_id, timeout=timeout)

    async def bulk_issue(
        self, *, product_id: int, count: int, request_id: str | None = None, timeout: float | None = None
    ) -> Operation[IssuedCards]:
        """Issue `count` cards without a holder, to be linked later.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        body = BulkIssue(product_id=product_id, count=count)
        return await start(self._session, CARDS_BULK_ISSUE, body, request_id=request_id, timeout=timeout)

    async def link(
        self, card_id: str, *, client_id: str, request_id: str | None = None, timeout: float | None = None
    ) -> Operation[Completed]:
        """Link a card that has no holder to a client (docs.freedompay.kz, api-12074684)."""
        body = CardLink(client_id=client_id, card_id=card_id)
        return await start(self._session, CARDS_LINK, body, request_id=request_id, timeout=timeout)

    async def activate(self, card_id: str, *, request_id: str | None = None, timeout: float | None = None) -> Operation[Completed]:
        """Activate a card.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await start(self._session, CARDS_ACTIVATE, CardActivation(card_id=card_id), request_id=request_id, timeout=timeout)
