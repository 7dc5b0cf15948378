"""Every call of the vendor's contract under each scheme, and the faults that it can get."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from freedompay_async.sandbox import Fault, Faults
from freedompay_async.sandbox.desk.delivery import deliver
from freedompay_async.sandbox.issuing import rules
from tests.samples import SAMPLES

CALLS = {sample.call: sample for name, sample in SAMPLES.items() if not name.startswith("pins.")}
EFFECTS = {call for call, sample in CALLS.items() if sample.retry == "askable"}
GIFTS = {call for call, sample in CALLS.items() if sample.gift}


def path_of(call):
    return CALLS[call].path


def test_the_calls():
    assert rules.calls() == CALLS.keys()
    assert {call for call in rules.calls() if rules.is_effect(call)} == EFFECTS
    assert {call for call in rules.calls() if rules.is_gift(call)} == GIFTS
    assert {call for call in rules.calls() if rules.has_own_id(call)} == {
        call for call, sample in CALLS.items() if sample.has_own_id
    }


@pytest.mark.parametrize("call", sorted(CALLS))
def test_each_path_is_that_of_its_call(call):
    assert rules.call_of(path_of(call)) == call


def test_a_path_that_the_vendor_prints_beside_its_own():
    assert (
        rules.call_of("/v5/partner/external/cardholder_validate") == "external/cardholder_validate"
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "card/issue",
        "/card/issue",
        "/v5/card/issue",
        "/v5/card-api/",
        "/v5/card-api/card/issue/",
        "/v5/card-api/cards/issue_card",
        "/v5/partner/card/issue",
        "/v5/cards/",
        "cards/issue_card",
        "/v5//v5/cards/issue_card",
    ],
)
def test_other_paths_are_of_no_call(counter, path):
    assert rules.call_of(path) is None
    taken = counter.desk.take(path=path, headers={}, body=b"")
    assert (taken.verdict, taken.answer.http) == ("unknown path", 404)


@pytest.mark.parametrize("call", sorted(CALLS))
@pytest.mark.parametrize("scheme", ["sign", "HS512"])
def test_a_call_without_fields_is_answered_in_its_form(counter, call, scheme):
    taken = counter.take(path_of(call), {}, scheme=scheme)
    body = taken.answer.body
    assert taken.answer.http == 200
    if call in GIFTS:
        assert taken.verdict == ("ok" if call == "cards/product_list" else "refused")
        assert isinstance(body["status"], int)
    else:
        assert (taken.verdict, body["status"], body["error_code"]) == (
            "refused",
            "error",
            "invalid_request",
        )
        assert ("request_status" in body) == (call != "external/cardholder_validate")


@pytest.mark.parametrize("call", sorted(CALLS))
@pytest.mark.parametrize("fault", [each for each in Fault if each is not Fault.NONE])
def test_each_fault_can_be_scripted_for_each_call(counter, call, fault):
    counter.plan.script(call, fault)
    taken = counter.take(path_of(call), {})
    late_and_no_request = fault is Fault.LATE and call not in EFFECTS
    assert (taken.fault is fault) != late_and_no_request
    assert (f"fault:{fault.name}" in taken.verdict) != late_and_no_request


@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_body_of_no_json(counter, call):
    taken = counter.take(path_of(call), b"nothing")
    assert (taken.verdict, taken.answer.http) == ("not json", 400)


@pytest.mark.parametrize("call", sorted(CALLS))
def test_under_sign_each_call_has_an_id_of_its_own(counters, call):
    counter = counters(faults=Faults(duplicate="409"))
    own = str(uuid4())
    counter.take(path_of(call), {}, own=own)
    taken = counter.take(path_of(call), {}, own=own)
    assert (taken.verdict, taken.answer.http) == ("duplicate", 409)


def test_an_id_in_bytes_that_are_no_text(counter):
    own = b"\xff\xfe".decode(errors="surrogateescape")
    assert [counter.take("/v5/cards/product_list", {}, own=own).verdict for _ in range(2)] == [
        "ok",
        "duplicate",
    ]


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("card/block", {"description": "lost"}),
        ("card/close", {"description": "lost"}),
        ("card/reset_counter_pin", {}),
    ],
)
def test_an_effect_of_a_late_request_is_there_and_shown_later(counters, call, fields):
    counter = counters(faults=Faults(late=1.0, late_by=60))
    request_id = str(uuid4())
    counter("card/bulk_issue", request_id=request_id, product_id=2000, count=1)
    assert counter("request/status", request_id=request_id)["error_code"] == "unknown_request"
    counter.now += 60
    [card] = counter("request/status", request_id=request_id)["cards"]
    request_id = str(uuid4())
    assert counter(call, request_id=request_id, card_id=card["card_id"], **fields)["status"] == "ok"
    assert (
        counter(call, request_id=request_id, card_id=card["card_id"], **fields)["error_code"]
        == "duplicate_request"
    )
    assert counter("request/status", request_id=request_id)["error_code"] == "unknown_request"
    counter.now += 60
    assert counter("request/status", request_id=request_id) == {
        "status": "ok",
        "request_status": "success",
    }


def test_each_request_takes_its_time(counters):
    counter = counters(processing=(10, 10))
    request_id = str(uuid4())
    fields = {"object": {"type": "account", "value": "x"}}
    amount = {"type": "sum", "value": "1", "currency": "KZT"}
    limits = [{"transaction_type": "pay", "amount": [amount]}]
    assert (
        counter("limits/set", request_id=request_id, limits=limits, **fields)["request_status"]
        == "process"
    )
    assert counter("request/status", request_id=request_id)["request_status"] == "process"
    counter.now += 10
    assert counter("request/status", request_id=request_id)["request_status"] == "success"


async def sent(taken, fault):
    # None of these faults asks anything of the request.
    response = await deliver(None, taken.answer, fault=fault, faults=Faults())
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(
    "call", ["cards/product_list", "card/info", "external/cardholder_validate"]
)
async def test_a_broken_server_and_an_odd_status_speak_the_form_of_the_section(counter, call):
    taken = counter.take(path_of(call), {})
    right = taken.answer.body
    http, broken = await sent(taken, Fault.ERROR_500)
    assert http == 500
    odd = (await sent(taken, Fault.ODD_STATUS))[1]
    if call in GIFTS:
        assert (broken.keys(), broken["status"]) == ({"datetime", "status"}, -1)
        assert odd == right | {"status": 99}
    else:
        assert broken["status"] == "error"
        assert odd == right | {"request_status": "queued"}


async def test_amounts_leave_with_all_their_digits(counter):
    taken = counter.take("/v5/card-api/card/balance", {"card_id": counter.card()})
    for fault in (Fault.NONE, Fault.HUGE):
        response = await deliver(None, taken.answer, fault=fault, faults=Faults())
        assert b'"amount":1000.00,' in response.body
