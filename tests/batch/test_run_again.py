"""Outcomes that are not known, journals that are lost, and the same file from two sides: never a second card."""

from __future__ import annotations

import asyncio
import json

import pytest

from freedompay_async.attempt import TransportError
from freedompay_async.batch import Batch, Journal, Limits, State, read_file
from freedompay_async.sandbox import Fault, Faults, Sandbox


@pytest.fixture
def cut_off(monkeypatch):
    """Whatever concerns these request ids goes out, and no answer of it comes back."""

    def cut_off(batch, *request_ids, lost=()):
        transport = batch._fp._transport
        send = transport.send

        async def cut(message, attempt):
            concerned = json.loads(message.body)["request_id"]
            if concerned in lost and not message.path.endswith("request/status"):
                attempt.connected()
                raise TransportError("the server closed the connection without an answer")
            reply = await send(message, attempt)
            if concerned in request_ids or concerned in lost:
                raise TransportError("the server closed the connection without an answer")
            return reply

        monkeypatch.setattr(transport, "send", cut)

    return cut_off


async def unknown_row(office, cut_off, rows, key, step, **options):
    """A run in which nothing is heard of one step of one row."""
    async with office.batch(limits=Limits(settle=0.15), **options) as batch:
        await office.plan(batch, office.file(rows))
        cut_off(batch, office.request_id(key, step))
        return await office.finish(batch)


@pytest.mark.parametrize("step", ["client", "card"])
async def test_a_row_whose_outcome_is_unknown_does_not_stop_the_others(office, people, cut_off, step):
    report = await unknown_row(office, cut_off, people(6), "k3", step)

    assert (report.issued, report.refused, report.unknown, report.left) == (5, 0, 1, 0)


@pytest.mark.parametrize("step", ["client", "card"])
async def test_an_unknown_row_names_its_request_id_and_what_to_do(office, people, cut_off, step):
    report = await unknown_row(office, cut_off, people(1), "k1", step)
    (problem,) = report.problems

    assert problem.state is State.UNKNOWN
    assert office.request_id("k1", step) in problem.reason
    assert "It may or may not have been done" in problem.reason
    assert problem.next.startswith("resume the batch to ask again")


@pytest.mark.parametrize("step", ["client", "card"])
async def test_an_unknown_row_that_was_done_is_found_by_the_next_run(office, people, one_each, cut_off, step):
    await unknown_row(office, cut_off, people(6), "k3", step)
    sent = len(office.effects())
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(6)
    assert len(office.effects()) == sent + (step == "client")


async def test_an_unknown_row_that_was_not_done_is_sent_again_by_the_next_run(office, people, one_each, cut_off):
    async with office.batch(limits=Limits(settle=0.15), client={"policy": {"grace": 60.0}}) as batch:
        await office.plan(batch, office.file(people(6)))
        cut_off(batch, lost=[office.request_id("k3", "client")])
        first = await office.finish(batch)
    report = await office.resume()

    assert (first.issued, first.unknown) == (5, 1)
    assert report.complete
    assert office.cards() == one_each(6)


async def test_a_row_sent_again_goes_out_with_the_same_bytes(office, people):
    office.issuer.script("client/add", Fault.DROPPED, Fault.DROPPED)
    await office.issue(office.file(people(1)))
    bodies = {each.body for each in office.issuer.received if each.path.endswith("client/add")}

    assert office.arrived("client/add") == 3
    assert len(bodies) == 1


async def test_a_row_that_was_sent_too_long_ago_is_asked_about_and_not_sent_again(office, people, cut_off):
    await lost_client(office, people(1), cut_off)
    async with office.batch(client={"policy": {"resend_within": 1e-6}}, limits=Limits(settle=2)) as batch:
        report = await office.finish(batch)

    assert (report.unknown, office.arrived("client/add")) == (1, 0)


async def test_an_unknown_row_that_stays_unknown_is_told_again(office, people, cut_off):
    await unknown_row(office, cut_off, people(2), "k2", "card")
    async with office.batch(limits=Limits(settle=0.15)) as batch:
        cut_off(batch, office.request_id("k2", "card"))
        told = [(each.key, each.state) async for each in batch.run()]

    assert told == [("k2", State.UNKNOWN)]


