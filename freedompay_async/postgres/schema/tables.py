"""The tables of the journal in PostgreSQL.

They stand in a schema of their own, with the tables of the queue that wakes workers. `rows` and
`intents` hold the truth of a batch. Whoever works on it is an owner: `owners` has its lease, and a
row names its owner.
"""

from __future__ import annotations

from typing import Final

from freedompay_async.batch.outcome import State

__all__ = ["LEASE", "OPEN", "ORDERED", "SCHEMA", "TABLES", "VERSION", "open_in"]

SCHEMA: Final = "freedompay"
VERSION: Final = 2
"""Of the tables and the functions together."""
LEASE: Final = 6.0
"""Seconds for which an owner has its rows after a renewal, by the server's clock."""


def open_in(table: str) -> str:
    """An expression: whether a run takes up the row of this table, as in a file: a refused one is
    taken up until the refusal is proved.
    """
    return (
        f"({table}.state IN ('{State.PLANNED}', '{State.STARTED}', '{State.UNKNOWN}') "
        f"OR ({table}.state = '{State.REFUSED}' AND NOT {table}.proved))"
    )


OPEN: Final = open_in("rows")
ORDERED: Final = (
    "(intents.step = 'card' AND (intents.body_sha256 <> '' OR intents.accepted_at IS NOT NULL))"
)
"""An expression: whether an intent orders a card. One that was only perhaps sent, before a backup
was restored, is not counted before it is known or sent.
"""
TABLES: Final = """
CREATE TABLE freedompay.meta (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL,
    identity text NOT NULL
);
-- One row that is never written again: read in from a dump, it has another transaction's number.
-- Nothing keeps it from being there twice then.
CREATE TABLE freedompay.origin (
    one boolean NOT NULL DEFAULT true
);
CREATE TABLE freedompay.batches (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    rows integer NOT NULL DEFAULT 0,
    -- A pass over its open rows; 0: it is planned only.
    round integer NOT NULL DEFAULT 0,
    stopped boolean NOT NULL DEFAULT false,
    rate double precision,
    max_cards bigint,
    -- Ids were looked up before the first send, and who does it now.
    checked boolean NOT NULL DEFAULT false,
    checker uuid,
    -- Rows that had ended and are open again.
    reopened bigint NOT NULL DEFAULT 0
);
-- The settings of a plan, and what is kept beside them.
CREATE TABLE freedompay.facts (
    batch integer NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (batch, name)
);
-- `left_by`, `not_before`: owners that can't go on with the row, and until when others wait.
-- `told`: a success is kept that no owner has taken in. Of what changes while a row is worked on
-- nothing is in an index, so such changes are cheap.
CREATE TABLE freedompay.rows (
    batch integer NOT NULL,
    number integer NOT NULL,
    key text NOT NULL,
    line bigint NOT NULL,
    data bytea,
    state text NOT NULL DEFAULT 'planned',
    client_id text,
    card_id text,
    reason text,
    found boolean NOT NULL DEFAULT false,
    accepted_found boolean NOT NULL DEFAULT false,
    proved boolean NOT NULL DEFAULT false,
    -- Somebody works on it, or a run takes it up.
    open boolean NOT NULL DEFAULT true,
    -- In which it ended last.
    round integer NOT NULL DEFAULT 0,
    owner uuid,
    free_since timestamptz,
    ended_by uuid,
    left_by uuid[] NOT NULL DEFAULT '{}',
    not_before timestamptz,
    told boolean NOT NULL DEFAULT false,
    client_ended_at timestamptz,
    card_ended_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (batch, number)
) WITH (fillfactor = 70);
CREATE INDEX rows_open ON freedompay.rows (batch, number) WHERE open;
CREATE INDEX rows_told ON freedompay.rows (batch, number) WHERE told;
CREATE TABLE freedompay.intents (
    batch integer NOT NULL,
    number integer NOT NULL,
    step text NOT NULL,
    request_id text NOT NULL,
    body_sha256 bytea NOT NULL,
    sent_at timestamptz NOT NULL,
    quiet_since timestamptz,
    accepted_at timestamptz,
    refused smallint NOT NULL DEFAULT 0,
    -- Of each one that an owner writes, in their order.
    mark bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (batch, number, step)
) WITH (fillfactor = 80);
-- Whose a card is: the first row that has it, and one more. There may be thousands.
CREATE TABLE freedompay.cards (
    batch integer NOT NULL,
    card_id text NOT NULL,
    number integer NOT NULL,
    other integer,
    PRIMARY KEY (batch, card_id)
);
-- What was made for a row, told by an owner that had lost it.
CREATE TABLE freedompay.successes (
    batch integer NOT NULL,
    number integer NOT NULL,
    owner uuid NOT NULL,
    client_id text,
    card_ids text[] NOT NULL,
    told_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX successes_once ON freedompay.successes
    (batch, number, owner, coalesce(client_id, ''), card_ids);
-- One run of one process. `ended`: it writes nothing more; `cleared`: its rows are free.
-- `done`: rows that it has ended. `taken`: rows that it has taken.
CREATE TABLE freedompay.owners (
    id uuid PRIMARY KEY,
    batch integer NOT NULL,
    place bigint GENERATED ALWAYS AS IDENTITY,
    round integer NOT NULL,
    lease_until timestamptz NOT NULL,
    ended boolean NOT NULL DEFAULT false,
    cleared boolean NOT NULL DEFAULT false,
    done bigint NOT NULL DEFAULT 0,
    taken bigint NOT NULL DEFAULT 0,
    limits text,
    began_at timestamptz,
    ended_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX owners_of_batch ON freedompay.owners (batch);
CREATE INDEX owners_going ON freedompay.owners (batch) WHERE NOT cleared;
CREATE TABLE freedompay.outages (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch integer NOT NULL,
    owner uuid NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz
)
"""
