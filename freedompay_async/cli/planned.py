"""What the command tells of a plan, and what it leaves behind of one that is no good."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from freedompay_async.codec.to_json import to_json
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

    from freedompay_async.batch import Journal, Plan

__all__ = ["plan_event", "refuse_problems", "taken_back", "temporary_folder"]


def refuse_problems(made: Plan, file: Path, *, json: bool) -> None:
    if not json:
        for problem in made.problems:
            typer.echo(f"{file}: {problem}", err=True)
        for warning in made.warnings:
            typer.echo(f"{file}: warning: {warning}", err=True)
    if not made.problems:
        return
    if json:
        typer.echo(plan_event(made))
    bad = len({problem.line for problem in made.problems if problem.line})
    told = (
        f"1 row is wrong in {file}. Correct it."
        if bad == 1
        else f"{bad:,} rows are wrong in {file}. Correct them."
    )
    if bad > 1 and len(made.problems) > sum(problem.line > 0 for problem in made.problems):
        # Of warnings only some are told each by itself.
        told = f"At least {told}"
    if not bad:
        told = f"{file} could not be looked at in full, and with --strict that is a problem."
    raise ConfigurationError(f"{told} Nothing was sent.")


def plan_event(made: Plan) -> str:
    return to_json(
        {"event": "plan", "rows": made.rows, "problems": made.problems, "warnings": made.warnings}
    )


@contextmanager
def taken_back(journal: Journal) -> Generator[None]:
    """Before the run: a new journal is removed again if the file or the settings are wrong."""
    try:
        yield
    except ConfigurationError:
        journal.remove_if_made()
        raise


@contextmanager
def temporary_folder() -> Generator[Path]:
    try:
        folder = tempfile.TemporaryDirectory()
    except OSError as error:
        raise ConfigurationError(
            f"there is no folder for temporary files, which a plan needs ({error.strerror}): set "
            "TMPDIR to one that you can write in. "
            "Nothing was sent."
        ) from error
    with folder as name:
        yield Path(name)
