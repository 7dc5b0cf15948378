"""What stands beside a journal is not destroyed by making one, and a journal that was refused
leaves nothing behind.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from freedompay_async import ConfigurationError
from freedompay_async.batch import Journal
from tests.security.pictures import picture

if TYPE_CHECKING:
    from pathlib import Path

LOG = b"\x37\x7f\x06\x82"
OLD_LOG = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
# What it says of its pages, with one page before; and one of a file that had none.
OF_A_FILE = b"\0\0\0\1" + b"rand" + b"\0\0\0\1" + b"\0\0\2\0" + b"\0\0\x10\0"
OF_NO_FILE = b"\0\0\0\0" + b"rand" + b"\0\0\0\0" + b"\0\0\2\0" + b"\0\0\x10\0"
AFTER_ZEROS = bytes(4) + b"precious " * 1000
NOTES = b"precious " * 1000
HELD = "has nothing in it, and there is a log"
FOREIGN = r"\(it was not written by SQLite\)"


async def opened(path: Path, **options) -> None:
    async with Journal.open(path, **options):
        pass


@pytest.fixture(params=["new", "no bytes", "head of an empty database"])
def path(request, tmp_path):
    """Where a journal is to be made."""
    path = tmp_path / "run.db"
    if request.param == "no bytes":
        path.touch()
    elif request.param != "new":
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    return path


@pytest.mark.parametrize(
    ("suffix", "content", "said"),
    [
        pytest.param("-journal", OLD_LOG + OF_A_FILE, HELD, id="of a file that had pages"),
        pytest.param(
            "-journal", (OLD_LOG + OF_NO_FILE).ljust(512, b"\0") + NOTES, HELD, id="with pages"
        ),
        pytest.param(
            "-journal", (bytes(8) + OF_NO_FILE).ljust(512, b"\0") + NOTES, HELD, id="never synced"
        ),
        pytest.param(
            "-journal", OLD_LOG + bytes(3 * 1024 * 1024) + b"x", HELD, id="with pages far away"
        ),
        pytest.param("-journal", AFTER_ZEROS, FOREIGN, id="old log after zeros"),
        pytest.param("-wal", AFTER_ZEROS, FOREIGN, id="after zeros"),
        pytest.param("-wal", bytes(3 * 1024 * 1024) + b"x", FOREIGN, id="after many zeros"),
    ],
)
async def test_a_log_that_holds_something_is_not_removed_by_making_a_journal(
    tmp_path, path, suffix, content, said
):
    (tmp_path / f"run.db{suffix}").write_bytes(content)
    (tmp_path / f"run.db{suffix}").chmod(0o644)
    before = picture(tmp_path)
    with pytest.raises(ConfigurationError, match=said):
        await opened(path)

    assert picture(tmp_path) == before


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        ("-wal", b""),
        ("-wal", bytes(5000)),
        ("-journal", b""),
        ("-journal", bytes(5000)),
        ("-journal", (OLD_LOG + OF_NO_FILE).ljust(512, b"\0")),
        ("-journal", bytes(8) + OF_NO_FILE),
        ("-journal", OLD_LOG[:5]),
    ],
)
async def test_a_log_that_holds_nothing_is_in_nobody_s_way(tmp_path, path, suffix, content):
    (tmp_path / f"run.db{suffix}").write_bytes(content)
    await opened(path)
    await opened(path, create=False)

    assert not (tmp_path / "run.db-wal").exists()


async def test_an_index_that_is_not_ours_is_left_as_it_is(tmp_path, path):
    index = tmp_path / "run.db-shm"
    index.write_bytes(NOTES)
    index.chmod(0o644)
    before = picture(tmp_path)["run.db-shm"]
    await opened(path)

    assert picture(tmp_path)["run.db-shm"] == before


# -- what is left of a journal that was refused


async def test_a_new_journal_that_cannot_be_closed_to_others_is_removed_again(
    tmp_path, monkeypatch
):
    # As on a file system that has one mode for all files.
    open_ = os.open

    def refuse(file, mode):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(
        os,
        "open",
        lambda path, flags, mode=0o777: open_(path, flags, 0o755 if flags & os.O_CREAT else mode),
    )
    monkeypatch.setattr(os, "fchmod", refuse)
    with pytest.raises(ConfigurationError, match="Operation not permitted"):
        await opened(tmp_path / "run.db")

    assert list(tmp_path.iterdir()) == []


FULL = """
import asyncio, resource, sys
from freedompay_async.batch import Journal
async def main():
    async with Journal.open(sys.argv[1]):
        pass
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("room", [0, 100, 600])
def test_a_new_journal_that_there_is_no_room_for_is_removed_again(tmp_path, room):
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "run.db", str(room)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "can't be opened for writing (" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_an_empty_file_that_was_there_stays_when_it_is_refused(tmp_path):
    (tmp_path / "run.db").touch()
    subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "run.db", "0"], capture_output=True, check=False
    )

    assert [each.name for each in tmp_path.iterdir()] == ["run.db"]


@pytest.fixture
def meanwhile(monkeypatch):
    """Does something when a new journal has been made, and before SQLite opens it."""

    def build(something) -> None:
        connect = sqlite3.connect

        def opening(path, **options):
            monkeypatch.setattr(sqlite3, "connect", connect)
            something()
            return connect(path, **options)

        monkeypatch.setattr(sqlite3, "connect", opening)

    return build


async def test_a_journal_that_another_was_quicker_to_lock_is_left_to_it(tmp_path, meanwhile):
    path, others = tmp_path / "run.db", []

    def lock():
        others.append(sqlite3.connect(path, isolation_level=None, check_same_thread=False))
        others[0].execute("BEGIN EXCLUSIVE")

    meanwhile(lock)
    with pytest.raises(ConfigurationError, match="in use by another process"):
        await opened(path)
    others[0].close()

    assert [each.name for each in tmp_path.iterdir()] == ["run.db"]


@pytest.mark.parametrize("content", ["", "precious"])
async def test_what_has_taken_the_place_of_a_refused_journal_is_not_removed(
    tmp_path, meanwhile, content
):
    path = tmp_path / "run.db"

    def replace():
        path.rename(tmp_path / "away")
        path.write_text(content)

    meanwhile(replace)
    with suppress(ConfigurationError):
        await opened(path)

    assert path.read_text() == content


async def test_a_new_journal_that_is_taken_back_is_removed_and_one_that_was_there_is_not(tmp_path):
    for name in ("new.db", "old.db"):
        if name == "old.db":
            (tmp_path / name).touch()
        (tmp_path / f"{name}-shm").write_bytes(NOTES)
        async with Journal.open(tmp_path / name) as journal:
            journal.remove_if_made()

    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "new.db-shm",
        "old.db",
        "old.db-shm",
    ]


async def test_a_journal_that_another_file_has_taken_the_place_of_is_not_taken_back(tmp_path):
    path = tmp_path / "run.db"
    async with Journal.open(path) as journal:
        path.rename(tmp_path / "away")
        path.write_bytes(NOTES)
        journal.remove_if_made()

    assert path.read_bytes() == NOTES
