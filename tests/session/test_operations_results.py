"""An accepted request: its end, waiting for it, going on with it elsewhere."""

from __future__ import annotations

import asyncio
import pickle
import time
from uuid import uuid4

import pytest

from freedompay_async import (
    AuthenticationError,
    ConfigurationError,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
    StillProcessing,
)
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.models import BulkIssue, CardActivation, RequestState
from freedompay_async.contract.table import (
    CARDS_ACTIVATE,
    CARDS_BULK_ISSUE,
    CLIENTS_CREATE,
    REQUESTS_STATUS,
)
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.start import start
from freedompay_async.sandbox import Fault
from tests.person_examples import new_client

STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@pytest.fixture
def operation(over):
    """An operation over a wire, as `attach` makes it but with the result of a row."""

    def build(wire, call=CARDS_BULK_ISSUE, answer=None, **options):
        return Operation(over(wire, **options), call, OWN, answer)

    return build


@pytest.fixture
def ended(play):
    """The error that a wait ends in, and when."""

    def run(call):
        async def story():
            with pytest.raises(Exception) as caught:
                await call
            return caught.value, asyncio.get_running_loop().time()

        return play(story())

    return run


# -- result


def test_result_waits_for_success(play, memory, say, operation):
    wire = memory(request__status=[say.process, say.process, say.success])

    issued = play(operation(wire).result())

    assert issued.card_ids == ("card-1",)
    assert issued.request_id == OWN
    assert len(wire.sent) == 3


def test_status_of_no_dictionary_is_not_done(play, memory, say, operation):
    wire = memory(
        request__status=[
            say.ok(request_status="queued"),
            say.ok(request_status="SUCCESS"),
            say.success,
        ]
    )

    issued = play(operation(wire).result())

    assert issued.card_ids == ("card-1",)
    assert len(wire.sent) == 3


def test_id_that_is_not_known_yet_is_asked_about_again(play, memory, say, operation):
    wire = memory(
        request__status=[say.unknown, say.ok(), say.http(404, {"detail": "?"}), say.success]
    )

    assert play(operation(wire).result()).card_ids == ("card-1",)


@pytest.mark.parametrize(
    "trouble", ["lost", "broken", "unavailable", "page", "limited", "not_sent"]
)
def test_passing_trouble_does_not_end_the_wait(play, memory, say, operation, trouble):
    wire = memory(request__status=[*[getattr(say, trouble)] * 9, say.success])

    assert play(operation(wire, timeout=600.0).result()).card_ids == ("card-1",)


def test_success_without_the_ids_is_asked_about_again(play, memory, say, operation):
    wire = memory(request__status=[say.ok(request_status="success"), say.success])

    assert play(operation(wire).result()).card_ids == ("card-1",)


def test_success_that_never_names_what_was_made_is_told_as_done(ended, memory, say, operation):
    error, at = ended(
        operation(memory(request__status=[say.ok(request_status="success")])).result(timeout=30)
    )

    assert (type(error), error.done, error.card_ids) == (StillProcessing, True, ())
    assert "It was done: never repeat it." in str(error)
    assert error.request_id == OWN
    assert at <= 30


def test_success_that_never_names_the_client_is_told_as_done(ended, memory, say, operation):
    error, _ = ended(
        operation(memory(request__status=[say.success]), CLIENTS_CREATE).result(timeout=30)
    )

    assert (type(error), error.done, error.client_id) == (StillProcessing, True, None)


def test_failure_is_proved(ended, memory, say, operation):
    error, _ = ended(operation(memory(request__status=[say.process, say.failed])).result())

    assert type(error) is RequestFailed
    assert error.proved
    assert error.request_id == OWN
    assert error.call == "cards.bulk_issue"
    assert error.error_code == "declined"
    assert error.error_description == "no money"


