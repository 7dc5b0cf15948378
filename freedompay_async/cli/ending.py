"""How `freedompay batch` ends: the report, the file of `--out`, and the exit code.

Cards were made by now, so an error here is printed, and not raised, where that is possible.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from freedompay_async.batch import outcomes
from freedompay_async.batch.form import known_form
from freedompay_async.batch.report import make_report
from freedompay_async.cli.display import show_report
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.output import discard_output, say, write_outcomes
from freedompay_async.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

    from freedompay_async.cli.opened_journal import OpenedJournal

__all__ = ["finish"]


async def finish(opened: OpenedJournal, *, out: Path | None, json: bool) -> Exit:
    """Print the report, write the file of `--out` if there is one, and return the exit code."""
    result = await make_report(opened.journal)
    # Before the report: a reader who is gone must not keep the file from being written.
    whole = out is None or await _written(out, opened)
    try:
        show_report(result, json=json)
    except BrokenPipeError:
        raise
    except OSError as error:
        whole = False
        say(
            f"freedompay: the report can't be written ({error.strerror}). {_journal_has_it(opened)}"
        )
        discard_output(sys.stdout)
    if result.left:
        workers = "" if opened.pool is None else "a worker goes on with them, or "
        say(f"{result.left:,} rows are left: {workers}{opened.command('batch resume')}")
        return Exit.LEFT
    return Exit.DONE if whole and result.complete else Exit.PROBLEMS


async def _written(out: Path, opened: OpenedJournal) -> bool:
    try:
        await write_outcomes(out, outcomes(opened.journal), await known_form(opened.journal))
    except (OSError, UnicodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        say(f"freedompay: {out} can't be written ({why}). {_journal_has_it(opened)} --out FILE")
        return False
    except JournalError as error:
        say(f"freedompay: {out} can't be written: {error}")
        return False
    return True


def _journal_has_it(opened: OpenedJournal) -> str:
    return f"The journal has all of it: {opened.command('batch report')}"
