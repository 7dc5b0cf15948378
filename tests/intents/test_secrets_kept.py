"""What is secret in an intent is found wherever it stands, and is in no record."""

from __future__ import annotations

import json

import msgspec
import pytest

from freedompay_async import ConfigurationError, Intent, Override, Retry, Secret
from tests.samples import OWN

PIN = "bm90IGEgcmVhbCBQSU4gYmxvY2s="
OTP = "830164"
WORDS = "open sesame"


def blocked(fp, **options):
    return fp.intend.cards.block("c-1", description="lost", **options)


HIDDEN = {
    "JSON of the caller's": (
        (),
        lambda fp: blocked(fp, extra={"pin": msgspec.Raw(b'"483920"')}),
        "483920",
    ),
    "beside JSON of the caller's": (
        (),
        lambda fp: blocked(fp, extra={"pin": "483920", "memo": msgspec.Raw(b"{}")}),
        "483920",
    ),
    "inside an object": (
        (),
        lambda fp: blocked(fp, extra={"pin": {"type": "four", "value": "483920"}}),
        "483920",
    ),
    "a Secret in place of a text": (
        (),
        lambda fp: fp.intend.cards.block("c-1", description=Secret(WORDS)),
        WORDS,
    ),
    "a field of the contract": (
        [Override(call="cards.block", fields={"pin": "483920"})],
        blocked,
        "483920",
    ),
    "a Secret of the contract": (
        [Override(call="cards.block", fields={"memo": Secret(WORDS)})],
        blocked,
        WORDS,
    ),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_it_is_stored_sealed_only(merchant, sealing, where):
    contract, make, secret = HIDDEN[where]
    intent = make(merchant(contract=contract))

    with pytest.raises(ConfigurationError, match="is stored nowhere in clear"):
        intent.to_json()

    assert secret in intent.signed_bytes.decode()
    assert [each.reveal() for each in intent.hidden.secrets] == [secret]
    assert Intent.load(intent.to_json(seal=sealing()), seal=sealing()) == intent


def test_what_only_describes_a_secret_is_none(merchant):
    intent = blocked(merchant(), extra={"pin": {"type": "four", "id": 5}, "memo": WORDS})

    assert Intent.load(intent.to_json()) == intent


RECORDED = {
    "a Secret by any name": (
        (),
        lambda fp: fp.intend.gift_cards.issue(
            cardholder_name="IVANOV IVAN",
            phone=79651234567,
            product_code=1,
            extra={"memo": Secret(WORDS), "more": [{"memo": Secret(WORDS)}]},
        ),
        WORDS,
    ),
    "a code under another name": (
        [Override(call="gift_cards.confirm", rename={"otp": "answer"})],
        lambda fp: fp.intend.gift_cards.confirm(otp=OTP, card_id=555),
        OTP,
    ),
    "a PIN of a call that is not repeated": (
        [Override(call="cards.block", retry=Retry.UNASKABLE)],
        lambda fp: blocked(fp, extra={"memo": Secret(WORDS)}),
        WORDS,
    ),
}


@pytest.mark.parametrize("which", RECORDED)
def test_it_is_in_no_record(client_of, memory, say, play, tmp_path, sealing, which):
    contract, make, secret = RECORDED[which]
    record = tmp_path / "record.jsonl"
    wire = memory(
        issue_card=[say.gift(card_id=555)],
        activate_card=[say.gift(card_status=1)],
        card__block=[say.process],
    )
    fp = client_of(wire, record=record, contract=contract)

    stored = make(fp).to_json(seal=sealing())
    play(fp.send(Intent.load(stored, seal=sealing()), first_sent=None))

    assert secret in wire.sent[0].body.decode()
    assert [json.loads(line)["state"] for line in record.read_text().splitlines()] == [
        "sending", "done"
    ]  # fmt: skip
    assert secret not in record.read_text()


def test_a_record_has_the_body_of_a_card_that_is_not_asked_about(
    client_of, memory, say, play, tmp_path
):
    record = tmp_path / "record.jsonl"
    contract = [Override(call="cards.issue", retry=Retry.UNASKABLE)]
    fp = client_of(memory(card__issue=[say.process]), record=record, contract=contract)
    intent = fp.intend.cards.issue(client_id="cl-1", product_id=2000, request_id=OWN)

    play(fp.send(intent, first_sent=None))

    (first, _) = map(json.loads, record.read_text().splitlines())
    assert first["request"]["fields"] == {
        "request_id": OWN, "client_id": "cl-1", "product_id": 2000
    }  # fmt: skip
