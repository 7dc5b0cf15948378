"""The rows of a plan: of the right types, each with a key of its own, and without secrets."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from freedompay_async.batch.documents import lies_under
from freedompay_async.batch.input.documents import DocumentProblem, document_digest
from freedompay_async.batch.input.misfits import Misfits
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.rows import Row
from freedompay_async.batch.journal.records import PlannedRecord
from freedompay_async.batch.kept import PlannedRow
from freedompay_async.batch.plan_keys import Keys
from freedompay_async.redaction.opening import opened
from freedompay_async.redaction.secret import MASK, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from freedompay_async.batch.journal.plan_index import PlanIndex
    from freedompay_async.batch.plan_warnings import Warnings

__all__ = ["PlanRows"]

_MASKED: Final = MASK.encode()


class PlanRows:
    """Makes the rows of a plan; what is wrong with one is added to the problems.

    `documents`: the folder that each document has to lie under, a real path.
    """

    def __init__(
        self,
        problems: list[Problem],
        warnings: Warnings,
        index: PlanIndex,
        *,
        documents: str | None = None,
    ) -> None:
        self._documents: Final = documents
        self._problems: Final = problems
        self._warnings: Final = warnings
        self._keys: Final = Keys(index, problems, warnings)
        warnings.begin(index)
        # To ask the system about every folder of every document would take long.
        self._folders: Final[Callable[[str], str]] = lru_cache(maxsize=256)(_real_folder)

    def records(self, rows: Iterable[Row | list[Problem]]) -> Iterator[PlannedRecord]:
        """Of each row that is good."""
        number, misfits = 0, Misfits()
        for place, given in enumerate(rows, 1):
            row, before = given, len(self._problems)
            # A line of another type is a problem of its own.
            if isinstance(row, Row) and type(row.line) is int and not row.line:
                record = self._record(replace(row, line=place), place, number + 1, misfits)
                self._name(row.key, before)
            else:
                record = self._record(row, place, number + 1, misfits)
            if record is not None:
                number += 1
                yield record

    def _record(
        self, row: Row | list[Problem], place: int, number: int, misfits: Misfits
    ) -> PlannedRecord | None:
        found = misfits.of(row, place)
        if found or isinstance(row, list):
            self._problems.extend(found)
            return None
        named = self._keys.take(row)
        planned = self._planned(named or row)
        if named is None or planned is None:
            return None
        data = self._encoded(planned)
        if data is None:
            return None
        self._warnings.look(named)
        return PlannedRecord(number, named.key, named.line, data)

    def _name(self, key: object, first: int) -> None:
        """Give the problems from this one on the key of their row."""
        problems = self._problems
        if len(problems) > first and isinstance(key, str) and key:
            problems[first:] = [replace(each, key=key) for each in problems[first:]]

    def _planned(self, row: Row) -> PlannedRow | None:
        """With the path and the hash of its document; `None` where that can't be read."""
        if row.document is None:
            return PlannedRow(row=row)
        path = self._real(row.document)
        if self._documents is not None and not lies_under(path, self._documents):
            wrong = f"lies outside of {self._documents}, where every machine looks for documents"
            self._problems.append(Problem(row.line, "document", f"{path} {wrong}"))
            return None
        try:
            digest = document_digest(path)
        except DocumentProblem as error:
            self._problems.append(Problem(row.line, "document", str(error)))
            return None
        return PlannedRow(
            row=row if row.document == path else replace(row, document=path),
            document_sha256=digest,
        )

    def _encoded(self, planned: PlannedRow) -> bytes | None:
        """JSON, as a journal keeps it; `None` where a journal can't."""
        try:
            data = msgspec.json.encode(planned)
        except UnicodeEncodeError:
            wrong = "has characters that UTF-8 can't write (half of a surrogate pair): correct them"
        else:
            if _MASKED not in data or not _has_secret(planned):
                return data
            wrong = (
                "has a Secret in it, and a journal keeps none: give plain text, and a document by "
                "its path"
            )
        self._problems.append(Problem(planned.row.line, None, wrong))
        return None

    def _real(self, path: str) -> str:
        """As `os.path.realpath` does it where names are case-sensitive; folders are remembered."""
        folder, name = os.path.split(path)
        # pathlib takes longer than the system.
        if name in {"", ".", ".."} or os.path.islink(path):  # noqa: PTH114
            return os.path.realpath(path)
        return os.path.join(self._folders(folder), name)  # noqa: PTH118


def _has_secret(planned: PlannedRow) -> bool:
    found: list[Secret] = []
    opened(planned, found.append)
    return bool(found)


def _real_folder(path: str) -> str:
    return os.path.realpath(path)
