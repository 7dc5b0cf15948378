"""What a call told its caller, against what the issuer did and what was said: nothing is said that
is not proved.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freedompay_async import errors
from freedompay_async.models import IssuedCards
from tests.model.faults import ANOTHER, OTHER

if TYPE_CHECKING:
    from tests.model.people import Call
    from tests.model.world import World

REFUSALS = (errors.RequestFailed, errors.DuplicateRequest, errors.GiftCardError)
"""Where nothing on the way speaks, repeats or garbles, and the issuer tells what it knows, there is
no card.
"""
TEXTS = {
    "It was not done": False,
    "it was not done: correct": False,
    "Nothing was done": False,
    "nothing was sent": False,
    "did nothing": False,
    "It changes nothing": False,
    "It was done": True,
    "the issuer did it": True,
    "may or may not have been done": None,
    "did anything is not known": None,
    "does not prove it": None,
    "Nothing proves": None,
    "may exist": None,
    "does not tell whether": None,
    "Nothing shows that the issuer ever accepted it": None,
}
"""What is said in a text is what `done` says."""


def judge(world: World, call: Call, value, error) -> None:
    """Tell the end of a call in the story, hold it against the truth, and see what its caller may
    do next.
    """
    cancelled = isinstance(error, asyncio.CancelledError)
    name = "an answer" if error is None else type(error).__name__
    if cancelled:
        marked = (
            hasattr(error, "outcome_unknown") and getattr(error, "request_id", None) is not None
        )
        world.check(marked, "%s: a cancellation says nothing", call)
        name += ", " + (
            "may have been done" if not marked or error.outcome_unknown else "did nothing"
        )
    if error is None and call.what != "read":
        name += f" {getattr(value, 'request_status', None) or getattr(getattr(value, 'answer', None), 'request_status', '')}"
    world.tell("%s ends with %s%s", call, name, "" if error is None else f" ({error})")
    known = isinstance(error, errors.FreedomPayError) and not isinstance(
        error, errors.ConfigurationError
    )
    world.check(error is None or cancelled or known, "%s raised %r", call, error)
    if known:
        world.tally[f"{call.what}: {name}"] += 1
        name += f", done {error.done}{', proved' if error.proved else ''}"
        _in_words(world, call, error)
    world.tally[f"{call.what}: {name}"] += 1
    if call.what in ("submit", "change"):
        _of_effect(world, call, value, error)
    elif call.what in ("result", "refresh"):
        _of_look(world, call, value, error)
    else:
        told = value if error is None else error
        own = told.request_id in world.made_ids or (error is not None and not call.tried)
        world.check(own, "%s names the id %s, which no attempt of it had", call, told.request_id)
        world.check(
            error is None or cancelled or error.done is False,
            "%s changes nothing, and says %r",
            call,
            error,
        )
        world.check(
            error is not None or "success" in call.said,
            "%s was answered, and nobody has answered it",
            call,
        )


def _in_words(world: World, call: Call, error) -> None:
    """The text, the class and the attributes of an error say one thing, and each of them was said
    by the issuer itself.
    """
    text = str(error)
    for part, done in TEXTS.items():
        world.check(
            part not in text or error.done is done,
            "%s: done is %s, and its text says: %s",
            call,
            error.done,
            text,
        )
    world.check(
        error.outcome_unknown is (error.done is None),
        "%s: done is %s, outcome_unknown %s",
        call,
        error.done,
        error.outcome_unknown,
    )
    heard = call.said & {"no", "failed", "denied"}
    world.check(
        not error.refused or heard, "%s was told of a refusal that it has not heard: %s", call, text
    )
    told = call.intent.told if call.intent else set()
    failed = told & {"failed", "failed, and names a card"}
    world.check(
        not error.proved or failed,
        "%s was told that its failure is proved, and it is not: %s",
        call,
        text,
    )
    unknown = any(part in text for part in ("does not know", "request/status: not known"))
    world.check(
        not unknown or "not known" in told,
        "%s was told of an id that is not known, and the issuer has not said so: %s",
        call,
        text,
    )
    taken = told | (call.intent.said if call.intent else set())
    pending = isinstance(error, errors.StillProcessing) and "Nothing shows" not in text
    world.check(
        not pending or taken & {"process", "success"},
        "%s: nobody has said that the issuer has it: %s",
        call,
        text,
    )
    denied = (
        isinstance(error, errors.AuthenticationError)
        and not error.outcome_unknown
        and call.what in ("submit", "change")
    )
    world.check(
        not denied or "denied" in call.said,
        "%s: the issuer itself has not refused the key: %s",
        call,
        text,
    )
    named = {*error.card_ids} - {OTHER, ANOTHER}
    right = (
        {*world.issuer.cards_of(call.intent.mark, call.intent.header_id)} if call.intent else set()
    )
    world.check(named <= right, "%s names %s, and its cards are %s", call, named, right)
    ids = (*error.card_ids, error.client_id, error.transaction_id)
    world.check(
        not any(each is not None and each.strip() in ("", "0") for each in ids),
        "%s names an empty id: %s",
        call,
        ids,
    )


def _of_effect(world: World, call: Call, value, error) -> None:
    intent = call.intent
    told = value if error is None else error
    intent.request_id = intent.request_id or told.request_id
    world.check(
        told.request_id == intent.request_id,
        "%s names the id %s of %s",
        call,
        told.request_id,
        intent.request_id,
    )
    if error is None:
        _of_answer(world, call, value)
        return
    cancelled = isinstance(error, asyncio.CancelledError)
    done = (None if error.outcome_unknown else False) if cancelled else error.done
    name = type(error).__name__
    # By a look-up at once an id that was used before can't be told from a new one yet: whoever asks
    # so asks again.
    sure = world.sure(intent) and not (
        isinstance(error, REFUSALS)
        and intent.kind == "in a lane"
        and call.used
        and not call.knows_first
    )
    if done:
        _is_done(world, call, error)
        intent.state = "over" if intent.gift else "accepted"
    elif isinstance(error, REFUSALS) and (done is False or sure):
        world.check(not intent.effects, "%s was told %r, and its card is there", call, error)
        intent.undone, intent.state = name, "over"
    elif done is False or (sure and isinstance(error, errors.RateLimited)):
        _did_nothing(world, call, error)
    else:
        unknown = cancelled or isinstance(
            error,
            (errors.OutcomeUnknown, errors.AuthenticationError, errors.RateLimited, *REFUSALS),
        )
        world.check(
            unknown, "%s ended with %r, which says nothing of what became of it", call, error
        )
        refused = isinstance(error, errors.AuthenticationError) and not intent.gift
        of_this_call = (
            refused
            and "denied" in call.said
            and "not known" in intent.told
            and "does not know the id" in str(error)
        )
        asked = of_this_call or call.heard_of_it & {401, 403}
        world.check(
            not refused or asked, "%s was told %r, and no question was refused", call, error
        )
        intent.limited = intent.limited or isinstance(error, errors.RateLimited)
        intent.state = world.unsure(intent)
        world.tally[f"{name} leaves it open, and the card is there"] += bool(intent.effects)


def _did_nothing(world: World, call: Call, error) -> None:
    """Whoever knew when it was first sent answers for all that came of it."""
    intent, name = call.intent, type(error).__name__
    why = {"NotSent": not call.sends, "RateLimited": 429 in call.heard}
    world.check(
        why.get(name, True),
        "%s was told %r, after %d sends that were answered with %s",
        call,
        error,
        call.sends,
        call.heard,
    )
    mine = [each for each in intent.effects if call.knows_first or each is call]
    world.check(not mine, "%s was told %r, and its card is there", call, error)
    call.undone, intent.state = name, "open"
    intent.limited = intent.limited or isinstance(error, errors.RateLimited)
    if call.knows_first:
        intent.undone, intent.state = name, "over"
    elif call.noted and not intent.limited:
        intent.sent_at = (
            None  # As a batch takes it back: its own note, and never that of an earlier call.
        )


def _of_answer(world: World, call: Call, value) -> None:
    intent = call.intent
    _is_done(world, call, value)
    _names(world, call, value if intent.gift else value.answer)
    found = getattr(getattr(value, "answer", None), "found", False)
    world.check(
        not found or call not in intent.effects or intent.odd,
        "%s was told to have found it, and did it",
        call,
    )
    intent.state = "over" if intent.gift else "accepted"
    intent.operation = value


def _is_done(world: World, call: Call, told) -> None:
    """What is told to be done is done; of an issuer that says so of any id, it has said so."""
    intent = call.intent
    filed = world.issuer.books.get(intent.header_id or "")
    done = intent.effects if intent.gift else filed and filed.taken
    said = world.manner.host.startswith("has every id") and (intent.said | intent.told) & {
        "process",
        "success",
    }
    world.check(
        done or said, "%s was told to be done (%r), and the issuer has not taken it", call, told
    )


def _names(world: World, call: Call, value) -> None:
    """Of a success the ids are the issuer's, all of them and no others."""
    intent = call.intent
    right = world.issuer.cards_of(intent.mark, intent.header_id)
    state = getattr(value, "answer", value)
    said = intent.gift or not state.succeeded or "success" in intent.said | intent.told
    world.check(said, "%s was told of a success, and nobody has said so: %r", call, value)
    if intent.gift:
        world.check(
            value.card_id is None or str(value.card_id) in right,
            "%s was told of card %r, and there is %s",
            call,
            value.card_id,
            right,
        )
    elif isinstance(value, IssuedCards):
        more = not value.complete and {*value.card_ids} - {*right} == {OTHER, ANOTHER}
        world.check(
            value.card_ids == right or more,
            "%s was told of the cards %s, and they are %s",
            call,
            value.card_ids,
            right,
        )
    else:
        cards = getattr(value, "card_ids", ())
        world.check(
            {*cards} - {OTHER, ANOTHER} <= {*right},
            "%s was told of %s, and its cards are %s",
            call,
            cards,
            right,
        )


