"""The statements about tracked requests. `merchant` and `base_url` come first in each."""

from __future__ import annotations

from typing import Final

from freedompay_async.postgres.schema.identity import IDENTITY
from freedompay_async.postgres.schema.tables import LEASE, VERSION
from freedompay_async.postgres.tracker.tracked import COLUMNS

__all__ = [
    "ASK_AGAIN",
    "DELIVERED",
    "DOUBT",
    "FIND",
    "KEEP",
    "KEPT",
    "MARK",
    "NEXT_DUE",
    "NOT_DELIVERED",
    "RENEW",
    "TAKE",
    "TAKE_ONE",
    "TRACK",
    "UNDELIVERED",
    "WRITE",
]

_OURS: Final = "requests.merchant = $1 AND requests.base_url = $2"
_LASTS: Final = f"clock_timestamp() + interval '{LEASE} s'"
_HELD: Final = ", ".join(
    (
        "requests.request_id, requests.fence, requests.call, requests.state, requests.next",
        "requests.intent, requests.answer, requests.refused, requests.tries",
        "requests.delivery_tries, picked.state = 'intended' AS fresh, requests.error",
        "requests.error_code, requests.trouble",
        *(
            f"extract(epoch FROM clock_timestamp() - requests.{name})::float8 AS {name}"
            for name in ("first_sent", "quiet_since", "accepted_at", "looked_at")
        ),
    )
)
# Of one whose holder is gone, the lease was over at `due`. Where the database is another one now,
# or newer, nothing is taken. `statement_timestamp()` can be looked for in an index.
_TAKE: Final = f"""
WITH picked AS MATERIALIZED (
    SELECT request_id, state FROM freedompay.requests WHERE {_OURS} AND {{which}}
    FOR UPDATE SKIP LOCKED
)
UPDATE freedompay.requests SET
    quiet_since = CASE WHEN requests.held THEN requests.due ELSE requests.quiet_since END,
    first_sent = CASE WHEN requests.state = 'intended' THEN clock_timestamp()
        ELSE requests.first_sent END,
    state = CASE WHEN requests.state = 'intended' THEN 'sent' ELSE requests.state END,
    held = true, due = {_LASTS}, fence = requests.fence + 1
FROM picked, freedompay.meta
WHERE {_OURS} AND requests.request_id = picked.request_id
    AND meta.identity = {IDENTITY} AND meta.version = {VERSION}
RETURNING {_HELD}
"""  # noqa: S608 - of constants
TAKE: Final = _TAKE.format(which="next = $3 AND due <= statement_timestamp() ORDER BY due LIMIT $4")
"""Rows that are due, with a lease; an intended one is sent from now on, as far as is written."""
TAKE_ONE: Final = _TAKE.format(
    which="request_id = $3 AND next IN ('send', 'look') "
    "AND ((next = 'send' AND NOT held) OR due <= statement_timestamp())"
)
"""One row, if nobody else holds it; one that is to be sent need not be due."""
NEXT_DUE: Final = f"""
SELECT min(extract(epoch FROM due - clock_timestamp()))::float8 FROM (
    SELECT (
        SELECT due FROM freedompay.requests WHERE {_OURS} AND next = kind ORDER BY due LIMIT 1
    ) FROM unnest($3::text[]) AS kinds (kind)
) AS firsts (due)
"""  # noqa: S608 - of constants
"""Seconds until one of these kinds is due."""
# A row that a transaction has locked is not waited for: the others would be lost meanwhile.
RENEW: Final = f"""
WITH free AS MATERIALIZED (
    SELECT requests.request_id FROM freedompay.requests
    JOIN unnest($3::text[], $4::bigint[]) AS given (request_id, fence) USING (request_id, fence)
    WHERE {_OURS} AND requests.held FOR UPDATE OF requests SKIP LOCKED
)
UPDATE freedompay.requests SET due = {_LASTS}
FROM free, freedompay.meta
WHERE {_OURS} AND requests.request_id = free.request_id AND meta.identity = {IDENTITY}
RETURNING requests.request_id, requests.fence
"""  # noqa: S608 - of constants
# Rows are locked in the order of their ids, so that two groups never wait for each other.
WRITE: Final = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(
        $3::text[], $4::bigint[], $5::text[], $6::text[], $7::float8[], $8::bool[], $9::int[],
        $10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::bool[], $16::bool[],
        $17::bool[], $18::bool[], $19::bool[]
    ) AS given (
        request_id, fence, state, next, due_in, held, tries,
        trouble, answer, error, error_code, refused, found, accepted,
        looked, ended, drops
    )
), owned AS MATERIALIZED (
    SELECT given.* FROM freedompay.requests JOIN given USING (request_id)
    WHERE {_OURS} AND requests.fence = given.fence
    ORDER BY requests.request_id FOR UPDATE OF requests
)
UPDATE freedompay.requests SET
    state = owned.state, next = owned.next, held = owned.held, tries = owned.tries,
    due = CASE WHEN owned.next IS NULL THEN NULL WHEN owned.held THEN requests.due
        ELSE clock_timestamp() + make_interval(secs => owned.due_in) END,
    trouble = owned.trouble, answer = coalesce(owned.answer, requests.answer),
    error = owned.error, error_code = owned.error_code, refused = owned.refused,
    found = requests.found OR owned.found,
    first_sent = CASE WHEN owned.state = 'intended' THEN NULL ELSE requests.first_sent END,
    quiet_since = CASE WHEN owned.state = 'sent' THEN clock_timestamp()
        ELSE requests.quiet_since END,
    accepted_at = CASE WHEN owned.accepted THEN coalesce(requests.accepted_at, clock_timestamp())
        ELSE requests.accepted_at END,
    looked_at = CASE WHEN owned.looked THEN clock_timestamp() ELSE requests.looked_at END,
    ended_at = CASE WHEN owned.ended THEN clock_timestamp() END,
    intent = CASE WHEN NOT owned.drops THEN requests.intent END
