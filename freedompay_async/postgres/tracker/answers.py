"""What is kept of an answer about a request: what it says, and the ids that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from freedompay_async.contract.models.answers import CardRef, RequestState
from freedompay_async.contract.models.dictionaries import CallStatus, RequestStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["keeps", "kept_answer", "kept_with"]


def keeps(answer: RequestState, *, success: RequestState | None = None, asked: bool = False) -> str:
    """The answer as JSON, without fields that the contract does not have.

    Args:
        answer: the last one.
        success: an earlier one that said success or named something.
        asked: the last one came from a look-up.
    """
    kept = _fields(answer)
    if asked:
        kept["asked"] = True
    if success is not None:
        kept["success"] = _fields(success)
    return msgspec.json.encode(kept).decode()


def kept_answer(text: str | None) -> RequestState | None:
    """The answer that was kept."""
    return None if text is None else _answer(msgspec.json.decode(text))


def kept_with(text: str | None) -> tuple[RequestState | None, RequestState | None, bool]:
    """The answer that was kept, an earlier one that said success or named something, and whether
    the last one came from a look-up.
    """
    if text is None:
        return None, None, False
    kept: dict[str, Any] = msgspec.json.decode(text)
    success = kept.get("success")
    earlier = None if success is None else _answer(success)
    return _answer(kept), earlier, kept.get("asked", False)


def _fields(answer: RequestState) -> dict[str, Any]:
    fields: Mapping[str, Any] = {
        "request_id": answer.request_id,
        "status": str(answer.status),
        "request_status": None if answer.request_status is None else str(answer.request_status),
        "cards": None if answer.cards is None else [each.card_id for each in answer.cards],
        "client_id": answer.client_id,
        "transaction_id": answer.transaction_id,
        "fin_document_id": answer.fin_document_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _answer(kept: Mapping[str, Any]) -> RequestState:
    cards, status = kept.get("cards"), kept.get("request_status")
    return RequestState(
        request_id=kept["request_id"],
        status=CallStatus(kept["status"]),
        request_status=None if status is None else RequestStatus(status),
        cards=None if cards is None else [CardRef(card_id=each) for each in cards],
        client_id=kept.get("client_id"),
        transaction_id=kept.get("transaction_id"),
        fin_document_id=kept.get("fin_document_id"),
    )
