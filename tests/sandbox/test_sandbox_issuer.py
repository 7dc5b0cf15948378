from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from freedompay_async.sandbox import Faults, Sandbox
from tests.sandbox.requests import ask, bulk


async def test_create_issue_and_activate(issuer, api):
    client_id = await api.client(external_user_id="u-1")
    request_id = str(uuid4())
    accepted = await api("card/issue", request_id=request_id, client_id=client_id, product_id=3000)
    assert accepted.keys() == {"status", "request_status", "dt"}
    assert datetime.fromisoformat(accepted["dt"]).tzinfo is not None
    state = await api.ask(request_id)
    [card] = state["cards"]
    assert state.keys() == {"status", "request_status", "dt", "cards"}
    [row] = issuer.ledger()
    assert datetime.fromisoformat(row.pop("created_at")).tzinfo is not None
    expected = {
        "card_id": card["card_id"],
        "client_id": client_id,
        "product_id": 3000,
        "request_id": request_id,
        "phone": 77017777777,
        "external_user_id": "u-1",
        "status": "issued",
    }
    assert row == expected
    activation = str(uuid4())
    await api("card/activate", request_id=activation, card_id=card["card_id"])
    assert (await api.ask(activation)).keys() == {"status", "request_status", "dt"}
    assert issuer.ledger()[0]["status"] == "active"


async def test_bulk_issue_and_link(issuer, api):
    cards = await api.bulk(count=3)
    assert len(set(cards)) == 3
    assert [(row["card_id"], row["client_id"], row["phone"]) for row in issuer.ledger()] == [
        (card, None, None) for card in cards
    ]
    client_id = await api.client()
    assert (await api("card/link", client_id=client_id, card_id=cards[1]))[
        "request_status"
    ] == "success"
    assert [row["client_id"] for row in issuer.ledger()] == [None, client_id, None]
    again = await api("card/link", client_id=client_id, card_id=cards[1])
    assert (again["status"], again["request_status"], again["error_code"]) == (
        "error",
        "error",
        "card_linked",
    )


@pytest.mark.parametrize(
    ("call", "fields", "code"),
    [
        ("card/issue", {"client_id": "nobody", "product_id": 2000}, "unknown_client"),
        ("card/link", {"client_id": "nobody", "card_id": "x"}, "unknown_client"),
        ("card/activate", {"card_id": "nothing"}, "unknown_card"),
    ],
)
async def test_unknown_things_are_refused(api, call, fields, code):
    assert (await api(call, **fields))["error_code"] == code


async def test_linking_an_unknown_card_is_refused(api):
    assert (await api("card/link", client_id=await api.client(), card_id="nothing"))[
        "error_code"
    ] == "unknown_card"


async def test_names_choose_the_outcome(issuer, api, person):
    refused = await api("client/add", product_id=2000, client=person(last_name="REFUSED"))
    assert (refused["status"], refused["error_code"]) == ("error", "client_refused")

    request_id = str(uuid4())
    declined = await api(
        "client/add", request_id=request_id, product_id=2000, client=person(last_name="DECLINED")
    )
    assert declined["status"] == "ok"
    state = await api.ask(request_id)
    assert (state["status"], state["request_status"], state["error_code"]) == (
        "ok",
        "error",
        "client_declined",
    )

    client_id = await api.client(last_name="NOCARD")
    request_id = str(uuid4())
    assert (await api("card/issue", request_id=request_id, client_id=client_id, product_id=2000))[
        "status"
    ] == "ok"
    state = await api.ask(request_id)
    assert (state["status"], state["request_status"], state["error_code"]) == (
        "ok",
        "error",
        "card_declined",
    )
    assert issuer.ledger() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"request_id":"\xff"}', b"null"])
async def test_a_body_that_is_no_json_object(issuer, api, body):
    own = str(uuid4())
    status, answer = await api.send("card/issue", body, own=own)
    assert (status, answer["status"], answer["error_code"]) == (400, "error", "invalid_json")
    assert (await api.send("card/issue", body, own=own))[1]["error_code"] == "duplicate_request"
    assert [each.verdict for each in issuer.received] == ["not json", "duplicate"]


@pytest.mark.parametrize(("shape", "http"), [("error", 200), ("400", 400), ("409", 409)])
async def test_a_repeated_id_is_an_error_whatever_the_body(talk, shape, http):
    async with Sandbox(faults=Faults(duplicate=shape)) as issuer, talk(issuer) as api:
        body = bulk()
        await api("card/bulk_issue", **body)
        status, answer = await api.send("card/bulk_issue", body | {"count": 5})
        assert (status, answer["status"], answer["error_code"]) == (
            http,
            "error",
            "duplicate_request",
        )
        assert len(issuer.ledger()) == 2
        assert issuer.received[-1].verdict == "duplicate"


async def test_a_refused_request_has_used_its_id_up(api):
    body = bulk(count=0)
    assert (await api("card/bulk_issue", **body))["error_code"] == "invalid_request"
    assert (await api("card/bulk_issue", **body | {"count": 1}))[
        "error_code"
    ] == "duplicate_request"
    assert (await api.ask(body["request_id"]))["error_code"] == "unknown_request"


