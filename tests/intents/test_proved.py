"""Of what may have been sent before nothing is said that is not proved."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from freedompay_async import ConfigurationError, NotSent, OutcomeUnknown, RequestFailed, lost_in
from tests.samples import OWN

PIN = "bm90IGEgcmVhbCBQSU4gYmxvY2s="


def ago(**parts):
    return datetime.now(UTC) - timedelta(**parts)


@pytest.fixture
def gift():
    def build(fp):
        return fp.intend.gift_cards.issue(
            cardholder_name="IVANOV IVAN", phone=79651234567, product_code=1, request_id=OWN
        )

    return build


@pytest.fixture(params=["a folder that is not there", "a folder"])
def bad_record(request, tmp_path):
    return tmp_path / "none" / "record" if "not there" in request.param else tmp_path


def test_a_record_that_cant_be_written_does_not_say_that_it_was_not_sent(
    client_of, memory, play, gift, bad_record
):
    wire = memory()
    fp = client_of(wire, record=bad_record)

    with pytest.raises(OutcomeUnknown) as caught:
        play(fp.send(gift(fp), first_sent=ago(seconds=3)))

    assert (caught.value.done, wire.sent) == (None, [])


def test_a_record_that_cant_be_written_keeps_a_first_one_back(
    client_of, memory, play, gift, bad_record
):
    wire = memory()
    fp = client_of(wire, record=bad_record)

    with pytest.raises((NotSent, ConfigurationError)):
        play(fp.send(gift(fp), first_sent=None))

    assert wire.sent == []


def test_a_record_has_no_line_of_what_is_not_sent(client_of, memory, play, gift, tmp_path):
    record = tmp_path / "record.jsonl"
    fp = client_of(memory(), record=record)

    with pytest.raises(OutcomeUnknown):
        play(fp.send(gift(fp), first_sent=ago(seconds=3)))

    assert not record.exists()


@pytest.mark.parametrize("end", ["not_sent", "denied", "refused", "limited", "lost"])
def test_a_pin_that_may_be_set_is_not_said_to_be_unset(client_of, memory, say, play, end):
    wire = memory(card__set_pin=[getattr(say, end)])
    fp = client_of(wire)

    with pytest.raises(OutcomeUnknown, match="it is safe to repeat") as caught:
        play(fp.send(fp.intend.cards.set_pin("c-1", PIN), first_sent=ago(hours=5)))

    assert caught.value.done is None
    assert wire.calls[0] == "card/set_pin"


@pytest.mark.parametrize("which", ["asked about", "not asked about"])
def test_nobody_says_that_it_was_sent(client_of, memory, say, play, gift, which):
    fp = client_of(memory(request__status=[say.unknown]))
    intent = fp.intend.cards.activate("c-1") if which == "asked about" else gift(fp)

    with pytest.raises(OutcomeUnknown) as caught:
        play(fp.send(intent, first_sent=ago(days=2)))

    assert f"{intent.call}: it may have been sent before, and its outcome" in str(caught.value)
    assert "an earlier process sent it" not in str(caught.value)


@pytest.mark.parametrize("lost", [True, False])
def test_what_this_call_has_sent_was_sent(client_of, memory, say, play, lost):
    fp = client_of(
        memory(
            card__activate=[say.lost if lost else say.refused], request__status=[say.unknown]
        )
    )  # fmt: skip

    with pytest.raises(OutcomeUnknown) as caught:
        play(fp.send(fp.intend.cards.activate("c-1"), first_sent=ago(seconds=20)))

    assert str(caught.value).startswith("cards.activate: sent, and its outcome is not known")


def test_what_fails_in_the_middle_of_its_sending_was_sent(client_of, memory, say, play):
    async def broken(attempt, sent):
        attempt.connected()
        raise ValueError("no")

    fp = client_of(memory(card__activate=[broken], request__status=[say.unknown]))

    with pytest.raises(OutcomeUnknown) as caught:
        play(fp.send(fp.intend.cards.activate("c-1"), first_sent=ago(seconds=20)))

    assert str(caught.value).startswith("cards.activate: sent, and its outcome is not known")


PIN_ENDS = {
    "it is set": (["ok"], None),
    "it is refused": (["refused"], RequestFailed),
    "an answer is lost": (["lost", "refused"], OutcomeUnknown),
}


@pytest.mark.parametrize("which", PIN_ENDS)
@pytest.mark.parametrize("scheme", ["KZ", "KG"])
def test_a_pin_is_known_by_the_id_of_its_intent(client_of, memory, say, play, which, scheme):
    steps, kind = PIN_ENDS[which]
    wire = memory(
        card__set_pin=[say.ok() if each == "ok" else getattr(say, each) for each in steps]
    )
    fp = client_of(wire, scheme=scheme)
    intent = fp.intend.cards.set_pin("c-1", PIN, request_id=OWN)

    async def story():
        if kind is None:
            return await (await fp.send(intent, first_sent=None)).result()
        with pytest.raises(kind) as caught:
            await fp.send(intent, first_sent=None)
        return caught.value

    assert play(story()).request_id == OWN
    # Each attempt has an id of its own all the same, because a used one is refused.
    sent = [each.headers.get("Request-Id") for each in wire.sent]
    assert OWN not in sent
    assert len(set(sent)) == (len(steps) if scheme == "KG" else 1)


def test_a_cancelled_pin_is_known_by_the_id_of_its_intent(client_of, memory, say, play):
    fp = client_of(memory(card__set_pin=[say.silent]))
    intent = fp.intend.cards.set_pin("c-1", PIN, request_id=OWN)

    async def story():
        sending = asyncio.ensure_future(fp.send(intent, first_sent=None))
        await asyncio.sleep(0.1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await sending
        return lost_in(caught.value)

    assert play(story()).request_id == OWN
