from __future__ import annotations

import subprocess
import sys

import pytest

COMMANDS = [
    *(
        (),
        ("batch",),
        ("batch", "plan"),
        ("batch", "issue"),
        ("batch", "resume"),
        ("batch", "report"),
        ("batch", "stop"),
        ("batch", "columns"),
    ),
    *(("journal",), ("journal", "install"), ("journal", "restored"), ("worker",)),
    *(("requests",), ("requests", "status"), ("sandbox",), ("doctor",), ("sign",), ("contract",)),
    *(
        ("cards",),
        ("clients",),
        ("gift-cards",),
        ("limits",),
        ("transactions",),
        ("cards", "movements"),
    ),
]
GROUPS = [
    ("batch",),
    ("cards",),
    ("clients",),
    ("gift-cards",),
    ("journal",),
    ("limits",),
    ("requests",),
    ("transactions",),
]
VARIABLES = [
    f"FREEDOMPAY_{name}"
    for name in (
        "AUTH_ID",
        "SECRET_KEY",
        "REGION",
        "TEST",
        "BASE_URL",
        "SIGNATURE",
        "CONTRACT",
        "PROXY",
    )
]


@pytest.fixture
def shell(shell_of):
    return shell_of(None)


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_has_help(shell, command, flag):
    result = shell(*command, flag)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "Usage: " in result.stdout


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command in ((), *GROUPS)], ids=" ".join
)
def test_a_group_alone_shows_its_help(shell, command):
    result = shell(*command)

    assert "Usage: " in result.stdout + result.stderr


@pytest.mark.parametrize("variable", [*VARIABLES, "FREEDOMPAY_JOURNAL"])
def test_the_help_names_each_variable(shell, variable):
    assert variable in shell("--help").stdout


@pytest.mark.parametrize(
    "variable", [each for each in VARIABLES if each != "FREEDOMPAY_SECRET_KEY"]
)
@pytest.mark.parametrize(
    "command",
    [("batch", "issue"), ("batch", "resume"), ("requests", "status"), ("worker",)],
    ids=" ".join,
)
def test_each_setting_names_its_variable(shell, command, variable):
    assert f"[{variable}]" in shell(*command, "--help").stdout


@pytest.mark.parametrize(
    "command",
    [
        *(("batch", name) for name in ("issue", "resume", "report", "stop")),
        ("journal", "install"),
        ("journal", "restored"),
        ("worker",),
    ],
    ids=" ".join,
)
def test_each_command_that_takes_a_journal_names_its_variable(shell, command):
    assert "[FREEDOMPAY_JOURNAL]" in shell(*command, "--help").stdout


@pytest.mark.parametrize(
    "code", ["0 all done", "1 finished", "2 wrong input", "3 stopped early", "130 aborted"]
)
def test_the_help_says_the_exit_codes(shell, code):
    assert code in shell("--help").stdout


@pytest.mark.parametrize(
    "flag",
    [
        "--journal",
        "--product",
        "--sheet",
        "--columns",
        "--batch",
        "--activate",
        "--concurrency",
        "--rate",
        "--max-cards",
        "--detach",
        "--documents",
        "--out",
        "--json",
    ],
)
def test_issue_says_its_flags(shell, flag):
    assert flag in shell("batch", "issue", "--help").stdout


def test_no_help_offers_a_flag_for_the_secret_key(shell):
    assert [command for command in COMMANDS if "--secret" in shell(*command, "--help").stdout] == []


def test_help_fits_a_narrow_terminal(shell):
    lines = shell("batch", "issue", "--help", COLUMNS="60").stdout.splitlines()

    assert max(map(len, lines)) <= 60


def test_the_version(shell, monkeypatch):
    # The tests also run where the package lies on the path and is not installed.
    monkeypatch.setattr(
        "freedompay_async.cli.app.version", {"freedompay-async": "1.2.3"}.__getitem__
    )
    result = shell("--version")

    assert (result.exit_code, result.stdout) == (0, "1.2.3\n")


def test_a_command_that_there_is_not(shell):
    result = shell("card")

    assert result.exit_code == 2
    assert "No such command 'card'" in result.stderr


def test_a_journal_is_needed(shell):
    result = shell("batch", "issue", "clients.csv")

    assert result.exit_code == 2
    assert "--journal" in result.stderr


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path):
    code = (
        "import importlib.util as u; find = u.find_spec; u.find_spec = lambda n, *a: None if n in "
        "('rich', 'typer') else find(n, *a)"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            f"{code}\nfrom freedompay_async.cli import main\nmain()",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert (
        done.stderr
        == "freedompay: rich and typer not installed: pip install 'freedompay-async[cli]'\n"
    )