FROM owned WHERE {_OURS} AND requests.request_id = owned.request_id
RETURNING requests.request_id, requests.fence
"""  # noqa: S608 - of constants
FIND: Final = f"""
SELECT {COLUMNS}, body_sha256 FROM freedompay.requests WHERE {_OURS} AND request_id = $3
"""  # noqa: S608 - of constants
"""How one request stands, and the fingerprint of its body."""
TRACK: Final = """
SELECT tracked_at FROM freedompay.track($1, $2, $3, $4, $5, $6, $7, $8) AS made (tracked_at)
"""
"""Track a new one, and wake the workers; nothing where there is one of this id."""
KEPT: Final = f"""
SELECT state, answer FROM freedompay.requests WHERE {_OURS} AND request_id = $3 FOR UPDATE
"""  # noqa: S608 - of constants
# Whoever holds it writes nothing more. What had ended otherwise ends anew.
KEEP: Final = f"""
UPDATE freedompay.requests SET state = 'done', answer = $4, trouble = $5, error = NULL,
    error_code = NULL, next = 'deliver', due = clock_timestamp(), held = false, fence = fence + 1,
    accepted_at = coalesce(accepted_at, clock_timestamp()), ended_at = clock_timestamp(),
    delivered_at = NULL, delivery_tries = 0, delivery_error = NULL
WHERE {_OURS} AND request_id = $3
"""  # noqa: S608 - of constants
"""Keep what was made, whoever holds the row."""
DOUBT: Final = f"""
UPDATE freedompay.requests SET trouble = $4 WHERE {_OURS} AND request_id = $3
"""  # noqa: S608 - of constants
# One who is frozen in his handler does not keep the row locked for longer than a lease.
MARK: Final = f"""
UPDATE freedompay.requests SET delivered_at = clock_timestamp(), next = NULL, due = NULL,
    held = false, delivery_error = NULL
WHERE {_OURS} AND request_id = $3 AND fence = $4 AND next = 'deliver'
RETURNING {COLUMNS}, set_config('idle_in_transaction_session_timeout', '{LEASE:.0f}s', true)
"""  # noqa: S608 - of constants
"""Mark an end as delivered, in the transaction of its handler."""
DELIVERED: Final = f"""
SELECT next IS NULL FROM freedompay.requests WHERE {_OURS} AND request_id = $3
"""  # noqa: S608 - of constants
UNDELIVERED: Final = f"""
SELECT EXISTS (
    SELECT 1 FROM freedompay.requests
    WHERE {_OURS} AND request_id = $3 AND fence = $4 AND next = 'deliver'
)
"""  # noqa: S608 - of constants
NOT_DELIVERED: Final = f"""
UPDATE freedompay.requests SET held = false, delivery_tries = delivery_tries + 1,
    delivery_error = $5, due = clock_timestamp() + make_interval(secs => $6)
WHERE {_OURS} AND request_id = $3 AND fence = $4 AND next = 'deliver'
"""  # noqa: S608 - of constants
"""Keep why a handler has failed; nothing where its transaction came through all the same."""
ASK_AGAIN: Final = f"""
UPDATE freedompay.requests SET fence = fence + 1, held = false, due = clock_timestamp(),
    tries = 0, trouble = NULL, ended_at = NULL, delivered_at = NULL, delivery_error = NULL,
    delivery_tries = 0, refused = 0,
    state = CASE WHEN found THEN 'accepted' ELSE 'sent' END,
    accepted_at = CASE WHEN found THEN coalesce(accepted_at, clock_timestamp()) END,
    next = CASE WHEN found THEN 'look' ELSE 'send' END
WHERE {_OURS} AND request_id = $3 AND state = 'unknown' AND (NOT found OR $4)
RETURNING {COLUMNS}
"""  # noqa: S608 - of constants
"""Let an unknown one be asked about; `$4`: what was found is its own."""
