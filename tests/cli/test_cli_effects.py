"""What changes something: its id first, then the end of it, or what is known."""

from __future__ import annotations

import json
import signal

import pytest

from freedompay_async.sandbox import Fault, Sandbox
from tests.cli.commands import ISSUE_GIFT

OWN = "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a"
BULK = ("cards", "bulk-issue", "--product-id", 2000, "--count", 1)


def announced(text: str) -> str:
    """The id in the line that comes before a call."""
    return text.partition(" as ")[2].partition(";")[0]


def test_the_id_is_reported_before_it_is_sent(shell, issuer):
    gate = issuer.gate("card/bulk_issue")
    command = shell.start(*BULK)
    gate.reached()
    command.says("sending cards.bulk_issue as ")
    command.interrupt(signal.SIGKILL)
    command.ends()
    gate.open()
    request_id = announced(command.stderr)

    assert command.stderr == (
        f"sending cards.bulk_issue as {request_id}; if this is cut off: freedompay requests "
        f"status {request_id} --wait 60\n"
    )
    assert (
        shell("requests", "status", request_id).stdout
        == f"{request_id}: success, card {issuer.ledger()[0]['card_id']}\n"
    )


def test_the_id_is_reported_once(shell, issuer, hurry):
    issuer.script("card/bulk_issue", Fault.LIMITED, Fault.CLOSED)
    result = shell(*BULK)

    assert result.exit_code == 0
    assert result.stderr.count("sending ") == 1
    assert len(issuer.ledger()) == 1


def test_a_question_says_no_id_in_advance(shell):
    assert shell("gift-cards", "products").stderr == ""


def test_an_id_of_one_s_own(shell, issuer):
    result = shell(*BULK, "--request-id", OWN)
    again = shell(*BULK, "--request-id", OWN)

    assert announced(result.stderr) == OWN
    assert result.stdout.splitlines()[-1].split() == ["request_id", OWN]
    assert (
        "found           yes: the issuer refused the id and knows it: it was used before this "
        "call, or a proxy sent the call twice\n"
    ) in again.stdout
    assert len(issuer.ledger()) == 1


def test_one_json_object(shell, issuer):
    result = shell(*BULK, "--json")
    shown = json.loads(result.stdout)

    assert shown["card_ids"] == [issuer.ledger()[0]["card_id"]]
    assert shown["answer"]["request_status"] == "success"
    assert "extra" not in shown["answer"]
    assert result.stdout.count("\n") == 1


def test_a_refusal_comes_at_once(shell):
    # With an id that the command hands in it would be looked up for seconds, because it might have
    # been used before.
    result = shell("cards", "activate", "nope", "--json")
    shown = json.loads(result.stdout)

    assert result.exit_code == 1
    assert (shown["error"], shown["call"], shown["error_code"]) == (
        "RequestFailed",
        "cards.activate",
        "unknown_card",
    )
    assert shown["request_id"] == announced(result.stderr)
    assert (shown["done"], shown["proved"]) == (None, False)
    assert (
        "freedompay: cards.activate: refused, and the issuer does not know the id" in result.stderr
    )
    assert f"next: freedompay requests status {shown['request_id']}" in result.stderr


def test_more_fields(shell, issuer):
    shell(*BULK, "--extra", '{"colour": "blue", "price": 1.10}')
    body = issuer.do(list, issuer.sandbox.received)[0].body.decode()

    assert '"colour":"blue"' in body
    assert '"price":1.10' in body


@pytest.mark.parametrize("extra", ["{", "[1]", "blue", '{"request_id": "x"}'])
def test_more_fields_that_are_none(shell, issuer, extra):
    result = shell(*BULK, "--extra", extra)

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert result.stderr.endswith("Nothing was sent.\n") or "Nothing was sent." in result.stderr


@pytest.mark.parametrize("args", [("--wait", "-1"), ("--wait", "long"), ("--count", "0")])
def test_what_can_not_be(shell, issuer, args):
    result = shell(*BULK, *args)

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert args[0] in result.stderr


def test_a_wrong_key(shell, issuer):
    result = shell(*BULK, FREEDOMPAY_SECRET_KEY="wrong")

    assert (result.exit_code, issuer.ledger()) == (1, [])
    assert "the issuer refused the signature or the merchant" in result.stderr


def test_nobody_at_the_address(shell, free_port, hurry):
    result = shell(*BULK, "--base-url", f"http://127.0.0.1:{free_port}")

    assert result.exit_code == 3
    assert "Nothing was done; it is safe to repeat." in result.stderr


