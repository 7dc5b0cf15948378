"""The rows of a run, as the journal has them: every question that a run asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from freedompay_async.batch.clock import Clock
from freedompay_async.batch.contracts import changed_since
from freedompay_async.batch.journal.chunks import in_chunks
from freedompay_async.batch.kept import KeptRow
from freedompay_async.contract.request_ids import derive_request_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncGenerator, Mapping

    from freedompay_async.batch.journal.sqlite import Journal
    from freedompay_async.batch.plan import PlannedRow

__all__ = ["Earlier", "Entry", "Refusal", "Standing", "standing", "unfinished"]

_CHUNK: Final = 500
_PLANNED: Final = msgspec.json.Decoder(KeptRow)
# What a run takes up: a refused row until the refusal is proved. One that was found to be used
# before is `started` when it is accepted.
_OPEN: Final = "(state IN ('planned', 'started', 'unknown') OR (state = 'refused' AND NOT proved))"
_ENDED: Final = f"SELECT count(*) FROM rows WHERE NOT {_OPEN}"  # noqa: S608 - of constants
_NEXT: Final = (
    "SELECT number, line, key, data, client_id, card_id, found, accepted_found, state = "  # noqa: S608 - of constants
    "'refused', reason FROM rows "
    f"WHERE number > ? AND {_OPEN} ORDER BY number LIMIT ?"
)


class Refusal(IntEnum):
    """How an intent was refused, and what it means if the issuer knows its id later."""

    NONE = 0
    OWN = 1
    """An earlier run had sent it, and its answer was lost: then it is our own send that is known.
    """
    PERHAPS_USED = 2
    """The first send of this journal was refused: then somebody else may have used its id, before
    it or meanwhile.
    """


class Earlier(NamedTuple):
    """A step that an earlier run began."""

    sent_at: float
    accepted: bool
    body_sha256: bytes
    refused: Refusal = Refusal.NONE


@dataclass(slots=True)
class Entry:
    """A row that has not ended."""

    number: int
    line: int
    key: str
    planned: PlannedRow
    client_id: str | None
    card_id: str | None
    sent: Mapping[str, Earlier]
    found: bool = False
    """The issuer had one of its request ids before this journal."""
    accepted_found: bool = False
    """Somebody has said that whoever used it before is this person."""
    refused: bool = False
    """An earlier run was told a refusal of its next step, and could not prove it."""
    reason: str | None = None
    card_ids: tuple[str, ...] = ()
    """Every card that its end names."""
    _request_ids: dict[str, str] = field(default_factory=dict)

    def request_id(self, step: str, settings: Mapping[str, str]) -> str:
        """Of one of its steps; the settings are those of its batch, which are always the same."""
        known = self._request_ids.get(step)
        if known is None:
            known = self._request_ids[step] = derive_request_id(
                settings["merchant"], settings["batch"], self.key, step
            )
        return known

    def card_product_id(self, settings: Mapping[str, str]) -> int:
        """Of its card: the row's own, the batch's, or the client's product."""
        row = self.planned.row
        return row.card_product_id or int(settings.get("card_product") or row.product_id)


class Standing(NamedTuple):
    """What earlier runs have left."""

    ended: int
    """Rows."""
    cards: int
    """That were ever asked for."""
    clock: Clock
    begun: bool
    """Something was written down to be sent."""
    check_all: bool
    """Each row is asked about before its first send."""
    witness: str | None
    """A request id that the issuer has accepted."""
    changed: Mapping[str, str]
    """Of each call whose contract is not the one of the plan, what has changed."""


async def standing(journal: Journal) -> Standing:
    """Where a run begins."""

    def read(connection: sqlite3.Connection) -> Standing:
        def one(question: str) -> Any:
            row = connection.execute(question).fetchone()
            return None if row is None else row[0]

        newest = one("SELECT coalesce(max(sent_at), 0) FROM intents")
        set_back = one(
            "SELECT coalesce(max(value + 0.0), 0) FROM meta WHERE name = 'clock_set_back'"
        )
        return Standing(
            ended=one(_ENDED),
            cards=one("SELECT count(*) FROM intents WHERE step = 'card'"),
            clock=Clock(newest=newest, set_back=set_back),
            begun=one("SELECT 1 FROM intents LIMIT 1") is not None,
            check_all=one("SELECT 1 FROM meta WHERE name = 'check_first' AND value = 'all'")
            is not None,
            # The issuer forgets old ids first.
            witness=one(
                "SELECT request_id FROM intents WHERE accepted = 1 ORDER BY number DESC LIMIT 1"
            ),
            changed=changed_since(connection),
        )

    return await journal.call(read)


def unfinished(journal: Journal) -> AsyncGenerator[Entry]:
    """Every row that has not ended, in the order of the file, a chunk in memory at a time."""
    return in_chunks(journal, _chunk, _CHUNK)


def _chunk(connection: sqlite3.Connection, after: int, size: int) -> list[Entry]:
    rows = connection.execute(_NEXT, (after, size)).fetchall()
    if not rows:
        return []
    sent: dict[int, dict[str, Earlier]] = {}
    # What was sent is asked about under the id that it had, even where an earlier version read the
    # key otherwise.
    request_ids: dict[int, dict[str, str]] = {}
    intents = connection.execute(
        (
            "SELECT number, step, request_id, sent_at, accepted, body_sha256, refused FROM "
            "intents WHERE number BETWEEN ? AND ?"
        ),
        (rows[0][0], rows[-1][0]),
    )
    for number, step, request_id, sent_at, was_accepted, digest, refused in intents:
        sent.setdefault(number, {})[step] = Earlier(
            sent_at, bool(was_accepted), digest, Refusal(refused)
        )
        request_ids.setdefault(number, {})[step] = request_id
    return [
        Entry(
            number,
            line,
            key,
            _PLANNED.decode(data),
            client_id,
            card_id,
            sent.get(number, {}),
            bool(found),
            bool(own),
            bool(refused),
            reason,
            _request_ids=request_ids.get(number, {}),
        )
        for number, line, key, data, client_id, card_id, found, own, refused, reason in rows
    ]
