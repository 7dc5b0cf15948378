"""The contract that a batch was planned with, and a run that has another one.

What was sent under the earlier contract may have been done. So a run with another contract needs
`contract_changed`. Then what was sent is looked up first, and sent again only if its bytes are the
same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.batch.journal.records import Fact
from freedompay_async.contract.client_contract import Contract, Says, differences
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Agreement", "changed_since"]

# The field that shows whose each step is.
_WHOSE: Final = {
    "clients.create": "client",
    "cards.issue": "client_id",
    "cards.activate": "card_id",
}
_ID: Final = "request_id"
_MOST: Final = 20
_HIDDEN: Final = "a value that is not shown is another one"


class _Known(msgspec.Struct, frozen=True):
    """A contract as a journal keeps it: its digest and its rules, without secrets."""

    digest: str
    says: Says


_KNOWN: Final = msgspec.json.Decoder(_Known)
_FIELDS: Final = msgspec.json.Decoder(dict[str, str])


class Agreement:
    """Compares the contract of a run with that of its batch.

    Args:
        contract: of the client.
        changed: another contract than that of the plan is allowed.
        name: of the journal, in messages.
        header_id: the signature scheme has the request id in a header.

    Raises:
        ConfigurationError: under this contract nothing would show whose a card is, or that a
            request is a repeat.
    """

    def __init__(self, contract: Contract, *, changed: bool, name: str, header_id: bool) -> None:
        self._now: Final = _Known(contract.digest, contract.says)
        self._changed: Final = changed
        self._name: Final = name
        for call, field in _WHOSE.items():
            row = contract.rows.get(call)
            if row is None:
                continue
            if field in row.leave_out:
                raise ConfigurationError(
                    f"the contract leaves {field} out of {call}, and then nothing shows whose card "
                    "a batch makes. A card for a "
                    "cardholder is made by a single call: cards.issue(product_id=…, "
                    "extra={'cardholder': {…}}). Nothing was sent."
                )
            if not header_id and (_ID in row.leave_out or _ID in row.rename):
                raise ConfigurationError(
                    f"the contract takes {_ID} out of the body of {call} or gives it another "
                    "name, and this signature scheme has no id in "
                    "a header: nothing would keep a row of a batch from a second card. Leave it "
                    "as it is, or sign with Sign. Nothing was "
                    "sent."
                )

    def begin(self) -> Mapping[Fact, str]:
        """What a journal keeps of a new plan: nothing where the contract is the vendor's own."""
        return self._kept() if self._now.says else {}

    def check(self, facts: Mapping[Fact, str]) -> Mapping[Fact, str]:
        """What a journal with these facts keeps from now on: nothing new where the contract is the
        same.

        Raises:
            ConfigurationError: it is another one, and must not be.
        """
        known = _known(facts)
        if known.digest == self._now.digest:
            return {}
        lines = differences(known.says, self._now.says) or [_HIDDEN]
        if not self._changed:
            raise ConfigurationError(self._another(lines))
        fields = _fields(known.says, self._now.says) or dict.fromkeys(self._now.says, _HIDDEN)
        changed = msgspec.json.encode({**changed_since(facts), **fields})
        return {**self._kept(), Fact.CONTRACT_CHANGED: changed.decode()}

    def _kept(self) -> Mapping[Fact, str]:
        return {Fact.CONTRACT: msgspec.json.encode(self._now).decode()}

    def _another(self, lines: list[str]) -> str:
        more = [f"and {len(lines) - _MOST:,} more"] if len(lines) > _MOST else []
        listed = "\n".join(f"  {line}" for line in (*lines[:_MOST], *more))
        return (
            f"{self._name} has a batch that was planned with another contract:\n{listed}\n"
            "To go on with this one say --contract-changed (Batch(contract_changed=True)). Rows "
            "that were not sent take it then; rows "
            "that were sent are asked about first, and sent again only if their bytes stay the "
            "same. Nothing was sent."
        )


def changed_since(facts: Mapping[Fact, str]) -> Mapping[str, str]:
    """By the name of each call whose contract was another one in the plan: what has changed."""
    changed = facts.get(Fact.CONTRACT_CHANGED)
    return {} if changed is None else _FIELDS.decode(changed)


def _known(facts: Mapping[Fact, str]) -> _Known:
    """A journal without a contract was made with the vendor's own, by an earlier version too."""
    kept = facts.get(Fact.CONTRACT)
    return _Known(Contract().digest, {}) if kept is None else _KNOWN.decode(kept)


def _fields(was: Says, now: Says) -> dict[str, str]:
    changed: dict[str, str] = {}
    for call in sorted({*was, *now}):
        before, after = was.get(call, {}), now.get(call, {})
        if names := sorted(
            name for name in {*before, *after} if before.get(name) != after.get(name)
        ):
            changed[call] = ", ".join(names)
    return changed