def test_refused_signature_ends_the_wait(ended, memory, say, operation):
    wire = memory(request__status=[say.denied])

    error, _ = ended(operation(wire).result())

    assert type(error) is AuthenticationError
    assert error.request_id == OWN
    assert len(wire.sent) == 1


def test_refused_signature_says_nothing_of_the_request_that_was_asked_about(
    ended, memory, say, operation
):
    error, _ = ended(operation(memory(request__status=[say.process, say.denied])).result())

    assert (type(error), error.done, error.outcome_unknown, error.call, error.http_status) == (
        AuthenticationError,
        None,
        True,
        "cards.bulk_issue",
        401,
    )
    assert error.text == (
        "the host refuses this key (HTTP 401), so the request can't be asked about. That says "
        "nothing about the request itself. Check auth_id, secret_key, the region and its "
        "signature scheme. Then ask again (requests.attach)."
    )
    assert isinstance(error.__cause__, AuthenticationError)


def test_refused_signature_leaves_it_known_that_the_request_was_done(ended, memory, say, operation):
    succeeded = RequestState(status="ok", request_status="success", request_id=OWN)
    error, _ = ended(operation(memory(request__status=[say.denied]), answer=succeeded).result())

    assert (type(error), error.done) == (AuthenticationError, True)


def test_question_of_a_closed_client_says_nothing_of_the_request(ended, memory, say, over):
    async def story():
        session = over(memory(request__status=[say.process]))
        await session.shared.transport.close()
        await Operation(session, CARDS_BULK_ISSUE, OWN).result()

    error, _ = ended(story())

    assert (type(error), error.done, error.request_id) == (ConfigurationError, None, OWN)
    assert error.text == (
        "the question about the request was not sent, and a note on this error says why. That says "
        "nothing of the request itself."
    )
    assert error.__notes__ == [
        "The question about the request: this client is closed. Nothing was sent; open a new one."
    ]


def test_wait_ends_in_still_processing_with_the_id(ended, memory, say, operation):
    error, at = ended(operation(memory(request__status=[say.process])).result(timeout=30))

    assert type(error) is StillProcessing
    assert error.request_id == OWN
    assert error.call == "cards.bulk_issue"
    assert "'process'" in str(error)
    assert at <= 30


def test_wait_without_a_timeout_takes_that_of_the_client(ended, memory, say, operation):
    error, at = ended(operation(memory(request__status=[say.process]), timeout=90.0).result())

    assert type(error) is StillProcessing
    assert 75 <= at <= 90


def test_still_processing_tells_the_last_trouble(ended, memory, say, operation):
    error, _ = ended(operation(memory(request__status=[say.limited])).result(timeout=60))

    assert type(error) is StillProcessing
    assert "the last question about this request id got no usable answer" in str(error)
    assert "Nothing shows that the issuer ever accepted it." in str(error)
    assert type(error.__cause__) is RateLimited


def test_still_processing_of_an_id_that_is_not_known_does_not_say_that_it_was_accepted(
    ended, memory, say, operation
):
    error, _ = ended(operation(memory(request__status=[say.unknown])).result(timeout=4.9))

    assert (type(error), error.done, error.__cause__) == (StillProcessing, None, None)
    assert "the issuer does not know this request id, or not yet" in str(error)
    assert "in process" not in str(error)


def test_still_processing_after_a_last_look_without_an_answer_does_not_say_that_none_was_answered(
    ended, memory, say, operation
):
    error, _ = ended(operation(memory(request__status=[say.unknown, say.lost])).result(timeout=20))

    assert "the last question about this request id got no usable answer" in str(error)
    assert type(error.__cause__) is OutcomeUnknown


def test_wait_goes_on_after_still_processing(play, memory, say, operation):
    wire = memory(request__status=[say.process] * 3 + [say.success])

    async def story():
        op = operation(wire)
        with pytest.raises(StillProcessing):
            await op.result(timeout=0.3)
        return await op.result()

    assert play(story()).card_ids == ("card-1",)


