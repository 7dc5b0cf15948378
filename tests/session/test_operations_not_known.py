"""An attached id that the issuer does not know: when that ends the operation, and what it says."""

from __future__ import annotations

import asyncio
import pickle
from datetime import UTC, datetime, timedelta

import pytest

from freedompay_async import FreedomPayError, NotKnown, OutcomeUnknown, StillProcessing
from freedompay_async.api.requests import Requests
from freedompay_async.contract.models import BulkIssue, RequestState
from freedompay_async.contract.table import CARDS_BULK_ISSUE, REQUESTS_STATUS
from freedompay_async.models import OperationStatus
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.start import start

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
def requests(memory, over):
    """`fp.requests` over a wire whose look-ups take these steps; the wire is `requests.wire`."""

    def build(*steps, **options):
        build.wire = memory(request__status=steps)
        build.session = over(build.wire, **options)
        return Requests(build.session)

    return build


@pytest.fixture
def ended(play):
    """The error that a wait ends in, and when."""

    def run(story):
        async def told():
            with pytest.raises(Exception) as caught:
                await story()
            return caught.value, now()

        return play(told())

    return run


async def by_result(requests, operation) -> None:
    with pytest.raises(NotKnown):
        await operation.result()


async def by_refresh(requests, operation) -> None:
    await asyncio.sleep(5)
    assert await operation.refresh() is None


async def by_as_completed(requests, operation) -> None:
    assert [each async for each in requests.as_completed([operation])] == [operation]


WAYS = [by_result, by_refresh, by_as_completed]


@pytest.mark.parametrize("timeout", [0, -1.0])
def test_a_wait_without_time_does_not_say_what_the_issuer_was_not_asked(
    requests, say, ended, timeout
):
    def wait():
        these = requests(say.unknown)
        return these.attach(OWN, call="cards.issue").result(timeout=timeout)

    error, at = ended(wait)

    assert (type(error), at, requests.wire.sent) == (StillProcessing, 0.0, [])
    assert str(error).startswith(
        "cards.issue: the issuer has not been asked about this request id, and the waiting has"
    )


def test_a_look_up_at_the_very_end_of_the_grace_time_counts_whatever_the_sum_is_rounded_to(
    play, requests, say
):
    async def story():
        these, ends = requests(say.unknown), []
        for number in range(300):
            operation = these.attach(OWN, call="cards.issue")
            began = now()
            with pytest.raises(NotKnown):
                await operation.result(timeout=5.2)
            ends.append(now() - began)
            await asyncio.sleep(number * 0.0377)
        return ends

    assert play(story()) == [pytest.approx(5.0)] * 300


def test_a_wait_for_an_accepted_request_says_that_the_issuer_does_not_know_it_any_more(
    play, requests, say
):
    async def told(operation):
        with pytest.raises(StillProcessing) as caught:
            await operation.result(timeout=2.0)
        return caught.value.text.partition(", and the waiting")[0]

    async def story():
        these = requests(say.process)
        operation = these.attach(OWN, call="cards.issue")
        texts = [await told(operation)]
        for step in (say.unknown, say.process):
            requests.wire.scripts["request/status"] = [step]
            texts.append(await told(operation))
        return texts

    in_process = "the request is in 'process'"
    unknown = " by an earlier answer, and by the last one the issuer does not know its id"
    assert play(story()) == [in_process, in_process + unknown, in_process]


@pytest.mark.parametrize("way", WAYS)
def test_it_ends_after_the_grace_time_in_every_way_alike(play, requests, say, way):
    async def story():
        these = requests(say.unknown)
        operation = these.attach(OWN, call="cards.issue")
        await way(these, operation)
        at, asked = now(), len(requests.wire.sent)

        assert (operation.status, operation.done, operation.answer) == (
            OperationStatus.NOT_KNOWN,
            True,
            None,
        )
        with pytest.raises(NotKnown) as caught:
            await operation.result()
        assert (now(), len(requests.wire.sent)) == (at, asked)
        return caught.value, at

    error, at = play(story())

    assert at == pytest.approx(5.0)
    assert (error.request_id, error.call, error.done, error.outcome_unknown) == (
        OWN,
        "cards.issue",
        None,
        True,
    )


