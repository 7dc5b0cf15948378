from __future__ import annotations

import datetime as dt
from datetime import date, datetime, timedelta, timezone

import pytest

from freedompay_async.api.statement_windows import day_of, movements
from freedompay_async.contract.models import Movement, Statement
from freedompay_async.errors import ConfigurationError, ProtocolError

DAY = timedelta(days=1)
FIRST = date(2026, 2, 26)  # The end of a short month.
ALMATY = timezone(timedelta(hours=5))
DAYS = 12
MARGIN = 2 * DAY


class Issuer:
    """Keeps movements, and gives those whose day, in its own time zone, is in what it is asked for."""

    def __init__(self, kept, *, zone=ALMATY, with_start=True, with_end=True):
        self.kept = kept
        self.zone = zone
        self.with_start = with_start
        self.with_end = with_end
        self.asked = []

    async def __call__(self, card_id, *, start_date, end_date, timeout):
        self.asked.append((card_id, start_date, end_date, timeout))
        return Statement(
            status="ok",
            operations=[each for each in self.kept if self._fits(each, start_date, end_date)],
        )

    def _fits(self, movement, start, end):
        if movement.time is None:
            return True
        day = movement.time.astimezone(self.zone).date()
        return (start <= day if self.with_start else start < day) and (
            day <= end if self.with_end else day < end
        )


def at(when: datetime) -> Movement:
    return Movement(datetime=when.isoformat())


def busy(zone=ALMATY, *, days: int = DAYS + 8) -> list[Movement]:
    """Movements at both ends and in the midst of each day, from some days before the first to some
    days after the last.
    """
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=zone) - 4 * DAY
    return [
        at(start + number * DAY + timedelta(seconds=second))
        for number in range(days)
        for second in (0, 43_200, 86_399)
    ]


def due(kept, start, end) -> list[Movement]:
    return [each for each in kept if start <= each.time.date() <= end]


@pytest.fixture
def gather():
    async def run(issuer, *, start=FIRST, end=FIRST + (DAYS - 1) * DAY, window=30, timeout=None):
        return [
            each
            async for each in movements(
                issuer, "c", start=start, end=end, window=window, timeout=timeout
            )
        ]

    return run


class TestWindows:
    @pytest.mark.parametrize(
        ("days", "window", "expected"),
        [
            (1, 1, [(0, 0)]),
            (1, 30, [(0, 0)]),
            (3, 1, [(0, 0), (1, 1), (2, 2)]),
            (5, 2, [(0, 1), (2, 3), (4, 4)]),
            (4, 2, [(0, 1), (2, 3)]),
            (31, 30, [(0, 29), (30, 30)]),
        ],
    )
    async def test_are_asked_for_with_two_days_more_on_either_side(
        self, gather, days, window, expected
    ):
        issuer = Issuer([])
        await gather(issuer, end=FIRST + (days - 1) * DAY, window=window, timeout=7.0)

        assert issuer.asked == [
            ("c", FIRST + first * DAY - MARGIN, FIRST + last * DAY + MARGIN, 7.0)
            for first, last in expected
        ]

    @pytest.mark.parametrize("window", [1, 2, 7, 21])
    async def test_cover_each_day_once(self, gather, window):
        covered = {}
        for days in range(1, 23):
            issuer = Issuer([])
            await gather(issuer, end=FIRST + (days - 1) * DAY, window=window)
            covered[days] = [
                first + number * DAY
                for first, last in (
                    (start + MARGIN, end - MARGIN) for _, start, end, _ in issuer.asked
                )
                for number in range((last - first).days + 1)
            ]

        assert covered == {
            days: [FIRST + number * DAY for number in range(days)] for days in range(1, 23)
        }

    async def test_are_no_longer_than_told(self, gather):
        longest = {}
        for window in range(1, DAYS + 3):
            issuer = Issuer([])
            await gather(issuer, window=window)
            longest[window] = max(
                (end - start - 2 * MARGIN).days + 1 for _, start, end, _ in issuer.asked
            )

        assert longest == {window: min(window, DAYS) for window in range(1, DAYS + 3)}

    async def test_are_asked_for_one_by_one(self):
        issuer = Issuer(busy())
        run = movements(issuer, "c", start=FIRST, end=FIRST + 9 * DAY, window=1, timeout=None)
        await anext(run)
        asked = len(issuer.asked)
        await run.aclose()

        assert asked == 1

    async def test_take_the_day_of_a_time(self, gather):
        issuer = Issuer([])
        await gather(
            issuer,
            start=datetime(2026, 3, 1, 23, 59, tzinfo=ALMATY),
            end=datetime(2026, 3, 1, 0, 1, tzinfo=ALMATY),
        )

        assert issuer.asked == [("c", date(2026, 2, 27), date(2026, 3, 3), None)]

    @pytest.mark.parametrize("window", [0, -1, 0.5])
    async def test_of_no_day_are_refused(self, gather, window):
        issuer = Issuer([])

        with pytest.raises(ConfigurationError) as caught:
            await gather(issuer, window=window)

        assert (caught.value.text, issuer.asked) == (
            f"window is {window!r}: it needs at least 1 day. Nothing was sent.",
            [],
        )

    async def test_from_a_later_to_an_earlier_day_are_refused(self, gather):
        issuer = Issuer([])

        with pytest.raises(ConfigurationError) as caught:
            await gather(issuer, start=date(2026, 3, 2), end=date(2026, 3, 1))

        assert caught.value.text == (
            "movements from 2026-03-02 to 2026-03-01: the end is before the start. Nothing "
            "was sent."
        )
        assert issuer.asked == []


