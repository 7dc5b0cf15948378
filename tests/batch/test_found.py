"""Journals that are lost, other people under the same keys, and one file from two sides: never a
second card, and no claim about whose it is.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async.batch import Accepted, Limits, State, outcomes
from freedompay_async.errors import ConfigurationError
from freedompay_async.sandbox import Faults, Sandbox
from tests.batch.runs import FAILED, answering, two_batches


@pytest.fixture
def strangers(person):
    """Other people under the keys of `people`."""
    return lambda count: [
        person(number, phone=77020000000 + number, first_name="Olga")
        for number in range(1, count + 1)
    ]


async def outcomes_of(office, file, journal, **options):
    async with office.batch(journal, **options) as batch:
        await office.plan(batch, file)
        return [each async for each in batch.run()]


async def lost(office, file):
    """A first run whose journal nobody has any more."""
    report = await office.issue(file)
    (office.folder / "run.db").unlink()
    return report


async def test_after_a_lost_journal_each_row_is_told_as_found(office, people, one_each):
    file = office.file(people(8))
    await lost(office, file)
    sent = len(office.effects())
    report = await office.issue(file)

    assert (report.found, report.issued, report.complete, report.left) == (8, 0, False, 0)
    assert office.cards() == one_each(8)
    assert len(office.effects()) == sent


async def test_a_found_row_names_the_client_and_the_card_of_that_use_and_what_to_do(office, people):
    file = office.file(people(1))
    await lost(office, file)
    (told,) = await outcomes_of(office, file, "run.db")
    (card,) = office.issuer.ledger()

    assert (told.state, told.found) == (State.FOUND, True)
    assert (told.client_id, told.card_id) == (card["client_id"], card["card_id"])
    assert told.reason.startswith("used before: check whose card it is.")
    assert office.request_id("k1", "client") in told.reason
    assert "--accept-found" in told.next


async def test_a_found_row_whose_card_can_not_be_asked_about_is_told_without_it(
    office, people, between, said
):
    file = office.file(people(1))
    await lost(office, file)
    async with office.batch() as batch:
        await office.plan(batch, file)

        async def rule(_, request_id, send):
            return (
                said(b"404 page not found", 404)
                if request_id == office.request_id("k1", "card")
                else await send()
            )

        between(batch, rule)
        (told,) = [each async for each in batch.run()]

    assert (told.state, told.card_id) == (State.FOUND, None)
    assert told.client_id is not None


async def test_what_was_found_is_in_the_journal(office, people):
    file = office.file(people(3))
    await lost(office, file)
    told = await outcomes_of(office, file, "run.db")
    async with office.batch() as batch:
        report = await batch.report()

    assert sorted(told, key=lambda each: each.number) == list(report.problems)


async def test_a_resumed_run_leaves_found_rows_and_sends_nothing(office, people):
    file = office.file(people(5))
    await lost(office, file)
    await office.issue(file)
    before = len(office.issuer.received)
    report = await office.resume()

    assert (report.found, report.complete) == (5, False)
    assert len(office.issuer.received) == before


@pytest.mark.parametrize("again", ["resume", "issue"])
async def test_accepted_rows_end_with_the_cards_that_they_had(office, people, one_each, again):
    file = office.file(people(5))
    await lost(office, file)
    await office.issue(file)
    sent = len(office.effects())
    report = await (
        office.resume(accept_found="all")
        if again == "resume"
        else office.issue(file, accept_found="all")
    )

    assert (report.issued, report.found, report.accepted, report.complete) == (5, 0, 5, True)
    assert report.problems == ()
    assert (office.cards(), len(office.effects())) == (one_each(5), sent)


@pytest.mark.parametrize("beforehand", ["all", ["k1", "k2", "k3", "k4", "k5"]])
async def test_rows_are_not_accepted_before_somebody_can_have_seen_them(
    office, people, one_each, beforehand
):
    file = office.file(people(5))
    await lost(office, file)
    first = await office.issue(file, accept_found=beforehand)
    later = await office.resume()
    report = await office.resume(accept_found=beforehand)

    assert (first.found, first.issued, first.accepted, first.complete) == (5, 0, 0, False)
    assert (later.found, later.issued) == (5, 0)
    assert (report.issued, report.accepted, report.complete) == (5, 5, True)
    assert office.cards() == one_each(5)


async def test_all_are_the_rows_that_are_found_when_it_is_said(office, people, one_each):
    await lost(office, office.file(people(1)))
    async with office.batch(check_first="all", limits=Limits(concurrency=1)) as batch:
        await office.plan(batch, office.file(people(6)))
        first = await office.finish(batch, at_each=batch.stop)
    # Other people's, after somebody has looked at the first row.
    await office.issue(office.file(people(6)[4:], "other.csv"), "other.db")
    report = await office.resume(accept_found="all", limits=Limits(concurrency=1))

    assert first.found == 1
    assert (report.issued, report.accepted, report.found) == (4, 1, 2)
    assert [each.key for each in report.problems] == ["k5", "k6"]


async def test_a_batch_that_is_run_twice_accepts_once(office, people):
    file = office.file(people(3))
    await lost(office, file)
    async with office.batch(accept_found="all") as batch:
        await office.plan(batch, file)
        await office.finish(batch)
        again = await office.finish(batch)
        accepted = await batch.accept()

    assert (again.found, again.issued) == (3, 0)
    assert accepted == Accepted(rows=3, not_found=())


async def test_it_is_told_how_many_rows_were_accepted_and_which_are_not_found(office, people):
    await lost(office, office.file(people(2)))
    await office.issue(office.file(people(4)))
    async with office.batch(accept_found=["k1", "k3", "k4"]) as batch:
        first, again = await batch.accept(), await batch.accept()
        kept = office.kept("SELECT key FROM rows WHERE accepted_found")
        await office.finish(batch)
        ended = await batch.accept()

    assert first == Accepted(rows=1, not_found=("k3", "k4"))
    assert again == ended == Accepted(rows=0, not_found=("k3", "k4"))
    assert kept == [("k1",)]


async def test_accepted_rows_that_a_stop_leaves_are_left(office, people):
    file = office.file(people(10))
    await lost(office, file)
    await office.issue(file)
    async with office.batch(accept_found="all", limits=Limits(concurrency=1)) as batch:
        report = await office.finish(batch, at_each=batch.stop)
        told = [each async for each in outcomes(batch.journal) if each.state is not State.ISSUED]

    assert (report.issued + report.left, report.found) == (10, 0)
    assert report.left > 0
    assert {(each.next, each.reason) for each in told} == {("resume the batch", None)}
    assert sum(getattr(report, state) for state in State) == 10
    assert report.problems == ()


async def test_a_key_that_an_earlier_version_kept_as_it_was_written_is_accepted_by_its_one_form(
    office, people, person
):
    rows = [person(1, key="Рай"), person(2, key="b c"), person(3)]
    await lost(office, office.file(rows))
    await office.issue(office.file(rows))
    office.alter("UPDATE rows SET key = ? WHERE number = ?", ("Рай", 1), ("b  c", 2), ("", 3))
    async with office.batch(accept_found=["Рай", "b  c\u200b"]) as batch:
        accepted = await batch.accept()

    assert accepted == Accepted(rows=2, not_found=())


async def test_two_keys_of_an_earlier_version_that_read_alike_can_not_be_told_apart(office, people):
    await lost(office, office.file(people(2)))
    await office.issue(office.file(people(2)))
    office.alter("UPDATE rows SET key = 'k1ㅤ' WHERE number = 2")
    async with office.batch(accept_found=["k1"]) as batch:
        with pytest.raises(ConfigurationError) as caught:
            await batch.accept()

    assert 'has several rows whose keys read as "k1"' in str(caught.value)


@pytest.mark.parametrize("given", [[1], [None], b"k1", 5, ["k1", b"k2"]])
async def test_keys_that_are_no_texts(office, given):
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        async with office.batch(accept_found=given):
            pass


async def test_an_earlier_use_that_made_only_a_client_is_told_so(office, people, between, said):
    async with office.batch(limits=Limits(wait=0.1)) as batch:
        await office.plan(batch, office.file(people(1)))
        between(batch, answering("card/issue", said(FAILED)))
        await office.finish(batch)
    (told,) = await outcomes_of(office, office.file(people(1)), "new.db")

    assert told.reason.startswith(
        "used before: check whose client it is. No card of that use is known: "
    )
    assert "card" not in told.next


async def test_an_earlier_use_that_failed_names_no_client_to_go_on_with(
    office, people, between, said
):
    """What it names is told; accepted, it is doubtful, and no card is ordered for it."""
    await office.issue(office.file(people(1, {1: "DECLINED"})), "old.db")
    ghost = {"status": "ok", "request_status": "error", "error_code": "7", "client_id": "ghost"}

    async def rule(call, request_id, send):
        mine = call == "request/status" and request_id == office.request_id("k1", "client")
        return said(ghost) if mine else await send()

    async def run(**options):
        async with office.batch("new.db", **options) as batch:
            await office.plan(batch, office.file(people(1, {1: "DECLINED"})))
            between(batch, rule)
            return await office.finish(batch)

    found = await run()
    report = await run(accept_found="all")

    assert (found.found, found.problems[0].card_id) == (1, None)
    assert "check whose card" not in found.problems[0].reason
    assert (report.doubtful, report.complete) == (1, False)
    assert "names client ghost" in report.problems[0].reason
    assert office.arrived("card/issue") == 0


async def test_an_earlier_use_that_failed_and_names_nothing_is_told_as_used(office, people):
    file = office.file(people(1, {1: "DECLINED"}))
    await office.issue(file, "old.db")
    (told,) = await outcomes_of(office, file, "new.db")

    assert (told.state, told.client_id) == (State.FOUND, None)
    assert told.reason.startswith("used before. Nothing is known that this use has made: ")
    assert told.next.startswith("find out whom the earlier use of the request ids was for: ")


async def test_accepted_rows_are_activated_where_that_was_planned(office, people, one_each):
    file = office.file(people(3))
    await lost(office, file)
    found = await office.issue(file, activate=True)
    before = [card["status"] for card in office.issuer.ledger()]
    report = await office.resume(accept_found="all")

    assert (found.found, before) == (3, ["issued"] * 3)
    assert [card["status"] for card in office.issuer.ledger()] == ["active"] * 3
    assert report.complete


async def test_some_keys_are_accepted_and_the_others_stay_found(office, people, one_each):
    file = office.file(people(4))
    await lost(office, file)
    await office.issue(file)
    report = await office.resume(accept_found=["k2", " k4 ", ""])

    assert (report.issued, report.found) == (2, 2)
    assert [each.key for each in report.problems] == ["k1", "k3"]
    assert office.cards() == one_each(4)


async def test_acceptance_is_kept(office, people):
    file = office.file(people(2))
    await lost(office, file)
    await office.issue(file)
    async with office.batch(accept_found=["k1"]) as batch:
        await batch.accept()
    report = await office.resume()

    assert (report.issued, report.found) == (1, 1)


async def test_a_key_that_the_journal_does_not_have_is_refused_and_nothing_is_sent(office, people):
    async with office.batch(accept_found=["k1", *(f"x{number}" for number in range(7))]) as batch:
        await office.plan(batch, office.file(people(2)))
        with pytest.raises(ConfigurationError) as caught:
            await office.finish(batch)
        ((accepted,),) = office.kept("SELECT count(*) FROM rows WHERE accepted_found")

    assert str(caught.value) == (
        f'{office.folder / "run.db"} has no row with the key "x0", "x1", "x2", "x3", "x4" and 2 '
        "more: "
        "nothing was accepted, and nothing was sent."
    )
    assert (accepted, list(office.issuer.received)) == (0, [])


async def test_arguments_that_are_not_what_they_can_be(office, people):
    with pytest.raises(
        ConfigurationError, match="accept_found='k1': give the keys as a list, or 'all'"
    ):
        async with office.batch(accept_found="k1"):
            pass
    with pytest.raises(
        ConfigurationError, match="check_first='some': give one of sample, all, none"
    ):
        async with office.batch(check_first="some"):
            pass


@pytest.mark.parametrize("unknown", ["error", "404", "bare"])
@pytest.mark.parametrize("duplicate", ["error", "400", "409"])
async def test_a_lost_journal_whatever_the_issuer_says_of_ids_that_it_has_seen(
    office, people, one_each, duplicate, unknown
):
    async with Sandbox(faults=Faults(duplicate=duplicate, unknown=unknown)) as issuer:
        office.issuer = issuer
        file = office.file(people(4, {2: "NOCARD"}))
        await office.issue(file)
        found = await office.issue(file, "new.db")
        report = await office.resume("new.db", accept_found="all")
        cards = office.cards()

    assert (found.found, found.issued) == (4, 0)
    assert (report.issued, report.refused, report.unproved) == (3, 1, 0)
    assert cards == {phone: 1 for phone in one_each(4) if phone != 77010000002}


async def test_a_row_refused_at_once_is_not_called_refused_where_the_issuer_only_says_that_it_knows_the_id(
    office, people
):
    async with Sandbox(faults=Faults(duplicate="409")) as issuer:
        office.issuer = issuer
        file = office.file(people(1, {1: "REFUSED"}))
        first = await office.issue(file)
        report = await office.issue(file, "new.db")

    assert (first.refused, report.refused, report.unknown) == (1, 0, 1)


@pytest.mark.parametrize("check_first", ["sample", "all", "none"])
async def test_other_people_under_used_keys_get_no_card_of_those(
    office, people, strangers, one_each, check_first
):
    await lost(office, office.file(people(4)))
    told = await outcomes_of(
        office, office.file(strangers(6), "june.csv"), "june.db", check_first=check_first
    )
    states = {each.key: each.state for each in told}

    assert states == {
        "k1": "found",
        "k2": "found",
        "k3": "found",
        "k4": "found",
        "k5": "issued",
        "k6": "issued",
    }
    assert office.cards() == {**one_each(4), 77020000005: 1, 77020000006: 1}


@pytest.mark.parametrize("check_first", ["sample", "all", "none"])
async def test_no_new_card_is_made_for_the_client_of_somebody_else(
    office, people, strangers, between, check_first
):
    """The first run had made the client and not the card."""
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1)))
        reached = asyncio.Event()

        async def rule(call, _, send):
            if call == "card/issue":
                reached.set()
                await asyncio.get_running_loop().create_future()
            return await send()

        between(batch, rule)
        running = asyncio.create_task(office.finish(batch))
        await asyncio.wait_for(reached.wait(), 10)
        running.cancel()
        await asyncio.wait([running])
    (told,) = await outcomes_of(
        office, office.file(strangers(1), "june.csv"), "june.db", check_first=check_first
    )

    assert (told.state, told.card_id) == (State.FOUND, None)
    assert office.cards() == {}


async def test_the_same_rows_in_another_file_make_no_second_card(office, people, person, one_each):
    await office.issue(office.file(people(4)))
    report = await office.issue(office.file([*people(6)[2:], person(1)], "other.csv"), "other.db")

    assert (report.found, report.issued) == (3, 2)
    assert office.cards() == one_each(6)


async def test_a_journal_lost_during_a_run_makes_no_second_card(office, people, one_each):
    file = office.file(people(30))
    gate = office.issuer.gate("card/issue")
    async with office.batch() as batch:
        await office.plan(batch, file)
        running = asyncio.create_task(office.finish(batch))
        await office.held(gate, running)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    gate.open()
    found = await office.issue(file, "new.db")
    report = await office.resume("new.db", accept_found="all")

    assert (found.found > 0, found.complete) == (True, False)
    assert report.complete
    assert office.cards() == one_each(30)


async def test_a_row_belongs_to_one_of_two_machines(office, people):
    file = office.file(people(20))
    one, two = await asyncio.gather(
        outcomes_of(office, file, "one.db"), outcomes_of(office, file, "two.db")
    )
    issued = [{each.key for each in told if each.state is State.ISSUED} for told in (one, two)]

    assert issued[0] | issued[1] == {f"k{number}" for number in range(1, 21)}
    assert issued[0] & issued[1] == set()


async def test_after_both_are_accepted_two_machines_tell_the_same_cards(office, people):
    file = office.file(people(20))

    async def machine(journal):
        await office.issue(file, journal)

    await asyncio.gather(machine("one.db"), machine("two.db"))
    told = []
    for name in ("one.db", "two.db"):
        await office.resume(name, accept_found="all")
        with office.on_disk(name) as disk:
            told.append(disk.execute("SELECT key, client_id, card_id, state FROM rows").fetchall())

    assert told[0] == told[1]
    assert {state for *_, state in told[0]} == {"issued"}


async def test_a_row_of_an_earlier_run_of_this_journal_is_its_own(office, people, one_each):
    """Its answer was lost; the next run finds its id known, and nobody else has used it."""
    async with office.under_way("client/add", people(1), check_first="all") as (_, running, gate):
        running.cancel()
        await asyncio.wait([running])
    gate.open()
    report = await office.resume(check_first="all")

    assert (report.issued, report.accepted, report.complete) == (1, 0, True)
    assert office.cards() == one_each(1)


async def killed_when_found(office, people, between, **options):
    """A run that ends, as by kill -9, when the refusal of a used id has been looked up, and before
    its row has ended.
    """
    await lost(office, office.file(people(1)))
    async with office.batch(check_first="none", **options) as batch:
        await office.plan(batch, office.file(people(1)))
        asked = asyncio.Event()

        async def rule(_, request_id, send):
            if request_id == office.request_id("k1", "card"):
                asked.set()
                await asyncio.get_running_loop().create_future()
            return await send()

        between(batch, rule)
        running = asyncio.create_task(office.finish(batch))
        await asyncio.wait(
            {running, waiting := asyncio.create_task(asked.wait())},
            return_when=asyncio.FIRST_COMPLETED,
        )
        assert waiting.done()
        running.cancel()
        await asyncio.wait([running])


async def test_a_run_that_is_killed_before_a_found_row_has_ended_is_resumed_to_the_same_end(
    office, people, between
):
    await killed_when_found(office, people, between)
    sent = len(office.effects())
    report = await office.resume()

    assert (report.found, len(office.effects())) == (1, sent)
    assert report.problems[0].card_id == office.issuer.ledger()[0]["card_id"]


async def test_a_client_that_is_known_no_more_when_its_row_is_accepted_is_not_made_anew(
    office, people, between, said
):
    office.issuer.hold = True
    await office.issue(office.file(people(1)), limits=Limits(wait=0.02))
    found = await office.issue(office.file(people(1)), "new.db")
    sent = len(office.effects())
    async with office.batch("new.db", accept_found="all") as batch:
        between(batch, answering("request/status", said(FAILED)))
        report = await office.finish(batch)

    assert (found.found, found.problems[0].client_id) == (1, None)
    assert (report.unknown, len(office.effects())) == (1, sent)
    assert "does not know it any more" in report.problems[0].reason


async def test_an_accepted_row_without_a_card_gets_one(
    office, people, strangers, one_each, between, said
):
    async with office.batch(limits=Limits(wait=0.1)) as batch:
        await office.plan(batch, office.file(people(1)))
        between(batch, answering("card/issue", said(FAILED)))
        first = await office.finish(batch)
    found = await office.issue(office.file(people(1)), "new.db")
    report = await office.resume("new.db", accept_found=["k1"])

    assert (first.refused, found.found, found.problems[0].card_id) == (1, 1, None)
    assert report.complete
    assert office.cards() == one_each(1)


async def test_one_client_runs_two_batches_of_one_name(office, people, one_each):
    await two_batches(office, people(10), names=("default", "default"))

    assert office.cards() == one_each(10)
