"""One PostgreSQL server for a whole run of the tests, whoever of its workers needs it first, and a
database of its own for each test.

Where PostgreSQL is not installed, the tests that need it are skipped and the summary says so.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest

FILE = Path(__file__).parents[1] / "examples" / "postgres_cluster.py"
NAME = "postgres.json"


def _script():
    spec = importlib.util.spec_from_file_location("postgres_cluster", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cluster_script = _script()


class Shared:
    """What the processes of one run know of its server: a folder, in which the first that needs the
    server writes down where it is.

    The process that the user has started, `controller`, stops it; if that one is killed, the
    server's own guard does.
    """

    def __init__(self, folder: Path, controller: int) -> None:
        self.folder, self.controller = folder, controller
        self._started = None

    @classmethod
    def of(cls, config):
        """That of the run that this process belongs to."""
        given = getattr(config, "workerinput", None)
        if given is not None:
            return cls(Path(given["postgres_folder"]), given["postgres_controller"])
        return cls(
            Path(tempfile.gettempdir()) / f"freedompay-tests-{uuid4().hex}", controller=os.getpid()
        )

    def server(self):
        """The server, started if nobody has yet."""
        import fcntl

        self.folder.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            place = self.folder / NAME
            if not place.exists():
                self._started = cluster_script.Cluster(durable=False, owner=self.controller)
                server = self._started.__enter__()
                place.write_text(json.dumps([str(server.folder), server.port]))
            return self._running()

    def _running(self):
        return cluster_script.Cluster(running=json.loads((self.folder / NAME).read_text()))

    def close(self) -> None:
        if (self.folder / NAME).exists():
            (self._started or self._running()).close()
        shutil.rmtree(self.folder, ignore_errors=True)


SHARED = pytest.StashKey[Shared]()


def pytest_configure(config):
    config.stash[SHARED] = Shared.of(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    shared = node.config.stash[SHARED]
    node.workerinput["postgres_folder"] = str(shared.folder)
    node.workerinput["postgres_controller"] = shared.controller


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput") and SHARED in config.stash:
        config.stash[SHARED].close()


@pytest.fixture(scope="session")
def postgres_server(request):
    """The server of this run, a `Cluster`; a test that stops or kills one makes one of its own."""
    if cluster_script.programs() is None:
        pytest.skip(cluster_script.NOT_INSTALLED)
    return request.config.stash[SHARED].server()


@pytest.fixture
def bare_postgres_database(postgres_server):
    """The address of an empty database of this test's own."""
    name = f"test_{uuid4().hex}"
    postgres_server.run(f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def postgres_database(bare_postgres_database):
    """The same, with the schema of this version. It is made anew for each test: a database that is
    copied from another one is not the one that it was.
    """
    await _install(bare_postgres_database)
    return bare_postgres_database


# Whether a database is as it was made, and leaves nothing of a test behind.
_CLEAN = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
TRUNCATE freedompay.requests, freedompay.successes, freedompay.wake_pgqueuer,
    freedompay.wake_pgqueuer_log, freedompay.wake_pgqueuer_statistics;
"""


class Reused:
    """A database of one worker's own, with the schema, for one test after another: to make one
    takes longer than most tests.
    """

    def __init__(self, server) -> None:
        self.server = server
        self.name = None

    def give(self) -> str:
        if self.name is None:
            self.name = f"reused_{uuid4().hex}"
            self.server.run(f"CREATE DATABASE {self.name}")
            asyncio.run(_install(self.server.dsn(self.name)))
            self.made = self._meta()
        return self.server.dsn(self.name)

    def take_back(self) -> None:
        """Clean it; one whose schema a test has changed goes."""
        try:
            changed = self._meta() != self.made
        except subprocess.CalledProcessError:
            changed = True
        if changed:
            self.close()
        else:
            self.server.run(_CLEAN, self.name)

    def close(self) -> None:
        if self.name is not None:
            self.server.run(f"DROP DATABASE {self.name} WITH (FORCE)")
            self.name = None

    def _meta(self) -> str:
        return self.server.run("SELECT version, identity FROM freedompay.meta", self.name)


@pytest.fixture(scope="session")
def reused_databases(postgres_server):
    reused = Reused(postgres_server)
    yield reused
    reused.close()


@pytest.fixture
def reused_postgres_database(reused_databases):
    """The address of a database with the schema, and without anything of an earlier test."""
    yield reused_databases.give()
    reused_databases.take_back()


async def _install(address: str) -> None:
    import asyncpg

    from freedompay_async.postgres import install

    connection = await asyncpg.connect(address)
    try:
        await install(connection)
    finally:
        await connection.close()
