"""The statements of what was made for rows whose owners had lost them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = ["keep", "open_again"]

_KEEP: Final = (
    "INSERT INTO successes (number, client_id, card_id) SELECT ?1, ?2, ?3 WHERE NOT EXISTS ("
    "SELECT 1 FROM successes WHERE number = ?1 AND client_id IS ?2 AND card_id IS ?3)"
)
# Ids that the row itself does not have yet.
_MORE: Final = (
    "EXISTS (SELECT 1 FROM successes AS made WHERE made.number = rows.number AND ("
    "(made.client_id IS NOT NULL AND rows.client_id IS NULL) "
    "OR (made.card_id IS NOT NULL AND rows.card_id IS NULL)))"
)
_OPEN_AGAIN: Final = (
    "UPDATE rows SET state = 'started', proved = 0, ended_at = NULL "  # noqa: S608 - of constants
    f"WHERE number = ? AND state IN ('planned', 'refused', 'unknown') AND {_MORE}"
)
_DOUBT: Final = (
    "UPDATE rows SET state = 'doubtful', reason = 'card ' || ?2 || ' was made for this row too, "
    "beside ' || card_id || coalesce('; ' || reason, '') "
    "WHERE number = ?1 AND state IN ('issued', 'found') AND card_id <> ?2"
)


def keep(connection: sqlite3.Connection, made: Sequence[tuple[Any, ...]]) -> None:
    """Of each row: its number, its client and its card."""
    for number, client_id, card_id in made:
        connection.execute(_KEEP, (number, client_id, card_id))
        connection.execute(_OPEN_AGAIN, (number,))
        if card_id is not None:
            connection.execute(_DOUBT, (number, card_id))


def open_again(connection: sqlite3.Connection, numbers: Sequence[int]) -> set[int]:
    """Which of these rows have ended without what was made for them; they are open again."""
    if connection.execute("SELECT 1 FROM successes LIMIT 1").fetchone() is None:
        return set()
    return {number for number in numbers if connection.execute(_OPEN_AGAIN, (number,)).rowcount}
