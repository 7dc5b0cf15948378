"""What is wrong with an override: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from freedompay_async.contract.bodies import collision, names_of
from freedompay_async.contract.calls import Call, Retry, check_path
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import Intent
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
    "of_path",
    "of_retry",
    "refusal",
    "text_of",
]

E = TypeVar("E", bound="Enum")
_ID: Final = "request_id"


class Wrong(NamedTuple):
    """What is wrong with an override.

    Attributes:
        argument: in which of its arguments.
        told: for whoever wrote it in code; it begins with `Override(…)`.
        problem: for whoever wrote it in a file, behind the name of the argument.
    """

    argument: str
    told: str
    problem: str


class WrongOverride(ConfigurationError):
    """A `ConfigurationError` for whoever makes overrides out of something else, and has to say
    where.

    Attributes:
        wrong: what it is.
        position: of the override, among those that were put together; `None`: it was wrong by
            itself.
    """

    wrong: Wrong | None = None
    position: int | None = None


def refusal(wrong: Wrong) -> WrongOverride:
    error = WrongOverride(f"{wrong.told} Nothing was sent.")
    error.wrong = wrong
    return error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of these that was perhaps meant."""
    # Sorted, so that of two that are as near it is always the same.
    return next(iter(get_close_matches(name, sorted(known), n=1)), None)


def contradictions(
    call: Call[Any], fields: Fields, leave_out: frozenset[str], rename: Mapping[str, str]
) -> Iterator[Wrong]:
    """What can't be, if all of this is so in a call."""

    def wrong(argument: str, problem: str) -> Wrong:
        return Wrong(argument, f"Override(call={call.name!r}, {argument}=…): {problem}.", problem)

    if call.name == REQUESTS_STATUS.name and _ID in leave_out:
        yield wrong(
            "leave_out", "requests.status asks about a request_id, so it can't go without one"
        )
    for name in fields:
        if name in leave_out:
            yield wrong("fields", f"{name} is added, and left out as well")
        elif name in rename:
            yield wrong("fields", f"{name} is added, and called {rename[name]} as well")
        elif name in (other for renamed, other in rename.items() if "." not in renamed):
            yield wrong("fields", f"{name} is added, and another field is called so as well")
    if clash := collision(names_of(call.request), leave_out, rename):
        name, other = clash
        yield wrong("rename", f"{name} can't be called {rename.get(name)}: so is {other} already")


def of_retry(call: Call[Any], retry: Retry) -> Wrong | None:
    def wrong(told: str, problem: str) -> Wrong:
        return Wrong("retry", f"Override(call={call.name!r}, {told}): {problem}.", problem)

    if retry.harmless and not call.retry.harmless:
        return wrong("retry=…", "it changes something, so it is no read")
    if retry is Retry.ASKABLE and not issubclass(call.request, Intent):
        return wrong("retry=ASKABLE", "its body has no request id to ask about")
    if call.retry.harmless and not retry.harmless:
        return wrong("retry=…", "it is a read")
    return None


def of_path(path: str) -> str | None:
    try:
        check_path(path)
    except ConfigurationError as error:
        return error.text.removesuffix(" Nothing was sent.")
    return None


def list_of(argument: str, given: object) -> list[str]:
    # Of a text each letter would be a name.
    parts = None if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    if parts is None or not all(isinstance(part, str) for part in parts):
        shown, problem = (
            repr(given) if isinstance(given, str) else "…",
            "give a list of field names",
        )
        raise refusal(Wrong(argument, f"Override({argument}={shown}): {problem}.", problem))
    return parts


def text_of(argument: str, given: object) -> str | None:
    if given is not None and not isinstance(given, str):
        raise refusal(
            Wrong(
                argument,
                f"Override({argument}=…) is of type {type(given).__name__}: give text.",
                "give text",
            )
        )
    return given


def fields_of(given: Hidden[Any]) -> Fields:
    """The fields to add; they come hidden, so that no traceback shows their values."""
    if given.value is not None and not isinstance(given.value, Mapping | Fields):
        problem = "give a mapping from names to values"
        raise refusal(Wrong("fields", f"Override(fields=…): {problem}.", problem))
    return Fields(given.value or {})


def mapping_of(argument: str, given: object) -> dict[str, str]:
    if not isinstance(given, Mapping) or not all(
        isinstance(part, str) for pair in given.items() for part in pair
    ):
        problem = "give a mapping from names to names"
        raise refusal(Wrong(argument, f"Override({argument}=…): {problem}.", problem))
    return dict(given)


def member_of(argument: str, kind: type[E], given: object) -> E | None:
    """The member that is meant, by itself or by its value."""
    try:
        return None if given is None else kind(given)
    except ValueError:
        problem = f"{given!r} is none of {', '.join(str(each.value) for each in kind)}"
    raise refusal(Wrong(argument, f"Override({argument}={given!r}): {problem}.", problem))


def is_token(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
