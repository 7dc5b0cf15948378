"""Cards that are not what was ordered: told with all their ids, and never complete."""

from __future__ import annotations

import json

import pytest

from freedompay_async.batch import Limits, State, outcomes
from freedompay_async.batch.journal import sqlite_rows

DONE = {"status": "ok", "request_status": "success"}


@pytest.fixture
def told_of(office, between, said):
    """A run in which request/status tells this of these ids, whatever the issuer says."""

    async def run(rows, answers, journal="run.db", **options):
        limits = options.pop("limits", Limits(wait=0.3))
        async with office.batch(journal, limits=limits, **options) as batch:
            await office.plan(batch, office.file(rows))

            async def rule(call, request_id, send):
                reply = await send()
                known = (
                    call == "request/status"
                    and json.loads(reply.body).get("request_status") == "success"
                )
                return said(answers[request_id]) if known and request_id in answers else reply

            between(batch, rule)
            return await office.finish(batch)

    return run


def cards(*ids):
    return {**DONE, "cards": [{"card_id": each} for each in ids]}


async def test_more_cards_than_ordered_are_told_with_all_ids(office, people, told_of):
    request_id = office.request_id("k2", "card")
    report = await told_of(people(3), {request_id: cards("d1", "d2")}, activate=True)
    (problem,) = report.problems

    assert (report.issued, report.doubtful, report.complete, report.left) == (2, 1, False, 0)
    assert (problem.state, problem.card_id) == (State.DOUBTFUL, "d1")
    assert (
        problem.reason
        == f"ordered 1, and 2 cards were made: 2 cards, d1, d2 [request_id {request_id}]"
    )
    assert "hand out no card of it" in problem.next
    assert office.arrived("card/activate") == 2


async def test_a_failed_request_that_names_a_card_is_doubtful(office, people, told_of):
    request_id = office.request_id("k1", "card")
    failed = {
        "status": "ok",
        "request_status": "error",
        "error_code": "7",
        "cards": [{"card_id": "d9"}],
    }
    report = await told_of(people(2), {request_id: failed})
    (problem,) = report.problems

    assert (report.issued, report.doubtful, report.refused) == (1, 1, 0)
    assert (problem.state, problem.card_id, problem.proved) == (State.DOUBTFUL, "d9", False)
    assert problem.reason.startswith("the request failed, and its answer names card d9: ")


async def test_a_failed_client_is_told_with_its_id(office, people, told_of):
    request_id = office.request_id("k1", "client")
    failed = {"status": "ok", "request_status": "error", "error_code": "7", "client_id": "c9"}
    report = await told_of(people(1), {request_id: failed})
    (problem,) = report.problems

    assert (problem.state, problem.client_id, problem.card_id, problem.proved) == (
        State.DOUBTFUL,
        None,
        None,
        False,
    )
    assert problem.reason.startswith("the request failed, and its answer names client c9: ")
    assert (await office.resume()).doubtful == 1
    assert office.arrived("card/issue") == 0


@pytest.mark.parametrize(
    ("names", "said_so"),
    [
        ({"client_id": "c9"}, "names client c9: "),
        ({"transaction_id": "t1"}, "names transaction t1: "),
        (
            {"client_id": "c9", "cards": [{"card_id": "d1"}, {"card_id": "d2"}]},
            "names 2 cards, d1, d2 and client c9: ",
        ),
    ],
)
async def test_a_failed_card_that_names_anything_is_doubtful(
    office, people, told_of, names, said_so
):
    failed = {"status": "ok", "request_status": "error", "error_code": "7"} | names
    report = await told_of(people(1), {office.request_id("k1", "card"): failed})
    (problem,) = report.problems

    assert (problem.state, problem.proved) == (State.DOUBTFUL, False)
    assert said_so in problem.reason
    assert problem.client_id not in (None, "c9")


