"""Where a journal is: a file or a database, from a flag or the environment, without a password in
any text.
"""

from __future__ import annotations

import pickle

import pytest

from freedompay_async.cli.journal_address import VARIABLE, journal_address
from freedompay_async.errors import ConfigurationError

PASSWORD = "tr0ub4dor"
# What the address of a database shows.
SHOWN = {
    "postgresql://user@host:5433/cards": "postgresql://user@host:5433/cards",
    "postgres://host/cards": "postgres://host/cards",
    "POSTGRESQL://user@host/cards": "postgresql://user@host/cards",
    "postgresql://": "postgresql://",
    "postgresql:///cards?host=/run/postgresql": "postgresql:///cards?host=/run/postgresql",
    "postgresql://user@one:1,two:2/cards": "postgresql://user@one:1,two:2/cards",
    "postgresql://user@[::1]:5432/cards": "postgresql://user@[::1]:5432/cards",
    "postgresql://me%40work@host/cards?sslmode=require": (
        "postgresql://me%40work@host/cards?sslmode=require"
    ),
}
# With a password, and what is shown of it.
WITH_PASSWORD = {
    f"postgresql://user:{PASSWORD}@host/cards": "postgresql://user@host/cards",
    f"postgresql://user:a:{PASSWORD}@host/cards": "postgresql://user@host/cards",
    f"postgresql://user@host/cards?password={PASSWORD}": "postgresql://user@host/cards",
    f"postgresql://user@host/cards?sslmode=require&PassWord={PASSWORD}": (
        "postgresql://user@host/cards?sslmode=require"
    ),
    f"postgresql://user@host/cards?p%61ssword={PASSWORD}&sslmode=require": (
        "postgresql://user@host/cards?sslmode=require"
    ),
    f"postgresql://user@host/cards?sslpassword={PASSWORD}": "postgresql://user@host/cards",
}
# No address, most of them because a password has a sign that cuts it in two.
NONE = [
    f"postgresql://user:{PASSWORD}/x@host/cards",
    f"postgresql://user:{PASSWORD}#x@host/cards",
    f"postgresql://user:{PASSWORD}?x@host/cards",
    f"postgresql://user:{PASSWORD}@x@host/cards",
    "postgresql://user:12345?x@host/cards",
    f"postgresql://user:{PASSWORD} x@host/cards",
    f"postgresql://user:{PASSWORD}\n@host/cards",
    f"postgresql:user:{PASSWORD}@host/cards",
    f"postgresql:/user:{PASSWORD}@host/cards",
    f"postgresql://host:{PASSWORD}/cards",
    "postgresql://host:0/cards",
    "postgresql://host:65536/cards",
    "postgresql://[::1/cards",
    f"mysql://user:{PASSWORD}@host/cards",
    f"postgresql+asyncpg://user:{PASSWORD}@host/cards",
    f"host=db.example dbname=cards password={PASSWORD}",
    f" Password = {PASSWORD} host=db.example",
    f"sslpassword={PASSWORD}",
    "dbname=cards",
]


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize(
    "given", ["run.db", "./june/run.db", "postgres", "C:run.db", "журнал.db", "./host=1.db"]
)
def test_what_is_no_address_is_the_path_of_a_file(given):
    address = journal_address(given, "--journal")

    assert (address.shown, str(address.path), address.url) == (
        given,
        given.removeprefix("./"),
        None,
    )


@pytest.mark.parametrize(("given", "shown"), SHOWN.items())
def test_the_address_of_a_database_is_shown_as_it_is(given, shown):
    address = journal_address(given, "--journal")

    assert (address.shown, address.path) == (shown, None)
    assert address.url.reveal() == given


@pytest.mark.parametrize(("given", "shown"), WITH_PASSWORD.items())
def test_the_environment_may_have_a_password_and_it_is_not_shown(monkeypatch, given, shown):
    monkeypatch.setenv(VARIABLE, f" {given} ")
    address = journal_address(None, "--journal")

    assert address.shown == shown
    assert address.url.reveal() == given
    assert PASSWORD not in f"{address!r} {address.command('batch resume', batch='june')}"


