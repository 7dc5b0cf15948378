"""What is said where a database can't be reached or lets nobody in; never the password."""

from __future__ import annotations

import asyncio
import contextlib
import struct

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.postgres.connection.connecting import connected
from freedompay_async.redaction.secret import Secret

PASSWORD = "tr0ub4dor"


async def refusal(address: str, shown: str = "the database") -> str:
    with pytest.raises(ConfigurationError) as refused:
        async with connected(Secret(address), shown=shown):
            pass
    text = str(refused.value)
    assert text.startswith(f"{shown} ")
    assert text.endswith(". Nothing was sent.")
    assert PASSWORD not in text
    assert refused.value.__cause__ is None or refused.value.__cause__.__traceback__ is None
    return text.removeprefix(f"{shown} ").removesuffix(". Nothing was sent.")


@contextlib.asynccontextmanager
async def answering(code: str, message: str):
    """The port of a server that answers whoever begins with this error."""

    served = []

    async def serve(reader, writer):
        served.append(asyncio.current_task())
        # A client that gets no TLS may go at once.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await begun(reader) == 8:
                # It asks for TLS first.
                writer.write(b"N")
                await begun(reader)
            fields = {"S": "FATAL", "C": code, "M": message}
            body = b"".join(f"{key}{value}\0".encode() for key, value in fields.items()) + b"\0"
            writer.write(b"E" + struct.pack("!I", len(body) + 4) + body)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def begun(reader):
        size = struct.unpack("!I", await reader.readexactly(4))[0]
        await reader.readexactly(size - 4)
        return size

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*served)


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            "28P01",
            'password authentication failed for user "user"',
            (
                'does not let this user in (password authentication failed for user "user"): check the '
                "user, and put the password in FREEDOMPAY_JOURNAL (the whole address), PGPASSWORD or "
                "~/.pgpass"
            ),
        ),
        (
            "28000",
            'role "user" does not exist',
            (
                'does not let this user in (role "user" does not exist): check the user, and put the '
                "password in FREEDOMPAY_JOURNAL (the whole address), PGPASSWORD or ~/.pgpass"
            ),
        ),
        (
            "3D000",
            'database "cards" does not exist',
            'is not there (database "cards" does not exist): make the database, or name another one',
        ),
        (
            "53300",
            "sorry, too many clients already",
            "has no connection left (sorry, too many clients already): end some, or raise its limit",
        ),
        (
            "57P03",
            "the database system is starting up",
            "takes no connections now (the database system is starting up): try again",
        ),
        ("42501", "permission denied", "refuses the connection (permission denied)"),
    ],
)
async def test_what_the_server_says_becomes_one_sentence(code, message, said):
    async with answering(code, message) as port:
        assert await refusal(f"postgresql://user:{PASSWORD}@127.0.0.1:{port}/cards") == said


async def test_a_server_without_tls_where_the_address_demands_it():
    async with answering("28P01", "") as port:
        address = f"postgresql://user:{PASSWORD}@127.0.0.1:{port}/cards?sslmode=require"
        assert await refusal(address) == (
            "has no TLS, which sslmode demands: turn TLS on there, or use another sslmode"
        )


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (
            "127.0.0.1:1/cards",
            (
                "can't be reached (Connection refused): check host and port, and whether the server "
                "runs"
            ),
        ),
        (
            "host.invalid/cards",
            (
                "can't be reached (Name or service not known): check host and port, and whether the "
                "server runs"
            ),
        ),
        (
            "127.0.0.1:99999/cards",
            "is no address of a database: write it like postgresql://user@host:5432/database",
        ),
        (
            f"127.0.0.1:{PASSWORD}/cards",
            "is no address of a database: write it like postgresql://user@host:5432/database",
        ),
        (
            "127.0.0.1:1/cards?sslmode=some",
            (
                "can't be used (`sslmode` parameter must be one of: disable, allow, prefer, require, "
                "verify-ca, verify-full): correct the address or the PG… variables"
            ),
        ),
        (
            "/cards?host=/absent",
            (
                "can't be reached (no such socket or file): check the host, and the files of "
                "sslrootcert, sslcert and sslkey"
            ),
        ),
    ],
)
async def test_an_address_that_leads_nowhere(rest, said):
    assert await refusal(f"postgresql://user:{PASSWORD}@{rest}") == said


async def test_a_database_that_lets_one_in_and_is_left_by_all_connections(
    postgres_server, bare_postgres_database
):
    name = bare_postgres_database.rpartition("/")[2]
    count = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
    async with connected(Secret(bare_postgres_database), shown="the database") as pool:
        assert await pool.fetchval("SELECT 1") == 1
        assert await pool.fetchval("SELECT current_setting('application_name')") == "freedompay"

    await _until(lambda: postgres_server.run(count) == "0")


async def _until(condition):
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)