@pytest.mark.parametrize("unknown", ["unknown", "not_named"])
def test_it_ends_of_each_answer_that_does_not_know_the_id(ended, requests, say, unknown):
    say.not_named = say.ok()

    async def story():
        await requests(getattr(say, unknown)).attach(OWN).result()

    error, _ = ended(story)

    assert type(error) is NotKnown


def test_the_text_says_what_is_known_and_what_is_safe(ended, requests, say):
    async def story():
        await requests(say.unknown).attach(OWN, call="cards.issue").result()

    error, _ = ended(story)

    assert isinstance(error, OutcomeUnknown)
    assert str(error) == (
        "cards.issue: the issuer does not know this request id (asked 5 s after it was attached). "
        "Nothing shows that it ever accepted the request, and that does not prove that the request "
        "was not done. Make the same call with this request_id within Policy.resend_within of its "
        "first send, or ask again later (requests.attach). Never repeat it under a new id before "
        f"that is clear. [request_id {OWN}]"
    )
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("way", WAYS)
def test_an_id_that_is_found_within_the_grace_time_goes_on(play, requests, say, way):
    async def story():
        these = requests(*[say.unknown] * 3, say.process, say.unknown)
        operation = these.attach(OWN)
        while operation.answer is None:
            await operation.refresh()
            await asyncio.sleep(0.1)
        await asyncio.sleep(60)
        await operation.refresh()
        return operation.status, operation.done

    assert play(story()) == (OperationStatus.IN_PROCESS, False)


def test_within_the_grace_time_it_is_not_known_yet(play, requests, say):
    async def story():
        operation = requests(say.unknown).attach(OWN)
        before = operation.status
        assert await operation.refresh() is None
        await asyncio.sleep(4.99)
        assert await operation.refresh() is None
        with pytest.raises(StillProcessing) as caught:
            await operation.result(timeout=0)
        return before, operation.status, operation.done, caught.value

    before, after, done, error = play(story())

    assert (before, after, done) == (
        OperationStatus.NOT_ASKED,
        OperationStatus.NOT_KNOWN_YET,
        False,
    )
    assert "the issuer does not know this request id, or not yet" in str(error)


def test_the_moment_of_the_question_counts_and_not_that_of_the_answer(play, requests, say):
    async def story():
        operation = requests(say.after(6.0, say.unknown)).attach(OWN)
        await operation.refresh()
        first = operation.status
        await operation.refresh()
        return first, operation.status

    assert play(story()) == (OperationStatus.NOT_KNOWN_YET, OperationStatus.NOT_KNOWN)


def test_a_late_answer_to_an_early_question_does_not_undo_it(play, requests, say):
    async def story():
        operation = requests(say.after(9.0, say.unknown), say.unknown).attach(OWN)
        early = asyncio.create_task(operation.refresh())
        await asyncio.sleep(6)
        await operation.refresh()
        first = operation.status
        await early
        return first, operation.status

    assert play(story()) == (OperationStatus.NOT_KNOWN, OperationStatus.NOT_KNOWN)


@pytest.mark.parametrize("nothing", ["lost", "broken", "page", "not_found", "limited", "not_sent"])
def test_what_is_no_answer_about_the_id_does_not_end_it(ended, requests, say, nothing):
    say.not_found = say.http(404, b"<html>No such page</html>")

    async def story():
        operation = requests(getattr(say, nothing)).attach(OWN)
        try:
            await operation.result(timeout=60)
        finally:
            assert operation.status is OperationStatus.NOT_ASKED
            assert not operation.done

    error, _ = ended(story)

    assert type(error) is StillProcessing
    assert "the last question about this request id got no usable answer" in str(error)


