"""Every field of an accepted answer is kept: as a field of its struct, or in `extra`.

And drift tells names, never a value.
"""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.codec.decode import read_answer
from freedompay_async.codec.drift import DriftCount
from freedompay_async.codec.messages import Reply
from freedompay_async.contract.models import Answer, GiftAnswer, PinPageAnswer
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.redaction.masking import mask_text
from freedompay_async.redaction.secret import Secret

every_row = pytest.mark.parametrize("row", [*TABLE, *HASHDT_TABLE], ids=lambda row: row.name)
ENVELOPES = {"payment_cards": Answer, "gift_cards": GiftAnswer, "hashdt": PinPageAnswer}
DECODER = msgspec.json.Decoder(float_hook=Decimal)
# No name holds a capital Q, and every value is one.
MARKED = re.compile("Q")
WORDS = st.text("abcdef_ .-", max_size=8)


def verdict(row, body: bytes):
    return read_answer(
        Reply(200, {}, body), row.answer, effect=False, now=0.0, envelope=ENVELOPES[row.section]
    )


def masked(fields: dict) -> dict:
    return {mask_text(name): value for name, value in fields.items()}


def same(kept, came, depth: int = 0) -> bool:
    """Whether it is what came, a secret as its text, a part that lies very deep as a secret without
    a value; a name may be a card number.
    """
    if isinstance(kept, Secret):
        return kept.reveal() in (str(came), type(came).__name__)
    if isinstance(came, dict):
        came = masked(came)
        return kept.keys() == came.keys() and all(same(kept[name], came[name]) for name in came)
    if isinstance(came, list):
        return len(kept) == len(came) and all(map(same, kept, came))
    return kept == came and type(kept) is type(came)


@every_row
@given(data=st.data())
def test_every_field_is_kept_once(row, data, make, to_bytes):
    body = to_bytes(data.draw(make.near(row.answer)))
    told = verdict(row, body)
    if told.answer is None:
        return
    came = masked(DECODER.decode(body))
    answer = told.answer
    known = {each.name for each in msgspec.structs.fields(answer)} - set(answer.FILLED)
    default = {
        each.name: each.default for each in msgspec.structs.fields(answer) if not each.required
    }
    extra = dict(answer.extra)

    assert came.keys() - known <= extra.keys() <= came.keys()
    assert all(same(extra[name], came[name]) for name in extra)
    assert all(getattr(answer, name) == default[name] for name in extra.keys() & known)
    assert all(getattr(answer, name) == default[name] for name in known - came.keys())


@every_row
@given(data=st.data())
def test_good_answer_is_read_whole(row, data, make, to_bytes):
    told = verdict(row, to_bytes(data.draw(make.answers(row.answer))))

    # What lies too deep, half of a surrogate pair and an exponent beyond any are not JSON to the
    # reader; and what has too many brackets in it is not read.
    assert told.answer is not None or re.search(
        "not JSON|Integer value out of range|with status|not read", told.reason
    )


@st.composite
def marked(draw, words):
    """JSON whose every value has a mark that no name has."""
    leaves = st.one_of(
        words.map(lambda word: f"Q{word}Q"),
        st.sampled_from(["Q4111111111111111Q", "Q - at `$.codeQ`", "Q - at `$.dt`Q", "Q`$.a`Q"]),
    )
    return draw(
        st.recursive(
            leaves,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
            max_leaves=5,
        )
    )


@every_row
@given(data=st.data())
def test_drift_names_no_value(row, data, to_bytes):
    names = st.one_of(
        st.sampled_from([each.name for each in msgspec.structs.fields(row.answer)]), WORDS
    )
    fields = data.draw(st.dictionaries(names, marked(WORDS), max_size=8))
    good = {"payment_cards": "ok", "gift_cards": 0, "hashdt": "success"}[row.section]
    told = verdict(
        row, to_bytes({**fields, "status": data.draw(st.sampled_from([good, good, "Q"]))})
    )
    drift = DriftCount()
    drift.add(row.name, told.notes)

    assert not [each for each in drift.list() if MARKED.search(f"{each.field}{each.difference}")]
    assert {each.call for each in drift.list()} <= {row.name}


@given(
    st.integers(0, 9),
    st.lists(st.text("0123456789 -", min_size=1, max_size=30), min_size=1, max_size=5),
)
def test_drift_shows_no_card_number_that_is_a_name(last, names):
    body = msgspec.json.encode(
        {"status": "ok", "4111111111111111": 1, **dict.fromkeys(names, last)}
    )
    drift = DriftCount()
    drift.add("cards.info", verdict(TABLE[0], body).notes)

    assert "4111111111111111" not in str(drift.list())
    assert max(len(each.field) for each in drift.list()) <= 60


@given(st.text("abc", max_size=3), st.integers(1_000, 3_000))
def test_drift_of_names_without_end_stays_bounded(prefix, count):
    names = [f"{prefix}{number}" for number in range(count)]
    drift = DriftCount()
    for _ in range(2):
        drift.add(
            "cards.info",
            verdict(
                TABLE[0], msgspec.json.encode({"status": "ok", **dict.fromkeys(names, 1)})
            ).notes,
        )

    assert len(drift.list()) <= 1_000
    assert max(each.count for each in drift.list()) == 2
