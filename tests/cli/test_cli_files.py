"""Client files that are wrong: all of it told, exit code 2, nothing sent."""

from __future__ import annotations

import errno
import json

import pytest

from tests.cli.commands import HEADER, ISSUE, PLAN

FILES = {
    "empty": (b"", "clients.csv: is empty."),
    "header only": (HEADER.encode(), "clients.csv: has no rows."),
    "utf-16": (
        (HEADER + "k1,77010000001,Ivan,Ivanov\n").encode("utf-16"),
        "clients.csv: is in UTF-16, not in UTF-8.",
    ),
    "cp1251": (
        HEADER.encode() + "k1,77010000001,Иван,Ivanov\n".encode("cp1251"),
        "clients.csv: line 2 is not UTF-8 (byte 16 of the line).",
    ),
    "no phone": (
        b"key,first_name,last_name\nk1,Ivan,Ivanov\n",
        "clients.csv: line 1, the header, lacks needed columns: phone.",
    ),
    "strange column": (b"key,phone,first_name,last_name,fone\n", 'has unknown columns: "fone"'),
    "no header": (b"k1,77010000001,Ivan,Ivanov\n", "names no known column"),
    "workbook": (
        b"PK\x03\x04 and so on",
        "clients.csv: is a workbook or an archive that can't be read (",
    ),
    "old workbook": (b"\xd0\xcf\x11\xe0 and so on", "clients.csv: is an old workbook (.xls), "),
}


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_a_file_that_can_not_be_read(shell, issuer, command, content, message):
    (shell.folder / "clients.csv").write_bytes(content)
    result = shell(*command)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.startswith("freedompay: ")
    assert result.stderr.endswith("Nothing was sent.\n")
    assert len(result.stderr.splitlines()) == 1
    assert issuer.arrived() == 0
    assert shell.names() == ["clients.csv"]


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_file_that_is_not_there(shell, issuer, command):
    result = shell(*command)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("freedompay: clients.csv: is not there. ")
    assert result.stderr.endswith(" Nothing was sent.\n")
    assert issuer.arrived() == 0
    assert shell.names() == []


def test_a_folder_in_place_of_a_file(shell):
    (shell.folder / "clients.csv").mkdir()
    result = shell(*PLAN)

    assert result.exit_code == 2
    assert result.stderr.startswith("freedompay: clients.csv: is a folder. ")


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_all_that_is_wrong_is_reported_at_once(shell, issuer, person, command):
    shell.file(
        [
            person(1, phone="8701"),
            person(2, birthdate="31.12.1990", country="KZ", product_id="4000"),
            person(3),
            person(4, key="k3"),
            person(5, last_name="Иванов"),
        ]
    )
    result = shell(*command)
    shown = [
        line.removeprefix("clients.csv: ").partition(":")[0] for line in result.stderr.splitlines()
    ]

    assert (result.exit_code, result.stdout) == (2, "")
    assert shown == [
        "line 2, column phone",
        "line 3, column birthdate",
        "line 3, column country",
        "line 3, column product_id",
        "line 5, column key",
        "line 6, column last_name",
        "freedompay",
    ]
    assert result.stderr.endswith(
        "freedompay: 4 rows are wrong in clients.csv. Correct them. Nothing was sent.\n"
    )
    assert issuer.arrived() == 0
    assert shell.names() == ["clients.csv"]


def test_one_wrong_row_is_counted_as_one(shell, person):
    shell.file([person(1), person(2, phone="1", country="KZ")])
    result = shell(*PLAN)

    assert "freedompay: 1 row is wrong in clients.csv. " in result.stderr


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_json_has_all_that_is_wrong(shell, person, command):
    shell.file([person(1, phone="8701"), person(2, country="KZ")])
    result = shell(*command, "--json")
    (shown,) = [json.loads(line) for line in result.stdout.splitlines()]

    assert result.exit_code == 2
    assert shown["event"] == "plan"
    assert [(each["line"], each["column"]) for each in shown["problems"]] == [
        (2, "phone"),
        (3, "country"),
    ]


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_product_that_there_is_not(shell, issuer, people, command):
    shell.file(people(2))
    result = shell(*command[:-1], "9999")

    assert result.exit_code == 2
    assert "9999" in result.stderr
    assert issuer.arrived() == 0


