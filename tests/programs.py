"""A program in a process of its own: what importing a module does shows only there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import freedompay_async

PACKAGE = Path(freedompay_async.__file__).parent


def output_of(code: str, *words: str) -> tuple[str, str]:
    """What the code prints, given these words, and what it says on standard error; a warning is an
    error.
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *words],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip(), done.stderr
