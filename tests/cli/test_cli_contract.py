from __future__ import annotations

import json

import pytest

from freedompay_async.cli import contract_table
from freedompay_async.contract.file.template import template
from freedompay_async.contract.table import HASHDT_TABLE, TABLE

ROWS = (*TABLE, *HASHDT_TABLE)


@pytest.fixture
def shell(shell_of):
    return shell_of(None)


def test_each_row_is_a_line(shell):
    result = shell("contract")
    lines = [line.split(maxsplit=6) for line in result.stdout.splitlines()]

    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == ["call", "path", "section", "mark", "retry", "menu", "page"]
    assert lines[1 : len(ROWS) + 1] == [
        [
            row.name,
            row.path,
            row.section,
            row.mark,
            row.retry.value,
            "KZ" if row.kz_only else "all",
            row.source,
        ]
        for row in ROWS
    ]


def test_marks_and_classes_are_explained(shell):
    said = shell("contract").stdout

    assert f"inferred    {sum(row.mark == 'inferred' for row in ROWS)} " in said
    assert "unaskable  changes something, and can't be asked about" in said


def test_overrides_are_mentioned(shell):
    said = shell("contract").stdout

    assert "FreedomPay(contract=[Override(call=" in said
    assert "--template writes one to start from" in said


def test_the_calls_of_the_kz_menu_only_are_named(shell):
    names = ", ".join(row.name for row in ROWS if row.kz_only)

    assert f"In the vendor's menu for KZ only, as far as seen: {names}." in shell("contract").stdout


def test_for_a_machine(shell):
    shown = json.loads(shell("contract", "--json").stdout)

    assert [call["call"] for call in shown["calls"]] == [row.name for row in ROWS]
    assert shown["calls"][0].keys() == {"call", "path", "section", "mark", "retry", "menu", "page"}
    assert [call["call"] for call in shown["calls"] if call["menu"] == "KZ"] == [
        row.name for row in ROWS if row.kz_only
    ]
    assert shown["marks"].keys() == {row.mark for row in ROWS}
    assert shown["retries"].keys() == {row.retry.value for row in ROWS}


@pytest.mark.parametrize(("width", "pages"), [(80, False), (120, True)])
def test_on_a_terminal(monkeypatch, capsys, width, pages):
    monkeypatch.setattr(contract_table.sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    contract_table.contract()
    said = capsys.readouterr().out

    # What a section's paths have in common is told once.
    assert said.count("/v5/card-api/") == 2  # The other is in the example of an override.
    assert [row.name for row in ROWS if row.name not in said] == []
    assert ("menu: Bulk issue" in said) is pages


def test_it_needs_no_settings_and_sends_nothing(shell):
    assert shell("contract", FREEDOMPAY_REGION="nowhere").exit_code == 0


FILE = """\
[cards.activate]
path = "/v6/activation"
[cards.issue]
leave_out = ["client_id"]
fields = { partner_secret = "hunter2", channel = "api" }
[KG.cards.issue]
path = "/v6/kg/issue"
[gift_cards]
headers = { Sign = "Signature" }
"""


@pytest.fixture
def file(shell):
    (shell.folder / "contract.toml").write_text(FILE, encoding="utf-8")
    return "contract.toml"


def rows_of(stdout: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split() for line in stdout.splitlines()[1 : len(ROWS) + 1]}


def test_a_file_is_shown_as_the_table_is_with_it(shell, file):
    result = shell("contract", "--file", file)
    rows = rows_of(result.stdout)

    assert (result.exit_code, result.stderr) == (0, "")
    assert {name.removesuffix("*") for name in rows if name.endswith("*")} == {
        "cards.activate",
        "cards.issue",
        *(row.name for row in ROWS if row.section == "gift_cards"),
    }
    # It keeps its mark, which is about the vendor's pages; whose the path is, the star and the
    # lines below tell.
    assert rows["cards.activate*"][1:4] == ["/v6/activation", "payment_cards", "inferred"]
    assert rows["cards.issue*"][1] == "/v5/card-api/card/issue"


def test_a_file_is_reported_line_by_line_and_without_secrets(shell, file):
    said = shell("contract", "--file", file).stdout

    assert "* contract.toml changes this:\n" in said
    assert "  cards.activate: path: was /v5/card-api/card/activate, is /v6/activation\n" in said
    assert '  cards.issue: fields.channel: was nothing, is "api"\n' in said
    assert "  cards.issue: leave_out: was nothing, is client_id\n" in said
    assert "It also has changes for KG, which --region shows.\n" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("args", "env"), [(("--region", "kg"), {}), ((), {"FREEDOMPAY_REGION": "KG"})]
)
def test_a_file_is_shown_for_a_region(shell, file, args, env):
    said = shell("contract", "--file", file, *args, **env).stdout

    assert rows_of(said)["cards.issue*"][1] == "/v6/kg/issue"
    assert "* contract.toml changes this for a client of KG:\n" in said
    assert "--region" not in said


