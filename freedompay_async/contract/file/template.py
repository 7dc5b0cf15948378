"""Writes a contract file to start from: every call of the table, as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from freedompay_async.contract.bodies import names_of
from freedompay_async.contract.calls import ENVELOPES, Section
from freedompay_async.contract.table import HASHDT_TABLE, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from freedompay_async.contract.calls import Call

__all__ = ["template"]

_HEAD: Final = """\
A contract file: how your issuer's contract differs from the table of this library.
`freedompay contract --file FILE` checks it, and shows the table with its changes.

All of this is comments. Remove "# " from the lines that you change, and from the name of their
table. A setting with the value of the table changes nothing.

  path       another path
  retry      what may follow a lost answer: "askable", "unaskable"
  fields     fields to add to every body: fields = { channel = "api" }
  leave_out  fields that are not sent: leave_out = ["client_id"]
  rename     fields with another name: rename = { "client.first_name" = "firstName" }
  headers    headers with another name: headers = { X-JWS-Signature = "JWS-Signature" }
  envelope   every answer of the issuer has a status and at least one of these fields

A call wins over its section, and a section over [all]. For one region, write its name first:
[KZ.cards.issue], [KG.payment_cards]. That wins over the same without a region.
The request_id of a call that can be asked about can't be left out or renamed, unless the signature
scheme sends it in a header too (Sign).
"""
_NAMES: Final = {
    Section.PAYMENT_CARDS: (
        "All calls of payment cards, clients, transactions and limits, and request/status."
    ),
    Section.GIFT_CARDS: "All calls of gift cards.",
    Section.HASHDT: "HashDT, another issuer's API. Its calls have no body: there are only headers.",
}
_WIDTH: Final = 100


def template() -> str:
    """The text of the file. It changes nothing, even with every setting uncommented."""
    return "".join(f"{line}\n".replace(" \n", "\n") for line in _lines())


def _lines() -> Iterator[str]:
    yield from (f"## {line}" for line in _HEAD.splitlines())
    yield from ("", "## All calls.", *_settings("all", {"headers": "{}"}))
    for section in Section:
        yield from ("", "", f"## {_NAMES[section]}")
        yield from _settings(
            section.value,
            _of_body(section) | {"headers": "{}", "envelope": _list(ENVELOPES[section])},
        )
        for call in (*TABLE, *HASHDT_TABLE):
            if call.section is section:
                yield from ("", *_about(call), *_settings(call.name, _of(call)))


def _about(call: Call[Any]) -> Iterator[str]:
    menu = " Seen in the KZ menu only." if call.kz_only else ""
    yield f"## {call.name}: {call.mark}; {call.source}.{menu}"
    if call.section is not Section.HASHDT:
        yield from _wrapped(sorted(names_of(call.request)) or ["none"])


def _wrapped(names: Iterable[str]) -> Iterator[str]:
    line = "##   fields:"
    for name in names:
        if len(line) + len(name) > _WIDTH:
            yield line
            line = "##          "
        line += f" {name}"
    yield line


def _of(call: Call[Any]) -> dict[str, str]:
    own = {"path": f'"{call.path}"', "retry": f'"{call.retry.value}"'}
    return own | _of_body(call.section) | {"headers": "{}", "envelope": _list(call.envelope)}


def _of_body(section: Section) -> dict[str, str]:
    return {} if section is Section.HASHDT else {"fields": "{}", "leave_out": "[]", "rename": "{}"}


def _settings(table: str, settings: dict[str, str]) -> Iterator[str]:
    yield f"# [{table}]"
    yield from (f"# {name} = {value}" for name, value in settings.items())


def _list(names: Iterable[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in sorted(names))
    return f"[{quoted}]"
