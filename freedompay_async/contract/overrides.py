"""Changes to the contract table: what the vendor has not published, or has changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from freedompay_async.contract.bodies import names_of, outer
from freedompay_async.contract.calls import Call, Mark, Retry, Section, path_flaw
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
    refusal,
    retry_flaw,
    text_of,
)
from freedompay_async.contract.regions import Region
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.redaction.secret import Hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["CALLS", "Override", "overridden"]

CALLS: Final[Mapping[str, Call[Any]]] = {call.name: call for call in (*TABLE, *HASHDT_TABLE)}
"""The rows of the table by name."""
_GENERAL: Final = tuple(
    Call(section, "/", Struct, Answer, Mark.CUSTOM, Retry.UNASKABLE, "", section)
    for section in Section
)
_ID: Final = "request_id"
_OF_BODIES: Final = ("fields", "leave_out", "rename")
# The regions whose menus lack some calls of the table.
_OTHER_MENUS: Final = (Region.KG, Region.UZ)


@dataclass(frozen=True, slots=True, init=False)
class Override:
    """How one call, or all calls of a section, differ from the table.

    Fields have the names of the table (`freedompay contract --template` lists them), and a field
    inside an object is named with a dot, as `client.first_name`. The calls of HashDT have no body:
    only `path`, `header_names` and `envelope` apply to them.

    Args:
        call: the method, such as `cards.activate`; left out, every call of `section`.
        section: the section whose calls are meant; left out, every section.
        region: the region whose clients are meant; left out, every region.
        path: the path to use, such as `/v5/card-api/card/activation`.
        header_names: new names of headers, such as `{"X-JWS-Signature": "JWS-Signature"}`.
        retry: `ASKABLE` or `UNASKABLE`. An effect can't become a read, because a read is sent again
            after any lost answer.
        fields: fields to add to every body, by their names on the wire. `repr` shows only names.
        envelope: fields of which every answer of this host has at least one beside `status`, in
            place of those of the vendor's pages (`request_status`, `dt`, `error_code`; for gift
            cards `datetime`; for HashDT `code`). Empty: `status` is enough. An answer without any
            of them counts as a gateway's, which proves nothing.
        leave_out: fields that are not sent, such as `["client_id"]`. `request_id` must stay in an
            effect that can be asked about, unless the signature scheme sends it in a header too
            (`Sign`).
        rename: new names of fields, such as `{"client.first_name": "firstName"}`. For `request_id`
            the same holds. A field that is renamed to its own name keeps it, whatever an earlier
            override says.

    Raises:
        ConfigurationError: there is no such call, field or region, or arguments contradict each
            other; nothing was sent.
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
        hidden = Hidden(fields)
        del fields
        # A traceback may show `self` before it is complete.
        for each in dataclasses.fields(self):
            object.__setattr__(self, each.name, None)
        values: dict[str, Any] = {
            "call": text_of("call", call),
            "section": member_of("section", Section, section),
            "region": None if region is None else Region(region),
            "path": text_of("path", path),
            "header_names": mapping_of("header_names", header_names or {}),
            "retry": member_of("retry", Retry, retry),
            "fields": fields_of(hidden),
            "envelope": None if envelope is None else frozenset(list_of("envelope", envelope)),
            "leave_out": frozenset(list_of("leave_out", leave_out or ())),
            "rename": mapping_of("rename", rename or {}),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        # Generators, because a later check can't run if an earlier one has failed.
        for wrong in chain(self._wrong(), self._wrong_names()):
            raise refusal(wrong)

    def _wrong(self) -> Iterator[Wrong]:
        if self.call is not None and self.call not in CALLS:
            near = nearest(self.call, CALLS)
            yield Wrong(
                "call",
                f"Override(call={self.call!r}): no such call. `freedompay contract` lists all.",
                f"there is no call {self.call!r}" + (f" (did you mean {near}?)" if near else ""),
            )
        if self.call is None and (self.path is not None or self.retry is not None):
            yield Wrong(
                "path" if self.path is not None else "retry",
                "Override(path=…) and Override(retry=…) are for one call: name it with call=.",
                "this is for one call: put it under the call's name, as [cards.issue]",
            )
        if self.path is not None and (flaw := path_flaw(self.path)):
            yield Wrong("path", f"{flaw}.", flaw)
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
                pair = f"{{{name!r}: {other!r}}}"
                yield Wrong(
                    "header_names",
                    f"Override(header_names={pair}): these are no names of headers.",
                    f"{pair}: these are no names of headers",
                )

    def _wrong_names(self) -> Iterator[Wrong]:
        """What is wrong with the fields that this override leaves out, renames and adds."""
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
                    yield self._in(argument, f"{name} is inside {around}, which is left out")
        for name in sorted(self.leave_out & self.rename.keys()):
            yield self._in("rename", f"{name} is both left out and renamed")
        for name, other in self.rename.items():
            if not is_token(other):
                yield self._in(
                    "rename",
                    (
                        f"{name} can't be renamed to {other!r}: use letters, digits, - and _, "
                        "without a dot"
                    ),
                )
            elif other == _ID != name:
                yield self._in(
                    "rename", f"{name} can't be renamed to request_id: each call has its own"
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
    """The rows that differ from the table, by name. A later override wins over an earlier one.

    The differences of a section stand under the name of the section too, for calls that no row has.
    `not_in_menu` marks the rows that the vendor's menu of this region lacks.

    Raises:
        ConfigurationError: a retry class could do an effect twice, or overrides contradict each
            other.
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
    if (wrong := retry_flaw(call, retry)) is not None:
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
    """The row with the changes of its body. For each field the later override wins."""
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
    """`rename` without the fields that keep their name."""
    return {name: other for name, other in rename.items() if other != name.rpartition(".")[2]}
