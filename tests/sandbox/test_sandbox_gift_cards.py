from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from freedompay_async.sandbox import Fault, Faults

ISSUE = {"cardholder_name": "IVANOV IVAN IVANOVICH", "phone": 79651234567, "product_code": 1}
PHONE = 79651234567


def issue(counter, **changes):
    answer = counter("cards/issue_card", **ISSUE | changes)
    assert answer.keys() == {"status", "card_id"}
    assert answer["status"] == 0
    return answer["card_id"]


def ledger(counter):
    return [card for page in counter.issuer.gift_pages() for card in page]


def statuses(counter):
    return [card["card_status"] for card in ledger(counter)]


def test_the_products(counter):
    answer = counter("cards/product_list")
    images = [product.pop("image") for product in answer["product_list"]]

    assert all(image.startswith("https://") for image in images)
    assert answer == {
        "status": 0,
        "product_list": [
            {
                "code": 1,
                "name": "Подарочная карта 10 000 ₸",
                "name_en": "Gift card 10,000 KZT",
                "currency": "KZT",
                "balance": 10_000,
            },
            {
                "code": 2,
                "name": "Подарочная карта 100 $",
                "name_en": "Gift card 100 USD",
                "currency": "USD",
                "balance": 100,
            },
        ],
    }


def test_a_card_from_issue_to_activation(counter):
    card_id = issue(counter, product_code=2)
    assert isinstance(card_id, int)
    [code] = counter.issuer.sms(PHONE)
    assert re.fullmatch(r"\d{4}", code)
    facts = counter("cards/card_status", card_id=card_id)
    assert re.fullmatch(r"4000\*{8}\d{4}", facts.pop("card_mask"))
    assert facts == {"status": 0, "card_status": 1, "card_currency": "USD", "card_balance": 100}

    activated = counter("cards/activate_card", otp=code, card_id=card_id)
    # The vendor's example of a success shows the status from before.
    assert activated == counter("cards/card_status", card_id=card_id) | {"card_status": 1}
    assert counter("cards/card_status", card_id=card_id)["card_status"] == 2
    assert counter("cards/activate_card", otp=code, card_id=card_id) == {"status": -10}


def test_the_time_is_gmt_without_an_offset(counter):
    said = counter.take("/v5/cards/product_list", {}).answer.body["datetime"]
    facts = datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - facts).total_seconds()) < 60


@pytest.mark.parametrize("changes", [{"phone": "79651234567"}, {"product_code": "1"}])
def test_a_number_may_be_a_string(counter, changes):
    issue(counter, **changes)
    assert (
        len(counter.issuer.sms(PHONE))
        == len(counter.issuer.sms("79651234567"))
        == len(counter.issuer.sms("+79651234567"))
        == 1
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"cardholder_name": ""}, -2),
        ({"cardholder_name": "ИВАНОВ"}, -2),
        ({"cardholder_name": 5}, -2),
        ({"cardholder_name": None}, -2),
        ({"phone": 7}, -3),
        ({"phone": "seven"}, -3),
        ({"phone": "+79651234567"}, -3),
        ({"phone": True}, -3),
        ({"phone": -79651234567}, -3),
        ({"phone": 10**18}, -3),
        ({"product_code": 3}, -4),
        ({"product_code": "01"}, -4),
        ({"product_code": 0}, -4),
        ({"product_code": None}, -4),
        ({"product_code": [1]}, -4),
        ({"card_id": 555}, -7),
        ({"card_id": "1"}, -7),
        ({"cardholder_name": "IVANOV DECLINED"}, -5),
        ({"cardholder_name": "DECLINED"}, -5),
    ],
)
def test_what_can_not_be_issued(counter, changes, status):
    assert counter("cards/issue_card", **ISSUE | changes) == {"status": status}
    assert ledger(counter) == []
    assert counter.issuer.sms(PHONE) == []


