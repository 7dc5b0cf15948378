"""A model of the issuer: what it does with an id, what it remembers of it, and what it says.

Written from the vendor's pages, not from the library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from freedompay_async.codec.messages import Reply

NEVER = float("inf")
DT = "2023-11-14T22:13:20+06:00"
LETTERS = {1: ("",), 2: ("a", "b")}


def digits(number: int, *choices: tuple) -> list:
    """One of each, told by a number: a draw costs more than a division."""
    picked = []
    for each in choices:
        number, digit = divmod(number, len(each))
        picked.append(each[digit])
    return picked


def number_of(*picked: tuple[object, tuple]) -> int:
    """The number that tells these, each with its choices."""
    number = 0
    for value, choices in reversed(picked):
        number = number * len(choices) + choices.index(value)
    return number


class Manner(NamedTuple):
    """How this issuer speaks, and what stands before it."""

    scheme: str
    duplicate: str
    refusal: int
    unknown: str
    clock: str
    host: str
    """What answers `request/status`."""
    gateways: bool
    """What is between it and the client speaks for itself, repeats, and garbles."""

    CHOICES = (
        ("JWS", "SHA-256"),
        ("like a refusal", "like a refusal", "the first answer again", "silence"),
        (200, 400, 409),
        ("404", "an error", "400", "404 in its own words", "an ok that says nothing"),
        ("right", "right", "ahead", "set back a little", "set to 1970"),
        (*("honest",) * 6, "knows none", "has every id in process", "has every id as a success"),
        (True, False),
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
    pays_once: bool
    """The money is enough for one gift card."""
    unnamed: float
    """Seconds after its success in which one of the cards is not named."""

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
        (True, True, True, False),
        (0.0, 0.0, 5.0, 40.0),
    )

    @classmethod
    def of(cls, number: int) -> Nature:
        return cls(*digits(number, *cls.CHOICES))


def choices(kind: type[Manner | Nature]) -> int:
    count = 1
    for each in kind.CHOICES:
        count *= len(each)
    return count


class Answer(NamedTuple):
    """An answer, and what it says to whoever believes the issuer and nobody else."""

    reply: Reply
    says: str | None = None
    """One of `SAYS`; `None`: nothing."""


SAYS = ("process", "success", "failed", "no", "not known", "denied")


@dataclass(slots=True)
class Filed:
    """What is written down of one id."""

    at: float
    nature: Nature
    taken: bool
    cards: tuple[str, ...] = ()
    first: Answer | None = None
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
    """The mark of each order that was carried out."""
    gift_cards: dict[str, list[str]] = field(default_factory=dict)
    forgotten: int = 0

    def take(
        self, mark: str, request_id: str | None, *, gift: bool, count: int, now: float
    ) -> tuple[str, Answer | None]:
        """What it did, in words, and its answer; a request without an id is new each time."""
        filed = None if request_id is None else self._known(request_id, now)
        if filed is not None:
            return "calls it a duplicate", self._duplicate(filed, gift=gift)
        nature = self.natures[mark]
        if gift and nature.pays_once and mark in self.cards:
            return "has no money for another one", self._no_gift(-6)
        if (
            nature.takes == "refused"
            or (nature.takes == "refused at first" and mark not in self.refused)
            or (gift and not nature.succeeds)
        ):
            self.refused.add(mark)
            # Only what is wrong with what was asked is wrong each time.
            always = nature.takes != "refused at first" and nature.tells
            answer = self._no_gift(-4 if always else -5) if gift else self._no()
            if request_id is not None and nature.files:
                self.books[request_id] = Filed(now, nature, taken=False, first=answer)
            return "refuses it", answer
        filed = Filed(now, nature, taken=True)
        if nature.succeeds:
            self.cards.append(mark)
            filed.cards = tuple(
                f"{len(self.cards)}{letter}" if gift else f"card-{len(self.cards)}{letter}"
                for letter in LETTERS[count]
            )
        filed.first = answer = (
            self._gift(200, 0, "success", card_id=int(filed.cards[0]))
            if gift
            else self._state(filed, now)
        )
        if request_id is not None:
            self.books[request_id] = filed
        if gift:
            self.gift_cards.setdefault(mark, []).append(filed.cards[0])
        return "takes it" if nature.succeeds else "takes it, and it will fail", answer

    def file(self, mark: str, request_id: str, now: float) -> None:
        """Write an id down without any work."""
        if self._known(request_id, now) is None:
            self.books[request_id] = Filed(
                now, self.natures[mark]._replace(tells=False), taken=False, first=self._no()
            )

    def status(self, request_id: str, now: float) -> tuple[str, Answer]:
        filed = self.books.get(request_id)
        shown = (
            filed is not None
            and (filed.taken or filed.nature.tells)
            and now >= filed.at + filed.nature.hidden
        )
        if (
            self.manner.host == "knows none"
            or filed is None
            or not shown
            or not self._has_state(filed, now)
        ):
            if self.manner.host.startswith("has every id"):
                word = "process" if self.manner.host == "has every id in process" else "success"
                return f"says {word} of what it does not know", _json(
                    200, word, status="ok", request_status=word
                )
            return "does not know it", self._unknown()
        answer = self._state(filed, now)
        return f"says {answer.reply.body.decode()}", answer

    def read(self) -> Answer:
        return _json(200, "success", status="ok", card_id="card-1")

    def cards_of(self, mark: str, request_id: str | None) -> tuple[str, ...]:
        """The ids of what exists."""
        filed = self.books.get(request_id or "")
        return tuple(self.gift_cards.get(mark, ())) or (filed.cards if filed else ())

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

    def _is_over(self, filed: Filed, seconds: float, now: float) -> bool:
        """Whether so many seconds beyond the issuer's memory have passed, and nobody keeps it."""
        return not filed.keepers and now > filed.at + self.memory + seconds

    def _has_id(self, filed: Filed, now: float) -> bool:
        if not filed.id_gone and self._is_over(filed, filed.nature.id_for, now):
            filed.id_gone = True
            self.forgotten += 1
        return not filed.id_gone

    def _has_state(self, filed: Filed, now: float) -> bool:
        if not filed.state_gone and self._is_over(filed, filed.nature.state_for, now):
            filed.state_gone = True
            self.forgotten += 1
        return not filed.state_gone

    def _state(self, filed: Filed, now: float) -> Answer:
        if not filed.taken:
            return _json(200, "failed", status="ok", request_status="error", error_code="E1")
        if now < filed.at + filed.nature.seconds:
            return _json(200, "process", status="ok", request_status=filed.nature.word)
        if not filed.cards:
            return _json(200, "failed", status="ok", request_status="error", error_code="E2")
        named = (
            filed.cards
            if now >= filed.at + filed.nature.seconds + filed.nature.unnamed
            else filed.cards[:-1]
        )
        return _json(
            200,
            "success",
            status="ok",
            request_status="success",
            cards=[{"card_id": each} for each in named],
        )

    def _duplicate(self, filed: Filed, *, gift: bool) -> Answer | None:
        if self.manner.duplicate == "silence":
            return None
        if self.manner.duplicate == "the first answer again":
            return filed.first
        return self._no_gift(-1) if gift else self._no()

    def _no(self) -> Answer:
        return _json(
            self.manner.refusal, "no", status="error", error_code="E1", error_description="no"
        )

    def _no_gift(self, status: int) -> Answer:
        return self._gift(self.manner.refusal, status, "no")

    @staticmethod
    def _gift(http: int, status: int, says: str, **fields) -> Answer:
        body = {"status": status, "datetime": "2023-11-14 22:13:20", **fields}
        return Answer(Reply(http, {}, json.dumps(body).encode()), says)

    def _unknown(self) -> Answer:
        match self.manner.unknown:
            case "404":
                return Answer(Reply(404, {}, b""))
            case "an error":
                return _json(200, "not known", status="error", error_code="E3")
            case "400":
                return _json(400, "not known", status="error", error_code="E3")
            case "404 in its own words":
                return _json(404, "not known", status="error", error_code="E3")
            case _:
                return _json(200, "not known", status="ok")


def _json(http: int, says: str, **fields) -> Answer:
    return Answer(Reply(http, {}, json.dumps({**fields, "dt": DT}).encode()), says)
