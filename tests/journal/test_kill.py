"""What an awaited write has returned from is there after a kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from freedompay_async.batch import State

RUNNER = """
import asyncio, sys
from tests.journal.kinds import journals_at
from tests.journal.life import intend, issue

async def main():
    async with journals_at(sys.argv[1]) as journals, journals.open() as journal:
        for row in await journal.take(1_000, journal.new_owner()):
            await intend(journal, row)
            print("sent", row.number, flush=True)
            await issue(journal, row)
            print("ended", row.number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 2, 25, 60])
async def test_what_was_answered_for_survives_kill_9(journals, planned, after):
    async with journals.open() as journal:
        await planned(journal, 200)
    command = [sys.executable, "-c", RUNNER, journals.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runner:
        lines = [runner.stdout.readline().split() for _ in range(after)]
        os.kill(runner.pid, signal.SIGKILL)
    await journals.end_leases()
    async with journals.open() as journal:
        rows = await journal.rows(after=0, limit=200)
        times = await journal.step_times(after=0, limit=200)
        left = await journal.take(200, journal.new_owner())
    said = {
        word: {int(number) for each, number in lines if each == word} for word in ("sent", "ended")
    }

    assert said["sent"] <= {each.number for each in times}
    assert said["ended"] <= {row.number for row in rows if row.state is State.ISSUED}
    assert not said["ended"] & {row.number for row in left}
    assert all("client" in row.sent for row in left if row.number in said["sent"])
