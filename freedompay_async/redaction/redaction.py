"""Hides in answers the secrets that a client has sent.

Secrets that this process does not know, because another process sent them or long ago, are hidden
by their shape: see `masking.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from freedompay_async.redaction.masking import (
    TIME_FORM,
    cut,
    is_shaped,
    mask_text,
    masked_body,
    masked_codes,
)
from freedompay_async.redaction.secret import MASK, Secret
from freedompay_async.redaction.sent import MOST_OF_ONE, secrets_sent
from freedompay_async.redaction.spelling import Known, hide_known, present

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "BY_SHAPE",
    "Keyed",
    "Outgoing",
    "Redaction",
    "is_id",
    "named_apart",
]

T = TypeVar("T")
# The most requests that are remembered, and the most characters of their secrets. Older secrets are
# hidden by shape only.
_MOST_REQUESTS: Final = 10_000
_MOST_SIGNERS: Final = 8
_MOST_CHARACTERS: Final = 4 * 2**20
_MOST_SEARCHED: Final = 4_000
# The longest time or masked card number.
_LONGEST_FORM: Final = 40
# It is shorter than the number of a card.
_CODE: Final = re.compile(r"-?\w{1,12}", re.ASCII)
_TIME: Final = re.compile(TIME_FORM, re.ASCII)
_CARD_MASK: Final = re.compile(r"(?=(?:[^*xX\u2022]*[*xX\u2022]){4})[0-9*xX\u2022 -]{8,30}")
_MOST_OF_A_CARD: Final = 10


class Keyed(Protocol):
    """A signer, as far as it is needed here."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be shown where the issuer repeats it."""
        ...


class Redaction:
    """What is hidden in the answers to one call.

    Args:
        secrets: what the answers may repeat.
        codes: the call carries codes, so any 3 to 8 digits count as one.
        known: more of what the answers may repeat.
    """

    __slots__ = ("_codes", "_known")

    def __init__(
        self, secrets: Iterable[Secret] = (), *, codes: bool = False, known: tuple[Known, ...] = ()
    ) -> None:
        self._known: Final = (*known, *map(Known, secrets))
        self._codes: Final = codes

    def with_more(self, secrets: Iterable[Secret], *, codes: bool) -> Redaction:
        """The same with more secrets. A code among them counts as a code that the call carries."""
        more = tuple(map(Known, secrets))
        return Redaction(
            codes=codes or any(each and each.code for each in more), known=(*self._known, *more)
        )

    def within(self, body: bytes) -> Redaction | None:
        """What to hide in this answer; `None`: nothing, which is found out quickly."""
        known = present(self._known, body)
        if not known and not self._codes and len(body) <= MOST_OF_ONE and not is_shaped(body):
            return None
        return self if len(known) == len(self._known) else Redaction(known=known, codes=self._codes)

    def text(self, text: str) -> str:
        """At most 2,000 characters of a text, without secrets."""
        return self._hidden(text, codes=self._codes)

    def word(self, word: str) -> str:
        """The same for a field that is no sentence: only known digits count as a code in it."""
        return self._hidden(word, codes=False)

    def code(self, code: str) -> str:
        """An issuer's error code, which says what is wrong. Only a known secret is hidden in it."""
        return hide_known(code, self._known) if _CODE.fullmatch(code) else self.text(code)

    def card_mask(self, mask: str) -> str:
        """A masked card number; one that shows too many digits is treated like any text."""
        return mask if _shows_little(mask) else self.text(mask)

    def _hidden(self, text: str, *, codes: bool) -> str:
        if _is_form(text):
            # A code may be equal to the year of a time, or to the end of a card number.
            return MASK if self._is_one(text) else text
        # Hidden before it is cut, because half a secret can't be recognised.
        text = mask_text(cut(hide_known(text[:_MOST_SEARCHED], self._known)))
        return masked_codes(text) if codes else text

    def _is_one(self, text: str) -> bool:
        """Whether the whole text is a secret, or all digits of the card number in it are one."""
        digits = "".join(filter(str.isdigit, text)) if _is_card_mask(text) else text
        return any(each.is_value(text) or each.is_value(digits) for each in self._known)

    def sealed(self, value: Any, *, numbers: bool) -> Any:
        """The value with a `Secret` in place of each text that repeats a known secret.

        Ids, times and masked card numbers stay.

        Args:
            value: a good answer, before it is read into the caller's own type.
            numbers: whether numbers are replaced too.
        """
        if isinstance(value, dict):
            return {
                name: part if is_id(name) else self.sealed(part, numbers=numbers)
                for name, part in named_apart(
                    (hide_known(name, self._known), part) for name, part in value.items()
                )
            }
        if isinstance(value, list):
            return [self.sealed(part, numbers=numbers) for part in value]
        if isinstance(value, str):
            repeats = (
                self._is_one(value) if _is_form(value) else hide_known(value, self._known) != value
            )
            return Secret(value) if repeats else value
        if (
            numbers
            and isinstance(value, int | Decimal)
            and not isinstance(value, bool)
            and self._is_number(value)
        ):
            return Secret(str(value))
        return value

    def _is_number(self, value: int | Decimal) -> bool:
        return any(each.is_value(str(value)) for each in self._known)

    def body(self, body: bytes) -> str:
        """The raw answer as text that may be shown."""
        return masked_body(body, self._known, codes=self._codes)

    def __reduce__(self) -> tuple[type[Redaction], tuple[()]]:
        # A pickle holds no secret.
        return Redaction, ()

    def __repr__(self) -> str:
        return f"Redaction({len(self._known)} secrets)"