@pytest.mark.parametrize("timeout", [5.1, 6, 8, 30, None])
def test_a_wait_that_is_longer_than_the_grace_time_always_ends_with_what_is_known_then(
    ended, requests, say, timeout
):
    async def story():
        await requests(say.unknown).attach(OWN).result(timeout=timeout)

    error, at = ended(story)

    assert (type(error), at) == (NotKnown, pytest.approx(5.0))


def test_many_that_are_not_known_end_after_the_grace_time(play, requests, say):
    async def story():
        these = requests(say.after(0.05, say.unknown))
        operations = [these.attach(f"{OWN[:-3]}{number:03d}") for number in range(200)]
        given = [each async for each in these.as_completed(operations, timeout=10)]
        return {each.status for each in given}, len(given), now()

    statuses, count, at = play(story())

    assert (statuses, count) == ({OperationStatus.NOT_KNOWN}, 200)
    assert at <= 6


def test_a_wait_that_is_asked_to_wait_longer_is_not_ended_by_the_grace_time(ended, requests, say):
    async def story():
        held = say.error(503, Retry_After="20")
        await requests(held, say.unknown, attempts=1).attach(OWN).result()

    error, at = ended(story)

    assert (type(error), at >= 20) == (NotKnown, True)
    assert len(requests.wire.sent) == 2


def test_a_grace_time_of_the_policy_counts(ended, requests, say):
    async def story():
        await requests(say.unknown, grace=20.0).attach(OWN).result()

    error, at = ended(story)

    assert (type(error), at) == (NotKnown, pytest.approx(20.0))


@pytest.mark.parametrize("age", [6, 3_600])
def test_the_grace_time_counts_from_the_acceptance(play, requests, say, age):
    async def story():
        accepted = datetime.now(UTC) - timedelta(seconds=age)
        operation = requests(say.unknown).attach(OWN, call="cards.issue", accepted=accepted)
        assert await operation.refresh() is None
        with pytest.raises(NotKnown) as caught:
            await operation.result()
        return operation.status, caught.value, len(requests.wire.sent)

    status, error, asked = play(story())

    assert (status, asked) == (OperationStatus.NOT_KNOWN, 1)
    assert f"(asked {age} s after the time given as accepted=)" in str(error)


def test_what_was_accepted_now_has_its_whole_grace_time(play, requests, say):
    async def story():
        accepted = datetime.now(UTC) + timedelta(hours=1)
        operation = requests(say.unknown).attach(OWN, call="cards.issue", accepted=accepted)
        await operation.refresh()
        return operation.status

    assert play(story()) is OperationStatus.NOT_KNOWN_YET


def test_what_is_attached_where_no_loop_runs_has_its_grace_time(play, requests, say):
    operation = requests(say.unknown).attach(OWN)

    async def story():
        with pytest.raises(NotKnown):
            await operation.result()
        return now()

    assert play(story()) == pytest.approx(5.0, abs=0.5)


# -- found after all


@pytest.mark.parametrize(
    ("say_then", "status", "done"),
    [
        ("process", OperationStatus.IN_PROCESS, False),
        ("success", OperationStatus.SUCCEEDED, True),
        ("failed", OperationStatus.FAILED, True),
    ],
)
def test_a_look_up_that_finds_it_revives_it(play, requests, say, say_then, status, done):
    async def story():
        operation = requests(say.unknown).attach(OWN, call="cards.bulk_issue")
        with pytest.raises(NotKnown):
            await operation.result()
        requests.wire.scripts["request/status"] = [getattr(say, say_then), say.unknown]
        await operation.refresh()
        found = operation.status, operation.done
        await operation.refresh()
        return found, (operation.status, operation.done)

    assert play(story()) == ((status, done), (status, done))


