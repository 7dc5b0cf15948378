"""How one client's contract differs from the table: as rows, as a digest and in words."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec

from freedompay_async.contract.calls import ENVELOPES, WITHOUT_ID
from freedompay_async.contract.models.open import Extra, Fields
from freedompay_async.contract.overrides import CALLS, overridden
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from freedompay_async.contract.calls import Call, Section
    from freedompay_async.contract.overrides import Override
    from freedompay_async.contract.regions import Region
    from freedompay_async.crypto.signing import Signer

__all__ = ["Contract", "Says", "as_text", "differences"]

Says = dict[str, dict[str, str]]
"""For each changed call, by name: each changed setting by name, and its value in words."""
_NOTHING: Final = "nothing"


class Contract:
    """The contract of a client.

    Attributes:
        overrides: all overrides of the client, also those for other regions.
        region: the region of the client.
        rows: the rows that differ from the table, by name.
    """

    def __init__(self, overrides: Iterable[Override] = (), region: Region | None = None) -> None:
        self.overrides: Final = tuple(overrides)
        self.region: Final = region
        self.rows: Final[Mapping[str, Call[Any]]] = overridden(self.overrides, region)

    def check_ids(self, signers: Mapping[Section, Signer]) -> None:
        """Refuse signers under which a call that can be asked about does not send its id.

        Raises:
            ConfigurationError: there is such a call.
        """
        for row in self.rows.values():
            if row.needs_header_id and not signers[row.section].header_id:
                raise ConfigurationError(f"{row.name}: {WITHOUT_ID} Nothing was sent.")

    @property
    def digest(self) -> str:
        """The SHA-256 of all differences, in lower-case hex. Equal contracts have the same digest.

        Raises:
            ConfigurationError: JSON can't hold a value of `Override(fields=…)`.
        """
        # Another frame holds the values of the fields, so that no traceback shows them.
        text = _canonical(self)
        if text is None:
            raise ConfigurationError(
                "JSON can't hold a value of Override(fields=…). Nothing was sent."
            )
        return sha256(text.encode()).hexdigest()

    @property
    def says(self) -> Says:
        """The differences in words. Secrets, and what has the shape of one, are `***`."""
        return {name: changes for name, row in self.rows.items() if (changes := _changes(row))}

    def __repr__(self) -> str:
        if not hasattr(self, "region"):
            return "Contract(not made)"  # A tool that shows locals may ask an unfinished one.
        return f"Contract({len(self.overrides)} overrides, region={self.region})"


def differences(was: Says, now: Says) -> list[str]:
    """A line for each setting that has changed."""
    lines: list[str] = []
    for call in sorted({*was, *now}):
        before, after = was.get(call, {}), now.get(call, {})
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                usual = _usual(call, name)
                lines.append(
                    f"{call}: {name}: was {before.get(name, usual)}, is {after.get(name, usual)}"
                )
    return lines


def as_text(value: Any) -> str:
    """A value of `fields` in one line of JSON. A secret is `***`; of a value that JSON can't hold,
    the name of its type.
    """
    try:
        return _ENCODER.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return type(value).__name__


def _usual(call: str, name: str) -> str:
    """The value of the table."""
    row = CALLS.get(call)
    if row is not None and name in ("path", "retry"):
        return row.path if name == "path" else row.retry.value
    return _list(ENVELOPES[row.section]) if row is not None and name == "envelope" else _NOTHING


def _changes(row: Call[Any]) -> dict[str, str]:
    table = CALLS.get(row.name)
    changes: dict[str, str] = {}
    if row.table_path is not None:
        changes["path"] = row.path
    if table is not None and row.retry is not table.retry:
        changes["retry"] = row.retry.value
    if row.envelope != ENVELOPES[row.section]:
        changes["envelope"] = _list(row.envelope)
    if row.leave_out:
        changes["leave_out"] = _list(row.leave_out)
    changes |= {f"fields.{name}": as_text(value) for name, value in Extra(row.fields).items()}
    changes |= {
        f"headers.{name}": other for name, other in row.header_names.items() if name != other
    }
    return changes | {f"rename.{name}": other for name, other in row.rename.items()}


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or _NOTHING


def _canonical(contract: Contract) -> str | None:
    """All differences as one text. It has the values of the fields themselves, not their words."""
    try:
        meaning = {
            name: [
                {part: text for part, text in changes.items() if not part.startswith("fields.")},
                {str(field): _as_sent(value) for field, value in row.fields.items()},
            ]
            for name, row in contract.rows.items()
            if (changes := _changes(row))
        }
        return json.dumps(meaning, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None


def _as_sent(value: Any) -> Any:
    """The value as it is sent. An amount differs from a text with the same digits."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Fields):
        return {str(name): _as_sent(part) for name, part in value.items()}
    if isinstance(value, dict):
        return {str(name): _as_sent(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_sent(part) for part in value]
    return (
        value
        if value is None or isinstance(value, str | int | float)
        else [type(value).__name__, str(value)]
    )


def _shown(value: Any) -> Any:
    if isinstance(value, Fields):
        return dict(value)
    return str(value)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_shown, decimal_format="number")
