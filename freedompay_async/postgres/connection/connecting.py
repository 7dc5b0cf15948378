"""Connections to a database that is named by its address; what goes wrong is one sentence.

No text has the password: `shown` is the address without it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.redaction.secret import Secret

__all__ = ["Pool", "connected", "opened_pool"]

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

# Seconds for one connection, and for the goodbye to a server that may be gone.
_CONNECTING: Final = 20.0
_CLOSING: Final = 5.0
# Beside its own errors asyncpg lets out what Python says of a port, a file or a name.
_FAILED: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    OverflowError,
    ValueError,
)
_LET_IN: Final = (
    "check the user, and put the password in FREEDOMPAY_JOURNAL (the whole address), PGPASSWORD "
    "or ~/.pgpass"
)


@asynccontextmanager
async def connected(address: Secret, *, shown: str, connections: int = 10) -> AsyncGenerator[Pool]:
    """A pool of connections until the context is left.

    Args:
        address: a `postgresql://` address, as asyncpg and libpq read it; what it leaves out comes
            from `PGHOST`, `PGPASSWORD` and the like.
        shown: the same without a password, for messages.
        connections: at most.

    Raises:
        ConfigurationError: there is no such database, or it lets nobody in; nothing was sent.
    """
    pool = asyncpg.create_pool(
        address.reveal(),
        min_size=1,
        max_size=connections,
        timeout=_CONNECTING,
        server_settings={"application_name": "freedompay"},
    )
    async with opened_pool(pool, shown):
        yield pool


@asynccontextmanager
async def opened_pool(pool: Pool, shown: str) -> AsyncGenerator[None]:
    """Open a pool, and close it when the context is left.

    Args:
        pool: as `asyncpg.create_pool` makes it; one that is open already is only closed.
        shown: what the sentence of an error begins with, such as an address without a password.

    Raises:
        ConfigurationError: there is no such database, or it lets nobody in; nothing was sent.
    """
    # What asyncpg logs of a lost connection is told in our own words. Without a handler Python
    # would print it, with its traceback.
    logging.getLogger("asyncpg").addHandler(logging.NullHandler())
    try:
        await pool
    except _FAILED as error:
        failed = ConfigurationError(f"{shown} {_why(error)}. Nothing was sent.")
        # Without its frames: they hold the password.
        failed.__cause__ = error.with_traceback(None)
        raise failed from None
    try:
        yield
    finally:
        try:
            await asyncio.wait_for(pool.close(), _CLOSING)
        except TimeoutError:
            pool.terminate()


def _why(error: Exception) -> str:
    """What is wrong, and what to do, as the end of a sentence."""
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"does not let this user in ({_words(error)}): {_LET_IN}"
        case asyncpg.InvalidCatalogNameError():
            return f"is not there ({_words(error)}): make the database, or name another one"
        case asyncpg.TooManyConnectionsError():
            return f"has no connection left ({_words(error)}): end some, or raise its limit"
        case asyncpg.CannotConnectNowError():
            return f"takes no connections now ({_words(error)}): try again"
        case asyncpg.PostgresError():
            return f"refuses the connection ({_words(error)})"
        case ssl.SSLCertVerificationError():
            return (
                f"has a certificate that is not trusted ({error.verify_message}): name the file of "
                "its authority as sslrootcert"
            )
        case ConnectionError() if "SSL" in str(error):
            # asyncpg's own, of a server that answers, and not with TLS.
            return "has no TLS, which sslmode demands: turn TLS on there, or use another sslmode"
        case ssl.SSLError():
            return f"can't be reached by TLS ({error.reason or 'no reason was given'})"
        case TimeoutError():
            return (
                f"can't be reached (no answer in {_CONNECTING:.0f} s): check host and port, and "
                "whether the server runs"
            )
        case FileNotFoundError() if error.filename is None:
            # The socket of a server on this machine; or a file of TLS, which is not named.
            return (
                "can't be reached (no such socket or file): check the host, and the files of "
                "sslrootcert, sslcert and sslkey"
            )
        case OSError():
            return (
                f"can't be reached ({_reason(error)}): check host and port, and whether the "
                "server runs"
            )
        case asyncpg.InterfaceError():
            return f"can't be used ({_words(error)}): correct the address or the PG… variables"
        case _:
            # What Python says of an address shows parts of it.
            return "is no address of a database: write it like postgresql://user@host:5432/database"


def _words(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return error.strerror or "its name is not known"
    # The loop's own text shows the address that it tried; of several it has all texts, and no code.
    return os.strerror(error.errno) if error.errno else "none of its addresses answers"
