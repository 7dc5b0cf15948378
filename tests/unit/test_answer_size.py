"""What an answer may cost: its values are counted before it is decoded, and too many are not read."""

from __future__ import annotations

import pytest

from freedompay_async.codec.decode import read_answer, read_look_up
from freedompay_async.codec.messages import Evidence, Reply
from freedompay_async.contract.models import CardInfo, RequestState, Statement

OK = b'{"status":"ok","request_status":"success","dt":"x",'
MANY = "it has about %s values, and at most 250,000 are read"
MUCH = "it would take more than 10 times its size in memory"


def body(unit: bytes, count: int) -> bytes:
    return OK + b'"x":[' + b",".join([unit] * count) + b"]}"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (body(b"0", 249_997), MANY % "250,001"),
        (body(b"1.5", 1_000_000), MANY % "1,000,004"),
        (body(b"[]", 130_000), MANY % "260,004"),
        (body(b'{"":0}', 124_000), MUCH),
        (
            OK + b'"x":' + b"7" * 101 + b',"y":"' + b"a " * 40_000 + b'"}',
            "it has a number of more than 100 digits",
        ),
        (
            OK + b'"y":"' + b"a " * 40_000 + b'","x":[-0.' + b"7" * 101 + b"]}",
            "it has a number of more than 100 digits",
        ),
        (OK + b'"x":"' + b"," * 300_000 + b'"}', MANY % "300,004"),
    ],
)
class TestTooMuch:
    def test_for_an_effect_is_a_lost_answer(self, said, why):
        verdict = read_answer(Reply(200, {}, said), RequestState, effect=True, now=0.0)

        assert (verdict.evidence, verdict.answer, verdict.reason) == (
            Evidence.UNCLEAR,
            None,
            f"HTTP 200, not read: {why}",
        )

    def test_for_a_look_up_tells_nothing(self, said, why):
        assert read_look_up(Reply(200, {}, said), now=0.0).evidence is Evidence.UNCLEAR
        assert read_look_up(Reply(404, {}, said), now=0.0).evidence is Evidence.UNINFORMATIVE

    def test_for_the_type_of_a_caller_is_not_read_either(self, said, why):
        verdict = read_answer(Reply(200, {}, said), dict, effect=False, now=0.0)

        assert (verdict.value, verdict.reason) == (None, f"HTTP 200, not read: {why}")


@pytest.mark.parametrize(
    "said",
    [
        body(b"0", 249_996),
        body(b'{"card_id":123456}', 20_000),
        body(b"[]", 124_000),
        OK + b'"x":"' + b"4111 " * 1_600_000 + b'"}',
        OK + b'"x":"' + b"7" * 100_000 + b'"}',
        # Small enough to do no harm, whatever it has.
        body(b"{}", 20_000),
    ],
    ids=["values", "cards", "lists", "a long text", "a text of digits", "small"],
)
def test_what_is_no_more_than_that_is_read(said):
    verdict = read_answer(Reply(200, {}, said), CardInfo, effect=False, now=0.0)

    assert verdict.evidence is Evidence.OK
    assert "x" in verdict.answer.extra


def mixed(count: int, text: int) -> bytes:
    """So many values of each kind, and a text of so many letters."""
    return OK + b'"x":[' + b",".join([b'{"":[1.5]}'] * count) + b'],"y":"' + b"x" * text + b'"}'


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        # 16 MiB to the byte: 439 for each of them, and the text.
        (mixed(38_000, 94_708), "HTTP 200"),
        (mixed(38_000, 94_709), f"HTTP 200, not read: {MUCH}"),
        # Ten times its size is more.
        (mixed(40_000, 2_000_000), "HTTP 200"),
    ],
)
def test_what_it_takes_in_memory_is_told_from_all_of_its_values(said, reason):
    assert read_answer(Reply(200, {}, said), CardInfo, effect=False, now=0.0).reason == reason


@pytest.mark.parametrize(
    ("size", "reason"),
    [(65_536, "HTTP 200"), (65_537, "HTTP 200, not read: it has a number of more than 100 digits")],
)
def test_a_small_answer_is_read_whatever_it_has(size, reason):
    begin, end = OK + b'"x":' + b"9" * 101 + b',"y":"', b'"}'
    said = begin + b"x" * (size - len(begin) - len(end)) + end

    assert read_answer(Reply(200, {}, said), CardInfo, effect=False, now=0.0).reason == reason


def test_a_statement_of_20000_lines_is_read():
    line = b'{"type":"pay","amount":12.50,"currency":"KZT","mcc":5411,"datetime":"2026-05-01T00:00:00+05:00","rrn":"123456789012",'
    line += (
        b'"merchant":{"name":"SHOP AND SONS","city":"ALMATY","street":"ABAI 12","country":"KAZ"}}'
    )
    said = OK + b'"operations":[' + b",".join([line] * 20_000) + b"]}"

    verdict = read_answer(Reply(200, {}, said), Statement, effect=False, now=0.0)

    assert len(verdict.answer.operations) == 20_000
