"""What is written goes into a file that is known to be ours; whatever else stands there is refused
and left exactly as it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from freedompay_async import ConfigurationError
from freedompay_async.batch import Journal, Outcome, State
from freedompay_async.batch.journal.records import Fact
from freedompay_async.calls.record import Record
from freedompay_async.cli import output
from freedompay_async.cli.output import check_free, write_outcomes
from freedompay_async.contract.models import GiftIssue
from freedompay_async.contract.table import GIFT_CARDS_ISSUE
from freedompay_async.sandbox.issuing.issuer import Issuer
from tests.security.pictures import picture

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="files have no such kinds there")

PRECIOUS = "precious " * 1000
NOT_PLAIN = [
    "link to a file",
    "link to an empty file",
    "link to nothing",
    "link to a directory",
    "directory",
    "pipe",
    "socket",
    "device",
]
NOT_OURS = [
    *NOT_PLAIN,
    "second name of a file",
    "second name of an empty file",
    "file of another user",
    "empty file of another user",
]
BESIDE = ["-wal", "-shm", "-journal"]


def plant(path: Path, kind: str) -> None:
    """Something of this kind at the path; what it leads to stands in a folder beside."""
    elsewhere = path.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    target = elsewhere / "target"
    match kind:
        case (
            "link to a file"
            | "link to an empty file"
            | "second name of a file"
            | "second name of an empty file"
        ):
            target.write_text("" if "empty" in kind else PRECIOUS)
            target.chmod(0o644)
            path.symlink_to(target) if kind.startswith("link") else path.hardlink_to(target)
        case "link to nothing":
            path.symlink_to(target)
        case "link to a directory":
            path.symlink_to(elsewhere)
        case "directory":
            path.mkdir(0o755)
        case "pipe":
            os.mkfifo(path, 0o644)
        case "socket" | "device":
            make_node(path, stat.S_IFSOCK if kind == "socket" else stat.S_IFCHR)
        case _:
            path.write_text("" if "empty" in kind else PRECIOUS)
            path.chmod(0o644)
            try:
                os.chown(path, 12345, 12345)
            except OSError as error:
                pytest.skip(f"no right to give a file to another user: {error.strerror}")


def make_node(path, kind):
    try:
        os.mknod(path, 0o666 | kind, os.makedev(1, 3))
        path.chmod(0o666)
    except OSError as error:
        pytest.skip(f"no right to make one here: {error.strerror}")


async def opened(path: Path, **options) -> None:
    async with Journal.open(path, **options):
        pass


async def refusal(path: Path, **options) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await opened(path, **options)
    return str(caught.value)


def killed(path: Path, *statements: str) -> dict[str, bytes]:
    """The files as a program leaves them that is killed after this, with all that it did still in
    the log.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode = WAL", *statements):
            connection.execute(statement)
        left = {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    for name, content in left.items():
        (path.parent / name).write_bytes(content)
        (path.parent / name).chmod(0o644)
    return left


# -- a journal


@pytest.mark.parametrize("create", [True, False], ids=["issue", "resume"])
@pytest.mark.parametrize("kind", NOT_OURS)
async def test_what_is_no_file_of_ours_does_not_become_a_journal(tmp_path, kind, create):
    path = tmp_path / "run.db"
    plant(path, kind)
    before = picture(tmp_path)
    said = await refusal(path, create=create)

    assert said.startswith(f"{path} ")
    assert said.endswith(" Nothing was sent.")
    assert picture(tmp_path) == before


@pytest.mark.parametrize("new", [True, False], ids=["new", "there"])
@pytest.mark.parametrize("suffix", BESIDE)
@pytest.mark.parametrize("kind", NOT_OURS)
async def test_what_is_no_file_of_ours_beside_a_journal_is_refused_by_its_name(
    tmp_path, kind, suffix, new
):
    path = tmp_path / "run.db"
    if not new:
        await opened(path)
    plant(tmp_path / f"run.db{suffix}", kind)
    before = picture(tmp_path)
    said = await refusal(path)

    assert said.startswith(f"{path} can't be used, because of {path}{suffix} (")
    assert said.endswith("if not, move it away. Nothing was sent.")
    assert picture(tmp_path) == before


@pytest.mark.parametrize("suffix", BESIDE)
async def test_what_stands_beside_the_target_of_a_link_is_looked_at(tmp_path, suffix):
    (tmp_path / "real").mkdir()
    await opened(tmp_path / "real" / "run.db")
    (tmp_path / "run.db").symlink_to(tmp_path / "real" / "run.db")
    plant(tmp_path / "real" / f"run.db{suffix}", "link to a file")
    before = picture(tmp_path)
    said = await refusal(tmp_path / "run.db")

    assert f"because of {tmp_path / 'real' / 'run.db'}{suffix} (it is a link)" in said
    assert picture(tmp_path) == before


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
async def test_a_file_beside_it_that_sqlite_did_not_write_is_not_taken_for_its_log(
    tmp_path, suffix
):
    (tmp_path / f"run.db{suffix}").write_text(PRECIOUS)
    before = picture(tmp_path)
    said = await refusal(tmp_path / "run.db")

    assert f"because of {tmp_path / 'run.db'}{suffix} (it was not written by SQLite)" in said
    assert picture(tmp_path) == before


@pytest.mark.parametrize("emptied", [True, False], ids=["empty", "not there"])
async def test_a_log_whose_journal_is_gone_is_not_thrown_away(tmp_path, emptied):
    path = tmp_path / "run.db"
    async with Journal.open(path) as journal:
        await journal.keep({Fact.OUT_FORM: "tab"})
        log = (tmp_path / "run.db-wal").read_bytes()
    path.unlink()
    if emptied:
        path.touch()
    (tmp_path / "run.db-wal").write_bytes(log)
    before = picture(tmp_path)
    said = await refusal(path)

    assert said.startswith(
        f"{path} has nothing in it, and there is a log {path}-wal: put the journal back"
    )
    assert picture(tmp_path) == before


@pytest.mark.parametrize("linked", [True, False], ids=["linked", "plain"])
async def test_a_database_of_another_program_that_was_killed_is_left_to_it(tmp_path, linked):
    (tmp_path / "real").mkdir()
    killed(tmp_path / "real" / "accounts.db", "CREATE TABLE accounts (name TEXT)")
    path = tmp_path / "real" / "accounts.db"
    if linked:
        path = tmp_path / "run.db"
        path.symlink_to(tmp_path / "real" / "accounts.db")
    before = picture(tmp_path)
    said = await refusal(path)

    assert said == f"{path} is not a journal of this program: name another file. Nothing was sent."
    assert picture(tmp_path) == before


async def test_a_link_to_a_database_without_anything_in_it_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    with closing(sqlite3.connect(tmp_path / "real" / "new.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    (tmp_path / "run.db").symlink_to(tmp_path / "real" / "new.db")
    before = picture(tmp_path)
    said = await refusal(tmp_path / "run.db")

    assert "(it is a link to an empty file)" in said
    assert picture(tmp_path) == before


async def test_a_link_to_a_journal_that_was_killed_before_its_log_came_into_it_is_that_journal(
    tmp_path,
):
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "run.db"
    async with Journal.open(path) as journal:
        await journal.keep({Fact.OUT_FORM: "tab"})
        left = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    for name, content in left.items():
        (path.parent / name).write_bytes(content)
        (path.parent / name).chmod(0o644)
    (tmp_path / "run.db").symlink_to(path)
    async with Journal.open(tmp_path / "run.db", create=False) as journal:
        found = await journal.facts()
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}

    assert found == {Fact.OUT_FORM: "tab"}
    assert modes == {"run.db": 0o600, "run.db-wal": 0o600}


@pytest.fixture
def meanwhile(monkeypatch):
    """Does something after the files were looked at, and before SQLite opens them."""

    def build(something) -> None:
        connect = sqlite3.connect

        def opening(path, **options):
            something()
            return connect(path, **options)

        monkeypatch.setattr(sqlite3, "connect", opening)

    return build


@pytest.mark.parametrize(
    "kind", ["link to a file", "link to an empty file", "link to nothing", "directory"]
)
async def test_what_takes_the_place_of_a_new_journal_while_it_is_opened_is_left_alone(
    tmp_path, meanwhile, kind
):
    pictures = []

    def replace():
        (tmp_path / "run.db").unlink()
        plant(tmp_path / "run.db", kind)
        pictures.append(picture(tmp_path))

    meanwhile(replace)
    await refusal(tmp_path / "run.db")

    assert [picture(tmp_path)] == pictures


@pytest.mark.parametrize("there", [True, False], ids=["another", "nothing"])
async def test_a_journal_is_not_made_anew_where_the_one_that_was_looked_at_is_gone(
    tmp_path, meanwhile, there
):
    path = tmp_path / "run.db"
    pictures = []

    def replace():
        path.rename(tmp_path / "away")
        if there:
            path.touch(0o644)
        pictures.append(picture(tmp_path))

    meanwhile(replace)
    said = await refusal(path)

    assert said.startswith(f"{path} can't be opened for writing (")
    assert [picture(tmp_path)] == pictures


@pytest.mark.parametrize("suffix", BESIDE)
@pytest.mark.parametrize(
    "kind", ["link to a file", "link to an empty file", "second name of a file"]
)
async def test_what_is_put_beside_a_journal_while_it_is_opened_is_not_written_to(
    tmp_path, meanwhile, kind, suffix
):
    path = tmp_path / "run.db"
    await opened(path)
    pictures = []

    def put():
        plant(tmp_path / f"run.db{suffix}", kind)
        pictures.append(picture(tmp_path / "elsewhere"))

    meanwhile(put)
    await refusal(path)

    found = picture(tmp_path / "elsewhere")
    assert [{name: about[-1] for name, about in found.items()}] == [
        {name: each[-1] for name, each in one.items()} for one in pictures
    ]


async def test_a_file_that_a_file_system_gives_to_somebody_else_is_not_begun(tmp_path, monkeypatch):
    # It would be refused when the batch is to be resumed.
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    said = await refusal(tmp_path / "run.db")

    assert "(a new file there is not taken for ours: it belongs to another user)" in said
    assert list(tmp_path.iterdir()) == []


# -- a record


async def kept(path: Path, sent: list[str]) -> None:
    async def work():
        sent.append("sent")

    await Record(path).keep(
        GIFT_CARDS_ISSUE, "r-1", GiftIssue(cardholder_name="A", phone=7, product_code=1), {}, work
    )


@pytest.mark.parametrize("kind", NOT_OURS)
async def test_what_is_no_file_of_ours_does_not_become_a_record_and_nothing_is_sent(tmp_path, kind):
    path = tmp_path / "calls.jsonl"
    plant(path, kind)
    before, sent = picture(tmp_path), []
    with pytest.raises(ConfigurationError, match=r"can't be used as a record \(.*Nothing was sent"):
        await kept(path, sent)

    assert sent == []
    assert picture(tmp_path) == before


@pytest.mark.parametrize(
    "content",
    [
        "key,phone,first_name,last_name\nk1,77010000001,IVAN,IVANOV\n",
        '{"key": "k1", "phone": 77010000001}\n',
        '{"at":"yesterday","what":"something else altogether, and long enough"}\n',
        "x",
        "\n",
        '{"key',
        '{\n  "name": "a file of many lines"\n}\n',
        "\ufeff" + '{"at":"2026-11-30T00:48:59.494+00:00","state":"sending"}\n',
    ],
)
async def test_a_file_of_something_else_does_not_go_on_as_a_record(tmp_path, content):
    path = tmp_path / "clients.csv"
    path.write_text(content)
    before, sent = picture(tmp_path), []
    with pytest.raises(ConfigurationError) as caught:
        await kept(path, sent)

    assert caught.value.text == (
        f"{path} can't be used as a record (it is there, and its first line is not that of a "
        "record). Name another file, or a new one. Nothing was sent."
    )
    assert sent == []
    assert picture(tmp_path) == before


@pytest.mark.parametrize("length", [0, 1, 6, 7, 20, 46, 47, 48, 100])
async def test_a_record_that_a_full_disk_cut_off_in_its_first_line_goes_on(tmp_path, length):
    path = tmp_path / "calls.jsonl"
    await kept(path, [])
    begun = path.read_bytes()[:length]
    path.write_bytes(begun)
    await kept(path, [])
    await kept(path, [])

    assert path.read_bytes().startswith(begun)
    assert [json.loads(line)["state"] for line in path.read_bytes().splitlines()[-3:]] == [
        "done",
        "sending",
        "done",
    ]


async def test_a_record_that_another_file_takes_the_place_of_gets_no_line(tmp_path, monkeypatch):
    path, other = tmp_path / "calls.jsonl", tmp_path / "other"
    await kept(path, [])
    other.write_text(PRECIOUS)
    read, sent = os.read, []

    def reading(file, size):
        # When it has been looked at, and before it is opened for the line.
        head = read(file, size)
        if other.exists():
            other.replace(path)
        return head

    monkeypatch.setattr(os, "read", reading)
    with pytest.raises(
        ConfigurationError, match=r"\(another file has taken its place\).* Nothing was sent"
    ):
        await kept(path, sent)

    assert sent == []
    assert path.read_text() == PRECIOUS


async def test_the_end_of_a_call_is_not_written_to_what_has_taken_the_place_of_its_record(
    tmp_path, caplog
):
    path = tmp_path / "calls.jsonl"

    async def work():
        path.unlink()
        plant(path, "link to a file")
        return {"card_id": 5}

    answer = await Record(path).keep(
        GIFT_CARDS_ISSUE, "r-1", GiftIssue(cardholder_name="A", phone=7, product_code=1), {}, work
    )

    assert answer == {"card_id": 5}
    assert path.read_text() == PRECIOUS
    assert "its end could not be written" in caplog.text


# -- a file of outcomes


async def outcomes():
    ids = {"client_id": None, "card_id": None, "client_request_id": "a", "card_request_id": "b"}
    yield Outcome(number=1, line=2, key="k", state=State.PLANNED, **ids)


@pytest.fixture
def named(monkeypatch):
    """The name of the half-written file is known beforehand."""
    monkeypatch.setattr(output, "token_hex", lambda size: "0a0b0c0d"[: 2 * size])


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("half", [True, False], ids=["half-written", "whole"])
@pytest.mark.parametrize("kind", [*NOT_OURS, "file"])
async def test_a_file_of_outcomes_takes_nothing_s_place(tmp_path, kind, half):
    name = "issued.csv.0a0b0c0d.part" if half else "issued.csv"
    plant(tmp_path / name, kind) if kind != "file" else (tmp_path / name).write_text(PRECIOUS)
    before = picture(tmp_path)
    with pytest.raises(FileExistsError):
        await write_outcomes(tmp_path / "issued.csv", outcomes())

    assert picture(tmp_path) == before


@pytest.mark.parametrize("kind", NOT_OURS)
def test_what_stands_at_the_path_of_a_file_of_outcomes_is_told_before_anything_is_sent(
    tmp_path, kind
):
    plant(tmp_path / "issued.csv", kind)
    with pytest.raises(ConfigurationError, match=r"issued\.csv exists.*Nothing was sent"):
        check_free(tmp_path / "issued.csv")


# -- the sandbox


@pytest.mark.parametrize("suffix", ["", *BESIDE])
@pytest.mark.parametrize("kind", NOT_OURS)
def test_what_is_no_file_of_ours_does_not_become_the_books_of_a_sandbox(tmp_path, kind, suffix):
    plant(tmp_path / f"books.db{suffix}", kind)
    before = picture(tmp_path)
    with pytest.raises(
        (ValueError, sqlite3.DatabaseError), match=rf"books\.db{suffix} |file is not a database"
    ):
        Issuer(database=tmp_path / "books.db", merchant="10001")

    assert picture(tmp_path) == before


async def test_a_journal_does_not_become_the_books_of_a_sandbox(tmp_path):
    await opened(tmp_path / "run.db")
    before = picture(tmp_path)
    with pytest.raises(ValueError, match=r"run\.db is not a file of this version of the sandbox"):
        await asyncio.to_thread(Issuer, database=tmp_path / "run.db", merchant="10001")

    assert picture(tmp_path) == before


def test_books_behind_a_link_go_on(tmp_path):
    (tmp_path / "real").mkdir()
    Issuer(database=tmp_path / "real" / "books.db", merchant="10001").close()
    (tmp_path / "books.db").symlink_to(tmp_path / "real" / "books.db")
    Issuer(database=tmp_path / "books.db", merchant="10001").close()

    assert (tmp_path / "books.db").is_symlink()
    assert list(tmp_path.glob("books.db-*")) == []
