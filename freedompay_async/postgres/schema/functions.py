"""What has to happen in the database as one: to free the rows of the dead, to take rows, and to
take in what was made for rows that were lost.

A function is one statement for its caller, so no worker that is killed, frozen or cut off leaves it
half done or keeps its locks. Each statement in it sees what was committed before that statement.
"""

from __future__ import annotations

from typing import Final

from freedompay_async.postgres.schema.tables import OPEN, ORDERED

__all__ = ["FUNCTIONS"]

# An owner whose lease is over has ended for ever: it renews only while its lease lasts. `FOR
# UPDATE` looks again at a row that a renewal has changed meanwhile. Only then its rows are looked
# for, so that none is missed which it has taken last.
_REAP: Final = f"""
CREATE OR REPLACE FUNCTION freedompay.reap(_batch integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _dead record;
    _closed bigint;
BEGIN
    UPDATE freedompay.owners SET ended = true FROM (
        SELECT id FROM freedompay.owners
        WHERE batch = _batch AND NOT cleared AND NOT ended AND lease_until < clock_timestamp()
        FOR UPDATE SKIP LOCKED
    ) AS dead WHERE owners.id = dead.id;
    FOR _dead IN
        SELECT id, lease_until FROM freedompay.owners
        WHERE batch = _batch AND ended AND NOT cleared FOR UPDATE SKIP LOCKED
    LOOP
        WITH theirs AS (
            SELECT number FROM freedompay.rows
            WHERE batch = _batch AND open AND owner = _dead.id FOR UPDATE SKIP LOCKED
        ), freed AS (
            UPDATE freedompay.rows
            SET owner = NULL, free_since = _dead.lease_until, open = {OPEN},
                ended_at = CASE WHEN {OPEN} THEN ended_at
                    ELSE coalesce(ended_at, _dead.lease_until) END
            FROM theirs WHERE rows.batch = _batch AND rows.number = theirs.number
            RETURNING rows.open
        )
        SELECT count(*) INTO _closed FROM freed WHERE NOT open;
        UPDATE freedompay.owners SET done = done + _closed, cleared = NOT EXISTS (
            SELECT 1 FROM freedompay.rows WHERE batch = _batch AND open AND owner = _dead.id
        ) WHERE id = _dead.id;
    END LOOP;
END $$
"""  # noqa: S608 - of constants
# A row that nobody holds gets what was made for it. What has ended without it is open again.
_SETTLE: Final = """
CREATE OR REPLACE FUNCTION freedompay.settle(_batch integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _row freedompay.rows;
    _client text;
    _cards text[];
    _beside text;
    _words text;
    _named text[];
BEGIN
    FOR _row IN
        SELECT * FROM freedompay.rows
        WHERE batch = _batch AND told AND owner IS NULL ORDER BY number FOR UPDATE SKIP LOCKED
    LOOP
        SELECT max(client_id) INTO _client FROM freedompay.successes
        WHERE batch = _batch AND number = _row.number;
        SELECT coalesce(array_agg(DISTINCT card ORDER BY card), '{}') INTO _cards
        FROM freedompay.successes, unnest(card_ids) AS card
        WHERE batch = _batch AND number = _row.number;
        -- Whole words: an id may be the beginning of another.
        _named := regexp_split_to_array(coalesce(_row.reason, ''), '[][[:space:],;:()]+');
        _beside := coalesce(_row.card_id, _cards[1]);
        SELECT string_agg(
            format('card %s was made for this row too, beside %s', card, _beside), '; '
        ) INTO _words FROM unnest(_cards) AS card
        WHERE card <> _beside AND NOT card = ANY (_named);
        IF _words IS NULL AND _row.state IN ('doubtful', 'issued') AND _row.card_id IS NULL
            AND NOT _cards[1] = ANY (_named) THEN
            _words := format('card %s was made for this row', _cards[1]);
        END IF;
        -- What the row was is forgotten, so nobody can go on with it.
        IF _words IS NULL AND _row.data IS NULL AND _row.card_id IS NULL
            AND _cards[1] IS NOT NULL THEN
            _words := format('card %s was made for this row after it had ended', _cards[1]);
        END IF;
        IF _words IS NOT NULL THEN
            UPDATE freedompay.rows SET told = false, state = 'doubtful', open = false,
                card_id = coalesce(_row.card_id, _cards[1]),
                client_id = coalesce(_row.client_id, _client),
                ended_at = coalesce(_row.ended_at, clock_timestamp()),
                reason = _words || coalesce('; ' || _row.reason, '')
            WHERE batch = _batch AND number = _row.number;
            IF _row.open THEN
                UPDATE freedompay.batches SET reopened = reopened - 1 WHERE id = _batch;
            END IF;
        ELSIF _row.data IS NOT NULL AND _row.state NOT IN ('issued', 'doubtful') AND (
            (_row.client_id IS NULL AND _client IS NOT NULL)
            OR (_row.card_id IS NULL AND _cards[1] IS NOT NULL)
        ) THEN
            UPDATE freedompay.rows SET told = false, state = 'started', open = true, round = 0,
                proved = false, ended_at = NULL, not_before = NULL,
                card_id = coalesce(_row.card_id, _cards[1]),
                client_id = coalesce(_row.client_id, _client)
            WHERE batch = _batch AND number = _row.number;
            IF NOT _row.open THEN
                UPDATE freedompay.batches SET reopened = reopened + 1 WHERE id = _batch;
            END IF;
        ELSE
            UPDATE freedompay.rows SET told = false
            WHERE batch = _batch AND number = _row.number;
        END IF;
    END LOOP;
END $$
"""
# The row is locked first: its owner's end comes before, or learns that it has been told of.
_KEEP_SUCCESS: Final = """
CREATE OR REPLACE FUNCTION freedompay.keep_success(
    _batch integer, _number integer, _owner uuid, _client text, _cards text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM freedompay.rows WHERE batch = _batch AND number = _number FOR UPDATE;
    INSERT INTO freedompay.successes (batch, number, owner, client_id, card_ids)
    VALUES (_batch, _number, _owner, _client, _cards) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE freedompay.rows SET told = true WHERE batch = _batch AND number = _number;
        PERFORM freedompay.settle(_batch);
    END IF;
END $$
"""
_HAS_CARD: Final = (
    "EXISTS (SELECT 1 FROM freedompay.intents WHERE intents.batch = rows.batch "  # noqa: S608 - of constants
    f"AND intents.number = rows.number AND {ORDERED})"
)
# Rows of the round that this owner may still get, now or later.
_LEFT: Final = (
    "batch = _batch AND open AND round < _round AND owner IS DISTINCT FROM _owner "
    "AND NOT _owner = ANY (left_by)"
)


