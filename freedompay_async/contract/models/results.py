"""The results of requests that have succeeded."""

from __future__ import annotations

from typing import Self

from freedompay_async.contract.models.answers import RequestState, as_id
from freedompay_async.redaction.portable import Portable

__all__ = ["Completed", "CreatedClient", "CreatedTransaction", "IssuedCards"]


class Completed(Portable, kw_only=True, frozen=True):
    """A request that succeeded, and has no other result."""

    request_id: str
    answer: RequestState

    @classmethod
    def of(cls, state: RequestState) -> Self:
        return cls(request_id=state.request_id, answer=state)


class CreatedClient(Portable, kw_only=True, frozen=True):
    """A client that exists."""

    request_id: str
    client_id: str
    answer: RequestState

    @classmethod
    def of(cls, state: RequestState) -> Self | None:
        """`None`: the answer does not name the client; `request/status` has the id."""
        client_id = as_id(state.client_id)
        return (
            None
            if client_id is None
            else cls(request_id=state.request_id, client_id=client_id, answer=state)
        )


class IssuedCards(Portable, kw_only=True, frozen=True):
    """Cards that exist.

    Attributes:
        card_ids: the ids of all cards, each once.
        ordered: how many were ordered; `None`: another process ordered them, so it is not known.
        ordered_for: the client of the order; `None`: it has none, or it is not known.
    """

    request_id: str
    card_ids: tuple[str, ...]
    answer: RequestState
    ordered: int | None = None
    ordered_for: str | None = None

    @property
    def complete(self) -> bool | None:
        """Whether they are as many as were ordered, and of no other client; `None`: not known.

        `card_ids` has all cards in any case.
        """
        if self.differs is not None:
            return False
        return None if self.ordered is None else True

    @property
    def differs(self) -> str | None:
        """How they differ from the order, in words. Ask the issuer then whose cards they are."""
        named = as_id(self.answer.client_id)
        if self.ordered is not None and self.ordered != len(self.card_ids):
            return f"ordered {self.ordered}, and {len(self.card_ids)} cards were made"
        if self.ordered_for is not None and named is not None and named != self.ordered_for:
            return f"ordered for client {self.ordered_for}, and the answer names client {named}"
        return None

    @classmethod
    def of(cls, state: RequestState) -> Self | None:
        """`None`: the answer names no card; `request/status` has the ids."""
        if not state.card_ids:
            return None
        return cls(request_id=state.request_id, card_ids=state.card_ids, answer=state)


class CreatedTransaction(Portable, kw_only=True, frozen=True):
    """A transaction that exists."""

    request_id: str
    transaction_id: str
    fin_document_id: str | None
    answer: RequestState

    @classmethod
    def of(cls, state: RequestState) -> Self | None:
        """`None`: the answer does not name the transaction; `request/status` has the id."""
        transaction_id = as_id(state.transaction_id)
        if transaction_id is None:
            return None
        return cls(
            request_id=state.request_id,
            transaction_id=transaction_id,
            fin_document_id=as_id(state.fin_document_id),
            answer=state,
        )
