"""Makes intents and sends them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import msgspec

from freedompay_async.calls.compose import Composer
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models.gift_cards import IssuedGiftCard
from freedompay_async.contract.models.open import Extra, Fields
from freedompay_async.contract.models.requests import BodyWithId, CustomBody
from freedompay_async.contract.request_ids import derive_intent_id
from freedompay_async.contract.table import CARDS_SET_PIN, GIFT_CARDS_ISSUE, TABLE
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_type
from freedompay_async.intents.intent import Intent
from freedompay_async.intents.sealing import HiddenBody
from freedompay_async.operations.gift_card import check_issued
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.start import start
from freedompay_async.redaction.secret import Hidden, Secret
from freedompay_async.redaction.sent import beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from freedompay_async.calls.first_send import SentBefore
    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call
    from freedompay_async.settings.options import CallOptions, ChangeOptions, IntentOptions

__all__ = ["call_of", "checked_fields", "make_intent", "send_intent", "start_intent"]

R = TypeVar("R")
_OWN_ID: Final = "request_id"
_ROWS: Final = {call.name: call for call in TABLE}


def make_intent(
    session: Session,
    call: Call[R],
    request: msgspec.Struct,
    options: IntentOptions,
    *,
    base_url: str,
) -> Intent[R]:
    """The intent of a call. Nothing is sent.

    Raises:
        ConfigurationError: the body can't be sent, or its id is none.
    """
    row = session.shared.row(call)
    merchant = session.shared.signers[row.section].auth_id
    request_id = options.get("request_id")
    composer = Composer(row, request, options.get("extra"))
    try:
        if "key" in options:
            if request_id is not None:
                raise ConfigurationError(
                    "key and request_id are two ways to say the same: leave one out. Nothing was "
                    "sent."
                )
            request_id = derive_intent_id(merchant, call.name, options["key"])
        composer.admit(request_id)
        body = Hidden(composer.made())
    except ConfigurationError as error:
        error.call, error.request_id = call.name, composer.request_id
        raise
    secrets = composer.secrets
    known = request if isinstance(request, BodyWithId) else None
    return Intent(
        merchant=merchant,
        base_url=base_url,
        call=call.name,
        request_id=composer.id,
        body="" if secrets else body.value.decode(),
        hidden=HiddenBody(body.value, secrets) if secrets else None,
        cards=None if known is None else known.cards,
        client_id=None if known is None else known.holder,
    )


async def send_intent(
    session: Session,
    intent: Intent[R],
    *,
    first_sent: datetime | None,
    options: CallOptions,
    base_url: str,
) -> Operation[R]:
    """Send an intent; arguments and errors as in `FreedomPay.send`."""
    call: Call[R] = call_of(intent)
    row = session.shared.row(call)
    fields = checked_fields(session, intent, base_url=base_url)
    # The same PIN again sets the same PIN.
    repeatable = call.name == CARDS_SET_PIN.name and _named(row, "pin") in fields.value
    if repeatable:
        row = replace(row, retry=Retry.REPEATABLE)
    own = cast("ChangeOptions", dict(options))
    own["request_id"], own["first_sent"] = intent.request_id, first_sent
    composer, shown = _composer(intent, row), _shown(intent, fields)
    if call.retry is Retry.ASKABLE:
        return await start(session, call, _known(intent, shown), own, signed=composer)
    send = session.repeat if repeatable else session.change
    answer = await send(call, CustomBody(fields=shown), own, signed=composer)
    if isinstance(answer, IssuedGiftCard) and call.name == GIFT_CARDS_ISSUE.name:
        check_issued(answer, ordered=fields.value.get(_named(row, "card_id")))
    return Operation(session, call, intent.request_id, result=answer)


async def start_intent(
    session: Session,
    intent: Intent[R],
    *,
    options: CallOptions,
    base_url: str,
    sent_before: SentBefore | None,
    on_leave: Callable[[], Callable[[], bool] | None],
) -> Operation[R]:
    """Send an intent of a call that can be asked about, for whoever keeps it and asks again later.

    Args:
        session: of the client, in the lane of its caller.
        intent: the call.
        options: of the call.
        base_url: the host of the client.
        sent_before: what is known of earlier sends; `None`: there were none from here.
        on_leave: as for `Session.submit`.

    Raises:
        ConfigurationError: as `send_intent`.
        FreedomPayError: any of a call. A refusal was looked up once.
    """
    call: Call[R] = call_of(intent)
    fields = checked_fields(session, intent, base_url=base_url)
    own = cast("ChangeOptions", dict(options))
    own["request_id"] = intent.request_id
    return await start(
        session,
        call,
        _known(intent, _shown(intent, fields)),
        own,
        sent_before=sent_before,
        on_leave=on_leave,
        ask_once=True,
        signed=_composer(intent, session.shared.row(call)),
    )


def call_of(intent: Intent[R]) -> Call[R]:
    """The row of the contract table of an intent's call.

    Raises:
        ConfigurationError: it is no intent.
    """
    check_type("intent", intent, Intent, "an Intent, as fp.intend makes it")
    return cast("Call[R]", _ROWS[intent.call])


def checked_fields(
    session: Session, intent: Intent[Any], *, base_url: str
) -> Hidden[dict[str, Any]]:
    """The fields of an intent's body, if this client may send it.

    Raises:
        ConfigurationError: it is another merchant's or for another host, or its body is not one of
            this call and id.
    """
    row = session.shared.row(call_of(intent))
    try:
        return _checked(intent, row, session.shared.signers[row.section].auth_id, base_url)
    except ConfigurationError as error:
        error.call, error.request_id = intent.call, intent.request_id
        raise


def _composer(intent: Intent[Any], row: Call[Any]) -> Composer:
    return Composer.of_made(
        row,
        request_id=intent.request_id,
        body=Hidden(intent.signed_bytes),
        secrets=() if intent.hidden is None else intent.hidden.secrets,
    )


def _shown(intent: Intent[Any], fields: Hidden[dict[str, Any]]) -> Fields:
    """The fields as a record shows them."""
    secrets = frozenset(() if intent.hidden is None else intent.hidden.secrets)
    return Extra(_masked(fields.value, secrets))


def _known(intent: Intent[Any], shown: Fields) -> _Known:
    return _Known(fields=shown, ordered=intent.cards, ordered_for=intent.client_id)


class _Known(BodyWithId, kw_only=True):
    """What is known of a body that was made before."""

    fields: Fields
    ordered: int | None
    ordered_for: str | None

    @property
    def cards(self) -> int | None:
        return self.ordered

    @property
    def holder(self) -> str | None:
        return self.ordered_for


def _checked(
    intent: Intent[Any], row: Call[Any], merchant: str, base_url: str
) -> Hidden[dict[str, Any]]:
    """The fields of an intent's body, if this client may send it.

    Raises:
        ConfigurationError: it is another merchant's or for another host, or its body is not one of
            this call and id.
    """
    if intent.merchant != merchant:
        raise ConfigurationError(
            f"the intent is of merchant {intent.merchant!r}, and this client of {merchant!r}. "
            "Nothing was sent."
        )
    if intent.base_url != base_url:
        raise ConfigurationError(
            f"the intent is for {intent.base_url}, and this client for {base_url}. "
            "Nothing was sent."
        )
    try:
        # Hidden, because it may have secrets, and a traceback shows locals.
        fields = Hidden(msgspec.json.decode(intent.signed_bytes, type=dict[str, Any]))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # Without its cause, whose frames show the body.
        raise ConfigurationError(
            "the body of the intent is no JSON object. Nothing was sent."
        ) from None
    if row.body_id and fields.value.get(_named(row, _OWN_ID)) != intent.request_id:
        raise ConfigurationError(
            "the body of the intent has another request id, or was made with another contract. "
            "Nothing was sent."
        )
    return fields


def _masked(value: Any, secrets: Collection[Secret]) -> Any:
    """The fields of a body, with a `Secret` in place of each that is one, whatever its name is."""
    if isinstance(value, dict):
        return {name: _masked(part, secrets) for name, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, secrets) for part in value]
    if not secrets:
        return value
    whole = Secret(str(value))
    return whole if beginning(whole) in secrets else value


def _named(row: Call[Any], field: str) -> str:
    return row.rename.get(field, field)
