"""What a run writes into its journal: what many rows write at the same time shares its statements."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.batch.report import Outcome, State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from freedompay_async.batch.entries import Entry, Refusal
    from freedompay_async.batch.journal.sqlite import Journal

__all__ = ["accepted", "claim", "clock_was_set_back", "end", "forget", "intend", "keep", "refuse"]

# `UPDATE … FROM`; Red Hat 8 has an older one.
_FROM: Final = sqlite3.sqlite_version_info >= (3, 33)
_KNOW: Final = (
    "WITH given (row, now, client, card, was, why, shown) AS (VALUES {}) "
    "UPDATE rows SET state = now, client_id = client, card_id = card, found = was, reason = why, "
    "proved = shown "
    "FROM given WHERE number = row"
)
_KNOW_ONE: Final = (
    "UPDATE rows SET state = ?2, client_id = ?3, card_id = ?4, found = ?5, reason = ?6, proved = "
    "?7 WHERE number = ?1"
)
# One other row is enough to know that a card is shared: there may be thousands that have it.
_SHARE: Final = (
    "WITH given (row, card) AS (VALUES {}) SELECT row, card, other FROM (SELECT row, card, "
    "coalesce("
    "(SELECT number FROM rows WHERE card_id = card AND number <> row LIMIT 1), "
    "(SELECT number FROM more_cards WHERE card_id = card AND number <> row LIMIT 1)) AS other "
    "FROM given) WHERE other IS NOT NULL"
)
_DOUBT: Final = (
    "UPDATE rows SET state = 'doubtful', reason = ?2 || coalesce('; ' || reason, '') WHERE number "
    "= ?1"
)
# A row that is told so once is not told so again for each further row.
_DOUBT_OTHERS: Final = (
    "UPDATE rows SET state = 'doubtful', reason = ?3 || coalesce('; ' || reason, '') "
    "WHERE number IN (SELECT number FROM rows WHERE card_id = ?1 UNION ALL SELECT number FROM "
    "more_cards WHERE card_id = ?1) "
    "AND number <> ?2 AND state IN ('issued', 'found', 'doubtful') AND instr(coalesce(reason, "
    "''), ?4) = 0"
)
_LINES: Final = (
    "WITH given (row) AS (VALUES {}) SELECT number, line FROM given JOIN rows ON number = row"
)
_REASONS: Final = (
    "WITH given (row) AS (VALUES {}) SELECT number, reason FROM given JOIN rows ON number = row"
)
_HAVE_CARDS: Final = (State.ISSUED, State.FOUND, State.DOUBTFUL)
# A statement for so many: before version 3.32 it has at most 999 parameters.
_TOGETHER: Final = 100


def intend(
    journal: Journal,
    entry: Entry,
    step: str,
    *,
    request_id: str,
    body_sha256: bytes,
    sent_at: float,
    set_back: float = 0.0,
) -> Awaitable[None]:
    """On the disk when it has been awaited: the intent, what is known of the row, and by how many
    seconds the clock was set back.
    """
    intent = (entry.number, step, request_id, body_sha256, sent_at)
    known = _known(entry, State.STARTED)
    return journal.write(_intend, (intent, known, set_back))


def keep(journal: Journal, entry: Entry) -> Awaitable[None]:
    """On the disk when it has been awaited: what is known of a row that goes on, though it was told
    as refused.
    """
    return journal.write(_know, _known(entry, State.STARTED))


def claim(journal: Journal, entry: Entry) -> Awaitable[bool]:
    """On the disk when it has been awaited: that the row has its card; and whether another row has
    it too.
    """
    return journal.write(_claim, _known(entry, State.STARTED))


def refuse(
    journal: Journal, entry: Entry, step: str, refusal: Refusal, *, state: State, reason: str
) -> Awaitable[None]:
    """On the disk when it has been awaited: a step was refused, and how the row stands until it has
    been asked about again.
    """
    return journal.write(
        _refuse, (_known(entry, state, reason), (refusal.value, entry.number, step))
    )


def _refuse(connection: sqlite3.Connection, each: Sequence[tuple[Any, ...]]) -> None:
    _know(connection, [known for known, _ in each])
    connection.executemany(
        "UPDATE intents SET refused = ? WHERE number = ? AND step = ?",
        [refused for _, refused in each],
    )


def _known(
    entry: Entry, state: State, reason: str | None = None, *, proved: bool = False
) -> tuple[Any, ...]:
    """As `_know` takes it."""
    return (entry.number, state.value, entry.client_id, entry.card_id, entry.found, reason, proved)


def _intend(connection: sqlite3.Connection, each: Sequence[tuple[Any, ...]]) -> None:
    _file(connection, [intent for intent, _, _ in each])
    _know(connection, [known for _, known, _ in each])
    _add_set_back(connection, sum(set_back for _, _, set_back in each))


def _file(connection: sqlite3.Connection, intents: Sequence[tuple[Any, ...]]) -> None:
    _for_all(
        connection,
        "INSERT OR IGNORE INTO intents (number, step, request_id, body_sha256, sent_at) VALUES {}",
        intents,
    )


def _know(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """How rows stand: number, state, client_id, card_id, found, reason, proved.

    A row waits for each write, so none is here twice.
    """
    if _FROM:
        _for_all(connection, _KNOW, rows)
    else:
        connection.executemany(_KNOW_ONE, rows)


def _end(
    connection: sqlite3.Connection, each: Sequence[tuple[Any, ...]]
) -> list[str | None] | None:
    """As `_know`, with the further cards of each row; and the reason of each row that shares a
    card.
    """
    rows = [known for known, _ in each]
    _know(connection, rows)
    more = [(known[0], card) for known, further in each for card in further]
    connection.executemany("INSERT OR IGNORE INTO more_cards (number, card_id) VALUES (?, ?)", more)
    cards = [
        (number, card)
        for number, state, _, card, *_ in rows
        if card is not None and state in _HAVE_CARDS
    ] + more
    shared = _for_all(connection, _SHARE, cards)
    if not shared:
        return None
    lines = dict(
        _for_all(
            connection, _LINES, [(number,) for row, _, other in shared for number in (row, other)]
        )
    )
    told: dict[int, list[str]] = {}
    for row, card, other in shared:
        told.setdefault(row, []).append(_shared_with(card, lines[other]))
    connection.executemany(_DOUBT, [(row, "; ".join(texts)) for row, texts in told.items()])
    for row, card, _ in shared:
        connection.execute(
            _DOUBT_OTHERS, (card, row, _shared_with(card, lines[row]), _shared_with(card, None))
        )
    reasons = dict(_for_all(connection, _REASONS, [(row,) for row in told]))
    return [reasons.get(known[0]) for known in rows]


def _shared_with(card: str, line: int | None) -> str:
    told = f"card {card} is that of line "
    return told if line is None else f"{told}{line} too"


def _claim(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> list[bool]:
    """As `_know`; and of each row whether another one has its card."""
    _know(connection, rows)
    shared = {
        row for row, *_ in _for_all(connection, _SHARE, [(known[0], known[3]) for known in rows])
    }
    return [known[0] in shared for known in rows]


def _accept(connection: sqlite3.Connection, intents: Sequence[tuple[Any, ...]]) -> None:
    connection.executemany("UPDATE intents SET accepted = 1 WHERE number = ? AND step = ?", intents)


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


def clock_was_set_back(journal: Journal, seconds: float) -> None:
    """What an intent can't tell any more, because the run ends. Not waited for."""
    journal.note(lambda connection: _add_set_back(connection, seconds))


