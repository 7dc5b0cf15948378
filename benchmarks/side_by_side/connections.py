"""The kinds of connection over which an application writes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from contextlib import AbstractAsyncContextManager

    # What begins a transaction.
    Begin = Callable[[], AbstractAsyncContextManager[Any]]

__all__ = ["CONNECTIONS", "insert"]

_ORDER: Final = (
    "INSERT INTO orders (client_id, product_id, request_id) VALUES ({}, {}, {}) RETURNING number"
)
_PLACES: Final = {
    "asyncpg": _ORDER.format("$1", "$2", "$3"),
    "psycopg": _ORDER.format("%s", "%s", "%s"),
}
_NAMED: Final = text(_ORDER.format(":client_id", ":product_id", ":request_id"))


async def insert(db: Any, client_id: str, product_id: int, request_id: str) -> None:
    """One row of the application, in the words of its library."""
    if isinstance(db, asyncpg.Connection):
        await db.fetchval(_PLACES["asyncpg"], client_id, product_id, request_id)
    elif isinstance(db, psycopg.AsyncConnection):
        await db.execute(_PLACES["psycopg"], (client_id, product_id, request_id))
    else:
        await db.execute(
            _NAMED, {"client_id": client_id, "product_id": product_id, "request_id": request_id}
        )


@asynccontextmanager
async def _asyncpg(dsn: str) -> AsyncGenerator[Begin]:
    connection = await asyncpg.connect(dsn)

    @asynccontextmanager
    async def begin() -> AsyncGenerator[Any]:
        async with connection.transaction():
            yield connection

    yield begin
    await connection.close()


@asynccontextmanager
async def _psycopg(dsn: str) -> AsyncGenerator[Begin]:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:

        @asynccontextmanager
        async def begin() -> AsyncGenerator[Any]:
            yield connection
            await connection.commit()

        yield begin


def _sqlalchemy(driver: str, *, session: bool) -> Callable[[str], Any]:
    @asynccontextmanager
    async def opened(dsn: str) -> AsyncGenerator[Begin]:
        engine = create_async_engine(dsn.replace("postgresql:", f"postgresql+{driver}:"))
        yield async_sessionmaker(engine).begin if session else engine.begin
        await engine.dispose()

    return opened


CONNECTIONS: Final[dict[str, Callable[[str], AbstractAsyncContextManager[Begin]]]] = {
    "asyncpg": _asyncpg,
    "psycopg": _psycopg,
    "SQLAlchemy connection, asyncpg": _sqlalchemy("asyncpg", session=False),
    "SQLAlchemy session, asyncpg": _sqlalchemy("asyncpg", session=True),
    "SQLAlchemy connection, psycopg": _sqlalchemy("psycopg", session=False),
    "SQLAlchemy session, psycopg": _sqlalchemy("psycopg", session=True),
}
"""What opens each kind at an address, and gives what begins a transaction of it."""
