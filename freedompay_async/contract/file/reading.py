"""Reads a contract file: how an issuer's contract differs from the library's table.

    [cards.activate]                    # one call, by the name of its method
    path = "/v5/card-api/card/activation"

    [cards.issue]
    leave_out = ["client_id"]
    fields = { channel = "api" }

    [KZ.payment_cards]                  # all calls of a section, for clients of one region
    headers = { X-JWS-Signature = "JWS-Signature" }

`freedompay contract --template` writes one to start from.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from freedompay_async.contract.calls import Section
from freedompay_async.contract.client_contract import Contract
from freedompay_async.contract.file.toml_lines import Lines, line_of_error
from freedompay_async.contract.file.values import READ, Bad, kind_of, shown
from freedompay_async.contract.override_checks import WrongOverride, nearest
from freedompay_async.contract.overrides import CALLS, Override
from freedompay_async.contract.regions import Region
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_type, path_of, refusal
from freedompay_async.guards.files import reading_any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

__all__ = ["ContractFile", "overrides_of", "read_contract"]

# A file with every call in it has less than 20 KiB.
_MOST: Final = 2**20
_ALL: Final = "all"
_SECTIONS: Final = {section.value: section for section in Section}
_GROUPS: Final = frozenset(name.partition(".")[0] for name in CALLS)
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_ARGUMENTS: Final = {
    "path": "path",
    "retry": "retry",
    "fields": "fields",
    "leave_out": "leave_out",
    "rename": "rename",
    "headers": "header_names",
    "envelope": "envelope",
}
"""The settings of a table, and the argument of `Override` for each."""


@dataclass(frozen=True, slots=True)
class ContractFile:
    """The content of a contract file.

    Attributes:
        overrides: in the order in which they apply. A call wins over its section, and a section
            over all calls; the same for one region wins over the same for all. Their order in the
            file does not matter.
        path: the path of the file, as the caller wrote it.
        digest: the SHA-256 of the meaning, in lower-case hex. Comments, blanks and the order of
            tables do not change it.
    """

    overrides: tuple[Override, ...]
    path: str
    digest: str


def read_contract(path: str | PathLike[str]) -> ContractFile:
    """Read a contract file, and check all of it.

    Raises:
        ConfigurationError: the file can't be read, or is wrong; the text names the line.
    """
    name = path_of("contract", path)
    # An error comes back as a text, so that no traceback has a frame with values of the file.
    found = _read(name)
    if isinstance(found, str):
        raise ConfigurationError(f"{name}{found}. Nothing was sent.")
    return found


def overrides_of(contract: Iterable[Override] | str | PathLike[str]) -> tuple[Override, ...]:
    """The overrides of a client's argument `contract`: a list of them, or the path of a file.

    Raises:
        ConfigurationError: it is neither, or the file can't be read.
    """
    if isinstance(contract, str | os.PathLike):
        return read_contract(contract).overrides
    value: Any = contract
    # A path in bytes is a sequence of numbers.
    if isinstance(value, bytes) or not isinstance(value, Iterable):
        raise refusal("contract", value, "the path of a contract file, or a list of Overrides")
    overrides = tuple(contract)
    for each in overrides:
        check_type("contract", each, Override, "the path of a contract file, or Overrides")
    return overrides


class _Table(NamedTuple):
    """Settings for one call, a section or all calls."""

    path: tuple[str, ...]
    settings: dict[str, Any]
    region: Region | None
    call: str | None = None
    section: Section | None = None

    @property
    def rank(self) -> tuple[int, bool]:
        """The more special a table is, the later it applies."""
        return (
            2 if self.call is not None else 1 if self.section is not None else 0,
            self.region is not None,
        )


def _read(name: str) -> ContractFile | str:
    """The content of the file; or, as a text, what is wrong with it."""
    lines: Lines | None = None
    try:
        text = _text(name)
        lines = Lines(text)
        overrides = _overrides(_parsed(text))
        return ContractFile(overrides, name, _digest(overrides))
    except Bad as bad:
        line = bad.at if isinstance(bad.at, int) else 0 if lines is None else lines.of(bad.at)
        return f", line {line}: {bad.problem}" if line else f" {bad.problem}"
    except (RecursionError, ConfigurationError):
        return " can't be read: it is nested too deeply"
    except OSError as error:
        reasons: dict[type[OSError], str] = {
            FileNotFoundError: "there is no such file",
            IsADirectoryError: "it is a folder",
        }
        return (
            f" can't be read: {reasons.get(type(error)) or error.strerror or type(error).__name__}"
        )


def _text(name: str) -> str:
    with reading_any(name) as file:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise IsADirectoryError
        with open(file, "rb", closefd=False) as stream:
            data = stream.read(_MOST + 1)
    if len(data) > _MOST:
        raise Bad(0, f"has more than {_MOST:,} bytes, so it is no contract file")
    if data.startswith(_UTF_16):
        raise Bad(0, "is in UTF-16: save it as UTF-8")
    try:
        # Some editors write a byte order mark, which TOML does not know.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    raise Bad(line, "it is not UTF-8: save it as UTF-8")


def _parsed(text: str) -> dict[str, Any]:
    try:
        # An amount keeps its digits.
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        line, problem = line_of_error(str(error), text)
    except RecursionError:
        line, problem = 0, "can't be read: it is nested too deeply"
    except (ValueError, ArithmeticError):
        line, problem = 0, "can't be read: it has a number that is too long"
    raise Bad(line, problem[:1].lower() + problem[1:])


def _overrides(data: dict[str, Any]) -> tuple[Override, ...]:
    tables = sorted(_tables(data), key=lambda table: table.rank)
    made = [(table, _override(table)) for table in tables if table.settings]
    overrides = tuple(override for _, override in made)
    for region in (None, *Region):
        try:
            Contract(overrides, region)
        except WrongOverride as error:
            raise _bad(made[error.position or 0][0], error) from error
    return overrides


def _tables(
    data: dict[str, Any], at: tuple[str, ...] = (), region: Region | None = None
) -> Iterator[_Table]:
    for name, value in data.items():
        path = (*at, name)
        if at and name in list(Region):
            raise Bad(path, f"{name} is inside {at[0]}: a region comes first, and once")
        if name not in (_ALL, *_GROUPS, *_SECTIONS, *Region):
            known = [_ALL, *_GROUPS, *_SECTIONS, *Region, *CALLS]
            near = nearest(name, known) or next(
                (each for each in Region if each == name.upper()), None
            )
            hint = (
                f" (did you mean {near}?)"
                if near
                else ": name a call, as [cards.issue], a section, a region, or all"
            )
            raise Bad(path, f"there is no {shown(name)}{hint}")
        if not isinstance(value, dict):
            raise Bad(path, f"{name} is {kind_of(value)}: write a table, as [{'.'.join(path)}]")
        if name in list(Region):
            yield from _tables(value, path, Region(name))
        else:
            yield from _tables_of(name, value, path, region)


def _tables_of(
    group: str, value: dict[str, Any], path: tuple[str, ...], region: Region | None
) -> Iterator[_Table]:
    """The calls of a group, and its own settings if it is a section."""
    settings: dict[str, Any] = {}
    of_all = group == _ALL or group in _SECTIONS
    for name, part in value.items():
        call = f"{group}.{name}"
        if call in CALLS:
            if not isinstance(part, dict):
                raise Bad(
                    (*path, name),
                    f"{call} is {kind_of(part)}: write a table, as [{'.'.join((*path, name))}]",
                )
            yield _Table((*path, name), part, region, call=call)
        elif of_all and (name in _ARGUMENTS or not isinstance(part, dict)):
            settings[name] = part
        else:
            raise Bad((*path, name), _no_call(group, name))
    if of_all:
        yield _Table(path, settings, region, section=_SECTIONS.get(group))


def _no_call(group: str, name: str) -> str:
    if name in _ARGUMENTS:
        example = next(call for call in CALLS if call.startswith(f"{group}."))
        return f"{group} is no section: put {name} under a call, as [{example}], or under a section"
    same = (
        call.name
        for call in CALLS.values()
        if call.section == group and call.name.endswith(f".{name}")
    )
    near = next(same, None) or nearest(f"{group}.{name}", CALLS) or nearest(name, _ARGUMENTS)
    return f"there is no call {group}.{shown(name)}" + (f" (did you mean {near}?)" if near else "")


def _override(table: _Table) -> Override:
    arguments: dict[str, Any] = {}
    for name, value in table.settings.items():
        if name not in _ARGUMENTS:
            near = nearest(name, _ARGUMENTS)
            hint = f" (did you mean {near}?)" if near else f": there are {', '.join(_ARGUMENTS)}"
            raise Bad((*table.path, name), f"there is no setting {shown(name)}{hint}")
        arguments[_ARGUMENTS[name]] = READ[name]((*table.path, name), value)
    try:
        return Override(call=table.call, section=table.section, region=table.region, **arguments)
    except WrongOverride as error:
        raise _bad(table, error) from error


def _bad(table: _Table, error: WrongOverride) -> Bad:
    argument = error.wrong.argument if error.wrong else ""
    setting = next((name for name, each in _ARGUMENTS.items() if each == argument), None)
    problem = error.wrong.in_file if error.wrong else error.text
    if setting is None or setting not in table.settings:
        return Bad(table.path, f"[{'.'.join(table.path)}]: {problem}")
    return Bad((*table.path, setting), f"{setting} of [{'.'.join(table.path)}]: {problem}")


def _digest(overrides: tuple[Override, ...]) -> str:
    """The digest of the contracts of a client in each region, and without one."""
    made = sha256()
    for region in (None, *Region):
        made.update(f"{region} {Contract(overrides, region).digest}\n".encode())
    return made.hexdigest()
