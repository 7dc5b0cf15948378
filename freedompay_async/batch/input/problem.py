"""What is wrong with a row, and where."""

from __future__ import annotations

from msgspec import Struct

from freedompay_async.batch.input.quoting import shown

__all__ = ["Problem"]


class Problem(Struct, frozen=True, omit_defaults=True):
    """What is wrong with one value, or with a whole row if `column` is `None`.

    `line` is the line where the row begins, from 1; line 0 means the whole file. Of a row that was
    made in code without a line, `key` is its key, and a plan gives `line` its place among the rows,
    from 1.
    """

    line: int
    column: str | None
    message: str
    key: str | None = None

    def __str__(self) -> str:
        kind = "line" if self.key is None else "row"
        where = [f"{kind} {self.line}"] if self.line else []
        where += [] if self.key is None else [f"key {shown(self.key)}"]
        # Without a row a column says nothing.
        where += [f"column {self.column}"] if where and self.column is not None else []
        return ": ".join([", ".join(where), self.message] if where else [self.message])
