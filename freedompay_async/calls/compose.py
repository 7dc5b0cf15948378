"""What goes out for a call: its message and its signature. No I/O, and no clock."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from freedompay_async.codec.encode import encode
from freedompay_async.codec.messages import Message
from freedompay_async.contract.bodies import secrets_renamed
from freedompay_async.contract.calls import WITHOUT_ID, IdField
from freedompay_async.contract.models import StatusQuery
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import CustomBody
from freedompay_async.contract.request_ids import checked_request_id, new_request_id
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import refusal
from freedompay_async.redaction.secret import Hidden
from freedompay_async.redaction.sent import secrets_sent

if TYPE_CHECKING:
    import msgspec

    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import BodyWithId, HeaderQuery
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.crypto.signing import Signer
    from freedompay_async.redaction.secret import Secret

__all__ = ["Composer", "encode_body", "look_up_message"]


_NOTHING: Final = CustomBody(fields=Fields({}))


class Composer:
    """Makes the message of one call for each attempt.

    A call with one id is encoded once: each attempt sends the same bytes, and is signed again only
    when another signer has taken the place of the first. Each attempt of another call is encoded
    anew under a fresh id, because a used one is refused.

    Args:
        call: the row.
        request: the body.
        extra: fields that the caller adds to the body.

    Attributes:
        request_id: the id of the call, or of the request that it asks about; `None`: not made yet.
        secrets: what goes out and must not be shown.
    """

    __slots__ = (
        *("_call", "_extra", "_made", "_message", "_request", "_signer", "request_id"),
        "secrets",
    )

    def __init__(
        self,
        call: Call[Any],
        request: msgspec.Struct,
        extra: Mapping[str, Any] | None,
    ) -> None:
        self._call = call
        self._request = request
        self._extra = extra
        # The body, where it was made before.
        self._made: Hidden[bytes] | None = None
        self._message: Message | None = None
        self._signer: Signer | None = None
        self.request_id: str | None = None
        self.secrets: tuple[Secret, ...] = ()

    @classmethod
    def of_made(
        cls,
        call: Call[Any],
        *,
        request_id: str,
        body: Hidden[bytes],
        secrets: tuple[Secret, ...],
    ) -> Composer:
        """It sends a body that was made before, byte for byte.

        Args:
            call: the row.
            request_id: the id that the body was made with.
            body: the bytes.
            secrets: what they hold and must not be shown.
        """
        composer = cls(call, _NOTHING, None)
        composer._made, composer.request_id, composer.secrets = body, request_id, secrets
        return composer

    @property
    def id(self) -> str:
        """The `request_id` of a call whose first message is made."""
        return cast("str", self.request_id)

    @property
    def body(self) -> bytes:
        """The body of a call whose first message is made."""
        return cast("Message", self._message).body

    def admit(self, request_id: RequestId | None) -> None:
        """Check what the caller gave, and keep its id.

        Raises:
            ConfigurationError: the id or the added fields can't be sent.
        """
        call, request, extra = self._call, self._request, self._extra
        if call.id_field is IdField.ASKED_ABOUT:
            self.request_id = checked_request_id(cast("StatusQuery", request).request_id)
        elif request_id is not None:
            self.request_id = checked_request_id(request_id)
        self.secrets = tuple(secrets_sent(request))
        if call.fields:
            self.secrets = (*self.secrets, *secrets_sent(call.fields))
        if extra is not None:
            _check_extra(extra)
            self.secrets = (*self.secrets, *secrets_sent(extra))
        if call.rename:
            self.secrets = (*self.secrets, *secrets_renamed(request, call.rename))

    def compose(self, signer: Signer) -> Message | Awaitable[Message]:
        """The signed message of the next attempt; an awaitable where the signer is async.

        Raises:
            ConfigurationError: it can't be encoded, or the signer gave no headers.
        """
        call, message = self._call, self._message
        if message is not None and call.one_id:
            if signer is self._signer:
                return message
            own = self.id
            message = replace(message, headers=self._own_headers())
        else:
            own = (self.request_id if call.one_id else None) or new_request_id()
            # What was made before is known by the id that it was made with.
            if call.id_field is not IdField.ASKED_ABOUT and self._made is None:
                self.request_id = own
            message = self._encoded(own, signer)
        made = _signed(message, call, signer, own)
        if isinstance(made, Message):
            return self._keep(made, signer)
        return self._keep_later(made, signer)

    def _own_headers(self) -> dict[str, str]:
        return dict(cast("HeaderQuery", self._request).headers) if self._call.headers_only else {}

    def made(self) -> bytes:
        """The body of a call that has a body, before it is signed.

        Raises:
            ConfigurationError: it can't be encoded.
        """
        if self.request_id is None:
            self.request_id = new_request_id()
        return self._body_of(self.request_id)

    def _encoded(self, own: str, signer: Signer) -> Message:
        call = self._call
        if call.needs_header_id and not signer.header_id:
            raise ConfigurationError(f"{WITHOUT_ID} Nothing was sent.")
        if call.headers_only:
            return Message(call.method, call.path, self._own_headers(), b"", call.row_name)
        return Message(call.method, call.path, {}, self._body_of(own), call.row_name)

    def _body_of(self, own: str) -> bytes:
        if self._made is not None:
            return self._made.value
        if self._call.id_field is IdField.OWN:
            cast("BodyWithId", self._request).request_id = own
        return encode_body(self._call, self._request, self._extra)

    def _keep(self, message: Message, signer: Signer) -> Message:
        self._message, self._signer = message, signer
        return message

    async def _keep_later(self, signing: Awaitable[Message], signer: Signer) -> Message:
        return self._keep(await signing, signer)


def look_up_message(
    call: Call[Any], request_id: str, signer: Signer
) -> Message | Awaitable[Message]:
    """The signed question about a request; it has an id of its own, in a header.

    Args:
        call: the row of `requests.status`.
        request_id: of the request that is asked about.
        signer: of the section of the row.
    """
    body = encode_body(call, StatusQuery(request_id=request_id))
    message = Message(call.method, call.path, {}, body, call.row_name)
    return _signed(message, call, signer, new_request_id())


def _check_extra(extra: object) -> None:
    if not isinstance(extra, Mapping | Fields):
        raise refusal("extra", extra, "a dict of fields")
    if "request_id" in extra:
        raise ConfigurationError(
            "extra can't hold request_id: hand it in as request_id=. Nothing was sent."
        )


def encode_body(
    call: Call[Any], request: msgspec.Struct, extra: Mapping[str, Any] | None = None
) -> bytes:
    """The body of a call as its row has it, with the fields that the caller adds."""
    return encode(request, call.fields, extra, leave_out=call.leave_out, rename=call.rename)


def _signed(
    message: Message, call: Call[Any], signer: Signer, own: str
) -> Message | Awaitable[Message]:
    # The body and the headers are never variables of their own: a signer that fails leaves a
    # traceback of this frame.
    headers: Hidden[object] = Hidden(
        signer.headers(path=message.path, body=message.body, request_id=own)
    )
    # A dict is no awaitable, and to ask an abstract class takes longer.
    if type(headers.value) is not dict and isinstance(headers.value, Awaitable):
        return _with_later_headers(message, headers.value, call)
    return _with_headers(message, headers, call)


async def _with_later_headers(
    message: Message, headers: Awaitable[object], call: Call[Any]
) -> Message:
    return _with_headers(message, Hidden(await headers), call)


def _with_headers(message: Message, headers: Hidden[object], call: Call[Any]) -> Message:
    if type(headers.value) is not dict and not isinstance(headers.value, Mapping):
        raise refusal("what the signer gave", headers.value, "headers, as a dict of texts")
    for name in headers.value:
        if not isinstance(headers.value[name], str):
            raise refusal(f"the signer's header {name}", headers.value[name], "text")
    message.headers.update(headers.value)
    if call.header_names:
        message.headers = call.named(message.headers)
    return message
