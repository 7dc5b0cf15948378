"""What the issuer asks to wait is obeyed while there is time for it; where it asks for more, the
row is left and the run ends.
"""

from __future__ import annotations

import pytest

from freedompay_async import RateLimited

ROWS = 40


def first(trouble, of="add"):
    """The first call of this kind gets it, and no other."""

    def send_through(issuer):
        send, had = issuer.send, []

        async def sent(message, attempt):
            issuer.trouble = lambda now: None
            if message.path.endswith(of) and not had:
                had.append(message)
                issuer.trouble = lambda now: trouble
            return await send(message, attempt)

        issuer.send = sent

    return send_through


@pytest.mark.parametrize("asked", [3600, 999_999_999, "Fri, 31 Dec 2100 23:59:59 GMT"])
@pytest.mark.parametrize("call", ["add", "issue"])
def test_one_answer_that_asks_for_too_much_leaves_its_row_and_no_other(
    issuer, goes_wrong, run_batch, once_each, asked, call
):
    strange = issuer()
    first(goes_wrong.asks_to_wait(429, asked), call)(strange)
    report, seconds = run_batch(strange, ROWS, concurrency=8)
    progress = run_batch.progress

    assert (report.issued, report.unknown, report.refused, report.left) == (ROWS - 1, 0, 0, 1)
    assert (progress.left, progress.trouble) == (1, progress.left_because)
    assert progress.left_because.startswith("the issuer asked to wait ")
    assert progress.left_because.endswith(
        "longer than there was time left for (Limits.settle is 120 s). Rows are left as they are: "
        "resume later"
    )
    assert seconds < 60

    report, _ = run_batch(strange, ROWS, journal=run_batch.journal)

    assert (report.issued, report.left) == (ROWS, 0)
    assert strange.effects == once_each(ROWS)


@pytest.mark.parametrize("asked", [60, 110])
def test_what_there_is_time_for_is_obeyed(issuer, goes_wrong, run_batch, once_each, asked):
    slow = issuer()
    first(goes_wrong.asks_to_wait(429, asked))(slow)
    report, seconds = run_batch(slow, ROWS, concurrency=8)

    assert (report.issued, run_batch.progress.left, run_batch.progress.trouble) == (ROWS, 0, None)
    assert slow.effects == once_each(ROWS)
    assert seconds >= asked


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", [0, 5, 90, 120, 3600])
def test_an_outage_fails_no_row_whatever_it_asks_to_wait(
    issuer, goes_wrong, run_batch, once_each, status, asked
):
    closed = issuer()
    closed.trouble = lambda now: goes_wrong.asks_to_wait(status, asked) if 2 <= now < 40 else None
    report, _ = run_batch(closed, 300, concurrency=32)
    progress = run_batch.progress

    assert (report.unknown, report.refused, report.issued + report.left) == (0, 0, 300)
    assert (
        (progress.left > 0)
        == (progress.left_because is not None)
        == (report.left > 0)
        == (asked >= 120)
    )

    closed.trouble = lambda now: None
    report, _ = run_batch(closed, 300, journal=run_batch.journal)

    assert (report.issued, report.left) == (300, 0)
    assert closed.effects == once_each(300)


@pytest.mark.parametrize("status", [429, 503])
def test_a_lost_effect_whose_question_is_to_wait_too_long_is_left_and_found_out_later(
    issuer, goes_wrong, run_batch, once_each, status
):
    def trouble(now):
        if 2 <= now < 2.5:
            return goes_wrong.resets_after_the_work
        return goes_wrong.asks_to_wait(status, 3600) if 2.5 <= now < 9 else None

    lost = issuer()
    lost.trouble = trouble
    report, _ = run_batch(lost, 100, concurrency=16, settle=30.0)

    assert (report.unknown, report.refused, report.left) == (0, 0, run_batch.progress.left)
    # A 503 is an outage, and in that nothing is asked but whether it is over.
    assert status == 503 or report.left > 0

    lost.trouble = lambda now: None
    report, _ = run_batch(lost, 100, journal=run_batch.journal)

    assert (report.issued, report.left) == (100, 0)
    assert lost.effects == once_each(100)


def test_an_issuer_that_asks_every_call_for_too_much_ends_the_run_by_itself(
    issuer, goes_wrong, run_batch
):
    full = issuer()
    full.trouble = lambda now: goes_wrong.asks_to_wait(429, 3600) if now >= 2 else None
    report, seconds = run_batch(full, 2_000, concurrency=32)
    asked = [each for each in full.came if not each.answered]

    assert (report.unknown, report.refused) == (0, 0)
    # What was on the way, as many again, and those that follow while the last of these are
    # answered.
    assert len(asked) <= 3 * 32
    assert report.planned > 1_500
    assert seconds < 60
    assert "asked to wait 3600 s" in run_batch.progress.trouble


@pytest.mark.parametrize("asked", [None, 0, 1, 100])
def test_an_issuer_that_limits_everything_for_ever_ends_the_run_by_itself(
    issuer, goes_wrong, run_batch, asked
):
    full = issuer()
    full.trouble = lambda now: goes_wrong.asks_to_wait(429, asked) if now >= 2 else None
    with pytest.raises(
        RateLimited,
        match=r"for 6\d\d s the issuer has answered every call with HTTP 429. The rows that are left can be ",
    ):
        run_batch(full, 2_000, concurrency=32, outage=600.0)
    full.trouble = lambda now: None
    report, _ = run_batch(full, 2_000, journal=run_batch.journal)

    assert report.issued == 2_000


@pytest.mark.parametrize("status", [429, 503])
def test_a_result_that_is_to_be_waited_for_too_long_leaves_its_row(
    issuer, goes_wrong, run_batch, once_each, status
):
    slow = issuer(processing=20.0)
    slow.trouble = lambda now: goes_wrong.asks_to_wait(status, 700) if 21 <= now < 24 else None
    report, seconds = run_batch(slow, 20, concurrency=16, outage=5_000.0)
    progress = run_batch.progress

    assert (report.unknown, report.refused, report.issued + report.left) == (0, 0, 20)
    assert progress.left > 0
    assert "Limits." in progress.left_because
    assert seconds < 300

    slow.trouble = lambda now: None
    report, _ = run_batch(slow, 20, journal=run_batch.journal)

    assert (report.issued, report.left) == (20, 0)
    assert slow.effects == once_each(20)