def _add_set_back(connection: sqlite3.Connection, seconds: float) -> None:
    if seconds:
        connection.execute(
            (
                "INSERT INTO meta VALUES ('clock_set_back', ?1) ON CONFLICT (name) DO UPDATE SET "
                "value = value + ?1"
            ),
            (seconds,),
        )


def forget(journal: Journal, entry: Entry, step: str) -> None:
    """The intent was surely not sent, so nobody has to ask about it."""
    values = (entry.number, step)

    def write(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM intents WHERE number = ? AND step = ?", values)
        connection.execute(
            "UPDATE rows SET state = 'planned' "
            "WHERE number = ?1 AND state = 'started' AND NOT EXISTS (SELECT 1 FROM intents WHERE "
            "number = ?1)",
            values[:1],
        )

    journal.note(write)


def accepted(journal: Journal, entry: Entry, step: str) -> None:
    """Not waited for: if it gets lost, the next run asks."""
    journal.note_values(_accept, (entry.number, step))


async def end(
    journal: Journal,
    entry: Entry,
    state: State,
    reason: str | None,
    settings: Mapping[str, str],
    *,
    proved: bool = False,
) -> Outcome:
    """On the disk when this returns: how the row ended.

    A card that another row has too makes both doubtful.
    """
    further = tuple(card for card in entry.card_ids if card != entry.card_id)
    shared: str | None = await journal.write(
        _end, (_known(entry, state, reason, proved=proved), further)
    )
    if shared is not None:
        state, reason = State.DOUBTFUL, shared
    return Outcome(
        number=entry.number,
        line=entry.line,
        key=entry.key,
        state=state,
        client_id=entry.client_id,
        card_id=entry.card_id,
        client_request_id=entry.request_id("client", settings),
        card_request_id=entry.request_id("card", settings),
        reason=reason,
        found=entry.found,
        proved=proved,
    )
