"""After 20,000 mixed calls with faults and cancellations nothing is left, nothing is lost, and
nothing was done twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leaks.process import issuing

pytestmark = [
    pytest.mark.skipif(
        not os.path.isdir("/proc/self/fd"), reason="open sockets are counted in /proc"
    ),
    pytest.mark.timeout(0),
]

PROGRAM = Path(__file__).with_name("story.py")
ROOT = Path(__file__).parents[2]
CALLS = 20_000
# In the 4,000 calls that are traced; and in the 16,000 after the warm-up less than one object for
# each call.
BYTES, BLOCKS = 2**20, 10_000
# Of the whole process: what is kept, and what the system's allocator can't give back because it
# lies between.
RESIDENT = 2**22


def story(folder, *, calls=CALLS, seconds=0.0, plant=""):
    """What the story prints, and what it writes to stderr."""
    with issuing("7") as issuer:
        command = [sys.executable, "-X", "dev", "-W", "error", PROGRAM]
        run = subprocess.run(
            [*command, issuer.base_url, str(calls), str(seconds), str(folder), plant],
            capture_output=True,
            text=True,
            timeout=600 + seconds * 2,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(ROOT)])},
        )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout), run.stderr


def test_many_calls_leave_nothing_behind_and_the_truth(request, tmp_path, record_property):
    """One test, because it takes a while, and tests that run in parallel share nothing."""
    told, stderr = story(tmp_path, seconds=request.config.getoption("--leak-seconds"))
    made, kept = told["made"], told["kept"]
    print(
        f"{told['calls']} calls in {told['seconds']} s, {made['cancelled']} cancelled; kept: {kept}"
    )
    record_property("calls", told["calls"])
    record_property("calls cancelled", made["cancelled"])
    record_property("sockets beside the pool", told["sockets beside the pool"])
    record_property("kB more traced", kept["traced bytes"] // 1024)
    record_property("kB more of the process", kept["resident bytes"] // 1024)
    record_property("blocks more", kept["blocks"])

    assert min(made.values()) > CALLS / 100
    assert told["wrong"] == {}
    assert (told["reports"], stderr) == ([], "")
    assert (told["tasks"], told["busy"]) == ([], 0)
    assert (told["sockets beside the pool"], told["sockets after close"]) == (0, 0)
    assert kept["traced bytes"] < BYTES
    assert kept["blocks"] < BLOCKS
    assert kept["resident bytes"] < RESIDENT


PLANTS = {
    "socket": lambda told: told["sockets beside the pool"] == 1,
    "unclosed socket": lambda told: "unclosed <socket" in told["reports"][0],
    "coroutine": lambda told: "never awaited" in told["reports"][0],
    "exception": lambda told: "exception was never retrieved" in told["reports"][0],
    "task": lambda told: len(told["tasks"]) == 1,
    "memory": lambda told: told["kept"]["traced bytes"] > BYTES,
}


@pytest.mark.parametrize("plant", PLANTS)
def test_leak_on_purpose_is_found(tmp_path, plant):
    told, _ = story(tmp_path, calls=200, plant=plant)

    assert PLANTS[plant](told)
