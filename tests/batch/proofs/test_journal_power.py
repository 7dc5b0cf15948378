"""Power cuts: what of the journal's files is on the disk, whatever the order in which the disk
wrote since the last sync.

Proved here: what a returned call wrote has left for the device (Linux tells how much of a file has
not), the settings that make it so are in force, and every picture of the files that a power cut can
leave opens as a state that was there, and none that is older than what was answered for. SQLite's
own promise, and not proved here: it syncs the log before a commit returns and before a checkpoint
writes, the file before the log is begun anew, and the log's new head before what comes behind it.
And that the drive does not lie.
"""

from __future__ import annotations

import ctypes
import os
import platform
from itertools import pairwise
from random import Random

import pytest

from freedompay_async.batch import Journal
from freedompay_async.batch.input.rows import Row
from freedompay_async.batch.outcome import State
from freedompay_async.batch.plan import make_plan
from freedompay_async.contract.models import NewClient

SETTINGS = {
    "merchant": "10001",
    "base_url": "http://127.0.0.1:9",
    "batch": "default",
    "activate": "no",
}
FRAME = 4096 + 24
SECTOR = 512
EVERY_BYTE = 200
PARTS = 8


def planned(number):
    client = NewClient(
        phone=77010000000 + number, type=1, resident=1, first_name="Ivan", last_name="Ivanov"
    )
    return Row(
        line=number + 1,
        key=f"k{number}",
        product_id=2000,
        client=client,
        document=None,
        branch_id=None,
        identification_info=None,
    )


async def stay():
    """In place of what brings the log into the file."""


def content(connection):
    """All that the journal holds."""
    return tuple(
        tuple(connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall())
        for table in ("meta", "rows", "intents")
    )


class CallState:
    """A journal with a few rows, and after each write that was answered for: the files, and what
    they hold.
    """

    def __init__(self, path, turn=1_000):
        self.path, self.turn = path, turn
        self.files, self.states = [], []

    async def write(self, rows=4):
        async with Journal.open(self.path) as self.journal:
            await self.journal.writer.call(
                lambda c: c.execute(f"PRAGMA wal_autocheckpoint = {self.turn}").fetchall()
            )
            await self.keep()
            # The plan stays in the log, so that one log goes through all of it.
            self.journal.writer.fold = stay
            await make_plan(
                self.journal, [planned(number) for number in range(1, rows + 1)], settings=SETTINGS
            )
            await self.keep()
            entries = await self.journal.take(rows, self.journal.new_owner())
            for step in ("client", "card"):
                for entry in entries:
                    request_id = f"{step}-{entry.number}"
                    await self.journal.record_intent(
                        entry,
                        step,
                        request_id=request_id,
                        body_sha256=b"." * 32,
                        sent_at=1.5,
                    )
                    await self.keep()
                    self.journal.accepted(entry, step)
                    await self.journal.earlier_runs()
                    await self.keep()
                    entry.client_id = f"client-{entry.number}"
            for entry in entries:
                entry.card_id = f"card-{entry.number}"
                await self.journal.end(entry, State.ISSUED, None)
                await self.keep()
        return self

    async def keep(self):
        # Before anything is asked of it: what was answered for is there by now.
        self.files.append((self.path.read_bytes(), self.path.with_name("run.db-wal").read_bytes()))
        self.states.append(await self.journal.writer.call(content))

    @property
    def log(self):
        return self.files[-1][1]

    def reached(self, size):
        """The state of a log of so many bytes that was never begun anew."""
        return max(
            [number for number, (_, log) in enumerate(self.files) if len(log) <= size], default=None
        )


class Disk:
    """A folder for one picture of the files after another."""

    def __init__(self, folder):
        self.path = folder / "image" / "run.db"
        self.path.parent.mkdir()

    async def found(self, file, log, **beside):
        for path in self.path.parent.iterdir():
            path.unlink()
        self.path.write_bytes(file)
        self.path.with_name("run.db-wal").write_bytes(log)
        for suffix, content_ in beside.items():
            self.path.with_name(f"run.db-{suffix}").write_bytes(content_)
        async with Journal.open(self.path) as journal:
            return await journal.writer.call(content)

    async def which(self, life, file, log):
        """The number of the state that this picture opens as; `None` if it is none that ever was."""
        found = await self.found(file, log)
        return life.states.index(found) if found in life.states else None


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def mixed(random, old, new, first=0):
    """Each sector from `first` on as it was or as it was to be, as the disk pleased; before it all
    is as it was to be.
    """
    shortest, size = len(old), max(len(old), len(new))
    # Where a file was made longer and the bytes have not come, there are zeros.
    old, new = old.ljust(size, b"\0"), new.ljust(size, b"\0")
    share = random.choice([0.1, 0.5, 0.9])
    parts = [
        (old if at >= first and random.random() < share else new)[at : at + SECTOR]
        for at in range(0, size, SECTOR)
    ]
    made = new[:first] + b"".join(parts)[first:]
    return made if random.random() < 0.5 else made[: random.randint(shortest, size)]


