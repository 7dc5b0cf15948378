"""The table of tracked requests: each row is one, from the transaction of its application to its
end, and beyond.

Who works on a row holds it: `held` is set, and `due` is the end of the lease. Each take adds 1 to
`fence`, and every write names it, so whoever has lost a row writes nothing about it any more.
"""

from __future__ import annotations

from typing import Final

__all__ = ["REQUEST_TABLES"]

# `next`: what is to be done when the row is due (send, look, deliver); NULL: nothing.
# `quiet_since`: since when surely nobody sends it. `refused`: the issuer refused it, and is asked
# about it once more (1: it had been sent before; 2: it had not).
# `found`: the issuer knew the id before this database sent it. `trouble`: why it goes no further.
REQUEST_TABLES: Final = """
CREATE TABLE freedompay.requests (
    merchant text NOT NULL,
    base_url text NOT NULL,
    request_id text NOT NULL,
    call text NOT NULL,
    tag text,
    intent text,
    body_sha256 bytea NOT NULL,
    state text NOT NULL DEFAULT 'intended',
    next text DEFAULT 'send',
    due timestamptz DEFAULT clock_timestamp(),
    held boolean NOT NULL DEFAULT false,
    fence bigint NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    refused smallint NOT NULL DEFAULT 0,
    found boolean NOT NULL DEFAULT false,
    trouble text,
    answer text,
    error text,
    error_code text,
    tracked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    first_sent timestamptz,
    quiet_since timestamptz,
    accepted_at timestamptz,
    looked_at timestamptz,
    ended_at timestamptz,
    delivered_at timestamptz,
    delivery_tries integer NOT NULL DEFAULT 0,
    delivery_error text,
    PRIMARY KEY (merchant, base_url, request_id)
) WITH (fillfactor = 70);
CREATE INDEX requests_due ON freedompay.requests (merchant, base_url, next, due)
    WHERE next IS NOT NULL;
CREATE INDEX requests_tag ON freedompay.requests (tag) WHERE tag IS NOT NULL;
CREATE INDEX requests_ended ON freedompay.requests (ended_at)
    WHERE ended_at IS NOT NULL AND (intent IS NOT NULL OR error IS NOT NULL);
CREATE INDEX requests_troubled ON freedompay.requests (merchant, base_url)
    WHERE trouble IS NOT NULL OR delivery_error IS NOT NULL
"""
