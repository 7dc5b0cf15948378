"""Finds the line of a table or a key in a TOML text. It is for messages only, so it reads roughly.
Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Lines", "line_of_error"]

_PART: Final = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_DOTTED: Final = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_TABLE: Final = re.compile(rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]\]?")
_KEY: Final = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_PARTS: Final = re.compile(_PART)
# No path that is looked up is longer.
_DEEPEST: Final = 8
_AT: Final = re.compile(r"\(at line (\d+), column \d+\)")


class Lines:
    """The first line of each table and each key, by its path, as `("cards", "issue", "path")`."""

    def __init__(self, text: str) -> None:
        self._lines: Final[dict[tuple[str, ...], int]] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(text.split("\n"), 1):
            if found := _TABLE.match(line):
                table = _path(found[1])
                self._add(table, number, least=1)
            elif found := _KEY.match(line):
                self._add((*table, *_path(found[1])), number, least=len(table) + 1)

    def _add(self, path: tuple[str, ...], number: int, *, least: int) -> None:
        # `a` begins at `a.b = 1` and at `[a.b]` too.
        for length in range(least, min(len(path), _DEEPEST) + 1):
            self._lines.setdefault(path[:length], number)

    def of(self, path: Sequence[str]) -> int:
        """The line of a path, or of the nearest table around it: keys in braces have none."""
        return next(
            (
                line
                for end in range(len(path), 0, -1)
                if (line := self._lines.get(tuple(path[:end])))
            ),
            1,
        )


def line_of_error(message: str, text: str) -> tuple[int, str]:
    """The line that a message of `tomllib` names, and the message without it."""
    found = _AT.search(message)
    if found is None:
        return text.count("\n") + 1, message.replace(
            " (at end of document)", " at the end of the file"
        )
    return int(found[1]), message[: found.start()].rstrip() + message[found.end() :]


def _path(text: str) -> tuple[str, ...]:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in _PARTS.findall(text))