async def test_under_sign_a_status_request_has_an_id_of_its_own(api):
    body = bulk()
    await api("card/bulk_issue", **body)
    own = str(uuid4())
    assert (await api.send("request/status", ask(body["request_id"]), own=own))[1][
        "request_status"
    ] == "success"
    assert (await api.send("request/status", ask(body["request_id"]), own=own))[1][
        "error_code"
    ] == "duplicate_request"
    assert (await api.send("request/status", ask(body["request_id"]), own=body["request_id"]))[1][
        "error_code"
    ] == "duplicate_request"


async def test_under_jws_a_status_request_has_none(issuer, talk):
    async with talk(issuer, scheme="HS512") as api:
        body = bulk()
        assert (await api("card/bulk_issue", **body))["status"] == "ok"
        assert (await api("card/bulk_issue", **body))["error_code"] == "duplicate_request"
        for _ in range(2):
            assert (await api.ask(body["request_id"]))["request_status"] == "success"
        assert (await api("card/bulk_issue", **bulk(request_id=5)))[
            "error_code"
        ] == "invalid_request"


async def test_two_ids_in_one_request_are_both_used_up(api):
    own, body = str(uuid4()), bulk()
    assert (await api.send("card/bulk_issue", body, own=own))[1]["status"] == "ok"
    assert (await api.ask(body["request_id"]))["request_status"] == "success"
    assert (await api.ask(own))["error_code"] == "unknown_request"
    assert (await api("card/bulk_issue", **bulk(request_id=own)))[
        "error_code"
    ] == "duplicate_request"
    assert (await api("card/bulk_issue", **body))["error_code"] == "duplicate_request"
    fresh = str(uuid4())
    assert (await api.send("card/bulk_issue", body, own=fresh))[1][
        "error_code"
    ] == "duplicate_request"
    assert (await api("card/bulk_issue", **bulk(request_id=fresh)))[
        "error_code"
    ] == "duplicate_request"


async def test_sign_without_a_request_id(api):
    body = b'{"card_id":"1"}'
    headers = api.headers("card/activate", body)
    del headers["Request-Id"]
    answer = (await api.send("card/activate", body, headers=headers))[1]
    assert "Request-Id" in answer["error_description"]


@pytest.mark.parametrize(("shape", "http"), [("error", 200), ("404", 404), ("bare", 200)])
async def test_an_unknown_id_is_answered_as_one_chose(talk, shape, http):
    async with Sandbox(faults=Faults(unknown=shape)) as issuer, talk(issuer) as api:
        status, answer = await api.send("request/status", ask(str(uuid4())))
        assert status == http
        if shape == "bare":
            assert answer.keys() == {"status", "dt"}
            assert answer["status"] == "ok"
        else:
            assert (answer["status"], answer["error_code"]) == ("error", "unknown_request")
        assert issuer.received[-1].verdict == "unknown"


async def test_a_gateway_may_answer_in_the_issuers_place(talk):
    async with Sandbox(faults=Faults(unknown="gateway")) as issuer, talk(issuer) as api:
        status, answer = await api.send("request/status", ask(str(uuid4())))
        assert (status, answer) == (404, {"message": "no Route matched with those values"})
        assert issuer.received[-1].verdict == "unknown"


@pytest.mark.parametrize("fields", [{}, {"request_id": 5}, {"request_id": ""}])
async def test_a_status_request_about_nothing(api, fields):
    answer = (await api.send("request/status", fields))[1]
    assert (answer["status"], answer["error_code"]) == ("error", "invalid_request")


async def test_hold_and_finish(issuer, api):
    issuer.hold = True
    first, second = bulk(), bulk()
    for body in (first, second):
        assert (await api("card/bulk_issue", **body))["request_status"] == "process"
        state = await api.ask(body["request_id"])
        assert state.keys() == {"status", "request_status", "dt"}
        assert state["request_status"] == "process"
    assert len(issuer.ledger()) == 4
    issuer.finish(first["request_id"])
    assert (await api.ask(first["request_id"]))["request_status"] == "success"
    assert (await api.ask(second["request_id"]))["request_status"] == "process"
    issuer.hold = False
    assert (await api.ask(second["request_id"]))["request_status"] == "success"
    with pytest.raises(KeyError):
        issuer.finish(str(uuid4()))


async def test_hold_before_the_sandbox_is_open(talk):
    sandbox = Sandbox()
    sandbox.hold = True
    async with sandbox as issuer, talk(issuer) as api:
        assert issuer.hold
        assert (await api("card/bulk_issue", **bulk()))["request_status"] == "process"


async def test_a_request_takes_its_time(talk):
    async with Sandbox(processing=(3600, 3600)) as issuer, talk(issuer) as api:
        body = bulk()
        assert (await api("card/bulk_issue", **body))["request_status"] == "process"
        assert (await api.ask(body["request_id"]))["request_status"] == "process"
        issuer.finish(body["request_id"])
        assert len((await api.ask(body["request_id"]))["cards"]) == 2
