"""The issuer's books and rules, on SQLite: which ids were used, which clients and cards exist, what became of each request.

Nothing here runs in the background: a request's outcome is settled when it is accepted, and told when its time has come.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox import rules
from freedompay_async.sandbox.answers import timestamp
from freedompay_async.sandbox.rules import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from os import PathLike

__all__ = ["Issuer"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS seen (
    merchant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (merchant, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    merchant TEXT NOT NULL, id TEXT NOT NULL, ready_at REAL NOT NULL, visible_at REAL NOT NULL, held INTEGER NOT NULL,
    client_id TEXT, error_code TEXT, PRIMARY KEY (merchant, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clients (
    merchant TEXT NOT NULL, client_id TEXT NOT NULL, phone INTEGER NOT NULL, external_user_id TEXT, last_name TEXT NOT NULL,
    PRIMARY KEY (merchant, client_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (
    number INTEGER PRIMARY KEY, merchant TEXT NOT NULL, card_id TEXT NOT NULL, client_id TEXT, product_id INTEGER NOT NULL,
    request_id TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE (merchant, card_id)
);
CREATE INDEX IF NOT EXISTS cards_by_request ON cards (merchant, request_id);
"""
_DESCRIPTIONS: Final = {
    "client_declined": "the client's last_name is DECLINED",
    "card_declined": "the client's last_name is NOCARD",
}
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    client_id: str | None = None
    error_code: str | None = None


