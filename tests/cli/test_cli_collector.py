"""The garbage collector while the command runs a batch."""

from __future__ import annotations

import gc

import pytest

from freedompay_async.batch import Batch
from freedompay_async.cli.collector import rare_collections


def test_collections_are_rare_for_as_long_as_a_batch_runs(shell, people, monkeypatch):
    before, during, run = gc.get_threshold(), [], Batch.run

    async def watched(self):
        async for outcome in run(self):
            during.append((gc.get_threshold()[0], gc.get_freeze_count() > 0))
            yield outcome

    monkeypatch.setattr(Batch, "run", watched)
    result = shell.issue(people(3))

    assert result.exit_code == 0
    assert during == [(10_000, True)] * 3
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_an_error_of_the_run_leaves_the_collector_as_it_was():
    before = gc.get_threshold()
    with pytest.raises(KeyError), rare_collections():
        raise KeyError

    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
