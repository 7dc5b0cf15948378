"""Answers of the caller's own types, how answers differ from the contract, and what they must not
show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation when it runs
from decimal import Decimal
from typing import Literal

import msgspec
import pytest

from freedompay_async.codec.decode import read_answer, read_look_up
from freedompay_async.codec.messages import Evidence, Reply
from freedompay_async.codec.shapes import Difference, Note
from freedompay_async.contract.models import Answer, GiftAnswer, RequestState
from freedompay_async.redaction.redaction import Redaction
from freedompay_async.redaction.secret import Secret


@dataclass
class Level:
    level: int
    fee: Decimal = Decimal(0)


def read(body: bytes, kind=Level, *, envelope=Answer, status=200):
    return read_answer(Reply(status, {}, body), kind, effect=True, now=0.0, envelope=envelope)


class TestOwnTypes:
    def test_have_the_envelope_as_the_answer_and_the_rest_as_the_value(self):
        verdict = read(b'{"status":"ok","level":7,"fee":0.10}')

        assert (verdict.evidence, verdict.answer.status, verdict.value, verdict.notes) == (
            Evidence.OK,
            "ok",
            Level(7, Decimal("0.10")),
            (),
        )

    def test_are_not_made_of_an_error(self):
        verdict = read(b'{"status":"error","error_code":5}')

        assert (verdict.evidence, verdict.answer.refusal_code, verdict.value) == (
            Evidence.ERROR,
            "5",
            None,
        )

    def test_are_not_made_of_an_effect_that_failed(self):
        assert (
            read(b'{"status":"ok","request_status":"error","level":7}').evidence is Evidence.ERROR
        )

    @pytest.mark.parametrize(
        ("body", "seen"),
        [
            (b'{"status":"ok"}', Evidence.TAKEN),
            (b'{"status":"ok","level":"high"}', Evidence.TAKEN),
            (b'{"level":7}', Evidence.UNCLEAR),
            (b'{"status":"done","level":7}', Evidence.UNCLEAR),
        ],
    )
    def test_of_another_shape_are_not_made(self, body, seen):
        verdict = read(body)

        assert (verdict.evidence, verdict.answer, verdict.value) == (seen, None, None)

    @pytest.mark.parametrize("raised", [ZeroDivisionError, KeyError, RecursionError, MemoryError])
    def test_whose_own_code_fails_make_it_unreadable_and_it_was_done_all_the_same(self, raised):
        @dataclass
        class Fussy:
            level: int

            def __post_init__(self):
                raise raised("4111111111111111")

        verdict = read(b'{"status":"ok","level":7}', Fussy)

        assert (verdict.evidence, verdict.answer, verdict.value, verdict.reason) == (
            Evidence.TAKEN,
            None,
            None,
            f"HTTP 200, JSON of another shape (the answer's own type raises {raised.__name__})",
        )

    def test_whose_own_code_says_much_is_told_in_200_letters(self):
        class Fussy(Level):
            def __post_init__(self):
                raise type("Odd " * 75, (Exception,), {})

        said = f"the answer's own type raises {'Odd ' * 75}"[:200]
        assert (
            read(b'{"status":"ok","level":7}', Fussy).reason
            == f"HTTP 200, JSON of another shape ({said})"
        )

    @pytest.mark.parametrize("status", [429, 500])
    def test_are_made_of_what_was_done_in_spite_of_its_status(self, status):
        verdict = read(b'{"status":"ok","level":7}', status=status)

        assert (verdict.evidence, verdict.value) == (Evidence.TAKEN, Level(7))

    def test_have_the_envelope_of_their_section(self):
        verdict = read(b'{"status":0,"level":7}', envelope=GiftAnswer)

        assert (verdict.evidence, type(verdict.answer), verdict.answer.accepted, verdict.value) == (
            Evidence.OK,
            GiftAnswer,
            True,
            Level(7),
        )

    def test_are_a_dict_as_it_came(self):
        assert read(b'{"status":"ok","a":0.10}', dict).value == {
            "status": "ok",
            "a": Decimal("0.10"),
        }


class Typed(msgspec.Struct):
    said: str
    count: int
    dt: datetime


class Exact(msgspec.Struct):
    said: Literal["hunter2 of 2026"]


class TestSecrets:
    """An answer in the caller's own type, which repeats what was sent."""

    HIDDEN = Redaction([Secret("2026"), Secret("hunter2")])
    BODY = (
        b'{"status":"ok","dt":"2026-05-01T00:00:00+05:00","card_id":"c2026","said":"hunter2 of '
        b'2026","count":2026,"amount":"12026.00"}'
    )

    def read(self, kind):
        return read_answer(
            Reply(200, {}, self.BODY), kind, effect=True, now=0.0, redaction=self.HIDDEN
        ).value

    def test_are_sealed_in_a_dict(self):
        value = self.read(dict)

        assert (value["said"].reveal(), value["count"].reveal()) == ("hunter2 of 2026", "2026")
        assert (value["dt"], value["card_id"], value["amount"]) == (
            "2026-05-01T00:00:00+05:00",
            "c2026",
            "12026.00",
        )
        assert "hunter2" not in repr(value)

    def test_are_sealed_in_texts_where_a_number_has_to_stay_one(self):
        value = self.read(Typed)

        assert (str(value.said), value.said.reveal(), value.count, value.dt.year) == (
            "***",
            "hunter2 of 2026",
            2026,
            2026,
        )

    def test_are_as_they_came_where_the_type_takes_no_other_text(self):
        assert self.read(Exact).said == "hunter2 of 2026"