def test_result_that_is_known_is_not_asked_for_again(play, memory, say, operation):
    wire = memory(request__status=[say.success])

    async def story():
        op = operation(wire)
        return await op.result(), await op.result()

    first, second = play(story())

    assert first is second
    assert len(wire.sent) == 1


def test_failure_that_is_known_is_not_asked_for_again(play, memory, say, operation):
    wire = memory(request__status=[say.failed])

    async def story():
        op = operation(wire)
        for _ in range(2):
            with pytest.raises(RequestFailed):
                await op.result()

    play(story())

    assert len(wire.sent) == 1


def test_pauses_between_looks_grow_to_their_most(ended, memory, say, operation):
    wire = memory(request__status=[say.process])

    ended(operation(wire, poll_first=1.0, poll_growth=2.0, poll_most=8.0).result(timeout=200))

    gaps = [after.at - before.at for before, after in zip(wire.sent, wire.sent[1:], strict=False)]
    assert gaps[0] <= 2.5
    assert all(6.0 <= gap <= 10.0 for gap in gaps[4:])


def test_retry_after_of_a_question_is_obeyed_between_looks(play, memory, say, operation):
    wire = memory(request__status=[say.error(429, Retry_After="40"), say.success])

    play(operation(wire, timeout=100.0, attempts=1).result())

    assert wire.sent[1].at >= 40


