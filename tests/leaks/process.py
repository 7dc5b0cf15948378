"""The issuer in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(__file__).with_name("raw_issuer.py")


class Process:
    def __init__(self, process: subprocess.Popen) -> None:
        self.base_url = process.stdout.readline().strip()

    def books(self) -> dict:
        """`effects`, how often each was done since this was asked last; `requests`, how many came;
        `callers`, how many connections they came on.
        """
        with urllib.request.urlopen(f"{self.base_url}/books", timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def issuing(*args: str):
    with subprocess.Popen(
        [sys.executable, PROGRAM, *args], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Process(process)
        finally:
            process.kill()
