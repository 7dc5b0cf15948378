"""Finds what is wrong with an override. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from freedompay_async.contract.bodies import collision, names_of
from freedompay_async.contract.calls import Call, Retry
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import BodyWithId
from freedompay_async.contract.table import REQUESTS_STATUS
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import Enum

    from freedompay_async.redaction.secret import Hidden

__all__ = [
    "Wrong",
    "WrongOverride",
    "contradictions",
    "fields_of",
    "is_token",
    "list_of",
    "mapping_of",
    "member_of",
    "nearest",
    "refusal",
    "retry_flaw",
    "text_of",
]

E = TypeVar("E", bound="Enum")
_ID: Final = "request_id"


class Wrong(NamedTuple):
    """What is wrong with an override.

    Attributes:
        argument: the argument that is wrong.
        in_code: the sentence for an override in code; it begins with `Override(…)`.
        in_file: the rest of a sentence for a contract file, after the name of the setting.
    """

    argument: str
    in_code: str
    in_file: str


class WrongOverride(ConfigurationError):
    """A `ConfigurationError` that says which override is wrong, for the reader of contract files.

    Attributes:
        wrong: what is wrong.
        position: the place of the override in the list; `None`: it is wrong by itself.
    """

    wrong: Wrong | None = None
    position: int | None = None


def refusal(wrong: Wrong) -> WrongOverride:
    error = WrongOverride(f"{wrong.in_code} Nothing was sent.")
    error.wrong = wrong
    return error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of these names that was perhaps meant."""
    # Sorted, so that of two equally near names it is always the same.
    return next(iter(get_close_matches(name, sorted(known), n=1)), None)


def contradictions(
    call: Call[Any], fields: Fields, leave_out: frozenset[str], rename: Mapping[str, str]
) -> Iterator[Wrong]:
    """The contradictions between these settings of a call."""

    def wrong(argument: str, problem: str) -> Wrong:
        return Wrong(argument, f"Override(call={call.name!r}, {argument}=…): {problem}.", problem)

    if call.name == REQUESTS_STATUS.name and _ID in leave_out:
        yield wrong("leave_out", "requests.status asks about a request_id, so it needs one")
    for name in fields:
        if name in leave_out:
            yield wrong("fields", f"{name} is both added and left out")
        elif name in rename:
            yield wrong("fields", f"{name} is both added and renamed to {rename[name]}")
        elif name in (other for renamed, other in rename.items() if "." not in renamed):
            yield wrong("fields", f"{name} is added, and another field is renamed to that")
    if clash := collision(names_of(call.request), leave_out, rename):
        name, other = clash
        yield wrong(
            "rename", f"{name} can't be renamed to {rename.get(name)}: {other} has that name"
        )


def retry_flaw(call: Call[Any], retry: Retry) -> Wrong | None:
    def wrong(argument: str, problem: str) -> Wrong:
        return Wrong("retry", f"Override(call={call.name!r}, {argument}): {problem}.", problem)

    if retry.harmless and not call.retry.harmless:
        return wrong("retry=…", "the call changes something, so it is no read")
    if retry is Retry.ASKABLE and not issubclass(call.request, BodyWithId):
        return wrong("retry=ASKABLE", "its body has no request id to ask about")
    if call.retry.harmless and not retry.harmless:
        return wrong("retry=…", "the call is a read")
    return None


def list_of(argument: str, value: object) -> list[str]:
    # Each letter of a text would be a name.
    parts = None if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    if parts is None or not all(isinstance(part, str) for part in parts):
        shown, problem = (
            repr(value) if isinstance(value, str) else "…",
            "give a list of field names",
        )
        raise refusal(Wrong(argument, f"Override({argument}={shown}): {problem}.", problem))
    return parts


def text_of(argument: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise refusal(
            Wrong(
                argument,
                f"Override({argument}=…) is of type {type(value).__name__}: give text.",
                "give text",
            )
        )
    return value


def fields_of(value: Hidden[Any]) -> Fields:
    """The fields to add. They come hidden, so that no traceback shows their values."""
    if value.value is not None and not isinstance(value.value, Mapping | Fields):
        problem = "give a mapping from names to values"
        raise refusal(Wrong("fields", f"Override(fields=…): {problem}.", problem))
    return Fields(value.value or {})


def mapping_of(argument: str, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(part, str) for pair in value.items() for part in pair
    ):
        problem = "give a mapping from names to names"
        raise refusal(Wrong(argument, f"Override({argument}=…): {problem}.", problem))
    return dict(value)


def member_of(argument: str, kind: type[E], value: object) -> E | None:
    """The member, named by itself or by its value."""
    try:
        return None if value is None else kind(value)
    except ValueError:
        problem = f"{value!r} is not one of {', '.join(str(each.value) for each in kind)}"
    raise refusal(Wrong(argument, f"Override({argument}={value!r}): {problem}.", problem))


def is_token(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
