"""What is written is for the eyes of its owner, whatever was at its path before and whatever the
umask says.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from freedompay_async import ConfigurationError, FreedomPay, NotSent
from freedompay_async.batch import Journal, Outcome, State
from freedompay_async.batch.journal.records import Fact
from freedompay_async.cli import output
from freedompay_async.cli.output import check_free, write_outcomes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o022, 0o027, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()}


async def written(path: Path) -> dict[str, int]:
    """The modes while a journal is written to."""
    async with Journal.open(path) as journal:
        await journal.keep({Fact.OUT_FORM: "tab"})
        return modes(path.parent)


async def outcomes():
    ids = {"client_id": None, "card_id": None, "client_request_id": "a", "card_request_id": "b"}
    yield Outcome(number=1, line=2, key="k", state=State.PLANNED, **ids)


# -- the journal


async def test_journal_and_all_beside_it_are_for_the_owner(tmp_path, umask):
    found = await written(tmp_path / "run.db")

    assert found == {"run.db": 0o600, "run.db-wal": 0o600}


async def test_new_journal_is_for_the_owner_before_anything_is_in_it(tmp_path, umask, monkeypatch):
    seen = []
    connect = sqlite3.connect

    def looking(path, **options):
        seen.append(modes(tmp_path))
        return connect(path, **options)

    monkeypatch.setattr(sqlite3, "connect", looking)
    await written(tmp_path / "run.db")

    assert seen == [{"run.db": 0o600}]


@pytest.mark.parametrize("loose", [0o644, 0o666, 0o640, 0o777])
async def test_journal_that_others_could_read_is_closed_to_them(tmp_path, loose):
    await written(tmp_path / "run.db")
    (tmp_path / "run.db").chmod(loose)
    found = await written(tmp_path / "run.db")

    assert [name for name, mode in found.items() if mode & 0o077] == []


async def test_log_that_a_killed_run_left_open_to_others_is_closed_to_them_and_an_index_is_left_alone(
    tmp_path,
):
    await written(tmp_path / "run.db")
    with closing(sqlite3.connect(tmp_path / "run.db", isolation_level=None)) as killed:
        killed.execute("INSERT INTO meta VALUES ('c', 'd')")
        left = {suffix: (tmp_path / f"run.db{suffix}").read_bytes() for suffix in ("-wal", "-shm")}
    for suffix, content in left.items():
        (tmp_path / f"run.db{suffix}").write_bytes(content)
        (tmp_path / f"run.db{suffix}").chmod(0o666)
    found = await written(tmp_path / "run.db")

    assert found == {"run.db": 0o600, "run.db-wal": 0o600, "run.db-shm": 0o666}


async def test_journal_that_cannot_be_closed_to_others_is_refused(tmp_path, monkeypatch):
    # As of a file that belongs to somebody else.
    path = tmp_path / "run.db"
    path.touch(0o666)

    def not_ours(file, mode) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", not_ours)
    with pytest.raises(
        ConfigurationError, match=r"can't be opened for writing \(Operation not permitted\)"
    ):
        async with Journal.open(path):
            raise AssertionError("it was opened")

    assert path.read_bytes() == b""


async def test_log_that_cannot_be_closed_to_others_is_refused(tmp_path, monkeypatch):
    await written(tmp_path / "run.db")
    planted = tmp_path / "run.db-wal"
    # An empty one SQLite itself gives the mode of the journal.
    planted.write_bytes(bytes(11))
    planted.chmod(0o666)
    fchmod = os.fchmod

    def not_ours(file, mode) -> None:
        if os.path.sameopenfile(file, held.fileno()):
            raise PermissionError(1, "Operation not permitted")
        fchmod(file, mode)

    monkeypatch.setattr(os, "fchmod", not_ours)
    # SQLite takes the file away in the end, so what was written to it is read by whoever holds it.
    with planted.open("rb") as held:
        with pytest.raises(ConfigurationError, match="Operation not permitted"):
            async with Journal.open(tmp_path / "run.db"):
                raise AssertionError("it was opened")
        content = held.read()

    assert content == bytes(11)


async def test_link_to_nothing_at_the_path_of_a_new_journal_is_not_followed(tmp_path):
    (tmp_path / "run.db").symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(ConfigurationError, match="can't be opened for writing"):
        await written(tmp_path / "run.db")

    assert not (tmp_path / "elsewhere.db").exists()


async def test_link_to_a_file_that_is_no_journal_leaves_it_alone(tmp_path):
    target = tmp_path / "precious.txt"
    target.write_text("precious " * 1000)
    target.chmod(0o644)
    (tmp_path / "run.db").symlink_to(target)
    with pytest.raises(ConfigurationError, match="not a journal"):
        await written(tmp_path / "run.db")

    assert target.read_text() == "precious " * 1000
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


async def test_link_to_a_journal_is_the_journal_and_closes_it_to_others(tmp_path):
    (tmp_path / "real").mkdir()
    await written(tmp_path / "real" / "run.db")
    (tmp_path / "real" / "run.db").chmod(0o644)
    (tmp_path / "run.db").symlink_to(tmp_path / "real" / "run.db")
    await written(tmp_path / "run.db")

    assert modes(tmp_path / "real")["run.db"] == 0o600


# -- the record


@pytest.fixture
def recorded(tmp_path):
    """Makes a call that is not sent, with a record at this path."""

    async def call(path: Path) -> None:
        settings = {
            "auth_id": "1",
            "secret_key": "k",
            "region": "KZ",
            "base_url": "http://127.0.0.1:1",
        }
        async with FreedomPay(**settings, record=path, timeout=0.2) as fp:
            with pytest.raises(NotSent):
                await fp.gift_cards.issue(
                    cardholder_name="A B", phone="77017777777", product_code="1"
                )

    return call


async def test_record_is_for_the_owner(tmp_path, recorded, umask):
    await recorded(tmp_path / "record.jsonl")

    assert modes(tmp_path) == {"record.jsonl": 0o600}


async def test_record_that_is_there_keeps_its_mode_and_its_lines(tmp_path, recorded):
    path = tmp_path / "record.jsonl"
    await recorded(path)
    earlier = path.read_text()
    path.chmod(0o640)
    await recorded(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_text().startswith(f"{earlier}{{")


# -- a file of outcomes


@pytest.mark.parametrize("name", ["issued.csv", "issued.jsonl"])
async def test_file_of_outcomes_is_for_the_owner(tmp_path, umask, name):
    await write_outcomes(tmp_path / name, outcomes())

    assert modes(tmp_path) == {name: 0o600}


@pytest.mark.parametrize("target", ["precious.txt", "not-there.txt"])
async def test_link_at_the_path_of_a_file_of_outcomes_is_not_followed(tmp_path, target):
    (tmp_path / "precious.txt").write_text("precious")
    out = tmp_path / "issued.csv"
    out.symlink_to(tmp_path / target)
    with pytest.raises(FileExistsError):
        await write_outcomes(out, outcomes())

    assert (tmp_path / "precious.txt").read_text() == "precious"
    assert sorted(modes(tmp_path)) == ["issued.csv", "precious.txt"]


@pytest.mark.parametrize("target", ["precious.txt", "not-there.txt"])
def test_link_at_the_path_of_a_file_of_outcomes_is_told_before_anything_is_sent(tmp_path, target):
    (tmp_path / "precious.txt").write_text("precious")
    (tmp_path / "issued.csv").symlink_to(tmp_path / target)
    with pytest.raises(ConfigurationError, match=r"issued\.csv exists.*Nothing was sent"):
        check_free(tmp_path / "issued.csv")


@pytest.fixture
def named(monkeypatch):
    """The name of the half-written file is known beforehand."""
    monkeypatch.setattr(output, "token_hex", lambda size: "0a0b0c0d"[: 2 * size])


@pytest.mark.usefixtures("named")
async def test_link_that_was_planted_for_the_half_written_file_is_not_followed_and_stays(tmp_path):
    (tmp_path / "precious.txt").write_text("precious")
    planted = tmp_path / "issued.csv.0a0b0c0d.part"
    planted.symlink_to(tmp_path / "precious.txt")
    with pytest.raises(FileExistsError):
        await write_outcomes(tmp_path / "issued.csv", outcomes())

    assert (tmp_path / "precious.txt").read_text() == "precious"
    assert planted.is_symlink()
    assert not (tmp_path / "issued.csv").exists()


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("taken", [True, False], ids=["a link", "nothing"])
async def test_what_takes_the_place_of_the_half_written_file_is_not_told_as_written(
    tmp_path, taken
):
    (tmp_path / "precious.txt").write_text("precious")
    part = tmp_path / "issued.csv.0a0b0c0d.part"

    async def disturbed():
        part.unlink()
        if taken:
            part.symlink_to(tmp_path / "precious.txt")
        async for outcome in outcomes():
            yield outcome

    with pytest.raises(OSError, match=r"another file|it is a link"):
        await write_outcomes(tmp_path / "issued.csv", disturbed())

    # What took its place is somebody else's, and stays.
    assert modes(tmp_path).keys() == {"precious.txt", *([part.name] if taken else [])}
    assert (tmp_path / "precious.txt").read_text() == "precious"
