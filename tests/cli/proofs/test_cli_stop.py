"""Ctrl-C, and readers that leave."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.cli.commands import ISSUE_BY_TWOS, PROGRAM, STOPPING


def held(shell, issuer, people, call="client/add", rows=60):
    """A run whose answers to one call are held."""
    gate = issuer.gate(call)
    shell.file(people(rows))
    command = shell.start(*ISSUE_BY_TWOS)
    gate.reached()
    return gate, command


def stopping(shell, issuer, people, *held_at):
    """The same after Ctrl-C: it has said that it stops, and the answers are held still."""
    gate, command = held(shell, issuer, people, *held_at)
    command.interrupt()
    command.says(STOPPING)
    return gate, command


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_starts_no_new_row_and_says_that_rows_are_left(shell, issuer, people, number):
    gate, command = held(shell, issuer, people)
    command.interrupt(number)
    command.says(STOPPING)
    gate.open()
    code = command.ends()
    report = shell.report()

    assert code == 3
    assert command.stderr.endswith("60 rows are left: freedompay batch resume run.db\n")
    assert report["planned"] >= 60 - 16
    assert issuer.arrived("client/add") == report["started"]
    assert issuer.arrived("card/issue") == 0


@pytest.mark.parametrize("call", ["client/add", "card/issue"])
def test_after_ctrl_c_the_rest_is_issued_by_resume(shell, issuer, people, one_each, call):
    gate, command = stopping(shell, issuer, people, call)
    gate.open()
    code = command.ends()
    result = shell("batch", "resume", "run.db")

    assert (code, result.exit_code) == (3, 0)
    assert issuer.cards() == one_each(60)
    assert (issuer.arrived("client/add"), issuer.arrived("card/issue")) == (60, 60)


def test_ctrl_c_leaves_no_traceback(shell, issuer, people):
    gate, command = stopping(shell, issuer, people)
    gate.open()
    command.ends()

    assert "Traceback" not in command.stderr
    assert "Exception ignored" not in command.stderr


def test_a_second_ctrl_c_aborts(shell, issuer, people):
    _, command = stopping(shell, issuer, people)
    command.interrupt()

    assert command.ends() == 130
    assert command.stderr.endswith("freedompay: aborted.\n")
    assert "Traceback" not in command.stderr


@pytest.mark.parametrize("call", ["client/add", "card/issue"])
def test_after_a_second_ctrl_c_the_rest_is_issued_by_resume(shell, issuer, people, one_each, call):
    gate, command = stopping(shell, issuer, people, call)
    command.interrupt()
    command.ends()
    gate.open()
    result = shell("batch", "resume", "run.db")

    assert result.exit_code == 0
    assert issuer.cards() == one_each(60)


def test_ctrl_c_before_the_run_aborts_and_nothing_was_sent(shell, issuer, people, one_each):
    gate, command = held(shell, issuer, people, "request/status", rows=5)
    command.interrupt()
    code = command.ends()
    gate.open()

    assert code == 130
    assert "Traceback" not in command.stderr
    assert issuer.effects == 0
    assert shell.issue(people(5)).exit_code == 0
    assert issuer.cards() == one_each(5)


def test_ctrl_c_during_a_question(shell, issuer):
    gate = issuer.gate("request/status")
    command = shell.start("requests", "status", "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a")
    gate.reached()
    command.interrupt()

    assert (command.ends(), command.stderr) == (130, "freedompay: aborted.\n")


def test_a_reader_that_leaves_during_a_run(shell, issuer, people, one_each):
    shell.file(people(40))
    gate = issuer.gate("card/issue")
    command = [*PROGRAM, *ISSUE_BY_TWOS, "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=shell.env, cwd=shell.folder, text=True, **pipes) as process:
        gate.reached()
        process.stdout.close()
        gate.open()
        said = process.stderr.read()
    result = shell("batch", "resume", "run.db")

    assert process.returncode != 0
    assert "Traceback" not in said
    assert result.exit_code == 0
    assert issuer.cards() == one_each(40)
