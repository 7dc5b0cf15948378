"""`fp.call`: a call that the table does not have, in each retry class and with each kind of answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypedDict

import msgspec
import pytest

from freedompay_async import Retry, Secret, Section, errors
from freedompay_async.contract.models import BodyWithId
from freedompay_async.models import RequestState
from tests.samples import UNKNOWN_CALL, UNKNOWN_GIFT_PATH, UNKNOWN_PATH

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
PATH = UNKNOWN_PATH
BODY = {"card_id": "c-1", "name": "Ёлка/1"}
DT = "2026-05-14T16:00:00+06:00"
NAMED = {"status": "ok", "dt": DT, "name": 5}


class Name(msgspec.Struct):
    card_id: str


class Renamed(msgspec.Struct):
    name: str
    fee: Decimal
    level: int = 0


@dataclass
class RenamedToo:
    name: str
    fee: Decimal
    level: int = 0


class Fee(msgspec.Struct):
    status: str
    dt: str
    fee: Decimal


class Priced(TypedDict):
    status: str
    dt: str
    fee: Decimal


class Lost(msgspec.Struct):
    fee: Nowhere  # noqa: F821 - it can't be found, and is not to be


class Unread:
    pass


class Holder(msgspec.Struct):
    what: Unread
    more: list[Holder] = []


def call(retry=Retry.UNASKABLE, answer_type=dict, body=BODY, **options):
    return lambda fp: fp.call(PATH, body, answer_type, retry=retry, **options)


class TestAnswer:
    @pytest.mark.parametrize("retry", [Retry.READ, Retry.REPEATABLE, Retry.UNASKABLE])
    @pytest.mark.parametrize(
        ("answer_type", "expected"),
        [
            (Renamed, Renamed("new", Decimal("0.10"))),
            (RenamedToo, RenamedToo("new", Decimal("0.10"))),
            (
                dict,
                {"status": "ok", "dt": "now", "name": "new", "fee": Decimal("0.10"), "more": [1]},
            ),
        ],
    )
    def test_is_of_the_type_asked_for(self, ask, say, scheme, retry, answer_type, expected):
        body = b'{"status":"ok","dt":"now","name":"new","fee":0.10,"more":[1]}'

        assert (
            ask(call(retry, answer_type), scheme=scheme, **{UNKNOWN_CALL: [say.http(200, body)]})
            == expected
        )

    @pytest.mark.parametrize("retry", [Retry.READ, Retry.REPEATABLE, Retry.UNASKABLE])
    @pytest.mark.parametrize(
        ("answer_type", "expected"),
        [
            (dict | None, {"status": "ok", "dt": "now", "fee": Decimal("0.10")}),
            (dict[str, Any], {"status": "ok", "dt": "now", "fee": Decimal("0.10")}),
            (Any, {"status": "ok", "dt": "now", "fee": Decimal("0.10")}),
            (Mapping[str, Any], {"status": "ok", "dt": "now", "fee": Decimal("0.10")}),
            (Fee | None, Fee(status="ok", dt="now", fee=Decimal("0.10"))),
            (Priced, {"status": "ok", "dt": "now", "fee": Decimal("0.10")}),
            (Annotated[dict, "a note"], {"status": "ok", "dt": "now", "fee": Decimal("0.10")}),
        ],
        ids=str,
    )
    def test_is_of_any_annotation(self, ask, say, retry, answer_type, expected):
        assert (
            ask(
                call(retry, answer_type),
                **{UNKNOWN_CALL: [say.http(200, b'{"status":"ok","dt":"now","fee":0.10}')]},
            )
            == expected
        )

    @pytest.mark.parametrize(
        "retry", [Retry.READ, Retry.REPEATABLE, Retry.UNASKABLE, Retry.ASKABLE]
    )
    @pytest.mark.parametrize(
        "answer_type",
        ["Fee", 5, list | set, Fee | Name, Lost, Unread, complex, list[Unread], dict[str, Holder]],
        ids=str,
    )
    def test_of_no_type_that_json_can_be_read_into_is_found_out_before_the_call(
        self, ask, say, retry, answer_type
    ):
        with pytest.raises(errors.ConfigurationError) as caught:
            ask(call(retry, answer_type), **{UNKNOWN_CALL: [say.ok()]})

        assert caught.value.text.startswith(
            f"answer_type {answer_type!r} can't be read from JSON: "
        )
        assert caught.value.text.endswith(". Nothing was sent.")
        assert ask.wire.sent == []

    def test_of_an_askable_call_is_a_state_to_go_on_with(self, ask, say):
        async def story(fp):
            state = await fp.call(PATH, BODY, RequestState, retry=Retry.ASKABLE, request_id=OWN)
            return state, await fp.requests.attach(state.request_id).result()

        state, end = ask(story, **{UNKNOWN_CALL: [say.process]}, request__status=[say.success])

        assert (state.request_id, state.request_status, end.request_status) == (
            OWN,
            "process",
            "success",
        )

    @pytest.mark.parametrize("answer_type", [Renamed, RenamedToo, list, int])
    def test_of_another_shape_is_no_answer_to_a_read(self, ask, say, answer_type):
        with pytest.raises(errors.ProtocolError, match="JSON of another shape") as caught:
            ask(call(Retry.READ, answer_type), **{UNKNOWN_CALL: [say.http(200, NAMED)]})

        assert caught.value.body == json.dumps(NAMED)

    @pytest.mark.parametrize("retry", [Retry.UNASKABLE, Retry.REPEATABLE])
    @pytest.mark.parametrize("answer_type", [Renamed, RenamedToo, list, int])
    def test_of_another_shape_says_that_an_effect_was_done(
        self, ask, say, scheme, retry, answer_type
    ):
        with pytest.raises(
            errors.ResultUnknown, match="the issuer did it, and its answer can't be read"
        ) as caught:
            ask(call(retry, answer_type), scheme=scheme, **{UNKNOWN_CALL: [say.http(200, NAMED)]})

        assert (caught.value.done, caught.value.body, ask.wire.calls) == (
            True,
            json.dumps(NAMED),
            [UNKNOWN_CALL],
        )

    @pytest.mark.parametrize(
        "answer",
        [
            *(
                {"name": "new", "dt": "now"},
                {"status": 0, "dt": "now"},
                {"status": "done", "dt": "now"},
                [],
            ),
            # A gateway's: nothing but a status, or a status with what is empty.
            *(
                {"status": "ok"},
                {"status": "ok", "name": "new"},
                {"status": "ok", "dt": ""},
                {"status": "ok", "error_code": None},
            ),
            {"status": "error", "message": "no"},
        ],
    )
    def test_that_says_neither_yes_nor_no_is_none(self, ask, say, answer):
        with pytest.raises(errors.ProtocolError):
            ask(call(Retry.READ), **{UNKNOWN_CALL: [say.http(200, answer)]})

    def test_of_a_gift_card_call_has_the_envelope_of_its_section(self, ask, say):
        answer = ask(
            lambda fp: fp.call(
                UNKNOWN_GIFT_PATH,
                {"card_id": 5},
                dict,
                section=Section.GIFT_CARDS,
                retry=Retry.READ,
            ),
            **{UNKNOWN_CALL: [say.gift(name="new")]},
        )

        assert answer == {"status": 0, "datetime": "2026-05-14 10:00:00", "name": "new"}

    def test_of_another_section_is_none(self, ask, say):
        with pytest.raises(errors.ProtocolError):
            ask(
                lambda fp: fp.call(PATH, BODY, dict, section=Section.GIFT_CARDS, retry=Retry.READ),
                **{UNKNOWN_CALL: [say.ok()]},
            )


class TestBody:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (BODY, '{"card_id":"c-1","name":"Ёлка/1"}'),
            ({}, "{}"),
            (
                {"fee": Decimal("0.10"), "more": {"pin": Secret("1234")}, "none": None},
                '{"fee":0.10,"more":{"pin":"1234"},"none":null}',
            ),
            (Name(card_id="c-1"), '{"card_id":"c-1"}'),
        ],
    )
    @pytest.mark.parametrize("retry", [Retry.READ, Retry.REPEATABLE, Retry.UNASKABLE])
    def test_is_signed_and_sent_as_it_is(self, ask, say, scheme, signed, retry, body, expected):
        ask(call(retry, body=body), scheme=scheme, **{UNKNOWN_CALL: [say.ok()]})

        (sent,) = ask.wire.sent
        assert (sent.path, sent.body) == (PATH, expected.encode())
        assert signed(PATH, sent.headers, sent.body)

    def test_of_an_askable_call_has_the_id(self, ask, say):
        ask(call(Retry.ASKABLE, RequestState, request_id=OWN), **{UNKNOWN_CALL: [say.process]})

        assert ask.wire.sent[0].fields == {**BODY, "request_id": OWN}

    def test_is_not_the_callers_to_change_on_the_way(self, ask, say):
        body = dict(BODY)

        async def meanwhile(attempt, sent):
            body["name"] = "other"
            return await say.lost(attempt, sent)

        ask(call(Retry.READ, body=body), **{UNKNOWN_CALL: [meanwhile, say.ok()]})

        assert [each.fields for each in ask.wire.sent] == [BODY, BODY]

    def test_that_has_no_form_in_json_is_refused(self, ask, say):
        with pytest.raises(errors.ConfigurationError) as caught:
            ask(call(body={"a": object()}), **{UNKNOWN_CALL: [say.ok()]})

        assert (caught.value.text, ask.wire.sent) == (
            "a value can't be written as JSON: it is of type object. Nothing was sent.",
            [],
        )


class Named(BodyWithId, kw_only=True):
    card_id: str


class TestOwnId:
    """The id in the caller's own body."""

    @pytest.mark.parametrize("given", [None, OWN])
    @pytest.mark.parametrize(
        ("retry", "answer_type", "body"),
        [
            (Retry.UNASKABLE, dict, {"card_id": "c-1", "request_id": OWN}),
            (Retry.UNASKABLE, dict, Named(card_id="c-1", request_id=OWN)),
            (Retry.ASKABLE, RequestState, {"card_id": "c-1", "request_id": OWN}),
        ],
    )
    def test_is_that_of_the_call(self, ask, say, retry, answer_type, body, given):
        with pytest.raises(errors.AuthenticationError) as caught:
            ask(
                call(retry, answer_type, body, request_id=given),
                scheme="KG",
                **{UNKNOWN_CALL: [say.denied]},
                request__status=[say.denied],
            )

        sent = ask.wire.sent[0]
        assert (sent.fields["request_id"], sent.headers["Request-Id"], caught.value.request_id) == (
            OWN,
            OWN,
            OWN,
        )

    @pytest.mark.parametrize("retry", [Retry.UNASKABLE, Retry.ASKABLE])
    def test_that_is_not_the_one_of_the_call_is_refused(self, ask, say, retry):
        answer_type = RequestState if retry is Retry.ASKABLE else dict
        with pytest.raises(errors.ConfigurationError) as caught:
            ask(
                call(retry, answer_type, {"request_id": "other"}, request_id=OWN),
                **{UNKNOWN_CALL: [say.ok()]},
            )

        assert (caught.value.text, ask.wire.sent) == (
            (
                "request_id and the request_id in the body differ: one call has one id. Nothing "
                "was sent."
            ),
            [],
        )

    def test_of_an_intent_that_has_none_is_the_one_of_the_call(self, ask, say):
        ask(call(body=Named(card_id="c-1"), request_id=OWN), **{UNKNOWN_CALL: [say.ok()]})

        assert ask.wire.sent[0].fields == {"card_id": "c-1", "request_id": OWN}


