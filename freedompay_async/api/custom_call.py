"""`fp.call`: a call that the contract table does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from msgspec import inspect

from freedompay_async.contract.calls import Call, Mark, Retry, Section, check_path
from freedompay_async.contract.models.answers import RequestState
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import CustomBody, CustomIntent
from freedompay_async.contract.request_ids import checked_request_id
from freedompay_async.contract.table import TABLE
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text, check_type
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freedompay_async.calls.session import Session
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.settings.options import ChangeOptions, SendOptions

__all__ = ["custom_call"]

R = TypeVar("R")


async def custom_call(
    session: Session,
    path: str,
    body: Fields | msgspec.Struct,
    answer_type: type[R],
    options: SendOptions,
    *,
    retry: Retry,
    section: Section,
) -> R:
    """Make the call; arguments and errors as in `FreedomPay.call`."""
    check_path(check_text("path", path))
    check_type("retry", retry, Retry, "a Retry, such as Retry.READ")
    if check_text("section", section) not in session.shared.signers:
        raise ConfigurationError(f"section {section!r} is not of this client. Nothing was sent.")
    section = Section(section)
    _check_type(answer_type)
    request_id = options.get("request_id")
    for name in ("request_id", "first_sent"):
        if retry.harmless and options.get(name) is not None:
            raise ConfigurationError(
                f"{name} is only for calls that change something: each attempt of a read has an id "
                "of its own. Nothing was sent."
            )
    if retry.harmless and any(
        session.shared.row(call).path == path and not call.retry.harmless for call in TABLE
    ):
        raise ConfigurationError(
            f"{path} changes something, so retry can't be {retry}. Nothing was sent."
        )
    if not retry.harmless:
        request_id = _own_id(body, request_id)
    own = cast("ChangeOptions", {**options, "request_id": request_id})
    if retry is Retry.ASKABLE:
        if section is not Section.PAYMENT_CARDS:
            raise ConfigurationError(
                f"request/status does not know the calls of {section}: they can't be asked about. "
                "Nothing was sent."
            )
        if answer_type is not RequestState or isinstance(body, msgspec.Struct):
            raise ConfigurationError(
                "a call with Retry.ASKABLE needs a dict as its body, and RequestState as its "
                "answer_type. Nothing was sent."
            )
        askable = Call(path, path, CustomIntent, RequestState, Mark.CUSTOM, retry, "", section)
        return cast("R", await session.submit(askable, CustomIntent(fields=body), own))
    request = body if isinstance(body, msgspec.Struct) else CustomBody(fields=body)
    call = Call(path, path, type(request), answer_type, Mark.CUSTOM, retry, "", section)
    if retry is Retry.UNASKABLE:
        return await session.change(call, request, own)
    return await (session.read if retry is Retry.READ else session.repeat)(call, request, own)


def _own_id(body: Fields | msgspec.Struct, request_id: RequestId | None) -> RequestId | None:
    """The id of the call: that in the caller's body, if it has one, because a call has one id."""
    named = (
        body.get("request_id") if isinstance(body, Fields) else getattr(body, "request_id", None)
    )
    if not named:
        return request_id
    if request_id is not None and checked_request_id(request_id) != checked_request_id(named):
        raise ConfigurationError(
            "request_id and the request_id in the body differ: one call has one id. Nothing was "
            "sent."
        )
    return checked_request_id(named)


def _check_type(answer_type: Any) -> None:
    """Refuse a type that no answer can be read into, before anything is sent."""
    try:
        unread = [
            kind
            for kind in _custom_types(inspect.type_info(answer_type), set())
            if not issubclass(kind, Secret | Fields)
        ]
    except (TypeError, NameError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"answer_type {answer_type!r} can't be read from JSON: {error}. Nothing was sent."
        ) from error
    if unread:
        name = unread[0].__name__
        raise ConfigurationError(
            f"answer_type {answer_type!r} can't be read from JSON: JSON has no {name}. Nothing was "
            "sent."
        )


def _custom_types(part: object, visited: set[int]) -> Iterator[type]:
    """The classes inside a type that JSON does not have."""
    if id(part) in visited:
        return
    visited.add(id(part))
    if isinstance(part, inspect.CustomType):
        yield part.cls
    elif isinstance(part, inspect.Type | inspect.Field):
        for name in part.__struct_fields__:
            yield from _custom_types(getattr(part, name), visited)
    elif isinstance(part, tuple):
        for each in part:
            yield from _custom_types(each, visited)
