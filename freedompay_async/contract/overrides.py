"""Changes to the contract table without a fork: what the vendor never published, or has changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from freedompay_async.contract.bodies import names_of, outer
from freedompay_async.contract.calls import Call, Mark, Retry, Section
from freedompay_async.contract.models.answers import Answer
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.override_checks import (
    Wrong,
    WrongOverride,
    contradictions,
    fields_of,
    is_token,
    list_of,
    mapping_of,
    member_of,
    nearest,
    of_path,
    of_retry,
    refusal,
    text_of,
)
from freedompay_async.contract.regions import Region
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.redaction.secret import Hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["CALLS", "Override", "overridden"]

CALLS: Final[Mapping[str, Call[Any]]] = {call.name: call for call in (*TABLE, *HASHDT_TABLE)}
"""The rows of the table, by name."""
_GENERAL: Final = tuple(
    Call(section, "/", Struct, Answer, Mark.CUSTOM, Retry.UNASKABLE, "", section)
    for section in Section
)
_ID: Final = "request_id"
_OF_BODIES: Final = ("fields", "leave_out", "rename")
# Where the vendor's menus lack some calls of the table, as far as seen.
_OTHER_MENUS: Final = (Region.KG, Region.UZ)


@dataclass(frozen=True, slots=True, init=False)
class Override:
    """What is different in one call, or in all of a section.

    Fields are named as the table has them (`freedompay contract --template` lists them); one that
    is inside of an object with a dot, as `client.first_name`. The calls of HashDT have no body, so
    there only `path`, `header_names` and `envelope` may be given.

    Args:
        call: the method, such as `cards.activate`; left out, every call of `section`.
        section: of which section every call is meant.
        region: only for clients of this region; left out, for all.
        path: the path to use, such as `/v5/card-api/card/activation`.
        header_names: headers to send under another name, such as `{"X-JWS-Signature":
            "JWS-Signature"}`.
        retry: `ASKABLE` or `UNASKABLE`. An effect is never made a read: it would be sent again
            blindly.
        fields: fields to add to every body, by their names on the wire. `repr` shows their names
            only.
        envelope: fields of which an answer has at least one beside its `status`, where this host's
            answers lack those of the vendor's pages (`request_status`, `dt`, `error_code`; of gift
            cards `datetime`; of HashDT `code`). Empty: `status` is enough. What has none of them is
            taken for a gateway's, and believed in nothing.
        leave_out: fields that are not sent, such as `["client_id"]`. The `request_id` of an effect
            that is asked about stays, unless the signature scheme carries it in a header too
            (`Sign`).
        rename: fields that the host calls otherwise, such as `{"client.first_name": "firstName"}`.
            For `request_id` the same holds. A field that is renamed to its own name stays as it is,
            whatever an earlier override says.

    Raises:
        ConfigurationError: there is no such call, field or region, or two of the arguments
            contradict each other; nothing was sent.
    """

    call: str | None
    section: Section | None
    region: Region | None
    path: str | None
    header_names: Mapping[str, str]
    retry: Retry | None
    fields: Fields
    envelope: frozenset[str] | None
    leave_out: frozenset[str]
    rename: Mapping[str, str]

    def __init__(
        self,
        *,
        call: str | None = None,
        section: Section | None = None,
        region: Region | str | None = None,
        path: str | None = None,
        header_names: Mapping[str, str] | None = None,
        retry: Retry | None = None,
        fields: Mapping[str, Any] | Fields | None = None,
        envelope: Iterable[str] | None = None,
        leave_out: Iterable[str] | None = None,
        rename: Mapping[str, str] | None = None,
    ) -> None:
        # Hidden first, so that no traceback of this frame shows their values.
        given = Hidden(fields)
        del fields
        # And a traceback shows `self` before it is whole.
        for each in dataclasses.fields(self):
            object.__setattr__(self, each.name, None)
        values: dict[str, Any] = {
            "call": text_of("call", call),
            "section": member_of("section", Section, section),
            "region": None if region is None else Region(region),
            "path": text_of("path", path),
            "header_names": mapping_of("header_names", header_names or {}),
            "retry": member_of("retry", Retry, retry),
            "fields": fields_of(given),
            "envelope": None if envelope is None else frozenset(list_of("envelope", envelope)),
            "leave_out": frozenset(list_of("leave_out", leave_out or ())),
            "rename": mapping_of("rename", rename or {}),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        # Each of them says what is wrong only when it is asked: without a call there are no fields.
        for wrong in chain(self._wrong(), self._wrong_names()):
            raise refusal(wrong)

    def _wrong(self) -> Iterator[Wrong]:
        if self.call is not None and self.call not in CALLS:
            near = nearest(self.call, CALLS)
            yield Wrong(
                "call",
                f"Override(call={self.call!r}): no such call; `freedompay contract` lists them.",
                f"there is no call {self.call!r}" + (f" (did you mean {near}?)" if near else ""),
            )
        if self.call is None and (self.path is not None or self.retry is not None):
            yield Wrong(
                "path" if self.path is not None else "retry",
                "Override(path=…) and Override(retry=…) are for one call: name it with call=.",
                "this is for one call: put it under the name of that, as [cards.issue]",
            )
        if self.path is not None and (problem := of_path(self.path)):
            yield Wrong("path", problem, problem.removesuffix("."))
        if _ID in self.fields:
            yield Wrong(
                "fields",
                "Override(fields=…) can't hold request_id: each call has its own.",
                "can't hold request_id: each call has its own",
            )
        if self.envelope is not None and not all(
            is_token(name) and name != "status" for name in self.envelope
        ):
            yield Wrong(
                "envelope",
                "Override(envelope=…): give a list of field names beside `status`.",
                "give a list of field names beside `status`",
            )
        for name, other in self.header_names.items():
            if not is_token(name) or not is_token(other):
                told = f"{{{name!r}: {other!r}}}"
                yield Wrong(
                    "header_names",
                    f"Override(header_names={told}): not names of headers.",
                    f"{told}: not names of headers",
                )

    def _wrong_names(self) -> Iterator[Wrong]:
        """What is wrong with the fields that it leaves out, renames and adds, whatever else is said
        of the same call.
        """
        hashdt = (
            CALLS[self.call].section if self.call is not None else self.section
        ) is Section.HASHDT
        if hashdt:
            yield from (
                self._in(argument, "the calls of HashDT have no body, only headers")
                for argument in _OF_BODIES
                if len(getattr(self, argument))
            )
            return
        known = self._names() if self.leave_out or self.rename else frozenset()
        for argument in ("leave_out", "rename"):
            for name in sorted(getattr(self, argument)):
                if name not in known:
                    yield self._in(argument, self._no_field(name, known))
                elif (around := outer(name, self.leave_out)) is not None:
                    yield self._in(argument, f"{name} is inside of {around}, which is left out")
        for name in sorted(self.leave_out & self.rename.keys()):
            yield self._in("rename", f"{name} is left out as well")
        for name, other in self.rename.items():
            if not is_token(other):
                yield self._in(
                    "rename",
                    (
                        f"{name} can't be called {other!r}: give a name of letters, digits, - and "
                        "_, without a dot"
                    ),
                )
            elif other == _ID != name:
                yield self._in(
                    "rename", f"{name} can't be called request_id: each call has its own"
                )
        if self.call is not None:
            yield from contradictions(
                CALLS[self.call], self.fields, self.leave_out, _without_own(self.rename)
            )

    def _names(self) -> frozenset[str]:
        calls = (
            [CALLS[self.call]]
            if self.call is not None
            else [call for call in TABLE if self.section in (None, call.section)]
        )
        return frozenset[str]().union(*(names_of(call.request) for call in calls))

    def _no_field(self, name: str, known: frozenset[str]) -> str:
        near = nearest(name, known)
        whose = (
            f"{self.call} has no field"
            if self.call is not None
            else f"no call of {self.section or 'the table'} has a field"
        )
        has = "" if self.call is None else f"; it has {', '.join(sorted(known)) or 'none'}"
        return f"{whose} {name!r}" + (f" (did you mean {near}?)" if near else has)

    def _in(self, argument: str, problem: str) -> Wrong:
        whose = (
            f"call={self.call!r}, "
            if self.call is not None
            else f"section={str(self.section)!r}, "
            if self.section
            else ""
        )
        return Wrong(argument, f"Override({whose}{argument}=…): {problem}.", problem)

    def fits(self, call: Call[Any], region: Region | None) -> bool:
        if self.region is not None and self.region != region:
            return False
        return (
            call.name == self.call
            if self.call is not None
            else self.section in (None, call.section)
        )


def overridden(overrides: Iterable[Override], region: Region | None) -> dict[str, Call[Any]]:
    """The rows that are different, by name; where two overrides speak of the same, the later one
    wins.

    What is different in a whole section stands under the section's own name too, for calls that no
    row has. A row that the vendor's menu of this region lacks is marked as that.

    Raises:
        ConfigurationError: a retry class that could do an effect twice, or overrides that
            contradict each other.
    """
    rows: dict[str, Call[Any]] = {}
    for position, override in enumerate(overrides):
        try:
            for call in (*CALLS.values(), *_GENERAL):
                if override.fits(call, region):
                    rows[call.name] = _changed(rows.get(call.name, call), override)
        except WrongOverride as error:
            error.position = position
            raise
    if region in _OTHER_MENUS:
        lacking = (rows.get(call.name, call) for call in TABLE if call.kz_only)
        rows |= {row.name: dataclasses.replace(row, not_in_menu=str(region)) for row in lacking}
    return rows


def _changed(call: Call[Any], override: Override) -> Call[Any]:
    retry = override.retry or call.retry
    if (wrong := of_retry(call, retry)) is not None:
        raise refusal(wrong)
    path = override.path or call.path
    table = CALLS[call.name].path if call.name in CALLS else path
    changed = dataclasses.replace(
        call,
        path=path,
        table_path=None if path == table else table,
        retry=retry,
        own_envelope=call.own_envelope if override.envelope is None else override.envelope,
        header_names={
            **{
                name: other
                for name, other in call.header_names.items()
                if name.lower() not in map(str.lower, override.header_names)
            },
            **override.header_names,
        },
    )
    return changed if call.section is Section.HASHDT else _with_other_body(changed, override)


def _with_other_body(call: Call[Any], override: Override) -> Call[Any]:
    """What a later override says of a field holds, whatever an earlier one has said of it."""
    names = names_of(call.request)
    leave_out = (call.leave_out - override.rename.keys()) | (override.leave_out & names)
    renamed = {**call.rename, **override.rename}
    rename = _without_own(
        {name: other for name, other in renamed.items() if name in names and name not in leave_out}
    )
    fields = Fields({**call.fields, **override.fields})
    for wrong in contradictions(call, fields, leave_out, rename):
        raise refusal(wrong)
    return dataclasses.replace(call, fields=fields, leave_out=leave_out, rename=rename)


def _without_own(rename: Mapping[str, str]) -> dict[str, str]:
    """A field that keeps its name is not renamed."""
    return {name: other for name, other in rename.items() if other != name.rpartition(".")[2]}