@pytest.mark.parametrize("http", [429, 503, 404])
@pytest.mark.parametrize("asked", ["60", "3600", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_wait_ends_at_once_where_the_issuer_asks_for_more_time_than_is_left(
    ended, memory, say, operation, http, asked
):
    wire = memory(request__status=[say.http(http, b"", Retry_After=asked), say.success])
    error, at = ended(operation(wire).result(timeout=60))

    assert (type(error), at, len(wire.sent)) == (StillProcessing, 0, 1)
    assert error.wait_too_long
    assert error.retry_after >= 60
    assert error.__cause__.retry_after == error.retry_after
    assert (
        f"The issuer asked to wait {error.retry_after:.0f} s, and there was no time left for that."
        in str(error)
    )
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_wait_that_has_asked_in_vain_ends_where_the_next_wait_would_be_too_long(
    ended, memory, say, operation
):
    wire = memory(request__status=[say.error(429, Retry_After="40")])
    error, at = ended(operation(wire, attempts=1).result(timeout=60))

    assert (type(error), error.wait_too_long, len(wire.sent)) == (StillProcessing, True, 2)
    assert 40 <= at < 45


def test_wait_begun_again_before_the_issuer_may_be_asked_asks_nothing(play, memory, say, operation):
    wire = memory(request__status=[say.error(503, Retry_After="100"), say.success])

    async def story():
        op = operation(wire)
        with pytest.raises(StillProcessing):
            await op.result(timeout=60)
        await asyncio.sleep(30)
        with pytest.raises(StillProcessing, match="asked to wait 100 s"):
            await op.result(timeout=60)
        assert (asyncio.get_running_loop().time(), len(wire.sent)) == (30, 1)
        await op.result(timeout=100)
        return wire.sent[1].at

    assert play(story()) >= 100


def test_answer_that_somebody_else_asked_for_ends_the_hold(play, memory, say, operation):
    wire = memory(request__status=[say.error(429, Retry_After="3600"), say.process, say.success])

    async def story():
        op = operation(wire)
        with pytest.raises(StillProcessing, match="asked to wait 3600 s"):
            await op.result(timeout=60)
        await op.refresh()
        await op.result(timeout=60)
        return asyncio.get_running_loop().time()

    assert play(story()) < 60
    assert len(wire.sent) == 3


def test_wait_that_ran_out_after_a_wait_that_was_obeyed_is_none_that_was_too_long(
    ended, memory, say, operation
):
    """The next look would have come after the end, and not because the issuer asked for it."""
    wire = memory(request__status=[say.error(503, Retry_After="1")])
    error, _ = ended(operation(wire, poll_first=100.0, poll_most=100.0).result(timeout=60))

    assert (type(error), error.retry_after, error.wait_too_long) == (StillProcessing, 1.0, False)
    assert str(error).split(" [")[0].endswith("The issuer asked to wait 1 s.")


def test_wait_without_an_end_obeys_for_an_hour(play, memory, say, operation):
    wire = memory(request__status=[say.error(429, Retry_After="999999999"), say.success])

    play(operation(wire).result(timeout=float("inf")))

    assert 3600 <= wire.sent[1].at <= 3610


def test_look_that_hangs_ends_with_the_wait(ended, memory, say, operation):
    error, at = ended(
        operation(memory(request__status=[say.silent]), attempt_timeout=1000.0).result(timeout=5)
    )

    assert type(error) is StillProcessing
    assert at == pytest.approx(5)


@pytest.mark.parametrize("timeout", [0, -1])
def test_wait_of_no_time_does_not_wait(ended, memory, say, operation, timeout):
    error, at = ended(operation(memory(request__status=[say.process])).result(timeout=timeout))

    assert type(error) in (StillProcessing, ConfigurationError)
    assert at <= 1


# -- when it looks


@pytest.fixture
def taught(over):
    """A session that has seen requests of this kind take eight seconds."""

    def build(wire, **options):
        session = over(wire, **options)
        looks = session.shared.polls.of("cards.bulk_issue")
        for _ in range(300):
            for pending, age in ((0.0, 2.0), (2.0, 4.0), (4.0, 7.5)):
                looks.learn(pending, age, ended=False)
            looks.learn(7.5, 8.0, ended=True)
        return session

    return build


async def begin(session, **options):
    return await start(session, CARDS_BULK_ISSUE, BulkIssue(product_id=1, count=1), **options)


@pytest.fixture
def looks_of(play, memory, say):
    """When a story looks at requests of an issuer that is done at once."""

    def run(story, **scripts):
        wire = memory(
            **{"card__bulk_issue": [say.process], "request__status": [say.success]} | scripts
        )
        play(story(wire))
        return [each.at for each in wire.of(STATUS)]

    return run


def test_first_look_at_a_fresh_client_is_soon(looks_of, over):
    async def story(wire):
        return await (await begin(over(wire))).result()

    assert looks_of(story) == [pytest.approx(0.25, rel=0.11)]


def unspread(session):
    """Without the jitter that spreads the looks at many requests."""
    session.shared.polls.jitter = lambda: 0.5
    return session


def test_first_look_waits_as_long_as_requests_of_its_kind_take(looks_of, taught):
    async def story(wire):
        operation = await begin(unspread(taught(wire)))
        return await operation.result()

    assert looks_of(story) == [pytest.approx(10.0, rel=0.1)]


def test_age_counts_from_the_acceptance_and_not_from_the_wait(looks_of, taught):
    async def story(wire):
        operation = await begin(unspread(taught(wire)))
        await asyncio.sleep(60)
        return await operation.result()

    assert looks_of(story) == [60.0]


def test_wait_that_is_too_short_looks_before_it_ends(looks_of, taught):
    async def story(wire):
        operation = await begin(unspread(taught(wire)))
        return await operation.result(timeout=5)

    (at,) = looks_of(story)
    assert 4.0 < at < 5.0


def test_attached_operation_is_looked_at_at_once(looks_of, taught):
    async def story(wire):
        return await Operation(taught(wire), CARDS_BULK_ISSUE, OWN).result()

    assert looks_of(story) == [0.0]


def test_attached_operation_teaches_nothing_of_those_that_are_accepted_here(looks_of, over, say):
    learnt = []

    async def story(wire):
        session = over(wire)
        await Operation(session, CARDS_BULK_ISSUE, OWN).result()
        learnt.append(repr(session.shared.polls.of("cards.bulk_issue")))
        learnt.append(repr(session.shared.polls.of("cards.bulk_issue, attached")))

    looks_of(story, request__status=[say.process, say.success])
    assert learnt == ["PollSchedule(0 looks, 0 ended)", "PollSchedule(1 looks, 1 ended)"]


def test_request_of_an_earlier_process_is_taken_for_attached(looks_of, over, say):
    learnt = []

    async def story(wire):
        session = over(wire)
        await (await begin(session, sent_before=SentBefore(time.time() - 10))).result()
        learnt.append(repr(session.shared.polls.of("cards.bulk_issue")))

    looks_of(story, request__status=[say.process, say.process, say.success])
    assert learnt == ["PollSchedule(0 looks, 0 ended)"]


def test_retry_after_wins_over_what_was_learnt(looks_of, taught, say):
    async def story(wire):
        operation = await begin(taught(wire, attempts=1))
        await asyncio.sleep(30)
        return await operation.result()

    first, second = looks_of(story, request__status=[say.error(429, Retry_After="20"), say.success])
    assert second >= first + 20


def test_end_that_another_wait_has_seen_ends_this_one(looks_of, over):
    async def story(wire):
        operation = await begin(over(wire))
        await asyncio.gather(operation.result(), operation.result())

    assert len(looks_of(story)) <= 2


# -- refresh


def test_refresh_asks_once(play, memory, say, operation):
    wire = memory(request__status=[say.process])
    op = operation(wire)

    state = play(op.refresh())

    assert len(wire.sent) == 1
    assert state.request_status == "process"
    assert op.answer is state
    assert not op.done


def test_refresh_of_an_id_that_is_not_known_leaves_the_last_answer(play, memory, say, operation):
    op = operation(memory(request__status=[say.process, say.unknown]))

    async def story():
        await op.refresh()
        return await op.refresh()

    assert play(story()) is None
    assert op.answer.request_status == "process"


def test_refresh_after_the_end_does_not_undo_it(play, memory, say, operation):
    op = operation(memory(request__status=[say.success, say.process]))

    async def story():
        await op.refresh()
        await op.refresh()
        return await op.result()

    assert play(story()).card_ids == ("card-1",)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [("lost", OutcomeUnknown), ("page", ProtocolError), ("limited", RateLimited)],
)
def test_refresh_that_failed_says_so(ended, memory, say, operation, trouble, kind):
    error, _ = ended(operation(memory(request__status=[getattr(say, trouble)])).refresh())

    assert type(error) is kind
    assert error.request_id == OWN


def test_refresh_takes_a_timeout(ended, memory, say, operation):
    _, at = ended(operation(memory(request__status=[say.silent])).refresh(timeout=2))

    assert at == pytest.approx(2)


# -- what it shows


def test_operation_of_an_answer_that_ended_is_done(play, operation, memory):
    wire = memory()
    op = operation(
        wire,
        CARDS_ACTIVATE,
        RequestState(status="ok", request_status="success", request_id=OWN),
    )

    assert op.done
    assert play(op.result()).request_id == OWN
    assert wire.sent == []


def test_result_of_a_done_operation_asks_nothing(play, operation, memory):
    wire = memory()

    play(
        operation(
            wire,
            CARDS_ACTIVATE,
            RequestState(status="ok", request_status="success", request_id=OWN),
        ).result()
    )

    assert wire.sent == []


def test_repr_says_where_the_request_is(operation, memory):
    assert (
        repr(operation(memory()))
        == f"Operation(cards.bulk_issue, request_id='{OWN}', not asked yet)"
    )
    assert "process" in repr(
        operation(memory(), answer=RequestState(status="ok", request_status="process"))
    )


def test_start_hands_earlier_sends_on(play, over, memory, say):
    wire = memory(request__status=[say.success])

    op = play(
        start(
            over(wire),
            CARDS_ACTIVATE,
            CardActivation(card_id="c"),
            {"request_id": OWN},
            sent_before=SentBefore(time.time() - 10),
        )
    )

    assert wire.calls == [STATUS]
    assert op.done


def test_attached_operation_gives_the_state_itself(play, memory, say, operation):
    state = play(operation(memory(request__status=[say.success]), REQUESTS_STATUS).result())

    assert isinstance(state, RequestState)
    assert state.card_ids == ("card-1",)


# -- with a real issuer


async def test_request_goes_on_in_another_process(issuer, connect, scheme):
    issuer.hold = True
    op = await connect(issuer, scheme=scheme).cards.bulk_issue(product_id=2000, count=1)
    with pytest.raises(StillProcessing) as caught:
        await op.result(timeout=0.05)
    issuer.finish(op.request_id)

    state = await connect(issuer, scheme=scheme).requests.attach(caught.value.request_id).result()

    assert state.card_ids == (issuer.ledger()[0]["card_id"],)


@pytest.mark.parametrize("timeout", ["60", b"60", True, float("nan")])
async def test_time_to_wait_that_is_none_is_refused_with_the_id_and_the_request_goes_on(
    issuer, connect, timeout
):
    op = await connect(issuer).cards.bulk_issue(product_id=2000, count=1)
    with pytest.raises(ConfigurationError, match="timeout") as caught:
        await op.result(timeout=timeout)

    assert (caught.value.request_id, caught.value.call) == (op.request_id, "cards.bulk_issue")
    assert len((await op.result()).card_ids) == 1


@pytest.mark.parametrize("timeout", [0, -1.5])
async def test_time_to_wait_that_is_over_leaves_the_request_as_it_is(issuer, connect, timeout):
    issuer.hold = True
    op = await connect(issuer).cards.bulk_issue(product_id=2000, count=1)
    with pytest.raises(StillProcessing) as caught:
        await op.result(timeout=timeout)

    assert caught.value.request_id == op.request_id


async def test_declined_client_fails_when_it_is_asked_about(issuer, connect, scheme):
    person = new_client(last_name="DECLINED")
    op = await connect(issuer, scheme=scheme).clients.create(product_id=2000, client=person)

    with pytest.raises(RequestFailed) as caught:
        await op.result()

    assert caught.value.proved
    assert caught.value.error_code == "client_declined"


async def test_flow_from_client_to_active_card(issuer, connect, scheme):
    fp = connect(issuer, scheme=scheme)
    person = new_client()

    client = await (await fp.clients.create(product_id=2000, client=person)).result()
    issued = await (await fp.cards.issue(client_id=client.client_id, product_id=2000)).result()
    blank = await (await fp.cards.bulk_issue(product_id=2000, count=1)).result()
    await (await fp.cards.link(blank.card_ids[0], client_id=client.client_id)).result()
    await (await fp.cards.activate(issued.card_ids[0])).result()

    ledger = {card["card_id"]: (card["client_id"], card["status"]) for card in issuer.ledger()}
    assert ledger == {
        issued.card_ids[0]: (client.client_id, "active"),
        blank.card_ids[0]: (client.client_id, "issued"),
    }


async def test_wait_goes_through_every_fault_of_the_question(issuer, connect, scheme):
    fp = connect(issuer, scheme=scheme)
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    issuer.script(
        STATUS,
        Fault.CLOSED,
        Fault.ERROR_500,
        Fault.HTML_200,
        Fault.LIMITED,
        Fault.CUT_JSON,
        Fault.ODD_STATUS,
    )

    issued = await op.result()

    assert issued.card_ids == (issuer.ledger()[0]["card_id"],)


async def test_status_of_an_id_that_is_not_known_is_a_refusal_of_the_question(
    issuer, connect, scheme
):
    own = str(uuid4())

    with pytest.raises(RequestFailed, match="says nothing about any other request") as caught:
        await connect(issuer, scheme=scheme).requests.status(own)

    assert caught.value.request_id == own
    assert not caught.value.proved
