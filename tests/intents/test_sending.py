"""`fp.send` and `first_sent=`: what may have been sent before is asked about, what never was is not
doubted.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest

from freedompay_async import (
    ConfigurationError,
    GiftCardError,
    Intent,
    NotSent,
    OutcomeUnknown,
    Override,
    Policy,
    RequestFailed,
    ResultUnknown,
    Secret,
    StillProcessing,
)
from freedompay_async.codec.messages import Reply
from tests.samples import OWN, SAMPLES, calling

SECOND = timedelta(seconds=1)
NEVER = "never"
PIN = "bm90IGEgcmVhbCBQSU4gYmxvY2s="


def ago(**parts):
    return datetime.now(UTC) - timedelta(**parts)


@pytest.fixture
def issue(client_of):
    """An intent of `cards.issue`, stored and loaded as another process would."""

    def build(wire, **options):
        intent = client_of(wire, **options).intend.cards.issue(
            client_id="cl-1", product_id=2000, request_id=OWN
        )
        return Intent.load(intent.to_json())

    return build


@pytest.fixture
def sent(client_of, issue, timed):
    """Sends the intent of a card over a wire, or calls `cards.issue` with the same options; how it
    ended, and after how many seconds.
    """

    def run(wire, *, by="fp.send", scheme="KZ", **options):
        fp = client_of(wire, scheme=scheme, policy=Policy(grace=5.0, resend_within=60.0))
        intent = issue(wire, scheme=scheme)

        async def story():
            try:
                if by == "fp.send":
                    return await fp.send(intent, **options)
                return await fp.cards.issue(
                    client_id="cl-1", product_id=2000, request_id=OWN, **options
                )
            except Exception as error:
                return error

        return timed(story())

    return run


both = pytest.mark.parametrize("by", ["fp.send", "fp.cards.issue"])


# -- never sent before


@both
def test_it_is_sent_once_with_its_bytes_and_its_id(memory, say, sent, by):
    wire = memory(card__issue=[say.process])

    operation, seconds = sent(wire, by=by, first_sent=None)

    assert (operation.request_id, seconds) == (OWN, 0.0)
    assert wire.calls == ["card/issue"]
    assert wire.sent[0].fields == {"request_id": OWN, "client_id": "cl-1", "product_id": 2000}


@both
def test_a_refusal_of_what_was_never_sent_is_as_quick_as_with_an_id_of_the_librarys(
    memory, say, sent, by
):
    wire = memory(card__issue=[say.refused], request__status=[say.unknown])

    error, seconds = sent(wire, by=by, first_sent=None)

    assert (type(error), error.refused, seconds) == (RequestFailed, True, 0.0)
    assert wire.calls == ["card/issue", "request/status"]


def test_left_out_it_may_have_been_used(memory, say, sent):
    wire = memory(card__issue=[say.refused], request__status=[say.unknown])

    error, seconds = sent(wire, by="fp.cards.issue")

    assert isinstance(error, RequestFailed)
    assert seconds >= 5.0
    assert wire.calls.count("request/status") > 1


class Late:
    """A wire that has a connection after so many seconds."""

    def __init__(self, seconds):
        self.seconds, self.left = seconds, []

    async def send(self, message, attempt):
        await asyncio.sleep(self.seconds)
        attempt.connected()
        self.left.append(json.loads(message.body))
        return Reply(200, {}, b'{"status":"ok","request_status":"process"}')


@both
@pytest.mark.parametrize(("seconds", "leaves"), [(59.0, True), (61.0, False)])
def test_what_another_process_may_take_up_leaves_within_its_time_or_not_at_all(
    sent, by, seconds, leaves
):
    """That process may have sent it, and the issuer may have forgotten the id after that."""
    wire = Late(seconds)
    outcome, _ = sent(wire, by=by, first_sent=None, timeout=500.0)

    assert len(wire.left) == int(leaves)
    assert leaves or (type(outcome), outcome.done) == (NotSent, False)
    assert leaves or "keep to that one" in outcome.text


def test_what_nobody_has_stored_may_wait_for_longer(sent):
    wire = Late(61.0)
    sent(wire, by="fp.cards.issue", timeout=500.0)

    assert len(wire.left) == 1


def test_the_first_sending_of_an_intent_has_no_default(client_of, memory, issue, play):
    wire = memory()
    fp = client_of(wire)

    with pytest.raises(TypeError, match="first_sent"):
        play(fp.send(issue(wire)))

    assert wire.sent == []


@both
def test_whoever_says_never_is_not_believed_where_this_client_has_sent_it(
    client_of, memory, say, play, issue, by
):
    wire = memory(card__issue=[say.lost, say.refused], request__status=[say.silent, say.unknown])
    fp = client_of(wire, policy=Policy(grace=5.0, attempt_timeout=3.0))

    async def send(timeout):
        if by == "fp.send":
            return await fp.send(issue(wire), first_sent=None, timeout=timeout)
        return await fp.cards.issue(
            client_id="cl-1", product_id=2000, request_id=OWN, first_sent=None, timeout=timeout
        )

    async def story():
        with pytest.raises(OutcomeUnknown):
            await send(2.0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(RequestFailed):
            await send(60.0)
        return asyncio.get_running_loop().time() - began

    # The refusal may be the duplicate error, so it is asked about until the grace is over.
    assert play(story()) >= 5.0


def test_a_lost_answer_of_a_first_sending_is_settled(memory, say, sent):
    wire = memory(card__issue=[say.lost], request__status=[say.success])

    operation, _ = sent(wire, first_sent=None)

    assert (operation.request_id, operation.done) == (OWN, True)
    assert wire.calls == ["card/issue", "request/status"]


# -- may have been sent before


@both
def test_what_may_have_been_sent_is_asked_about_first(memory, say, sent, by):
    wire = memory(card__issue=[say.process], request__status=[say.success])

    operation, _ = sent(wire, by=by, first_sent=ago(seconds=1))

    assert wire.calls == ["request/status"]
    assert (operation.request_id, operation.done) == (OWN, True)


@both
def test_unknown_after_the_grace_it_is_sent_again_with_the_same_bytes(memory, say, sent, issue, by):
    wire = memory(card__issue=[say.process], request__status=[say.unknown])

    operation, seconds = sent(wire, by=by, first_sent=ago(seconds=1))

    assert wire.calls[0] == "request/status"
    assert wire.calls.count("card/issue") == 1
    assert wire.of("card/issue")[0].body == issue(memory()).signed_bytes
    assert operation.request_id == OWN
    assert 3.5 <= seconds <= 5.0


@both
def test_older_than_that_it_is_only_asked_about(memory, say, sent, by):
    wire = memory(card__issue=[say.process], request__status=[say.unknown])

    error, _ = sent(wire, by=by, first_sent=ago(seconds=61))

    assert set(wire.calls) == {"request/status"}
    assert isinstance(error, OutcomeUnknown)
    assert "more than 60 s ago" in error.text
    assert (error.request_id, error.done) == (OWN, None)


@both
def test_ahead_of_this_clock_it_is_only_asked_about(memory, say, sent, by):
    wire = memory(card__issue=[say.process], request__status=[say.unknown])

    error, _ = sent(wire, by=by, first_sent=ago(seconds=-30))

    assert set(wire.calls) == {"request/status"}
    assert isinstance(error, OutcomeUnknown)
    assert "the clock of this machine is behind its first send" in error.text


def test_a_refusal_of_what_may_have_been_sent_proves_nothing(memory, say, sent):
    wire = memory(card__issue=[say.refused], request__status=[say.unknown])

    error, _ = sent(wire, first_sent=ago(seconds=20))

    assert isinstance(error, OutcomeUnknown)
    assert error.done is None


def test_a_time_of_another_zone_is_the_same_time(memory, say, sent):
    wire = memory(card__issue=[say.process], request__status=[say.unknown])
    almaty = timezone(timedelta(hours=5))

    error, _ = sent(wire, first_sent=ago(seconds=61).astimezone(almaty))

    assert isinstance(error, OutcomeUnknown)
    assert set(wire.calls) == {"request/status"}


@both
@pytest.mark.parametrize(
    ("first_sent", "told"),
    [
        (datetime(2026, 5, 14, 12), "first_sent=2026-05-14 12:00:00 has no time zone"),  # noqa: DTZ001
        (1_700_000_000.0, "first_sent is of type float"),
        ("2026-05-14T12:00:00Z", "first_sent is of type str"),
        (datetime(2026, 5, 14, tzinfo=UTC).date(), "first_sent is of type date"),
    ],
)
def test_what_is_no_moment_is_refused(memory, sent, by, first_sent, told):
    wire = memory()

    error, _ = sent(wire, by=by, first_sent=first_sent)

    assert isinstance(error, ConfigurationError)
    assert told in error.text
    assert error.call == "cards.issue"
    assert wire.sent == []


def test_a_time_needs_an_id_of_the_callers(client_of, memory, play):
    wire = memory()

    with pytest.raises(ConfigurationError, match="the call has no request_id") as caught:
        play(client_of(wire).cards.block("c-1", description="lost", first_sent=ago(seconds=1)))

    assert (caught.value.call, wire.sent) == ("cards.block", [])


def test_never_may_be_said_of_an_id_of_the_librarys(client_of, memory, say, play):
    wire = memory(card__block=[say.process])

    operation = play(client_of(wire).cards.block("c-1", description="lost", first_sent=None))

    assert operation.request_id == wire.sent[0].fields["request_id"]


def test_a_call_of_ones_own_takes_it_too(client_of, memory, say, play):
    from freedompay_async import Retry
    from freedompay_async.models import RequestState

    wire = memory(own=[say.process], request__status=[say.success])
    fp = client_of(wire)

    state = play(
        fp.call(
            "/v5/card-api/own",
            {"card_id": "c-1"},
            RequestState,
            retry=Retry.ASKABLE,
            request_id=OWN,
            first_sent=ago(seconds=1),
        )
    )

    assert state.succeeded
    assert wire.calls == ["request/status"]
    with pytest.raises(ConfigurationError, match="first_sent is only for calls that change"):
        play(fp.call("/v5/card-api/own", {}, dict, retry=Retry.READ, first_sent=ago(seconds=1)))


# -- whose intent it is


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"merchant": "10002"}, "the intent is of merchant '10002', and this client of '10001'"),
        ({"base_url": "https://b.example"}, "the intent is for https://b.example, and this client"),
        ({"body": "[]"}, "is no JSON object"),
        ({"body": "{"}, "is no JSON object"),
        ({"body": '{"request_id":"another"}'}, "has another request id"),
        ({"body": "{}"}, "has another request id"),
        ({"request_id": "another"}, "has another request id"),
    ],
)
def test_what_this_client_may_not_send_is_refused(client_of, memory, issue, play, fields, told):
    wire = memory()
    stored = {**json.loads(issue(wire).to_json()), **fields}

    with pytest.raises(ConfigurationError, match=told) as caught:
        play(client_of(wire).send(Intent.load(stored), first_sent=None))

    assert (caught.value.call, caught.value.request_id) == ("cards.issue", stored["request_id"])
    assert wire.sent == []


def test_what_is_no_intent_is_refused(client_of, memory, play, issue):
    wire = memory()

    with pytest.raises(ConfigurationError, match="intent is of type str: give an Intent"):
        play(client_of(wire).send(issue(wire).to_json(), first_sent=None))


def test_an_option_that_there_is_not_is_refused(client_of, memory, play, issue):
    wire = memory()

    with pytest.raises(TypeError, match="request_id"):
        play(client_of(wire).send(issue(wire), first_sent=None, request_id=OWN))


def test_a_contract_that_has_changed_since_leaves_the_bytes_and_moves_the_path(
    client_of, memory, say, play, issue
):
    intent = issue(memory())
    wire = memory(card__issue_v2=[say.process])
    moved = Override(call="cards.issue", path="/v5/card-api/card/issue_v2", fields={"memo": 1})

    play(client_of(wire, contract=[moved]).send(intent, first_sent=None))

    assert wire.sent[0].body == intent.signed_bytes


def test_another_name_of_the_id_since_is_refused(client_of, memory, play, issue):
    wire = memory()
    renamed = Override(call="cards.issue", rename={"request_id": "id"})

    with pytest.raises(ConfigurationError, match="made with another contract"):
        play(client_of(wire, scheme="KG", contract=[renamed]).send(issue(wire), first_sent=None))


# -- every call


@pytest.mark.parametrize("scheme", ["KZ", "KG"])
@pytest.mark.parametrize(
    "name", [name for name, each in SAMPLES.items() if each.retry in {"askable", "unaskable"}
             and not name.startswith("pins.")]
)  # fmt: skip
def test_each_gives_its_operation_and_result(client_of, memory, say, play, name, scheme):
    sample = SAMPLES[name]
    path = sample.path.removeprefix("/v5/card-api/").removeprefix("/v5/cards/")
    ended = {
        "client_id": "cl-1",
        "transaction_id": "t-1",
        "cards": [{"card_id": f"c-{number}"} for number in range(sample.body.get("count", 1))],
    }
    answer = say.gift(card_id=555) if sample.gift else say.ok(request_status="process")
    wire = memory(**{path: [answer]}, request__status=[say.ok(request_status="success", **ended)])
    fp = client_of(wire, scheme=scheme)

    async def story():
        intent = calling(name)(fp.intend)
        operation = await fp.send(intent, first_sent=None)
        return intent, operation, await operation.result()

    intent, operation, result = play(story())

    assert isinstance(result, sample.result)
    assert wire.sent[0].body == intent.signed_bytes
    assert operation.request_id == intent.request_id
    assert operation.done
    if not sample.has_own_id:
        with pytest.raises(ConfigurationError, match="request/status does not know this call"):
            play(operation.refresh())


def test_a_bulk_order_is_whole_only_with_all_its_cards(client_of, memory, say, play):
    some = say.ok(request_status="success", cards=[{"card_id": "c-1"}])
    wire = memory(card__bulk_issue=[say.process], request__status=[some])
    fp = client_of(wire)

    async def story():
        intent = Intent.load(fp.intend.cards.bulk_issue(product_id=1, count=2).to_json())
        operation = await fp.send(intent, first_sent=None)
        return await operation.result(timeout=30)

    with pytest.raises(StillProcessing, match="1 of 2 cards"):
        play(story())


def test_a_card_for_another_client_than_the_intents_is_told(client_of, memory, say, play):
    other = say.ok(request_status="success", cards=[{"card_id": "c-1"}], client_id="cl-2")
    fp = client_of(memory(card__issue=[say.process], request__status=[other]))

    async def story():
        intent = fp.intend.cards.issue(client_id="cl-1", product_id=1)
        operation = await fp.send(Intent.load(intent.to_json()), first_sent=None)
        return await operation.result()

    issued = play(story())
    assert issued.ordered_for == "cl-1"
    assert issued.differs


# -- calls that can't be asked about


@pytest.fixture
def gift(client_of, play):
    def run(wire, first_sent, **more):
        fp = client_of(wire, scheme=more.pop("scheme", "KZ"), policy=more.pop("policy", None))
        intent = fp.intend.gift_cards.issue(
            cardholder_name="IVANOV IVAN", phone=79651234567, product_code=1, **more
        )
        return play(fp.send(intent, first_sent=first_sent))

    return run


def test_a_gift_card_that_may_have_been_paid_for_is_not_sent(memory, gift, caplog):
    wire = memory()

    with pytest.raises(OutcomeUnknown, match="a person has to look") as caught:
        gift(wire, ago(seconds=1))

    assert wire.sent == []
    assert caught.value.done is None
    assert caplog.records[-1].levelno == logging.ERROR


def test_a_gift_card_that_was_never_sent_is_refused_for_what_is_wrong(memory, say, gift):
    wire = memory(issue_card=[say.gift(status=-3)])

    with pytest.raises(GiftCardError) as caught:
        gift(wire, None, scheme="KG")

    assert caught.value.done is False


def test_a_gift_card_without_its_id_is_no_result(memory, say, gift):
    with pytest.raises(ResultUnknown, match="does not name it"):
        gift(memory(issue_card=[say.gift()]), None)


def test_what_is_called_a_pin_makes_no_other_call_safe_to_repeat(client_of, memory, say, play):
    wire = memory(issue_card=[say.lost])
    fp = client_of(wire)
    intent = fp.intend.gift_cards.issue(
        cardholder_name="IVANOV IVAN", phone=79651234567, product_code=1, extra={"pin": "9876"}
    )

    with pytest.raises(OutcomeUnknown):
        play(fp.send(intent, first_sent=None))

    assert len(wire.sent) == 1


def test_a_card_that_is_sent_again_need_not_be_named(client_of, memory, say, play):
    fp = client_of(memory(resend=[say.gift()]))

    operation = play(fp.send(fp.intend.gift_cards.resend(555), first_sent=None))

    assert operation.done


def test_another_card_than_the_ordered_one_is_no_result(memory, say, gift):
    with pytest.raises(ResultUnknown, match="names card '777', and card 555 was ordered"):
        gift(memory(issue_card=[say.gift(card_id=777)]), None, card_id=555)


@pytest.mark.parametrize("first_sent", [NEVER, "before"])
def test_a_pin_of_ones_own_is_set_again(client_of, memory, say, play, first_sent, sealing):
    wire = memory(card__set_pin=[say.lost, say.ok()])
    fp = client_of(wire)
    intent = Intent.load(
        fp.intend.cards.set_pin("c-1", PIN).to_json(seal=sealing()), seal=sealing()
    )

    operation = play(fp.send(intent, first_sent=None if first_sent is NEVER else ago(hours=5)))

    assert operation.done
    assert [each.body for each in wire.sent] == [intent.signed_bytes] * 2


def test_a_secret_of_a_sealed_intent_is_in_no_text_of_the_issuer(
    client_of, memory, say, play, sealing
):
    told = say.http(
        200, {"status": "error", "error_code": "no", "error_description": f"bad {PIN}", "dt": "x"}
    )
    fp = client_of(memory(card__set_pin=[told]))
    stored = fp.intend.cards.set_pin("c-1", PIN).to_json(seal=sealing())

    with pytest.raises(RequestFailed) as caught:
        play(fp.send(Intent.load(stored, seal=sealing()), first_sent=None))

    assert PIN not in str(caught.value) + str(caught.value.body)


def test_a_record_has_the_call_and_no_secret(client_of, memory, say, play, sealing, tmp_path):
    record = tmp_path / "record.jsonl"
    fp = client_of(memory(activate_card=[say.gift(card_status=1)]), record=record)
    intent = fp.intend.gift_cards.confirm(otp="830164", card_id=555, request_id=OWN)

    play(fp.send(Intent.load(intent.to_json(seal=sealing()), seal=sealing()), first_sent=None))

    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [line["state"] for line in lines] == ["sending", "done"]
    assert {line["request_id"] for line in lines} == {OWN}
    assert "830164" not in record.read_text()
    assert "555" in record.read_text()


def test_a_record_hides_what_is_secret_in_a_list_and_nothing_else(
    client_of, memory, say, play, tmp_path
):
    record = tmp_path / "record.jsonl"
    fp = client_of(memory(resend=[say.gift(card_id=555)]), record=record)
    words = [Secret("open sesame"), "in clear"]

    play(fp.send(fp.intend.gift_cards.resend(555, extra={"words": words}), first_sent=None))

    (sending, _) = [json.loads(line) for line in record.read_text().splitlines()]
    assert sending["request"]["fields"]["words"] == ["***", "in clear"]
