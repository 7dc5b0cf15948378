"""Changes to the contract table without a fork: what the vendor never published, or has changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from freedompay_async.contract import HASHDT_TABLE, TABLE, Call, Mark, Retry, Section, check_path
from freedompay_async.errors import ConfigurationError
from freedompay_async.models.answers import Answer
from freedompay_async.models.open import Fields
from freedompay_async.settings import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Override", "overridden"]

_CALLS: Final = {call.name: call for call in (*TABLE, *HASHDT_TABLE)}
_GENERAL: Final = tuple(Call(section, "/", Struct, Answer, Mark.GIVEN, Retry.UNASKABLE, "", section) for section in Section)


@dataclass(frozen=True, slots=True, init=False)
class Override:
    """What is different in one call, or in all of a section.

    Args:
        call: the method, such as `cards.activate`; left out, every call of `section`.
        section: of which section every call is meant.
        region: only for clients of this region; left out, for all.
        path: the path to use, such as `/v5/card-api/card/activation`.
        header_names: headers to send under another name, such as `{"X-JWS-Signature": "JWS-Signature"}`.
        retry: `ASKABLE` or `UNASKABLE`. An effect is never made a read: it would be sent again blindly.
        fields: fields to add to every body. `repr` shows their names only.
        envelope: fields of which an answer has at least one beside its `status`, where this host's answers lack those of the vendor's
            pages (`request_status`, `dt`, `error_code`; of gift cards `datetime`; of HashDT `code`). Empty: `status` is enough. What has
            none of them is taken for a gateway's, and believed in nothing.
    """

    call: str | None
    section: Section | None
    region: Region | None
    path: str | None
    header_names: Mapping[str, str]
    retry: Retry | None
    fields: Fields
    envelope: frozenset[str] | None

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
    ) -> None:
        # Bound anew, so that no traceback of this frame shows their values.
        fields = Fields(fields or {})
        values: dict[str, Any] = {"call": call, "section": section, "path": path, "retry": retry, "fields": fields}
        values |= {"region": None if region is None else Region(region), "header_names": dict(header_names or {})}
        if isinstance(envelope, str):
            raise ConfigurationError(f"Override(envelope={envelope!r}): give a list of field names. Nothing was sent.")
        values["envelope"] = None if envelope is None else frozenset(envelope)
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        if self.call is not None and self.call not in _CALLS:
            raise ConfigurationError(f"Override(call={self.call!r}): no such call; `freedompay contract` lists them. Nothing was sent.")
        if self.call is None and (self.path is not None or self.retry is not None):
            raise ConfigurationError("Override(path=…) and Override(retry=…) are for one call: name it with call=. Nothing was sent.")
        if self.path is not None:
            check_path(self.path)
        if "request_id" in self.fields:
            raise ConfigurationError("Override(fields=…) can't hold request_id: each call has its own. Nothing was sent.")
        if self.envelope is not None and not all(_token(name) and name != "status" for name in self.envelope):
            raise ConfigurationError("Override(envelope=…): give a list of field names beside `status`. Nothing was sent.")
        for name, other in self.header_names.items():
            if not _token(name) or not _token(other):
                raise ConfigurationError(f"Override(header_names={{{name!r}: {other!r}}}): not names of headers. Nothing was sent.")

    def fits(self, call: Call[Any], region: Region | None) -> bool:
        if self.region is not None and self.region != region:
            return False
        return call.name == self.call if self.call is not None else self.section in (None, call.section)


def overridden(overrides: Iterable[Override], region: Region | None) -> dict[str, Call[Any]]:
    """The rows that are different, by name; where two overrides speak of the same, the later one wins.

    What is different in a whole section stands under the section's own name too, for calls that no row has.

    Raises:
        ConfigurationError: a retry class that could do an effect twice.
    """
    rows: dict[str, Call[Any]] = {}
    for override in overrides:
        for call in (*_CALLS.values(), *_GENERAL):
            if override.fits(call, region):
                rows[call.name] = _changed(rows.get(call.name, call), override)
    return rows


def _changed(call: Call[Any], override: Override) -> Call[Any]:
    retry = override.retry or call.retry
    if retry.harmless and not call.retry.harmless:
        raise ConfigurationError(f"Override(call={call.name!r}, retry=…): it changes something, so it is no read. Nothing was sent.")
    if retry is Retry.ASKABLE and not call.body_id:
        raise ConfigurationError(f"Override(call={call.name!r}, retry=ASKABLE): its body has no request id to ask about. Nothing was sent.")
    if call.retry.harmless and not retry.harmless:
        raise ConfigurationError(f"Override(call={call.name!r}, retry=…): it is a read. Nothing was sent.")
    return dataclasses.replace(
        call,
        path=override.path or call.path,
        retry=retry,
        fields=Fields({**call.fields, **override.fields}),
        given_envelope=call.given_envelope if override.envelope is None else override.envelope,
        header_names={
            **{name: other for name, other in call.header_names.items() if name.lower() not in map(str.lower, override.header_names)},
            **override.header_names,
        },
    )


def _token(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