async def test_a_card_whose_activation_is_unknown_is_told_as_issued_and_not_active(office, people, cut_off):
    report = await unknown_row(office, cut_off, people(3), "k2", "activate", activate=True)
    (problem,) = report.problems

    assert (report.issued, report.inactive, report.complete) == (3, 1, False)
    assert (problem.key, problem.state, problem.next) == ("k2", State.ISSUED, "the card exists; activate it by hand")
    assert problem.card_id is not None


async def test_a_started_row_does_not_keep_the_reason_of_an_earlier_run(office):
    document = office.document()
    async with office.batch() as batch:
        await office.plan(batch, office.file([office.with_document(1)]))
        content = document.read_bytes()
        document.unlink()
        await office.finish(batch)
    document.write_bytes(content)
    office.issuer.hold = True
    report = await office.resume(limits=Limits(wait=0.02))

    assert (report.started, report.planned) == (1, 0)
    assert [each.reason for each in report.problems] == []


async def test_a_lost_journal_and_the_same_file_make_no_second_card(office, people, one_each):
    file = office.file(people(8))
    await office.issue(file)
    (office.folder / "run.db").unlink()
    report = await office.issue(file)

    assert report.complete
    assert office.cards() == one_each(8)


async def test_after_a_lost_journal_the_report_counts_what_was_found(office, people):
    file = office.file(people(8))
    first = await office.issue(file)
    (office.folder / "run.db").unlink()
    report = await office.issue(file)

    assert (first.found, report.found) == (0, 8)


async def test_after_a_lost_journal_each_row_has_the_card_that_it_had(office, people):
    file = office.file(people(8))
    async with office.batch() as batch:
        await office.plan(batch, file)
        before = {(each.key, each.client_id, each.card_id) async for each in batch.run()}
    async with office.batch("new.db") as batch:
        await office.plan(batch, file)
        after = {(each.key, each.client_id, each.card_id) async for each in batch.run()}

    assert after == before


@pytest.mark.parametrize("unknown", ["error", "404", "bare"])
@pytest.mark.parametrize("duplicate", ["error", "400", "409"])
async def test_a_lost_journal_whatever_the_issuer_says_of_ids_that_it_has_seen(tmp_path, office, people, one_each, duplicate, unknown):
    async with Sandbox(faults=Faults(duplicate=duplicate, unknown=unknown)) as issuer:
        office.issuer = issuer
        file = office.file(people(4, {2: "NOCARD"}))
        await office.issue(file)
        report = await office.issue(file, "new.db")
        cards = office.cards()

    assert (report.issued, report.refused) == (3, 1)
    assert cards == {phone: 1 for phone in one_each(4) if phone != 77010000002}


async def test_a_row_refused_at_once_is_not_called_refused_where_the_issuer_only_says_that_it_knows_the_id(office, people):
    async with Sandbox(faults=Faults(duplicate="409")) as issuer:
        office.issuer = issuer
        file = office.file(people(1, {1: "REFUSED"}))
        first = await office.issue(file)
        report = await office.issue(file, "new.db")

    assert (first.refused, report.refused, report.unknown) == (1, 0, 1)


async def test_the_same_rows_in_another_file_make_no_second_card(office, people, person, one_each):
    await office.issue(office.file(people(4)))
    await office.issue(office.file([*people(6)[2:], person(1)], "other.csv"), "other.db")

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
    report = await office.issue(file, "new.db")

    assert report.complete
    assert report.found == 30
    assert office.cards() == one_each(30)


@pytest.mark.parametrize("chances", [{}, {"lost": 0.1, "reset": 0.1, "error_500": 0.1, "html_502": 0.1, "late": 0.1, "dropped": 0.1}])
async def test_two_machines_with_one_file_make_one_card_each(tmp_path, people, one_each, office, chances):
    async with Sandbox(processing=(0.0, 0.03), faults=Faults(seed=5, stall=0.02, late_by=0.05, **chances)) as issuer:
        office.issuer = issuer
        file = office.file(people(40))
        reports = await asyncio.gather(office.issue(file, "one.db"), office.issue(file, "two.db"))
        cards = office.cards()

    assert [report.complete for report in reports] == [True, True]
    assert cards == one_each(40)


