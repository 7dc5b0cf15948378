"""Reads of cards and clients, and their checks."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from freedompay_async.sandbox.issuing.numbers import checked, iban, number, printed
from tests.sandbox.requests import DONE, own


@pytest.mark.parametrize("linked", [True, False])
def test_info(counter, linked):
    client_id = counter.client() if linked else None
    card_id = counter.card(client_id)
    face = counter("card/secret_data", card_id=card_id)
    expected = {
        "card_id": card_id,
        "product_id": 2000,
        "card_status": "issued",
        "card_mask": f"{face['pan'][:4]}********{face['pan'][-4:]}",
        "expiry": "01/31",
    }

    assert counter("card/info", **own(), card_id=card_id) == DONE | expected | (
        {"client_id": client_id} if linked else {}
    )


def test_secret_data_is_the_same_in_both_versions_and_in_every_run(counter):
    card_id = counter.card()
    first = counter("card/secret_data", card_id=card_id)

    assert first == counter("card/secret_data_v2", card_id=card_id)
    assert first.keys() == DONE.keys() | {"pan", "expiry", "cvv"}
    assert re.fullmatch(r"400000\d{10}", first["pan"])
    assert checked(first["pan"][:-1]) == first["pan"]
    assert re.fullmatch(r"\d{3}", first["cvv"])
    assert printed(card_id, made_at="2026-01-15T12:00:00+05:00").pan == first["pan"]
    assert len({number(each) for each in range(1_000)}) == 1_000


def test_luhn_and_iban():
    assert checked("411111111111111") == "4111111111111111"
    for each in range(50):
        account = iban(f"card-{each}")
        assert re.fullmatch(r"KZ\d{18}", account)
        assert int(account[4:] + "2035" + account[2:4]) % 97 == 1


def test_balance_of_a_new_card(counter):
    body = encoded(counter, "card/balance", card_id=counter.card())
    assert b'"amount":1000.00,"blocked_amount":0.00,"currency":"KZT"' in body


def encoded(counter, call, **fields):
    from freedompay_async.sandbox.answers import encode

    return encode(counter.take(f"/v5/card-api/{call}", fields).answer.body)


def test_the_cards_of_a_client(counter):
    client_id = counter.client()
    assert counter("client/cards", client_id=client_id) == DONE | {"cards": []}
    first, second, free = (
        counter.card(client_id, active=True),
        counter.card(client_id),
        counter.card(),
    )
    counter.do("card/link", client_id=client_id, card_id=free)
    counter.do("card/block", card_id=second, description="lost")

    facts = counter("client/cards", client_id=client_id)
    assert [(card["card_id"], card["card_status"]) for card in facts["cards"]] == [
        (first, "active"),
        (second, "blocked"),
        (free, "issued"),
    ]
    mask = counter("card/info", **own(), card_id=first)["card_mask"]
    assert facts["cards"][0] == {
        "card_id": first,
        "card_mask": mask,
        "card_status": "active",
        "product_id": 2000,
    }


def test_a_clients_phone_changes(counter):
    client_id = counter.client()
    counter.card(client_id)
    assert (
        counter.do(
            "client/update", client_id=client_id, product_id=2000, client={"phone": 77010000001}
        )
        == DONE
    )

    [[row]] = counter.issuer.pages()
    assert row["phone"] == 77010000001
    assert (
        counter.no(
            "client/update", client_id="nobody", product_id=2000, client={"phone": 77010000001}
        )
        == "unknown_client"
    )


@pytest.mark.parametrize(
    ("call", "fields", "code"),
    [
        ("card/info", {"card_id": "nothing"}, "unknown_card"),
        ("card/balance", {"card_id": "nothing"}, "unknown_card"),
        ("card/secret_data", {"card_id": "nothing"}, "unknown_card"),
        ("card/statement", {"card_id": "nothing"}, "unknown_card"),
        (
            "card/statement_extended",
            {"card_id": "nothing", "start_date": "2026-01-01", "end_date": "2026-01-31"},
            "unknown_card",
        ),
        ("card/set_pin", {"card_id": "nothing"}, "unknown_card"),
        ("card/close", {"card_id": "nothing", "description": "x"}, "unknown_card"),
        ("client/cards", {"client_id": "nobody"}, "unknown_client"),
        ("transaction/info", {"transaction_id": "nothing"}, "unknown_transaction"),
        ("limits/list", {"object": {"type": "card", "value": "nothing"}}, "unknown_card"),
        ("limits/list", {"object": {"type": "client", "value": "nobody"}}, "unknown_client"),
        ("card/block", {"card_id": "nothing"}, "invalid_request"),
        ("card/info", {"card_id": 5}, "invalid_request"),
        ("card/set_pin", {"card_id": "nothing", "pin": ""}, "invalid_request"),
    ],
)
def test_what_is_not_there_is_refused(counter, call, fields, code):
    assert counter.no(call, **fields) == code


@pytest.mark.parametrize("call", ["card/info", "limits/list"])
def test_a_read_with_an_id_uses_it_up_and_makes_no_request(counter, call):
    card_id = counter.card()
    fields = own() | (
        {"card_id": card_id}
        if call == "card/info"
        else {"object": {"type": "card", "value": card_id}}
    )

    assert counter(call, **fields)["status"] == "ok"
    assert counter.no(call, **fields) == "duplicate_request"
    assert (
        counter.no("card/activate", request_id=fields["request_id"], card_id=card_id)
        == "duplicate_request"
    )
    assert (
        counter("request/status", request_id=fields["request_id"])["error_code"]
        == "unknown_request"
    )
    assert counter.no(call, **fields | {"request_id": "no-uuid"}) == "invalid_request"


def test_an_id_in_a_body_that_has_none_is_no_id(counter):
    card_id, stray = counter.card(), own()
    for _ in range(2):
        taken = counter.take(
            "/v5/card-api/card/balance", {"card_id": card_id, **stray}, scheme="HS512"
        )
        assert taken.verdict == "ok"


@pytest.mark.parametrize(
    "path",
    ["/v5/card-api/external/cardholder_validate", "/v5/partner/external/cardholder_validate"],
)
@pytest.mark.parametrize(
    ("first", "last", "phone", "score", "fishy"),
    [
        ("Ivan", "Ivanov", "7017777777", "100.00%", 0),
        ("IVAN", "ivanov", "7017777777", "100.00%", 0),
        ("Ivan", "Ivanova", "7017777777", "95.65%", 0),
        ("Qwe", "Zxc", "7017777777", "11.11%", 1),
        ("Ivan", "Ivanov", "7010000000", "0.00%", 1),
    ],
)
def test_a_name_is_compared_with_the_holders(counter, path, first, last, phone, score, fishy):
    counter.client()
    fields = own() | {
        "user_phone": phone,
        "first_name": first,
        "last_name": last,
        "card_token": str(uuid4()),
    }
    answer = counter.take(path, fields).answer.body
    del answer["dt"]
    assert answer == {"status": "ok", "score": score, "fishy": fishy}

    again = counter.take(path, fields).answer.body
    del again["dt"]
    assert again.keys() == {"status", "error_code", "error_description"}
    assert again["error_code"] == "duplicate_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"user_phone": "77017777777"},
        {"user_phone": 7017777777},
        {"card_token": "x"},
        {"first_name": ""},
    ],
)
def test_a_validation_of_another_form(counter, changes):
    fields = (
        own()
        | {
            "user_phone": "7017777777",
            "first_name": "A",
            "last_name": "B",
            "card_token": str(uuid4()),
        }
        | changes
    )
    assert counter("external/cardholder_validate", **fields)["error_code"] == "invalid_request"
