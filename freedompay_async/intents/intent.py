"""A call as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, overload

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import force_setattr

from freedompay_async.contract.request_ids import checked_request_id
from freedompay_async.contract.table import TABLE
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text, check_type, refusal
from freedompay_async.intents.sealing import HiddenBody, opened_body, sealed_body

if TYPE_CHECKING:
    from freedompay_async.intents.sealing import Seal

__all__ = ["Intent"]

R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")
_CHANGES: Final = {call.name: call for call in TABLE if call.changes}
_SHOWN: Final = 60
_VERSION: Final = 1


class Intent(Struct, Generic[R_co], frozen=True, kw_only=True, omit_defaults=True):
    """A call as a value: whose it is, where it goes, its request id, and exactly the bytes that are
    signed and sent. `fp.intend` makes it, and `fp.send` sends it.

    Store it in your own row before you send it, by `to_json`, by msgspec or by pickle. What is
    secret in it (a PIN, a document) is stored by `to_json(seal=…)` only. `repr` shows no body,
    because it may have names and phone numbers.

    Attributes:
        merchant: the merchant id that signs it.
        base_url: the host that it is for.
        call: the method, such as `cards.issue`.
        request_id: the id of the request, in every process.
        body: the body as text; empty if it is hidden.
        hidden: the body, where it has a secret in it.
        cards: how many cards it orders; `None`: none.
        client_id: the client that it orders a card for; `None`: none, or that is not known.
        version: of this form.

    Raises:
        ConfigurationError: `call` is no call that changes something, or the id is none.
    """

    merchant: str
    base_url: str
    call: str
    request_id: str
    body: str
    hidden: HiddenBody | None = None
    cards: int | None = None
    client_id: str | None = None
    version: Literal[1] = 1

    def __post_init__(self) -> None:
        # msgspec checks no types where it is made in code.
        for name in ("merchant", "base_url", "call", "body", "client_id"):
            value = getattr(self, name)
            if value is not None or name != "client_id":
                # msgspec writes no subclass of `str`.
                force_setattr(self, name, check_text(name, value))
        if self.cards is not None and type(self.cards) is not int:
            raise refusal("cards", self.cards, "a whole number (int)")
        if self.hidden is not None:
            check_type("hidden", self.hidden, HiddenBody, "the hidden body of another intent")
        _check(self.call, self.request_id)

    @property
    def signed_bytes(self) -> bytes:
        """The body that is signed and sent."""
        return self.body.encode() if self.hidden is None else self.hidden.body

    def to_json(self, *, seal: Seal | None = None) -> str:
        """One line of JSON, which `Intent.load` reads.

        Args:
            seal: encrypts the body. Without it the body is stored as it is.

        Raises:
            ConfigurationError: the body has a secret in it, and there is no `seal`; or `seal` can't
                encrypt it.
        """
        if seal is None:
            return msgspec.json.encode(self).decode()
        hidden = self.hidden or HiddenBody(self.body.encode(), ())
        made = sealed_body(hidden, seal, call=self.call, request_id=self.request_id)
        return msgspec.json.encode(
            _Stored(
                merchant=self.merchant,
                base_url=self.base_url,
                call=self.call,
                request_id=self.request_id,
                sealed=made,
                cards=self.cards,
                client_id=self.client_id,
            )
        ).decode()

    @overload
    @classmethod
    def load(
        cls,
        data: str | bytes | Mapping[str, object],
        *,
        result: type[T],
        seal: Seal | None = None,
    ) -> Intent[T]: ...
    @overload
    @classmethod
    def load(
        cls, data: str | bytes | Mapping[str, object], *, seal: Seal | None = None
    ) -> Intent[object]: ...
    @classmethod
    def load(
        cls,
        data: str | bytes | Mapping[str, object],
        *,
        result: type | None = None,
        seal: Seal | None = None,
    ) -> Intent[Any]:
        """Read what `to_json` has written. Nothing is sent.

        Args:
            data: the JSON, as text or bytes, or the dict of a JSON column.
            result: what the call results in, such as `IssuedCards`, for type checkers; the call has
                to be one of those.
            seal: what the body was sealed with.

        Raises:
            ConfigurationError: it is no intent, or one of a call with another result, or its body
                can't be opened.
        """
        stored = _read(data)
        if result is not None and _CHANGES[stored.call].result is not result:
            raise ConfigurationError(
                f"the stored intent results in {_CHANGES[stored.call].result.__name__}, and not in "
                f"{result!r}. Nothing was sent.",
                call=stored.call,
                request_id=stored.request_id,
            )
        body, hidden = stored.opened(seal)
        return Intent(
            merchant=stored.merchant,
            base_url=stored.base_url,
            call=stored.call,
            request_id=stored.request_id,
            body=body,
            hidden=hidden,
            cards=stored.cards,
            client_id=stored.client_id,
        )

    def __repr__(self) -> str:
        return (
            f"Intent({self.call}, request_id={self.request_id!r}, merchant={self.merchant!r}, "
            f"base_url={self.base_url!r})"
        )


class _Stored(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An intent as JSON: its body is text, or sealed and in Base64."""

    merchant: str
    base_url: str
    call: str
    request_id: str
    body: str | UnsetType = UNSET
    sealed: bytes | UnsetType = UNSET
    cards: int | None = None
    client_id: str | None = None
    version: int = _VERSION

    def __repr__(self) -> str:
        return f"_Stored({self.call}, request_id={self.request_id!r})"

    def opened(self, seal: Seal | None) -> tuple[str, HiddenBody | None]:
        """The body, or one that is to be hidden.

        Raises:
            ConfigurationError: it has none, or one that can't be opened.
        """
        why = "it has no body"
        if not isinstance(self.body, UnsetType):
            if isinstance(self.sealed, UnsetType):
                return self.body, None
            why = "it has two bodies"
        elif not isinstance(self.sealed, UnsetType):
            if seal is not None:
                hidden = opened_body(self.sealed, seal, call=self.call, request_id=self.request_id)
                return ("", hidden) if hidden.secrets else (hidden.body.decode(), None)
            why = "it is sealed: hand in the seal= that it was sealed with"
        raise ConfigurationError(
            f"the stored intent can't be read: {why}. Nothing was sent.",
            call=self.call,
            request_id=self.request_id,
        )


def _read(data: object) -> _Stored:
    try:
        if isinstance(data, Mapping):
            stored = msgspec.convert(dict(data), _Stored)
        elif isinstance(data, str | bytes):
            stored = msgspec.json.decode(data, type=_Stored)
        else:
            raise refusal("data", data, "what Intent.to_json gave, as text, bytes or a dict")
    except (msgspec.MsgspecError, UnicodeError) as error:
        # The error names a place and types, and no value.
        raise ConfigurationError(f"this is no stored intent: {error}. Nothing was sent.") from None
    if stored.version != _VERSION:
        raise ConfigurationError(
            f"the stored intent has version {stored.version}, and this library reads {_VERSION}: "
            "a newer one has written it. Nothing was sent.",
            request_id=stored.request_id,
        )
    _check(stored.call, stored.request_id)
    return stored


def _check(call: str, request_id: str) -> None:
    if call not in _CHANGES:
        raise ConfigurationError(
            f"{call[:_SHOWN]!r} is no call that changes something, so there is no intent of "
            "it. Nothing was sent."
        )
    checked_request_id(request_id)
