"""A model of the issuer: what it does with an id, what it remembers of it, and what it says. Written from the vendor's pages, not from the library."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from freedompay_async.wire import Reply

NEVER = float("inf")


def digits(number: int, *choices: tuple) -> list:
    """One of each, told by a number: a draw costs more than a division."""
    picked = []
    for each in choices:
        number, digit = divmod(number, len(each))
        picked.append(each[digit])
    return picked


class Manner(NamedTuple):
    """How this issuer speaks."""

    scheme: str
    duplicate: str
    refusal: int
    unknown: str
    clock: str

    CHOICES = (
        ("JWS", "SHA-256"),
        ("like a refusal", "like a refusal", "the first answer again", "silence"),
        (200, 400, 409),
        ("404", "an error", "400", "an ok that says nothing"),
        ("right", "right", "ahead", "set back a little", "set to 1970"),
    )

    @classmethod
    def of(cls, number: int) -> Manner:
        return cls(*digits(number, *cls.CHOICES))


class Nature(NamedTuple):
    """What will become of one intent."""

    takes: str
    succeeds: bool
    seconds: float
    """From taking it to its end."""
    hidden: float
    """Seconds that `request/status` does not show it."""
    word: str
    """The request_status until the end."""
    files: bool
    """A refused id is used up."""
    tells: bool
    """`request/status` knows what was refused."""
    id_for: float
    state_for: float
    """How much longer than it must the issuer knows the id as a used one, and its state."""

    CHOICES = (
        ("taken", "taken", "taken", "refused", "refused at first"),
        (True, True, True, False),
        (0.0, 2.0, 30.0),
        (0.0, 4.9, 2.0),
        ("process", "process", "in_some_queue"),
        (True, False),
        (False, True),
        (NEVER, 0.0, 5.0, 40.0),
        (NEVER, 0.0, 5.0, 40.0),
    )

    @classmethod
    def of(cls, number: int) -> Nature:
        return cls(*digits(number, *cls.CHOICES))


def choices(kind: type[Manner | Nature]) -> int:
    count = 1
    for each in kind.CHOICES:
        count *= len(each)
    return count


@dataclass(slots=True)
class Filed:
    """What is written down of one id."""

    at: float
    nature: Nature
    taken: bool
    card: int | None = None
    first: Reply | None = None
    id_gone: bool = False
    state_gone: bool = False
    keepers: int = 0
    """Calls that rely on being remembered: a caller who kept only the id."""


@dataclass(slots=True)
class Issuer:
    manner: Manner
    memory: float
    """Seconds after the first work on an id within which nothing of it is forgotten."""
    natures: dict[str, Nature] = field(default_factory=dict)
    books: dict[str, Filed] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    cards: list[str] = field(default_factory=list)
    """The mark of each card's intent."""
    forgotten: int = 0

    def take(self, mark: str, request_id: str | None, *, gift: bool, now: float) -> tuple[str, Reply | None]:
        """What it did, in words, and its answer; a request without an id is new each time."""
        filed = None if request_id is None else self._known(request_id, now)
        if filed is not None:
            return "calls it a duplicate", self._duplicate(filed, gift=gift)
        nature = self.natures[mark]
        if nature.takes == "refused" or (nature.takes == "refused at first" and mark not in self.refused) or (gift and not nature.succeeds):
            self.refused.add(mark)
            reply = self._no(gift=gift)
            if request_id is not None and nature.files:
                self.books[request_id] = Filed(now, nature, taken=False, first=reply)
            return "refuses it", reply
        filed = Filed(now, nature, taken=True)
        if nature.succeeds:
            self.cards.append(mark)
            filed.card = len(self.cards)
        filed.first = reply = _json(200, status=0, card_id=filed.card) if gift else self._state(filed, now)
        if request_id is not None:
            self.books[request_id] = filed
        return "takes it" if nature.succeeds else "takes it, and it will fail", reply

    def file(self, mark: str, request_id: str, now: float) -> None:
        """Write an id down without any work."""
        if self._known(request_id, now) is None:
            self.books[request_id] = Filed(now, self.natures[mark]._replace(tells=False), taken=False, first=self._no(gift=False))

    def status(self, request_id: str, now: float) -> tuple[str, Reply]:
        filed = self.books.get(request_id)
        shown = filed is not None and (filed.taken or filed.nature.tells) and now >= filed.at + filed.nature.hidden
        if filed is None or not shown or not self._has_state(filed, now):
            return "does not know it", self._unknown()
        reply = self._state(filed, now)
        return f"says {reply.body.decode()}", reply

    def read(self) -> Reply:
        return _json(200, status="ok", card_id="card-1")

    def remembers(self, request_id: str | None, now: float) -> bool:
        """Whether it still knows all that it ever knew of the id."""
        filed = self.books.get(request_id or "")
        return filed is None or (self._has_id(filed, now) and self._has_state(filed, now))

    def has_forgotten(self, request_id: str | None, now: float) -> bool:
        """Whether the id was used and would be taken for a new one."""
        filed = self.books.get(request_id or "")
        return filed is not None and not self._has_id(filed, now)

    def _known(self, request_id: str, now: float) -> Filed | None:
        filed = self.books.get(request_id)
        return filed if filed is not None and self._has_id(filed, now) else None

    def _has_id(self, filed: Filed, now: float) -> bool:
        if not filed.id_gone and not filed.keepers and now > filed.at + self.memory + filed.nature.id_for:
            filed.id_gone = True
            self.forgotten += 1
        return not filed.id_gone

    def _has_state(self, filed: Filed, now: float) -> bool:
        if not filed.state_gone and not filed.keepers and now > filed.at + self.memory + filed.nature.state_for:
            filed.state_gone = True
            self.forgotten += 1
        return not filed.state_gone

    def _state(self, filed: Filed, now: float) -> Reply:
        if not filed.taken:
            return _json(200, status="ok", request_status="error", error_code="E1")
        if now < filed.at + filed.nature.seconds:
            return _json(200, status="ok", request_status=filed.nature.word)
        if filed.card is None:
            return _json(200, status="ok", request_status="error", error_code="E2")
        return _json(200, status="ok", request_status="success", cards=[{"card_id": f"card-{filed.card}"}])

    def _duplicate(self, filed: Filed, *, gift: bool) -> Reply | None:
        if self.manner.duplicate == "silence":
            return None
        return filed.first if self.manner.duplicate == "the first answer again" else self._no(gift=gift)

    def _no(self, *, gift: bool) -> Reply:
        if gift:
            return _json(self.manner.refusal, status=-8)
        return _json(self.manner.refusal, status="error", error_code="E1", error_description="no")

    def _unknown(self) -> Reply:
        match self.manner.unknown:
            case "404":
                return Reply(404, {}, b"")
            case "an error":
                return _json(200, status="error", error_code="E3")
            case "400":
                return _json(400, status="error", error_code="E3")
            case _:
                return _json(200, status="ok")


def _json(http: int, **fields) -> Reply:
    return Reply(http, {}, json.dumps(fields).encode())
