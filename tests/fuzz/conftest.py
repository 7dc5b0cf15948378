"""How long a fuzzer goes on, from where it begins, and what it has to keep to."""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "freedompay-hypothesis")

HERE = Path(__file__).parent
# For one example, on a machine that does other things too: what hangs, or is square in its length,
# takes more.
MOST_SECONDS = 5.0
# Hypothesis tries ever larger examples within a round, and begins anew in the next.
EACH_ROUND = 200


def pytest_collection_modifyitems(config, items):
    """A fuzzer may take as long as it is told to, and then some."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.timeout(config.getoption("--fuzz-seconds") + 110))


@pytest.fixture
def fuzz(request, record_property):
    """Gives examples of a strategy to a check, each round from another seed, until the time is
    over; returns how many there were.
    """
    seconds = request.config.getoption("--fuzz-seconds")

    def run(check, strategy) -> int:
        end = time.monotonic() + seconds
        tried = 0

        def timed(example) -> None:
            nonlocal tried
            tried += 1
            begin = time.perf_counter()
            check(example)
            took = time.perf_counter() - begin

            assert took < MOST_SECONDS, f"{took:.1f} s"

        how = settings(
            max_examples=EACH_ROUND,
            database=None,
            derandomize=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        try:
            for number in itertools.count(time.time_ns()):
                if time.monotonic() >= end:
                    break
                try:
                    seed(number)(how(given(strategy)(timed)))()
                except BaseException as error:
                    error.add_note(f"of the round with the seed {number}")
                    raise
        finally:
            record_property("inputs", tried)
        return tried

    return run
