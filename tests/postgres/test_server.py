"""The server that the tests of this folder use: one for a run, a database for each test, and nothing
left of it.
"""

from __future__ import annotations

import signal
import subprocess
import sys

import asyncpg
import pytest

from tests.postgres_server import FILE, cluster_script

HOLD = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("postgres_cluster", sys.argv[1])
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
with script.Cluster(durable=False) as cluster:
    print(cluster.folder, cluster.port, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def cluster(postgres_server):
    with cluster_script.Cluster(durable=False) as cluster:
        yield cluster


async def one(dsn, query):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_database_of_a_test_is_empty_and_its_own(bare_postgres_database):
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"

    assert await one(bare_postgres_database, tables) == 0
    assert await one(bare_postgres_database, "SELECT current_database()") in bare_postgres_database


async def test_what_was_committed_is_there_after_a_kill(cluster):
    cluster.run("CREATE TABLE kept AS SELECT 7 AS number")
    port = cluster.port

    cluster.kill()
    with pytest.raises(OSError):
        await one(cluster.dsn(), "SELECT 1")
    cluster.start()

    assert await one(cluster.dsn(), "SELECT number FROM kept") == 7
    assert cluster.port == port


def test_a_restart_ends_sessions_and_keeps_the_address(cluster):
    before = cluster.run("SELECT pg_postmaster_start_time(), inet_server_port()").split("|")
    cluster.restart()
    after = cluster.run("SELECT pg_postmaster_start_time(), inet_server_port()").split("|")

    assert (before[0] != after[0], before[1]) == (True, after[1])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_a_server_whose_program_was_killed(postgres_server, until, how):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(FILE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        folder, port = program.stdout.readline().split()
        server = cluster_script.Cluster(running=(folder, int(port)))
        assert server.run("SELECT 1") == "1"
        program.send_signal(how)

    until(lambda: not server.folder.exists())
    with pytest.raises(subprocess.CalledProcessError):
        server.run("SELECT 1")
