"""Keys of a plan: each in its one form, and no two that are the same or look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.batch.input.doubts import Kind
from freedompay_async.batch.input.lookalikes import difference, known_letters
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.quoting import shown
from freedompay_async.contract.request_ids import BadName, one_name

if TYPE_CHECKING:
    from freedompay_async.batch.input.rows import Row
    from freedompay_async.batch.journal.plan_index import PlanIndex
    from freedompay_async.batch.plan_warnings import Warnings

__all__ = ["Keys"]


class Keys:
    """Checks the keys of a plan, one after another."""

    def __init__(self, index: PlanIndex, problems: list[Problem], warnings: Warnings) -> None:
        self._index: Final = index
        self._problems: Final = problems
        self._warnings: Final = warnings
        self._letters: Final = known_letters()
        if self._letters is None:
            warnings.not_looked(
                "keys that look alike were not looked for: install freedompay-async[cli] for that"
            )

    def take(self, row: Row) -> Row | None:
        """The row with its key in the one form; `None`, and a problem, where it has none."""
        # The keys of a file are in this form already. Rows made in code may have anything.
        try:
            key = one_name("key", row.key)
        except BadName as error:
            value = f"{shown(str(row.key))} " if row.key else ""
            self._problems.append(Problem(row.line, "key", f"{value}{error}"))
            return None
        letters = self._letters
        skeleton = key if letters is None else letters.skeleton(key)
        if (before := self._index.add_key(skeleton, key, row.line)) is not None:
            self._problems.append(Problem(row.line, "key", _same(key, *before)))
            return None
        if letters is not None and (mixed := letters.mixed(key)) is not None:
            self._warn(row.line, key, *mixed)
        return row if key == row.key else msgspec.structs.replace(row, key=key)

    def _warn(self, line: int, key: str, word: str, scripts: tuple[str, ...]) -> None:
        where = "" if word == key else f" in the word {shown(word)}"
        text = (
            f"{shown(key)} has {' and '.join(scripts)} letters{where}: check that nobody mistook "
            "one for another"
        )
        self._warnings.add(Kind.KEY, line, "key", text)


def _same(key: str, first: str, line: int) -> str:
    if key == first:
        return f"{shown(key)} is the key of line {line} too: each row needs a key of its own"
    return (
        f"{shown(key)} looks like {shown(first)}, the key of line {line}, and is another "
        f"({difference(key, first)}): if they are one row, "
        "delete one of them; if they are two, give one of them a key that looks different"
    )