@pytest.mark.parametrize("given", WITH_PASSWORD)
def test_a_flag_may_have_none_and_the_refusal_says_where_to_put_it(given):
    with pytest.raises(ConfigurationError) as refused:
        journal_address(given, "--journal")

    assert str(refused.value) == (
        "--journal has a password in it, and other users of the machine can read flags: leave it "
        "out there, and put the whole address with it in FREEDOMPAY_JOURNAL, or the password alone "
        "in PGPASSWORD or in ~/.pgpass. Nothing was sent."
    )


@pytest.mark.parametrize("given", NONE)
@pytest.mark.parametrize("variable", [False, True], ids=["flag", "variable"])
def test_what_can_not_be_used_is_refused_without_showing_it(monkeypatch, given, variable):
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ConfigurationError) as refused:
        journal_address(None if variable else given, "--journal")

    assert str(refused.value) == (
        f"{VARIABLE if variable else '--journal'} names no place for a journal: name a file, or a "
        "database like postgresql://user@host:5432/database. In a password, write @ / ? # as %40 "
        "%2F %3F %23. Nothing was sent."
    )


@pytest.mark.parametrize("kept", ["", " ", None])
def test_without_any_the_refusal_names_flag_and_variable(monkeypatch, kept):
    if kept is not None:
        monkeypatch.setenv(VARIABLE, kept)
    with pytest.raises(ConfigurationError) as refused:
        journal_address(None, "--journal")

    assert str(refused.value) == (
        "--journal is missing: name the file of the journal, or a database like "
        "postgresql://user@host:5432/database; or set FREEDOMPAY_JOURNAL. Nothing was sent."
    )


def test_a_flag_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv(VARIABLE, "postgresql://host/cards")

    assert journal_address("run.db", "--journal").shown == "run.db"
    assert journal_address("postgresql://other/cards", "--journal").url.reveal() == (
        "postgresql://other/cards"
    )


def test_a_flag_wins_over_an_environment_that_is_wrong(monkeypatch):
    monkeypatch.setenv(VARIABLE, NONE[0])

    assert (
        journal_address("postgresql://host/cards", "--journal").shown == "postgresql://host/cards"
    )


def test_a_command_that_was_shown_takes_the_password_from_the_environment(monkeypatch):
    given = f"postgresql://user:{PASSWORD}@host/cards"
    monkeypatch.setenv(VARIABLE, given)
    shown = journal_address(None, "--journal").shown

    assert journal_address(shown, "--journal").url.reveal() == given


def test_a_command_for_the_shell_has_quotes_where_they_are_needed():
    file = journal_address("my run.db", "--journal")
    database = journal_address("postgresql://host/cards?sslmode=require", "--journal")

    assert file.command("batch report") == "freedompay batch report 'my run.db'"
    assert database.command("batch resume", batch="june one") == (
        "freedompay batch resume 'postgresql://host/cards?sslmode=require' --batch 'june one'"
    )


@pytest.mark.parametrize(
    "command",
    [
        ("batch", "issue", "clients.csv", "--journal"),
        ("batch", "resume"),
        ("batch", "report"),
        ("batch", "stop"),
        ("journal", "install", "--journal"),
        ("journal", "restored", "--taken", "2026-01-01T00:00:00Z", "--journal"),
        ("worker", "--journal"),
    ],
    ids=" ".join,
)
def test_no_command_takes_a_password_or_shows_one(shell_of, command):
    result = shell_of(None)(*command, f"postgresql://user:{PASSWORD}@host/cards")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        f"freedompay: {'--journal' if command[-1] == '--journal' else 'JOURNAL'} has a password in"
    )
    assert PASSWORD not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_address_is_not_in_a_pickle(monkeypatch):
    monkeypatch.setenv(VARIABLE, f"postgresql://user:{PASSWORD}@host/cards")

    assert PASSWORD.encode() not in pickle.dumps(journal_address(None, "--journal").url)
