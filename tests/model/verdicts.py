"""What a call told its caller, against what the issuer did."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freedompay_async import (
    AuthenticationError,
    ConfigurationError,
    DuplicateRequest,
    FreedomPayError,
    GiftCardError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
)

if TYPE_CHECKING:
    from tests.model.people import Call
    from tests.model.world import World

NOTHING = (NotSent, RateLimited, AuthenticationError)
"""They say that this call did nothing."""
NOT_DONE = (RequestFailed, DuplicateRequest, GiftCardError)
"""They say that it was not done, or not that it was: never of a card that is there."""


def judge(world: World, call: Call, value, error) -> None:
    """Tell the end of a call in the story, hold it against the truth, and see what its caller may do next."""
    cancelled = isinstance(error, asyncio.CancelledError)
    name = "an answer" if error is None else type(error).__name__
    if cancelled:
        marked = hasattr(error, "outcome_unknown") and getattr(error, "request_id", None) is not None
        world.check(marked, "%s: a cancellation says nothing", call)
        name += ", " + ("may have been done" if not marked or error.outcome_unknown else "did nothing")
    if error is None and call.what != "read":
        name += f" {getattr(value, 'request_status', None) or getattr(getattr(value, 'answer', None), 'request_status', '')}"
    world.tell("%s ends with %s%s", call, name, "" if error is None else f" ({error})")
    world.tally[f"{call.what}: {name}"] += 1
    known = isinstance(error, FreedomPayError) and not isinstance(error, ConfigurationError)
    world.check(error is None or cancelled or known, "%s raised %r", call, error)
    if call.what in ("submit", "change"):
        _of_effect(world, call, value, error)
    elif call.what in ("result", "refresh"):
        _of_look(world, call, value, error)
    else:
        told = value if error is None else error
        own = told.request_id in world.made_ids or (error is not None and not call.tried)
        world.check(own, "%s names the id %s, which no attempt of it had", call, told.request_id)


def _of_effect(world: World, call: Call, value, error) -> None:
    intent = call.intent
    told = value if error is None else error
    intent.request_id = intent.request_id or told.request_id
    world.check(told.request_id == intent.request_id, "%s names the id %s of %s", call, told.request_id, intent.request_id)
    filed = world.issuer.books.get(intent.header_id or "")
    if error is None or isinstance(error, ProtocolError):
        done = intent.effects if intent.gift else filed and filed.taken
        world.check(done, "%s was told to be done, and the issuer has not taken it", call)
        found = getattr(getattr(value, "answer", None), "found", False)
        world.check(not found or call not in intent.effects, "%s was told to have found it, and did it", call)
        intent.state = "over" if intent.gift else "accepted"
        intent.operation = value
        return
    if isinstance(error, NOT_DONE):
        world.check(not intent.effects, "%s was told %r, and its card is there", call, error)
        intent.undone, intent.state = type(error).__name__, "over"
    elif isinstance(error, NOTHING) or (isinstance(error, asyncio.CancelledError) and not error.outcome_unknown):
        # Whoever knew when it was first sent answers for all that came of it.
        name = type(error).__name__
        why = {"NotSent": not call.sends, "RateLimited": 429 in call.heard, "AuthenticationError": 401 in call.heard}
        world.check(why.get(name, True), "%s was told %r, after %d sends that were answered with %s", call, error, call.sends, call.heard)
        mine = [each for each in intent.effects if call.knows_first or each is call]
        world.check(not mine, "%s was told %r, and its card is there", call, error)
        call.undone, intent.state = name, "open"
        intent.limited = intent.limited or isinstance(error, RateLimited)
        if call.knows_first:
            intent.undone, intent.state = name, "over"
        elif not intent.limited:
            intent.sent_at = None  # As a batch takes it back.
    else:
        unknown = isinstance(error, OutcomeUnknown | asyncio.CancelledError)
        world.check(unknown, "%s ended with %r, which says nothing of what became of it", call, error)
        intent.state = world.unsure(intent)


def _of_look(world: World, call: Call, value, error) -> None:
    intent = call.intent
    if error is None and value is not None:
        filed = world.issuer.books.get(intent.header_id or "")
        world.check(filed and (filed.taken or filed.nature.tells), "%s was told %r of an id that the issuer has not", call, value)
        cards = getattr(value, "card_ids", ())
        right = (f"card-{filed.card}",) if filed and filed.card else ()
        world.check(not cards or cards == right, "%s was told of %s, and its cards are %s", call, cards, right)
        if call.what == "result":
            world.check(intent.effects, "%s was told to have succeeded, and there is no card", call)
            intent.state = "over"
    elif isinstance(error, RequestFailed) and call.what == "result":
        world.check(not intent.effects, "%s was told %r, and its card is there", call, error)
        intent.undone, intent.state = type(error).__name__, "over"
    elif isinstance(error, OutcomeUnknown | ProtocolError | NotSent | RateLimited):
        world.check(call.what == "refresh" or isinstance(error, ProtocolError), "%s passed %r on", call, error)
    if error is not None:
        world.check(error.request_id is not None, "%s: no request id on %r", call, error)
