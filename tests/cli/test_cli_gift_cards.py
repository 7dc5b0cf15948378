from __future__ import annotations

import json

import pytest

PHONE = 77010000001
ISSUE = (
    "gift-cards",
    "issue",
    "--cardholder-name",
    "IVAN IVANOV",
    "--phone",
    PHONE,
    "--product-code",
    1,
)


@pytest.fixture
def card(shell):
    return shell.json(*ISSUE, "--yes")["card_id"]


@pytest.fixture
def code(issuer):
    return lambda: issuer.do(issuer.sandbox.sms, PHONE)[-1]


def test_the_products_are_a_table(shell):
    result = shell("gift-cards", "products")
    lines = result.stdout.splitlines()

    assert result.exit_code == 0
    assert lines[1:3] == ["", "product_list"]
    assert lines[3].split()[:2] == ["code", "name"]
    assert len(lines) > 4


def test_one_is_issued_and_confirmed(shell, card, code):
    result = shell("gift-cards", "confirm", "--card-id", card, input=f"{code()}\n")

    assert result.exit_code == 0
    assert "card_status    1 (issued)" in result.stdout
    assert code() not in result.stdout + result.stderr
    assert "2 (activated)" in shell("gift-cards", "status", card).stdout


def test_the_code_alone_identifies_it(shell, card, code):
    assert shell("gift-cards", "confirm", input=code()).exit_code == 0
    assert shell.json("gift-cards", "status", card)["card_status"] == 2


def test_a_wrong_code(shell, card, code):
    wrong = "0000" if code() != "0000" else "1111"
    result = shell("gift-cards", "confirm", "--card-id", card, input=wrong)

    assert result.exit_code == 1
    assert "-8 The code from the SMS is wrong." in result.stderr


def test_no_code(shell, issuer):
    result = shell("gift-cards", "confirm", "--card-id", 1, input="")

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert (
        result.stderr
        == "freedompay: the code from the SMS: there is none on standard input. Nothing was sent.\n"
    )


def test_a_code_is_no_flag(shell, issuer):
    assert shell("gift-cards", "confirm", "--otp", "1234").exit_code == 2
    assert issuer.arrived() == 0


def test_another_code(shell, card, code, issuer):
    first = code()
    result = shell("gift-cards", "resend-code", card)

    assert result.exit_code == 0
    assert result.stdout.startswith("status      0 (ok)\n")
    assert code() != first


def test_the_card_again(shell, card, issuer):
    assert shell("gift-cards", "resend", card).exit_code == 0
    assert len(issuer.do(issuer.sandbox.sms, PHONE)) == 2


@pytest.mark.parametrize("verb", ["status", "resend", "resend-code"])
def test_an_id_that_is_no_number(shell, issuer, verb):
    result = shell("gift-cards", verb, "card-1")

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert "card_id is not a number" in result.stderr
    assert result.stderr.endswith("Nothing was sent.\n")


def test_without_a_yes_nothing_is_sent(shell, issuer):
    result = shell(*ISSUE)

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert result.stderr == (
        f"freedompay: this would issue a gift card of product 1 to {PHONE}, which the merchant's "
        "account pays at once, "
        f"at {issuer.base_url}, for merchant 10001. Add --yes to do it. Nothing was sent.\n"
    )


def test_the_id_is_reported_before_it_is_sent(shell):
    result = shell(*ISSUE, "--yes", "--json")
    request_id = json.loads(result.stdout)["request_id"]

    assert result.stderr == (
        f"sending gift_cards.issue as {request_id}; if this is cut off: do not repeat it, it "
        "can't be asked about; a person has to look\n"
    )


def test_an_id_of_one_s_own(shell):
    own = "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a"

    assert shell.json(*ISSUE, "--yes", "--request-id", own)["request_id"] == own


def test_a_record_is_kept(shell):
    shown = shell.json(*ISSUE, "--yes", "--record", "gifts.jsonl")
    lines = [json.loads(line) for line in shell.text("gifts.jsonl").splitlines()]

    assert [(line["state"], line["call"]) for line in lines] == [
        ("sending", "gift_cards.issue"),
        ("done", "gift_cards.issue"),
    ]
    assert {line["request_id"] for line in lines} == {shown["request_id"]}


def test_a_record_that_can_not_be_written(shell, issuer):
    result = shell(*ISSUE, "--yes", "--record", "nowhere/gifts.jsonl")

    assert (result.exit_code, issuer.arrived()) == (3, 0)
    assert "Nothing was sent." in result.stderr


def test_the_help_recommends_a_record(shell):
    said = " ".join(shell("gift-cards", "issue", "--help").stdout.split())

    assert "With --record FILE it is on the disk before it is sent" in said
