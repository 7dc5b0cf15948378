"""A journal whose making was cut off at any moment opens as a new one, or says what it is."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys

import pytest

from freedompay_async.batch import Journal
from freedompay_async.batch.journal.file import to_go_on
from freedompay_async.batch.plan import existing_plan
from freedompay_async.errors import ConfigurationError

# The system kills a process that writes beyond a limit, after the bytes up to it: a kill -9 at a
# byte. One process is the parent of all, because starting Python and importing take longer than all
# the rest.
CUTTER = """
import asyncio, json, os, resource, signal, sys
from pathlib import Path
from freedompay_async.batch.journal.database import Database
from freedompay_async.batch.journal.writer import Writer

async def main(path, told):
    async with Writer(Database(Path(path), create=True)) as journal:
        os.write(told, b"o")
        await journal.call(lambda c: c.execute("INSERT INTO meta VALUES ('a', '')"))
        os.write(told, b"w")

for cut in json.loads(sys.argv[1]):
    os.mkdir(f"{cut}")
    out, told = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (cut, cut))
        asyncio.run(main(f"{cut}/run.db", told))
        os._exit(0)
    os.close(told)
    status = os.waitpid(child, 0)[1]
    with os.fdopen(out) as stream:
        print(json.dumps([cut, os.WTERMSIG(status), stream.read()]), flush=True)
"""
# Of its log, when the schema and one more write are in it.
SIZE = 32 + 12 * 4120
EVERY_BYTE = 200
PARTS = 8


def cuts(every):
    if every:
        return range(SIZE + 2)
    edges = [32 + 4120 * frame + off for frame in range(12) for off in (-1, 0, 1, 24, 25)]
    return sorted({*range(0, SIZE, 331), *edges, 1, 27, 28, 29, 511, 512, 513, 4095, 4096, 4097})


async def opened(path, **options):
    """The names in it, or what it says."""
    try:
        async with Journal.open(path, **options) as journal:
            # What has a name in it, and is none of its own.
            return list(await journal.settings())
    except ConfigurationError as error:
        return str(error)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_any_byte_of_its_making_a_journal_opens_as_new_or_with_what_was_answered_for(
    tmp_path, request, part
):
    places = list(cuts(request.config.getoption("rounds") >= EVERY_BYTE))[part::PARTS]
    command = [sys.executable, "-W", "error", "-c", CUTTER, json.dumps(places)]
    told, wrong = [], []

    async def open_all(lines):
        for line in lines:
            cut, signalled, how = json.loads(line)
            found = await opened(tmp_path / f"{cut}" / "run.db")
            shutil.rmtree(tmp_path / f"{cut}")
            told.append((cut, signalled))
            # What was cut off before it was answered for may be there: nobody was told that it is
            # not.
            if found not in ([["a"]] if "w" in how else [[], ["a"]]):
                wrong.append((cut, how, found))

    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as cutter:
        asyncio.run(open_all(cutter.stdout))

    assert wrong == []
    assert told == [(cut, signal.SIGXFSZ if cut < SIZE else 0) for cut in places]


async def test_where_there_is_room_for_all_of_it_nothing_is_killed(tmp_path):
    command = [sys.executable, "-W", "error", "-c", CUTTER, json.dumps([100_000])]
    said = await asyncio.to_thread(
        subprocess.run, command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True
    )

    assert json.loads(said.stdout) == [100_000, 0, "ow"]
    assert await opened(tmp_path / "100000" / "run.db") == ["a"]


async def made(path):
    """The file as a journal leaves it that was made and closed, and as it is before its log has
    come into it.
    """
    async with Journal.open(path):
        head = path.read_bytes()
    return head, path.read_bytes()


async def test_a_file_of_no_bytes_is_a_new_journal(tmp_path):
    (tmp_path / "run.db").touch()

    assert await opened(tmp_path / "run.db") == []


async def test_a_file_that_has_its_head_only_is_a_new_journal(tmp_path):
    head, _ = await made(tmp_path / "run.db")
    (tmp_path / "cut.db").write_bytes(head)

    assert len(head) == 4096
    assert await opened(tmp_path / "cut.db") == []


@pytest.mark.parametrize("kept", [1, 15, 16, 99, 100, 101, 511, 512, 1024, 4095])
async def test_a_head_that_is_not_whole_is_a_new_journal_or_says_what_it_is(tmp_path, kept):
    head, _ = await made(tmp_path / "run.db")
    (tmp_path / "cut.db").write_bytes(head[:kept])
    (tmp_path / "zero.db").write_bytes(head[:kept].ljust(4096, b"\0"))
    said = [await opened(tmp_path / name) for name in ("cut.db", "zero.db")]

    assert [each for each in said if each and not each.endswith(" Nothing was sent.")] == []
    assert [
        each
        for each in said
        if each and " is not a journal" not in each and " is damaged (" not in each
    ] == []


@pytest.mark.parametrize("kept", [100, 512, 4096, 8192, 20_000])
async def test_a_journal_that_lost_its_end_says_that_it_is_damaged(tmp_path, kept):
    _, whole = await made(tmp_path / "run.db")
    path = tmp_path / "cut.db"
    path.write_bytes(whole[:kept])
    said = await opened(path)

    assert said.startswith(f"{path} is damaged (")
    assert said.endswith(f"): {to_go_on(path)} Nothing was sent.")
    assert said.count(f"{path}-wal") == 1


async def test_a_journal_that_was_cut_off_before_its_plan_says_that_it_has_none(tmp_path):
    path = tmp_path / "run.db"
    async with Journal.open(path) as journal:
        with pytest.raises(ConfigurationError) as caught:
            await existing_plan(journal)

    assert (
        str(caught.value)
        == f"{path} has no batch in it: `batch issue` makes one. Nothing was sent."
    )


@pytest.mark.parametrize(
    "log", [None, b"", bytes(4096), "cut off"], ids=["none", "empty", "zeros", "cut off"]
)
@pytest.mark.parametrize("head", [b"", bytes(4096), "head"], ids=["no bytes", "zeros", "head"])
async def test_a_file_without_a_batch_is_not_filled_by_what_goes_on_with_one(tmp_path, head, log):
    whole, _ = await made(tmp_path / "run.db")
    path = tmp_path / "cut.db"
    path.write_bytes(whole if head == "head" else head)
    path.chmod(0o644)
    if log is not None and (log != "cut off" or head == "head"):
        (tmp_path / "cut.db-wal").write_bytes(
            b"\x37\x7f\x06\x82" + bytes(24) if log == "cut off" else log
        )
    before = {
        each.name: (each.read_bytes(), each.stat().st_mode, each.stat().st_ino)
        for each in tmp_path.iterdir()
    }

    assert await opened(path, create=False) == (
        f"{path} has no batch in it: `batch issue` makes one. If a run has used it, "
        f"{to_go_on(path)} Nothing was sent."
    )
    assert {
        each.name: (each.read_bytes(), each.stat().st_mode, each.stat().st_ino)
        for each in tmp_path.iterdir()
    } == before


async def test_a_name_that_no_file_can_have(tmp_path):
    assert (
        await opened(tmp_path / "a\0b")
        == f"path='{tmp_path}/a\\x00b': no file can have this name. Nothing was sent."
    )
