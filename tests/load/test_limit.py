"""An issuer that answers 429 to everything above so many calls a second: the batch finds the limit
and stays close to it.
"""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest

BEGIN, END = 30.0, 90.0


def by_the_second(limit, limits):
    """So many calls are taken in each second of its clock."""
    seconds: Counter[int] = Counter()

    def trouble(now):
        seconds[int(now)] += 1
        return limits if seconds[int(now)] > limit else None

    return trouble


def by_a_bucket(limit, limits, *, burst):
    """Each second so many tokens flow in, and each call takes one."""
    tokens, last = float(burst), 0.0

    def trouble(now):
        nonlocal tokens, last
        tokens, last = min(burst, tokens + (now - last) * limit), now
        if tokens < 1:
            return limits
        tokens -= 1
        return None

    return trouble


KINDS = {
    "seconds": by_the_second,
    "bucket": lambda limit, limits: by_a_bucket(limit, limits, burst=limit),
    "small bucket": lambda limit, limits: by_a_bucket(limit, limits, burst=limit // 10),
}


@pytest.fixture(
    scope="module",
    params=[(kind, limit) for kind in KINDS for limit in (20, 50)],
    ids=lambda each: f"{each[1]} by {each[0]}",
)
def limited(request, issuer, goes_wrong, run_batch):
    """A batch at an issuer with a limit: the limit, the issuer, the rows, the report, the seconds
    that it took.
    """
    kind, limit = request.param
    limited = issuer()
    limited.trouble = KINDS[kind](limit, goes_wrong.limits)
    # About four calls a row, so that the run is longer than what is looked at.
    rows = int(limit * END / 3.5)
    return limit, limited, rows, *run_batch(limited, rows, concurrency=64)


def test_throughput_settles_within_a_tenth_of_the_limit(limited):
    limit, issuer, _, _, seconds = limited
    taken = sum(each.answered and BEGIN <= each.at < END for each in issuer.came) / (END - BEGIN)

    assert seconds > END
    assert 0.9 * limit <= taken <= 1.1 * limit


def test_no_row_is_failed_by_the_limit(limited, once_each):
    _, issuer, rows, report, _ = limited

    assert (report.issued, report.refused, report.unknown, report.left) == (rows, 0, 0, 0)
    assert issuer.effects == once_each(rows)


def test_what_is_refused_becomes_little(limited):
    later = [each for each in limited[1].came if BEGIN <= each.at < END]

    assert sum(not each.answered for each in later) <= len(later) * 0.05


def test_a_rate_that_the_caller_gives_is_never_passed(issuer, run_batch):
    free = issuer(takes=0.01)
    run_batch(free, 100, concurrency=64, rate=20.0)
    times = [each.at for each in free.came]
    most = max(sum(begin <= at < begin + 1 for at in times) for begin in times)

    assert most <= 21
    assert next(number for number in count() if times[number] > 5.0) >= 95


@pytest.mark.parametrize(("limit", "rows"), [(3, 700), (1, 150)])
def test_no_row_is_failed_by_a_limit_under_which_each_waits_for_minutes(
    issuer, goes_wrong, run_batch, once_each, limit, rows
):
    slow = issuer()
    slow.trouble = by_the_second(limit, goes_wrong.limits)
    report, _ = run_batch(slow, rows, concurrency=64)

    assert (report.issued, report.refused, report.unknown, report.left) == (rows, 0, 0, 0)
    assert slow.effects == once_each(rows)


@pytest.mark.parametrize("seconds", [60, 900])
def test_no_row_is_failed_by_an_issuer_that_limits_everything_for_a_while(
    issuer, goes_wrong, run_batch, once_each, seconds
):
    storm = issuer()
    storm.trouble = lambda now: goes_wrong.limits if 2 <= now < 2 + seconds else None
    report, _ = run_batch(storm, 700, concurrency=64)

    assert (report.issued, report.refused, report.unknown, report.left) == (700, 0, 0, 0)
    assert storm.effects == once_each(700)
