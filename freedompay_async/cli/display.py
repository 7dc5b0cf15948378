"""The progress of a run: bars on a terminal, lines in a pipe, JSON Lines for programs."""

from __future__ import annotations

import json as json_module
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO, cast

import anyio
import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bars

from freedompay_async.cli.output import as_record, printable
from freedompay_async.codec.to_json import to_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.batch import Outcome, Progress, Report

__all__ = ["Display", "as_json", "display", "show_report", "written"]

_SHOWN: Final = 50
_PLAIN_SECONDS: Final = 5.0
_BAR_SECONDS: Final = 0.2
# What a program gets of the progress.
_OF_PROGRESS: Final = (
    "rows",
    "earlier",
    "issued",
    "refused",
    "unknown",
    "found",
    "doubtful",
    "left",
    "in_progress",
    "waiting",
    "asking_again",
    "trouble",
    "left_because",
    "done",
    "seconds",
    "rate",
    "time_left",
)


class Display(Protocol):
    """Shows outcomes and progress of a run."""

    def outcome(self, outcome: Outcome) -> bool:
        """Show the outcome of a row; false if nobody reads any more."""
        ...

    def draw(self, progress: Progress) -> None:
        """Show how far the run is."""
        ...


class _StandardError:
    """Standard error; writing raises nothing when the terminal is gone, as with a closed window."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.gone = False

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self.gone = True
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self.gone = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Terminal:
    def __init__(self, bars: Bars, console: Console, stream: _StandardError) -> None:
        self._bars = bars
        self._console = console
        self._stream = stream
        self._bar = bars.add_task("cards", total=None, text="")

    def outcome(self, outcome: Outcome) -> bool:
        if outcome.reason:
            self._console.print(_problem(outcome), markup=False, highlight=False, soft_wrap=True)
        return not self._stream.gone

    def draw(self, progress: Progress) -> None:
        text = _line(progress) + "".join(f"\n  {each}" for each in _troubles(progress))
        self._bars.update(
            self._bar,
            total=progress.rows or None,
            completed=progress.earlier + progress.done,
            text=text,
        )


class _Plain:
    def outcome(self, outcome: Outcome) -> bool:
        return not outcome.reason or written(_problem(outcome), err=True)

    def draw(self, progress: Progress) -> None:
        written("\n".join([_line(progress), *_troubles(progress)]), err=True)


class _Json:
    def outcome(self, outcome: Outcome) -> bool:
        return written(as_json({"event": "outcome", **as_record(outcome)}))

    def draw(self, progress: Progress) -> None:
        shown = {name: getattr(progress, name) for name in _OF_PROGRESS}
        written(as_json({"event": "progress", **shown}))


def as_json(value: object) -> str:
    """One line of JSON; a letter that the output's encoding lacks is a JSON escape."""
    text = to_json(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "".join(each if each.isascii() else json_module.dumps(each)[1:-1] for each in text)
    return text


def written(text: str, *, err: bool = False) -> bool:
    """Print a line; false if nobody reads any more."""
    try:
        typer.echo(text, err=err)
    except OSError:
        # The reader is gone, or the disk is full. The run ends gently, and the journal has it all.
        return False
    return True


@asynccontextmanager
async def display(progress: Progress, *, json: bool) -> AsyncGenerator[Display]:
    """Draw the progress until the context is left, as often as fits the output."""
    stream = _StandardError(sys.stderr)
    console = Console(file=cast("TextIO", stream))
    if json:
        async with _drawing(_Json(), progress, _PLAIN_SECONDS) as shown:
            yield shown
    elif console.is_terminal:
        columns = (
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[text]}", markup=False),
        )
        with Bars(*columns, console=console) as bars:
            async with _drawing(_Terminal(bars, console, stream), progress, _BAR_SECONDS) as shown:
                yield shown
    else:
        async with _drawing(_Plain(), progress, _PLAIN_SECONDS) as shown:
            yield shown


@asynccontextmanager
async def _drawing(shown: Display, progress: Progress, seconds: float) -> AsyncGenerator[Display]:
    async def draw() -> None:
        while True:
            await anyio.sleep(seconds)
            shown.draw(progress)

    async with anyio.create_task_group() as group:
        group.start_soon(draw)
        try:
            yield shown
        finally:
            group.cancel_scope.cancel()
            shown.draw(progress)


def _line(progress: Progress) -> str:
    done, left = progress.earlier + progress.done, progress.time_left
    return (
        f"{done:,}/{progress.rows:,} rows, {progress.rate:.0f}/s, in progress "
        f"{progress.in_progress:,} (waiting {progress.waiting:,}), "
        f"refused {progress.refused:,}, unknown {progress.unknown:,}{_rare_counts(progress)}, time "
        f"left {'?' if left is None else _clock(left)}"
    )


def _troubles(progress: Progress) -> list[str]:
    """Why rows wait, and why rows were left."""
    passing = (
        [progress.trouble] if progress.trouble and progress.trouble != progress.left_because else []
    )
    left = [progress.left_because] if progress.left_because else []
    return [f"waiting: {printable(each)}" for each in passing] + [
        f"left: {printable(each)}" for each in left
    ]


def _rare_counts(progress: Progress) -> str:
    """Counts that most runs don't have; zeros take no room in the line."""
    counts = {"found": progress.found, "doubtful": progress.doubtful, "left": progress.left}
    return "".join(f", {name} {count:,}" for name, count in counts.items() if count)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _problem(outcome: Outcome) -> str:
    return printable(
        f"line {outcome.line}, key {outcome.key}: {outcome.state.value}: {outcome.reason}"
    )


def show_report(report: Report, *, json: bool) -> None:
    """Print the report to standard output."""
    if json:
        counts = {
            name: getattr(report, name) for name in report.__struct_fields__ if name != "problems"
        }
        typer.echo(
            as_json(
                {
                    "event": "report",
                    **counts,
                    "problems": [as_record(outcome) for outcome in report.problems],
                }
            )
        )
        return
    lines = [
        f"batch {report.batch!r} of merchant {printable(report.merchant)}: {report.rows:,} rows"
    ]
    for name, note in (
        ("issued", ""),
        ("refused", "see each row" if report.unproved else "no card; see each row"),
        ("unknown", "may or may not have a card; resume to ask again"),
        (
            "found",
            (
                "used before: check whose cards they are, then resume with --accept-found; see "
                "each row"
            ),
        ),
        ("doubtful", "its cards are not what was ordered, or are shared; see each row"),
        ("started", "resume to go on"),
        ("planned", "nothing was sent yet; resume to go on"),
    ):
        count = getattr(report, name)
        lines.append(f"  {name:<8} {count:>9,}" + (f"   {note}" if note and count else ""))
    if report.unproved:
        lines.append(
            f"  {report.unproved:,} of the refused rows: no proof that they were not done; resume "
            "to ask again"
        )
    if report.inactive:
        lines.append(f"  {report.inactive:,} of the issued cards could not be activated")
    if report.accepted:
        lines.append(
            f"  {report.accepted:,} rows had been used before, and were accepted as for the same "
            "people"
        )
    for outcome in report.problems[:_SHOWN]:
        lines.append(_problem(outcome))
        lines.append(f"  next: {outcome.next}")
    if len(report.problems) > _SHOWN:
        lines.append(
            f"and {len(report.problems) - _SHOWN:,} more: --out FILE or --json gives them all"
        )
    # Flushed here, so that a failure to write is reported to this command.
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
