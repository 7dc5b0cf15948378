"""Bodies that the caller wrote or added to, and answers of the caller's own types."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation when it runs
from decimal import Decimal
from typing import Any, Literal

import msgspec
import pytest

from freedompay_async.calls.policy import Seen
from freedompay_async.codec.shapes import Difference, Note
from freedompay_async.codec.wire import Message, Reply, Verdict, encode, read_answer, read_look_up
from freedompay_async.contract.models import (
    Answer,
    CardActivation,
    CardIntent,
    GiftAnswer,
    GivenBody,
    GivenIntent,
    LimitSetting,
    LimitTarget,
    NewClient,
    PinSetting,
    Refund,
    RequestState,
)
from freedompay_async.contract.models.open import Extra, Fields
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.redaction import Redaction
from freedompay_async.redaction.secret import Document, Pin, Secret


@dataclass
class Level:
    level: int
    fee: Decimal = Decimal(0)


def read(body: bytes, kind=Level, *, envelope=Answer, status=200):
    return read_answer(Reply(status, {}, body), kind, effect=True, now=0.0, envelope=envelope)


class TestFields:
    @pytest.mark.parametrize(
        ("request_body", "fields", "expected"),
        [
            (CardActivation(request_id="r", card_id="5"), {}, b'{"request_id":"r","card_id":"5"}'),
            (CardActivation(request_id="r", card_id="5"), None, b'{"request_id":"r","card_id":"5"}'),
            (CardActivation(request_id="r", card_id="5"), {"a": 1, "b": None}, b'{"request_id":"r","card_id":"5","a":1,"b":null}'),
            (CardActivation(request_id="r", card_id="5"), {"card_id": "6"}, b'{"request_id":"r","card_id":"5"}'),
            (CardActivation(request_id="r", card_id="5"), Fields({"a": {"b": [1]}}), b'{"request_id":"r","card_id":"5","a":{"b":[1]}}'),
            (PinSetting(card_id="5", pin=Pin("AbC=")), {"a": 1}, b'{"card_id":"5","pin":"AbC=","a":1}'),
            (PinSetting(card_id="5"), {"pin": Pin("AbC=")}, b'{"card_id":"5","pin":"AbC="}'),
            (
                Refund(request_id="r", order_id="o", transaction_id="t", amount=Decimal("0.10")),
                {"fee": Decimal("0.50")},
                b'{"request_id":"r","order_id":"o","transaction_id":"t","amount":0.10,"fee":0.50}',
            ),
            (
                LimitSetting(request_id="r", object=LimitTarget(type="card", value="5"), limits=[]),
                {"a": 1},
                b'{"request_id":"r","object":{"type":"card","value":"5"},"limits":[],"a":1}',
            ),
        ],
    )
    def test_are_added_to_a_body(self, request_body, fields, expected):
        assert encode(request_body, fields) == expected

    def test_are_added_beside_a_document(self):
        client = NewClient(phone=77010000001, type=1, resident=1, first_name="A", last_name="B", document=Document("JVBERi0="))

        assert msgspec.json.decode(encode(client, {"a": 1}))["document"] == "JVBERi0="

    def test_leave_the_order_of_the_body(self):
        body = encode(CardActivation(request_id="r", card_id="5"), {"z": 1, "card_id": "6", "a": 2})

        assert list(msgspec.json.decode(body)) == ["request_id", "card_id", "z", "a"]

    @pytest.mark.parametrize("value", [object(), {1, object()}, range(3)])
    def test_without_a_form_in_json_are_refused(self, value):
        with pytest.raises(ConfigurationError, match=r"a value has no form in JSON: .* Nothing was sent\."):
            encode(CardActivation(card_id="5"), {"a": value})

    def test_that_hold_themselves_are_refused(self):
        endless: list = []
        endless.append(endless)

        with pytest.raises(ConfigurationError, match="a value has no form in JSON"):
            encode(GivenBody(fields=Fields({"a": endless})))

    @pytest.mark.parametrize("value", [1 << 70, 0.1, "ё/\n", None, True])
    def test_of_any_kind_that_json_has_are_written(self, value):
        assert msgspec.json.decode(encode(GivenBody(fields=Fields({"a": value})))).keys() == {"a"}


class TestExtra:
    BODY = CardActivation(request_id="r", card_id="5")

    def test_is_added_where_an_override_adds_nothing(self):
        assert encode(self.BODY, None, {"b": 2}) == b'{"request_id":"r","card_id":"5","b":2}'

    def test_is_added_behind_the_fields_of_an_override(self):
        assert encode(self.BODY, {"a": 1}, {"b": 2}) == b'{"request_id":"r","card_id":"5","a":1,"b":2}'

    def test_replaces_what_an_override_adds(self):
        assert encode(self.BODY, Fields({"a": 1, "z": 0}), {"a": 2}) == b'{"request_id":"r","card_id":"5","a":2,"z":0}'

    @pytest.mark.parametrize(
        ("body", "extra", "names"),
        [
            (BODY, {"card_id": "6"}, "card_id"),
            (BODY, {"request_id": "r", "card_id": "5", "a": 1}, "card_id, request_id"),
            (GivenBody(fields=Fields({"a": 1})), {"a": 1}, "a"),
            (GivenIntent(fields=Fields({}), request_id="r"), {"request_id": "r"}, "request_id"),
        ],
    )
    def test_that_names_what_the_body_has_is_refused(self, body, extra, names):
        with pytest.raises(ConfigurationError) as caught:
            encode(body, {"b": 1}, extra)

        assert caught.value.text == f"extra can't hold {names}: the call has it already. Nothing was sent."


class TestGiven:
    def test_body_is_its_fields(self):
        assert encode(GivenBody(fields=Fields({"b": 1, "a": Secret("s")}))) == b'{"b":1,"a":"s"}'

    def test_body_of_nothing_is_an_empty_object(self):
        assert encode(GivenBody(fields=Fields({}))) == b"{}"

    def test_body_takes_more(self):
        assert encode(GivenBody(fields=Fields({"a": 1})), {"a": 2, "b": 3}) == b'{"a":1,"b":3}'

    def test_intent_has_the_id_of_its_call(self):
        body = GivenIntent(fields=Fields({"a": 1, "request_id": "mine"}))
        body.request_id = "r"

        assert msgspec.json.decode(encode(body, {"b": 2, "request_id": "other"})) == {"a": 1, "b": 2, "request_id": "r"}

    def test_fields_inside_of_a_body_are_written_as_an_object(self):
        assert encode(GivenBody(fields=Fields({"a": Fields({"b": 1})}))) == b'{"a":{"b":1}}'


class Holder(msgspec.Struct):
    pin: Any
    more: Any = None


@dataclass
class Unset:
    pin: str = field(init=False)


class TestOwnStructs:
    """A body of the caller's own type may hold anything anywhere."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (Holder(Pin("1")), b'{"pin":"1","more":null}'),
            (Holder("1", Extra({"n": Decimal("1.50"), "cvv": "123"})), b'{"pin":"1","more":{"n":1.50,"cvv":"123"}}'),
            (Holder([Holder(Pin("1"))], Fields({"a": Pin("2")})), b'{"pin":[{"pin":"1","more":null}],"more":{"a":"2"}}'),
            (Holder(Level(7)), b'{"pin":{"level":7,"fee":0},"more":null}'),
            (Holder(Level(Pin("7"))), b'{"pin":{"level":"7","fee":0},"more":null}'),
        ],
    )
    def test_are_written_with_their_secrets(self, body, expected):
        assert encode(body) == expected

    def test_keep_their_secrets(self):
        body = Holder(Pin("1"))
        encode(body)

        assert (str(body.pin), body.pin.reveal()) == ("***", "1")

    @pytest.mark.parametrize("value", [object(), {1: object()}, Unset(), pickle.loads(pickle.dumps(Pin("1")))])
    def test_that_hold_what_has_no_form_are_refused(self, value):
        with pytest.raises(ConfigurationError, match=r"a value has no form in JSON: .* Nothing was sent\.") as caught:
            encode(Holder(value))

        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("body", [CardIntent(card_id="5", description="***"), CardIntent(card_id="***", description="a")])