def test_the_merchants_account_pays_at_issue(counters):
    counter = counters(gift_funds=2)
    for _ in range(2):
        counter("cards/issue_card", **ISSUE | {"cardholder_name": "DECLINED"})
        issue(counter)
    assert counter("cards/issue_card", **ISSUE) == {"status": -6}
    issue(counter, product_code=2)
    assert len(ledger(counter)) == 3


def test_an_account_is_not_filled_again(counters, tmp_path):
    database = tmp_path / "books.db"
    issue(counters(gift_funds=1, database=database))
    assert counters(gift_funds=1, database=database)("cards/issue_card", **ISSUE) == {"status": -6}


def test_a_card_made_in_bulk_is_issued_by_its_id(counter):
    first, second = counter.issuer.stock_gift_cards(2)
    assert counter("cards/card_status", card_id=first) == {"status": -7}
    assert counter("cards/activate_card", otp="0000", card_id=first) == {"status": -7}
    assert issue(counter, card_id=second) == second
    assert counter("cards/issue_card", **ISSUE | {"card_id": second}) == {"status": -7}
    assert statuses(counter) == [0, 1]


def test_a_wrong_code(counter):
    card_id = issue(counter)
    [code] = counter.issuer.sms(PHONE)
    wrong = f"{(int(code) + 1) % 10_000:04}"
    for fields in (
        {"otp": wrong, "card_id": card_id},
        {"otp": wrong},
        {"otp": int(code), "card_id": card_id},
        {"card_id": card_id},
        {},
    ):
        assert counter("cards/activate_card", **fields) == {"status": -8}
    assert counter("cards/activate_card", otp=code, card_id=card_id + 1) == {"status": -7}
    assert counter("cards/activate_card", otp=code, card_id=True) == {"status": -7}
    assert statuses(counter) == [1]


def test_the_code_alone_finds_the_card(counter):
    first, second = issue(counter), issue(counter)
    codes = counter.issuer.sms(PHONE)
    assert counter("cards/activate_card", otp=codes[1])["status"] == 0
    assert counter("cards/activate_card", otp=codes[1]) == {"status": -10}
    assert [
        counter("cards/card_status", card_id=card_id)["card_status"] for card_id in (first, second)
    ] == [1, 2]


def test_waiting_cards_have_codes_of_their_own(counter):
    for _ in range(300):
        issue(counter)
    assert len(set(counter.issuer.sms(PHONE))) == 300


def test_sent_again(counter):
    card_id = issue(counter)
    assert counter("cards/resend", card_id=card_id) == {"status": 0, "card_id": card_id}
    [first, again] = counter.issuer.sms(PHONE)
    assert first == again
    assert counter("cards/resend_code", card_id=card_id) == {"status": 0}
    new = counter.issuer.sms(PHONE)[-1]
    assert new != first
    assert counter("cards/activate_card", otp=first, card_id=card_id) == {"status": -8}
    assert counter("cards/activate_card", otp=new, card_id=card_id)["status"] == 0
    for call in ("cards/resend", "cards/resend_code"):
        assert counter(call, card_id=card_id) == {"status": -10}
        assert counter(call, card_id=555) == {"status": -7}
        assert counter(call) == {"status": -7}
    assert len(ledger(counter)) == 1


@pytest.mark.parametrize("status", [3, 4, 5])
def test_a_card_that_can_not_be_activated(counter, status):
    card_id = issue(counter)
    counter.issuer.mark_gift_card(card_id, status)
    [code] = counter.issuer.sms(PHONE)
    assert counter("cards/activate_card", otp=code, card_id=card_id) == {"status": -9}
    assert counter("cards/activate_card", otp=code) == {"status": -9}
    assert counter("cards/card_status", card_id=card_id)["card_status"] == status
    assert counter("cards/resend", card_id=card_id) == {"status": -7}


def test_marks(counter):
    with pytest.raises(KeyError):
        counter.issuer.mark_gift_card(1, 3)
    with pytest.raises(ValueError, match="6"):
        counter.issuer.mark_gift_card(issue(counter), 6)


def test_codes_repeat_with_the_seed(counters):
    def codes(seed):
        counter = counters(seed=seed)
        for _ in range(5):
            issue(counter)
        return counter.issuer.sms(PHONE)

    assert codes(1) == codes(1)
    assert codes(1) != codes(2)