async def test_a_failed_activation_that_names_another_card_is_doubtful_and_one_that_names_its_own_is_not(
    office, people, between, said
):
    failed = {"status": "ok", "request_status": "error", "error_code": "7"}
    answers = {
        office.request_id("k1", "card"): cards("d1"),
        office.request_id("k2", "card"): cards("d2"),
        office.request_id("k1", "activate"): {**failed, "cards": [{"card_id": "d1"}]},
        office.request_id("k2", "activate"): {**failed, "cards": [{"card_id": "d9"}]},
    }
    async with office.batch(activate=True) as batch:
        await office.plan(batch, office.file(people(2)))

        async def rule(call, request_id, send):
            reply = await send()
            if call == "card/activate":
                return said({"status": "ok", "request_status": "process"})
            return (
                said(answers[request_id])
                if call == "request/status" and request_id in answers
                else reply
            )

        between(batch, rule)
        report = await office.finish(batch)

    assert [(each.key, each.state) for each in report.problems] == [
        ("k1", State.ISSUED),
        ("k2", State.DOUBTFUL),
    ]
    assert "names card d9: " in report.problems[1].reason


async def test_done_and_not_all_ids_are_told_yet_is_unknown_and_asked_about_again(
    office, people, one_each, told_of
):
    request_id = office.request_id("k1", "card")
    first = await told_of(people(1), {request_id: {**DONE, "cards": [{"card_id": ""}]}})
    (problem,) = first.problems
    sent = len(office.effects())
    report = await office.resume()

    assert (problem.state, first.unknown) == (State.UNKNOWN, 1)
    assert problem.reason == (
        f"cards.issue: done, and not all ids are named yet (so far none) [request_id {request_id}]"
    )
    assert report.complete
    assert (office.cards(), len(office.effects())) == (one_each(1), sent)


async def test_a_client_without_its_id_is_waited_for(office, people, told_of):
    request_id = office.request_id("k1", "client")
    report = await told_of(people(1), {request_id: DONE})

    assert report.unknown == 1
    assert report.problems[0].reason.startswith(
        "clients.create: done, and not all ids are named yet"
    )
    assert office.arrived("card/issue") == 0


async def test_a_card_of_two_rows_makes_both_doubtful(office, people, told_of):
    same = {office.request_id(key, "card"): cards("d1") for key in ("k1", "k3")}
    report = await told_of(people(4), same)

    assert (report.issued, report.doubtful, report.complete) == (2, 2, False)
    assert [(each.key, each.card_id, each.reason) for each in report.problems] == [
        ("k1", "d1", "card d1 is that of line 4 too"),
        ("k3", "d1", "card d1 is that of line 2 too"),
    ]


async def test_the_later_row_is_told_as_doubtful_while_the_run_goes_on(
    office, people, between, said
):
    async with office.batch(limits=Limits(concurrency=1)) as batch:
        await office.plan(batch, office.file(people(3)))

        async def rule(call, request_id, send):
            reply = await send()
            known = call == "request/status" and "cards" in json.loads(reply.body)
            return said(cards("d1")) if known else reply

        between(batch, rule)
        told = [(each.state, each.reason) async for each in batch.run()]
        kept = [each.state async for each in outcomes(batch.journal)]

    assert [state for state, _ in told].count(State.DOUBTFUL) >= 2
    assert kept == [State.DOUBTFUL] * 3


@pytest.mark.parametrize("as_one", [sqlite_rows._FROM, False], ids=["this SQLite", "an old SQLite"])
async def test_a_card_of_an_earlier_run_is_found_too(office, people, told_of, monkeypatch, as_one):
    monkeypatch.setattr(sqlite_rows, "_FROM", as_one)
    same = {office.request_id(key, "card"): cards("d1") for key in ("k1", "k2")}
    async with office.batch(limits=Limits(max_cards=2)) as batch:
        await office.plan(batch, office.file(people(2)))
    office.alter("UPDATE rows SET state = 'issued', card_id = 'd1' WHERE key = 'k1'")
    report = await told_of(people(2), same)

    assert (report.issued, report.doubtful) == (0, 2)


async def test_a_card_that_is_not_active_and_shared_keeps_both_reasons(office, people, told_of):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(2)))
    office.alter(
        "UPDATE rows SET state = 'issued', card_id = 'd1', reason = 'not active' WHERE key = 'k1'"
    )
    report = await told_of(people(2), {office.request_id("k2", "card"): cards("d1")})

    assert [each.reason for each in report.problems] == [
        "card d1 is that of line 3 too; not active",
        "card d1 is that of line 2 too",
    ]