class TestRetry:
    @pytest.mark.parametrize("retry", [Retry.READ, Retry.REPEATABLE])
    def test_of_what_is_harmless_takes_a_fresh_id_each_time(self, ask, say, retry):
        ask(call(retry), scheme="KG", **{UNKNOWN_CALL: [say.lost, say.broken, say.ok()]})

        assert len({each.headers["Request-Id"] for each in ask.wire.sent}) == 3

    def test_of_an_effect_is_the_safe_one_unless_told(self, ask, say):
        with pytest.raises(errors.OutcomeUnknown):
            ask(lambda fp: fp.call(PATH, BODY, dict), scheme="KZ", **{UNKNOWN_CALL: [say.lost]})

        assert ask.wire.calls == [UNKNOWN_CALL]

    def test_of_an_effect_under_sign_sends_it_once_more_under_the_same_id(self, ask, say):
        assert ask(
            call(request_id=OWN), scheme="KG", **{UNKNOWN_CALL: [say.lost, say.ok(a=1)]}
        ) == {"status": "ok", "dt": DT, "a": 1}

        assert [each.headers["Request-Id"] for each in ask.wire.sent] == [OWN, OWN]

    def test_of_an_askable_effect_asks(self, ask, say, scheme):
        state = ask(
            call(Retry.ASKABLE, RequestState, request_id=OWN),
            scheme=scheme,
            **{UNKNOWN_CALL: [say.lost]},
            request__status=[say.success],
        )

        assert (state.request_status, ask.wire.calls) == (
            "success",
            [UNKNOWN_CALL, "request/status"],
        )

    def test_of_what_may_be_repeated_says_so_when_it_ends_unknown(self, ask, say):
        with pytest.raises(errors.OutcomeUnknown, match="it is safe to repeat"):
            ask(call(Retry.REPEATABLE), **{UNKNOWN_CALL: [say.lost]})

        assert ask.wire.calls == [UNKNOWN_CALL] * 4