def test_a_text_that_looks_like_a_secret_goes_out_as_it_is(body):
    assert msgspec.json.decode(encode(body)) == {"card_id": body.card_id, "description": body.description}


@pytest.mark.parametrize("field", ["description", "card_id"])
def test_a_secret_where_text_is_expected_goes_out_with_its_value(field):
    body = CardIntent(**{"card_id": "5", "description": "lost"} | {field: Secret("hunter2")})

    assert msgspec.json.decode(encode(body))[field] == "hunter2"


class TestOwnTypes:
    def test_have_the_envelope_as_the_answer_and_the_rest_as_the_value(self):
        verdict = read(b'{"status":"ok","level":7,"fee":0.10}')

        assert (verdict.seen, verdict.answer.status, verdict.value, verdict.notes) == (Seen.OK, "ok", Level(7, Decimal("0.10")), ())

    def test_are_not_made_of_an_error(self):
        verdict = read(b'{"status":"error","error_code":5}')

        assert (verdict.seen, verdict.answer.refusal_code, verdict.value) == (Seen.ERROR, "5", None)

    def test_are_not_made_of_an_effect_that_failed(self):
        assert read(b'{"status":"ok","request_status":"error","level":7}').seen is Seen.ERROR

    @pytest.mark.parametrize(
        ("body", "seen"),
        [
            (b'{"status":"ok"}', Seen.TAKEN),
            (b'{"status":"ok","level":"high"}', Seen.TAKEN),
            (b'{"level":7}', Seen.UNCLEAR),
            (b'{"status":"done","level":7}', Seen.UNCLEAR),
        ],
    )
    def test_of_another_shape_are_not_made(self, body, seen):
        verdict = read(body)

        assert (verdict.seen, verdict.answer, verdict.value) == (seen, None, None)

    @pytest.mark.parametrize("raised", [ZeroDivisionError, KeyError, RecursionError, MemoryError])
    def test_whose_own_code_fails_make_it_unreadable_and_it_was_done_all_the_same(self, raised):
        @dataclass
        class Fussy:
            level: int

            def __post_init__(self):
                raise raised("4111111111111111")

        verdict = read(b'{"status":"ok","level":7}', Fussy)

        assert (verdict.seen, verdict.answer, verdict.value, verdict.reason) == (
            Seen.TAKEN,
            None,
            None,
            f"HTTP 200, JSON of another shape (the answer's own type raises {raised.__name__})",
        )

    def test_whose_own_code_says_much_is_told_in_200_letters(self):
        class Fussy(Level):
            def __post_init__(self):
                raise type("Odd " * 75, (Exception,), {})

        said = f"the answer's own type raises {'Odd ' * 75}"[:200]
        assert read(b'{"status":"ok","level":7}', Fussy).reason == f"HTTP 200, JSON of another shape ({said})"

    @pytest.mark.parametrize("status", [429, 500])
    def test_are_made_of_what_was_done_in_spite_of_its_status(self, status):
        verdict = read(b'{"status":"ok","level":7}', status=status)

        assert (verdict.seen, verdict.value) == (Seen.TAKEN, Level(7))

    def test_have_the_envelope_of_their_section(self):
        verdict = read(b'{"status":0,"level":7}', envelope=GiftAnswer)

        assert (verdict.seen, type(verdict.answer), verdict.answer.accepted, verdict.value) == (Seen.OK, GiftAnswer, True, Level(7))

    def test_are_a_dict_as_it_came(self):
        assert read(b'{"status":"ok","a":0.10}', dict).value == {"status": "ok", "a": Decimal("0.10")}