def test_under_sign_a_header_is_for_one_call(counter):
    own = str(uuid4())
    first, second = (counter.take("/v5/cards/issue_card", ISSUE, own=own) for _ in range(2))
    assert (first.verdict, second.verdict) == ("ok", "duplicate")
    assert {**second.answer.body, "datetime": ""} == {"datetime": "", "status": -1}
    assert len(ledger(counter)) == 1
    assert counter.take("/v5/cards/product_list", {}, own=own).answer.body["status"] == -1


def test_under_jws_a_second_call_is_a_second_card(counter):
    for _ in range(2):
        assert (
            counter.take(
                "/v5/cards/issue_card", ISSUE | {"request_id": "the same"}, scheme="HS512"
            ).verdict
            == "ok"
        )
    assert len(ledger(counter)) == 2


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"a":' * 100_000])
def test_a_body_that_is_no_json_object(counter, body):
    taken = counter.take("/v5/cards/issue_card", body)
    assert (taken.answer.http, taken.verdict) == (400, "not json")
    assert {**taken.answer.body, "datetime": ""} == {"datetime": "", "status": -1}


def test_a_bad_signature_is_no_access(counter):
    taken = counter.desk.take(path="/v5/cards/issue_card", headers={}, body=b"{}")
    assert (taken.answer.http, taken.answer.body["status"], taken.verdict) == (
        401,
        -11,
        "bad signature",
    )
    assert taken.answer.body.keys() == {"datetime", "status"}
    assert "no signature" in taken.why


@pytest.mark.parametrize(("fault", "http"), [(Fault.LIMITED, 429), (Fault.UNAVAILABLE, 503)])
def test_a_fault_before_the_work(counters, fault, http):
    counter = counters(faults=Faults(retry_after=3))
    counter.plan.script("cards/issue_card", fault)
    taken = counter.take("/v5/cards/issue_card", ISSUE)
    assert (taken.answer.http, taken.answer.retry_after, taken.answer.body["status"]) == (
        http,
        3,
        -1,
    )
    assert ledger(counter) == []


def test_a_fault_after_the_work(counter):
    counter.plan.script("cards/issue_card", Fault.CLOSED, Fault.LATE)
    taken = counter.take("/v5/cards/issue_card", ISSUE)
    assert (taken.fault, taken.verdict, taken.answer.body["status"]) == (
        Fault.CLOSED,
        "fault:CLOSED",
        0,
    )
    assert counter.take("/v5/cards/issue_card", ISSUE).verdict == "ok"
    assert len(ledger(counter)) == 2


def test_seeded_faults_without_an_id_go_by_the_body(counters):
    def faults(order):
        counter = counters(faults=Faults(seed=3, error_500=0.5))
        return {
            phone: counter.take(
                "/v5/cards/issue_card", ISSUE | {"phone": phone}, scheme="HS512"
            ).fault
            for phone in order
        }

    phones = [79651234500 + number for number in range(40)]
    assert faults(phones) == faults(phones[::-1])
    assert set(faults(phones).values()) == {Fault.NONE, Fault.ERROR_500}


def test_the_two_sections_do_not_know_each_other(counter):
    issue(counter)
    counter.card()
    assert counter.issuer.counts() == {"cards": 1, "clients": 0, "requests": 1}
    assert counter.issuer.gift_counts() == {"gift_cards": 1, "messages": 1}
    assert [len(page) for page in counter.issuer.pages()] == [1]
    [row] = ledger(counter)
    assert row == {
        "card_id": 1,
        "product_code": 1,
        "cardholder_name": "IVANOV IVAN IVANOVICH",
        "phone": "79651234567",
        "card_status": 1,
        "created_at": "2026-01-15T12:00:00+05:00",
    }


def test_the_ledger_comes_in_pages(counter):
    counter.issuer.stock_gift_cards(2_001)
    assert [len(page) for page in counter.issuer.gift_pages()] == [1_000, 1_000, 1]
