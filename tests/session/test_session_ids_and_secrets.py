"""The id is on everything that a call says; a secret is on nothing."""

from __future__ import annotations

import asyncio
import io
import logging
import pickle
import traceback

import pytest

from freedompay_async import FreedomPay, FreedomPayError, Secret
from freedompay_async.contract.models import BulkIssue, StatusQuery
from freedompay_async.contract.table import CARDS_BULK_ISSUE, REQUESTS_STATUS
from freedompay_async.sandbox import Fault
from tests.person_examples import new_client
from tests.transports import parts_of

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
ENDS = {
    "not sent": ["not_sent"],
    "unknown": ["lost"],
    "refused": ["refused"],
    "denied": ["denied"],
    "limited": ["limited"],
    "unclear": ["page"],
    "hopeless": ["hopeless"],
    "broken": ["broken"],
}


@pytest.fixture
def records(caplog):
    caplog.set_level(logging.DEBUG)
    return lambda: [record for record in caplog.records if record.name.startswith("freedompay")]


@pytest.fixture(params=ENDS)
def script(request, say):
    return [getattr(say, name) for name in ENDS[request.param]]


@pytest.mark.parametrize("given", [OWN, None])
def test_error_of_an_effect_has_its_id_and_call(play, over, memory, say, script, given):
    wire = memory(card__bulk_issue=script, request__status=[say.unavailable])

    with pytest.raises(FreedomPayError) as caught:
        play(
            over(wire).submit(
                CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1), {"request_id": given}
            )
        )

    assert caught.value.request_id == wire.sent[0].fields["request_id"]
    assert caught.value.request_id in str(caught.value)
    assert caught.value.call == "cards.bulk_issue"


def test_error_of_a_read_has_the_id_asked_about(play, over, memory, script):
    with pytest.raises(FreedomPayError) as caught:
        play(
            over(memory(request__status=script)).read(REQUESTS_STATUS, StatusQuery(request_id=OWN))
        )

    assert caught.value.request_id == OWN
    assert caught.value.call == "requests.status"


def test_each_record_of_an_effect_has_its_id(play, over, memory, say, script, records):
    wire = memory(card__bulk_issue=script, request__status=[say.unavailable])

    with pytest.raises(FreedomPayError):
        play(
            over(wire).submit(
                CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1), {"request_id": OWN}
            )
        )

    assert {record.request_id for record in records()} == {OWN}
    assert {record.call for record in records()} == {"cards.bulk_issue"}
    assert len(records()) == len(wire.sent)


def test_each_record_of_a_read_has_the_id_asked_about(play, over, memory, script, records):
    with pytest.raises(FreedomPayError):
        play(
            over(memory(request__status=script)).read(REQUESTS_STATUS, StatusQuery(request_id=OWN))
        )

    assert {record.request_id for record in records()} == {OWN}


def test_error_pickles_with_all_that_it_knows(play, over, memory, script, say):
    wire = memory(card__bulk_issue=script, request__status=[say.unavailable])
    with pytest.raises(FreedomPayError) as caught:
        play(
            over(wire).submit(
                CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1), {"request_id": OWN}
            )
        )

    copy = pickle.loads(pickle.dumps(caught.value))

    assert type(copy) is type(caught.value)
    assert vars(copy) == vars(caught.value)
    assert str(copy) == str(caught.value)


def test_record_of_an_attempt_says_what_was_seen(play, over, memory, say, records):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.success])

    play(over(wire).submit(CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1)))

    first, second = (record.getMessage() for record in records())
    assert "attempt 1: no answer" in first
    assert "look-up: known" in second


# -- secrets

KEY = "sandbox-secret"
DOCUMENT = "JVBERi1zZWNyZXQtb2YtdGhlLWNsaWVudA=="
PAN = "4111111111111111"
DT = "2026-05-14T16:00:00+06:00"


def person():
    return new_client(
        document=Secret(DOCUMENT),
    )