async def test_two_machines_tell_the_same_cards(office, people):
    file = office.file(people(20))

    async def machine(journal):
        async with office.batch(journal) as batch:
            await office.plan(batch, file)
            return {(each.key, each.client_id, each.card_id) async for each in batch.run()}

    one, two = await asyncio.gather(machine("one.db"), machine("two.db"))

    assert one == two


async def test_two_processes_cannot_have_one_journal(office, people):
    from freedompay_async.errors import ConfigurationError

    async with office.batch():
        with pytest.raises(ConfigurationError, match="is in use by another process"):
            async with office.batch():
                pass


async def test_a_document_that_is_gone_leaves_its_row_unsent(office, people, one_each):
    document = office.document()
    async with office.batch() as batch:
        await office.plan(batch, office.file([office.with_document(1), *people(4)[1:]]))
        document.unlink()
        report = await office.finish(batch)

    assert (report.issued, report.planned, report.left) == (3, 1, 1)
    assert office.request_id("k1", "client") not in {body["request_id"] for body in office.effects()}


async def test_a_document_that_is_gone_is_told_with_what_to_do(office):
    document = office.document()
    async with office.batch() as batch:
        await office.plan(batch, office.file([office.with_document(1)]))
        document.unlink()
        (told,) = [each async for each in batch.run()]

    assert told.state is State.PLANNED
    assert told.reason.startswith("nothing was sent: ")
    assert 'id.pdf" is not there' in told.reason
    assert told.reason.endswith("Put the planned document back, and resume")


async def test_a_document_that_is_put_back_is_sent(office, one_each):
    document = office.document()
    content = document.read_bytes()
    async with office.batch() as batch:
        await office.plan(batch, office.file([office.with_document(1)]))
        document.unlink()
        await office.finish(batch)
    document.write_bytes(content)
    report = await office.resume()

    assert report.complete
    assert report.problems == ()
    assert office.cards() == one_each(1)


async def test_another_document_than_the_planned_one_is_not_sent(office):
    document = office.document()
    async with office.batch() as batch:
        await office.plan(batch, office.file([office.with_document(1)]))
        document.write_bytes(b"%PDF-1.4 somebody else")
        (told,) = [each async for each in batch.run()]

    assert (told.state, office.effects()) == (State.PLANNED, [])
    assert "is not the document that was planned" in told.reason


async def abandoned(office, call, rows):
    """A run that is cut off while an answer of `call` is on its way: its work is done, and the journal does not know."""
    gate = office.issuer.gate(call)
    async with office.batch() as batch:
        await office.plan(batch, office.file(rows))
        running = asyncio.create_task(office.finish(batch))
        await office.held(gate, running)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    gate.open()


async def lost_client(office, rows, cut_off):
    """A run that is cut off when the first byte of a client may have left, and that did not arrive."""
    async with office.batch(limits=Limits(settle=0.15), client={"policy": {"grace": 60.0}}) as batch:
        await office.plan(batch, office.file(rows))
        cut_off(batch, lost=[office.request_id("k1", "client")])
        await office.finish(batch)


async def test_a_begun_row_without_its_document_is_asked_about(office, one_each):
    document = office.document()
    await abandoned(office, "client/add", [office.with_document(1)])
    document.unlink()
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(1)
    assert office.arrived("client/add") == 1


async def test_a_begun_row_without_its_document_that_the_issuer_does_not_know_stays_unknown(office, cut_off):
    document = office.document()
    await lost_client(office, [office.with_document(1)], cut_off)
    document.unlink()
    report = await office.resume()

    assert (report.unknown, office.arrived("client/add")) == (1, 0)
    assert "the same bytes can't be made again to re-send it" in report.problems[0].reason


