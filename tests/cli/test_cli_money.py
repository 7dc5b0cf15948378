"""Transactions and limits."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def card(shell):
    return shell.card()


def pay(shell, card, *args, amount="10.50", order="o1"):
    return shell(
        "transactions",
        "create",
        "--order-id",
        order,
        "--card-id",
        card,
        "--amount",
        amount,
        "--currency",
        "KZT",
        *args,
    )


@pytest.fixture
def paid(shell, card):
    return json.loads(pay(shell, card, "--yes", "--json").stdout)["transaction_id"]


def info(shell, transaction) -> dict[str, str]:
    return dict(
        line.split(maxsplit=1)
        for line in shell("transactions", "info", transaction).stdout.splitlines()
    )


def last_body(issuer, call: str) -> str:
    return [each for each in issuer.do(list, issuer.sandbox.received) if each.path.endswith(call)][
        -1
    ].body.decode()


def test_a_transaction(shell, issuer, card):
    result = pay(shell, card, "--description", "tea", "--yes")

    assert result.exit_code == 0
    assert "transaction_id   transaction-" in result.stdout
    assert '"amount":10.50,' in last_body(issuer, "transaction/create")
    assert '"description":"tea"' in last_body(issuer, "transaction/create")


def test_a_transaction_is_cleared_and_given_back(shell, paid):
    assert (
        shell(
            "transactions",
            "clear",
            "--order-id",
            "o1",
            "--transaction-id",
            paid,
            "--amount",
            "8.00",
            "--yes",
        ).exit_code
        == 0
    )
    assert info(shell, paid)["cleared_amount"] == "8.00"
    assert (
        shell(
            "transactions",
            "refund",
            "--order-id",
            "o1",
            "--transaction-id",
            paid,
            "--amount",
            "3.25",
            "--yes",
        ).exit_code
        == 0
    )
    assert info(shell, paid)["refunded_amount"] == "3.25"


def test_all_of_it(shell, issuer, paid):
    assert (
        shell(
            "transactions", "clear", "--order-id", "o1", "--transaction-id", paid, "--yes"
        ).exit_code
        == 0
    )
    assert "amount" not in json.loads(last_body(issuer, "transaction/clearing"))


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (
            ("create", "--card-id", "c1", "--amount", "10.50", "--currency", "KZT"),
            "take 10.50 KZT from card c1",
        ),
        (("clear", "--transaction-id", "t1"), "clear all of transaction t1"),
        (("clear", "--transaction-id", "t1", "--amount", "5"), "clear 5 of transaction t1"),
        (("refund", "--transaction-id", "t1"), "give all of transaction t1 back"),
        (("refund", "--transaction-id", "t1", "--amount", "5"), "give 5 of transaction t1 back"),
    ],
)
def test_without_a_yes_nothing_is_sent(shell, issuer, command, what):
    result = shell("transactions", *command, "--order-id", "o1")

    assert (result.exit_code, result.stdout, issuer.arrived()) == (2, "", 0)
    assert result.stderr == (
        f"freedompay: this would {what}, at {issuer.base_url}, for merchant 10001. Add --yes to "
        "do it. Nothing was sent.\n"
    )


@pytest.mark.parametrize("amount", ["ten", "NaN", "1e40", ""])
def test_what_is_no_amount(shell, issuer, amount):
    result = pay(shell, "c1", "--yes", amount=amount)

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert result.stderr.startswith("freedompay: an amount must be a number of at most ")
    assert result.stderr.endswith(" Nothing was sent.\n")


class TestLimits:
    ONE = (
        "--transaction-type",
        "pay",
        "--period",
        "day",
        "--amount-type",
        "sum",
        "--amount",
        "1000.00",
        "--currency",
        "KZT",
    )

    def test_one_is_set_and_listed(self, shell, issuer, card):
        assert (
            shell("limits", "set", "--card", card, *self.ONE, "--limit-region", "all").exit_code
            == 0
        )
        assert json.loads(last_body(issuer, "limits/set"))["limits"] == [
            {
                "transaction_type": "pay",
                "amount": [{"type": "sum", "value": "1000.00", "currency": "KZT"}],
                "region": "all",
                "period": "day",
            }
        ]
        lines = shell("limits", "list", "--card", card).stdout.splitlines()
        assert lines[-2].split() == [
            "type",
            "period",
            "maximum",
            "currency",
            "counter",
            "remaining",
        ]
        assert lines[-1].split() == ["pay", "day", "1000.00", "KZT", "0.00", "1000.00"]

    def test_of_a_client(self, shell, issuer, card):
        client = issuer.ledger()[0]["client_id"]
        assert shell("limits", "set", "--client", client, *self.ONE).exit_code == 0
        assert json.loads(last_body(issuer, "limits/set"))["object"] == {
            "type": "client",
            "value": client,
        }

    def test_of_an_account(self, shell, issuer):
        shell("limits", "list", "--account", "a1")
        assert json.loads(last_body(issuer, "limits/list"))["object"] == {
            "type": "account",
            "value": "a1",
        }

    def test_several_from_json(self, shell, issuer, card):
        limits = [
            {
                "transaction_type": kind,
                "amount": [{"type": "sum", "value": "5.00", "currency": "KZT"}],
                "period": "month",
            }
            for kind in ("pay", "withdrawal")
        ]
        result = shell(
            "limits", "set", "--card", card, "--from-json", "-", input=json.dumps(limits)
        )

        assert result.exit_code == 0, result.stderr
        assert json.loads(last_body(issuer, "limits/set"))["limits"] == limits

    def test_an_amount_in_json_keeps_its_digits(self, shell, issuer, card):
        limits = (
            '[{"transaction_type": "pay", "amount": [{"type": "sum", "value": 5.10, "currency": '
            '"KZT"}]}]'
        )
        shell("limits", "set", "--card", card, "--from-json", "-", input=limits)

        assert (
            json.loads(last_body(issuer, "limits/set"))["limits"][0]["amount"][0]["value"] == "5.10"
        )

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("{}", "- is not a JSON list of limits."),
            ("[]", "- is not a JSON list of limits."),
            (
                '[{"transaction_type": "pay", "amount": [], "kind": 1}]',
                (
                    "limit 1 has no field kind; it has transaction_type, amount, region, period. "
                    "More goes into --extra."
                ),
            ),
            (
                (
                    '[{"transaction_type": "pay", "amount": [{"type": "sum", "value": 1.5, '
                    '"currency": "KZT", "unit": 1}]}]'
                ),
                (
                    "limit 1 has no field amount.unit; it has transaction_type, amount, region, "
                    "period. More goes into --extra."
                ),
            ),
            (
                (
                    '[{"transaction_type": "pay", "amount": [{"type": "sum", "value": true, '
                    '"currency": "KZT"}]}]'
                ),
                "an amount is a bool: use Decimal, int or text, such as '12.10'.",
            ),
            ('[{"transaction_type": "pay"}]', "limit 1: Object missing required field `amount`."),
            ("[5]", "limit 1: Expected `object`, got `int`."),
        ],
    )
    def test_json_that_is_no_list_of_limits(self, shell, issuer, text, why):
        result = shell("limits", "set", "--card", "c1", "--from-json", "-", input=text)

        assert (result.exit_code, result.stderr, issuer.arrived()) == (
            2,
            f"freedompay: {why} Nothing was sent.\n",
            0,
        )

    @pytest.mark.parametrize("objects", [(), ("--card", "c1", "--client", "c2")])
    @pytest.mark.parametrize("verb", ["set", "list"])
    def test_one_object_is_named(self, shell, issuer, verb, objects):
        result = shell("limits", verb, *objects)

        assert (result.exit_code, issuer.arrived()) == (2, 0)
        assert (
            result.stderr
            == "freedompay: name one of --card, --account and --client. Nothing was sent.\n"
        )

    def test_what_is_missing_is_named(self, shell):
        result = shell("limits", "set", "--card", "c1", *self.ONE[:4])

        assert (result.exit_code, result.stderr) == (
            2,
            (
                "freedompay: --amount-type, --amount, --currency needed, or --from-json. Nothing "
                "was sent.\n"
            ),
        )

    def test_flags_of_one_limit_beside_json(self, shell, issuer):
        result = shell("limits", "set", "--card", "c1", *self.ONE, "--from-json", "-", input="[]")

        assert (result.exit_code, issuer.arrived()) == (2, 0)
        assert result.stderr == (
            "freedompay: --transaction-type is for one limit, and --from-json has them all. "
            "Nothing was sent.\n"
        )