def test_a_file_of_the_environment_is_shown_unless_another_is_named(shell, file):
    (shell.folder / "other.toml").write_text("", encoding="utf-8")
    of_environment, named = (
        shell("contract", *args, FREEDOMPAY_CONTRACT=file).stdout
        for args in ((), ("--file", "other.toml"))
    )

    assert rows_of(of_environment)["cards.activate*"][1] == "/v6/activation"
    assert "other.toml changes nothing.\n" in named


def test_a_template_is_written_whatever_the_environment_names(shell):
    assert shell("contract", "--template", FREEDOMPAY_CONTRACT="none.toml").stdout == template()


def test_a_file_is_shown_as_json(shell, file):
    shown = json.loads(shell("contract", "--file", file, "--json").stdout)
    calls = {call["call"]: call for call in shown["calls"]}

    assert list(calls) == [row.name for row in ROWS]
    assert calls["cards.activate"]["path"] == "/v6/activation"
    assert calls["cards.activate"]["differs"] == {"path": "/v6/activation"}
    assert calls["cards.issue"]["differs"] == {
        "leave_out": "client_id",
        "fields.partner_secret": '"***"',
        "fields.channel": '"api"',
    }
    assert calls["cards.balance"]["differs"] == {}
    assert (shown["file"], shown["region"], shown["sections"]) == (
        file,
        None,
        {"gift_cards": {"headers.Sign": "Signature"}},
    )
    assert len(shown["digest"]) == 64


def test_a_file_that_changes_nothing_says_so(shell):
    (shell.folder / "contract.toml").write_text(
        '[cards.issue]\npath = "/v5/card-api/card/issue"\n', encoding="utf-8"
    )
    said = shell("contract", "--file", "contract.toml").stdout

    assert "contract.toml changes nothing.\n" in said
    assert "*" not in said


@pytest.mark.parametrize("width", [80, 120])
def test_a_file_is_shown_on_a_terminal(monkeypatch, capsys, shell, file, width):
    monkeypatch.setattr(contract_table.sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    contract_table.contract(file=shell.folder / file)
    said = capsys.readouterr().out

    assert "cards.activate*" in said
    assert "/v6/activation" in said


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    [
        (
            '[cards.isue]\npath = "/a"',
            (),
            (
                "contract.toml, line 1: there is no call cards.isue (did you mean cards.issue?). "
                "Nothing was sent."
            ),
        ),
        (None, (), "contract.toml can't be read: there is no such file. Nothing was sent."),
        ("", ("--region", "XX"), "region is 'XX': use one of KZ, KG, UZ. Nothing was sent."),
        ("", ("--out", "a.toml"), "--out goes with --template. Nothing was written."),
        ("", ("--template",), "--template goes with --out only. Nothing was written."),
    ],
)
def test_a_file_that_can_not_be_is_refused(shell, text, args, expected):
    if text is not None:
        (shell.folder / "contract.toml").write_text(text, encoding="utf-8")
    result = shell("contract", "--file", "contract.toml", *args)

    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"freedompay: {expected}\n")


def test_a_template_is_written(shell):
    assert shell("contract", "--template").stdout == template()


def test_a_template_is_written_into_a_new_file_only(shell):
    first, second = (shell("contract", "--template", "--out", "contract.toml") for _ in range(2))

    assert (first.exit_code, first.stdout, shell.text("contract.toml")) == (0, "", template())
    assert "freedompay contract --file contract.toml" in first.stderr
    assert (second.exit_code, second.stderr) == (
        2,
        "freedompay: contract.toml exists: name a new file. Nothing was written.\n",
    )
    assert shell("contract", "--file", "contract.toml").exit_code == 0


def test_a_template_has_a_folder_to_go_to(shell):
    result = shell("contract", "--template", "--out", "june/contract.toml")

    assert (result.exit_code, result.stderr) == (
        2,
        (
            "freedompay: june/contract.toml can't be written (No such file or directory). Nothing "
            "was written.\n"
        ),
    )
