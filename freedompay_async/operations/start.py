"""Starts what `request/status` knows: sends an intent, and gives its operation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from freedompay_async.operations.operation import Operation
from freedompay_async.settings.options import NO_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.calls.compose import Composer
    from freedompay_async.calls.first_send import SentBefore
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import BodyWithId
    from freedompay_async.settings.options import ChangeOptions

__all__ = ["start"]

R = TypeVar("R")


async def start(
    session: Session,
    call: Call[R],
    request: BodyWithId,
    options: ChangeOptions = NO_OPTIONS,
    *,
    sent_before: SentBefore | None = None,
    on_leave: Callable[[], Callable[[], bool] | None] | None = None,
    ask_once: bool = False,
    signed: Composer | None = None,
) -> Operation[R]:
    """Send an intent, as `Session.submit` does.

    Returns:
        The operation that came of it.
    """
    answer = await session.submit(
        call,
        request,
        options,
        sent_before=sent_before,
        on_leave=on_leave,
        ask_once=ask_once,
        signed=signed,
    )
    # Nobody knows when the issuer accepted what an earlier process sent, or what it had before.
    earlier = sent_before is not None or options.get("first_sent") is not None
    known = not earlier and not answer.found
    accepted = asyncio.get_running_loop().time() if known else None
    return Operation(
        session,
        call,
        answer.request_id,
        answer,
        accepted=accepted,
        cards=request.cards,
        holder=request.holder,
    )
