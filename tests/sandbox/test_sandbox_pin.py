from __future__ import annotations

import re
from uuid import uuid4

import pytest

from freedompay_async.sandbox.issuing.refused import Refused
from tests.sandbox.requests import DONE


def refusal(do, *args):
    with pytest.raises(Refused) as caught:
        do(*args)
    return caught.value.code


def test_a_right_pin_and_a_wrong_one(counter):
    card_id = counter.card()
    counter.issuer.set_pin(card_id, "1234")

    assert counter.issuer.check_pin(card_id, "1234")
    assert not counter.issuer.check_pin(card_id, "4321")
    assert counter.issuer.card(card_id)["wrong_pins"] == 1
    assert counter.issuer.check_pin(card_id, "1234")
    assert counter.issuer.card(card_id)["wrong_pins"] == 0


def test_the_third_wrong_pin_running_blocks_until_the_counter_is_reset(counter):
    card_id = counter.card(active=True)
    counter.issuer.set_pin(card_id, "1234")
    assert [counter.issuer.check_pin(card_id, "0000") for _ in range(3)] == [False] * 3

    known = counter.issuer.card(card_id)
    assert (known["status"], known["blocked"], known["blocked_by_pin"], known["wrong_pins"]) == (
        "blocked",
        False,
        True,
        3,
    )
    assert refusal(counter.issuer.check_pin, card_id, "1234") == "card_blocked"
    assert (
        counter.no("transaction/create", order_id="1", card_id=card_id, amount=1, currency="KZT")
        == "card_blocked"
    )
    assert counter.no("card/unblock", card_id=card_id, description="x") == "card_not_blocked"

    assert counter.do("card/reset_counter_pin", card_id=card_id) == DONE
    known = counter.issuer.card(card_id)
    assert (known["status"], known["blocked_by_pin"], known["wrong_pins"]) == ("active", False, 0)
    assert counter.issuer.check_pin(card_id, "1234")


def test_each_block_is_lifted_by_itself(counter):
    card_id = counter.card(active=True)
    counter.issuer.set_pin(card_id, "1234")
    for _ in range(3):
        counter.issuer.check_pin(card_id, "0000")
    counter.do("card/block", card_id=card_id, description="lost")

    counter.do("card/reset_counter_pin", card_id=card_id)
    assert counter.issuer.card(card_id)["status"] == "blocked"
    counter.do("card/unblock", card_id=card_id, description="found")
    assert counter.issuer.card(card_id)["status"] == "active"


def test_a_pin_by_the_api_is_set_at_once(counter):
    card_id = counter.card()
    counter.issuer.hold = True

    assert counter("card/set_pin", card_id=card_id, pin="b3BhcXVl") == DONE
    assert counter.issuer.card(card_id)["pin_set"]
    assert refusal(counter.issuer.check_pin, card_id, "1234") == "pin_encrypted"
    assert counter.issuer.made_pin(card_id) is None


def test_a_pin_that_the_issuer_makes(counter):
    card_id = counter.card()
    assert counter.issuer.made_pin(card_id) is None
    assert counter("card/set_pin", card_id=card_id) == DONE

    pin = counter.issuer.made_pin(card_id)
    assert re.fullmatch(r"\d{4}", pin)
    assert counter.issuer.check_pin(card_id, pin)


def test_under_sign_a_pin_is_set_once_for_a_header(counter):
    card_id, own = counter.card(), str(uuid4())
    answers = [
        counter.take("/v5/card-api/card/set_pin", {"card_id": card_id}, own=own).verdict
        for _ in range(2)
    ]
    assert answers == ["ok", "duplicate"]


def test_what_is_no_card_for_a_pin(counter):
    card_id = counter.card()
    assert refusal(counter.issuer.check_pin, card_id, "1234") == "no_pin"
    assert refusal(counter.issuer.check_pin, "nothing", "1234") == "unknown_card"
    assert refusal(counter.issuer.set_pin, "nothing", "1234") == "unknown_card"
    counter.do("card/close", card_id=card_id, description="lost")
    assert refusal(counter.issuer.check_pin, card_id, "1234") == "card_closed"
    assert refusal(counter.issuer.set_pin, card_id, "1234") == "card_closed"


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1234567890123", "١٢٣٤", "12 4"])
def test_a_pin_is_digits(counter, pin):
    assert refusal(counter.issuer.set_pin, counter.card(), pin) == "invalid_pin"


def test_no_pin_is_in_the_file(counters, tmp_path):
    counter = counters(database=tmp_path / "books.db")
    counter.issuer.set_pin(counter.card(), "987654321012")
    counter.issuer.close()
    assert all(b"987654321012" not in each.read_bytes() for each in tmp_path.iterdir())
