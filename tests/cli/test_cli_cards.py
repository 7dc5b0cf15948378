from __future__ import annotations

import datetime as dt
import json

import pytest

DAYS = ("--start-date", "2026-01-01", "--end-date", "2026-03-31")


def facts(result) -> dict[str, str]:
    """The lines of names and values."""
    assert result.exit_code == 0, result.stderr
    return dict(
        line.split(maxsplit=1)
        for line in result.stdout.splitlines()
        if len(line.split(maxsplit=1)) == 2
    )


def test_a_card_is_issued(shell, issuer):
    output = facts(shell("cards", "issue", "--client-id", shell.client(), "--product-id", 2000))

    assert [card["card_id"] for card in issuer.ledger()] == [output["card_ids"]]
    assert output["request_status"] == "success"


def test_a_plastic_card_is_issued(shell, issuer):
    output = shell.json("cards", "issue-plastic", "--client-id", shell.client(), "--product", 2000)

    assert [card["card_id"] for card in issuer.ledger()] == output["card_ids"]


def test_cards_are_issued_in_bulk_and_linked(shell, issuer):
    output = shell.json("cards", "bulk-issue", "--product-id", 2000, "--count", 3)
    client = shell.client()
    result = shell("cards", "link", output["card_ids"][0], "--client-id", client)

    assert result.exit_code == 0
    assert len(output["card_ids"]) == 3
    assert [card["client_id"] for card in issuer.ledger()] == [client, None, None]


def test_several_cards_are_one_line(shell):
    output = facts(shell("cards", "bulk-issue", "--product-id", 2000, "--count", 2))

    assert len(output["card_ids"].split(", ")) == 2


def test_a_card_is_blocked_and_unblocked(shell, issuer):
    card = shell.card()
    assert shell("cards", "block", card, "--description", "lost").exit_code == 0
    assert issuer.do(issuer.sandbox.card, card)["blocked"] is True
    assert shell("cards", "unblock", card, "--description", "found").exit_code == 0
    assert issuer.do(issuer.sandbox.card, card)["blocked"] is False


def test_the_counter_of_wrong_pins_is_reset(shell, issuer):
    card = shell.card()
    shell("cards", "set-pin", card)
    pin = issuer.do(issuer.sandbox.made_pin, card)
    wrong = "0000" if pin != "0000" else "1111"
    for _ in range(3):
        issuer.do(issuer.sandbox.enter_pin, card, wrong)
    assert issuer.do(issuer.sandbox.card, card)["blocked_by_pin"] is True
    assert shell("cards", "reset-pin-counter", card).exit_code == 0
    assert issuer.do(issuer.sandbox.card, card)["blocked_by_pin"] is False


def test_a_card_is_closed(shell, issuer):
    card = shell.card()
    assert shell("cards", "close", card, "--description", "bye", "--yes").exit_code == 0
    assert issuer.do(issuer.sandbox.card, card)["status"] == "closed"


def test_what_is_known_of_a_card(shell):
    card = shell.card()
    output = facts(shell("cards", "info", card))

    assert (output["card_id"], output["card_status"], output["product_id"]) == (
        card,
        "active",
        "2000",
    )
    # Of a question that was answered it is no news.
    assert "request_status" not in output


def test_a_balance_keeps_its_digits(shell):
    card = shell.card()
    output = shell("cards", "balance", card, "--json").stdout

    assert facts(shell("cards", "balance", card))["amount"] == "1000.00"
    assert '"amount":1000.00,' in output


