"""What must not be shown of the texts that come in: one place knows what went out with a client.

What an answer repeats of it is hidden, whichever answer that is. What this process does not know, because another one sent it or it is
long ago, is hidden by its shape: see `masking.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from freedompay_async.masking import Known, cut, is_secret_name, is_shaped, mask_text, masked_body, masked_codes
from freedompay_async.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["BY_SHAPE", "Outgoing", "Redaction", "secrets_sent"]

# So many requests are remembered, and so many characters of what went out with them; older ones are hidden by shape only.
_MOST_REQUESTS: Final = 10_000
_MOST_CHARACTERS: Final = 4 * 2**20
# A longer one is a document, which has a shape: its beginning is enough to know it by.
_MOST_OF_ONE: Final = 16_384
_NOTHING: Final = frozenset({type(None), bool})
_PLAIN: Final = frozenset({*_NOTHING, str, int, Decimal})
# Shorter than the number of a card.
_CODE: Final = re.compile(r"-?\w{1,12}", re.ASCII)
# Not searched: a code may well be the year of a time, or the end of a card number.
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_CARD_MASK: Final = re.compile(r"(?=(?:[^*xX\u2022]*[*xX\u2022]){4})[0-9*xX\u2022 -]{8,30}")
_MOST_OF_A_CARD: Final = 10


class Redaction:
    """What is hidden in the answers to one call.

    Args:
        secrets: what they may repeat.
        codes: codes go over this call, so any 3 to 8 digits are taken for one.
        known: more of what they may repeat.
    """

    __slots__ = ("_codes", "_known")

    def __init__(self, secrets: Iterable[Secret] = (), *, codes: bool = False, known: tuple[Known, ...] = ()) -> None:
        self._known: Final = (*known, *map(Known, secrets))
        self._codes: Final = codes

    def with_more(self, secrets: Iterable[Secret], *, codes: bool) -> Redaction:
        """The same, and these too."""
        return Redaction(secrets, codes=codes, known=self._known)

    def sees(self, body: bytes) -> bool:
        """Whether something in these bytes may have to be hidden; quick, because of most answers nothing has."""
        if self._codes or len(body) > _MOST_OF_ONE or is_shaped(body):
            return True
        return any(each.needle is None or each.needle in body for each in self._known)

    def text(self, text: str) -> str:
        """At most 2,000 characters of a text, without what must not be shown."""
        if _TIME.fullmatch(text) or _is_card_mask(text):
            return text
        text = mask_text(self._without_known(cut(text)))
        return masked_codes(text) if self._codes else text

    def code(self, code: str) -> str:
        """An issuer's code. The bare one is hidden only if it is known to be a secret: it tells what is wrong."""
        return self._without_known(code) if _CODE.fullmatch(code) else self.text(code)

    def sealed(self, value: Any) -> Any:
        """The value with a `Secret` in the place of each text that repeats what is known; what else it is, its reader knows."""
        if isinstance(value, dict):
            return {self._without_known(name): self.sealed(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.sealed(part) for part in value]
        if isinstance(value, str) and self._without_known(value) != value:
            return Secret(value)
        return value

    def body(self, body: bytes) -> str:
        """The raw answer as text that may be shown."""
        return masked_body(body, self._known, codes=self._codes)

    def _without_known(self, text: str) -> str:
        for each in self._known:
            text = each.hidden_in(text)
        return text

    def __reduce__(self) -> tuple[type[Redaction], tuple[()]]:
        # A pickle holds no secret.
        return Redaction, ()

    def __repr__(self) -> str:
        return f"Redaction({len(self._known)} secrets)"


BY_SHAPE: Final = Redaction()
"""For what comes in where nothing is known to have gone out."""


class Outgoing:
    """What went out with a client, for as long as there is room.

    Args:
        signers: their keys and tokens, as `secrets` of each has them, are in every call.
        fields: what overrides add to bodies.
    """

    def __init__(self, signers: Iterable[object], fields: Iterable[object] = ()) -> None:
        self._signers: Final = list({id(each): each for each in signers}.values())
        self._added: Final = tuple(secret for each in fields for secret in secrets_sent(each))
        self._keys: tuple[Secret, ...] | None = None
        self._usual = BY_SHAPE
        self._of: Final[dict[str, tuple[Secret, ...]]] = {}
        self._characters = 0

    def note(self, request_id: str, secrets: Sequence[Secret]) -> None:
        """These go out under this id."""
        self._forget(request_id)
        kept = tuple(map(_beginning, secrets))
        self._of[request_id] = kept
        self._characters += _size(kept)
        while len(self._of) > _MOST_REQUESTS or self._characters > _MOST_CHARACTERS:
            self._forget(next(iter(self._of)))

    def _forget(self, request_id: str) -> None:
        self._characters -= _size(self._of.pop(request_id, ()))

    def about(self, request_id: str | None, secrets: Sequence[Secret] = (), *, codes: bool = False) -> Redaction:
        """What is hidden in the answers to a call, or to a question about it.

        Args:
            request_id: of the call.
            secrets: what goes out with it, noted or not.
            codes: codes go over it.
        """
        keys = tuple([secret for each in self._signers for secret in getattr(each, "secrets", ())])
        if keys != self._keys:
            # A new token; the first time, all of them.
            self._keys, self._usual = keys, Redaction((*keys, *self._added))
        own = (*secrets, *self._of.get(request_id or "", ()))
        if not own and not codes:
            return self._usual
        return self._usual.with_more(own, codes=codes or any(map(_is_code, own)))


def secrets_sent(value: object, name: str = "") -> Iterator[Secret]:
    """The secrets inside of what goes out: what is sealed, and what has the name of a secret."""
    if type(value) in _NOTHING:
        return
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Struct):
        named = _secret_fields(type(value))
        for field in value.__struct_fields__:
            part = getattr(value, field)
            if field in named or type(part) not in _PLAIN:
                yield from secrets_sent(part, field)
    elif isinstance(value, str | int | Decimal):
        if is_secret_name(name):
            yield Secret(str(value))
    elif callable(getattr(value, "items", None)):
        for each, part in value.items():  # type: ignore[attr-defined]
            yield from secrets_sent(part, each if isinstance(each, str) else "")
    elif isinstance(value, list | tuple):
        for part in value:
            yield from secrets_sent(part, name)


@cache
def _secret_fields(kind: type[Struct]) -> frozenset[str]:
    return frozenset(filter(is_secret_name, kind.__struct_fields__))


def _is_card_mask(text: str) -> bool:
    """Whether it is a card's number, of which no more is told than cards tell in receipts."""
    return _CARD_MASK.fullmatch(text) is not None and sum(map(str.isdigit, text)) <= _MOST_OF_A_CARD


def _beginning(secret: Secret) -> Secret:
    value = secret._value or ""
    return secret if len(value) <= _MOST_OF_ONE else Secret(value[:_MOST_OF_ONE])


def _size(secrets: Iterable[Secret]) -> int:
    return sum(len(each._value or "") for each in secrets)


def _is_code(secret: Secret) -> bool:
    value = secret._value or ""
    return 3 <= len(value) <= 8 and value.isdigit()
