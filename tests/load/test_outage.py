"""An issuer that is gone for five minutes in the middle of a batch: the batch waits for it, and no
row is failed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from itertools import pairwise

import pytest

from freedompay_async import ConfigurationError, NotSent
from freedompay_async.codec.messages import Reply

ROWS = 700
BEGINS, ENDS = 2.0, 302.0
# Until then what was on the way when it began has run into its time-out, and it is known.
KNOWN = BEGINS + 16.0
KINDS = ["refuses", "resets_after_the_work", "stalls", "breaks", "shows_a_page"]


@pytest.fixture(scope="module", params=KINDS)
def outage(request, issuer, goes_wrong, run_batch):
    """A batch whose issuer is gone from the second second on, for five minutes: the issuer, the
    report, the seconds that it took.
    """
    gone, fault = issuer(), getattr(goes_wrong, request.param)
    gone.trouble = lambda now: fault if BEGINS <= now < ENDS else None
    return gone, *run_batch(gone, ROWS, concurrency=64)


def test_every_row_has_its_card_once_and_the_run_goes_on_by_itself(outage, once_each):
    gone, report, seconds = outage

    assert (report.issued, report.refused, report.unknown, report.left) == (ROWS, 0, 0, 0)
    assert gone.effects == once_each(ROWS)
    assert seconds > ENDS


def test_in_the_outage_nothing_goes_out_but_a_question_at_most_once_a_second(outage):
    asked = [each for each in outage[0].came if each.at >= KNOWN and not each.answered]

    assert len(asked) > 5
    assert min(after.at - before.at for before, after in pairwise(asked)) >= 1.0 - 1e-9
    assert {each.call for each in asked} == {"status"}


def test_what_an_outage_interrupts_is_at_most_what_was_on_the_way(outage):
    first = [each for each in outage[0].came if each.at < KNOWN and not each.answered]

    # The places of the lane, the question that tells it from the silence of one call, and one a
    # second.
    assert len(first) <= 64 + 1 + 16


def test_an_outage_that_is_longer_than_allowed_leaves_every_row_to_be_resumed(
    issuer, goes_wrong, run_batch
):
    gone = issuer()
    gone.trouble = lambda now: goes_wrong.stalls if now >= BEGINS else None
    with pytest.raises(
        NotSent, match=r"no answer from the issuer for .* The rows that are left can be resumed"
    ) as caught:
        run_batch(gone, 300, concurrency=64, outage=60.0)

    assert caught.value.request_id is None


def test_one_request_that_is_never_answered_does_not_hold_the_others(issuer, goes_wrong, run_batch):
    poisoned = issuer()
    send = poisoned.send

    async def but_one(message, attempt):
        if b"77010000007" in message.body:
            async with attempt.clock():
                return await goes_wrong.stalls(attempt, None)
        return await send(message, attempt)

    poisoned.send = but_one
    report, seconds = run_batch(poisoned, 60, concurrency=16, settle=60.0)

    assert (report.issued, report.unknown, report.left) == (59, 1, 0)
    assert seconds < 200


def test_a_row_that_is_refused_in_an_outage_is_refused_after_it(issuer, goes_wrong, run_batch):
    gone = issuer()
    send = gone.send

    async def refusing(message, attempt):
        now = asyncio.get_running_loop().time()
        if message.path.endswith("issue"):
            attempt.connected()
            gone.trouble = lambda now: goes_wrong.stalls if now < ENDS else None
            return Reply(400, {}, b'{"status": "error", "error_code": "declined"}')
        return await send(message, attempt) if now < ENDS or gone.trouble(now) is None else None

    gone.send = refusing
    report, _ = run_batch(gone, 5, concurrency=4)

    assert (report.refused, report.unknown, report.left) == (5, 0, 0)


def test_a_request_that_never_ends_does_not_keep_a_run_from_ending_however_many_outages_there_are(
    issuer, goes_wrong, run_batch
):
    endless = issuer(processing=1e9)
    endless.trouble = lambda now: goes_wrong.refuses if now % 500 > 470 else None
    report, seconds = run_batch(endless, 2, concurrency=4)

    assert (report.issued, report.left) == (0, 2)
    assert seconds < 1_500


def test_rows_that_can_not_be_sent_while_the_issuer_answers_are_tried_ever_less_often(
    issuer, goes_wrong, run_batch
):
    half = issuer()
    send = half.send

    async def only_questions(message, attempt):
        if message.path.endswith("status") or asyncio.get_running_loop().time() > 60:
            return await send(message, attempt)
        tried.append(message)
        return await goes_wrong.refuses(attempt, None)

    tried = []
    half.send = only_questions
    report, _ = run_batch(half, 20, concurrency=16)

    assert report.issued == 20
    assert len(tried) <= 20 * 8


def breaks_over_ids_that_it_does_not_know(issuer, goes_wrong):
    odd = issuer()
    send, lost = odd.send, []

    async def breaks_over_unknown(message, attempt):
        body = json.loads(message.body)
        if message.path.endswith("status") and body["request_id"] not in odd.done:
            return await goes_wrong.breaks(attempt, None)
        if message.path.endswith("issue") and not lost:
            lost.append(message)
            return await goes_wrong.resets_after_the_work(attempt, lambda: odd.work("issue", body))
        return await send(message, attempt)

    odd.send = breaks_over_unknown
    return odd


def test_an_issuer_that_breaks_over_ids_that_it_does_not_know_is_not_taken_for_gone(
    issuer, goes_wrong, run_batch
):
    odd = breaks_over_ids_that_it_does_not_know(issuer, goes_wrong)
    report, _ = run_batch(odd, 20, concurrency=1, check_first="none")

    assert (report.issued, report.left) == (20, 0)


@pytest.mark.parametrize("lost_first", [False, True], ids=["", "after a lost answer"])
@pytest.mark.parametrize("limits", [{}, {"concurrency": 1}, {"rate": 1.0}], ids=str)
def test_its_first_questions_end_in_time_with_what_to_do(
    issuer, goes_wrong, run_batch, limits, lost_first
):
    """An answer that is broken is no outage there, which would be waited out for longer."""
    odd = breaks_over_ids_that_it_does_not_know(issuer, goes_wrong)
    send = odd.send

    async def seen(message, attempt):
        asked.append(asyncio.get_running_loop().time())
        if lost_first and len(asked) == 1:
            return await goes_wrong.resets_after_the_work(attempt, lambda: None)
        return await send(message, attempt)

    asked = []
    odd.send = seen
    with pytest.raises(ConfigurationError) as caught:
        run_batch(odd, 60, **limits)

    assert str(caught.value) == (
        "nothing was sent. Whether the request ids of this batch were used before is not known: "
        "request/status gave no clear answer to "
        "50 of 50 questions, the last time: the answer does not fit the contract (HTTP 503). Run it "
        "again later; or, if this is how the host "
        'answers an id that it does not know, say --check-first none (Batch(check_first="none")).'
    )
    assert odd.effects == Counter()
    assert 110 < asked[-1] < 200


def test_a_sample_under_a_low_rate_asks_about_each_id_though_that_takes_longer_than_settling(
    issuer, run_batch, once_each
):
    free = issuer(takes=0.01)
    report, seconds = run_batch(free, 60, rate=1.0, settle=20.0)

    assert (report.issued, free.effects) == (60, once_each(60))
    assert seconds > 50


@pytest.mark.parametrize("back", [0.0, 4_000.0])
def test_an_outage_longer_than_an_id_is_remembered_makes_nothing_twice_whatever_the_clock_says(
    issuer, goes_wrong, run_batch, monkeypatch, back
):
    def elapsed():
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return 0.0

    monkeypatch.setattr(
        time, "time", lambda: 1.7e9 + elapsed() - (back if elapsed() > 4_500 else 0.0)
    )
    monkeypatch.setattr(time, "monotonic", elapsed)
    gone = issuer()

    def trouble(now):
        # It begins while the first calls of all are on the way.
        if now >= 5_000:
            return None
        if now >= 4_900:
            # By now it has forgotten what it did before the outage; `effects` is what it has done
            # in truth.
            gone.done.clear()
        return resets if now < 1 else goes_wrong.refuses

    async def resets(attempt, work):
        # Late enough for as many to be on the way as may be.
        await asyncio.sleep(0.1)
        return await goes_wrong.resets_after_the_work(attempt, work)

    gone.trouble = trouble
    report, _ = run_batch(gone, 100, concurrency=16, outage=7_200.0, check_first="none")

    assert max(gone.effects.values()) == 1
    assert report.unknown >= 16