def test_a_row_of_the_default_product_without_what_it_needs(shell, people):
    shell.file(people(1))
    result = shell(*PLAN[:3])

    assert result.exit_code == 2
    assert "lacks needed columns: country, person_id, document" in result.stderr


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_document_that_is_not_there(shell, issuer, person, command):
    shell.file([person(1, document="absent.pdf")])
    result = shell(*command)

    assert result.exit_code == 2
    assert result.stderr.startswith(
        'clients.csv: line 2, column document: "absent.pdf" is not there'
    )
    assert issuer.arrived() == 0


def test_more_rows_than_cards_allowed(shell, issuer, people):
    result = shell.issue(people(5), "--max-cards", 4)

    assert (result.exit_code, result.stderr) == (
        2,
        "freedompay: 5 rows would make 5 cards, and at most 4 are allowed. Nothing was sent.\n",
    )
    assert issuer.arrived() == 0
    assert shell.names() == ["clients.csv"]


def test_a_good_plan(shell, issuer, people):
    shell.file(people(1_200))
    result = shell(*PLAN)

    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        result.stdout
        == "clients.csv: 1,200 rows, 1,200 cards to issue. All rows are good; nothing was sent.\n"
    )
    assert issuer.arrived() == 0
    assert shell.names() == ["clients.csv"]


def test_a_good_plan_for_a_machine(shell, people):
    shell.file(people(12))
    result = shell(*PLAN, "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (
        0,
        {"event": "plan", "rows": 12, "problems": [], "warnings": []},
    )


def test_a_plan_needs_no_settings(shell_of, people):
    shell = shell_of(None)
    shell.file(people(2))
    result = shell(*PLAN)

    assert result.exit_code == 0


def test_json_lines(shell, issuer, people, one_each):
    (shell.folder / "clients.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in people(3))
    )
    result = shell("batch", "issue", "clients.jsonl", "--journal", "run.db", "--product", 2000)

    assert result.exit_code == 0
    assert issuer.cards() == one_each(3)


def test_a_file_of_another_folder_and_its_documents(shell, issuer, person):
    folder = shell.folder / "june"
    folder.mkdir()
    (folder / "id.pdf").write_bytes(b"%PDF-1.4")
    shell.file([person(1, document="id.pdf")], "june/clients.csv")
    result = shell("batch", "issue", "june/clients.csv", "--journal", "run.db", "--product", 2000)

    assert result.exit_code == 0
    assert len(issuer.ledger()) == 1


# -- warnings as problems


# -- the product of the cards


@pytest.mark.parametrize("command", [PLAN, ISSUE], ids=["plan", "issue"])
def test_a_product_of_the_cards(shell, issuer, people, command):
    shell.file(people(2))
    result = shell(*command, "--card-product", 77)

    assert result.exit_code == 0
    assert {card["product_id"] for card in issuer.ledger()} <= {77}


def test_a_product_of_the_cards_holds_for_a_resumed_batch_and_for_no_other(
    shell, issuer, people, hurry
):
    issuer.hold(True)
    shell.file(people(2))
    shell(*ISSUE, "--card-product", 77)
    other = shell(*ISSUE, "--card-product", 78)
    none = shell(*ISSUE)
    issuer.hold(False)
    resumed = shell("batch", "resume", "run.db")

    assert (other.exit_code, none.exit_code, resumed.exit_code) == (2, 2, 0)
    assert "it was made with card_product '77', not '78'. Nothing was sent." in other.stderr
    assert "it was made with card_product '77', not none. Nothing was sent." in none.stderr
    assert {card["product_id"] for card in issuer.ledger()} == {77}


@pytest.mark.parametrize("product", ["0", "-1", "x", "1.5"])
def test_a_product_of_the_cards_that_is_none(shell, issuer, people, product):
    shell.file(people(1))

    assert shell(*ISSUE, "--card-product", product).exit_code == 2
    assert issuer.arrived() == 0


# -- no folder for temporary files


def test_a_plan_without_a_folder_for_temporary_files(shell, people, monkeypatch):
    def none(*_, **__):
        raise FileNotFoundError(
            errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp']"
        )

    shell.file(people(1))
    monkeypatch.setattr("tempfile.TemporaryDirectory", none)
    result = shell(*PLAN)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "freedompay: there is no folder for temporary files, which a plan needs (No usable "
        "temporary directory "
    )
    assert result.stderr.endswith("set TMPDIR to one that you can write in. Nothing was sent.\n")
