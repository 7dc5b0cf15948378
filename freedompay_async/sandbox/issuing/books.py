"""The issuer's books on SQLite: their tables, and the access of one merchant."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.answers import moment
from freedompay_async.sandbox.issuing.books_file import APPLICATION, LAYOUT, is_books, uri_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from os import PathLike

__all__ = ["CURRENCY", "FIRST_AMOUNT", "Books", "open_books"]

CURRENCY: Final = "KZT"
"""The currency of every payment card's account."""
FIRST_AMOUNT: Final = 1_000_00
"""The balance of a new card, in minor units."""

# All in one transaction, so that the first page in SQLite's log marks the books.
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS seen (
    merchant TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (merchant, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    merchant TEXT NOT NULL, id TEXT NOT NULL, ready_at REAL NOT NULL, visible_at REAL NOT NULL,
    held INTEGER NOT NULL,
    client_id TEXT, error_code TEXT, transaction_id TEXT, fin_document_id TEXT, PRIMARY KEY
    (merchant, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clients (
    merchant TEXT NOT NULL, client_id TEXT NOT NULL, phone INTEGER NOT NULL, external_user_id
    TEXT, first_name TEXT NOT NULL,
    last_name TEXT NOT NULL, PRIMARY KEY (merchant, client_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cards (
    number INTEGER PRIMARY KEY, merchant TEXT NOT NULL, card_id TEXT NOT NULL, client_id TEXT,
    product_id INTEGER NOT NULL,
    request_id TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, blocked INTEGER
    NOT NULL DEFAULT 0,
    pin TEXT, wrong_pins INTEGER NOT NULL DEFAULT 0, amount INTEGER NOT NULL DEFAULT {FIRST_AMOUNT},
    blocked_amount INTEGER NOT NULL DEFAULT 0, UNIQUE (merchant, card_id)
);
CREATE INDEX IF NOT EXISTS cards_by_request ON cards (merchant, request_id);
CREATE INDEX IF NOT EXISTS cards_by_client ON cards (merchant, client_id);
CREATE TABLE IF NOT EXISTS transactions (
    number INTEGER PRIMARY KEY, merchant TEXT NOT NULL, transaction_id TEXT NOT NULL, order_id
    TEXT NOT NULL, card_id TEXT NOT NULL,
    amount INTEGER NOT NULL, cleared INTEGER, refunded INTEGER NOT NULL DEFAULT 0, currency TEXT
    NOT NULL, datetime TEXT NOT NULL,
    UNIQUE (merchant, transaction_id)
);
CREATE INDEX IF NOT EXISTS transactions_by_card ON transactions (merchant, card_id);
CREATE TABLE IF NOT EXISTS movements (
    number INTEGER PRIMARY KEY, merchant TEXT NOT NULL, card_id TEXT NOT NULL, type TEXT NOT
    NULL, amount INTEGER NOT NULL,
    commission INTEGER NOT NULL, currency TEXT NOT NULL, mcc INTEGER NOT NULL, datetime TEXT NOT
    NULL, rrn TEXT NOT NULL,
    name TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS movements_by_card ON movements (merchant, card_id);
CREATE TABLE IF NOT EXISTS limits (
    merchant TEXT NOT NULL, object TEXT NOT NULL, value TEXT NOT NULL, type TEXT NOT NULL,
    region TEXT NOT NULL, period TEXT NOT NULL,
    amount_type TEXT NOT NULL, currency TEXT NOT NULL, maximum INTEGER NOT NULL,
    PRIMARY KEY (merchant, object, value, type, region, period, amount_type, currency)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gift_cards (
    card_id INTEGER PRIMARY KEY AUTOINCREMENT, merchant TEXT NOT NULL, product INTEGER,
    cardholder_name TEXT, phone TEXT,
    card_status INTEGER NOT NULL, code TEXT, codes INTEGER NOT NULL DEFAULT 0, created_at TEXT
    NOT NULL
);
CREATE INDEX IF NOT EXISTS gift_cards_by_code ON gift_cards (merchant, code);
CREATE TABLE IF NOT EXISTS gift_funds (
    merchant TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY
    (merchant, currency)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, merchant TEXT NOT NULL, phone TEXT NOT NULL, code TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_phone ON messages (merchant, phone);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {LAYOUT};
COMMIT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """One merchant's part of the books; `clock` gives seconds since the epoch.

    Every statement has the merchant as `:m`.
    """

    db: sqlite3.Connection
    merchant: str
    clock: Callable[[], float]

    def run(self, sql: str, **values: object) -> sqlite3.Cursor:
        """Execute a statement."""
        return self.db.execute(sql, {"m": self.merchant, **values})

    @contextmanager
    def attempt(self) -> Generator[None]:
        """Take back the writes inside if they fail, and no earlier ones."""
        self.db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO attempt")
            raise
        finally:
            self.db.execute("RELEASE attempt")

    def one(self, sql: str, **values: object) -> Any:
        """The first row; `None` if there is none."""
        return self.run(sql, **values).fetchone()

    def dicts(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """The rows as mappings from the names of columns."""
        cursor = self.run(sql, **values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def now(self) -> datetime:
        """The clock's time in the issuer's zone."""
        return moment(self.clock())

    def made_id(self, kind: str, request_id: str, nth: int = 0) -> str:
        """An id made from the request's own, so that a repeated run makes the same ids in any order
        of arrival.
        """
        digest = blake2b(f"{self.merchant} {request_id} {nth}".encode(), digest_size=10).hexdigest()
        return f"{kind}-{digest}"


def open_books(
    database: str | PathLike[str], *, merchant: str, clock: Callable[[], float]
) -> Books:
    """Open or begin the books; raises `ValueError` if the file holds something else."""
    name = os.fspath(database)
    db = sqlite3.connect(name if name == ":memory:" else uri_of(name), uri=name != ":memory:")
    with ExitStack() as unready:
        unready.callback(db.close)
        if is_books(db) is False:
            raise ValueError(
                f"{database} is not a file of this version of the sandbox: name a new file, or "
                "remove this one"
            )
        # The books need to outlive a restart of the program, not a power cut.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(_SCHEMA)
        unready.pop_all()
    return Books(db=db, merchant=merchant, clock=clock)