ENDS = {
    "refused, and not known": ("refused", dict.fromkeys(Retry, errors.RequestFailed)),
    "refused, and nobody to ask": (
        "refused",
        {**dict.fromkeys(Retry, errors.RequestFailed), Retry.ASKABLE: errors.OutcomeUnknown},
    ),
    "denied, and nobody to ask": (
        "denied",
        {**dict.fromkeys(Retry, errors.AuthenticationError), Retry.ASKABLE: errors.OutcomeUnknown},
    ),
    "denied, and not known": ("denied", dict.fromkeys(Retry, errors.AuthenticationError)),
    "limited": ("limited", dict.fromkeys(Retry, errors.RateLimited)),
    "not sent": ("not_sent", dict.fromkeys(Retry, errors.NotSent)),
    "lost": ("lost", dict.fromkeys(Retry, errors.OutcomeUnknown)),
    "a page": (
        "page",
        {**dict.fromkeys(Retry, errors.OutcomeUnknown), Retry.READ: errors.ProtocolError},
    ),
}


@pytest.mark.parametrize("retry", Retry)
@pytest.mark.parametrize("end", ENDS)
def test_error_names_the_call_by_its_path(ask, say, retry, end):
    (step, ends), looked_up = (
        ENDS[end],
        say.unknown if end.endswith("not known") else say.unavailable,
    )
    answer_type = RequestState if retry is Retry.ASKABLE else dict

    with pytest.raises(ends[retry]) as caught:
        ask(
            call(retry, answer_type),
            **{UNKNOWN_CALL: [getattr(say, step)]},
            request__status=[looked_up],
        )

    assert (type(caught.value), caught.value.call) == (ends[retry], PATH)
    assert caught.value.request_id


