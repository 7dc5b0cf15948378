"""Looks for marks wherever a log, an error tracker, a pickle or a file would show them."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import pickletools
import re
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
# What an error tracker opens to show its parts; everything else it shows by its repr.
_OPENED = (tuple, list, set, frozenset, deque)
_DEPTH = 8
_SEARCHED = ("args", "msg", "exc_info", "thread", "process")
OWN_CODE = ("/freedompay_async/", "/aiohttp/", "/asyncio/", "/anyio/")


@dataclass(frozen=True, slots=True)
class Leak:
    """A mark, and where it was seen."""

    mark: str
    place: str

    def __repr__(self) -> str:
        return f"{self.mark} in {self.place}"


class Scanner:
    """Finds marks.

    A long one is found by its first or last nine characters, since a tool may cut a text.
    """

    def __init__(self, marks: Mapping[str, str]) -> None:
        parts = [
            f"(?P<{name}>{'|'.join(map(_pattern, _ends(mark)))})" for name, mark in marks.items()
        ]
        self._marks = re.compile("|".join(parts))
        # What a text has to have that can have a mark: a search for it is quicker by far.
        self._starts = [part[:4] for mark in marks.values() for part in _ends(mark)]

    def text(self, text: str | bytes, place: str) -> list[Leak]:
        """The marks of a text."""
        if isinstance(text, bytes | bytearray):
            text = bytes(text).decode("latin-1")
        if not any(start in text for start in self._starts):
            return []
        # A short mark may be a part of a request id.
        found = {match.lastgroup: None for match in self._marks.finditer(_UUID.sub("", text))}
        return [Leak(str(name), place) for name in found]

    def value(self, value: object, place: str) -> list[Leak]:
        """The marks of a value and its parts, as a tracker opens them."""
        return self._each(_opened(value), place)

    def answer(self, value: object, place: str) -> list[Leak]:
        """The marks of all that a program may make of an answer or an error that it was given."""
        return [*self.value(value, place), *self._each(_written(value), place)]

    def error(self, error: BaseException, place: str) -> list[Leak]:
        """The marks of an error, of those that it holds on to, and of the variables of our frames
        below them.
        """
        leaks = []
        for each in _family(error):
            name = f"{place}: {type(each).__name__}"
            leaks += [
                *self.value(vars(each), f"{name}.__dict__"),
                *self.value(each.args, f"{name}.args"),
                *self.answer(each, name),
            ]
            for frame, line in traceback.walk_tb(each.__traceback__):
                if _is_ours(frame):
                    leaks += self._variables(frame, line)
        try:
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        except Exception:
            # Before Python 3.12 it fails where a variable has no repr.
            shown = traceback.TracebackException.from_exception(error)
        for summary in _summaries(shown):
            leaks += self._each(
                ((name, text) for name, text in (summary.locals or {}).items()),
                f"{place}: traceback, {summary.name}",
            )
            summary.locals = None
        # Of what is left, lines of source: a test's own name their marks only by variables.
        return [*leaks, *self.text("".join(shown.format()), f"{place}: traceback")]

    def records(self, records: Iterable[logging.LogRecord]) -> list[Leak]:
        """The marks of log records and of the errors in them."""
        leaks = []
        for record in records:
            place = f"log {record.name} {record.msg!r:.60}"
            leaks += [
                *self.text(record.getMessage(), place),
                *self.value(record.args, f"{place} args"),
            ]
            fields = {
                name: value
                for name, value in vars(record).items()
                if name not in _SEARCHED and not isinstance(value, float)
            }
            leaks += self.value(fields, f"{place} fields")
            if record.exc_info and record.exc_info[1] is not None:
                leaks += self.error(record.exc_info[1], place)
        return leaks

    def _variables(self, frame: FrameType, line: int) -> list[Leak]:
        code = frame.f_code
        file = re.sub(r".*/(?=(freedompay_async|aiohttp|asyncio|anyio)/)", "", code.co_filename)
        return [
            leak
            for name, value in list(frame.f_locals.items())
            for leak in self.value(value, f"variable {name} of {code.co_name} ({file}:{line})")
        ]

    def _each(self, texts: Iterable[tuple[str, str | bytes]], place: str) -> list[Leak]:
        return [
            leak for where, text in texts for leak in self.text(text, f"{place} {where}".rstrip())
        ]


def _ends(mark: str) -> list[str]:
    return [mark] if len(mark) < 12 else [mark[:9], mark[-9:]]


def _pattern(part: str) -> str:
    if len(part) < 9:
        return rf"(?<![\w./-]){re.escape(part)}(?!\w|\.\d)"
    if part.isdigit():
        return "[ -]?".join(part)
    return re.escape(part)


def _is_ours(frame: FrameType) -> bool:
    return any(part in frame.f_code.co_filename for part in OWN_CODE)


def _family(error: BaseException, known: set[int] | None = None) -> Iterator[BaseException]:
    """The error, its causes and contexts, suppressed ones too, and the members of groups."""
    known = set() if known is None else known
    if id(error) in known:
        return
    known.add(id(error))
    yield error
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for other in (error.__cause__, error.__context__, *members):
        if other is not None:
            yield from _family(other, known)


def _summaries(shown: traceback.TracebackException) -> Iterator[traceback.FrameSummary]:
    """The frames of ours; of the others the variables are taken away, because a test's own hold the
    marks.
    """
    for summary in shown.stack:
        if any(part in summary.filename for part in OWN_CODE):
            yield summary
        else:
            summary.locals = None
    for other in (
        shown.__cause__,
        shown.__context__,
        *(shown.exceptions or () if hasattr(shown, "exceptions") else ()),
    ):
        if other is not None:
            yield from _summaries(other)


def _opened(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, str | bytes]]:
    if isinstance(value, bytes | bytearray):
        yield path, bytes(value)
        return
    try:
        yield path, repr(value)
    except Exception as error:
        yield path, f"no repr: {type(error).__name__}"
    if depth < _DEPTH and isinstance(value, Mapping):
        for key, part in list(value.items()):
            yield from _opened(key, f"{path} key", depth + 1)
            yield from _opened(part, f"{path}[{key!r:.30}]", depth + 1)
    elif depth < _DEPTH and isinstance(value, _OPENED):
        for number, part in enumerate(list(value)):
            yield from _opened(part, f"{path}[{number}]", depth + 1)


def _written(value: Any) -> Iterator[tuple[str, str | bytes]]:
    """What may be made of a value; what can't be made of it shows nothing."""
    # A copy of a client would be one of its event loop too.
    plain = isinstance(value, (msgspec.Struct, BaseException, dict, list, str, int))
    ways = {
        "str": lambda: str(value),
        "format": lambda: f"{value}",
        "ascii": lambda: ascii(value),
        "copy": lambda: repr(copy.copy(value)) if plain else "",
        "deepcopy": lambda: repr(copy.deepcopy(value)) if plain else "",
        "json by str": lambda: json.dumps(value, default=str),
        "json by vars": lambda: json.dumps(value, default=vars),
        "json": lambda: json.dumps(value),
        "msgspec json, without a hook": lambda: msgspec.json.encode(value),
        "builtins, without a hook": lambda: repr(msgspec.to_builtins(value)),
        "dict": lambda: repr(dict(value)),
        "msgspec json": lambda: msgspec.json.encode(value, enc_hook=str),
        "msgspec json, open": lambda: msgspec.json.encode(
            value, enc_hook=lambda each: dict(each) if isinstance(each, Mapping) else str(each)
        ),
        "msgpack": lambda: msgspec.msgpack.encode(value, enc_hook=str),
        "builtins": lambda: repr(msgspec.to_builtins(value, enc_hook=str)),
        "fields": lambda: repr(msgspec.structs.asdict(value)),
        "extra": lambda: repr(dict(value.extra)),
    }
    for name, way in ways.items():
        try:
            text = way()
        except Exception as error:
            text = str(error)
        yield f"as {name}", text
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        try:
            data = pickle.dumps(value, protocol)
        except Exception as error:
            yield f"as pickle {protocol}", str(error)
            continue
        yield f"as pickle {protocol}", data
        # A number is written in its bytes.
        yield (
            f"as pickle {protocol}",
            " ".join(
                str(arg) for _, arg, _ in pickletools.genops(io.BytesIO(data)) if arg is not None
            ),
        )
        if plain:
            yield f"as pickle {protocol}, read", repr(pickle.loads(data))


class Capture(logging.Handler):
    """Keeps every record of every logger."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