async def test_a_begun_row_whose_document_is_back_is_sent(office, cut_off, one_each):
    document = office.document()
    content = document.read_bytes()
    await lost_client(office, [office.with_document(1)], cut_off)
    document.unlink()
    await office.resume()
    document.write_bytes(content)
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(1)


async def test_a_begun_row_with_another_document_is_only_asked_about(office, cut_off):
    document = office.document()
    await lost_client(office, [office.with_document(1)], cut_off)
    document.write_bytes(b"%PDF-1.4 somebody else")
    report = await office.resume()

    assert (report.unknown, office.arrived("client/add")) == (1, 0)


async def test_a_begun_row_whose_bytes_come_out_otherwise_is_only_asked_about(office, people, cut_off):
    await lost_client(office, people(1), cut_off)
    async with office.batch() as batch:
        await batch._journal.call(lambda c: c.execute("UPDATE intents SET body_sha256 = x'00'"))
        report = await office.finish(batch)

    assert (report.unknown, office.arrived("client/add")) == (1, 0)


async def test_a_row_that_can_only_be_asked_about_does_not_stop_the_others(office, people, one_each, cut_off):
    document = office.document()
    async with Sandbox(faults=Faults(retry_after=0)) as issuer:
        office.issuer = issuer
        await lost_client(office, [office.with_document(1)], cut_off)
        document.unlink()
        issuer.script("request/status", *[Fault.LIMITED] * 4)
        report = await office.resume()

    assert (report.issued, report.refused) == (0, 0)
    assert report.unknown + report.left == 1


async def test_an_accepted_row_needs_its_document_no_more(office, one_each):
    document = office.document()
    office.issuer.hold = True
    await office.issue(office.file([office.with_document(1)]), limits=Limits(wait=0.02))
    office.issuer.hold = False
    document.unlink()
    report = await office.resume()

    assert report.complete
    assert (office.cards(), office.arrived("client/add")) == (one_each(1), 1)


async def test_a_clock_that_was_set_back_sends_nothing_again(office, people, cut_off):
    await lost_client(office, people(1), cut_off)
    async with office.batch() as batch:
        await batch._journal.call(lambda c: c.execute("UPDATE intents SET sent_at = sent_at + 86400"))
        report = await office.finish(batch)

    assert (report.unknown, office.arrived("client/add")) == (1, 0)


async def test_a_crash_between_the_disk_and_the_first_byte_is_made_good(office, people, one_each, monkeypatch):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(5)))

        async def never(*_):
            raise asyncio.CancelledError

        monkeypatch.setattr(batch._fp._transport, "send", never)
        running = asyncio.create_task(office.finish(batch))
        await asyncio.wait([running])
        begun = (await batch.report()).started
    report = await office.resume()

    assert begun > 0
    assert report.complete
    assert office.cards() == one_each(5)


async def test_each_crash_image_of_a_run_can_be_finished(tmp_path, office, people, one_each, monkeypatch):
    """The disk as it was before each call of a run: whichever is left over, it is resumed to one card a row."""
    images = []
    async with office.batch(limits=Limits(concurrency=1)) as batch:
        await office.plan(batch, office.file(people(3)))
        send = batch._fp._transport.send

        async def watched(*args):
            with office.on_disk() as disk:
                images.append(disk.serialize())
            return await send(*args)

        monkeypatch.setattr(batch._fp._transport, "send", watched)
        await office.finish(batch)
    for number, image in enumerate(images):
        journal = tmp_path / f"image{number}.db"
        journal.write_bytes(image)
        report = await office.resume(journal.name)
        assert report.complete

    assert len(images) >= 12
    assert office.cards() == one_each(3)


async def test_one_client_runs_two_batches(tmp_path, office, people, one_each):
    async with office.client() as fp, Journal.open(tmp_path / "a.db") as one, Journal.open(tmp_path / "b.db") as two:
        batches = [Batch(fp, one, name="a"), Batch(fp, two, name="b")]
        for batch in batches:
            await batch.plan(read_file(office.file(people(10)), product_id=2000))
        reports = await asyncio.gather(*map(office.finish, batches))

    assert [report.complete for report in reports] == [True, True]
    assert set(office.cards().values()) == {2}
