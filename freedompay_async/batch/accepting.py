"""Rows that were used before: somebody says that they are the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch.rows import shown
from freedompay_async.errors import ConfigurationError
from freedompay_async.ids import checked_name

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from freedompay_async.batch.journal import Journal

__all__ = ["EVERY_ROW", "accept", "accepted_keys"]

EVERY_ROW: Final = "all"
# So many keys that are wrong are named.
_SHOWN: Final = 5


def accepted_keys(given: str | Iterable[str] | None) -> str | tuple[str, ...]:
    """Keys, each once; or `EVERY_ROW`. Empty ones count for nothing.

    Raises:
        ConfigurationError: it is one text, and not that word; or a key can't be one.
    """
    if given is None:
        return ()
    if isinstance(given, str):
        if given != EVERY_ROW:
            raise ConfigurationError(f"accept_found={given!r}: give the keys as a list, or 'all'. Nothing was sent.")
        return given
    return tuple(dict.fromkeys(checked_name("key", key) for key in given if key.strip()))


async def accept(journal: Journal, keys: str | tuple[str, ...]) -> None:
    """Write down that these rows, if their request ids were used before, were used for the same people.

    Raises:
        ConfigurationError: the journal does not have a key; nothing is accepted.
    """

    def write(connection: sqlite3.Connection) -> None:
        if isinstance(keys, str):
            connection.execute("UPDATE rows SET accepted_found = 1 WHERE NOT accepted_found")
            return
        strange = [key for key in keys if connection.execute("SELECT 1 FROM rows WHERE key = ?", (key,)).fetchone() is None]
        if strange:
            more = f" and {len(strange) - _SHOWN:,} more" if len(strange) > _SHOWN else ""
            named = ", ".join(map(shown, strange[:_SHOWN])) + more
            raise ConfigurationError(f"{journal.path} has no row with the key {named}: nothing was accepted, and nothing was sent.")
        connection.executemany("UPDATE rows SET accepted_found = 1 WHERE key = ?", ((key,) for key in keys))

    if keys:
        await journal.call(write)
