"""Progress on a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading

import pytest

from freedompay_async.batch import Progress
from freedompay_async.cli.display import _clock, _line
from freedompay_async.sandbox import Fault
from tests.cli.commands import ISSUE, ISSUE_GIFT, PROGRAM


def started(slave: int, args, *, env, folder) -> subprocess.Popen:
    """A command whose standard input and error are this terminal."""
    process = subprocess.Popen(
        [*PROGRAM, *args],
        env=env | {"TERM": "xterm"},
        cwd=folder,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
    )
    os.close(slave)
    return process


class Terminal:
    """A command whose standard error is a terminal."""

    def __init__(self, shell, *args, width: int) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        env = {name: value for name, value in shell.env.items() if name != "COLUMNS"}
        self.process = started(slave, args, env=env, folder=shell.folder)
        self.shown = ""
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                text = os.read(self.master, 65_536)
            except OSError:
                # Linux tells so that the other side is closed.
                return
            if not text:
                return
            with self._news:
                self.shown += text.decode(errors="replace")
                self._news.notify_all()

    @property
    def text(self) -> str:
        """What was shown, without the commands to the terminal."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def shows(self, pattern: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: re.search(pattern, self.text), 30), self.text

    def interrupt(self) -> None:
        """Ctrl-C, and again if nothing comes of it: Python does not see a signal of the moment just
        before its `read` of the terminal.
        """
        for _ in range(2):
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
                return
        raise AssertionError(self.text)

    def ends(self) -> int:
        self.said = self.process.stdout.read()
        self.process.stdout.close()
        code = self.process.wait(30)
        self._reader.join(30)
        os.close(self.master)
        return code


@pytest.fixture
def terminal(shell):
    opened = []

    def terminal(*args, width=120):
        opened.append(Terminal(shell, *args, width=width))
        return opened[-1]

    yield terminal
    for each in opened:
        if each.process.poll() is None:
            each.process.kill()
            each.ends()


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_a_terminal_shows_where_the_run_stands(shell, issuer, people, terminal, width):
    issuer.hold(True)
    shell.file(people(8))
    screen = terminal(*ISSUE, width=width)
    screen.shows(r"waiting 8")
    screen.shows(r"0/8\s+rows")
    screen.shows(r"\d+/s")
    screen.shows(r"refused\s+0")
    screen.shows(r"unknown\s+0")
    screen.shows(r"time\s+left")
    issuer.hold(False)

    assert screen.ends() == 0


def test_a_terminal_shows_the_end(shell, issuer, people, terminal, one_each):
    shell.file(people(8))
    screen = terminal(*ISSUE, width=200)
    code = screen.ends()

    assert code == 0
    assert "100 %" in screen.text
    assert "8/8 rows" in screen.text
    assert issuer.cards() == one_each(8)


def test_a_terminal_shows_a_row_that_was_refused(shell, people, terminal):
    shell.file(people(2, {2: "DECLINED"}))
    screen = terminal(*ISSUE, width=200)
    code = screen.ends()

    assert code == 1
    assert "line 3, key k2: refused: " in screen.text


def test_a_terminal_shows_why_rows_wait(shell, issuer, people, terminal):
    gate = issuer.gate("request/status")
    shell.file(people(2))
    screen = terminal(*ISSUE, width=200)
    gate.reached()
    issuer.script("client/add", *[Fault.LIMITED] * 2)
    gate.open()
    screen.shows(r"waiting: the issuer limits the rate")

    assert screen.ends() == 0


def test_the_line_of_a_run_that_stands_still_knows_no_end():
    clock = iter([0.0, 10.0, 10.0]).__next__
    progress = Progress(clock=clock)
    progress.begin()
    progress.rows, progress.in_progress, progress.waiting = 10, 3, 2

    assert _line(progress) == (
        "0/10 rows, 0/s, in progress 3 (waiting 2), refused 0, unknown 0, time left ?"
    )


def test_the_line_of_a_run_that_goes_on():
    clock = iter([0.0, 10.0, 10.0]).__next__
    progress = Progress(clock=clock)
    progress.begin()
    progress.rows, progress.earlier = 2_000, 500
    progress.issued, progress.refused, progress.unknown = 90, 8, 2

    assert _line(progress) == (
        "600/2,000 rows, 10/s, in progress 0 (waiting 0), refused 8, unknown 2, time left 2:20"
    )


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (61.9, "1:01"), (3_599, "59:59"), (3_600, "1:00:00"), (90_061, "25:01:01")],
)
def test_a_time_that_is_left(seconds, shown):
    assert _clock(seconds) == shown


CLOSE = ("cards", "close", "c1", "--description", "bye")


def test_what_can_not_be_undone_is_asked_about(shell, issuer, terminal):
    card = shell.card()
    screen = terminal("cards", "close", card, "--description", "bye", width=300)
    screen.shows(
        rf"This will close card {card} for good, which can't be undone, at http://\S+, for merchant 10001. Go on\? \[y/N\]"
    )
    assert issuer.arrived("card/close") == 0
    screen.type("y\n")

    assert screen.ends() == 0
    assert issuer.do(issuer.sandbox.card, card)["status"] == "closed"


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04"])
def test_whoever_is_not_sure_sends_nothing(issuer, terminal, answer):
    screen = terminal(*CLOSE, width=300)
    screen.shows("Go on")
    screen.type(answer)

    assert (screen.ends() != 0, issuer.arrived()) == (True, 0)


def test_ctrl_c_at_the_question_sends_nothing(issuer, terminal):
    screen = terminal(*CLOSE, width=300)
    screen.shows("Go on")
    screen.interrupt()

    assert (screen.ends(), issuer.arrived()) == (130, 0)
    assert "freedompay: aborted. Nothing was sent." in screen.text


def test_a_code_is_asked_for_without_echo(shell, issuer, terminal):
    issued = (*ISSUE_GIFT,)
    card = shell.json(*issued)["card_id"]
    code = issuer.do(issuer.sandbox.sms, 77010000001)[-1]
    screen = terminal("gift-cards", "confirm", "--card-id", str(card), width=300)
    screen.shows("the code from the SMS: ")
    # Before the prompt turns the echo off, the terminal itself would show it.
    screen.type(f"{code}\n")

    assert screen.ends() == 0
    assert code not in screen.text.replace(screen.text.partition("sending")[2], "")
    assert "1 (issued)" in screen.said


def test_ctrl_c_at_the_prompt_sends_nothing(issuer, terminal):
    screen = terminal("gift-cards", "confirm", width=300)
    screen.shows("the code from the SMS: ")
    screen.interrupt()

    assert (screen.ends() != 0, issuer.arrived()) == (True, 0)
    assert "Traceback" not in screen.text


def test_a_window_that_is_closed_ends_the_run_gently(shell, issuer, people):
    issuer.hold(True)
    shell.file(people(8))
    master, slave = os.openpty()
    process = started(slave, (*ISSUE, "--out", "issued.csv"), env=shell.env, folder=shell.folder)
    shown = ""
    while "waiting 8" not in shown:
        shown += os.read(master, 65_536).decode(errors="replace")
    os.close(master)
    issuer.hold(False)
    report, _ = process.communicate(timeout=60)

    assert "8 rows" in report
    assert process.returncode in (0, 3)
    assert len((shell.folder / "issued.csv").read_text(encoding="utf-8-sig").splitlines()) == 9