BY_SHAPE: Final = Redaction()
"""For answers where no secrets are known."""


class Outgoing:
    """The secrets that a client has sent; the oldest are forgotten when there are too many.

    Args:
        signers: their `secrets`, such as keys and tokens, are in every call.
        added: what overrides add to bodies.
    """

    def __init__(self, signers: Iterable[Keyed], added: Iterable[object] = ()) -> None:
        self._signers = list({id(each): each for each in signers}.values())
        self._added: Final = tuple(secret for each in added for secret in secrets_sent(each))
        self._keys: tuple[Secret, ...] | None = None
        self._usual = BY_SHAPE
        self._of: Final[dict[str, tuple[Secret, ...]]] = {}
        self._characters = 0

    def sign_with(self, signers: Iterable[Keyed]) -> None:
        """Add signers. The earlier ones stay, because calls that they signed may be unanswered."""
        new = [each for each in signers if all(each is not known for known in self._signers)]
        self._signers = [*self._signers, *new][-_MOST_SIGNERS:]

    def note(self, request_id: str, secrets: Sequence[Secret]) -> None:
        """Remember the secrets that are sent under this id."""
        self._forget(request_id)
        self._of[request_id] = tuple(secrets)
        self._characters += _size(secrets)
        while len(self._of) > _MOST_REQUESTS or self._characters > _MOST_CHARACTERS:
            self._forget(next(iter(self._of)))

    def _forget(self, request_id: str) -> None:
        self._characters -= _size(self._of.pop(request_id, ()))

    def about(
        self, request_id: str | None, secrets: Sequence[Secret] = (), *, codes: bool = False
    ) -> Redaction:
        """What to hide in the answers to a call, or to a question about it.

        Args:
            request_id: the id of the call.
            secrets: what is sent with it, remembered or not.
            codes: the call carries codes.
        """
        keys = tuple([secret for each in self._signers for secret in each.secrets])
        if keys != self._keys:
            # There is a new token, or it is the first call.
            self._keys, self._usual = keys, Redaction((*keys, *self._added))
        own = (*secrets, *self._of.get(request_id or "", ()))
        if not own and not codes:
            return self._usual
        return self._usual.with_more(own, codes=codes)


def is_id(name: str) -> bool:
    """Whether a field of this name is an id, which is never hidden."""
    return name == "id" or name.endswith(("_id", "Id"))


def named_apart(named: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """Number the names that became equal when their secrets were hidden."""
    taken: set[str] = set()
    for name, part in named:
        unique = name if name not in taken else f"{name} ({len(taken)})"
        taken.add(unique)
        yield unique, part


def _is_form(text: str) -> bool:
    """Whether the text is a time or a masked card number, which may hold a code by chance."""
    return len(text) <= _LONGEST_FORM and (_TIME.fullmatch(text) is not None or _is_card_mask(text))


def _is_card_mask(text: str) -> bool:
    """Whether the text is a masked card number that shows no more digits than a receipt."""
    return _CARD_MASK.fullmatch(text) is not None and _shows_little(text)


def _shows_little(text: str) -> bool:
    return sum(map(str.isdigit, text)) <= _MOST_OF_A_CARD


def _size(secrets: Iterable[Secret]) -> int:
    return sum(len(each._value or "") for each in secrets)