async def everything_said(fp, call, caplog) -> str:
    """The log, the error, its traceback, its pickle and the reprs of a call that goes wrong."""
    caplog.set_level(logging.DEBUG)
    out = io.StringIO()
    try:
        await call
    except (FreedomPayError, asyncio.CancelledError) as error:
        traceback.print_exception(error, file=out)
        out.write(repr(error) + str(error))
        out.write(repr(vars(error)))
        out.write(pickle.dumps(error).decode("latin-1"))
    out.write("".join(map(repr, parts_of(fp))))
    for record in caplog.records:
        out.write(record.getMessage() + repr(vars(record)))
    return out.getvalue()


FAILURES = [
    Fault.ERROR_500,
    Fault.HTML_200,
    Fault.CUT_JSON,
    Fault.OTHER_SHAPE,
    Fault.CLOSED,
    Fault.UNAVAILABLE,
]


@pytest.mark.parametrize("fault", FAILURES)
async def test_nothing_that_a_failed_call_says_has_the_key_or_the_document(
    issuer, connect, scheme, caplog, fault
):
    fp = connect(issuer, scheme=scheme)
    issuer.script("client/add", fault)
    issuer.script("request/status", *[fault] * 400)

    said = await everything_said(
        fp, fp.clients.create(product_id=2000, client=person(), timeout=0.1), caplog
    )

    assert "OutcomeUnknown" in said
    assert KEY not in said
    assert DOCUMENT not in said


async def test_nothing_that_a_cancelled_call_says_has_the_key_or_the_document(
    issuer, connect, scheme, caplog, cancelled_at
):
    fp = connect(issuer, scheme=scheme)
    await fp.cards.bulk_issue(product_id=2000, count=1)

    async def call():
        raise await cancelled_at(fp.clients.create(product_id=2000, client=person()), 0)

    said = await everything_said(fp, call(), caplog)

    assert "CancelledError" in said
    assert KEY not in said
    assert DOCUMENT not in said


def test_numbers_of_cards_in_an_answer_are_masked_on_the_error(play, over, memory, say):
    answer = {
        "status": "error",
        "error_code": "no",
        "error_description": "no",
        "pan": PAN,
        "note": f"card {PAN}",
        "cvv": "123",
        "otp": "9876",
    }
    wire = memory(card__bulk_issue=[say.http(200, answer)], request__status=[say.unknown])

    with pytest.raises(FreedomPayError) as caught:
        play(over(wire).submit(CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1)))

    assert PAN not in caught.value.body
    assert "123" not in caught.value.body
    assert "9876" not in caught.value.body


@pytest.mark.parametrize("field", ["error_description", "error_code"])
def test_numbers_of_cards_in_what_the_issuer_says_of_an_error_are_masked(
    play, over, memory, say, records, field
):
    answer = {"status": "error", "dt": DT, field: f"card {PAN} is closed"}
    wire = memory(card__bulk_issue=[say.http(200, answer)], request__status=[say.http(200, answer)])

    with pytest.raises(FreedomPayError) as caught:
        play(over(wire).submit(CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1)))

    said = (
        str(caught.value)
        + repr(vars(caught.value))
        + repr([record.getMessage() for record in records()])
    )
    assert PAN not in said


def test_numbers_of_cards_in_a_status_that_is_no_status_are_masked(
    play, over, memory, say, records
):
    wire = memory(request__status=[say.http(200, {"status": f"card {PAN}", "dt": DT})])

    with pytest.raises(FreedomPayError) as caught:
        play(over(wire).read(REQUESTS_STATUS, StatusQuery(request_id=OWN)))

    said = str(caught.value) + repr([record.getMessage() for record in records()])
    assert PAN not in said


def test_repr_of_a_client_shows_no_key():
    fp = FreedomPay(auth_id="10001", secret_key=KEY, region="KZ", test=True)

    shown = "".join(map(repr, parts_of(fp)))

    assert "10001" in shown
    assert "JwsSigner" in shown
    assert KEY not in shown
