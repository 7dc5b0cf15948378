"""Reads JSON into a struct, keeps unknown fields, and notes what differs. Pure."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard, TypeVar

import msgspec

from freedompay_async.contract.models.open import Extra, OpenInt, OpenStruct, OpenText, sealed
from freedompay_async.redaction.redaction import BY_SHAPE, Redaction, is_id
from freedompay_async.redaction.secret import Secret
from freedompay_async.redaction.sent import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Difference", "Note", "prepare_shape", "read_shape"]

T = TypeVar("T")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_MOST_NOTES: Final = 100
# More than `_MOST_NOTES`, so that unknown fields leave room for other differences.
_MOST_NOTES_OF_ALL: Final = 200
_STATUS_WORDS: Final = frozenset({"ok", "error", "success", "process"})
# Fields that are no sentences: digits in them are no codes.
_NO_SENTENCES: Final = frozenset(
    {
        "iban",
        "rrn",
        "mcc",
        "currency",
        "card_currency",
        "type",
        "transaction_type",
        "period",
        "region",
        "score",
    }
)
# They say what is wrong in a refusal, so they are shown unless they are known secrets.
_CODES: Final = frozenset({"error_code", "code"})
# A union would be made anew for each field.
_SCALAR: Final = (str, int)
_FIELD: Final = re.compile(r" - at `\$\.([^.\[`]+)`")


class Difference(StrEnum):
    """How an answer differs from the contract."""

    UNKNOWN_FIELD = "unknown field"
    UNKNOWN_VALUE = "unknown value"
    MISSING_FIELD = "missing field"
    OTHER_TYPE = "other type"


class Note(NamedTuple):
    """One difference: the name of the field, never its value."""

    difference: Difference
    field: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """The fields of a struct, by how they are read."""

    names: frozenset[str]
    expected: frozenset[str]
    optional: frozenset[str]
    """Fields that may be set aside if they have another type."""
    parts: tuple[tuple[str, type[OpenStruct], _Shape], ...]
    words: tuple[tuple[str, frozenset[Any]], ...]
    amounts: tuple[str, ...]
    texts: tuple[str, ...]
    """Fields of texts and numbers that may repeat a secret that was sent. They are no ids, which
    are needed, and no amounts.
    """
    loose: tuple[str, ...]
    """Fields of any type, which may hold secrets."""
    secret: bool


def read_shape(
    fields: dict[str, Any], kind: type[T], *, notes: list[Note], hidden: Redaction | None = BY_SHAPE
) -> T:
    """The struct. It changes `fields`.

    Args:
        fields: the decoded JSON.
        kind: the type to read into.
        notes: gets the differences from the contract.
        hidden: what the texts must not show; `None`: they have no secrets.

    Raises:
        msgspec.ValidationError: a deciding field is missing or has another type.
    """
    shape = _shape_of(kind) if _is_open(kind) else None
    if shape is not None:
        _Reading(notes, hidden).tidy(fields, shape, "")
    try:
        return msgspec.convert(fields, kind, dec_hook=_sealed)
    except msgspec.ValidationError:
        if shape is None:
            raise
    _Reading(notes, hidden).set_aside(fields, kind, shape, "")
    try:
        return msgspec.convert(fields, kind, dec_hook=_sealed)
    except msgspec.ValidationError as error:
        name = _FIELD.search(str(error))
        notes.append(Note(Difference.OTHER_TYPE, name[1] if name else "$"))
        raise


def prepare_shape(kind: type[Any]) -> None:
    """Compute in advance what the first answer of this kind needs."""
    if _is_open(kind):
        _shape_of(kind)
        with suppress(msgspec.ValidationError):
            msgspec.convert({}, kind)


class _Reading:
    """Reads one answer.

    Args:
        notes: gets the differences from the contract.
        hidden: what the texts must not show.
    """

    __slots__ = ("_hidden", "_notes")

    def __init__(self, notes: list[Note], hidden: Redaction | None) -> None:
        self._notes = notes
        self._hidden = hidden

    def tidy(self, fields: dict[str, Any], shape: _Shape, at: str) -> None:
        """Set unknown fields aside, hide secrets, and note the differences."""
        notes = self._notes
        if not fields.keys() <= shape.names:
            unknown = {name: fields.pop(name) for name in fields.keys() - shape.names}
            if len(notes) < _MOST_NOTES:
                some = sorted(unknown)[: _MOST_NOTES - len(notes)]
                notes.extend(
                    Note(Difference.UNKNOWN_FIELD, at + self._shown(name)) for name in some
                )
            fields["extra"] = self._extra(unknown, shape)
        for name, _, part in shape.parts:
            value = fields.get(name)
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, dict):
                    self.tidy(each, part, f"{at}{name}.")
        for name, known in shape.words:
            value = fields.get(name)
            if (
                isinstance(value, _SCALAR)
                and value not in known
                and len(notes) < _MOST_NOTES_OF_ALL
            ):
                notes.append(Note(Difference.UNKNOWN_VALUE, at + name))
        for name in shape.amounts:
            value = fields.get(name)
            # `Decimal` reads texts such as "NaN", which are no amounts.
            if isinstance(value, str) and not _AMOUNT.fullmatch(value):
                self._to_extra(fields, name, shape, at)
        if self._hidden is not None:
            self._hide(fields, shape, self._hidden)
        for name in shape.loose:
            value = fields.get(name)
            if (
                value is not None
                and not isinstance(value, str)
                and not (name in _CODES and isinstance(value, int))
            ):
                fields[name] = sealed(name, value, hidden=self._hidden)
        missing = shape.expected.difference(fields)
        if missing and len(notes) < _MOST_NOTES_OF_ALL:
            notes += _missing(missing, at)

    @staticmethod
    def _hide(fields: dict[str, Any], shape: _Shape, hidden: Redaction) -> None:
        for name in shape.texts:
            value = fields.get(name)
            if isinstance(value, str):
                fields[name] = _hidden(name, value, hidden)
            elif isinstance(value, int) and not isinstance(value, bool):
                text = str(value)
                shown = hidden.code(text) if name in _CODES else hidden.word(text)
                # It can still be revealed. A field that accepts no text is set aside later.
                fields[name] = value if shown == text else Secret(text)

    def set_aside(self, fields: dict[str, Any], kind: type[Any], shape: _Shape, at: str) -> None:
        """Move fields of another type that decide nothing to `extra`, so that the answer can be
        read. Inner structs come first.
        """
        for name, part_kind, part in shape.parts:
            value = fields.get(name)
            for each in value if isinstance(value, list) else (value,):
                if isinstance(each, dict):
                    self.set_aside(each, part_kind, part, f"{at}{name}.")
        while True:
            try:
                msgspec.convert(fields, kind, dec_hook=_sealed)
            except msgspec.ValidationError as error:
                name_of = _FIELD.search(str(error))
                if name_of is None or name_of[1] not in shape.optional or name_of[1] not in fields:
                    return
                self._to_extra(fields, name_of[1], shape, at)
            else:
                return

    def _to_extra(self, fields: dict[str, Any], name: str, shape: _Shape, at: str) -> None:
        kept = dict(fields.pop("extra", {}))
        kept[name] = fields.pop(name)
        fields["extra"] = self._extra(kept, shape)
        if len(self._notes) < _MOST_NOTES_OF_ALL:
            self._notes.append(Note(Difference.OTHER_TYPE, at + name))

    def _extra(self, fields: dict[str, Any], shape: _Shape) -> Extra:
        return Extra(fields, secret=shape.secret, hidden=self._hidden)

    def _shown(self, name: str) -> str:
        """The name of a field, shortened and without secrets: the issuer may send any name."""
        return (name if self._hidden is None else self._hidden.text(name))[:60]


# A host whose answers lack a field lacks it in every answer of a kind.
@lru_cache(256)
def _missing(names: frozenset[str], at: str) -> tuple[Note, ...]:
    return tuple(Note(Difference.MISSING_FIELD, at + name) for name in sorted(names))


@cache
def _shape_of(kind: type[OpenStruct]) -> _Shape:
    fields = [each for each in msgspec.structs.fields(kind) if each.name not in kind.FILLED]
    parts: list[tuple[str, type[OpenStruct], _Shape]] = []
    words: list[tuple[str, frozenset[Any]]] = []
    inner: set[str] = set()
    amounts = tuple(each.name for each in fields if Decimal in set(_types_in(each.type)))
    loose = tuple(each.name for each in fields if _is_loose(each.type))
    texts = tuple(each.name for each in fields if _is_text(each.type) and not is_id(each.name))
    for each in fields:
        for part in _types_in(each.type):
            if issubclass(part, OpenStruct):
                parts.append((each.name, part, _shape_of(part)))
                inner.add(each.name)
            elif issubclass(part, OpenInt | OpenText):
                words.append((each.name, frozenset(member.value for member in part)))
    names = frozenset(each.name for each in fields)
    optional = frozenset(each.name for each in fields if not each.required) - kind.DECIDING - inner
    return _Shape(
        names,
        kind.EXPECTED,
        optional,
        tuple(parts),
        tuple(words),
        amounts,
        texts,
        loose,
        kind.SECRET,
    )


def _is_open(kind: Any) -> TypeGuard[type[OpenStruct]]:
    """Whether it is one of the library's structs; a type of the caller may be any annotation."""
    return isinstance(kind, type) and issubclass(kind, OpenStruct)


