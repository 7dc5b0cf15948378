"""The issuer asks to wait for longer than a row has time: the row is left as the journal has it,
and is told why.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import ConfigurationError
from freedompay_async.batch import Limits, State
from freedompay_async.codec.messages import Reply
from tests.batch.runs import NO, NOT_KNOWN

LATER = {
    "429": Reply(429, {"Retry-After": "3600"}, b""),
    "503": Reply(503, {"Retry-After": "3600"}, b""),
}
TOLD = (
    "the issuer asked to wait 3600 s, longer than there was time left for (Limits.{limit}). Rows "
    "are left as they are: resume later"
)


@pytest.fixture(params=LATER)
def later(request):
    return LATER[request.param]


@pytest.fixture
def second_later(office, later):
    """A rule: whatever is asked of the second row's client, the issuer wants to answer later."""
    held = office.request_id("k2", "client")

    async def rule(call, request_id, send):
        return later if request_id == held else await send()

    return rule


@pytest.fixture
def run(office, between):
    """A run over these rows with somebody in between; its report, and `run.progress`."""

    async def run(rule, rows=None, *, journal="run.db", check_first="none", **options):
        async with office.batch(journal, check_first=check_first, **options) as batch:
            if rows is not None:
                await office.plan(batch, office.file(rows))
            between(batch, rule)
            try:
                return await office.finish(batch)
            finally:
                run.progress = batch.progress

    return run


@pytest.mark.parametrize("step", ["client", "card"])
async def test_a_refused_step_that_can_not_be_asked_about_in_time_is_left_and_never_sent_again(
    office, people, one_each, run, said, later, step
):
    refused, sent = office.request_id("k2", step), []

    async def rule(call, request_id, send):
        if request_id != refused:
            return await send()
        if call == "request/status":
            return later
        sent.append(call)
        return said(NO)

    report = await run(rule, people(3), limits=Limits(concurrency=2))
    (problem,) = report.problems

    assert (report.issued, report.unknown, report.refused, report.started) == (2, 0, 0, 1)
    assert (run.progress.left, run.progress.trouble) == (1, TOLD.format(limit="settle is 120 s"))
    assert (problem.key, problem.state, problem.next) == ("k2", State.STARTED, "resume the batch")
    assert "asked to wait 3600 s" in problem.reason

    async def answers(call, request_id, send):
        sent.extend([call] if request_id == refused and call != "request/status" else [])
        return said(NOT_KNOWN) if request_id == refused else await send()

    report = await run(answers, limits=Limits(concurrency=2))

    assert (report.issued, report.refused, report.unproved, report.left) == (2, 1, 0, 0)
    assert len(sent) == 1


async def test_a_refused_step_whose_second_question_is_to_wait_too_long_is_left(
    office, people, run, said, later
):
    refused, asked = office.request_id("k2", "client"), []

    async def rule(call, request_id, send):
        if request_id != refused:
            return await send()
        if call != "request/status":
            return said(NO)
        asked.append(call)
        return said(NOT_KNOWN) if len(asked) == 1 else later

    report = await run(rule, people(2))

    assert (report.issued, report.unknown, report.refused, report.started) == (1, 0, 0, 1)
    assert (len(asked), run.progress.left) == (2, 1)

    report = await run(rule)

    assert (report.issued, report.unknown, report.refused, report.started) == (1, 0, 0, 1)


async def test_a_witness_that_is_to_wait_too_long_proves_nothing_and_holds_up_nobody(
    office, people, between, said
):
    witness = {office.request_id("k1", step) for step in ("client", "card")}
    refused = {office.request_id(f"k{number}", "client") for number in (2, 3, 4)}
    issued = asyncio.Event()

    async def rule(call, request_id, send):
        if request_id in refused:
            if call != "request/status":
                return said(NO)
            await issued.wait()
        return LATER["429"] if issued.is_set() and request_id in witness else await send()

    async with office.batch(check_first="none") as batch:
        await office.plan(batch, office.file(people(4)))
        between(batch, rule)
        async for _ in batch.run():
            issued.set()
        report = await batch.report()

    assert (report.issued, report.refused, report.unproved, report.unknown) == (1, 3, 3, 0)
    assert batch.progress.left_because is None


@pytest.mark.parametrize("named", [[], [{"card_id": "c-1"}]])
async def test_a_card_whose_result_is_to_wait_too_long_is_left(
    office, people, one_each, run, said, later, named
):
    """The issuer may have said before that it was done, and have named nothing."""
    issued, asked = office.request_id("k1", "card"), []

    async def rule(call, request_id, send):
        if call != "request/status" or request_id != issued:
            return await send()
        asked.append(call)
        return (
            said({"status": "ok", "request_status": "success" if named else "process"})
            if len(asked) == 1
            else later
        )

    report = await run(rule, people(2))

    assert (report.issued, report.unknown, report.started) == (1, 0, 1)
    assert (run.progress.left, run.progress.trouble) == (1, TOLD.format(limit="wait is 600 s"))

    report = await office.resume()

    assert (report.issued, office.cards()) == (2, one_each(2))


async def test_where_each_row_is_asked_about_one_that_is_to_wait_too_long_is_left_and_the_others_go_on(
    office, people, one_each, run, second_later
):
    report = await run(second_later, people(4), check_first="all", limits=Limits(concurrency=1))

    assert (report.issued, report.unknown, report.planned) == (3, 0, 1)
    assert (run.progress.left, run.progress.trouble) == (1, TOLD.format(limit="settle is 120 s"))

    report = await office.resume()

    assert (report.issued, office.cards()) == (4, one_each(4))


async def test_a_sample_that_is_to_wait_too_long_sends_nothing_and_says_why(
    office, people, one_each, run, second_later
):
    with pytest.raises(ConfigurationError) as caught:
        await run(second_later, people(4), check_first="sample")

    assert caught.value.text == (
        "nothing was sent. Whether the request ids of this batch were used before is not known: "
        "the issuer asked to wait 3600 s "
        "before it is asked again, longer than there was time left for (Limits.settle is 120 s). "
        "Run it again later."
    )
    assert office.effects() == []

    report = await office.resume()

    assert (report.issued, office.cards()) == (4, one_each(4))


async def test_a_stop_that_is_asked_for_leaves_no_reason(office, people, between):
    async with office.batch(check_first="none") as batch:
        await office.plan(batch, office.file(people(30)))
        async for _ in batch.run():
            batch.stop()

    assert batch.progress.left_because is None