async def test_a_doubtful_row_is_left_alone_by_a_resumed_run(office, people, told_of):
    first = await told_of(people(1), {office.request_id("k1", "card"): cards("d1", "d2")})
    before = len(office.issuer.received)
    report = await office.resume(accept_found="all")

    assert report == first
    assert len(office.issuer.received) == before


async def test_a_found_row_with_more_cards_than_ordered_is_doubtful(office, people, told_of):
    await office.issue(office.file(people(1)), "old.db")
    report = await told_of(people(1), {office.request_id("k1", "card"): cards("d1", "d2")})

    assert (report.found, report.doubtful) == (0, 1)


async def test_progress_counts_them(office, people, between, said):
    await office.issue(office.file(people(1)), "old.db")
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))

        async def rule(call, request_id, send):
            reply = await send()
            twice = request_id == office.request_id("k2", "card") and "cards" in json.loads(
                reply.body
            )
            return said(cards("d1", "d2")) if call == "request/status" and twice else reply

        between(batch, rule)
        await office.finish(batch)
    progress = batch.progress

    assert (progress.issued, progress.found, progress.doubtful, progress.done) == (1, 1, 1, 3)


@pytest.fixture
def taking(office, between, said):
    """A run, one row at a time, in which the rows k1, k2, … have these cards."""

    async def run(rows, *given, check_first="none", **options):
        async with office.batch(
            limits=Limits(concurrency=1), check_first=check_first, **options
        ) as batch:
            await office.plan(batch, office.file(rows))
            given_to = {
                office.request_id(f"k{number}", "card"): each
                for number, each in enumerate(given, 1)
            }

            async def rule(call, request_id, send):
                reply = await send()
                if call != "request/status" or "cards" not in json.loads(reply.body):
                    return reply
                return said(cards(*given_to[request_id]))

            between(batch, rule)
            await office.finish(batch)
            return [(each.state.value, each.reason) async for each in outcomes(batch.journal)]

    return run


@pytest.mark.parametrize(
    "given",
    [
        (["c1", "c2"], ["c2"]),
        (["c2"], ["c1", "c2"]),
        (["c1", "c2"], ["c3", "c2"]),
        (["c1", "c2"], ["c2", "c1"]),
    ],
)
async def test_every_card_of_a_doubtful_row_is_held_against_the_others(people, taking, given):
    told = await taking(people(3), *given, ["c9"])

    assert [state for state, _ in told] == ["doubtful", "doubtful", "issued"]
    assert all("card c2 is that of line " in reason for _, reason in told[:2])


async def test_a_card_that_a_failed_request_names_is_held_against_the_others(
    office, people, between, said
):
    """In whichever order they end."""
    failed = {
        "status": "ok",
        "request_status": "error",
        "error_code": "7",
        "cards": [{"card_id": "x"}, {"card_id": "d1"}],
    }
    for first, last in (("k1", "k2"), ("k2", "k1")):
        answers = {
            office.request_id(first, "card", first): failed,
            office.request_id(last, "card", first): cards("d1"),
        }
        async with office.batch(f"{first}.db", name=first, limits=Limits(concurrency=1)) as batch:
            await office.plan(batch, office.file(people(2)))

            async def rule(_, request_id, send, answers=answers):
                reply = await send()
                known = json.loads(reply.body).get("request_status") == "success"
                return said(answers[request_id]) if known and request_id in answers else reply

            between(batch, rule)
            report = await office.finish(batch)

        assert report.doubtful == 2
        assert all("card d1 is that of line " in each.reason for each in report.problems)


@pytest.mark.parametrize("used", ["k1", "k2"])
async def test_a_found_row_and_an_issued_one_with_the_same_card_are_doubtful_whichever_ends_first(
    office, people, person, taking, used
):
    await office.issue(office.file([person(int(used[1]))], "old.csv"), "old.db")
    told = await taking(people(2), ["c1"], ["c1"])

    assert [state for state, _ in told] == ["doubtful", "doubtful"]
    assert [
        reason.startswith(f"card c1 is that of line {line} too")
        for (_, reason), line in zip(told, (3, 2), strict=True)
    ] == [
        True,
        True,
    ]


async def test_a_card_that_another_row_has_is_not_activated(office, people, taking):
    told = await taking(people(3), ["c1"], ["c1"], ["c1"], activate=True)

    assert [state for state, _ in told] == ["doubtful"] * 3
    assert office.arrived("card/activate") <= 1