def cuts(size, every):
    """Each byte; or a few about each frame's edges, its head's fields among them, and a stride
    between.
    """
    if every:
        return list(range(size + 1))
    edges = {
        32 + FRAME * number + off
        for number in range(size // FRAME + 1)
        for off in (-1, 0, 1, 4, 8, 16, 23, 24, 25, 24 + SECTOR)
    }
    return sorted({*range(0, size, 509), *edges, *range(34), size} & set(range(size + 1)))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
async def test_a_log_cut_off_at_any_byte_opens_as_all_that_was_answered_for_until_then(
    tmp_path, disk, request, part
):
    life = await CallState(tmp_path / "run.db").write(rows=2)
    empty = tuple(() for _ in life.states[0])
    wrong = []
    for cut in cuts(len(life.log), request.config.getoption("rounds") >= EVERY_BYTE)[part::PARTS]:
        reached = life.reached(cut)
        expected = empty if reached is None else life.states[reached]
        if await disk.found(life.files[0][0], life.log[:cut]) != expected:
            wrong.append(cut)

    assert (len(life.states), life.log[:4] != b"") == (12, True)
    assert wrong == []


@pytest.mark.parametrize("seed", range(2))
async def test_what_was_not_synced_yet_may_be_anything_and_what_was_answered_for_stays(
    tmp_path, disk, seed
):
    random = Random(seed)
    life = await CallState(tmp_path / "run.db").write()
    wrong = []
    for number, (file, log) in enumerate(life.files):
        rest = life.log[len(log) :]
        garbled = [
            b"",
            bytes(random.randint(1, 3 * FRAME)),
            random.randbytes(random.randint(1, 3 * FRAME)),
            # Later frames came first, or a frame came without its neighbours, or with a bit that
            # fell over.
            rest[FRAME:],
            bytes(FRAME) + rest[FRAME:],
            rest[: 24 + SECTOR] + bytes(FRAME - 24 - SECTOR) + rest[FRAME:],
            bytes([rest[0] ^ 1]) + rest[1:] if rest else b"",
            *(mixed(random, b"", rest) for _ in range(3)),
        ]
        for tail in garbled:
            found = await disk.which(life, file, log + tail)
            if found is None or found < number:
                wrong.append((number, found))

    assert wrong == []


def moments(life, random):
    """Pictures of the files between one answer and the next, each with the oldest and the newest
    state that it may open as.
    """
    for number, ((file, log), (next_file, next_log)) in enumerate(pairwise(life.files)):
        begun_anew = next_log[:32] != log[:32]
        if begun_anew:
            # The head goes first, and by itself; until it is whole there is no log, and the file
            # has everything.
            torn = random.randint(1, 31)
            yield number, number, file, next_log[:torn] + log[torn:]
        for _ in range(3):
            yield number, number + 1, file, mixed(random, log, next_log, 32 if begun_anew else 0)
            # A checkpoint comes when the log is synced; the file's pages come in any order, and in
            # parts.
            yield number + 1, number + 1, mixed(random, file, next_file), next_log


@pytest.mark.parametrize("turn", [3, 8, 20])
async def test_a_power_cut_during_a_commit_a_checkpoint_or_the_log_s_new_beginning_loses_nothing(
    tmp_path, disk, request, turn
):
    life = await CallState(tmp_path / "run.db", turn).write(rows=8)
    begun = {log[:32] for _, log in life.files}
    wrong, random = [], Random(turn)
    for _ in range(max(1, request.config.getoption("rounds") // 20)):
        for oldest, newest, file, log in moments(life, random):
            found = await disk.which(life, file, log)
            if found is None or not oldest <= found <= newest:
                wrong.append((oldest, newest, found))

    assert len(begun) > 2
    assert wrong == []


@pytest.mark.parametrize("shm", [b"", b"\0" * 32768, b"\xff" * 32768, b"no index at all"])
async def test_an_index_that_somebody_left_beside_it_is_not_believed(tmp_path, disk, shm):
    life = await CallState(tmp_path / "run.db").write()

    assert await disk.found(*life.files[-1], shm=shm) == life.states[-1]


async def test_the_settings_that_a_power_cut_asks_for_are_in_force(tmp_path):
    names = ("journal_mode", "synchronous", "fullfsync", "locking_mode")
    async with Journal.open(tmp_path / "run.db") as journal:
        first = await journal.writer.call(
            lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
        )
    async with Journal.open(tmp_path / "run.db") as journal:
        again = await journal.writer.call(
            lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
        )

    assert (first, again) == (["wal", 2, 1, "exclusive"], ["wal", 2, 1, "exclusive"])


def unwritten(path):
    """How many pages of a file the kernel has not handed to the device: cachestat(2), of Linux 6.5
    and later.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    whole, told = (ctypes.c_uint64 * 2)(0, 0), (ctypes.c_uint64 * 5)()
    file = os.open(path, os.O_RDONLY)
    try:
        if libc.syscall(451, file, whole, told, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(file)
    return told[1] + told[2]


@pytest.fixture
def telling_disk(tmp_path):
    """A folder on a disk of which the kernel tells what has not been synced."""
    if platform.system() != "Linux":
        pytest.skip("only Linux tells which pages of a file have not been written")
    path = tmp_path / "probe"
    path.write_bytes(b"x" * 10_000)
    try:
        before = unwritten(path)
    except OSError as error:
        pytest.skip(f"this kernel does not tell which pages have not been written: {error}")
    with path.open("rb") as file:
        os.fsync(file)
    if not before or unwritten(path):
        pytest.skip(
            "a file system that is in memory, or does not tell which pages have not been written"
        )
    return tmp_path


async def test_when_a_call_has_returned_its_write_has_left_for_the_device(telling_disk):
    left = []
    async with Journal.open(telling_disk / "run.db") as journal:
        for number in range(20):
            name = f"{number}"
            await journal.writer.call(
                lambda c, name=name: c.execute(
                    "INSERT INTO meta VALUES (?, ?)", (name, "x" * 5_000)
                )
            )
            left.append(unwritten(telling_disk / "run.db-wal"))

    assert left == [0] * 20