def test_the_wait_for_a_revived_one_goes_on(play, requests, say):
    async def story():
        these = requests(say.unknown)
        operation = these.attach(OWN, call="cards.bulk_issue")
        with pytest.raises(NotKnown):
            await operation.result()
        requests.wire.scripts["request/status"] = [say.process, say.unknown, say.success]
        await operation.refresh()
        given = [each async for each in these.as_completed([operation])]
        return given == [operation], (await operation.result()).card_ids

    assert play(story()) == (True, ("card-1",))


@pytest.mark.parametrize("trouble", ["lost", "denied"])
def test_a_look_up_without_an_answer_leaves_it_as_it_is(play, requests, say, trouble):
    async def story():
        operation = requests(say.unknown).attach(OWN)
        with pytest.raises(NotKnown):
            await operation.result()
        requests.wire.scripts["request/status"] = [getattr(say, trouble)]
        with pytest.raises(FreedomPayError):
            await operation.refresh()
        return operation.status, operation.done

    assert play(story()) == (OperationStatus.NOT_KNOWN, True)


# -- what the issuer has accepted


@pytest.mark.parametrize("first", ["process", "success"])
def test_what_was_accepted_here_is_never_not_known(play, memory, over, say, first):
    async def story():
        wire = memory(card__bulk_issue=[getattr(say, first)], request__status=[say.unknown])
        body = BulkIssue(product_id=1, count=2)
        operation = await start(over(wire), CARDS_BULK_ISSUE, body)
        with pytest.raises(StillProcessing):
            await operation.result(timeout=60)
        return operation.status, operation.done

    status = {"process": OperationStatus.IN_PROCESS, "success": OperationStatus.SUCCEEDED}[first]
    assert play(story()) == (status, False)


def test_what_an_earlier_process_saw_accepted_is_never_not_known(play, requests, say):
    async def story():
        requests(say.unknown)
        operation = Operation(requests.session, CARDS_BULK_ISSUE, OWN, surely_accepted=True)
        with pytest.raises(StillProcessing, match="does not know this request id, or not yet"):
            await operation.result(timeout=60)
        return operation.status, operation.done

    assert play(story()) == (OperationStatus.NOT_KNOWN_YET, False)


# -- what it shows


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (None, "not asked yet"),
        (RequestState(status="ok", request_status="process"), "in process"),
        (RequestState(status="ok", request_status="queued"), "in process"),
        (RequestState(status="ok"), "in process"),
        (RequestState(status="ok", request_status="success"), "succeeded"),
        (RequestState(status="ok", request_status="error"), "failed"),
    ],
)
def test_status_and_repr_tell_the_states_apart(requests, answer, status):
    requests()
    operation = Operation(requests.session, CARDS_BULK_ISSUE, OWN, answer)

    assert (operation.status, isinstance(operation.status, OperationStatus)) == (status, True)
    assert repr(operation) == f"Operation(cards.bulk_issue, request_id={OWN!r}, {status})"


def test_repr_of_one_that_is_not_known_says_so(play, requests, say):
    async def story():
        operation = requests(say.unknown).attach(OWN)
        await operation.refresh()
        yet = repr(operation)
        await asyncio.sleep(6)
        await operation.refresh()
        return yet, repr(operation)

    assert play(story()) == (
        f"Operation(requests.status, request_id={OWN!r}, not known yet)",
        f"Operation(requests.status, request_id={OWN!r}, not known)",
    )


def test_an_error_of_an_id_that_is_no_uuid_names_the_way_that_takes_it(ended, requests, say):
    async def story():
        requests(say.unknown)
        await Operation(requests.session, REQUESTS_STATUS, "order-17").result()

    error, _ = ended(story)

    assert "or ask again later (requests.status)." in str(error)
    with pytest.raises(TypeError, match=r"go on with requests\.status\('order-17'\)"):
        pickle.dumps(Operation(requests.session, REQUESTS_STATUS, "order-17"))