class TestWaiting:
    @pytest.fixture
    def shell(self, shell, issuer):
        issuer.hold(True)
        return shell

    def test_not_at_all(self, shell):
        result = shell(*BULK, "--wait", 0)

        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "request_status  process",
            f"request_id      {announced(result.stderr)}",
        ]
        assert result.stderr.splitlines()[1:] == ["accepted; the result was not waited for."]

    def test_not_at_all_for_a_machine(self, shell):
        assert shell.json(*BULK, "--wait", 0)["request_status"] == "process"

    def test_in_vain(self, shell, hurry):
        result = shell(*BULK, "--wait", "0.2")
        request_id = announced(result.stderr)

        assert (result.exit_code, result.stdout) == (3, "")
        assert "the waiting has stopped" in result.stderr
        assert (
            result.stderr.splitlines()[-1]
            == f"next: freedompay requests status {request_id} --wait 60"
        )

    def test_in_vain_for_a_machine(self, shell, hurry):
        result = shell(*BULK, "--wait", "0.2", "--json")

        assert (result.exit_code, json.loads(result.stdout)["error"]) == (3, "StillProcessing")

    def test_for_the_end(self, shell, issuer, until):
        command = shell.start(*BULK)
        until(lambda: issuer.arrived("request/status") >= 2)
        issuer.hold(False)

        assert command.ends() == 0
        assert command.stdout.startswith("card_ids        card-")

    def test_ctrl_c_says_the_id_and_how_to_go_on(self, shell, issuer, until):
        command = shell.start(*BULK)
        until(lambda: issuer.arrived("request/status") >= 1)
        command.interrupt()

        assert command.ends() == 130
        request_id = announced(command.stderr)
        assert command.stderr.splitlines()[1:] == [
            (
                "cards.bulk_issue was accepted and goes on at the issuer: freedompay requests "
                f"status {request_id} --wait 60"
            ),
            "freedompay: aborted.",
        ]
        issuer.hold(False)
        assert shell("requests", "status", request_id, "--wait", 30).exit_code == 0


def test_ctrl_c_while_it_is_on_the_way(shell, issuer):
    gate = issuer.gate("card/bulk_issue")
    command = shell.start(*BULK)
    gate.reached()
    command.interrupt()
    code = command.ends()
    gate.open()
    request_id = announced(command.stderr)

    assert code == 130
    assert command.stderr.splitlines()[1:] == [
        (
            "cards.bulk_issue was sent, and may or may not have been done: freedompay requests "
            f"status {request_id} --wait 60"
        ),
        "freedompay: aborted.",
    ]


def test_ctrl_c_on_the_way_of_what_can_not_be_asked_about(shell, issuer):
    gate = issuer.gate("cards/issue_card")
    issue = (
        "--cardholder-name",
        "IVAN",
        "--phone",
        77010000001,
        "--product-code",
        1,
        "--yes",
        "--record",
        "gifts.jsonl",
    )
    command = shell.start("gift-cards", "issue", *issue)
    gate.reached()
    command.interrupt()
    code = command.ends()
    gate.open()

    assert code == 130
    assert (
        "gift_cards.issue was sent, and may or may not have been done: do not repeat it, it "
        "can't be asked about; a person has to look\n"
    ) in command.stderr
    assert [json.loads(line)["state"] for line in shell.text("gifts.jsonl").splitlines()] == [
        "sending",
        "unknown",
    ]


def test_ctrl_c_of_a_question(shell, issuer):
    gate = issuer.gate("cards/product_list")
    command = shell.start("gift-cards", "products")
    gate.reached()
    command.interrupt()
    code = command.ends()
    gate.open()

    assert (code, command.stderr) == (130, "freedompay: aborted.\n")


def test_ctrl_c_before_it_is_sent(shell, tmp_path):
    import socket

    # Nobody takes the call: the connection stands, and nothing was read.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for each in fillers:
            each.setblocking(False)
            each.connect_ex(taken.getsockname())
        command = shell.start(*BULK, "--base-url", f"http://127.0.0.1:{taken.getsockname()[1]}")
        command.says("sending ")
        command.interrupt()
        code = command.ends()
        for each in fillers:
            each.close()

    assert code == 130
    assert "cards.bulk_issue was " in command.stderr


def test_a_lost_answer_that_stays_lost(shell, issuer, hurry):
    issuer.script("cards/resend_code", Fault.CLOSED)
    card = shell.json(
        *ISSUE_GIFT,
    )["card_id"]
    result = shell("gift-cards", "resend-code", card)

    assert result.exit_code == 1
    assert (
        result.stderr.splitlines()[-1]
        == "next: do not repeat it, it can't be asked about; a person has to look"
    )


def test_with_the_other_scheme(shell, issuer):
    assert shell(*BULK, "--region", "KG").exit_code == 0
    assert {"Sign" in each.headers for each in issuer.do(list, issuer.sandbox.received)} == {True}


def test_a_database_keeps_what_was_announced(issuers, shell_of, tmp_path):
    issuer = issuers(database=tmp_path / "issuer.db")
    shell = shell_of(issuer)

    assert isinstance(issuer.sandbox, Sandbox)
    assert shell(*BULK, "--request-id", OWN).exit_code == 0
    assert shell("requests", "status", OWN).exit_code == 0
