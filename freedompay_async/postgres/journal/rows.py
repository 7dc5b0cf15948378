"""The statement that writes how rows stand: one for all rows that are written at the same time.

It is a transaction of its own, so what a row needs at once is written together, and no worker that
is cut off leaves one open. Each row is locked and its owner compared first: who has lost it writes
nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from freedompay_async.batch.lease import LeaseLost, Overtaken
from freedompay_async.batch.outcome import State
from freedompay_async.postgres.journal.texts import kept_text
from freedompay_async.postgres.schema.tables import open_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from freedompay_async.batch.entries import Entry
    from freedompay_async.postgres.connection.pooling import Connection

__all__ = ["Held", "Intent", "Written", "keep_success", "write", "written"]

_HAVE_CARDS: Final = (State.ISSUED, State.FOUND, State.DOUBTFUL)
# What a card's two rows are to each other is decided by the row of `cards`: who comes second waits
# for the first, and finds it. A row whose reason names the shared card already gets no second one.
# The other row's state is looked at when it is written, and not when this statement began.
_WRITE: Final = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(
        $4::int[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::text[], $10::bool[],
        $11::float8[], $12::float8[], $13::bool[], $14::bool[],
        $15::text[], $16::text[], $17::bytea[], $18::int[], $23::bigint[]
    ) AS given (
        number, state, client_id, card_id, found, reason, proved,
        client_age, card_age, ended, shares, step, request_id, body_sha256, refused,
        mark
    )
), owned AS MATERIALIZED (
    SELECT rows.number, rows.line, rows.card_id, rows.told
    FROM freedompay.rows JOIN given USING (number)
    WHERE rows.batch = $1 AND rows.owner = $2 FOR UPDATE OF rows
), cards AS MATERIALIZED (
    SELECT number, given.card_id, shares FROM given JOIN owned USING (number)
    WHERE given.card_id IS NOT NULL
        AND (shares OR owned.card_id IS DISTINCT FROM given.card_id)
    UNION
    SELECT number, further.card_id, true
    FROM unnest($19::int[], $20::text[]) AS further (number, card_id) JOIN owned USING (number)
), held AS (
    INSERT INTO freedompay.cards AS known (batch, card_id, number, other)
    SELECT $1, card_id, min(number), nullif(max(number), min(number))
    FROM cards GROUP BY card_id ORDER BY card_id
    ON CONFLICT (batch, card_id) DO UPDATE SET other = coalesce(
        known.other,
        CASE known.number WHEN excluded.number THEN excluded.other ELSE excluded.number END
    )
    RETURNING card_id, number, other
), shared AS MATERIALIZED (
    SELECT cards.number, owned.line, cards.card_id, others.number AS other,
        others.line AS other_line
    FROM cards JOIN owned USING (number) JOIN held ON held.card_id = cards.card_id
    JOIN freedompay.rows AS others ON others.batch = $1 AND others.number =
        CASE held.number WHEN cards.number THEN held.other ELSE held.number END
    WHERE cards.shares
), doubts AS (
    SELECT number, string_agg(
        format('card %s is that of line %s too', card_id, other_line), '; ' ORDER BY card_id
    ) AS doubt
    FROM shared GROUP BY number
), next AS MATERIALIZED (
    SELECT given.*, doubt, ended AND told AND state IN ('planned', 'refused', 'unknown')
        AS overtaken
    FROM given JOIN owned USING (number) LEFT JOIN doubts USING (number)
), mine AS (
    UPDATE freedompay.rows SET
        state = CASE WHEN overtaken THEN 'started'
            WHEN ended AND doubt IS NOT NULL THEN 'doubtful' ELSE next.state END,
        open = NOT ended OR overtaken OR (doubt IS NULL AND {open_in("next")}),
        client_id = next.client_id, card_id = next.card_id, found = next.found,
        reason = CASE WHEN ended AND doubt IS NOT NULL
            THEN doubt || coalesce('; ' || next.reason, '') ELSE next.reason END,
        proved = next.proved AND NOT overtaken,
        client_ended_at = coalesce(
            rows.client_ended_at, clock_timestamp() - make_interval(secs => client_age)
        ),
        card_ended_at = coalesce(
            rows.card_ended_at, clock_timestamp() - make_interval(secs => card_age)
        ),
        ended_at = CASE WHEN ended AND NOT overtaken THEN clock_timestamp() END,
        round = CASE WHEN ended AND NOT overtaken THEN $3 ELSE rows.round END,
        owner = CASE WHEN NOT ended THEN rows.owner END,
        ended_by = CASE WHEN ended THEN $2 END,
        free_since = CASE WHEN ended THEN clock_timestamp() ELSE rows.free_since END
    FROM next WHERE rows.batch = $1 AND rows.number = next.number
    RETURNING rows.number, rows.open
), others AS (
    UPDATE freedompay.rows SET
        state = CASE WHEN rows.state IN ('issued', 'found', 'doubtful') THEN 'doubtful'
            ELSE rows.state END,
        reason = CASE WHEN rows.state IN ('issued', 'found', 'doubtful')
                AND strpos(coalesce(rows.reason, ''), pair.begin) = 0
            THEN pair.doubt || coalesce('; ' || rows.reason, '') ELSE rows.reason END
    FROM (
        SELECT other, min(format('card %s is that of line ', shared.card_id)) AS begin,
            min(format('card %s is that of line %s too', shared.card_id, line)) AS doubt
        FROM shared JOIN next USING (number)
        WHERE ended AND other NOT IN (SELECT number FROM owned) GROUP BY other
    ) AS pair
    WHERE rows.batch = $1 AND rows.number = pair.other
), sent AS (
    INSERT INTO freedompay.intents AS kept
        (batch, number, step, request_id, body_sha256, sent_at, mark)
    SELECT $1, number, step, request_id, body_sha256, clock_timestamp(), mark
    FROM next WHERE request_id IS NOT NULL
    ON CONFLICT (batch, number, step) DO UPDATE SET body_sha256 = excluded.body_sha256
    WHERE kept.body_sha256 = ''
), refusals AS (
    UPDATE freedompay.intents SET refused = next.refused FROM next
    WHERE next.refused IS NOT NULL AND intents.batch = $1
        AND intents.number = next.number AND intents.step = next.step
), accepts AS (
    UPDATE freedompay.intents SET accepted_at = coalesce(accepted_at, clock_timestamp())
    FROM unnest($21::int[], $22::text[]) AS accepted (number, step)
    JOIN freedompay.rows ON rows.batch = $1 AND rows.number = accepted.number
        AND rows.owner = $2
    WHERE intents.batch = $1 AND intents.number = accepted.number
        AND intents.step = accepted.step
), counted AS (
    UPDATE freedompay.owners SET done = done + closed.rows
    FROM (SELECT count(*) AS rows FROM mine WHERE NOT open) AS closed
    WHERE id = $2 AND closed.rows > 0
)
SELECT number, overtaken, doubt, told FROM next JOIN owned USING (number)
"""  # noqa: S608 - of constants
# An end that was written before the connection was lost is written.
_ENDED_BEFORE: Final = """
SELECT number, state, reason FROM freedompay.rows
WHERE batch = $1 AND number = ANY ($3::int[]) AND ended_by = $2 AND owner IS DISTINCT FROM $2
"""


