from __future__ import annotations

import msgspec
import pytest

from freedompay_async.batch import Limits, State, outcomes
from freedompay_async.errors import ConfigurationError
from tests.rows import outcome

MADE = (
    "the client is made, and a new key would make another one: mend what was refused (the row, "
    "the settings or the contract), and "
    "order a card for this client by `freedompay cards issue`"
)
CORRECT = "correct the row and put it in a new file under a new key"
ACCEPT = (
    "if it is this person's, resume the batch with --accept-found (a file with the key in it, or "
    "all)"
)
ACCEPT_USE = (
    "if it was for this person, resume the batch with --accept-found (a file with the key in it, "
    "or all); for other people name another batch"
)
HANDS_OFF = "send nothing for this row, and hand out no card of it, before that is clear"


async def test_the_states_add_up_to_the_rows(office, people):
    report = await office.issue(office.file(people(9, {2: "REFUSED", 5: "DECLINED"})))

    assert sum(getattr(report, state) for state in State) == report.rows == 9


async def test_a_report_names_its_batch_and_merchant(office, people):
    report = await office.issue(office.file(people(1)), name="june")

    assert (report.batch, report.merchant) == ("june", "10001")


async def test_a_report_before_anything_was_sent(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(4)))
        report = await batch.report()

    assert (report.planned, report.left, report.complete, report.problems) == (4, 4, False, ())


async def test_a_report_of_a_batch_where_all_is_well(office, people):
    report = await office.issue(office.file(people(4)))

    assert (report.issued, report.left, report.complete, report.problems) == (4, 0, True, ())


async def test_a_batch_with_a_refused_row_has_nothing_left_and_is_not_complete(office, people):
    report = await office.issue(office.file(people(4, {3: "NOCARD"})))

    assert (report.issued, report.left, report.complete) == (3, 0, False)


async def test_the_problems_come_in_the_order_of_the_file(office, people):
    report = await office.issue(office.file(people(9, {7: "REFUSED", 2: "DECLINED", 5: "NOCARD"})))

    assert [(each.line, each.key) for each in report.problems] == [(3, "k2"), (6, "k5"), (8, "k7")]


async def test_a_row_that_began_counts_as_started(office, people):
    office.issuer.hold = True
    report = await office.issue(office.file(people(3)), limits=Limits(wait=0.02))

    assert (report.started, report.planned, report.left) == (3, 0, 3)


async def test_every_row_is_told_in_the_order_of_the_file(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(2_100)))
        told = [(each.line, each.key, each.state) async for each in outcomes(batch.journal)]

    assert told == [(number + 1, f"k{number}", State.PLANNED) for number in range(1, 2_101)]


@pytest.mark.parametrize(
    ("told", "next_"),
    [
        (outcome(State.PLANNED), "resume the batch"),
        (outcome(State.STARTED), "resume the batch"),
        (outcome(State.ISSUED), ""),
        (outcome(State.ISSUED, reason="not active"), "the card exists; activate it by hand"),
        (
            outcome(State.REFUSED, reason="no", proved=True),
            (
                "correct the row and put it in a new file under a new key (ask the issuer first "
                "if the key was ever sent without this journal)"
            ),
        ),
        (
            outcome(State.REFUSED, reason="no", proved=True, client_id="c1"),
            MADE,
        ),
        (
            outcome(State.REFUSED, reason="no"),
            (
                "resume the batch to ask again; only when the issuer says that nothing was made "
                f"{CORRECT}"
            ),
        ),
        (
            outcome(State.FOUND, reason="used before", found=True),
            f"find out whom the earlier use of the request ids was for: {ACCEPT_USE}",
        ),
        (
            outcome(State.FOUND, card_id="d1", reason="used before", found=True),
            f"check whose card it is: {ACCEPT}; for other people name another batch",
        ),
        (
            outcome(State.DOUBTFUL, reason="2 cards"),
            f"ask the issuer about the request ids and the cards named; {HANDS_OFF}",
        ),
        (outcome(State.ISSUED, found=True), ""),
    ],
)
def test_each_outcome_says_what_to_do(told, next_):
    assert told.next == next_


def test_an_unknown_outcome_says_to_ask_before_anything_is_sent_anew():
    assert outcome(State.UNKNOWN).next.startswith("resume the batch to ask again; ")


async def test_a_report_is_json(office, people):
    report = await office.issue(office.file(people(3, {1: "REFUSED"})))
    told = msgspec.json.decode(msgspec.json.encode(report))

    assert (told["issued"], told["problems"][0]["state"]) == (2, "refused")


async def test_without_a_plan_a_report_says_so_and_nothing_is_complete(office):
    async with office.batch() as batch:
        report = await batch.report()
        rows = [each async for each in outcomes(batch.journal)]

    assert (report.has_plan, report.complete, report.rows, report.left) == (False, False, 0, 0)
    assert (report.batch, report.merchant, report.problems, rows) == ("", "", (), [])


async def test_a_plan_that_has_problems_or_no_rows_leaves_a_report_without_one(office, person):
    async with office.batch() as batch:
        await office.plan(batch, office.file([person(1, phone="1")]))
        after_problems = await batch.report()
        with pytest.raises(ConfigurationError, match="there are no rows to plan"):
            await batch.plan([])
        after_none = await batch.report()

    assert [each.has_plan for each in (after_problems, after_none)] == [False, False]


async def test_a_plan_that_was_made_is_in_the_report(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(2)))
        report = await batch.report()

    assert (report.has_plan, report.complete) == (True, False)


async def test_a_plan_that_has_lost_all_of_its_rows_is_not_complete(office, people):
    await office.issue(office.file(people(2)))
    office.alter("DELETE FROM intents")
    office.alter("DELETE FROM rows")
    async with office.batch() as batch:
        report = await batch.report()

    assert (report.has_plan, report.rows, report.complete) == (True, 0, False)


async def test_a_report_without_a_plan_is_json(office):
    async with office.batch() as batch:
        told = msgspec.json.decode(msgspec.json.encode(await batch.report()))

    assert (told["has_plan"], told["rows"], told["problems"]) == (False, 0, [])