class Typed(msgspec.Struct):
    said: str
    count: int
    dt: datetime


class Exact(msgspec.Struct):
    said: Literal["hunter2 of 2026"]


class TestSecrets:
    """An answer in the caller's own type, which repeats what was sent."""

    HIDDEN = Redaction([Secret("2026"), Secret("hunter2")])
    BODY = b'{"status":"ok","dt":"2026-05-01T00:00:00+05:00","card_id":"c2026","said":"hunter2 of 2026","count":2026,"amount":"12026.00"}'

    def read(self, kind):
        return read_answer(Reply(200, {}, self.BODY), kind, effect=True, now=0.0, redaction=self.HIDDEN).value

    def test_are_sealed_in_a_dict(self):
        value = self.read(dict)

        assert (value["said"].reveal(), value["count"].reveal()) == ("hunter2 of 2026", "2026")
        assert (value["dt"], value["card_id"], value["amount"]) == ("2026-05-01T00:00:00+05:00", "c2026", "12026.00")
        assert "hunter2" not in repr(value)

    def test_are_sealed_in_texts_where_a_number_has_to_stay_one(self):
        value = self.read(Typed)

        assert (str(value.said), value.said.reveal(), value.count, value.dt.year) == ("***", "hunter2 of 2026", 2026, 2026)

    def test_are_as_they_came_where_the_type_takes_no_other_text(self):
        assert self.read(Exact).said == "hunter2 of 2026"


