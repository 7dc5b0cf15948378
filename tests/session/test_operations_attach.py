"""Going on with a request of which only the id is known, and what it was used for."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone
from statistics import mean
from typing import get_args
from uuid import UUID, uuid4

import pytest

from freedompay_async import (
    ConfigurationError,
    Override,
    RequestFailed,
    Retry,
    StillProcessing,
)
from freedompay_async.api.requests import Requests
from freedompay_async.contract.calls import Retry as RetryClass
from freedompay_async.contract.models import (
    BulkIssue,
    Completed,
    CreatedClient,
    CreatedTransaction,
    IssuedCards,
    RequestState,
)
from freedompay_async.contract.table import CARDS_BULK_ISSUE, TABLE
from freedompay_async.operations.attach import CompletedCall, IssuingCall
from freedompay_async.operations.start import start
from tests.samples import SAMPLES

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
ASKABLE = {row.name: row.result for row in TABLE if row.retry is RetryClass.ASKABLE}
OTHERS = sorted(SAMPLES.keys() - ASKABLE.keys())


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


@pytest.fixture
def attach(memory, client_of, say):
    """`attach` of a client, to which the issuer says that all have succeeded."""
    wire = memory(
        request__status=[
            say.ok(
                request_status="success",
                cards=[{"card_id": "card-1"}],
                client_id="client-1",
                transaction_id="transaction-1",
            )
        ]
    )
    return client_of(wire).requests.attach


# -- what it is the operation of


@pytest.mark.parametrize(("call", "result"), ASKABLE.items())
def test_result_and_name_are_those_of_the_call(play, attach, call, result):
    operation = attach(OWN, call=call)

    assert operation.call == call
    assert type(play(operation.result())) is result


def test_the_types_name_each_call_that_can_be_asked_about():
    assert set(get_args(IssuingCall)) == {
        name for name, result in ASKABLE.items() if result is IssuedCards
    }
    assert set(get_args(CompletedCall)) == {
        name for name, result in ASKABLE.items() if result is Completed
    }
    assert ASKABLE.keys() - {*get_args(IssuingCall), *get_args(CompletedCall)} == {
        "clients.create",
        "transactions.create",
    }
    assert (ASKABLE["clients.create"], ASKABLE["transactions.create"]) == (
        CreatedClient,
        CreatedTransaction,
    )


def test_without_a_call_the_result_is_the_state(play, attach):
    operation = attach(OWN)

    assert operation.call is None
    assert isinstance(play(operation.result()), RequestState)


def test_the_call_of_an_operation_without_one_is_taken_as_none(play, attach):
    assert attach(OWN, call=attach(OWN).call).call is None


def test_an_operation_that_a_call_gave_has_its_name(play, memory, client_of, say):
    wire = memory(card__bulk_issue=[say.process])

    operation = play(client_of(wire).cards.bulk_issue(product_id=1, count=1))

    assert operation.call == "cards.bulk_issue"


def test_errors_are_those_of_the_call(play, memory, client_of, say):
    operation = client_of(memory(request__status=[say.failed])).requests.attach(
        OWN, call="cards.issue"
    )

    with pytest.raises(RequestFailed) as caught:
        play(operation.result())

    assert (caught.value.call, caught.value.request_id, caught.value.proved) == (
        "cards.issue",
        OWN,
        True,
    )


@pytest.mark.parametrize("call", OTHERS)
def test_a_call_that_cannot_be_asked_about_is_refused(attach, call):
    with pytest.raises(ConfigurationError) as caught:
        attach(OWN, call=call)

    assert str(caught.value) == (
        f"call={call!r}: request/status can't be asked about it. It can be asked about "
        f"{', '.join(ASKABLE)}. Nothing was sent."
    )


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("cards.isue", "there is no such call (did you mean cards.issue?)."),
        ("card/issue", "there is no such call (did you mean cards.issue?)."),
        ("nothing like it", "there is no such call."),
        ("", "there is no such call."),
    ],
)
def test_a_call_that_there_is_not_is_refused(attach, call, why):
    with pytest.raises(ConfigurationError) as caught:
        attach(OWN, call=call)

    assert str(caught.value).startswith(f"call={call!r}: {why} It can be asked about cards.bulk_")


def test_a_call_that_is_no_text_is_refused(attach):
    with pytest.raises(ConfigurationError, match="call is of type Call: give text"):
        attach(OWN, call=CARDS_BULK_ISSUE)


def test_a_call_that_the_contract_of_the_client_makes_unaskable_is_refused(memory, client_of):
    fp = client_of(memory(), contract=[Override(call="cards.link", retry=Retry.UNASKABLE)])

    with pytest.raises(ConfigurationError, match="by the contract of this client") as caught:
        fp.requests.attach(OWN, call="cards.link")

    assert "cards.link," not in str(caught.value)
    assert fp.requests.attach(OWN, call="cards.issue").call == "cards.issue"


# -- the id


@pytest.mark.parametrize("own", [OWN, OWN.upper(), UUID(OWN)])
def test_a_uuid_is_asked_about_as_it_is_written(play, memory, client_of, say, own):
    wire = memory(request__status=[say.success])

    play(client_of(wire).requests.attach(own).refresh())

    assert [each.fields["request_id"] for each in wire.sent] == [str(own)]


@pytest.mark.parametrize(
    "own",
    [
        "given",
        "",
        f"{{{OWN}}}",
        f"urn:uuid:{OWN}",
        OWN.replace("-", ""),
        f"{OWN}\n",
        f" {OWN}",
        OWN[:-1],
        OWN.replace("0b", "0g"),
    ],
)
def test_what_is_no_uuid_is_refused_at_once(attach, own):
    with pytest.raises(ConfigurationError, match=r"request_id is no UUID.*Nothing was sent"):
        attach(own)


def test_an_id_of_another_form_is_for_status(attach):
    with pytest.raises(ConfigurationError) as caught:
        attach("order-17", call="cards.issue")

    assert "`requests.status` asks about an id of any other form." in str(caught.value)
    assert "order-17" not in str(caught.value)


@pytest.mark.parametrize("own", [None, 5, OWN.encode()])
def test_an_id_of_another_type_is_refused(attach, own):
    with pytest.raises(ConfigurationError, match="request_id is "):
        attach(own)


# -- how many cards


def test_a_list_that_is_shorter_than_ordered_is_not_the_end(play, memory, client_of, say):
    two = say.ok(request_status="success", cards=[{"card_id": "1"}, {"card_id": "2"}])
    wire = memory(request__status=[say.success, two])

    issued = play(client_of(wire).requests.attach(OWN, call="cards.bulk_issue", ordered=2).result())

    assert issued.card_ids == ("1", "2")
    assert issued.ordered == 2


def test_without_a_number_any_list_is_the_end(play, memory, client_of, say):
    wire = memory(request__status=[say.success])

    issued = play(client_of(wire).requests.attach(OWN, call="cards.bulk_issue").result())

    assert (issued.card_ids, issued.ordered) == (("card-1",), None)


@pytest.mark.parametrize("ordered", [{}, {"ordered": None}, {"ordered": 1}])
def test_a_call_that_orders_one_card_has_ordered_one(play, attach, ordered):
    assert play(attach(OWN, call="cards.issue", **ordered).result()).ordered == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"call": "cards.issue", "ordered": 2}, "ordered=2: cards.issue always orders 1."),
        ({"call": "cards.block", "ordered": 1}, "ordered=1: cards.block orders no cards."),
        ({"call": "cards.bulk_issue", "ordered": 0}, "ordered=0: it must be at least 1 (cards)."),
        ({"call": "cards.bulk_issue", "ordered": "5"}, "ordered is of type str: give a whole "),
        ({"ordered": 5}, "ordered= needs call=, the name of the call"),
        ({"accepted": ago(5)}, "accepted= needs call=, the name of the call"),
    ],
)
def test_what_does_not_fit_the_call_is_refused(attach, arguments, why):
    with pytest.raises(ConfigurationError) as caught:
        attach(OWN, **arguments)

    assert str(caught.value).startswith(why)


# -- when it was accepted


@pytest.mark.parametrize(
    ("accepted", "why"),
    [
        (datetime(2026, 5, 14, 12, 0), "accepted=2026-05-14 12:00:00 has no time zone"),  # noqa: DTZ001
        (date(2026, 5, 14), "accepted is of type date: give a datetime with a time zone"),
        (1_700_000_000.0, "accepted is of type float: give a datetime with a time zone"),
        ("2026-05-14T12:00:00Z", "accepted is of type str: give a datetime with a time zone"),
    ],
)
def test_a_time_that_is_not_aware_is_refused(attach, accepted, why):
    with pytest.raises(ConfigurationError) as caught:
        attach(OWN, call="cards.issue", accepted=accepted)

    assert str(caught.value).startswith(why)


@pytest.fixture
def taught(over):
    """A session over a wire that has seen bulk issues take eight seconds."""

    def build(wire, **options):
        session = over(wire, **options)
        session.shared.polls.jitter = lambda: 0.5
        looks = session.shared.polls.of("cards.bulk_issue")
        for _ in range(300):
            for pending, age in ((0.0, 2.0), (2.0, 4.0), (4.0, 7.5)):
                looks.learn(pending, age, ended=False)
            looks.learn(7.5, 8.0, ended=True)
        return session

    return build


@pytest.fixture
def requests_of(taught):
    """`fp.requests` of such a client."""
    return lambda wire: Requests(taught(wire))


@pytest.fixture
def first_look(play, memory, say, requests_of):
    """Seconds until the first look-up of an attached id."""

    def run(**arguments):
        wire = memory(request__status=[say.success])
        play(requests_of(wire).attach(OWN, call="cards.bulk_issue", **arguments).result())
        return wire.sent[0].at

    return run


def test_first_look_waits_as_long_as_requests_of_the_call_take(first_look):
    assert first_look(accepted=ago(0)) == pytest.approx(10.0, rel=0.15)
    assert first_look(accepted=ago(7)) == pytest.approx(3.0, rel=0.5)


def test_a_time_in_the_future_is_taken_as_now(first_look):
    assert first_look(accepted=ago(-3600)) == pytest.approx(10.0, rel=0.15)


@pytest.mark.parametrize("zone", [timedelta(hours=5), timedelta(hours=-7)])
def test_any_time_zone_will_do(first_look, zone):
    assert first_look(accepted=ago(7).astimezone(timezone(zone))) == pytest.approx(3.0, rel=0.5)


@pytest.mark.parametrize("age", [20, 3_600, 30 * 86_400])
def test_first_look_of_an_old_one_comes_within_the_longest_pause(first_look, age):
    assert first_look(accepted=ago(age)) <= 11.0


def test_first_look_without_a_time_comes_at_once(first_look):
    assert first_look() == 0


def test_a_wait_that_is_too_short_looks_before_it_ends(play, memory, say, requests_of):
    wire = memory(request__status=[say.success])

    operation = requests_of(wire).attach(OWN, call="cards.bulk_issue", accepted=ago(0))
    play(operation.result(timeout=5))

    assert [4.0 < each.at < 5.0 for each in wire.sent] == [True]


def test_what_is_attached_where_no_loop_runs_goes_by_the_same_clock(play, memory, say, requests_of):
    """The clock of the loop begins anew with each one here."""
    wire = memory(request__status=[say.success])
    operation = requests_of(wire).attach(OWN, call="cards.bulk_issue", accepted=ago(7))

    async def story():
        await operation.result()

    play(story())

    assert wire.sent[0].at == pytest.approx(3.0, rel=0.5)


async def rounds(requests, ids, count, **arguments):
    """Each round attaches all that are pending anew, and waits for a second."""
    loop = asyncio.get_running_loop()
    for _ in range(count):
        operations = [
            requests.attach(own, call="cards.bulk_issue", accepted=ago(loop.time()), **arguments)
            for own in ids
        ]
        with pytest.raises(StillProcessing):
            async for _ in requests.as_completed(operations, timeout=1.0):
                pass


def test_a_worker_that_attaches_the_same_ids_in_every_round_does_not_look_at_each_in_each(
    play, memory, say, requests_of
):
    wire = memory(request__status=[say.process])
    ids = [str(uuid4()) for _ in range(50)]

    play(rounds(requests_of(wire), ids, 60))

    looks = [len([each for each in wire.sent if each.fields["request_id"] == own]) for own in ids]
    assert 6 <= mean(looks) <= 12
    assert max(looks) <= 15


def test_what_is_attached_in_every_round_does_not_teach_that_nothing_ends_early(
    play, memory, say, taught
):
    wire = memory(request__status=[say.process], card__bulk_issue=[say.process])

    async def story():
        session = taught(wire, poll_most=1_000.0)
        await asyncio.sleep(600)
        await rounds(Requests(session), [str(uuid4()) for _ in range(300)], 200)
        wire.scripts["request/status"] = [say.success]
        begun = asyncio.get_running_loop().time()
        operation = await start(session, CARDS_BULK_ISSUE, BulkIssue(product_id=1, count=1))
        await operation.result()
        return wire.sent[-1].at - begun

    assert play(story()) == pytest.approx(10.0, rel=0.3)


def test_times_of_attached_ones_teach_what_the_call_takes(play, memory, say, over):
    wire = memory(request__status=[say.process, say.success])
    session = over(wire)

    async def story():
        await Requests(session).attach(OWN, call="cards.issue", accepted=ago(0)).result()

    play(story())

    assert repr(session.shared.polls.of("cards.issue")) == "PollSchedule(2 looks, 1 ended)"
