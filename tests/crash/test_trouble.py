"""The command on disks that are full, read-only, not for this user, or gone: one clear message, the
exit code, and no second card after.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="limits, mounts and capabilities as Linux has them"
)

ROWS = 120
ISSUE = (
    "batch",
    "issue",
    "clients.csv",
    "--journal",
    "disk/run.db",
    "--product",
    "2000",
    "--concurrency",
    "4",
)
RESUME = ("batch", "resume", "disk/run.db")
REPORT = ("batch", "report", "disk/run.db")
QUICK = ("--processing", "0.0-0.01")
COMMAND = (sys.executable, "-W", "error", "-m", "freedompay_async.cli")
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
runpy.run_module("freedompay_async.cli", run_name="__main__")
"""
# Root is asked for no permission, unless it gives that up: to read and write what is not its own to
# read and write, and to change it.
LIKE_ANYBODY = """
import ctypes, os, sys
for capability in (1, 2, 3):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def desk(scene):
    """A folder for a journal, an issuer, and a file."""
    scene.file(ROWS)
    (scene.folder / "disk").mkdir()
    scene.issuer = scene.bank(*QUICK)
    return scene


@pytest.fixture
def mounting(scene):
    """Runs lines of a shell where it can mount over the folder `disk` without anybody else seeing
    it.
    """
    flags = "-m" if os.geteuid() == 0 else "-Urm"

    def run(script):
        command = [
            "unshare",
            flags,
            "sh",
            "-e",
            "-c",
            f'freedompay() {{ "{COMMAND[0]}" -W error -m freedompay_async.cli "$@"; }}\n{script}',
        ]
        return subprocess.run(
            command, env=scene.env, cwd=scene.folder, capture_output=True, text=True, check=False
        )

    (scene.folder / "disk").mkdir(exist_ok=True)
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare on this machine, so nothing can be mounted")
    if (tried := run("mount -t tmpfs none disk")).returncode:
        pytest.skip(f"nothing can be mounted on this machine: {tried.stderr.strip()}")
    return run


def issued(desk):
    return Counter(card["phone"] for card in desk.issuer.ledger())


def like_anybody(desk, *args):
    command = [sys.executable, "-c", LIKE_ANYBODY, *COMMAND, *args]
    return subprocess.run(
        command, env=desk.env, cwd=desk.folder, capture_output=True, text=True, check=False
    )


def refused(done):
    """One line, and nothing else."""
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    return done.stderr.removeprefix("freedompay: ").rstrip()


@pytest.mark.parametrize("size", [120_000, 300_000])
def test_a_file_that_may_not_grow_any_more_stops_the_run_and_it_is_resumed(desk, one_each, size):
    command = [sys.executable, "-W", "error", "-c", LIMITED.format(size=size), *ISSUE]
    done = subprocess.run(
        command, env=desk.env, cwd=desk.folder, capture_output=True, text=True, check=False
    )
    before = issued(desk)
    asked_for, _, sound = desk.journal("disk/run.db")
    strangers = [card for card in desk.issuer.ledger() if card["request_id"] not in asked_for]
    last = desk.run(*RESUME)

    assert done.returncode == 3
    assert "freedompay: stopped: disk/run.db can't be written (" in done.stderr
    assert (
        "the run has stopped, and nothing was sent that is not in it. Make room or mend the "
        "disk, then resume."
    ) in done.stderr
    assert "Traceback" not in done.stderr
    assert (before != one_each(ROWS), strangers, sound) == (True, [], "ok")
    assert last.process.returncode == 0
    assert issued(desk) == one_each(ROWS)


def test_a_disk_that_fills_up_during_a_run_and_then_has_room(desk, mounting, one_each):
    done = mounting(f"""
        mount -t tmpfs -o size=500k none disk
        freedompay {" ".join(ISSUE)} >/dev/null 2>said.txt && echo done || echo "stopped, $?"
        freedompay {" ".join(REPORT)} >/dev/null 2>&1 && echo done || echo "rows are left, $?"
        mount -o remount,size=50m disk
        freedompay {" ".join(RESUME)} >/dev/null 2>&1 && echo done || echo "stopped again, $?"
        """)
    said = (desk.folder / "said.txt").read_text()

    assert done.stdout == "stopped, 3\nrows are left, 3\ndone\n"
    assert (
        "can't be written (database or disk is full): the run has stopped, and nothing was "
        "sent that is not in it."
    ) in said
    assert "Traceback" not in said
    assert issued(desk) == one_each(ROWS)


def test_a_disk_that_has_no_room_for_the_plan(desk, mounting):
    done = mounting(f"mount -t tmpfs -o size=20k none disk; freedompay {' '.join(ISSUE)}")
    said = refused(done)

    assert said.startswith("disk/run.db can't be ")
    assert "disk is full" in said or "No space left" in said
    assert said.endswith("Nothing was sent.")
    assert issued(desk) == {}


@pytest.fixture
def done(desk):
    """The same, with a journal of a batch that has ended."""
    desk.file(2)
    desk.run(*ISSUE)
    desk.before = desk.issuer.health()
    return desk


READ_ONLY = "mount --bind disk disk; mount -o remount,ro,bind disk; "


def test_a_read_only_disk_for_a_new_journal(desk, mounting):
    said = refused(mounting(f"{READ_ONLY} freedompay {' '.join(ISSUE)}"))

    assert (
        said == "disk/run.db can't be opened for writing (Read-only file system). Nothing was sent."
    )
    assert issued(desk) == {}


@pytest.mark.parametrize("log", [None, b"\0" * 5_000], ids=["closed", "killed"])
@pytest.mark.parametrize("command", [ISSUE, RESUME, REPORT], ids=["issue", "resume", "report"])
def test_a_journal_on_a_read_only_disk(done, mounting, command, log):
    if log is not None:
        (done.folder / "disk/run.db-wal").write_bytes(log)
    said = refused(mounting(f"{READ_ONLY} freedompay {' '.join(command)}"))

    assert said.startswith("disk/run.db can't be opened for writing (")
    assert said.endswith("). Nothing was sent.")
    assert done.issuer.health() == done.before


@pytest.mark.parametrize(
    ("name", "mode"),
    [("disk", 0o500), ("disk", 0o000), ("disk/run.db", 0o400), ("disk/run.db", 0o000)],
)
def test_a_journal_that_this_user_may_not_write_to(done, name, mode):
    path = done.folder / name
    was = path.stat().st_mode
    path.chmod(mode)
    ended = like_anybody(done, *RESUME)
    kept = path.stat().st_mode & 0o777
    path.chmod(was)
    said = refused(ended)

    assert said.startswith("disk/run.db can't be ")
    assert said.endswith("). Nothing was sent.")
    assert kept == mode
    assert done.issuer.health() == done.before


def test_a_folder_where_this_user_may_make_nothing(desk):
    (desk.folder / "disk").chmod(0o500)
    said = refused(like_anybody(desk, *ISSUE))

    assert said == "disk/run.db can't be opened for writing (Permission denied). Nothing was sent."
    assert issued(desk) == {}


@pytest.mark.parametrize("away", ["moved", "removed"])
def test_a_folder_that_vanishes_during_a_run(desk, until, one_each, away):
    victim = desk.start(*ISSUE)
    until(lambda: desk.issuer.health()["cards"] >= 10)
    if away == "moved":
        (desk.folder / "disk").rename(desk.folder / "elsewhere")
    else:
        shutil.rmtree(desk.folder / "disk")
    code = victim.ends()
    made = len(desk.issuer.ledger())
    if away == "moved":
        (desk.folder / "elsewhere").rename(desk.folder / "disk")
        last = desk.run(*RESUME)
    else:
        (desk.folder / "disk").mkdir()
        found = desk.run(*ISSUE)
        last = desk.run(*RESUME, "--accept-found", "all")

        # Whose cards those are, no machine can tell any more.
        assert found.process.returncode == 1
        assert issued(desk) == one_each(ROWS)

    assert code == 3
    assert (
        "freedompay: stopped: disk/run.db was moved or removed while in use: the run has stopped, "
        in victim.stderr
    )
    assert "Traceback" not in victim.stderr
    assert 10 <= made < ROWS
    assert last.process.returncode == 0
    assert issued(desk) == one_each(ROWS)


def test_a_journal_that_another_program_writes_to(done):
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); "
        "print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, "disk/run.db"]
    with subprocess.Popen(
        command, cwd=done.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        ends = [done.run(*each) for each in (ISSUE, RESUME, REPORT)]
        holder.stdin.close()

    assert [each.process.returncode for each in ends] == [2, 2, 2]
    assert {each.stderr for each in ends} == {
        (
            "freedompay: disk/run.db is in use by another process: wait for it, or stop it. "
            "Nothing was sent.\n"
        )
    }
    assert done.issuer.health() == done.before
