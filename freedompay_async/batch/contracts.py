"""The contract that a batch was planned with, and a run that has another one.

What was sent under the earlier contract may have been done. So a run with another one has to be
told to go on; then what was sent is asked about first, and sent again only if its bytes are the
same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.contract.client_contract import Contract, Says, differences
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["META", "Agreement", "changed_since"]

_CONTRACT: Final = "contract"
_CHANGED: Final = "contract_changed"
META: Final = (_CONTRACT, _CHANGED)
"""Names in a journal that are no settings of its batch."""
# What tells whose a step is; without it nothing would.
_WHOSE: Final = {
    "clients.create": "client",
    "cards.issue": "client_id",
    "cards.activate": "card_id",
}
_ID: Final = "request_id"
_MOST: Final = 20
_HIDDEN: Final = "a value that is not shown is another one"


class _Known(msgspec.Struct, frozen=True):
    """A contract as a journal keeps it: its digest, and what it says, without secrets."""

    digest: str
    says: Says


_KNOWN: Final = msgspec.json.Decoder(_Known)
_FIELDS: Final = msgspec.json.Decoder(dict[str, str])


class Agreement:
    """The contract of a run, held against that of its batch.

    Args:
        contract: of the client.
        changed: it may be another one.
        path: of the journal.
        header_id: the signature scheme has the request id in a header.

    Raises:
        ConfigurationError: under this contract nothing would tell whose a card is, or a repeat from
            a second order.
    """

    def __init__(self, contract: Contract, *, changed: bool, path: Path, header_id: bool) -> None:
        self._now: Final = _Known(contract.digest, contract.says)
        self._changed: Final = changed
        self._path: Final = path
        for call, name in _WHOSE.items():
            row = contract.rows.get(call)
            if row is None:
                continue
            if name in row.leave_out:
                raise ConfigurationError(
                    f"the contract leaves {name} out of {call}, and then nothing tells whose card "
                    "a batch makes. A card for a "
                    "cardholder is made by a single call: cards.issue(product_id=…, "
                    "extra={'cardholder': {…}}). Nothing was sent."
                )
            if not header_id and (_ID in row.leave_out or _ID in row.rename):
                raise ConfigurationError(
                    f"the contract takes {_ID} out of the body of {call} or gives it another "
                    "name, and this signature scheme has no id in "
                    "a header: nothing would keep a row of a batch from a second card. Leave it "
                    "as it is, or sign with Sign. Nothing was "
                    "sent."
                )

    def begin(self, connection: sqlite3.Connection) -> None:
        """Of a new plan. Without a contract of its own there is nothing to write down."""
        if self._now.says:
            self._write(connection)

    def check(self, connection: sqlite3.Connection) -> None:
        """Of a plan that is there; where the contract may be another one, that is kept from now on.

        Raises:
            ConfigurationError: it is another one.
        """
        known = _known(connection)
        if known.digest == self._now.digest:
            return
        lines = differences(known.says, self._now.says) or [_HIDDEN]
        if not self._changed:
            raise ConfigurationError(self._told(lines))
        self._write(connection)
        fields = _fields(known.says, self._now.says) or dict.fromkeys(self._now.says, _HIDDEN)
        _put(connection, _CHANGED, msgspec.json.encode({**changed_since(connection), **fields}))

    def _write(self, connection: sqlite3.Connection) -> None:
        _put(connection, _CONTRACT, msgspec.json.encode(self._now))

    def _told(self, lines: list[str]) -> str:
        more = [f"and {len(lines) - _MOST:,} more"] if len(lines) > _MOST else []
        listed = "\n".join(f"  {line}" for line in (*lines[:_MOST], *more))
        return (
            f"{self._path} has a batch that was planned with another contract:\n{listed}\n"
            "To go on with this one say --contract-changed (Batch(contract_changed=True)). Rows "
            "that were not sent take it then; rows "
            "that were sent are asked about first, and sent again only if their bytes stay the "
            "same. Nothing was sent."
        )


def changed_since(connection: sqlite3.Connection) -> Mapping[str, str]:
    """Of each call that the batch was not planned with as it is now, what has changed."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (_CHANGED,)).fetchone()
    return {} if row is None else _FIELDS.decode(row[0])


def _known(connection: sqlite3.Connection) -> _Known:
    """A journal that says nothing of a contract was made without one, by an earlier version too."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (_CONTRACT,)).fetchone()
    return _Known(Contract().digest, {}) if row is None else _KNOWN.decode(row[0])


def _put(connection: sqlite3.Connection, name: str, value: bytes) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value.decode()))


def _fields(was: Says, now: Says) -> dict[str, str]:
    changed: dict[str, str] = {}
    for call in sorted({*was, *now}):
        before, after = was.get(call, {}), now.get(call, {})
        if names := sorted(
            name for name in {*before, *after} if before.get(name) != after.get(name)
        ):
            changed[call] = ", ".join(names)
    return changed
