"""Reads a map of columns: an office's own names for columns, ignored columns, and constants."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn, TypeAlias, cast
from unicodedata import normalize

from msgspec import Struct

from freedompay_async.batch.input.column_checks import COLUMNS, did_you_mean
from freedompay_async.batch.input.quoting import shown
from freedompay_async.batch.input.refusal import reason
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.files import reading_any

__all__ = ["NO_MAP", "ColumnMap", "MapSource", "column_map", "normalized"]

MapSource: TypeAlias = Mapping[str, object] | str | os.PathLike[str]
"""A map in code, or the path of a TOML file with one."""

_KNOWN: Final = frozenset(COLUMNS)
_MOST: Final = 1024 * 1024
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_PARTS: Final = re.compile(r"[\s_\-]+")
_WHERE: Final = "`freedompay batch columns` lists the columns."


class ColumnMap(Struct, frozen=True, kw_only=True):
    """A map of columns. Its names are `normalized`.

    Attributes:
        columns: the column of each name of the office.
        spellings: the office's names for each column, as they were written.
        ignored: the names of ignored columns.
        constants: the values of columns that the file does not have, the same in every row.
        source: where the map comes from, for messages.
    """

    columns: Mapping[str, str]
    spellings: Mapping[str, tuple[str, ...]]
    ignored: frozenset[str]
    constants: Mapping[str, str]
    source: str


NO_MAP: Final = ColumnMap(columns={}, spellings={}, ignored=frozenset(), constants={}, source="")


def normalized(name: str) -> str:
    """One form for all spellings of a column's name: without case, and with one blank between
    words.
    """
    return _PARTS.sub(" ", _UNSEEN.sub("", normalize("NFKC", name))).strip().casefold()


def column_map(source: MapSource | None) -> ColumnMap:
    """The map of a TOML file, or of a mapping of the same form.

    `phone = "Телефон"` names a column; the value may be a list of names, of which the file has one.
    `ignore = ["№"]` names columns to ignore. The table `[constant]` has the values of columns that
    are the same in every row, such as `resident = "1"`.

    Raises:
        ConfigurationError: the map can't be read, or is wrong; nothing was sent.
    """
    if source is None:
        return NO_MAP
    if isinstance(source, Mapping):
        return _Reader("columns").read(source)
    path = Path(source)
    reader = _Reader(str(path))
    return reader.read(_toml(path, reader))


class _Reader:
    def __init__(self, source: str) -> None:
        self._source: Final = source
        self._columns: Final[dict[str, str]] = {}
        self._spellings: Final[dict[str, tuple[str, ...]]] = {}
        self._ignored: Final[set[str]] = set()

    def refuse(self, message: str, cause: BaseException | None = None) -> NoReturn:
        raise ConfigurationError(f"{self._source}: {message} Nothing was sent.") from cause

    def read(self, source: Mapping[str, object]) -> ColumnMap:
        for column, value in source.items():
            if column == "ignore":
                for name in self._names(column, value):
                    self._take(name, None)
            elif column != "constant":
                self._known(column, value)
                names = self._names(column, value)
                for name in names:
                    self._take(name, column)
                self._spellings[column] = names
        return ColumnMap(
            columns=self._columns,
            spellings=self._spellings,
            ignored=frozenset(self._ignored),
            constants=self._constants(source.get("constant", {})),
            source=self._source,
        )

    def _known(self, column: object, value: object) -> None:
        if column in _KNOWN:
            return
        if not isinstance(column, str):
            self.refuse(f"the name of a column is text, not {type(column).__name__}.")
        if isinstance(value, str) and value in _KNOWN:
            self.refuse(
                f"{shown(column)} is not a column: write it the other way round, {value} = "
                f'"{column}".'
            )
        self.refuse(f"{shown(column)} is not a column{did_you_mean(column) or '.'} {_WHERE}")

    def _names(self, column: str, value: object) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) else value
        if (
            not isinstance(names, list | tuple)
            or not names
            or not all(isinstance(name, str) and normalized(name) for name in names)
        ):
            self.refuse(
                f'{column} is not a name of a column in the file, such as "Телефон", or a list of '
                "such names."
            )
        return tuple(cast("list[str]", names))

    def _take(self, name: str, column: str | None) -> None:
        form = normalized(name)
        other = self._columns.get(form, "ignore" if form in self._ignored else None)
        if other is not None:
            self.refuse(
                f"{shown(name)} is there twice: for {other} and for {column or 'ignore'}. Remove "
                "one of them."
            )
        if column is None:
            self._ignored.add(form)
        else:
            self._columns[form] = column

    def _constants(self, source: object) -> Mapping[str, str]:
        if not isinstance(source, Mapping):
            self.refuse(
                "constant is not a table: write [constant] and below it lines such as resident = "
                '"1".'
            )
        constants: dict[str, str] = {}
        for column, value in cast("Mapping[object, object]", source).items():
            self._known(column, None)
            name = str(column)
            if name == "key":
                self.refuse("key can't be a constant: each row has a key of its own.")
            if name in self._spellings:
                self.refuse(
                    f"{name} is a column of the file and a constant too. Remove one of them."
                )
            if (
                not isinstance(value, str | int)
                or isinstance(value, bool)
                or not str(value).strip()
            ):
                self.refuse(f"the constant {name} is not a text: write it in quotation marks.")
            constants[name] = str(value)
        return constants


def _toml(path: Path, reader: _Reader) -> Mapping[str, object]:
    try:
        with reading_any(path) as file, open(file, "rb", closefd=False) as stream:
            content = stream.read(_MOST + 1)
    except OSError as error:
        reader.refuse(f"{reason(error)}. It is the file that --columns names.", error)
    if len(content) > _MOST:
        reader.refuse(f"has more than {_MOST:,} bytes: it is not a map of columns.")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        reader.refuse("is not UTF-8. Save it as UTF-8.", error)
    except tomllib.TOMLDecodeError as error:
        reader.refuse(f'is not TOML: {error}. Write lines such as phone = "Телефон".', error)
    except RecursionError as error:
        reader.refuse("is not a map of columns: it is nested too deeply.", error)
