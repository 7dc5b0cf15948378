"""How a command ends, whatever it meets."""

from __future__ import annotations

import asyncio
import io
import json
import os
import runpy
import signal
import sys
import threading

import msgspec
import pytest
from rich.console import Console

from freedompay_async import errors
from freedompay_async.batch import Progress, State
from freedompay_async.cli import common, display, main
from freedompay_async.codec.to_json import to_json
from freedompay_async.redaction.secret import Secret
from tests.rows import outcome


def ended(error, capsys):
    """The exit code and the message of a command that meets this error."""

    async def work():
        raise error

    with pytest.raises(SystemExit) as caught:
        common.run(work)
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *(
            (errors.ConfigurationError, 2),
            (errors.JournalError, 3),
            (errors.NotSent, 3),
            (errors.RateLimited, 3),
            (errors.StillProcessing, 3),
        ),
        *(
            (errors.OutcomeUnknown, 1),
            (errors.ProtocolError, 1),
            (errors.AuthenticationError, 1),
            (errors.RequestFailed, 1),
        ),
    ],
)
def test_each_error_is_one_message(capsys, kind, code):
    assert ended(kind("what happened.", call="cards.issue", request_id="the-id"), capsys) == (
        code,
        "freedompay: cards.issue: what happened. [request_id the-id]\n",
    )


@pytest.mark.parametrize("kind", [errors.OutcomeUnknown, errors.ProtocolError])
def test_an_answer_that_is_not_understood_is_shown(capsys, kind):
    assert ended(kind("what happened.", body="<html>"), capsys) == (
        1,
        "freedompay: what happened.\n<html>\n",
    )


@pytest.mark.parametrize("kind", [asyncio.CancelledError, KeyboardInterrupt])
def test_an_abort_is_reported(capsys, kind):
    assert ended(kind(), capsys) == (130, "freedompay: aborted.\n")


def test_a_secret_in_json_is_not_shown():
    assert json.loads(to_json({"key": Secret("hush")})) == {"key": "***"}


def test_what_has_no_form_in_json_is_said():
    with pytest.raises(TypeError, match="object can't be written as JSON"):
        to_json(object())


@pytest.mark.parametrize(
    ("missing", "named"),
    [({"rich"}, "rich"), ({"typer"}, "typer"), ({"rich", "typer"}, "rich and typer")],
    ids=["rich", "typer", "both"],
)
def test_what_is_not_installed_is_named(monkeypatch, missing, named):
    monkeypatch.setattr(
        "freedompay_async.cli.find_spec", lambda name: None if name in missing else object()
    )
    with pytest.raises(SystemExit) as caught:
        main()

    assert (
        caught.value.code
        == f"freedompay: {named} not installed: pip install 'freedompay-async[cli]'"
    )


