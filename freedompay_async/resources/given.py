"""`fp.call`: what the table does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from freedompay_async.contract import Call, Mark, Retry, Section
from freedompay_async.errors import ConfigurationError
from freedompay_async.models.answers import RequestState
from freedompay_async.models.requests import GivenBody, GivenIntent

if TYPE_CHECKING:
    from freedompay_async.models.open import Fields
    from freedompay_async.session import Session

__all__ = ["given_call"]

R = TypeVar("R")


async def given_call(
    session: Session,
    path: str,
    body: Fields | msgspec.Struct,
    answer_type: type[R],
    *,
    retry: Retry,
    section: Section,
    request_id: str | None,
    timeout: float | None,
) -> R:
    """As `FreedomPay.call`."""
    if not path.startswith("/") or any(char in path for char in "?#\r\n "):
        raise ConfigurationError(f"the path is {path!r}: it starts with / and has no query. Nothing was sent.")
    if retry.harmless and request_id is not None:
        raise ConfigurationError("request_id is for calls that change something: each attempt of a read has its own. Nothing was sent.")
    if retry is Retry.ASKABLE:
        if answer_type is not RequestState or isinstance(body, msgspec.Struct):
            raise ConfigurationError("an askable call has a body of fields and gives a RequestState: it may be answered by request/status.")
        askable = Call(path, path, GivenIntent, RequestState, Mark.GIVEN, retry, "", section)
        return cast("R", await session.submit(askable, GivenIntent(fields=body), request_id=request_id, timeout=timeout))
    request = body if isinstance(body, msgspec.Struct) else GivenBody(fields=body)
    call = Call(path, path, type(request), answer_type, Mark.GIVEN, retry, "", section)
    if retry is Retry.UNASKABLE:
        return await session.change(call, request, request_id=request_id, timeout=timeout)
    return await (session.read if retry is Retry.READ else session.repeat)(call, request, timeout=timeout)
