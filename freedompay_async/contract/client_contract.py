"""The contract of one client: what is different from the table, as rows, as a digest and in words."""

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
"""Of each call that is different, by name, what of it is: also by name, in words."""
_NOTHING: Final = "nothing"


class Contract:
    """What a client has different from the contract table.

    Attributes:
        overrides: as they were given, those for other regions included.
        region: of the client.
        rows: the rows that are different for it, by name.
    """

    def __init__(self, overrides: Iterable[Override] = (), region: Region | None = None) -> None:
        self.overrides: Final = tuple(overrides)
        self.region: Final = region
        self.rows: Final[Mapping[str, Call[Any]]] = overridden(self.overrides, region)

    def check_ids(self, signers: Mapping[Section, Signer]) -> None:
        """What can be asked about has to carry its id where the issuer reads it.

        Raises:
            ConfigurationError: a call does not, under these signature schemes.
        """
        for row in self.rows.values():
            if row.needs_header_id and not signers[row.section].header_id:
                raise ConfigurationError(f"{row.name}: {WITHOUT_ID} Nothing was sent.")

    @property
    def digest(self) -> str:
        """SHA-256, in lower-case hex, of what is different: the same for whatever means the same.

        Raises:
            ConfigurationError: a value of `Override(fields=…)` has no form in JSON.
        """
        # In a frame of its own, which no traceback shows: it has the values of fields.
        text = _canonical(self)
        if text is None:
            raise ConfigurationError(
                "a value of Override(fields=…) has no form in JSON. Nothing was sent."
            )
        return sha256(text.encode()).hexdigest()

    @property
    def says(self) -> Says:
        """What is different, in words; secrets, and what reads like one, are `***`."""
        return {name: told for name, row in self.rows.items() if (told := _told(row))}

    def __repr__(self) -> str:
        if not hasattr(self, "region"):
            return "Contract(not made)"  # Whoever records the locals of a refusal asks for it.
        return f"Contract({len(self.overrides)} overrides, region={self.region})"


def differences(was: Says, now: Says) -> list[str]:
    """A line for each thing that is another one now."""
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
    """A value of `fields` in one line of JSON; a secret is `***`, and what has no form in JSON is
    told by its type.
    """
    try:
        return _ENCODER.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return type(value).__name__


def _usual(call: str, name: str) -> str:
    """What the table has there."""
    row = CALLS.get(call)
    if row is not None and name in ("path", "retry"):
        return row.path if name == "path" else row.retry.value
    return _list(ENVELOPES[row.section]) if row is not None and name == "envelope" else _NOTHING


def _told(row: Call[Any]) -> dict[str, str]:
    table = CALLS.get(row.name)
    told: dict[str, str] = {}
    if row.table_path is not None:
        told["path"] = row.path
    if table is not None and row.retry is not table.retry:
        told["retry"] = row.retry.value
    if row.envelope != ENVELOPES[row.section]:
        told["envelope"] = _list(row.envelope)
    if row.leave_out:
        told["leave_out"] = _list(row.leave_out)
    told |= {f"fields.{name}": as_text(value) for name, value in Extra(row.fields).items()}
    told |= {f"headers.{name}": other for name, other in row.header_names.items() if name != other}
    return told | {f"rename.{name}": other for name, other in row.rename.items()}


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or _NOTHING


def _canonical(contract: Contract) -> str | None:
    """All that is different, in one form.

    Of the fields it has the values themselves, and what is said of those is left out.
    """
    try:
        meaning = {
            name: [
                {part: text for part, text in told.items() if not part.startswith("fields.")},
                {str(field): _plain(value) for field, value in row.fields.items()},
            ]
            for name, row in contract.rows.items()
            if (told := _told(row))
        }
        return json.dumps(meaning, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    """As it goes out. An amount is told by its digits, and is no text of the same digits."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Fields):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
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
