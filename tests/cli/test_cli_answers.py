"""How answers are drawn."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from freedompay_async.cli.output import printable
from freedompay_async.cli.verbs import answers
from freedompay_async.cli.verbs.answers import Shown, draw_table, show, show_list
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.models import GiftAnswer, GiftCardState, RequestState
from freedompay_async.contract.models.dictionaries import (
    CallStatus,
    GiftCardStatus,
    GiftStatus,
    RequestStatus,
)
from freedompay_async.contract.models.open import Extra
from freedompay_async.contract.models.reads import (
    CardInfo,
    CardSecrets,
    Movement,
    Statement,
    StatementExtended,
)
from freedompay_async.contract.models.results import Completed
from freedompay_async.contract.table import TABLE
from freedompay_async.redaction.secret import Cvv, Pan

OK = {"status": CallStatus.OK, "request_status": RequestStatus.SUCCESS, "request_id": "r-1"}


def shown(capsys, value, **options) -> list[str]:
    show(value, json=False, **options)
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def terminal(monkeypatch):
    """From the call on, standard output says that it is a terminal."""

    def terminal() -> None:
        monkeypatch.setattr(answers.sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", "80")

    return terminal


def test_names_and_values_stand_below_each_other(capsys):
    assert shown(capsys, CardInfo(**OK, card_id="c1", product_id=2000)) == [
        "card_id     c1",
        "product_id  2000",
        "request_id  r-1",
    ]


def test_an_answer_that_says_nothing_else_says_its_status(capsys):
    assert shown(capsys, CardInfo(**OK)) == ["request_status  success", "request_id      r-1"]


@pytest.mark.parametrize(
    ("amount", "printed"),
    [
        ("1E+2", "100"),
        ("1.50", "1.50"),
        ("1e999999999", "1E+999999999"),
        ("-1e-999999999", "-1E-999999999"),
    ],
)
def test_an_amount_beyond_any_is_not_written_out(capsys, amount, printed):
    lines = shown(capsys, Statement(**OK, operations=[Movement(amount=Decimal(amount))]))

    assert lines[-2:] == ["amount", printed]


def test_a_status_that_is_no_success_is_reported(capsys):
    assert (
        shown(capsys, CardInfo(**OK | {"request_status": RequestStatus("queued")}, card_id="c1"))[1]
        == "request_status  queued"
    )


def test_what_a_request_came_to(capsys):
    state = RequestState(**OK, found=True)
    lines = shown(capsys, Completed(request_id="r-1", answer=state))

    assert lines == [
        "request_status  success",
        (
            "found           yes: the issuer refused the id and knows it: it was used before this "
            "call, or a proxy sent the call twice"
        ),
        "request_id      r-1",
    ]


def test_a_yes_and_a_no(capsys):
    assert shown(capsys, CardInfo(**OK, extra=Extra({"open": True, "shut": False})))[:2] == [
        "open        yes",
        "shut        no",
    ]


def test_unknown_fields_are_reported(capsys):
    info = CardInfo(**OK, extra=Extra({"colour": "blue", "tags": [1, "a"], "cvv": "913"}))

    assert shown(capsys, info)[:3] == ["colour      blue", 'tags        [1,"a"]', "cvv         ***"]


def test_secrets_of_unknown_fields_are_revealed_with_the_rest(capsys):
    secrets = CardSecrets(
        **OK,
        pan=Pan("4000007999395145"),
        cvv=Cvv("913"),
        extra=Extra({"holder": "IVAN"}, secret=True),
    )

    assert shown(capsys, secrets)[:3] == ["holder      ***", "pan         ***", "cvv         ***"]
    assert shown(capsys, secrets, reveal=True)[:3] == [
        "holder      IVAN",
        "pan         4000007999395145",
        "cvv         913",
    ]


def test_what_the_issuer_writes_gives_no_orders_to_the_terminal(capsys):
    assert (
        shown(capsys, CardInfo(**OK, card_mask="\x1b[31mred\n"))[0] == "card_mask   \\x1b[31mred\\n"
    )
    assert shown(capsys, CardInfo(**OK, extra=Extra({"\x1b]0;": "x"})))[0].startswith("\\x1b]0;")


def test_a_number_of_a_dictionary_is_reported_in_words(capsys):
    state = GiftCardState(
        status=GiftStatus.OK,
        card_status=GiftCardStatus.BLOCKED,
        card_balance=Decimal("1E+2"),
        request_id="r-1",
    )

    assert shown(capsys, state)[:2] == ["card_status   4 (blocked)", "card_balance  100"]


def test_a_number_that_is_in_no_dictionary(capsys):
    state = GiftCardState(status=GiftStatus.OK, card_status=GiftCardStatus(99))

    assert shown(capsys, state)[0] == "card_status  99 (in no dictionary of the issuer)"


def test_a_gift_answer_that_says_nothing_else(capsys):
    assert shown(capsys, GiftAnswer(status=GiftStatus.OK, request_id="r-1")) == [
        "status      0 (ok)",
        "request_id  r-1",
    ]


def test_a_list_is_a_table(capsys):
    operations = [
        Movement(type="pay", amount=Decimal("5.10")),
        Movement(type="refund", currency="KZT"),
    ]
    lines = shown(capsys, Statement(**OK, operations=operations))

    assert lines == [
        "request_id  r-1",
        "",
        "operations",
        "type    amount  currency",
        "pay     5.10",
        "refund          KZT",
    ]


def test_parts_and_lists_of_anything(capsys):
    lines = shown(
        capsys, StatementExtended(**OK, balances=[{"amount": Decimal("1.00")}], operations=[])
    )

    assert lines == ['balances    [{"amount":1.00}]', "request_id  r-1", "", "operations", "none"]


def test_a_list_alone(capsys):
    show_list([Movement(type="pay", merchant={"name": "shop"})])

    assert capsys.readouterr().out.splitlines() == ["type  merchant", 'pay   {"name":"shop"}']


def test_a_list_of_nothing(capsys):
    show_list([])

    assert capsys.readouterr().out == "none\n"


def test_a_terminal_gets_tables(capsys, terminal):
    terminal()
    show(Statement(**OK, operations=[Movement(type="[bold]pay[/bold]")]), json=False)
    said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)

    assert [line.split() for line in said.splitlines()] == [
        ["request_id", "r-1"],
        [],
        ["operations"],
        ["type"],
        ["[bold]pay[/bold]"],
    ]


def test_a_terminal_gets_the_whole_of_a_long_value(capsys, terminal):
    terminal()
    draw_table(["name", "value"], [["a", "x" * 200]])

    assert capsys.readouterr().out.count("x") == 200


def test_a_machine_gets_one_line(capsys):
    show(CardInfo(**OK, card_id="c1"), json=True)
    said = capsys.readouterr().out

    assert said.count("\n") == 1
    assert json.loads(said)["card_id"] == "c1"
    assert "extra" not in json.loads(said)


def test_json_has_unknown_fields_and_hides_secrets():
    secrets = CardSecrets(
        **OK, pan=Pan("4000007999395145"), extra=Extra({"holder": "IVAN"}, secret=True)
    )

    assert json.loads(to_json(secrets))["extra"] == {"holder": "***"}
    assert json.loads(to_json(secrets, reveal=True))["extra"] == {"holder": "IVAN"}
    assert json.loads(to_json(secrets, reveal=True))["pan"] == "4000007999395145"


def test_json_has_numbers_as_they_came():
    assert '"amount":5.10' in to_json(Movement(amount=Decimal("5.10")))
    assert json.loads(to_json(GiftCardState(status=GiftStatus(7))))["status"] == 7


@pytest.mark.parametrize(
    ("text", "shown_as"), [("Алматы, ₸", "Алматы, ₸"), ("a\tb", "a\\tb"), ("\u202e", "\\u202e")]
)
def test_what_can_be_printed(text, shown_as):
    assert printable(text) == shown_as


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_whatever_a_call_gives_is_among_what_can_be_shown(row):
    assert issubclass(row.result, Shown)
    assert issubclass(row.answer, Shown)
