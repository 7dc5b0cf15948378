"""Requests that take longer than a row waits: the run ends with its time, whatever was given back
for waiting.
"""

from __future__ import annotations

import json

import pytest

from freedompay_async.codec.messages import Reply


@pytest.mark.parametrize("wait", [4.0, 20.0])
def test_rows_that_wait_in_vain_are_left_in_bounded_time(issuer, run_batch, wait):
    slow = issuer(processing=1000.0)
    work = slow.work

    def working(call, body):
        slow.processing = 1000.0 if call == "issue" else 0.5
        return work(call, body)

    slow.work = working
    report, seconds = run_batch(slow, 300, concurrency=64, wait=wait, check_first="none")

    assert (report.issued, report.unknown, report.refused, report.left) == (0, 0, 0, 300)
    assert seconds < 10 * wait
    assert len(slow.came) < 10_000


def test_questions_that_are_held_stop_no_run_while_others_are_answered(issuer, run_batch):
    """A resumed run that only waits for results: every other card is to be asked about in an hour."""
    slow = issuer(processing=0.5)
    send, accepted = slow.send, {}

    async def first(message, attempt):
        if message.path.endswith("request/status") and accepted.get(
            json.loads(message.body)["request_id"]
        ):
            attempt.connected()
            return Reply(429, {"Retry-After": "3600"}, b"")
        reply = await send(message, attempt)
        if message.path.endswith("card/issue"):
            accepted[json.loads(message.body)["request_id"]] = True
        return reply

    slow.send = first
    run_batch(slow, 120, concurrency=200, check_first="none")
    journal = run_batch.journal
    assert len(accepted) == 120
    accepted.update(dict.fromkeys(list(accepted)[::2], False))
    report, _ = run_batch(slow, 120, concurrency=4, check_first="none", journal=journal)

    assert (report.issued, report.left, report.unknown) == (60, 60, 0)