def _of_look(world: World, call: Call, value, error) -> None:
    intent = call.intent
    if error is None and value is not None:
        filed = world.issuer.books.get(intent.header_id or "")
        there = filed and (filed.taken or filed.nature.tells)
        words = {"failed, and names a card"} | (
            {"process", "success"} if world.manner.host.startswith("has every id") else set()
        )
        world.check(
            there or call.told & words,
            "%s was told %r of an id that the issuer has not",
            call,
            value,
        )
        _names(world, call, value)
        if call.what == "result":
            # What is attached by its id alone has no ids to wait for.
            success = world.manner.host == "has every id as a success" and not isinstance(
                value, IssuedCards
            )
            world.check(
                intent.effects or success,
                "%s was told to have succeeded, and there is no card",
                call,
            )
            intent.state = "over"
    elif error is None:
        world.check(
            "not known" in call.told,
            "%s was told that the id is not known, and the issuer has not said so",
            call,
        )
    elif isinstance(error, errors.RequestFailed):
        world.check(call.what == "result", "%s passed %r on", call, error)
        world.check(
            error.done is None or not intent.effects,
            "%s was told %r, and its card is there",
            call,
            error,
        )
        if error.done is False:
            intent.undone, intent.state = type(error).__name__, "over"
    elif isinstance(error, errors.StillProcessing | errors.AuthenticationError):
        # Of a question it is false; of the request that was asked about it is what was told before.
        if error.done:
            _is_done(world, call, error)
        elif call.what == "result":
            world.check(
                error.done is None,
                "%s was told %r, and nothing tells that it was not done",
                call,
                error,
            )
    elif isinstance(error, errors.NotKnown):
        world.check(
            call.what == "result" and call.attached and call.unknown_late,
            "%s was told %r, and the issuer has not said so after the grace time",
            call,
            error,
        )
        world.check(error.done is None, "%s was told %r, which nothing shows", call, error)
        world.tally["not known"] += 1
    elif isinstance(
        error, errors.OutcomeUnknown | errors.ProtocolError | errors.NotSent | errors.RateLimited
    ):
        world.check(call.what == "refresh", "%s passed %r on", call, error)
    if error is not None:
        world.check(error.request_id is not None, "%s: no request id on %r", call, error)
