"""A PostgreSQL server of one's own, for demos and tests: in a temporary folder, on a free port of
127.0.0.1, and gone at the end, however that comes.

    with Cluster() as cluster:
        print(cluster.dsn())

PostgreSQL has to be installed (Debian: `apt-get install postgresql`); no server that is already
there is touched. It refuses to run as root, so that root runs it as the user `postgres`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

NOT_INSTALLED: Final = "PostgreSQL is not installed"
SUPERUSER: Final = "postgres"
# Seconds that a start or a stop may take, on a machine that has much else to do.
PATIENCE: Final = 60.0
# What only a machine that loses its power needs. Without `synchronous_commit` a killed server
# would lose what it had committed.
QUICK: Final = {"fsync": "off", "full_page_writes": "off"}
MANY: Final = {"max_connections": "300", "shared_buffers": "64MB"}


def programs() -> Path | None:
    """Return the folder of the newest `initdb` and `postgres`; None if there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: [int(each) for each in folder.parent.name.split(".") if each.isdigit()],
        reverse=True,
    )
    return next((each for each in folders if _has_all(each)), None)


def _has_all(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("initdb", "postgres", "psql"))


class Cluster:
    """A server with databases of its own; made and started when it is entered.

    `durable=False` leaves out what only a loss of power needs; a `kill -9` loses nothing then
    either. `settings` are settings of the server by name. `owner` is the process at whose end the
    server ends too, however that process ends. `running` is the folder and the port of a server
    that another process has entered: it can be used and closed, but not started again.

    Raises:
        RuntimeError: PostgreSQL is not installed, or it did not start; what it said is in the text.
    """

    def __init__(
        self,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        owner: int | None = None,
        running: tuple[str, int] | None = None,
    ) -> None:
        found = programs()
        if found is None:
            raise RuntimeError(NOT_INSTALLED)
        self.programs = found
        folder, self.port = running or (tempfile.mkdtemp(prefix="freedompay-postgres-"), 0)
        self.folder = Path(folder)
        self._owner = owner or os.getpid()
        self._settings = MANY | ({} if durable else QUICK) | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._guard = subprocess.Popen(
            [sys.executable, __file__, str(self.folder), str(self._owner)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def dsn(self, database: str = SUPERUSER, *, user: str = SUPERUSER) -> str:
        """Return the address of a database, for asyncpg and for `--journal`, without a password."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = SUPERUSER) -> str:
        """Carry out one statement with psql, and return the rows as it prints them: `a|b` each.

        Raises:
            subprocess.CalledProcessError: the server refused it, or can't be reached.
        """
        done = subprocess.run(
            [
                str(self.programs / "psql"),
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                f"--command={statement}",
                self.dsn(database),
            ],
            env=_plain_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            text=True,
            timeout=PATIENCE,
        )
        return done.stdout.strip()

    def start(self) -> None:
        """Start the server, on the port that it had before if it had one, and wait until it
        answers.
        """
        until = time.monotonic() + PATIENCE
        while not self._started(until):
            if time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log()}")
            # Another program has taken the port, or what was killed has not let go of its memory.
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server as `systemctl stop` does: sessions are ended, and nothing is lost."""
        _end(self.folder, signal.SIGINT)
        self._reap()

    def kill(self) -> None:
        """`kill -9` of the server: its sessions end without a word."""
        _end(self.folder, signal.SIGKILL)
        self._reap()

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End the server and remove its folder."""
        _remove(self.folder)
        self._reap()
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard = None

    def log(self) -> str:
        """Return what the server has said."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _make(self) -> None:
        if _as_user():
            shutil.chown(self.folder, SUPERUSER, SUPERUSER)
        done = subprocess.run(
            [
                str(self.programs / "initdb"),
                f"--pgdata={self.folder / 'data'}",
                f"--username={SUPERUSER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ],
            cwd=self.folder,
            env=_plain_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            **_as_user(),
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _started(self, until: float) -> bool:
        self.port = self.port or _free_port()
        words = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        words += ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        for name, value in self._settings.items():
            words += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                words,
                cwd=self.folder,
                env=_plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal is for the program that uses it, which stops it then.
                start_new_session=True,
                **_as_user(),
            )
        while time.monotonic() < until and self._process.poll() is None:
            if _postmaster(self.folder) == (self._process.pid, "ready"):
                return True
            time.sleep(0.02)
        return False

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(PATIENCE)
            self._process = None


def _as_user() -> dict[str, Any]:
    """Arguments of `subprocess`: PostgreSQL refuses to run as root."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return {"user": SUPERUSER, "group": SUPERUSER, "extra_groups": []}
    return {}


def _plain_environment() -> dict[str, str]:
    """Without what would lead to another server: PGHOST, PGDATA and the like."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _postmaster(folder: Path) -> tuple[int, str] | None:
    """The server's process and how it stands, as it says itself; None if it has ended."""
    try:
        lines = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    return (int(lines[0]), lines[7].strip() if len(lines) > 7 else "") if lines else None


def _end(folder: Path, how: signal.Signals) -> None:
    """Send the server a signal, and wait until it has ended."""
    found = _postmaster(folder)
    if found is None:
        return
    process = found[0]
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, how)
    if how != signal.SIGKILL:
        until = time.monotonic() + PATIENCE / 2
        while _postmaster(folder) is not None and _lives(process):
            if time.monotonic() > until:
                os.kill(process, signal.SIGKILL)
                return
            time.sleep(0.02)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _remove(folder: Path) -> None:
    _end(folder, signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


def _guard(folder: Path, owner: int) -> None:
    """Wait until the owner has ended, and remove what it could not remove itself."""
    while folder.exists() and _lives(owner):
        time.sleep(0.25)
    _remove(folder)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]), int(sys.argv[2]))
