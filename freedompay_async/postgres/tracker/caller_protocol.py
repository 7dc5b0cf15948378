"""What is asked of a connection of the application, whichever library it is of."""

from __future__ import annotations

from typing import Any, Final, Protocol

from freedompay_async.errors import ConfigurationError

__all__ = ["FAILED", "Caller", "refused"]

FAILED: Final = (
    "the transaction of the connection has failed with an earlier statement: roll it back, and "
    "begin another one"
)
"""What is wrong with a transaction in which PostgreSQL carries out nothing more."""


class Caller(Protocol):
    """A connection of the application, and the transaction that it is in."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        """The rows of one statement; none of one that gives no rows.

        Text, numbers, bool, bytes, moments (in UTC) and arrays of them are the same of each
        library; what else there is, json, uuid and enums among it, is cast to text in the query.
        An error of the database is the one that the application's own statements would raise: of
        asyncpg, of psycopg, or SQLAlchemy's around one of them.

        Args:
            query: with `$1`, `$2` and so on.
            args: text, numbers, bool, bytes, datetimes, None, or lists of one of them. What the
                server can't tell from its place is cast in the query: `$1::text[]`.
        """
        ...


def refused(what: str) -> ConfigurationError:
    """The error of a connection that can't be used, before any statement of ours.

    Args:
        what: is wrong with it, and what to do, without the last full stop.
    """
    return ConfigurationError(f"{what}. Nothing was written, and nothing was sent.")