class Held(NamedTuple):
    """Whose rows are written: the number of the batch, the owner, and its round."""

    batch: int
    owner: UUID
    round: int


class Intent(NamedTuple):
    """A step that is sent (with the id and the hash of its body), or was refused."""

    step: str
    request_id: str | None = None
    body_sha256: bytes | None = None
    refused: int | None = None
    mark: int = 0


class Written(NamedTuple):
    """How a row stands, as it is written."""

    number: int
    state: State
    client_id: str | None
    card_id: str | None
    found: bool
    reason: str | None
    proved: bool
    client_ended_at: float | None
    card_ended_at: float | None
    ended: bool
    shares: bool
    """Whether another row that has its card is to be found."""
    intent: Intent
    further: tuple[str, ...]
    """Its cards beside the one."""


_NOTHING: Final = Intent("")


def written(
    row: Entry,
    state: State,
    reason: str | None = None,
    *,
    proved: bool = False,
    ended: bool = False,
    claims: bool = False,
    intent: Intent = _NOTHING,
) -> Written:
    """A row as it stands now."""
    card = kept_text(row.card_id)
    return Written(
        row.number,
        state,
        kept_text(row.client_id),
        card,
        row.found,
        kept_text(reason),
        proved,
        row.client_ended_at,
        row.card_ended_at,
        ended,
        claims or (ended and state in _HAVE_CARDS),
        intent,
        tuple(each for each in map(kept_text, row.card_ids) if each and each != card)
        if ended
        else (),
    )


async def write(
    connection: Connection,
    held: Held,
    rows: Sequence[Written],
    accepted: Sequence[tuple[int, str]],
) -> tuple[list[Any], bool]:
    """Write rows of one owner, none of them twice, and which of their steps were accepted.

    Returns:
        Of each row: `None`, the reason of a card that another row has too, or the error of a row
        that has not ended or is lost. And whether something was made for one of them that has to
        be taken in.
    """
    now = time.time()
    found = await connection.fetch(
        _WRITE,
        *held,
        [row.number for row in rows],
        [row.state.value for row in rows],
        [row.client_id for row in rows],
        [row.card_id for row in rows],
        [row.found for row in rows],
        [row.reason for row in rows],
        [row.proved for row in rows],
        [_age(now, row.client_ended_at) for row in rows],
        [_age(now, row.card_ended_at) for row in rows],
        [row.ended for row in rows],
        [row.shares for row in rows],
        [row.intent.step for row in rows],
        [row.intent.request_id for row in rows],
        [row.intent.body_sha256 for row in rows],
        [row.intent.refused for row in rows],
        [row.number for row in rows for _ in row.further],
        [card for row in rows for card in row.further],
        [number for number, _ in accepted],
        [step for _, step in accepted],
        [row.intent.mark for row in rows],
    )
    told = False
    answers: dict[int, Any] = {}
    for number, overtaken, doubt, was_told in found:
        answers[number] = Overtaken() if overtaken else doubt
        told = told or was_told
    if len(answers) < len(rows):
        lost = [row.number for row in rows if row.number not in answers]
        before = await connection.fetch(_ENDED_BEFORE, held.batch, held.owner, lost)
        states = {row.number: row.state for row in rows if row.ended}
        for number, state, reason in before:
            if number in states:
                answers[number] = _answer_before(states[number], state, reason)
    return [answers.get(row.number, LeaseLost()) for row in rows], told


def _answer_before(wanted: State, state: str, reason: str | None) -> Any:
    if state == wanted:
        return None
    return reason if state == State.DOUBTFUL else Overtaken()


async def keep_success(connection: Connection, *, batch: int, owner: UUID, row: Entry) -> None:
    """Keep what an owner has heard of a row that it has lost."""
    cards = dict.fromkeys(kept_text(each) for each in (row.card_id, *row.card_ids) if each)
    await connection.execute(
        "SELECT freedompay.keep_success($1, $2, $3, $4, $5)",
        batch,
        row.number,
        owner,
        kept_text(row.client_id),
        list(cards),
    )


def _age(now: float, then: float | None) -> float | None:
    return None if then is None else max(now - then, 0.0)