def test_the_answer_to_a_look_up_does_not_show_what_went_out():
    reply = Reply(200, {}, b'{"status":"error","dt":"x","error_description":"no hunter2"}')

    assert read_look_up(reply, now=0.0, redaction=Redaction([Secret("hunter2")])).answer.error_description == "no ***"


@pytest.mark.parametrize(
    ("envelope", "status", "shown"),
    [(Answer, '"hunter2"', "that is no word"), (Answer, '"done"', "'done'"), (GiftAnswer, "482193", "'***'"), (GiftAnswer, "7", "'7'")],
)
def test_a_status_that_repeats_what_went_out_is_not_quoted(envelope, status, shown):
    reply = Reply(200, {}, f'{{"status":{status}}}'.encode())
    redaction = Redaction([Secret("hunter2"), Secret("482193")])

    verdict = read_answer(reply, envelope, effect=True, now=0.0, envelope=envelope, redaction=redaction)

    assert verdict.reason == f"HTTP 200 with status {shown}"


@pytest.mark.parametrize("kind", [Answer, Level])
def test_the_text_of_a_refusal_does_not_show_what_went_out(kind):
    reply = Reply(200, {}, b'{"status":"error","error_description":"no hunter2"}')
    verdict = read_answer(reply, kind, effect=True, now=0.0, redaction=Redaction([Secret("hunter2")]))

    assert verdict.answer.error_description == "no ***"


class TestNotes:
    def test_of_what_is_not_the_contracts_are_the_fields_that_it_lacks(self):
        verdict = read_answer(Reply(200, {}, b'{"status":"ok"}'), Answer, effect=True, now=0.0, asked=frozenset({"dt", "trace"}))

        assert verdict.notes == (Note(Difference.MISSING_FIELD, "dt"), Note(Difference.MISSING_FIELD, "trace"))

    def test_of_a_good_answer_are_all(self):
        assert read(b'{"status":"ok","a":1}', Answer).notes == (
            Note(Difference.UNKNOWN_FIELD, "a"),
            Note(Difference.MISSING_FIELD, "dt"),
            Note(Difference.MISSING_FIELD, "request_status"),
        )

    @pytest.mark.parametrize(
        ("status", "body", "seen"),
        [
            (500, b'{"status":"ok","request_status":"process","a":1}', Seen.TAKEN),
            (200, b'{"status":"ok","request_status":"process","cards":5,"a":1}', Seen.TAKEN),
            (302, b'{"status":"ok","request_status":"process","a":1}', Seen.UNCLEAR),
            (200, b'{"status":"error","request_status":"process","a":1}', Seen.UNCLEAR),
            (200, b'{"status":"done","a":1}', Seen.UNCLEAR),
            (401, b'{"status":"error","a":1}', Seen.DENIED),
            (200, b'{"status":"error","a":1}', Seen.ERROR),
        ],
    )
    def test_are_told_of_what_is_not_good_and_so_is_how_long_to_wait(self, status, body, seen):
        verdict = read_answer(Reply(status, {"Retry-After": "30"}, body), RequestState, effect=True, now=0.0)

        assert (verdict.seen, verdict.retry_after) == (seen, 30.0)
        assert Note(Difference.UNKNOWN_FIELD, "a") in verdict.notes

    def test_of_an_error_are_not_what_it_lacks(self):
        assert read(b'{"status":"error","a":1}', Answer).notes == (Note(Difference.UNKNOWN_FIELD, "a"),)

    def test_of_what_cannot_be_read_are_those_that_were_seen(self):
        assert read(b'{"status":"ok","request_status":"success","dt":"","cards":5,"a":1}', RequestState).notes == (
            Note(Difference.UNKNOWN_FIELD, "a"),
            Note(Difference.OTHER_TYPE, "cards"),
        )

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"ok"', b"{"])
    def test_of_what_is_no_object_are_none(self, body):
        assert read(body, Answer).notes == ()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (Message("POST", "/v5/card-api/card/info", {"Sign": "hunter2"}, b"hunter2"), "<POST /v5/card-api/card/info, 7 bytes>"),
        (Reply(200, {"Set-Cookie": "hunter2"}, b"hunter2"), "<HTTP 200, 7 bytes>"),
        (Verdict(Seen.TAKEN, "hunter2", {"a": "hunter2"}, Reply(200, {}, b"hunter2")), "<taken>"),
    ],
    ids=["Message", "Reply", "Verdict"],
)
def test_repr_shows_neither_headers_nor_body(made, expected):
    assert (repr(made), str(made), f"{[made]}") == (expected, expected, f"[{expected}]")