class TestEachMovement:
    @pytest.mark.parametrize("window", range(1, DAYS + 2))
    @pytest.mark.parametrize("with_start", [True, False])
    @pytest.mark.parametrize("with_end", [True, False])
    async def test_comes_once_whether_or_not_the_ends_are_counted_in(
        self, gather, window, with_start, with_end
    ):
        kept = busy()
        found = await gather(Issuer(kept, with_start=with_start, with_end=with_end), window=window)

        assert found == due(kept, FIRST, FIRST + (DAYS - 1) * DAY)

    @pytest.mark.parametrize("window", [1, 2, 5, DAYS])
    @pytest.mark.parametrize("hours", range(-12, 15))
    async def test_comes_once_wherever_the_issuers_days_begin(self, gather, window, hours):
        kept = busy()
        found = await gather(Issuer(kept, zone=timezone(timedelta(hours=hours))), window=window)

        assert found == due(kept, FIRST, FIRST + (DAYS - 1) * DAY)

    @pytest.mark.parametrize("window", [1, 2, DAYS])
    @pytest.mark.parametrize("with_start", [True, False])
    @pytest.mark.parametrize("with_end", [True, False])
    @pytest.mark.parametrize(
        ("own", "theirs"), [(-11, 12), (12, -11), (5, 0), (0, 5), (5, 14), (5, -12)]
    )
    async def test_comes_once_where_both_are_odd(
        self, gather, window, with_start, with_end, own, theirs
    ):
        kept = busy(timezone(timedelta(hours=own)))
        issuer = Issuer(
            kept, zone=timezone(timedelta(hours=theirs)), with_start=with_start, with_end=with_end
        )
        found = await gather(issuer, window=window)

        assert found == due(kept, FIRST, FIRST + (DAYS - 1) * DAY)

    @pytest.mark.parametrize("window", [1, 3])
    @pytest.mark.parametrize("hours", [-11, 0, 5, 14])
    async def test_belongs_to_the_day_that_it_names_itself(self, gather, window, hours):
        kept = busy(timezone(timedelta(hours=hours)))
        found = await gather(Issuer(kept, zone=timezone(timedelta(0))), window=window)

        assert found == due(kept, FIRST, FIRST + (DAYS - 1) * DAY)

    async def test_comes_as_often_as_the_issuer_has_it(self, gather):
        twins = [at(datetime(2026, 3, 1, 12, tzinfo=ALMATY))] * 3

        assert await gather(Issuer(twins), window=2) == twins

    async def test_without_an_offset_has_a_day_all_the_same(self, gather):
        kept = [Movement(datetime="2026-03-01 12:00:00"), Movement(datetime="2026-02-01 12:00:00")]

        assert await gather(Issuer(kept), window=2) == kept[:1]


class TestUndated:
    @pytest.mark.parametrize("text", [None, "", "yesterday", "01.03.2026"])
    async def test_is_refused_with_the_id_of_its_statement(self, gather, text):
        class Named(Issuer):
            async def __call__(self, *args, **ends):
                answer = await super().__call__(*args, **ends)
                return Statement(status="ok", operations=answer.operations, request_id="r-1")

        with pytest.raises(ProtocolError) as caught:
            await gather(Named([Movement(datetime=text, amount=1)]))

        assert (caught.value.request_id, caught.value.call, caught.value.text) == (
            "r-1",
            "cards.statement",
            (
                f"the date of a movement can't be read ({str(text)!r}), so its window is not "
                "known. Use `statement` instead, one at a time."
            ),
        )

    async def test_ends_the_run_with_nothing_after_it(self):
        before, after = (at(datetime(2026, 2, 26, hour, tzinfo=ALMATY)) for hour in (1, 2))
        issuer = Issuer([before, Movement(amount=1), after])
        run = movements(issuer, "c", start=FIRST, end=FIRST + 9 * DAY, window=1, timeout=None)
        first = await anext(run)
        with pytest.raises(ProtocolError):
            await anext(run)

        assert (first, [each async for each in run], len(issuer.asked)) == (before, [], 1)

    async def test_shows_no_card_number_of_its_date(self, gather):
        with pytest.raises(ProtocolError) as caught:
            await gather(Issuer([Movement(datetime="4111111111111111")]))

        assert "4111" not in str(caught.value)


class TestDaysThatThereAreNot:
    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (date.min, date.min),
            (date.min + DAY, FIRST),
            (FIRST, date.max),
            (date.max - MARGIN, date.max - MARGIN),
        ],
    )
    async def test_are_refused(self, gather, start, end):
        issuer = Issuer([])

        with pytest.raises(ConfigurationError) as caught:
            await gather(issuer, start=start, end=end, window=10**9)

        assert caught.value.text == (
            f"movements from {start} to {end}: the calendar has no two days around them, "
            "which are asked for too. Nothing was sent."
        )
        assert issuer.asked == []

    @pytest.mark.parametrize("day", [date.min + MARGIN, date.max - MARGIN - DAY])
    async def test_begin_behind_the_first_and_the_last(self, gather, day):
        issuer = Issuer([])
        await gather(issuer, start=day, end=day, window=10**12)

        assert issuer.asked == [("c", day - MARGIN, day + MARGIN, None)]


async def test_an_answer_without_movements_gives_none(gather):
    class Silent(Issuer):
        async def __call__(self, *args, **ends):
            return Statement(status="ok", operations=None)

    assert await gather(Silent([])) == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31, 23, 59, tzinfo=dt.UTC), "2026-01-31"),
        ("31.01.2026", "31.01.2026"),
        (None, None),
    ],
)
def test_a_day_goes_out_as_a_date_and_a_text_as_it_is(day, expected):
    assert day_of(day) == expected
