"""The statements that write how rows stand: what many rows write at once shares each of them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.batch.journal import sqlite_successes
from freedompay_async.batch.lease import Overtaken
from freedompay_async.batch.outcome import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freedompay_async.batch.entries import Entry

__all__ = [
    "accept",
    "add_set_back",
    "claim",
    "end",
    "intend",
    "know",
    "known",
    "refuse",
    "take_back",
]

# `UPDATE … FROM`; Red Hat 8 has an older SQLite.
_FROM: Final = sqlite3.sqlite_version_info >= (3, 33)
_KNOW: Final = (
    "WITH known (row, now, client, card, was, why, shown, client_end, card_end, end) AS "
    "(VALUES {}) UPDATE rows SET state = now, client_id = client, card_id = card, found = was, "
    "reason = why, proved = shown, client_ended_at = client_end, card_ended_at = card_end, "
    "ended_at = end FROM known WHERE number = row"
)
_KNOW_ONE: Final = (
    "UPDATE rows SET state = ?2, client_id = ?3, card_id = ?4, found = ?5, reason = ?6, proved = "
    "?7, client_ended_at = ?8, card_ended_at = ?9, ended_at = ?10 WHERE number = ?1"
)
# An intent whose bytes are not known gets them.
_INTEND: Final = (
    "INSERT OR IGNORE INTO intents (number, step, request_id, body_sha256, sent_at) VALUES {} "
    "ON CONFLICT (number, step) DO UPDATE SET body_sha256 = excluded.body_sha256 "
    "WHERE length(body_sha256) = 0"
)
_ACCEPT: Final = (
    "UPDATE intents SET accepted = 1, accepted_at = coalesce(accepted_at, ?) "
    "WHERE number = ? AND step = ?"
)
_REFUSE: Final = "UPDATE intents SET refused = ? WHERE number = ? AND step = ?"
_TAKE_BACK: Final = "DELETE FROM intents WHERE number = ? AND step = ?"
_PLANNED_AGAIN: Final = (
    "UPDATE rows SET state = 'planned' WHERE number = ?1 AND state = 'started' "
    "AND NOT EXISTS (SELECT 1 FROM intents WHERE number = ?1)"
)
# One other row is enough to know that a card is shared: there may be thousands that have it.
_SHARE: Final = (
    "WITH mine (row, card) AS (VALUES {}) SELECT row, card, other FROM (SELECT row, card, "
    "coalesce("
    "(SELECT number FROM rows WHERE card_id = card AND number <> row LIMIT 1), "
    "(SELECT number FROM more_cards WHERE card_id = card AND number <> row LIMIT 1)) AS other "
    "FROM mine) WHERE other IS NOT NULL"
)
_DOUBT: Final = (
    "UPDATE rows SET state = 'doubtful', reason = ?2 || coalesce('; ' || reason, '') WHERE number "
    "= ?1"
)
# A row whose reason names the shared card already gets no second reason for each further row.
_DOUBT_OTHERS: Final = (
    "UPDATE rows SET state = 'doubtful', reason = ?3 || coalesce('; ' || reason, '') "
    "WHERE number IN (SELECT number FROM rows WHERE card_id = ?1 UNION ALL SELECT number FROM "
    "more_cards WHERE card_id = ?1) "
    "AND number <> ?2 AND state IN ('issued', 'found', 'doubtful') AND instr(coalesce(reason, "
    "''), ?4) = 0"
)
_MORE_CARDS: Final = "INSERT OR IGNORE INTO more_cards (number, card_id) VALUES (?, ?)"
_LINES: Final = (
    "WITH these (row) AS (VALUES {}) SELECT number, line FROM these JOIN rows ON number = row"
)
_REASONS: Final = (
    "WITH these (row) AS (VALUES {}) SELECT number, reason FROM these JOIN rows ON number = row"
)
_HAVE_CARDS: Final = (State.ISSUED, State.FOUND, State.DOUBTFUL)
# A statement for so many: it has at most ten parameters for each, and old versions of SQLite take
# 999 in all. Those of `_KNOW` are written by newer ones only.
_TOGETHER: Final = 100


def known(
    row: Entry,
    state: State,
    reason: str | None = None,
    *,
    proved: bool = False,
    ended_at: float | None = None,
) -> tuple[Any, ...]:
    """The values of a row, as `know` takes them."""
    return (
        row.number,
        state.value,
        row.client_id,
        row.card_id,
        row.found,
        reason,
        proved,
        row.client_ended_at,
        row.card_ended_at,
        ended_at,
    )


def know(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """How rows stand, each as `known` gives it.

    A row waits for each write, so none is here twice.
    """
    if _FROM:
        _for_all(connection, _KNOW, rows)
    else:
        connection.executemany(_KNOW_ONE, rows)


def intend(connection: sqlite3.Connection, jobs: Sequence[tuple[Any, ...]]) -> None:
    """Of each job: the intent, the row, and the seconds by which the clock was set back."""
    _for_all(connection, _INTEND, [intent for intent, _, _ in jobs])
    know(connection, [row for _, row, _ in jobs])
    add_set_back(connection, sum(set_back for _, _, set_back in jobs))


def add_set_back(connection: sqlite3.Connection, seconds: float) -> None:
    if seconds:
        connection.execute(
            "INSERT INTO meta VALUES ('clock_set_back', ?1) "
            "ON CONFLICT (name) DO UPDATE SET value = value + ?1",
            (seconds,),
        )


def accept(connection: sqlite3.Connection, intents: Sequence[tuple[Any, ...]]) -> None:
    """Of each intent: when it was accepted, its row and its step."""
    connection.executemany(_ACCEPT, intents)


def refuse(connection: sqlite3.Connection, jobs: Sequence[tuple[Any, ...]]) -> None:
    """Of each job: the row, and the refusal with the number of the row and the step."""
    know(connection, [row for row, _ in jobs])
    connection.executemany(_REFUSE, [refusal for _, refusal in jobs])


def take_back(connection: sqlite3.Connection, number: int, step: str) -> None:
    connection.execute(_TAKE_BACK, (number, step))
    connection.execute(_PLANNED_AGAIN, (number,))


def claim(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> list[bool]:
    """As `know`; and of each row whether another one has its card."""
    know(connection, rows)
    shared = {row for row, *_ in _for_all(connection, _SHARE, [(row[0], row[3]) for row in rows])}
    return [row[0] in shared for row in rows]


def end(
    connection: sqlite3.Connection, jobs: Sequence[tuple[Any, ...]]
) -> list[str | Overtaken | None] | None:
    """Of each job: the row, and its further cards. The answer is the reason of each row that shares
    a card, or that the row has not ended.
    """
    rows = [row for row, _ in jobs]
    know(connection, rows)
    open_again = sqlite_successes.open_again(connection, [row[0] for row in rows])
    if open_again:
        ended = [job for job in jobs if job[0][0] not in open_again]
        reasons = iter(_shared(connection, ended) or [None] * len(ended))
        return [Overtaken() if row[0] in open_again else next(reasons) for row in rows]
    return _shared(connection, jobs)


def _shared(
    connection: sqlite3.Connection, jobs: Sequence[tuple[Any, ...]]
) -> list[str | Overtaken | None] | None:
    """Make rows doubtful that share a card, and the rows that they share it with."""
    rows = [row for row, _ in jobs]
    more = [(row[0], card) for row, further in jobs for card in further]
    connection.executemany(_MORE_CARDS, more)
    cards = [
        (number, card)
        for number, state, _, card, *_ in rows
        if card is not None and state in _HAVE_CARDS
    ] + more
    shared = _for_all(connection, _SHARE, cards)
    if not shared:
        return None
    sharing = [(number,) for row, _, other in shared for number in (row, other)]
    lines = dict(_for_all(connection, _LINES, sharing))
    texts: dict[int, list[str]] = {}
    for row, card, other in shared:
        texts.setdefault(row, []).append(_shared_with(card, lines[other]))
    connection.executemany(_DOUBT, [(row, "; ".join(each)) for row, each in texts.items()])
    for row, card, _ in shared:
        connection.execute(
            _DOUBT_OTHERS, (card, row, _shared_with(card, lines[row]), _shared_with(card, None))
        )
    reasons = dict(_for_all(connection, _REASONS, [(row,) for row in texts]))
    return [reasons.get(row[0]) for row in rows]


def _shared_with(card: str, line: int | None) -> str:
    """`None`: as every such sentence begins."""
    begin = f"card {card} is that of line "
    return begin if line is None else f"{begin}{line} too"


def _for_all(
    connection: sqlite3.Connection, statement: str, each: Sequence[tuple[Any, ...]]
) -> list[Any]:
    """One statement with the values of many in place of the braces; what it finds."""
    found: list[Any] = []
    for start in range(0, len(each), _TOGETHER):
        part = each[start : start + _TOGETHER]
        places = ", ".join([f"({', '.join('?' * len(part[0]))})"] * len(part))
        found += connection.execute(
            statement.format(places), [value for values in part for value in values]
        ).fetchall()
    return found