@pytest.mark.parametrize("retry", [Retry.READ, Retry.REPEATABLE, Retry.UNASKABLE])
def test_request_status_error_is_an_error(ask, say, retry):
    with pytest.raises(errors.RequestFailed) as caught:
        ask(call(retry), **{UNKNOWN_CALL: [say.failed]})

    assert (caught.value.error_code, caught.value.error_description) == ("declined", "no money")
    assert ask.wire.calls == [UNKNOWN_CALL]


def test_negative_status_of_a_gift_card_call_is_its_error(ask, say):
    with pytest.raises(errors.GiftCardError) as caught:
        ask(
            lambda fp: fp.call(UNKNOWN_GIFT_PATH, {}, dict, section=Section.GIFT_CARDS),
            **{UNKNOWN_CALL: [say.gift(-7)]},
        )

    assert (caught.value.code, caught.value.error_description) == (-7, "The card id is wrong.")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            lambda fp: fp.call(UNKNOWN_CALL, {}, dict),
            f"the path {UNKNOWN_CALL!r} is not like /v5/card-api/card/info. Nothing was sent.",
        ),
        (
            lambda fp: fp.call("/a?b=1", {}, dict),
            "the path '/a?b=1' is not like /v5/card-api/card/info. Nothing was sent.",
        ),
        (
            lambda fp: fp.call("/a/../b", {}, dict),
            "the path '/a/../b' is not like /v5/card-api/card/info. Nothing was sent.",
        ),
        (
            lambda fp: fp.call("/a\nb", {}, dict),
            "the path '/a\\nb' is not like /v5/card-api/card/info. Nothing was sent.",
        ),
        (
            call(section=Section.HASHDT),
            f"section {Section.HASHDT!r} is not of this client. Nothing was sent.",
        ),
        (
            call(Retry.READ, request_id=OWN),
            (
                "request_id is only for calls that change something: each attempt of a read has "
                "an id of its own. Nothing was sent."
            ),
        ),
        (
            call(Retry.REPEATABLE, request_id=OWN),
            (
                "request_id is only for calls that change something: each attempt of a read has "
                "an id of its own. Nothing was sent."
            ),
        ),
        (
            lambda fp: fp.call("/v5/card-api/card/close", {}, dict, retry=Retry.READ),
            (
                "/v5/card-api/card/close changes something, so retry can't be Retry.READ. "
                "Nothing was sent."
            ),
        ),
        (
            lambda fp: fp.call(
                "/v5/cards/issue_card", {}, dict, section=Section.GIFT_CARDS, retry=Retry.REPEATABLE
            ),
            (
                "/v5/cards/issue_card changes something, so retry can't be Retry.REPEATABLE. "
                "Nothing was sent."
            ),
        ),
        (
            lambda fp: fp.call(
                UNKNOWN_GIFT_PATH, {}, RequestState, section=Section.GIFT_CARDS, retry=Retry.ASKABLE
            ),
            (
                f"request/status does not know the calls of {Section.GIFT_CARDS}: they can't be "
                "asked about. Nothing was sent."
            ),
        ),
        (lambda fp: fp.call(7, {}, dict), "path is of type int: give text. Nothing was sent."),
        (
            call(body=None),
            "body is None: give a dict of fields, or a msgspec.Struct. Nothing was sent.",
        ),
        (
            call(body='{"pin":"1234"}'),
            "body is of type str: give a dict of fields, or a msgspec.Struct. Nothing was sent.",
        ),
        (call("read"), "retry is of type str: give a Retry, such as Retry.READ. Nothing was sent."),
        (call(queue="0"), "queue is of type str: give True, False or seconds. Nothing was sent."),
        (
            lambda fp: fp.cards.info("c-1", extra="name=1"),
            "extra is of type str: give a dict of fields. Nothing was sent.",
        ),
        (call(timeout=0), "timeout=0: it must be more than 0 (seconds). Nothing was sent."),
    ],
)
def test_wrong_use_is_refused(ask, say, made, expected):
    with pytest.raises(errors.ConfigurationError) as caught:
        ask(made, **{UNKNOWN_CALL: [say.ok()]})

    assert (caught.value.text, ask.wire.sent) == (expected, [])


@pytest.mark.parametrize(
    ("answer_type", "body"),
    [(dict, BODY), (RequestState, Name(card_id="c-1")), (RequestState, Named(card_id="c-1"))],
)
def test_askable_call_has_fields_and_gives_a_state(ask, say, answer_type, body):
    with pytest.raises(errors.ConfigurationError) as caught:
        ask(call(Retry.ASKABLE, answer_type, body), **{UNKNOWN_CALL: [say.ok()]})

    assert (caught.value.text, ask.wire.sent) == (
        (
            "a call with Retry.ASKABLE needs a dict as its body, and RequestState as its "
            "answer_type. Nothing was sent."
        ),
        [],
    )
