"""`fp.call`: what the table does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from msgspec import inspect

from freedompay_async.contract.calls import Call, Mark, Retry, Section, check_path
from freedompay_async.contract.models.answers import RequestState
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import GivenBody, GivenIntent
from freedompay_async.contract.request_ids import checked_request_id
from freedompay_async.contract.table import TABLE
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text, check_type
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freedompay_async.calls.session import Session
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.settings.options import ChangeOptions, IdOptions

__all__ = ["given_call"]

R = TypeVar("R")


async def given_call(
    session: Session,
    path: str,
    body: Fields | msgspec.Struct,
    answer_type: type[R],
    options: IdOptions,
    *,
    retry: Retry,
    section: Section,
) -> R:
    """As `FreedomPay.call`."""
    check_path(check_text("path", path))
    check_type("retry", retry, Retry, "a Retry, such as Retry.READ")
    if check_text("section", section) not in session.shared.signers:
        raise ConfigurationError(f"section {section!r} is not of this client. Nothing was sent.")
    section = Section(section)
    _check_type(answer_type)
    request_id = options.get("request_id")
    if retry.harmless and request_id is not None:
        raise ConfigurationError(
            "request_id is for calls that change something: each attempt of a read has its own. "
            "Nothing was sent."
        )
    if retry.harmless and any(
        session.shared.row(call).path == path and not call.retry.harmless for call in TABLE
    ):
        raise ConfigurationError(
            f"{path} changes something, so it is no read and is not repeated at will. Nothing was "
            "sent."
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
                "an askable call has a body of fields and is read into a RequestState. Nothing "
                "was sent."
            )
        askable = Call(path, path, GivenIntent, RequestState, Mark.GIVEN, retry, "", section)
        return cast("R", await session.submit(askable, GivenIntent(fields=body), own))
    request = body if isinstance(body, msgspec.Struct) else GivenBody(fields=body)
    call = Call(path, path, type(request), answer_type, Mark.GIVEN, retry, "", section)
    if retry is Retry.UNASKABLE:
        return await session.change(call, request, own)
    return await (session.read if retry is Retry.READ else session.repeat)(call, request, own)


def _own_id(body: Fields | msgspec.Struct, request_id: RequestId | None) -> RequestId | None:
    """The id in the caller's own body is the id of the call: one intent has one."""
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
    """Whether an answer can be read into it: to be found out before something is sent, and not
    after.
    """
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
            f"answer_type {answer_type!r} can't be read from JSON: it has no {name}. Nothing was "
            "sent."
        )


def _custom_types(part: object, seen: set[int]) -> Iterator[type]:
    """The classes inside a type that JSON knows nothing of."""
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, inspect.CustomType):
        yield part.cls
    elif isinstance(part, inspect.Type | inspect.Field):
        for name in part.__struct_fields__:
            yield from _custom_types(getattr(part, name), seen)
    elif isinstance(part, tuple):
        for each in part:
            yield from _custom_types(each, seen)
