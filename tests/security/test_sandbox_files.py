"""A sandbox fills no file but its own, and destroys nothing that stands beside one."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from freedompay_async.batch import Journal
from freedompay_async.sandbox.issuing.issuer import Issuer
from tests.security.pictures import picture

if TYPE_CHECKING:
    from pathlib import Path

NOTES = b"precious " * 1000
LOG = b"\x37\x7f\x06\x82"
OLD_LOG = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
OTHER = r"is not a file of this version of the sandbox: name a new file, or remove this one"


def begun(path: Path) -> Issuer:
    return Issuer(database=path, merchant="10001")


def used(path: Path) -> Issuer:
    issuer = begun(path)
    issuer.first_use({"r-1"})
    return issuer


def put(path: Path, left: dict[str, bytes]) -> None:
    """The files as a process leaves them that is killed."""
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    for name, content in left.items():
        (path.parent / name).write_bytes(content)


def files(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}


def killed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        left = files(path)
    put(path, left)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "books.db"


@pytest.mark.parametrize("there", [True, False], ids=["no bytes", "new"])
@pytest.mark.parametrize(
    "content",
    [NOTES, LOG + NOTES, OLD_LOG + NOTES, bytes(32768)],
    ids=["notes", "log", "old log", "zeros"],
)
@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_what_stands_beside_books_that_have_nothing_in_them_is_refused(
    path, tmp_path, suffix, content, there
):
    if there:
        path.touch()
    (tmp_path / f"books.db{suffix}").write_bytes(content)
    before = picture(tmp_path)
    with pytest.raises(
        ValueError,
        match=rf"books\.db has nothing in it, and there is .*books\.db{suffix}: put the database back",
    ):
        begun(path)

    assert picture(tmp_path) == before


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_what_is_not_theirs_beside_books_is_refused(path, tmp_path, suffix):
    used(path).close()
    (tmp_path / f"books.db{suffix}").write_bytes(NOTES)
    before = picture(tmp_path)
    with pytest.raises(
        ValueError, match=rf"books\.db{suffix} does not belong to the sandbox: move it away"
    ):
        begun(path)

    assert picture(tmp_path) == before


ACCOUNTS = "CREATE TABLE accounts (name TEXT)"


@pytest.mark.parametrize(
    "statements",
    [
        ("PRAGMA journal_mode = WAL", ACCOUNTS),
        (
            "PRAGMA journal_mode = WAL",
            ACCOUNTS,
            "PRAGMA wal_checkpoint",
            "INSERT INTO accounts VALUES ('a')",
        ),
        (
            "PRAGMA journal_mode = WAL",
            "PRAGMA application_id = 7",
            "PRAGMA wal_checkpoint",
            ACCOUNTS,
        ),
        ("PRAGMA journal_mode = WAL", "PRAGMA user_version = 2", ACCOUNTS),
        (
            ACCOUNTS,
            "PRAGMA cache_size = 1",
            "BEGIN",
            "INSERT INTO accounts VALUES (randomblob(100000))",
        ),
    ],
    ids=[
        "all in its log",
        "some in its log",
        "with its number",
        "with a layout",
        "in a transaction",
    ],
)
def test_a_database_of_another_program_that_was_killed_is_left_to_it(path, tmp_path, statements):
    killed(path, *statements)
    before = picture(tmp_path)
    assert len(before) > 1
    with pytest.raises(ValueError, match=OTHER):
        begun(path)

    assert picture(tmp_path) == before


async def test_a_journal_whose_run_was_killed_is_left_to_it(path, tmp_path):
    async with Journal.open(path):
        left = files(path)
    put(path, left)
    before = picture(tmp_path)
    assert sorted(before) == ["books.db", "books.db-wal"]
    with pytest.raises(ValueError, match=OTHER):
        begun(path)

    assert picture(tmp_path) == before


@pytest.mark.parametrize(
    "checkpointed", [True, False], ids=["some in their log", "all in their log"]
)
def test_books_that_were_killed_go_on(path, checkpointed):
    issuer = begun(path)
    if checkpointed:
        issuer.close()
        issuer = begun(path)
    issuer.first_use({"r-1"})
    left = files(path)
    issuer.close()
    put(path, left)
    again = begun(path)
    known = not again.first_use({"r-1"})
    again.close()

    assert sorted(left) == ["books.db", "books.db-shm", "books.db-wal"]
    assert known


def test_books_of_before_they_had_a_number_go_on(path):
    used(path).close()
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA application_id = 0")
    again = begun(path)
    known = not again.first_use({"r-1"})
    again.close()

    assert known


def test_a_file_of_no_bytes_becomes_books(path):
    path.touch()
    used(path).close()
    again = begun(path)
    known = not again.first_use({"r-1"})
    again.close()

    assert known


@pytest.mark.skipif(os.name == "nt", reason="files have no such modes there")
def test_new_books_are_for_their_owner(path):
    begun(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name", ["a b.db", "a?mode=memory", "a%41.db", "a#b.db", "file:x.db", "касса.db"]
)
def test_books_have_the_name_that_was_given(tmp_path, name):
    begun(tmp_path / name).close()

    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_file_that_is_gone_when_it_is_opened_is_not_made_anew(path, tmp_path, monkeypatch):
    used(path).close()
    connect = sqlite3.connect

    def opening(name, **options):
        if "mode=rw" in str(name):
            path.rename(tmp_path / "away")
        return connect(name, **options)

    monkeypatch.setattr(sqlite3, "connect", opening)
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file"):
        begun(path)

    assert [each.name for each in tmp_path.iterdir()] == ["away"]