def test_the_answer_to_a_look_up_does_not_show_what_went_out():
    reply = Reply(200, {}, b'{"status":"error","dt":"x","error_description":"no hunter2"}')

    assert (
        read_look_up(
            reply, now=0.0, redaction=Redaction([Secret("hunter2")])
        ).answer.error_description
        == "no ***"
    )


@pytest.mark.parametrize(
    ("envelope", "status", "shown"),
    [
        (Answer, '"hunter2"', "that is no word"),
        (Answer, '"done"', "'done'"),
        (GiftAnswer, "482193", "'***'"),
        (GiftAnswer, "7", "'7'"),
    ],
)
def test_a_status_that_repeats_what_went_out_is_not_quoted(envelope, status, shown):
    reply = Reply(200, {}, f'{{"status":{status}}}'.encode())
    redaction = Redaction([Secret("hunter2"), Secret("482193")])

    verdict = read_answer(
        reply, envelope, effect=True, now=0.0, envelope=envelope, redaction=redaction
    )

    assert verdict.reason == f"HTTP 200 with status {shown}"


@pytest.mark.parametrize("kind", [Answer, Level])
def test_the_text_of_a_refusal_does_not_show_what_went_out(kind):
    reply = Reply(200, {}, b'{"status":"error","error_description":"no hunter2"}')
    verdict = read_answer(
        reply, kind, effect=True, now=0.0, redaction=Redaction([Secret("hunter2")])
    )

    assert verdict.answer.error_description == "no ***"


class TestNotes:
    def test_of_what_is_not_the_contracts_are_the_fields_that_it_lacks(self):
        verdict = read_answer(
            Reply(200, {}, b'{"status":"ok"}'),
            Answer,
            effect=True,
            now=0.0,
            asked=frozenset({"dt", "trace"}),
        )

        assert verdict.notes == (
            Note(Difference.MISSING_FIELD, "dt"),
            Note(Difference.MISSING_FIELD, "trace"),
        )

    def test_of_a_good_answer_are_all(self):
        assert read(b'{"status":"ok","a":1}', Answer).notes == (
            Note(Difference.UNKNOWN_FIELD, "a"),
            Note(Difference.MISSING_FIELD, "dt"),
            Note(Difference.MISSING_FIELD, "request_status"),
        )

    @pytest.mark.parametrize(
        ("status", "body", "seen"),
        [
            (500, b'{"status":"ok","request_status":"process","a":1}', Evidence.TAKEN),
            (200, b'{"status":"ok","request_status":"process","cards":5,"a":1}', Evidence.TAKEN),
            (302, b'{"status":"ok","request_status":"process","a":1}', Evidence.UNCLEAR),
            (200, b'{"status":"error","request_status":"process","a":1}', Evidence.UNCLEAR),
            (200, b'{"status":"done","a":1}', Evidence.UNCLEAR),
            (401, b'{"status":"error","a":1}', Evidence.DENIED),
            (200, b'{"status":"error","a":1}', Evidence.ERROR),
        ],
    )
    def test_are_told_of_what_is_not_good_and_so_is_how_long_to_wait(self, status, body, seen):
        verdict = read_answer(
            Reply(status, {"Retry-After": "30"}, body), RequestState, effect=True, now=0.0
        )

        assert (verdict.evidence, verdict.retry_after) == (seen, 30.0)
        assert Note(Difference.UNKNOWN_FIELD, "a") in verdict.notes

    def test_of_an_error_are_not_what_it_lacks(self):
        assert read(b'{"status":"error","a":1}', Answer).notes == (
            Note(Difference.UNKNOWN_FIELD, "a"),
        )

    def test_of_what_cannot_be_read_are_those_that_were_seen(self):
        assert read(
            b'{"status":"ok","request_status":"success","dt":"","cards":5,"a":1}', RequestState
        ).notes == (
            Note(Difference.UNKNOWN_FIELD, "a"),
            Note(Difference.OTHER_TYPE, "cards"),
        )

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"ok"', b"{"])
    def test_of_what_is_no_object_are_none(self, body):
        assert read(body, Answer).notes == ()