def _is_loose(kind: Any) -> bool:
    return Any in leaves(kind)


def _hidden(name: str, value: str, hidden: Redaction) -> str:
    """A text of an answer without secrets."""
    if name in _CODES:
        return hidden.code(value)
    if name == "card_mask":
        return hidden.card_mask(value)
    if name.endswith("status") and value.lower() in _STATUS_WORDS:
        # This word says how the request stands, even if a secret has the same text.
        return value
    return hidden.word(value) if name in _NO_SENTENCES else hidden.text(value)


def _is_text(kind: Any) -> bool:
    """Whether it may be a text or a number that is shown. Secrets hide themselves, and words of a
    dictionary are no secrets.
    """
    return _is_loose(kind) or any(
        issubclass(each, str | int) and not issubclass(each, Secret | OpenInt | bool)
        for each in _types_in(kind)
    )


def _types_in(kind: Any) -> Iterator[type]:
    """The classes that an annotation names."""
    return (each for each in leaves(kind) if isinstance(each, type))


def _sealed(kind: type[Any], value: Any) -> Any:
    """Read a value of a type that JSON does not have."""
    if isinstance(value, kind):
        return value
    if issubclass(kind, Secret) and isinstance(value, str | int) and not isinstance(value, bool):
        return kind(value if isinstance(value, str) else str(value))
    raise ValueError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")