def test_the_package_runs_as_a_program(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["freedompay", "--help"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("freedompay_async.cli", run_name="__main__")

    assert caught.value.code == 0
    assert "FREEDOMPAY_AUTH_ID" in capsys.readouterr().out


@pytest.fixture
def screen(monkeypatch):
    """What a terminal of 200 columns gets."""
    shown = io.StringIO()
    monkeypatch.setattr(
        display,
        "Console",
        lambda **_: Console(file=shown, force_terminal=True, width=200, height=40),
    )
    return shown


def refused(**changes):
    return outcome(**{"state": State.REFUSED, "reason": "[bold]no[/bold]"} | changes)


async def draw(progress, *outcomes, json=False):
    async with display.display(progress, json=json) as shown:
        for each in outcomes:
            shown.outcome(each)


async def test_a_terminal_gets_a_bar_and_the_numbers(screen):
    await draw(
        Progress(rows=10, earlier=2, issued=2, refused=1, unknown=1, in_progress=4, waiting=3)
    )

    assert "60 %" in screen.getvalue()
    assert "6/10 rows" in screen.getvalue()
    assert "in progress 4 (waiting 3), refused 1, unknown 1, time left" in screen.getvalue()


async def test_a_terminal_gets_the_reason_of_a_wait(screen):
    await draw(Progress(rows=10, trouble="no connection"))

    assert "waiting: no connection" in screen.getvalue()


async def test_a_terminal_gets_a_problem_as_it_is(screen):
    await draw(Progress(rows=10), refused(), refused(key="k2", state=State.ISSUED, reason=None))

    assert "line 2, key k1: refused: [bold]no[/bold]" in screen.getvalue()
    assert "k2" not in screen.getvalue()


async def test_a_pipe_gets_the_reason_of_a_wait(capsys):
    await draw(Progress(rows=10, trouble="no connection"), refused())

    assert capsys.readouterr().err.splitlines() == [
        "line 2, key k1: refused: [bold]no[/bold]",
        "0/10 rows, 0/s, in progress 0 (waiting 0), refused 0, unknown 0, time left ?",
        "waiting: no connection",
    ]


async def test_a_pipe_gets_what_rows_are_left_for_beside_what_others_wait_for(capsys):
    await draw(Progress(rows=10, left=2, trouble="no connection", left_because="asked to wait"))

    assert capsys.readouterr().err.splitlines() == [
        "0/10 rows, 0/s, in progress 0 (waiting 0), refused 0, unknown 0, left 2, time left ?",
        "waiting: no connection",
        "left: asked to wait",
    ]


async def test_a_terminal_gets_what_rows_are_left_for_once(screen):
    await draw(Progress(rows=10, left=2, trouble="asked to wait", left_because="asked to wait"))

    assert "left: asked to wait" in screen.getvalue()
    assert "waiting: asked to wait" not in screen.getvalue()


async def test_a_machine_gets_lines_of_json_only(capsys):
    await draw(Progress(rows=10), refused(), json=True)
    said = capsys.readouterr()

    assert said.err == ""
    assert [msgspec.json.decode(line)["event"] for line in said.out.splitlines()] == [
        "outcome",
        "progress",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "utf-8"])
@pytest.mark.parametrize("key", ["\u049a\u0430\u0437-1", "\U0001f600", "plain"])
def test_a_machine_gets_whole_json_whatever_letters_its_pipe_takes(monkeypatch, encoding, key):
    pipe = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", pipe)
    display._Json().outcome(refused(key=key))
    said = pipe.buffer.getvalue().decode(encoding)

    assert json.loads(said)["key"] == key
    assert said.count("\n") == 1


async def test_a_terminal_that_takes_no_unicode_gets_a_bar_all_the_same(monkeypatch):
    screen = io.TextIOWrapper(
        io.BytesIO(), encoding="cp1251", errors="backslashreplace", write_through=True
    )
    monkeypatch.setattr(
        display,
        "Console",
        lambda **_: Console(file=screen, force_terminal=True, width=200, height=40),
    )
    await draw(Progress(rows=10, issued=5), refused(key="\u049a\u0430\u0437"))
    said = screen.buffer.getvalue().decode("cp1251")

    assert "\\u049a\u0430\u0437: refused" in said
    assert "50 %" in said
    # What the code page lacks would be written by its number.
    assert "\\u25" not in said


@pytest.mark.parametrize("json", [False, True])
async def test_progress_is_shown_again_and_again(monkeypatch, capsys, json):
    monkeypatch.setattr(display, "_PLAIN_SECONDS", 0.001)
    progress = Progress(rows=10)
    async with display.display(progress, json=json), asyncio.timeout(10):
        said = ""
        while said.count("\n") < 3:
            await asyncio.sleep(0.002)
            said += "".join(capsys.readouterr())

    assert said.count("\n") >= 3


def test_ctrl_c_in_this_process(shell, issuer, people):
    gate = issuer.gate("client/add")

    def interrupt():
        gate.reached()
        os.kill(os.getpid(), signal.SIGINT)
        gate.open()

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = shell.issue(people(200), "--concurrency", "2")
    thread.join()

    assert result.exit_code == 3
    assert "stopping: no new row starts" in result.stderr
