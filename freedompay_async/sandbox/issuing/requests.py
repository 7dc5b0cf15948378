"""The accepted requests: the outcome of each, and when `request/status` shows it.

Nothing runs in the background: the outcome is decided when the request is accepted, and shown when
its time has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["RequestEnd", "finish", "first_use", "look_up", "set_hold", "write_down"]

_DESCRIPTIONS: Final = {
    "client_declined": "the client's last_name is DECLINED",
    "card_declined": "the client's last_name is NOCARD",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEnd:
    """The outcome of a request, beyond the cards that have its id."""

    client_id: str | None = None
    transaction_id: str | None = None
    fin_document_id: str | None = None
    error_code: str | None = None


def first_use(books: Books, ids: Iterable[str]) -> bool:
    """Mark all these ids as seen; false if one of them was seen before. The caller commits."""
    # A list, so that each id is written, also after one that was seen before.
    written = [
        books.run("INSERT OR IGNORE INTO seen (merchant, id) VALUES (:m, :id)", id=each).rowcount
        for each in ids
    ]
    return all(written)


def write_down(
    books: Books, request_id: str, outcome: RequestEnd, *, takes: float, late_by: float, held: bool
) -> None:
    """Keep an accepted request: it ends after `takes` seconds and is known after `late_by`."""
    now = books.clock()
    books.run(
        "INSERT INTO requests (merchant, id, ready_at, visible_at, held, client_id, error_code, "
        "transaction_id, fin_document_id)"
        " VALUES (:m, :id, :ready, :visible, :held, :client, :error, :transaction, :document)",
        id=request_id,
        ready=now + takes,
        visible=now + late_by,
        held=held,
        client=outcome.client_id,
        error=outcome.error_code,
        transaction=outcome.transaction_id,
        document=outcome.fin_document_id,
    )


def look_up(books: Books, request_id: str) -> dict[str, Any] | None:
    """The answer of `request/status` beyond the envelope; `None` if the id is not known."""
    row = books.one(
        "SELECT ready_at, visible_at, held, error_code, client_id, transaction_id, "
        "fin_document_id FROM requests"
        " WHERE merchant = :m AND id = :id",
        id=request_id,
    )
    now = books.clock()
    if row is None or now < row[1]:
        return None
    ready_at, _, held, error_code, *facts = row
    if held or now < ready_at:
        return {"request_status": "process"}
    if error_code is not None:
        return {
            "request_status": "error",
            "error_code": error_code,
            "error_description": _DESCRIPTIONS[error_code],
        }
    state: dict[str, Any] = {"request_status": "success"}
    names = ("client_id", "transaction_id", "fin_document_id")
    state.update((name, fact) for name, fact in zip(names, facts, strict=True) if fact is not None)
    if cards := books.dicts(
        "SELECT card_id FROM cards WHERE merchant = :m AND request_id = :id ORDER BY number",
        id=request_id,
    ):
        state["cards"] = cards
    return state


def finish(books: Books, request_id: str) -> None:
    """End a request's processing now, and make a late one known; raises `KeyError` for an id that
    was not accepted.
    """
    with books.db:
        done = books.run(
            "UPDATE requests SET held = 0, ready_at = min(ready_at, :now), visible_at = "
            "min(visible_at, :now)"
            " WHERE merchant = :m AND id = :id",
            now=books.clock(),
            id=request_id,
        )
    if not done.rowcount:
        raise KeyError(request_id)


def set_hold(books: Books, *, on: bool) -> None:
    """On: unfinished requests stay so. Off: they take their own time again."""
    with books.db:
        if on:
            books.run(
                "UPDATE requests SET held = 1 WHERE merchant = :m AND ready_at > :now",
                now=books.clock(),
            )
        else:
            books.run("UPDATE requests SET held = 0 WHERE merchant = :m")
