"""The processes of a part: the server, the clients that take turns, and workers that do one job."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Self

from side_by_side.machine import client_cpu, server_cpu

__all__ = ["Column", "Server", "SlowIssuer", "TrackerWorker", "batch_once", "once"]

_FOLDER: Final = Path(__file__).parents[1]


class _Steered:
    """A process that answers each line with a line, and ends when its standard input does."""

    def __init__(self, module: str, *arguments: object) -> None:
        command = [sys.executable, "-m", f"side_by_side.{module}", *map(str, arguments)]
        # Not in the folder of the project, where `import freedompay_async` would find the sources
        # and not what is installed.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_FOLDER
        )

    def _read(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit(f"{' '.join(self._process.args[2:4])} has ended early")  # type: ignore[index, arg-type] # a list of text
        return line

    def _say(self, line: str) -> Any:
        if self._process.stdin:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        return json.loads(self._read())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._process.communicate("", timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


class Server(_Steered):
    """The server of one part.

    Args:
        answers: `done` or `process`: see `answers.py`.
        delay: seconds from a request to its answer.
        tls: the file of its key and certificate.
        pinned: it runs on a processor of its own, for figures of CPU; otherwise the system
            chooses.
    """

    def __init__(
        self, answers: str, *, delay: float = 0.0, tls: Path | None = None, pinned: bool = False
    ) -> None:
        cpu = server_cpu() if pinned else None
        options = [
            *(() if cpu is None else ("--cpu", cpu)),
            *(() if tls is None else ("--tls", tls)),
        ]
        super().__init__("server", answers, "--delay", delay, *options)
        self.url: Final = f"http{'s' if tls else ''}://127.0.0.1:{self._read().strip()}"

    def counts(self) -> dict[str, Any]:
        """The counts since the last question: `calls`, `connections`, `cpu` and `took` in seconds.

        Raises:
            SystemExit: a client has sent an unknown request, so the figures mean nothing.
        """
        told: dict[str, Any] = self._say("counts")
        if told["strange"]:
            raise SystemExit(f"the server had no answer to {told['strange']} requests")
        return told


class Column(_Steered):
    """One client with its own event loop, on the clients' processor; it waits for its turn."""

    def __init__(self, name: str, url: str, in_flight: int) -> None:
        cpu = client_cpu()
        super().__init__(
            "workers.column", name, url, in_flight, *(() if cpu is None else ("--cpu", cpu))
        )
        self._read()

    def turn(self, call: str, *, seconds: float, most: int) -> dict[str, Any]:
        """Make this call for about so many seconds, and at most so often: `calls`, and `cpu` and
        `wall` in microseconds a call.
        """
        told: dict[str, Any] = self._say(
            json.dumps({"call": call, "seconds": seconds, "most": most})
        )
        return told


class SlowIssuer(_Steered):
    """An issuer that takes a log-normal time for each request; see `slow_issuer.py`."""

    def __init__(self, middle: float, sigma: float, seed: int) -> None:
        super().__init__("slow_issuer", "--median", middle, "--sigma", sigma, "--seed", seed)
        self.url: Final = f"http://127.0.0.1:{self._read().strip()}"

    def seen(self) -> dict[str, Any]:
        """What it has seen so far: `accepted`, `looks`, `strange`, `lags` and `takes`."""
        told: dict[str, Any] = self._say("seen")
        return told


class TrackerWorker(_Steered):
    """A worker of tracked requests, ready when it is made, and drained when it is left."""

    def __init__(self, url: str, dsn: str, concurrency: int) -> None:
        order = {"url": url, "dsn": dsn, "concurrency": concurrency}
        super().__init__("workers.tracker", json.dumps(order))
        self._read()

    def memory(self) -> dict[str, float]:
        """MiB of the process: `memory` now, and `peak`."""
        told: dict[str, float] = self._say("memory")
        return told


def once(worker: str, **order: Any) -> dict[str, Any]:
    """Run a job in a fresh process of `workers`, and return its result."""
    command = [sys.executable, "-m", f"side_by_side.workers.{worker}", json.dumps(order)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=_FOLDER, check=False)
    if done.returncode:
        raise SystemExit(f"the worker {worker} has broken down")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def batch_once(server: Server, folder: str, **order: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the worker `batch` in a folder of its own; its result, and the server's counts of it."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        server.counts()
        found = once("batch", url=server.url, folder=place, **order)
    return found, server.counts()
