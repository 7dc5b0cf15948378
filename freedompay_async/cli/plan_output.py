"""What the command prints of a plan, and the folder of one that is not kept."""

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

    from freedompay_async.batch import Plan

__all__ = ["plan_event", "refuse_problems", "temporary_folder"]


def refuse_problems(made: Plan, file: Path, *, json: bool) -> None:
    """Print problems and warnings.

    Raises:
        ConfigurationError: there is a problem; nothing was sent.
    """
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
    message = (
        f"1 row is wrong in {file}. Correct it."
        if bad == 1
        else f"{bad:,} rows are wrong in {file}. Correct them."
    )
    if bad > 1 and len(made.problems) > sum(problem.line > 0 for problem in made.problems):
        # A plan lists only some of its warnings one by one.
        message = f"At least {message}"
    if not bad:
        message = f"{file} could not be checked in full, and with --strict that is a problem."
    raise ConfigurationError(f"{message} Nothing was sent.")


def plan_event(made: Plan) -> str:
    """The plan as a line of JSON."""
    return to_json(
        {"event": "plan", "rows": made.rows, "problems": made.problems, "warnings": made.warnings}
    )


@contextmanager
def temporary_folder() -> Generator[Path]:
    """A folder until the context is left.

    Raises:
        ConfigurationError: none can be made.
    """
    try:
        folder = tempfile.TemporaryDirectory()
    except OSError as error:
        raise ConfigurationError(
            f"there is no folder for temporary files, which a plan needs ({error.strerror}): set "
            "TMPDIR to one that you can write in. Nothing was sent."
        ) from error
    with folder as name:
        yield Path(name)