class Issuer:
    """One merchant's issuer; `clock` gives seconds since the epoch."""

    def __init__(self, *, database: str | PathLike[str], merchant: str, hold: bool = False, clock: Callable[[], float] = time.time) -> None:
        self._merchant: Final = merchant
        self._clock: Final = clock
        self._hold = hold
        self._db: Final = sqlite3.connect(database)
        # The books need to outlive a restart of the program, not a power cut.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the books; a file keeps them."""
        self._db.close()

    def first_use(self, ids: Iterable[str]) -> bool:
        """Writes the ids down as seen, all of them; false if any of them had been."""
        with self._db:
            written = [
                self._db.execute("INSERT OR IGNORE INTO seen (merchant, id) VALUES (?, ?)", (self._merchant, each)).rowcount for each in ids
            ]
        return all(written)

    def accept(self, call: str, fields: dict[str, Any], *, takes: float = 0.0, late_by: float = 0.0) -> bool:
        """Takes an effect in and tells whether it is finished already; raises `Refused`.

        It finishes after `takes` seconds, and `look_up` does not know it for `late_by` seconds.
        """
        body = rules.read(call, fields)
        now = self._clock()
        with self._db:
            outcome = self._settle(body)
            self._db.execute(
                "INSERT INTO requests (merchant, id, ready_at, visible_at, held, client_id, error_code) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self._merchant,
                    fields["request_id"],
                    now + takes,
                    now + late_by,
                    self._hold,
                    outcome.client_id,
                    outcome.error_code,
                ),
            )
        return not takes and not self._hold

    def look_up(self, fields: dict[str, Any]) -> dict[str, Any] | None:
        """What `request/status` tells beyond the envelope; `None` if the id is not known. Raises `Refused`."""
        rules.read(rules.STATUS, fields)
        key = (self._merchant, fields["request_id"])
        row = self._db.execute(
            "SELECT ready_at, visible_at, held, client_id, error_code FROM requests WHERE merchant = ? AND id = ?", key
        ).fetchone()
        now = self._clock()
        if row is None or now < row[1]:
            return None
        ready_at, _, held, client_id, error_code = row
        if held or now < ready_at:
            return {"request_status": "process"}
        if error_code is not None:
            return {"request_status": "error", "error_code": error_code, "error_description": _DESCRIPTIONS[error_code]}
        cards = self._db.execute("SELECT card_id FROM cards WHERE merchant = ? AND request_id = ? ORDER BY number", key).fetchall()
        state: dict[str, Any] = {"request_status": "success"}
        if client_id is not None:
            state["client_id"] = client_id
        if cards:
            state["cards"] = [{"card_id": card_id} for (card_id,) in cards]
        return state

    def finish(self, request_id: str) -> None:
        """Ends a request's processing now, and makes a late one known; raises `KeyError` for an id that was not accepted."""
        now = self._clock()
        with self._db:
            done = self._db.execute(
                "UPDATE requests SET held = 0, ready_at = min(ready_at, ?), visible_at = min(visible_at, ?) WHERE merchant = ? AND id = ?",
                (now, now, self._merchant, request_id),
            )
        if not done.rowcount:
            raise KeyError(request_id)

    @property
    def hold(self) -> bool:
        """While on, whatever is not finished stays so; off lets everything take its own time again."""
        return self._hold

    @hold.setter
    def hold(self, on: bool) -> None:
        self._hold = on
        with self._db:
            if on:
                self._db.execute("UPDATE requests SET held = 1 WHERE merchant = ? AND ready_at > ?", (self._merchant, self._clock()))
            else:
                self._db.execute("UPDATE requests SET held = 0 WHERE merchant = ?", (self._merchant,))

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        """The ledger in pages, oldest card first; cards made in the meantime may be in it."""
        last = 0
        # By the last number seen, not by an open cursor: other calls write between two pages.
        while page := self._db.execute(
            "SELECT number, card_id, cards.client_id, product_id, request_id, phone, external_user_id, status, created_at"
            " FROM cards LEFT JOIN clients ON clients.merchant = cards.merchant AND clients.client_id = cards.client_id"
            " WHERE cards.merchant = ? AND number > ? ORDER BY number LIMIT ?",
            (self._merchant, last, _PAGE),
        ).fetchall():
            last = page[-1][0]
            names = ("card_id", "client_id", "product_id", "request_id", "phone", "external_user_id", "status", "created_at")
            yield [dict(zip(names, row[1:], strict=True)) for row in page]

    def counts(self) -> dict[str, int]:
        """How many cards, clients and accepted requests there are."""
        row = self._db.execute(
            "SELECT (SELECT count(*) FROM cards WHERE merchant = :m), (SELECT count(*) FROM clients WHERE merchant = :m),"
            " (SELECT count(*) FROM requests WHERE merchant = :m)",
            {"m": self._merchant},
        ).fetchone()
        return dict(zip(("cards", "clients", "requests"), row, strict=True))

    def _settle(self, body: object) -> _Outcome:
        match body:
            case rules.AddClient():
                return self._add_client(body)
            case rules.Issue():
                if self._last_name(body.client_id) == "NOCARD":
                    return _Outcome(error_code="card_declined")
                self._make_cards(body.request_id, client_id=body.client_id, product_id=body.product_id)
            case rules.BulkIssue():
                self._make_cards(body.request_id, client_id=None, product_id=body.product_id, count=body.count)
            case rules.Link():
                self._link(body)
            case rules.Activate():
                self._activate(body)
            case _:
                raise TypeError(f"{type(body).__name__} is no effect")
        return _Outcome()

    def _add_client(self, body: rules.AddClient) -> _Outcome:
        client = body.client
        if client.last_name == "REFUSED":
            raise Refused("client_refused", "client.last_name is REFUSED")
        if client.last_name == "DECLINED":
            return _Outcome(error_code="client_declined")
        client_id = self._made_id("client", body.request_id)
        self._db.execute(
            "INSERT INTO clients (merchant, client_id, phone, external_user_id, last_name) VALUES (?, ?, ?, ?, ?)",
            (self._merchant, client_id, client.phone, client.external_user_id, client.last_name),
        )
        return _Outcome(client_id=client_id)

    def _make_cards(self, request_id: str, *, client_id: str | None, product_id: int, count: int = 1) -> None:
        made_at = timestamp()
        self._db.executemany(
            "INSERT INTO cards (merchant, card_id, client_id, product_id, request_id, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (self._merchant, self._made_id("card", request_id, nth), client_id, product_id, request_id, "issued", made_at)
                for nth in range(count)
            ),
        )

    def _link(self, body: rules.Link) -> None:
        self._last_name(body.client_id)
        if self._holder(body.card_id) is not None:
            raise Refused("card_linked", "the card of card_id has a client")
        self._db.execute(
            "UPDATE cards SET client_id = ? WHERE merchant = ? AND card_id = ?", (body.client_id, self._merchant, body.card_id)
        )

    def _activate(self, body: rules.Activate) -> None:
        self._holder(body.card_id)
        self._db.execute("UPDATE cards SET status = 'active' WHERE merchant = ? AND card_id = ?", (self._merchant, body.card_id))

    def _last_name(self, client_id: str) -> str:
        row = self._db.execute("SELECT last_name FROM clients WHERE merchant = ? AND client_id = ?", (self._merchant, client_id)).fetchone()
        if row is None:
            raise Refused("unknown_client", "client_id names no client")
        return str(row[0])

    def _holder(self, card_id: str) -> str | None:
        row = self._db.execute("SELECT client_id FROM cards WHERE merchant = ? AND card_id = ?", (self._merchant, card_id)).fetchone()
        if row is None:
            raise Refused("unknown_card", "card_id names no card")
        return None if row[0] is None else str(row[0])

    def _made_id(self, kind: str, request_id: str, nth: int = 0) -> str:
        # From the request's own id, so that a repeated run gives the same cards whatever the order of arrival.
        digest = blake2b(f"{self._merchant} {request_id} {nth}".encode(), digest_size=10).hexdigest()
        return f"{kind}-{digest}"