class TestPin:
    def test_the_issuer_makes_one(self, shell, issuer):
        card = shell.card()
        result = shell("cards", "set-pin", card)

        assert result.exit_code == 0
        assert issuer.do(issuer.sandbox.made_pin, card) is not None
        assert "cards.set_pin as " in result.stderr

    def test_one_s_own_comes_from_standard_input(self, shell, issuer):
        card = shell.card()
        result = shell(
            "cards", "set-pin", card, "--pin-stdin", input="c2VjcmV0LXBpbg==\nnot this line\n"
        )
        sent = json.loads(issuer.do(list, issuer.sandbox.received)[-1].body)

        assert result.exit_code == 0
        assert sent == {"card_id": card, "pin": "c2VjcmV0LXBpbg=="}
        assert "c2VjcmV0LXBpbg" not in result.stdout + result.stderr
        # It may be repeated, and each attempt has another id: there is nothing to tell.
        assert result.stderr == ""

    def test_one_s_own_needs_no_record(self, shell, issuer, tmp_path):
        result = shell(
            "cards",
            "set-pin",
            "card",
            "--pin-stdin",
            "--record",
            tmp_path / "calls.jsonl",
            input="c2VjcmV0LXBpbg==\n",
        )

        assert (result.exit_code, issuer.arrived()) == (2, 0)
        assert result.stderr == (
            "freedompay: --record is for calls that can't be repeated; this one can be. Nothing was "
            "sent.\n"
        )

    def test_plain_digits_are_refused(self, shell, issuer):
        result = shell("cards", "set-pin", "card", "--pin-stdin", input="1234\n")

        assert (result.exit_code, issuer.arrived()) == (2, 0)
        assert "plain PIN" in result.stderr
        assert result.stderr.endswith("Nothing was sent.\n")
        assert "1234" not in result.stderr

    @pytest.mark.parametrize("typed", ["", "\n", "  \n"])
    def test_none_is_refused(self, shell, issuer, typed):
        result = shell("cards", "set-pin", "card", "--pin-stdin", input=typed)

        assert (result.exit_code, issuer.arrived()) == (2, 0)
        assert (
            result.stderr
            == "freedompay: the encrypted PIN: there is none on standard input. Nothing was sent.\n"
        )

    def test_it_is_no_flag(self, shell, issuer):
        result = shell("cards", "set-pin", "card", "--pin", "1234")

        assert (result.exit_code, issuer.arrived()) == (2, 0)


class TestSecrets:
    @pytest.mark.parametrize("verb", ["secret-data", "secret-data-v2"])
    def test_are_not_shown(self, shell, verb):
        card = shell.card()
        output = facts(shell("cards", verb, card))

        assert (output["pan"], output["expiry"], output["cvv"]) == ("***", "***", "***")

    def test_are_not_shown_to_a_machine(self, shell):
        output = shell.json("cards", "secret-data", shell.card())

        assert (output["pan"], output["expiry"], output["cvv"]) == ("***", "***", "***")

    @pytest.mark.parametrize("verb", ["secret-data", "secret-data-v2"])
    def test_are_shown_when_that_is_asked_for(self, shell, verb):
        result = shell("cards", verb, shell.card(), "--reveal")
        output = facts(result)

        assert (len(output["pan"]), len(output["cvv"])) == (16, 3)
        assert result.stderr == "the secrets of the card are shown below.\n"

    def test_are_shown_to_a_machine_that_asks_for_it(self, shell):
        result = shell("cards", "secret-data", shell.card(), "--reveal", "--json")

        assert len(json.loads(result.stdout)["pan"]) == 16
        assert result.stderr == "the secrets of the card are shown below.\n"

    def test_of_nothing_else_can_be_revealed(self, shell):
        assert shell("cards", "info", "card", "--reveal").exit_code == 2


