"""`batch issue` and `batch resume` under another contract than the one that the batch was planned
with.
"""

from __future__ import annotations

import pytest

from freedompay_async.sandbox import Fault

BRANCH = '[clients.create]\nfields = { branch_id = "b-7" }\n'
ORDER_TO_HOLDER = '[cards.issue]\nleave_out = ["client_id"]\n'


@pytest.fixture
def under():
    """From now on the commands of a shell go by this contract file."""

    def use(shell, text: str) -> None:
        (shell.folder / "contract.toml").write_text(text, encoding="utf-8")
        shell.env["FREEDOMPAY_CONTRACT"] = "contract.toml"

    return use


@pytest.mark.parametrize(
    "command",
    [("resume", "run.db"), ("issue", "clients.csv", "--journal", "run.db", "--product", 2000)],
)
def test_the_difference_is_shown_and_nothing_is_sent(shell, issuer, people, under, command):
    shell.issue(people(2))
    before = issuer.arrived()
    under(shell, BRANCH)
    result = shell("batch", *command)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[:2] == [
        "freedompay: run.db has a batch that was planned with another contract:",
        '  clients.create: fields.branch_id: was nothing, is "b-7"',
    ]
    assert "--contract-changed" in result.stderr
    assert issuer.arrived() == before


@pytest.mark.parametrize(
    "command",
    [("resume", "run.db"), ("issue", "clients.csv", "--journal", "run.db", "--product", 2000)],
)
def test_it_goes_on_where_the_flag_allows_it(shell, people, under, command):
    shell.issue(people(2))
    under(shell, BRANCH)
    result = shell("batch", *command, "--contract-changed")

    assert result.exit_code == 0, result.stderr
    assert shell("batch", *command).exit_code == 0


def test_the_report_needs_no_contract(shell, people, under):
    under(shell, BRANCH)
    shell.issue(people(2))

    assert shell.report()["issued"] == 2


def test_a_contract_that_no_batch_can_have_leaves_no_journal(shell, people, under):
    under(shell, ORDER_TO_HOLDER)
    result = shell.issue(people(2))

    assert (result.exit_code, shell.names()) == (2, ["clients.csv", "contract.toml"])
    assert "nothing shows whose card a batch makes" in result.stderr


def test_a_card_for_a_cardholder_is_a_single_call(issuers, shell_of, under):
    issuer = issuers(contract={"cards.issue": {"required": ["product_id", "cardholder"]}})
    shell = shell_of(issuer)
    under(shell, ORDER_TO_HOLDER)
    shown = shell.json(
        "cards",
        "issue",
        "--product-id",
        2000,
        "--extra",
        '{"cardholder": {"phone": 77010000001, "first_name": "IVAN"}}',
    )

    assert [card["card_id"] for card in issuer.ledger()] == shown["card_ids"]
    assert [card["phone"] for card in issuer.ledger()] == [77010000001]


def test_a_card_needs_its_client_otherwise(shell, issuer):
    result = shell("cards", "issue", "--product-id", 2000)

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert "cards.issue: client_id is missing, the client that the card is for." in result.stderr


def test_what_to_do_next_is_as_the_contract_says(shell, issuer, under):
    """Of a call that can't be asked about, nobody is sent to ask."""
    client_id = shell.client()
    under(shell, '[cards.issue]\nretry = "unaskable"\n')
    issuer.script("card/issue", Fault.DROPPED)
    result = shell("cards", "issue", "--client-id", client_id, "--product-id", 2000)

    assert result.exit_code == 1
    assert (
        result.stderr.count("do not repeat it, it can't be asked about; a person has to look") == 2
    )
    assert "requests status" not in result.stderr
