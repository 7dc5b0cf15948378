"""Whatever bytes an issuer sends, they are read into an answer or into a reason why not: in a
moment, and with nothing else raised.
"""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import strategies as st

from freedompay_async.codec.decode import read_answer, read_look_up
from freedompay_async.codec.messages import Evidence, Reply
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.calls import ENVELOPES as FIELDS
from freedompay_async.contract.calls import Section
from freedompay_async.contract.models import Answer, GiftAnswer, PinPageAnswer, RequestState
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from tests.fuzz.corpus import answers, shaped, with_each_place
from tests.unit.wire_answers import SAYS

ENVELOPES = {
    Section.PAYMENT_CARDS: Answer,
    Section.GIFT_CARDS: GiftAnswer,
    Section.HASHDT: PinPageAnswer,
}
KINDS = {row.name: (row.answer, ENVELOPES[row.section]) for row in (*TABLE, *HASHDT_TABLE)}
# In a type of the caller's own.
KINDS |= {f"own, {section.name}": (dict, envelope) for section, envelope in ENVELOPES.items()}
ASKED = {envelope: FIELDS[section] for section, envelope in ENVELOPES.items()}
# What says that something was not done, or is not known.
SAYS_NO = {
    Evidence.ERROR,
    Evidence.DENIED,
    Evidence.FAILED,
    Evidence.NOT_KNOWN,
    Evidence.UNINFORMATIVE,
    Evidence.BLOCKED,
    Evidence.UNCLEAR,
}
ODD_WAITS = [
    "",
    " ",
    "²",
    "١٢",
    "①",
    "1e309",
    "nan",
    "-inf",
    "-1",
    "+1",
    "1_0",
    "0x10",
    "9" * 400,
    "1.5",
    "1, 2",
    "\x00",
    "Mon",
    "99999",
]
WAITS = st.one_of(
    st.sampled_from(ODD_WAITS),
    st.text(max_size=30),
    st.from_regex(r"[-+ \t]?[0-9]{0,400}[.eE,;]?[0-9]{0,20}", fullmatch=True),
    st.datetimes().map(lambda time: time.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    st.lists(
        st.sampled_from(
            [*ODD_WAITS, "Mon,", "31", "Feb", "12:00:60", "GMT", "-9999", "+0", ",", ":"]
        ),
        max_size=9,
    ).map(" ".join),
)
HEADERS = st.one_of(st.just({}), WAITS.map(lambda wait: {"Retry-After": wait}))
STATUSES = st.one_of(
    st.just(200), st.just(200), st.just(200), st.sampled_from([*range(100, 600), 0, 999])
)


def replies(kind) -> st.SearchStrategy[Reply]:
    return st.builds(Reply, STATUSES, HEADERS, answers(kind))


# Numbers that `Decimal` takes, and of whose digits nobody sees the end.
ENDLESS = [
    b"1e999999999",
    b"-1e-999999999",
    b"1e999999999999999999999",
    b'"1E+999999999"',
    b'"NaN"',
    b'"-sNaN1"',
]


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def is_the_contracts(body: bytes, asked) -> bool:
    """By another reader of JSON."""
    told = json.loads(body, parse_int=str, parse_float=str)
    return (
        isinstance(told, dict)
        and "status" in told
        and (not asked or any(told.get(name) not in (None, "", [], {}) for name in asked))
    )


def check(verdict, reply, asked) -> None:
    """It can be told, waited for, and believed."""
    troubled = reply.status == 429 or reply.status >= 500
    assert verdict.reply is reply
    assert 0.0 <= verdict.retry_after < 10**12
    assert len(verdict.reason) < 1_000
    # At such a status it may be told that something was done, and never that it was not.
    assert not troubled or verdict.evidence not in SAYS_NO
    assert verdict.evidence not in (Evidence.NO_ANSWER, Evidence.LIMITED) or troubled
    assert verdict.evidence is not Evidence.OK or troubled or 200 <= reply.status < 300
    assert verdict.evidence not in (Evidence.DENIED, Evidence.BLOCKED) or reply.status in (401, 403)
    assert verdict.evidence is not Evidence.UNINFORMATIVE or reply.status == 404
    assert verdict.evidence not in SAYS or is_the_contracts(reply.body, asked)
    if verdict.answer is not None:
        repr(verdict.answer)
        json.loads(to_json(verdict.answer), parse_int=str, parse_float=str, parse_constant=refuse)


def read_as(kind: str, reply: Reply, *, effect: bool, strict: bool = True) -> None:
    answer, envelope = KINDS[kind]
    asked = ASKED[envelope] if strict else frozenset()
    verdict = read_answer(reply, answer, effect=effect, now=1.8e9, envelope=envelope, asked=asked)

    check(verdict, reply, asked)
    assert verdict.evidence is not Evidence.OK or isinstance(
        verdict.value if answer is dict else verdict.answer, answer
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", ENDLESS)
def test_number_without_end_is_read_at_once_in_any_place(kind, number):
    bodies = with_each_place(KINDS[kind][0], number)
    tracemalloc.start()
    try:
        for body in bodies:
            read_as(kind, Reply(200, {}, body), effect=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    # Its digits would be a thousand times as much.
    assert peak < 2**20


@pytest.mark.parametrize(
    "kind", sorted(name for name, (answer, _) in KINDS.items() if answer is not dict)
)
def test_answer_that_names_every_field_is_a_good_one(kind):
    # So that the fuzzer begins from what is read, and not from what is refused at once.
    answer, envelope = KINDS[kind]
    verdict = read_answer(
        Reply(200, {}, json.dumps(shaped(answer)).encode()),
        answer,
        effect=False,
        now=1.8e9,
        envelope=envelope,
    )

    assert (verdict.evidence, type(verdict.answer)) == (Evidence.OK, answer)


def test_answers_of_every_row(fuzz):
    one = st.sampled_from(sorted(KINDS)).flatmap(
        lambda kind: st.tuples(st.just(kind), replies(KINDS[kind][0]), st.booleans(), st.booleans())
    )
    tried = fuzz(lambda each: read_as(each[0], each[1], effect=each[2], strict=each[3]), one)

    assert tried > 0


def says_that_it_failed(body: bytes) -> bool:
    """By another reader of JSON."""
    told = json.loads(body, parse_int=str, parse_float=str)
    return told["status"] == "ok" and told["request_status"] == "error"


def test_answers_to_a_look_up(fuzz):
    def read(each: tuple[Reply, bool]) -> None:
        reply, strict = each
        asked = FIELDS[Section.PAYMENT_CARDS] if strict else frozenset()
        verdict = read_look_up(reply, now=1.8e9, asked=asked)

        check(verdict, reply, asked)
        assert verdict.evidence is not Evidence.KNOWN or isinstance(verdict.answer, RequestState)
        # That an effect was not done is believed only where just that is said.
        assert verdict.evidence is not Evidence.FAILED or says_that_it_failed(reply.body)

    tried = fuzz(read, st.tuples(replies(RequestState), st.booleans()))

    assert tried > 0