class TestStatements:
    @pytest.fixture
    def card(self, shell, issuer):
        card = shell.card()
        for day in (5, 15, 25):
            at = dt.datetime(2026, 2, day, 12, tzinfo=dt.UTC)
            issuer.do(
                lambda at=at, day=day: issuer.sandbox.add_movement(
                    card, type="pay", amount=day, currency="KZT", datetime=at, rrn=f"r{day}"
                )
            )
        return card

    def test_a_statement_is_a_table(self, shell, card):
        result = shell("cards", "statement", card, *DAYS)
        lines = result.stdout.splitlines()

        assert result.exit_code == 0
        assert lines[1:3] == ["", "operations"]
        assert lines[3].split()[:3] == ["type", "amount", "commission"]
        assert len(lines) == 7

    def test_a_statement_without_days(self, shell, card):
        assert len(shell.json("cards", "statement", card)["operations"]) >= 0

    def test_a_statement_without_movements_says_so(self, shell):
        result = shell("cards", "statement", shell.card(), *DAYS)

        assert result.stdout.splitlines()[-2:] == ["operations", "none"]

    def test_an_extended_statement(self, shell, card):
        result = shell("cards", "statement-extended", card, *DAYS)

        assert result.exit_code == 0
        assert [
            line
            for line in result.stdout.splitlines()
            if line in ("accounts", "authorizations", "operations")
        ] != []
        assert f"card.card_id    {card}" in result.stdout

    def test_movements_are_a_table(self, shell, card):
        result = shell("cards", "movements", card, *DAYS, "--window", 10)

        assert result.exit_code == 0
        assert [line.split()[1] for line in result.stdout.splitlines()] == [
            "amount",
            "5.00",
            "15.00",
            "25.00",
        ]

    def test_movements_are_lines_of_json(self, shell, card):
        result = shell("cards", "movements", card, *DAYS, "--json")

        assert [json.loads(line)["rrn"] for line in result.stdout.splitlines()] == [
            "r5",
            "r15",
            "r25",
        ]

    def test_no_movements(self, shell):
        assert shell("cards", "movements", shell.card(), *DAYS).stdout == "none\n"

    def test_the_wrong_way_round(self, shell, issuer):
        result = shell(
            "cards", "movements", "card", "--start-date", "2026-02-02", "--end-date", "2026-02-01"
        )

        assert (result.exit_code, issuer.arrived()) == (2, 0)
        assert "the end is before the start. Nothing was sent." in result.stderr

    @pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", "01.02.2026"])
    @pytest.mark.parametrize("verb", ["statement", "statement-extended", "movements"])
    def test_what_is_no_day(self, shell, issuer, verb, day):
        result = shell("cards", verb, "card", "--start-date", day, "--end-date", "2026-02-01")

        assert (result.exit_code, issuer.arrived()) == (2, 0)
        assert "--start-date" in result.stderr

    def test_movements_need_settings(self, shell):
        result = shell("cards", "movements", "card", *DAYS, FREEDOMPAY_SECRET_KEY=None)

        assert (result.exit_code, result.stderr) == (
            2,
            "freedompay: set FREEDOMPAY_SECRET_KEY in the environment. Nothing was sent.\n",
        )


def test_how_well_a_person_fits_a_card(shell):
    person = ("--user-phone", "7010000001", "--first-name", "Ivan", "--last-name", "Ivanov")
    output = facts(
        shell(
            "cards",
            "validate-cardholder",
            *person,
            "--card-token",
            "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a",
        )
    )

    assert output["score"].endswith("%")


@pytest.mark.parametrize(
    "command",
    [
        ("info", "nope"),
        ("balance", "nope"),
        ("block", "nope", "--description", "x"),
        ("activate", "nope"),
        ("issue", "--client-id", "nope", "--product-id", 2000),
        ("close", "nope", "--description", "x", "--yes"),
    ],
    ids=lambda command: command[0],
)
def test_what_the_issuer_refuses_is_one_message(shell, command):
    result = shell("cards", *command)
    (output,) = [line for line in result.stderr.splitlines() if line.startswith("freedompay: ")]
    read = command[0] in ("info", "balance")
    what = (
        "the issuer refused to answer" if read else "refused, and the issuer does not know the id"
    )

    assert (result.exit_code, result.stdout) == (1, "")
    assert output.startswith(f"freedompay: cards.{command[0]}: {what} ")
    assert "[request_id " in output
    assert ("next: freedompay requests status " in result.stderr) == (not read)
