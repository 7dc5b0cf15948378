"""An issuer that is gone for five minutes in the middle of a batch: the batch waits for it, and no row is failed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from freedompay_async import NotSent

ROWS = 700
BEGINS, ENDS = 2.0, 302.0
# Until then what was on the way when it began has run into its time-out, and it is known.
KNOWN = BEGINS + 16.0
KINDS = ["refuses", "resets_after_the_work", "stalls", "breaks", "shows_a_page"]


@pytest.fixture(scope="module", params=KINDS)
def outage(request, issuer, goes_wrong, run_batch):
    """A batch whose issuer is gone from the second second on, for five minutes: the issuer, the report, the seconds that it took."""
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

    # The places of the lane, the question that tells it from the silence of one call, and one a second.
    assert len(first) <= 64 + 1 + 16


def test_an_outage_that_is_longer_than_allowed_leaves_every_row_to_be_resumed(issuer, goes_wrong, run_batch):
    gone = issuer()
    gone.trouble = lambda now: goes_wrong.stalls if now >= BEGINS else None
    with pytest.raises(NotSent, match=r"no answer from the issuer for .* The rows that are left can be resumed") as caught:
        run_batch(gone, 300, concurrency=64, outage=60.0)

    assert caught.value.request_id is None


def test_one_request_that_is_never_answered_does_not_hold_the_others(issuer, goes_wrong, run_batch):
    poisoned = issuer()
    send = poisoned.send

    async def but_one(message, attempt):
        if b"77010000007" in message.body:
            return await goes_wrong.stalls(attempt, None)
        return await send(message, attempt)

    poisoned.send = but_one
    report, seconds = run_batch(poisoned, 60, concurrency=16, settle=60.0)

    assert (report.issued, report.unknown, report.left) == (59, 1, 0)
    assert seconds < 200
