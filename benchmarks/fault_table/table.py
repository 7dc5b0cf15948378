"""The results as lines of text and as a table of Markdown."""

from __future__ import annotations

import statistics
from collections import Counter
from importlib.metadata import version
from platform import python_version
from typing import TYPE_CHECKING, Final

from fault_table.column import COLUMNS
from fault_table.rows import ROWS, Learned, Result, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LEGEND", "markdown", "plain", "versions"]

LEGEND: Final = """\
A cell has the requests to issue / distinct ids among them / cards made, as the server counted them.
Then comes what the caller learned, and the median of the seconds.
`+n` after the requests are look-ups, which change nothing.
No id among them: none was sent.
After an exception stands whether it holds the id that was sent
(in its text, its attributes, or the request or answer on it;
`in its cause`: only in the exception under it),
and whether it says that the card was made.
More cards than the program wanted are in bold (`!` in the plain table).
`direct` is this library over its `DirectTransport`; the column before it has the default.
`IssuerError` is the hand-written client's:
the issuer has answered the repeated id with `status: error`."""
_DONE: Final = {
    "nothing": "does not say if done",
    "not done": "says not done",
    "not done, wrongly": "says not done, but it was",
    "unknown": "says it may be done",
}
_ID: Final = {
    "yes": "has the id",
    "in its cause": "id in its cause",
    "no": "no id",
    "none sent": "sent no id",
    "nothing sent": "nothing sent",
    "the caller's own": "id is the caller's own",
}


def versions() -> str:
    """The versions of Python and of the libraries."""
    libraries = ("lithic", "stripe", "httpx", "aiohttp", "httptools")
    return ", ".join(
        [f"Python {python_version()}", *(f"{name} {version(name)}" for name in libraries)]
    )


def plain(results: list[Result]) -> str:
    """The results as text: a line a cell, grouped by rows."""
    lines = []
    wide = max(map(len, COLUMNS))
    for number, row in enumerate(ROWS):
        lines.append(row.label)
        lines.append(f"  {'':{wide}}  {'sends':>8} {'ids':>4} {'cards':>6} {'s':>5}  learned")
        for column in COLUMNS:
            runs = _cell(results, column, number)
            sends, ids, cards, seconds = (
                _sends(runs),
                _span(run.ids for run in runs),
                _span(run.effects for run in runs),
                _seconds(runs),
            )
            mark = " !" if _too_many(runs, row) else ""
            lines.append(
                f"  {column:{wide}}  {sends:>8} {ids:>4} {cards + mark:>6} {seconds:>5}  "
                f"{_learned(runs)}"
            )
        lines.append("")
    return "\n".join(lines)


def markdown(results: list[Result]) -> str:
    """The results as Markdown: one fault a row, one client a column."""
    lines = [f"| fault | {' | '.join(COLUMNS)} |", f"|---|{'---|' * len(COLUMNS)}"]
    for number, row in enumerate(ROWS):
        cells = [_markdown_cell(_cell(results, column, number), row) for column in COLUMNS]
        lines.append(f"| {row.label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _markdown_cell(runs: list[Result], row: Row) -> str:
    cards = _span(run.effects for run in runs)
    shown = f"**{cards}**" if _too_many(runs, row) else cards
    return (
        f"{_sends(runs)} / {_span(run.ids for run in runs)} / "
        f"{shown}<br>{_learned(runs)}<br>{_seconds(runs)} s"
    )


def _cell(results: list[Result], column: str, row: int) -> list[Result]:
    return [each for each in results if each.column == column and each.row == row]


def _too_many(runs: list[Result], row: Row) -> bool:
    return any(run.effects > row.calls for run in runs)


def _sends(runs: list[Result]) -> str:
    looks = _span(run.looks for run in runs)
    return _span(run.sends for run in runs) + ("" if looks == "0" else f"+{looks}")


def _seconds(runs: list[Result]) -> str:
    return f"{statistics.median(run.seconds for run in runs):.1f}"


def _learned(runs: list[Result]) -> str:
    kinds = Counter(_one_run(run.learned) for run in runs)
    if len(kinds) == 1:
        return next(iter(kinds))
    return "; or ".join(f"{text} ({times} of {len(runs)} runs)" for text, times in kinds.items())


def _one_run(learned: list[Learned]) -> str:
    kinds = Counter(map(_one, learned))
    return (
        next(iter(kinds))
        if len(learned) == 1
        else "; ".join(f"{times} x {text}" for text, times in kinds.items())
    )


def _one(learned: Learned) -> str:
    if learned.card is not None:
        return "answer"
    detail = (
        "nothing sent, says so"
        if learned.says_id == "nothing sent" and learned.says_done == "not done"
        else ""
    )
    return f"{learned.error} ({detail or f'{_ID[learned.says_id]}, {_DONE[learned.says_done]}'})"


def _span(numbers: Iterable[int]) -> str:
    """One number, or the least and the most."""
    found = sorted(numbers)
    return str(found[0]) if found[0] == found[-1] else f"{found[0]}..{found[-1]}"
