"""What the handler of a `MockTransport` gets, and what it may give back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from freedompay_async.contract.models.open import Fields
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal
from freedompay_async.guards.staying import Staying
from freedompay_async.redaction.masking import mask_text
from freedompay_async.redaction.secret import Hidden

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Message

__all__ = ["Headers", "MockReply", "MockRequest"]

_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
# The headers that carry the id: of `Sign`, and of HashDT.
_ID_HEADERS: Final = ("Request-Id", "x-request-id")


class Headers(Fields):
    """Headers, found by their name in upper or lower case. `repr` shows only the names."""

    __slots__ = ("_written",)

    def __init__(self, headers: Mapping[str, str] | Fields) -> None:
        super().__init__(headers)
        self._written: Final = {name.lower(): name for name in self}

    def __getitem__(self, name: str) -> str:
        return cast("str", super().__getitem__(self._written[name.lower()]))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._written

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(self._written.get(name.lower(), name), default)


class MockRequest(Staying):
    """One request of a client, as it would have left. Its `repr` shows the names of the fields of
    its body, and no value.

    Attributes:
        call: the method, such as `cards.issue`, whatever path an override has given it; `None`: it
            was made with `fp.call`.
        method: `POST`; `GET` for HashDT.
        path: such as `/v5/card-api/card/issue`.
        headers: by their name in upper or lower case, the signature among them.
        body: a dict of the fields by their name on the wire, numbers with a decimal point as
            `Decimal`; `None`: there is no body, as for HashDT.
        request_id: of the body; of a look-up, the id that it asks about. Where the body has none,
            that of the header `Request-Id` or `x-request-id`; `None`: the request carries no id.
    """

    INSTEAD = "keep what the test needs of it"
    __slots__ = ("_body", "call", "headers", "method", "path", "request_id")

    def __init__(self, message: Message) -> None:
        self.call: Final = message.call
        self.method: Final = message.method
        self.path: Final = message.path
        self.headers: Final = Headers(message.headers)
        self._body: Final = Hidden(_DECODER.decode(message.body) if message.body else None)
        self.request_id: Final = self._own_id()

    @property
    def body(self) -> Any:
        return self._body.value

    def _own_id(self) -> str | None:
        named = (self.body or {}).get("request_id")
        if named is not None:
            return str(named)
        return next(filter(None, map(self.headers.get, _ID_HEADERS)), None)

    def __repr__(self) -> str:
        call = "" if self.call is None else f"{self.call}: "
        own = "" if self.request_id is None else f", request_id {self.request_id}"
        fields = "" if self.body is None else f", with {', '.join(map(mask_text, self.body))}"
        return f"<{call}{self.method} {self.path}{own}{fields}>"


class MockReply:
    """An answer with a status, a body and headers of your own. Its `repr` shows no value of them.

    Args:
        status: the HTTP status, 200 to 599.
        body: a dict or a list, which is sent as JSON, a text, or bytes; left out, nothing.
        headers: such as `{"Retry-After": "1"}`.

    Raises:
        ConfigurationError: one of them has a wrong type, or JSON can't hold the body.
    """

    __slots__ = ("_content", "headers", "status")

    def __init__(
        self,
        status: int,
        body: Mapping[str, Any] | list[Any] | str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        # Hidden first, so that no traceback of this frame shows them.
        hidden: Hidden[object] = Hidden(body)
        hidden_headers: Hidden[object] = Hidden({} if headers is None else headers)
        del body, headers
        self.status: Final = _checked_status(status)
        self.headers: Final = _checked_headers(hidden_headers)
        self._content: Final = Hidden(_content(hidden))

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return self._content.value

    def __repr__(self) -> str:
        return f"<MockReply {self.status}, {len(self.content)} bytes>"


def _checked_status(status: object) -> int:
    if not isinstance(status, int) or isinstance(status, bool):
        raise refusal("status", status, "an HTTP status (int)")
    if not 200 <= status <= 599:
        raise ConfigurationError(
            f"status={status}: an answer has an HTTP status from 200 to 599. Nothing was sent."
        )
    return status


def _checked_headers(headers: Hidden[object]) -> Headers:
    if not isinstance(headers.value, Mapping) or not all(
        isinstance(part, str) for pair in headers.value.items() for part in pair
    ):
        raise refusal("headers", headers.value, "a dict of texts")
    return Headers(headers.value)


def _content(body: Hidden[object]) -> bytes:
    if body.value is None:
        return b""
    if isinstance(body.value, bytes):
        return body.value
    if isinstance(body.value, str):
        return body.value.encode()
    if not isinstance(body.value, Mapping | list):
        raise refusal("body", body.value, "a dict, a list, a text or bytes")
    try:
        return _ENCODER.encode(body.value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ConfigurationError(
            f"JSON can't hold the body of this MockReply: {error}. Nothing was sent."
        ) from None