def _take_rows(which: str, most: str) -> str:
    """Take so many free rows, in the order of the file, and add them to the numbers."""
    return f"""
        WITH free AS (
            SELECT number FROM freedompay.rows
            WHERE {_LEFT} AND owner IS NULL
                AND (not_before IS NULL OR not_before <= clock_timestamp()) AND {which}
            ORDER BY number LIMIT {most} FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE freedompay.rows SET owner = _owner FROM free
            WHERE rows.batch = _batch AND rows.number = free.number RETURNING rows.number
        )
        SELECT numbers || coalesce(array_agg(number), '{{}}') INTO numbers FROM taken;
    """  # noqa: S608 - of constants


# While an owner takes rows nobody ends it, because its own row is locked. With a limit of cards,
# one owner at a time takes rows, and those in flight count as if each got its card.
_TAKE: Final = f"""
CREATE OR REPLACE FUNCTION freedompay.take(
    _batch integer, _owner uuid, _limit integer,
    OUT status text, OUT numbers integer[], OUT most bigint
) LANGUAGE plpgsql AS $$
DECLARE
    _round integer;
    _stopped boolean;
    _cards bigint;
    _room bigint;
    _ever bigint;
BEGIN
    numbers := '{{}}';
    PERFORM freedompay.reap(_batch);
    PERFORM freedompay.settle(_batch);
    SELECT round INTO _round FROM freedompay.owners
    WHERE id = _owner AND NOT ended AND lease_until > clock_timestamp() FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        status := 'lost';
        RETURN;
    END IF;
    SELECT stopped, max_cards INTO _stopped, most FROM freedompay.batches WHERE id = _batch;
    IF _stopped THEN
        status := 'nothing';
        RETURN;
    END IF;
    IF most IS NULL THEN
        {_take_rows("true", "_limit")}
    ELSE
        PERFORM 1 FROM freedompay.batches WHERE id = _batch FOR NO KEY UPDATE;
        -- No card is ordered for a row that nobody has taken; to count them all takes long.
        SELECT sum(taken) INTO _ever FROM freedompay.owners WHERE batch = _batch;
    END IF;
    IF _ever + _limit <= most THEN
        {_take_rows("true", "_limit")}
    ELSIF most IS NOT NULL THEN
        -- One statement, which sees one moment: a row whose card is ordered meanwhile counts once.
        SELECT cards, greatest(most - cards - in_flight, 0) INTO _cards, _room FROM (
            SELECT count(*) AS cards FROM freedompay.intents WHERE batch = _batch AND {ORDERED}
        ) AS ordered, (
            SELECT count(*) AS in_flight FROM freedompay.rows
            WHERE batch = _batch AND open AND owner IS NOT NULL AND NOT {_HAS_CARD}
        ) AS held;
        {_take_rows(_HAS_CARD, "_limit")}
        {_take_rows(f"NOT {_HAS_CARD}", "least(_limit - cardinality(numbers), _room)")}
    END IF;
    IF cardinality(numbers) > 0 THEN
        status := 'taken';
        UPDATE freedompay.owners SET taken = taken + cardinality(numbers) WHERE id = _owner;
    ELSIF NOT EXISTS (SELECT 1 FROM freedompay.rows WHERE {_LEFT}) THEN
        status := 'nothing';
    ELSIF _cards >= most
        AND NOT EXISTS (SELECT 1 FROM freedompay.rows WHERE {_LEFT} AND {_HAS_CARD}) THEN
        status := 'cards';
    ELSE
        status := 'wait';
    END IF;
END $$
"""  # noqa: S608 - of constants
# In the transaction of the application, which it costs one round trip. Nothing: it is there.
_TRACK: Final = """
CREATE OR REPLACE FUNCTION freedompay.track(
    _merchant text, _base_url text, _request_id text, _call text, _tag text, _intent text,
    _body_sha256 bytea, _entrypoint text
) RETURNS SETOF timestamptz LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY INSERT INTO freedompay.requests AS made
        (merchant, base_url, request_id, call, tag, intent, body_sha256)
    VALUES (_merchant, _base_url, _request_id, _call, _tag, _intent, _body_sha256)
    ON CONFLICT DO NOTHING RETURNING made.tracked_at;
    IF FOUND THEN
        PERFORM freedompay.wake(_entrypoint, _request_id);
    END IF;
END $$
"""
FUNCTIONS: Final = (_REAP, _SETTLE, _KEEP_SUCCESS, _TAKE, _TRACK)
