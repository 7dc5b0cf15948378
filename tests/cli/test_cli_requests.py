from __future__ import annotations

import json

import pytest

UNKNOWN = "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a"


def test_a_client_that_was_made(shell, issuer, people, request_id):
    shell.issue(people(1))
    result = shell("requests", "status", request_id("k1", "client"))
    client_id = issuer.ledger()[0]["client_id"]

    assert (result.exit_code, result.stdout) == (
        0,
        f"{request_id('k1', 'client')}: success, client {client_id}\n",
    )


def test_a_card_that_was_issued(shell, issuer, people, request_id):
    shell.issue(people(1))
    result = shell("requests", "status", request_id("k1", "card"))

    assert (result.exit_code, result.stdout) == (
        0,
        f"{request_id('k1', 'card')}: success, card {issuer.ledger()[0]['card_id']}\n",
    )


def test_a_request_that_failed(shell, people, request_id, hurry):
    shell.issue(people(1, {1: "DECLINED"}))
    result = shell("requests", "status", request_id("k1", "client"))

    assert result.exit_code == 1
    assert result.stdout == (
        f"{request_id('k1', 'client')}: error, client_declined, the client's last_name is "
        "DECLINED\n"
    )


def test_a_request_that_is_not_done(shell, issuer, people, request_id, hurry):
    issuer.hold(True)
    shell.issue(people(1))
    result = shell("requests", "status", request_id("k1", "client"))

    assert (result.exit_code, result.stdout) == (1, f"{request_id('k1', 'client')}: process\n")


def test_a_request_that_nobody_knows(shell):
    result = shell("requests", "status", UNKNOWN)

    assert result.exit_code == 1
    assert result.stdout == (
        f"{UNKNOWN}: the issuer does not know it, or not yet. That does not prove that it was not "
        "done: ask again in a minute.\n"
    )


def test_a_request_for_a_machine(shell, issuer, people, request_id):
    shell.issue(people(1))
    shown = json.loads(shell("requests", "status", request_id("k1", "card"), "--json").stdout)

    assert (shown["request_id"], shown["known"], shown["answer"]["request_status"]) == (
        request_id("k1", "card"),
        True,
        "success",
    )
    assert shown["answer"]["cards"] == [{"card_id": issuer.ledger()[0]["card_id"]}]


def test_a_request_that_nobody_knows_for_a_machine(shell):
    result = shell("requests", "status", UNKNOWN, "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (
        1,
        {"request_id": UNKNOWN, "known": False, "answer": None},
    )


def test_waiting_for_the_end(shell, issuer, people, request_id, until, hurry):
    issuer.hold(True)
    shell.issue(people(1))
    asked = issuer.arrived("request/status")
    command = shell.start("requests", "status", request_id("k1", "client"), "--wait", "30")
    until(lambda: issuer.arrived("request/status") >= asked + 2)
    issuer.hold(False)

    assert command.ends() == 0
    assert command.stdout.startswith(f"{request_id('k1', 'client')}: success, client ")


def test_waiting_for_a_request_that_failed(shell, people, request_id, hurry):
    shell.issue(people(1, {1: "DECLINED"}))
    result = shell("requests", "status", request_id("k1", "client"), "--wait", "30")

    assert result.exit_code == 1
    assert result.stdout == (
        f"{request_id('k1', 'client')}: error, client_declined, the client's last_name is "
        "DECLINED\n"
    )


def ends_in_vain(result, asked: str) -> None:
    assert result.exit_code == 3
    assert asked in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_waiting_in_vain(shell, issuer, people, request_id, hurry):
    issuer.hold(True)
    shell.issue(people(1))
    asked = request_id("k1", "client")

    ends_in_vain(shell("requests", "status", asked, "--wait", "0.2"), asked)


@pytest.mark.parametrize("asked", [UNKNOWN, "an-id-of-mine"])
def test_waiting_in_vain_for_a_request_that_nobody_knows_yet(shell, asked):
    ends_in_vain(shell("requests", "status", asked, "--wait", "0.2"), asked)


@pytest.mark.parametrize(
    ("asked", "way"), [(UNKNOWN, "requests.attach"), ("an-id-of-mine", "requests.status")]
)
def test_waiting_for_a_request_that_nobody_knows_after_the_grace_time(shell, hurry, asked, way):
    result = shell("requests", "status", asked, "--wait", "20")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "the issuer does not know this request id" in result.stderr
    assert f"or ask again later ({way})" in result.stderr


def test_waiting_for_a_request_that_nobody_knows_for_a_machine(shell, hurry):
    result = shell("requests", "status", UNKNOWN, "--wait", "20", "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (
        1,
        {"request_id": UNKNOWN, "known": False, "answer": None},
    )


def test_asking_changes_nothing(shell, issuer, people, request_id):
    shell.issue(people(1))
    before = issuer.effects
    shell("requests", "status", request_id("k1", "card"))
    shell("requests", "status", UNKNOWN)

    assert issuer.effects == before


def test_waiting_for_less_than_nothing(shell, issuer):
    result = shell("requests", "status", UNKNOWN, "--wait", "-1")

    assert result.exit_code == 2
    assert "--wait" in result.stderr
    assert issuer.arrived() == 0
