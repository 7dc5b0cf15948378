"""Rows that the issuer refused: asked about again, told as refused only as far as that is known,
and never sent again.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.batch import Limits, State
from freedompay_async.sandbox import Sandbox
from tests.batch.runs import NO, NOT_KNOWN

GATEWAY = b"404 page not found"


class Proxy:
    """Between a batch and the issuer: refuses what is named, and tells of ids what it is told to;
    everything else passes.

    Attributes:
        refused: request ids whose effects are refused without reaching the issuer.
        tells: what is told of these ids, one after another, the last one for ever; a callable is
            awaited.
        asked: the ids that were asked about.
    """

    def __init__(self, office, said) -> None:
        self.office, self.said = office, said
        self.refused: set[str] = set()
        self.tells: dict[str, list] = {}
        self.asked: list[str] = []
        self.sent: list[str] = []

    async def __call__(self, call, request_id, send):
        if call != "request/status":
            self.sent.append(request_id)
            return self.said(NO) if request_id in self.refused else await send()
        self.asked.append(request_id)
        told = self.tells.get(request_id)
        if not told:
            return await send()
        each = told.pop(0) if len(told) > 1 else told[0]
        return await each(send) if callable(each) else each


@pytest.fixture
def proxy(office, said):
    return Proxy(office, said)


async def refused(office, between, proxy, rows, *key_steps, journal="run.db", **options):
    """A run whose steps of these rows are refused; nothing is asked before."""
    proxy.refused |= {office.request_id(key, step) for key, step in key_steps}
    async with office.batch(journal, check_first="none", **options) as batch:
        await office.plan(batch, office.file(rows))
        between(batch, proxy)
        return await office.finish(batch)


@pytest.mark.parametrize("step", ["client", "card"])
async def test_a_refused_row_is_asked_about_at_once_and_again_after_the_grace_time(
    office, people, between, proxy, step
):
    began = asyncio.get_running_loop().time()
    report = await refused(
        office, between, proxy, people(3), ("k2", step), client={"policy": {"grace": 0.3}}
    )

    assert (report.issued, report.refused) == (2, 1)
    assert proxy.asked.count(office.request_id("k2", step)) == 2
    assert proxy.sent.count(office.request_id("k2", step)) == 1
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_a_refusal_is_proved_by_a_host_that_knows_another_id_of_the_batch(
    office, people, between, proxy
):
    report = await refused(office, between, proxy, people(3), ("k2", "card"))
    (problem,) = report.problems

    assert (problem.state, problem.proved, report.unproved) == (State.REFUSED, True, 0)
    assert problem.reason == (
        "cards.issue: the issuer refused it (HTTP 200 42 not this one), and does not know its "
        "request id, asked again later, while it knows "
        "one that it has accepted from this batch. It was not done [request_id "
        f"{office.request_id('k2', 'card')}]"
    )
    assert problem.next.startswith("the client is made, and a new key would make another one")


async def test_without_a_witness_a_refusal_is_not_proved(office, people, between, proxy):
    report = await refused(office, between, proxy, people(1), ("k1", "client"))
    (problem,) = report.problems

    assert (problem.state, problem.proved, report.unproved) == (State.REFUSED, False, 1)
    assert problem.reason == (
        "clients.create: the issuer refused it (HTTP 200 42 not this one), and does not know its "
        "request id. Nothing proves that it was not "
        f"done [request_id {office.request_id('k1', 'client')}]"
    )
    assert "It was not done" not in problem.reason
    assert problem.next.startswith("resume the batch to ask again; ")


async def test_a_host_that_knows_no_id_proves_nothing(office, people, between, proxy, said):
    """It says "not known" of the witness too."""
    async with office.batch(check_first="none", limits=Limits(wait=0.2)) as batch:
        await office.plan(batch, office.file(people(2)))
        first = office.request_id("k1", "client")
        proxy.refused = {office.request_id("k2", "client")}
        proxy.tells = {each: [said(NOT_KNOWN)] for each in (first, office.request_id("k1", "card"))}
        between(batch, proxy)
        report = await office.finish(batch)
    refusal = next(each for each in report.problems if each.key == "k2")

    assert (refusal.state, refusal.proved) == (State.REFUSED, False)
    assert "Nothing proves that it was not done" in refusal.reason


async def test_a_witness_of_which_nothing_is_said_proves_nothing(
    office, people, between, proxy, said
):
    async def of_the_witness(send):
        return (
            said(GATEWAY, 404) if office.request_id("k2", "client") in proxy.sent else await send()
        )

    proxy.tells = {office.request_id("k1", step): [of_the_witness] for step in ("client", "card")}
    report = await refused(
        office, between, proxy, people(2), ("k2", "client"), limits=Limits(concurrency=1, wait=0.2)
    )
    refusal = next(each for each in report.problems if each.key == "k2")

    assert (refusal.state, refusal.proved) == (State.REFUSED, False)


@pytest.mark.parametrize(
    "told", [(GATEWAY, 404), (b'{"status": "huh"}', 200)], ids=["404", "other JSON"]
)
async def test_a_witness_that_says_nothing_is_not_asked_anew_by_each_row(
    office, people, between, proxy, said, told
):
    witness = office.request_id("k1", "client")
    proxy.refused = {office.request_id(f"k{number}", "client") for number in range(2, 14)}

    async def of_the_witness(send):
        return said(*told) if proxy.refused & {*proxy.sent} else await send()

    proxy.tells = {office.request_id("k1", step): [of_the_witness] for step in ("client", "card")}
    limits = Limits(concurrency=8, settle=0.5, wait=0.2)
    report = await refused(
        office, between, proxy, people(13), limits=limits, client={"policy": {"grace": 1.0}}
    )

    assert (report.refused, report.unproved) == (12, 12)
    assert len([each for each in proxy.asked[-20:] if each == witness]) <= 8


async def test_one_question_about_the_witness_is_good_for_many_rows(office, people, between, proxy):
    steps = [(f"k{number}", "card") for number in range(2, 12)]
    report = await refused(office, between, proxy, people(11), *steps)
    ids = {office.request_id(key, step) for key, step in steps}
    after = proxy.asked[
        min(
            number
            for number, each in enumerate(proxy.asked)
            if proxy.asked[:number].count(each) and each in ids
        ) :
    ]

    assert (report.refused, report.unproved) == (10, 0)
    assert len([each for each in after if each not in ids]) <= 4


@pytest.mark.parametrize("step", ["client", "card"])
async def test_a_refused_row_that_is_known_after_all_is_found(
    office, people, one_each, between, proxy, said, step
):
    """A proxy has sent it twice, or somebody else has used the id; the issuer shows it late."""
    request_id = office.request_id("k1", step)

    async def rule(call, concerned, send):
        if call != "request/status" and concerned == request_id:
            await send()
        return await proxy(call, concerned, send)

    proxy.tells = {request_id: [said(NOT_KNOWN), lambda send: send()]}
    async with office.batch(check_first="none") as batch:
        await office.plan(batch, office.file(people(2)))
        between(batch, rule)
        report = await office.finish(batch)
    sent = len(office.effects())
    accepted = await office.resume(accept_found="all")

    assert (report.issued, report.found) == (1, 1)
    found = report.problems[0]
    assert found.next.startswith(
        "find out whom the earlier use" if found.card_id is None else "check whose card it is"
    )
    assert (accepted.issued, accepted.complete) == (2, True)
    assert office.cards() == one_each(2)
    assert len(office.effects()) - sent == (1 if step == "client" else 0)


async def test_a_used_id_that_shows_late_makes_no_card_on_the_client_of_somebody_else(
    office, people, person, between, proxy, said
):
    """Another machine used it a moment ago, and the issuer says "not known" until the grace time is
    over.
    """
    await office.issue(office.file(people(1)), "may.db")
    proxy.tells = {
        office.request_id("k1", "client"): [said(NOT_KNOWN), said(NOT_KNOWN), lambda send: send()]
    }
    async with office.batch("june.db", check_first="all") as batch:
        await office.plan(batch, office.file([person(1, phone=77020000001)], "june.csv"))
        between(batch, proxy)
        report = await office.finish(batch)

    assert (report.found, report.issued) == (1, 0)
    assert [office.arrived(call) for call in ("client/add", "card/issue")] == [2, 1]


async def test_a_429_before_the_refusal_of_a_used_id_does_not_make_it_ours(
    office, people, between, proxy, said
):
    await office.issue(office.file(people(1)), "may.db")
    client = office.request_id("k1", "client")
    async with office.batch("june.db", check_first="none") as batch:
        await office.plan(batch, office.file(people(1)))

        async def rule(call, request_id, send):
            if call != "request/status" and not limited:
                limited.append(request_id)
                return said({"status": "error", "error_code": "limit"}, 429)
            return await proxy(call, request_id, send)

        limited = []
        between(batch, rule)
        report = await office.finish(batch)

    assert limited == [client]
    assert (report.found, report.issued) == (1, 0)
    assert office.arrived("card/issue") == 1


async def test_a_refusal_of_what_an_earlier_run_had_sent_is_its_own(
    office, people, one_each, between, proxy, said
):
    """Its answer was lost, so what becomes known is what that run has made."""
    client = office.request_id("k1", "client")
    async with office.under_way("client/add", people(1)) as (batch, running, gate):
        running.cancel()
        await asyncio.wait([running])
    gate.open()
    proxy.tells = {client: [*[said(NOT_KNOWN)] * 40, lambda send: send()]}
    async with office.batch() as batch:
        between(batch, proxy)
        report = await office.finish(batch)

    assert (report.issued, report.found, report.complete) == (1, 0, True)
    assert office.cards() == one_each(1)


async def test_a_used_id_that_failed_and_names_a_card_is_found(
    office, people, between, proxy, said
):
    failed = {"status": "ok", "request_status": "error", "cards": [{"card_id": "whose"}]}
    proxy.tells = {office.request_id("k1", "card"): [said(NOT_KNOWN), said(failed)]}
    report = await refused(office, between, proxy, people(1), ("k1", "card"))

    assert (report.found, report.refused) == (1, 0)


async def test_a_refused_row_that_failed_is_refused_and_proved(
    office, people, between, proxy, said
):
    request_id = office.request_id("k1", "card")
    proxy.tells = {
        request_id: [
            said(NOT_KNOWN),
            said({"status": "ok", "request_status": "error", "error_code": "7"}),
        ]
    }
    report = await refused(office, between, proxy, people(1), ("k1", "card"))
    (problem,) = report.problems

    assert (problem.state, problem.proved) == (State.REFUSED, True)
    assert "accepted the request, and the request failed" in problem.reason


async def test_a_refused_row_of_which_nothing_is_said_is_unknown(
    office, people, between, proxy, said
):
    request_id = office.request_id("k1", "card")
    proxy.tells = {request_id: [said(NOT_KNOWN), said(GATEWAY, 404)]}
    report = await refused(office, between, proxy, people(2), ("k1", "card"))
    (problem,) = report.problems

    assert (problem.state, problem.proved) == (State.UNKNOWN, False)
    assert problem.reason == (
        "cards.issue: the issuer refused it (HTTP 200 42 not this one), and request/status says "
        f"nothing of it [request_id {request_id}]"
    )


async def test_a_row_of_which_nothing_was_said_at_once_is_asked_about_again(
    office, people, between, proxy, said
):
    request_id = office.request_id("k1", "card")
    proxy.tells = {request_id: [said(GATEWAY, 404), said(NOT_KNOWN)]}
    report = await refused(office, between, proxy, people(2), ("k1", "card"))

    assert (report.refused, report.unproved) == (1, 0)


async def test_a_used_id_that_the_issuer_told_of_late_is_found_and_nothing_is_made(
    office, people, between, proxy, said
):
    """The gateway in front of request/status was away for a moment."""
    await office.issue(office.file(people(1)), "old.db")
    proxy.tells = {office.request_id("k1", "client"): [said(GATEWAY, 404), lambda send: send()]}
    sent = len(office.effects())
    async with office.batch(check_first="none") as batch:
        await office.plan(batch, office.file(people(1)))
        between(batch, proxy)
        report = await office.finish(batch)

    assert (report.found, len(office.effects())) == (1, sent + 1)


@pytest.mark.parametrize("told", ["not known", "nothing"])
async def test_no_refusal_holds_a_place(office, people, between, proxy, said, told):
    """Rows that are refused wait out a long grace time beside the others, however few places there
    are.
    """
    steps = [(f"k{number}", "client") for number in range(1, 41)]
    if told == "nothing":
        proxy.tells = {office.request_id(key, step): [said(GATEWAY, 404)] for key, step in steps}
    async with office.batch(
        check_first="none",
        limits=Limits(concurrency=1, settle=0.5),
        client={"policy": {"grace": 30.0}},
    ) as batch:
        await office.plan(batch, office.file(people(44)))
        proxy.refused = {office.request_id(key, step) for key, step in steps}
        between(batch, proxy)
        running = asyncio.create_task(office.finish(batch))
        async with asyncio.timeout(20):
            while batch.progress.issued < 4:
                await asyncio.sleep(0.01)
        waiting, at_work = batch.progress.asking_again, batch.progress.rows_at_work
        batch.stop()
        report = await asyncio.wait_for(running, 10)

    assert (waiting, at_work) == (40, 0)
    assert (report.issued, report.refused + report.unknown) == (4, 40)


async def test_a_stop_ends_the_wait_and_the_row_stays_as_written(office, people, between, proxy):
    proxy.refused = {office.request_id("k1", "client")}
    async with office.batch(check_first="none", client={"policy": {"grace": 60.0}}) as batch:
        await office.plan(batch, office.file(people(1)))
        between(batch, proxy)
        running = asyncio.create_task(office.finish(batch))
        async with asyncio.timeout(10):
            while not batch.progress.asking_again:
                await asyncio.sleep(0.005)
        batch.stop()
        report = await asyncio.wait_for(running, 10)
        progress = batch.progress

    assert (report.refused, report.unproved, report.left) == (1, 1, 0)
    assert (progress.refused, progress.left, progress.in_progress, progress.asking_again) == (
        1,
        0,
        0,
        0,
    )


async def killed_while_it_waits(office, between, proxy, rows, key, step):
    """A run that is ended, as by kill -9, between a refusal and its second question."""
    proxy.refused |= {office.request_id(key, step)}
    async with office.batch(check_first="none", client={"policy": {"grace": 60.0}}) as batch:
        await office.plan(batch, office.file(rows))
        between(batch, proxy)
        running = asyncio.create_task(office.finish(batch))
        async with asyncio.timeout(10):
            while not batch.progress.asking_again:
                await asyncio.sleep(0.005)
            while batch.progress.done < len(rows) - 1:
                await asyncio.sleep(0.005)
        with office.on_disk() as disk:
            kept = disk.execute(
                "SELECT state, proved, reason FROM rows WHERE key = ?", (key,)
            ).fetchone()
        running.cancel()
        await asyncio.wait([running])
    return kept


@pytest.mark.parametrize("step", ["client", "card"])
async def test_a_kill_between_a_refusal_and_the_second_question_keeps_the_refusal(
    office, people, between, proxy, step
):
    state, proved, reason = await killed_while_it_waits(
        office, between, proxy, people(2), "k1", step
    )

    assert (state, proved) == ("refused", 0)
    assert "Nothing proves that it was not done" in reason


@pytest.mark.parametrize("step", ["client", "card"])
async def test_after_such_a_kill_the_row_is_asked_about_and_not_sent_again(
    office, people, between, proxy, step
):
    await killed_while_it_waits(office, between, proxy, people(2), "k1", step)
    sent = len(office.effects())
    report = await office.resume()

    assert (report.issued, report.refused, report.unproved) == (1, 1, 0)
    assert len(office.effects()) == sent
    assert "It was not done" in report.problems[0].reason
    assert "Nothing proves" not in report.problems[0].reason


@pytest.mark.parametrize("again", ["resume", "issue"])
async def test_a_refusal_that_is_not_proved_is_asked_about_by_the_next_run(
    office, people, between, proxy, again
):
    """The issuer shows it late: a proxy had sent it twice, or somebody else has used the id.

    Nothing is made on that client.
    """
    request_id = office.request_id("k1", "client")

    async def rule(call, concerned, send):
        if call != "request/status" and concerned == request_id:
            await send()
        return await proxy(call, concerned, send)

    proxy.tells = {request_id: [proxy.said(NOT_KNOWN)]}
    file = office.file(people(1))
    async with office.batch(check_first="none") as batch:
        await office.plan(batch, file)
        between(batch, rule)
        first = await office.finish(batch)
    report = await (office.resume() if again == "resume" else office.issue(file))

    assert (first.refused, first.unproved) == (1, 1)
    assert (report.found, report.issued) == (1, 0)
    assert (office.arrived("client/add"), office.arrived("card/issue")) == (2, 0)


async def test_a_refusal_that_stays_unproved_stays_as_it_is(office, people, between, proxy):
    first = await refused(office, between, proxy, people(1), ("k1", "client"))
    again = await office.resume()

    assert again == first
    assert len(office.effects()) == 0


async def test_a_row_of_which_nothing_was_said_is_only_asked_about_by_the_next_run(
    office, people, between, proxy, said
):
    request_id = office.request_id("k1", "card")
    proxy.tells = {request_id: [said(GATEWAY, 404)]}
    first = await refused(office, between, proxy, people(2), ("k1", "card"))
    sent = len(office.effects())
    report = await office.resume()

    assert (first.unknown, report.refused, report.unproved) == (1, 1, 0)
    assert len(office.effects()) == sent


async def test_a_next_run_to_which_nothing_is_said_leaves_it_unknown(
    office, people, between, proxy, said
):
    await refused(office, between, proxy, people(1), ("k1", "client"))
    async with office.batch() as batch:
        proxy.tells = {office.request_id("k1", "client"): [said(GATEWAY, 404)]}
        between(batch, proxy)
        report = await office.finish(batch)

    assert (report.unknown, report.refused) == (1, 0)


async def test_a_next_run_that_is_stopped_leaves_it_as_it_is(office, people, between, proxy):
    await killed_while_it_waits(office, between, proxy, people(2), "k1", "client")
    async with office.batch(client={"policy": {"grace": 60.0}}) as batch:
        running = asyncio.create_task(office.finish(batch))
        await asyncio.sleep(0.1)
        batch.stop()
        report = await asyncio.wait_for(running, 10)

    assert (report.refused, report.unproved, batch.progress.left) == (1, 1, 1)


async def test_a_row_of_which_was_said_nothing_and_that_was_used_before_is_found_by_the_next_run(
    office, people, between, proxy, said
):
    await office.issue(office.file(people(1)), "old.db")
    proxy.tells = {office.request_id("k1", "client"): [said(GATEWAY, 404)]}
    async with office.batch(check_first="none") as batch:
        await office.plan(batch, office.file(people(1)))
        between(batch, proxy)
        first = await office.finish(batch)
    sent = len(office.effects())
    report = await office.resume()

    assert (first.unknown, report.found) == (1, 1)
    assert len(office.effects()) == sent


async def test_a_refused_activation_leaves_a_card_that_is_told_as_not_active(
    office, people, between, proxy
):
    report = await refused(office, between, proxy, people(2), ("k2", "activate"), activate=True)
    (problem,) = report.problems

    assert (report.issued, report.inactive, report.refused) == (2, 1, 0)
    assert (problem.key, problem.state) == ("k2", State.ISSUED)
    assert proxy.asked.count(office.request_id("k2", "activate")) == 2


async def test_what_a_version_1_journal_has_as_refused_is_asked_about(
    office, people, between, proxy
):
    """It could not tell which refusals were proved."""
    await refused(office, between, proxy, people(2), ("k1", "client"))
    office.alter(
        "UPDATE rows SET proved = 0, reason = 'refused (as it was told then)' WHERE key = 'k1'"
    )
    office.alter("UPDATE intents SET refused = 0")
    report = await office.resume()

    assert (report.refused, report.unproved) == (1, 0)
    assert report.problems[0].reason.startswith(
        "refused (as it was told then): the issuer does not know its request id"
    )


async def test_the_witness_of_a_resumed_run_comes_from_the_journal(office, people, between, proxy):
    await killed_while_it_waits(office, between, proxy, people(2), "k1", "client")
    async with office.batch() as batch:
        before = await batch.journal.earlier_runs()

    assert before.witness == office.request_id("k2", "card") or before.witness == office.request_id(
        "k2", "client"
    )
    assert (before.ended, before.begun) == (1, True)


async def test_many_refused_rows_end_as_refused_and_the_others_are_issued(people, office, one_each):
    async with Sandbox(processing=(0.0, 0.01)) as issuer:
        office.issuer = issuer
        names = {number: "REFUSED" for number in range(1, 201) if number % 2}
        report = await office.issue(office.file(people(200, names)), limits=Limits(concurrency=8))
        cards = office.cards()

    assert (report.issued, report.refused, report.left) == (100, 100, 0)
    assert cards == {phone: 1 for phone in one_each(200) if phone % 2 == 0}
