"""Outcomes that are not known, and runs that are cut off: never a second card."""

from __future__ import annotations

import asyncio
import json

import pytest

from freedompay_async.batch import Limits, State
from freedompay_async.sandbox import Fault, Faults, Sandbox
from freedompay_async.transport.base import TransportError
from tests.batch.runs import two_batches


@pytest.fixture
def cut_off(office):
    """Whatever concerns these request ids goes out, and no answer of it comes back."""

    def cut_off(batch, *request_ids, lost=()):
        road = office.road(batch)
        send = road.carry

        async def cut(message, attempt):
            concerned = json.loads(message.body)["request_id"]
            if concerned in lost and not message.path.endswith("request/status"):
                attempt.connected()
                raise TransportError("the server closed the connection without an answer")
            reply = await send(message, attempt)
            if concerned in request_ids or concerned in lost:
                raise TransportError("the server closed the connection without an answer")
            return reply

        road.carry = cut

    return cut_off


async def unknown_row(office, cut_off, rows, key, step, **options):
    """A run in which nothing is heard of one step of one row."""
    async with office.batch(limits=Limits(settle=0.6), check_first="none", **options) as batch:
        await office.plan(batch, office.file(rows))
        cut_off(batch, office.request_id(key, step))
        return await office.finish(batch)


@pytest.mark.parametrize("step", ["client", "card"])
async def test_a_row_whose_outcome_is_unknown_does_not_stop_the_others(
    office, people, cut_off, step
):
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
async def test_an_unknown_row_that_was_done_is_found_by_the_next_run(
    office, people, one_each, cut_off, step
):
    await unknown_row(office, cut_off, people(6), "k3", step)
    sent = len(office.effects())
    report = await office.resume()

    assert report.complete
    assert office.cards() == one_each(6)
    assert len(office.effects()) == sent + (step == "client")


async def test_an_unknown_row_that_was_not_done_is_sent_again_by_the_next_run(
    office, people, one_each, cut_off
):
    async with office.batch(
        limits=Limits(settle=0.6), check_first="none", client={"policy": {"grace": 60.0}}
    ) as batch:
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


async def test_a_row_that_was_sent_too_long_ago_is_asked_about_and_not_sent_again(
    office, people, cut_off
):
    await lost_client(office, people(1), cut_off)
    async with office.batch(
        client={"policy": {"resend_within": 1e-6}}, limits=Limits(settle=2)
    ) as batch:
        report = await office.finish(batch)

    assert (report.unknown, office.arrived("client/add")) == (1, 0)


async def test_an_unknown_row_that_stays_unknown_is_told_again(office, people, cut_off):
    await unknown_row(office, cut_off, people(2), "k2", "card")
    async with office.batch(limits=Limits(settle=0.6)) as batch:
        cut_off(batch, office.request_id("k2", "card"))
        told = [(each.key, each.state) async for each in batch.run()]

    assert told == [("k2", State.UNKNOWN)]


async def test_a_card_whose_activation_is_unknown_is_told_as_issued_and_not_active(
    office, people, cut_off
):
    report = await unknown_row(office, cut_off, people(3), "k2", "activate", activate=True)
    (problem,) = report.problems

    assert (report.issued, report.inactive, report.complete) == (3, 1, False)
    assert (problem.key, problem.state, problem.next) == (
        "k2",
        State.ISSUED,
        "the card exists; activate it by hand",
    )
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
    assert office.request_id("k1", "client") not in {
        body["request_id"] for body in office.effects()
    }


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
    """A run that is cut off while an answer of `call` is on its way: its work is done, and the
    journal does not know.
    """
    async with office.under_way(call, rows) as (_, running, gate):
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    gate.open()


async def lost_client(office, rows, cut_off):
    """A run that is cut off when the first byte of a client may have left, and that did not arrive."""
    async with office.batch(
        limits=Limits(settle=0.6), check_first="none", client={"policy": {"grace": 60.0}}
    ) as batch:
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


async def test_a_begun_row_without_its_document_that_the_issuer_does_not_know_stays_unknown(
    office, cut_off
):
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


@pytest.mark.parametrize(
    "change",
    ["body_sha256 = x'00'", "sent_at = sent_at + 86400"],
    ids=["its bytes come out otherwise", "the clock was set back"],
)
async def test_a_begun_row_is_only_asked_about_where(office, people, cut_off, change):
    await lost_client(office, people(1), cut_off)
    office.alter(f"UPDATE intents SET {change}")
    report = await office.resume()

    assert (report.unknown, office.arrived("client/add")) == (1, 0)


async def test_a_row_that_can_only_be_asked_about_does_not_stop_the_others(
    office, people, one_each, cut_off
):
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


async def test_a_crash_between_the_disk_and_the_first_byte_is_made_good(office, people, one_each):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(5)))

        road = office.road(batch)
        send = road.carry

        async def never(message, attempt):
            if message.path.endswith("request/status"):
                return await send(message, attempt)
            asyncio.current_task().cancel()
            await asyncio.sleep(0)
            return None

        road.carry = never
        running = asyncio.create_task(office.finish(batch))
        await asyncio.wait([running])
        begun = (await batch.report()).started
    report = await office.resume()

    assert begun > 0
    assert report.complete
    assert office.cards() == one_each(5)


async def test_each_crash_image_of_a_run_can_be_finished(tmp_path, office, people, one_each):
    """The disk as it was before each call of a run: whichever is left over, it is resumed to one
    card a row.
    """
    images = []
    async with office.batch(limits=Limits(concurrency=1)) as batch:
        await office.plan(batch, office.file(people(3)))
        road = office.road(batch)
        send = road.carry

        async def watched(*args):
            with office.on_disk() as disk:
                images.append(disk.serialize())
            return await send(*args)

        road.carry = watched
        await office.finish(batch)
    for number, image in enumerate(images):
        journal = tmp_path / f"image{number}.db"
        journal.write_bytes(image)
        # An image that is older than what the issuer has done finds that used before, and somebody
        # has to look at it.
        await office.resume(journal.name)
        report = await office.resume(journal.name, accept_found="all")
        assert report.complete

    assert len(images) >= 12
    assert office.cards() == one_each(3)


async def test_one_client_runs_two_batches(office, people):
    reports = await two_batches(office, people(10), names=("a", "b"))

    assert [report.complete for report in reports] == [True, True]
    assert set(office.cards().values()) == {2}
