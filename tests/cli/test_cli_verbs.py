"""Every call of the contract is a command."""

from __future__ import annotations

import re

import pytest

from freedompay_async.cli.call_descriptions import MARK_TEXTS, RETRY_TEXTS
from freedompay_async.contract.calls import Mark, Retry
from freedompay_async.contract.table import TABLE
from tests.samples import SAMPLES

# A row without a sample is named by tests/contract/test_every_list.py.
ROWS = pytest.mark.parametrize(
    "row", [row for row in TABLE if row.name in SAMPLES], ids=lambda row: row.name
)


def words(row) -> tuple[str, str]:
    group, _, verb = row.name.replace("_", "-").partition(".")
    return group, verb


def flat(text: str) -> str:
    """The text of a help, whatever its lines."""
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def shell(shell_of):
    return shell_of(None)


@ROWS
def test_each_row_is_a_command_that_says_its_mark_and_its_page(shell, row):
    result = shell(*words(row), "--help")
    said = flat(result.stdout)

    assert (result.exit_code, result.stderr) == (0, "")
    assert f"{row.mark}: {MARK_TEXTS[row.mark]}." in said
    assert row.source in said
    assert row.path in said


@ROWS
def test_each_command_has_what_its_kind_needs(shell, row):
    said = shell(*words(row), "--help").stdout
    waits = row.retry is Retry.ASKABLE or row.name == "requests.status"

    assert ("--wait" in said, "--record" in said) == (waits, row.retry is Retry.UNASKABLE)
    assert "--json" in said
    assert "[FREEDOMPAY_AUTH_ID]" in said


@ROWS
def test_the_help_of_each_command_fits_a_narrow_terminal(shell, row):
    lines = shell(*words(row), "--help", COLUMNS="60").stdout.splitlines()

    assert max(map(len, lines)) <= 60


def test_there_is_no_command_that_is_not_in_the_contract(shell):
    groups = {words(row)[0] for row in TABLE}
    shown = {
        (group, verb)
        for group in groups
        for verb in re.findall(
            r"^│ ([a-z0-9-]+) ",
            shell(group, "--help").stdout.partition("Commands")[2],
            re.MULTILINE,
        )
    }

    assert shown == {words(row) for row in TABLE} | {("cards", "movements")}


@pytest.mark.parametrize("flag", ["--pin", "--otp", "--secret-key"])
@ROWS
def test_no_command_takes_a_secret_as_a_flag(shell, row, flag):
    assert (
        re.search(rf"{flag}\b(?!-)", shell(*words(row), "--help").stdout.partition("Options")[2])
        is None
    )


@pytest.mark.parametrize(
    "name",
    [
        "cards.close",
        "gift_cards.issue",
        "transactions.create",
        "transactions.clear",
        "transactions.refund",
    ],
)
def test_what_can_not_be_undone_and_what_moves_money_wants_a_yes(shell, name):
    row = next(row for row in TABLE if row.name == name)

    assert "--yes" in shell(*words(row), "--help").stdout


@pytest.mark.parametrize("mark", [mark for mark in Mark if mark is not Mark.CUSTOM])
def test_each_mark_is_explained(mark):
    assert MARK_TEXTS[mark]


@pytest.mark.parametrize("retry", [Retry.READ, Retry.ASKABLE, Retry.UNASKABLE])
def test_each_class_of_a_row_is_explained(retry):
    assert RETRY_TEXTS[retry]


@ROWS
def test_without_settings_each_command_says_which(shell, row):
    sample = SAMPLES[row.name]
    values = {**sample.body.get("client", {}), **sample.arguments}
    said = shell(*words(row), "--help").stdout
    options = [
        part
        for name, value in values.items()
        if re.search(rf"\* +--{name.replace('_', '-')}\b", said)
        for part in (f"--{name.replace('_', '-')}", value)
    ]
    argument = ["x"] if re.search(r"Arguments", said) else []
    result = shell(*words(row), *argument, *options)

    assert result.exit_code == 2
    assert result.stderr == (
        "freedompay: set FREEDOMPAY_AUTH_ID, FREEDOMPAY_SECRET_KEY, FREEDOMPAY_REGION (KZ, KG or "
        "UZ) in the environment. Nothing was sent.\n"
    )
