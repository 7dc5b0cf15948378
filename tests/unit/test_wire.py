from __future__ import annotations

import gzip
import traceback
from email.utils import formatdate

import msgspec
import pytest

from freedompay_async.contract import CARDS_ISSUE, GIFT_CARDS_ISSUE, PINS_SET_URL, REQUESTS_STATUS
from freedompay_async.errors import ConfigurationError
from freedompay_async.models import (
    Answer,
    CardActivation,
    CardIssue,
    CardRef,
    ClientCreation,
    Extra,
    GiftAnswer,
    IssuedGiftCard,
    NewClient,
    PinPageAnswer,
    RequestState,
    StatusQuery,
)
from freedompay_async.policy import Seen
from freedompay_async.secret import Secret
from freedompay_async.wire import Reply, Verdict, encode, is_page, read_answer, read_look_up

NOW = 1_700_000_000.0
OK = b'{"status":"ok","request_status":"process"}'
ERROR = b'{"status":"error","error_code":17}'
HTML = b"\r\n <!DOCTYPE html><html><body>502</body></html>"
DEEP = b'{"status":"ok","request_status":"success","more":' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def reply(status: int, body: bytes, retry_after: str | None = None) -> Reply:
    return Reply(status, {} if retry_after is None else {"Retry-After": retry_after}, body)


def answer_to(status: int, body: bytes, *, effect: bool = True, retry_after: str | None = None) -> Verdict:
    return read_answer(reply(status, body, retry_after), RequestState, effect=effect, now=NOW, asked=CARDS_ISSUE.envelope)


def look_up(status: int, body: bytes, *, retry_after: str | None = None) -> Verdict:
    return read_look_up(reply(status, body, retry_after), now=NOW, asked=REQUESTS_STATUS.envelope)


class TestEncode:
    def test_is_one_line_of_compact_json_in_the_order_of_the_fields(self):
        request = CardIssue(request_id="828cf71d-a447-4a67-a149-c1df8bc197ca", client_id="77", product_id=1000)

        assert encode(request) == b'{"request_id":"828cf71d-a447-4a67-a149-c1df8bc197ca","client_id":"77","product_id":1000}'

    def test_keeps_cyrillic_and_slashes_as_they_are(self):
        request = StatusQuery(request_id="Иванов/Ёлка")

        assert encode(request) == '{"request_id":"Иванов/Ёлка"}'.encode()

    def test_writes_a_line_break_in_a_value_as_an_escape(self):
        assert encode(StatusQuery(request_id="one\ntwo")) == b'{"request_id":"one\\ntwo"}'

    def test_leaves_out_what_is_none(self):
        client = NewClient(phone=77017777777, type=1, resident=1, first_name="IVAN", last_name="IVANOV")

        assert encode(client) == b'{"phone":77017777777,"type":1,"resident":1,"first_name":"IVAN","last_name":"IVANOV"}'

    def test_reveals_a_secret(self):
        client = NewClient(phone=1, type=1, resident=1, first_name="A", last_name="B", document=Secret("JVBERi0="))
        body = encode(ClientCreation(request_id="id", product_id=1, client=client))

        assert msgspec.json.decode(body)["client"]["document"] == "JVBERi0="

    def test_gives_the_same_bytes_each_time(self):
        request = CardActivation(request_id="id", card_id="5")

        assert encode(request) == encode(request)

    def test_refuses_a_value_that_has_no_form_on_the_wire(self):
        class Odd(msgspec.Struct):
            value: object

        with pytest.raises(ConfigurationError) as caught:
            encode(Odd(value=range(3)))

        assert str(caught.value) == "a value has no form in JSON: it is of type range. Nothing was sent."

    def test_refuses_text_that_utf_8_has_no_bytes_for_without_showing_it(self, tmp_path):
        value = f"{tmp_path.name}\ud800"

        with pytest.raises(ConfigurationError) as caught:
            encode(CardIssue(client_id=value, product_id=1))

        assert tmp_path.name not in "".join(traceback.format_exception(caught.value))


# What an answer says, whatever its HTTP status. `DT` makes it the contract's own JSON.
DT = b'"dt":"2026-05-14T10:00:00+05:00"'
CUT = b'{"status":"ok",' + DT + b',"request_sta'
FOREIGN = {
    "nothing": b"",
    "blanks": b" \n",
    "a page": HTML,
    "plain text": b"Not Found",
    "an ok alone": b'{"status":"ok"}',
    "an error alone": b'{"status":"error"}',
    "an ok whose other fields are null": b'{"status":"ok","request_status":null,"dt":null,"error_code":null}',
    "an ok whose other fields are empty": b'{"status":"ok","request_status":"","dt":[],"error_code":{}}',
    "an error whose other fields are empty": b'{"status":"error","request_status":"","dt":"","error_code":""}',
    "an ok with a gateway's fields": b'{"status":"ok","message":"healthy","code":200}',
    "an error with a gateway's fields": b'{"status":"error","message":"no route","code":404}',
    "an error of another shape": b'{"detail":"no"}',
    "the contract's JSON inside of another": b'{"data":{"status":"ok","request_status":"success",' + DT + b"}}",
    "the contract's JSON in a list": b'[{"status":"error",' + DT + b"}]",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "a number": b"1",
    "a string": b'"ok"',
    "null": b"null",
    "true": b"true",
    "a number for a status": b'{"status":0,' + DT + b"}",
    "true for a status": b'{"status":true,' + DT + b"}",
    "null for a status": b'{"status":null,' + DT + b"}",
    "a list for a status": b'{"status":["ok"],' + DT + b"}",
    "another word for a status": b'{"status":"done","request_status":"success",' + DT + b"}",
    "a status in capitals": b'{"status":"OK","request_status":"success",' + DT + b"}",
    "an empty status": b'{"status":"",' + DT + b"}",
    "no status": b'{"request_status":"success",' + DT + b"}",
    "a number for the status of the request": b'{"status":"error","request_status":1,' + DT + b"}",
    "a cut ok": CUT,
    "a cut error": b'{"status":"error","error_code":1',
    "an ok with more behind it": OK + b"{}",
    "an ok behind a BOM": b"\xef\xbb\xbf" + OK,
    "an error behind a BOM": b"\xef\xbb\xbf" + ERROR,
    "a compressed ok": gzip.compress(OK),
    "a compressed error": gzip.compress(ERROR),
    "an ok in UTF-16": OK.decode().encode("utf-16"),
    "bytes that are not UTF-8": b'{"status":"ok","dt":"\xff"}',
    "JSON nested deeper than the stack": DEEP,
}
CONTRADICTIONS = {
    "an error of a request that succeeded": b'{"status":"error","request_status":"success",' + DT + b"}",
    "an error of a request in process": b'{"status":"error","request_status":"process"}',
    "an error of a request that is queued": b'{"status":"error","request_status":"queued"}',
    "an error that names a card": b'{"status":"error","error_code":1,"cards":[{"card_id":5}]}',
    "an error that names a client": b'{"status":"error","error_code":1,"client_id":"77"}',
    "an error that names a transaction": b'{"status":"error","error_code":1,"transaction_id":8}',
    "an error that was an ok first": b'{"status":"ok","status":"error",' + DT + b"}",
    "an ok that was an error first": b'{"status":"error","request_status":"success","status":"ok"}',
    "an ok, twice": b'{"status":"ok","request_status":"process","status":"ok"}',
    "a failure that was a success first": b'{"status":"ok","request_status":"success","request_status":"error"}',
}
FAILED = {
    "a failure": b'{"status":"ok","request_status":"error"}',
    "a failure with a code": b'{"status":"ok","request_status":"error","error_code":7,"cards":[],"client_id":""}',
}
FAILED_AND_NAMES = {
    "a failure that names a card": b'{"status":"ok","request_status":"error","cards":[{"card_id":"5"}]}',
    "a failure that names a client": b'{"status":"ok","request_status":"error","client_id":77}',
    "a failure that names a transaction": b'{"status":"ok","request_status":"error","transaction_id":"8"}',
}
SAYS_OK = {
    "in process": OK,
    "a success": b'{"status":"ok","request_status":"success","cards":[{"card_id":"5"}]}',
    "another status of the request": b'{"status":"ok","request_status":"queued"}',
}
SAYS_NOTHING_OF_THE_REQUEST = {
    "an ok with a time": b'{"status":"ok",' + DT + b"}",
    "an ok with a code": b'{"status":"ok","error_code":0}',
    "an ok with null for the status of the request": b'{"status":"ok","request_status":null,' + DT + b"}",
}
ERRORS = {
    "an error with a time": b'{"status":"error",' + DT + b"}",
    "an error with a code": ERROR,
    "an error with 0 for a code": b'{"status":"error","error_code":0}',
    "an error of a request that failed": b'{"status":"error","request_status":"error"}',
    "an error with empty ids": b'{"status":"error","error_code":1,"client_id":"","transaction_id":0,"cards":[{"card_id":" "}]}',
}
UNREADABLE = {
    "an ok whose cards are no list": b'{"status":"ok","cards":"5",' + DT + b"}",
    "an ok with a list for an id": b'{"status":"ok","request_status":"success","client_id":[]}',
}

# The kinds of HTTP status that decide alike.
GOOD, OTHER, REFUSED, NOT_FOUND, LIMITED, TROUBLED = "good", "other", "refused", "not found", "limited", "troubled"
STATUSES = {
    GOOD: (200, 201, 202, 299),
    OTHER: (300, 302, 400, 405, 409, 422, 451, 499),
    REFUSED: (401, 403),
    NOT_FOUND: (404,),
    LIMITED: (429,),
    TROUBLED: (500, 502, 503, 504, 599),
}
ALL_UNCLEAR = (Seen.UNCLEAR,) * 3
ALL_LIMITED, ALL_NO_ANSWER = (Seen.LIMITED,) * 3, (Seen.NO_ANSWER,) * 3
# What it shows of an effect, of a read, and of a look-up.
SHOWN = [
    (
        FOREIGN,
        {
            GOOD: ALL_UNCLEAR,
            OTHER: ALL_UNCLEAR,
            REFUSED: (Seen.BLOCKED,) * 3,
            NOT_FOUND: (Seen.UNCLEAR, Seen.UNCLEAR, Seen.SILENT),
            LIMITED: ALL_LIMITED,
            TROUBLED: ALL_NO_ANSWER,
        },
    ),
    (
        UNREADABLE,
        {
            GOOD: (Seen.TAKEN,) * 3,
            OTHER: ALL_UNCLEAR,
            REFUSED: (Seen.BLOCKED,) * 3,
            NOT_FOUND: (Seen.UNCLEAR, Seen.UNCLEAR, Seen.SILENT),
            LIMITED: ALL_LIMITED,
            TROUBLED: ALL_NO_ANSWER,
        },
    ),
    (
        CONTRADICTIONS,
        {
            GOOD: ALL_UNCLEAR,
            OTHER: ALL_UNCLEAR,
            REFUSED: ALL_UNCLEAR,
            NOT_FOUND: ALL_UNCLEAR,
            LIMITED: ALL_LIMITED,
            TROUBLED: ALL_NO_ANSWER,
        },
    ),
    (
        ERRORS,
        {
            GOOD: (Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
            OTHER: (Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
            REFUSED: (Seen.DENIED,) * 3,
            NOT_FOUND: (Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
            LIMITED: ALL_LIMITED,
            TROUBLED: ALL_NO_ANSWER,
        },
    ),
    (
        SAYS_OK,
        {
            GOOD: (Seen.OK, Seen.OK, Seen.KNOWN),
            OTHER: ALL_UNCLEAR,
            REFUSED: ALL_UNCLEAR,
            NOT_FOUND: ALL_UNCLEAR,
            LIMITED: (Seen.TAKEN, Seen.OK, Seen.KNOWN),
            TROUBLED: (Seen.TAKEN, Seen.OK, Seen.KNOWN),
        },
    ),
    (
        SAYS_NOTHING_OF_THE_REQUEST,
        {
            GOOD: (Seen.OK, Seen.OK, Seen.NOT_KNOWN),
            OTHER: ALL_UNCLEAR,
            REFUSED: ALL_UNCLEAR,
            NOT_FOUND: ALL_UNCLEAR,
            LIMITED: (Seen.TAKEN, Seen.LIMITED, Seen.LIMITED),
            TROUBLED: (Seen.TAKEN, Seen.NO_ANSWER, Seen.NO_ANSWER),
        },
    ),
    (
        FAILED,
        {
            GOOD: (Seen.ERROR, Seen.OK, Seen.FAILED),
            OTHER: ALL_UNCLEAR,
            REFUSED: ALL_UNCLEAR,
            NOT_FOUND: ALL_UNCLEAR,
            LIMITED: ALL_LIMITED,
            TROUBLED: ALL_NO_ANSWER,
        },
    ),
    (
        FAILED_AND_NAMES,
        {
            GOOD: (Seen.UNCLEAR, Seen.OK, Seen.FAILED),
            OTHER: ALL_UNCLEAR,
            REFUSED: ALL_UNCLEAR,
            NOT_FOUND: ALL_UNCLEAR,
            LIMITED: ALL_LIMITED,
            TROUBLED: ALL_NO_ANSWER,
        },
    ),
]
FORMS = {
    name: (body, {status: row[kind] for kind, group in STATUSES.items() for status in group})
    for forms, row in SHOWN
    for name, body in forms.items()
}


class TestSeen:
    """Each form with each HTTP status."""

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_an_effect(self, body, shown):
        assert {status: answer_to(status, body).seen for status in shown} == {status: each[0] for status, each in shown.items()}

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_a_read(self, body, shown):
        seen = {status: answer_to(status, body, effect=False).seen for status in shown}

        assert seen == {status: each[1] for status, each in shown.items()}

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_a_look_up(self, body, shown):
        assert {status: look_up(status, body).seen for status in shown} == {status: each[2] for status, each in shown.items()}

    @pytest.mark.parametrize("status", [429, *range(500, 600)])
    def test_of_a_429_or_5xx_is_never_that_it_was_not_done(self, status):
        bodies = [body for forms, _ in SHOWN for body in forms.values()]
        no = {Seen.ERROR, Seen.DENIED, Seen.FAILED, Seen.NOT_KNOWN}

        assert {answer_to(status, body).seen for body in bodies} & no == set()
        assert {look_up(status, body).seen for body in bodies} & no == set()

    @pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
    def test_of_what_is_not_the_contracts_is_nothing_of_an_effect_or_an_id(self, body):
        says = {Seen.OK, Seen.TAKEN, Seen.ERROR, Seen.DENIED, Seen.KNOWN, Seen.FAILED, Seen.NOT_KNOWN}
        statuses = range(200, 600)

        assert {answer_to(status, body).seen for status in statuses} & says == set()
        assert {look_up(status, body).seen for status in statuses} & says == set()

    def test_of_a_status_that_is_there_twice_is_unclear_however_deep_its_other_parts_are(self):
        bodies = [b'{"status":"error",' + DT + b',"more":' + b"[" * depth + b"]" * depth + b',"status":"ok"}' for depth in range(300, 1050)]

        assert {answer_to(200, body).seen for body in bodies} == {Seen.UNCLEAR}

    @pytest.mark.parametrize("body", [b'{"status":"ok"}', b'{"status":"ok","more":{"dt":"x"}}'])
    def test_where_no_field_is_asked_for_takes_the_status_alone(self, body):
        assert read_answer(reply(200, body), RequestState, effect=True, now=NOW).seen is Seen.OK
        assert read_look_up(reply(200, body), now=NOW).seen is Seen.NOT_KNOWN

    @pytest.mark.parametrize(
        ("body", "expected"),
        [(b'{"status":"ok","trace":"1"}', Seen.OK), (b'{"status":"ok",' + DT + b"}", Seen.UNCLEAR)],
    )
    def test_asks_for_the_fields_of_an_override(self, body, expected):
        assert read_answer(reply(200, body), RequestState, effect=True, now=NOW, asked=frozenset({"trace"})).seen is expected


class TestGiftCards:
    TIME = b'"datetime":"2026-05-14 10:00:00"'

    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (200, b'{"status":0,%b,"card_id":5}', Seen.OK),
            (200, b'{"status":0,%b}', Seen.OK),
            (500, b'{"status":0,%b,"card_id":5}', Seen.TAKEN),
            (429, b'{"status":0,%b,"card_id":5}', Seen.TAKEN),
            (302, b'{"status":0,%b,"card_id":5}', Seen.UNCLEAR),
            (404, b'{"status":0,%b,"card_id":5}', Seen.UNCLEAR),
            (200, b'{"status":0,%b,"card_id":[5]}', Seen.TAKEN),
            *((200, b'{"status":-%d,%%b}' % code, Seen.ERROR) for code in range(1, 12)),
            (400, b'{"status":-6,%b}', Seen.ERROR),
            (404, b'{"status":-7,%b}', Seen.ERROR),
            (401, b'{"status":-11,%b}', Seen.DENIED),
            (500, b'{"status":-6,%b}', Seen.NO_ANSWER),
            (429, b'{"status":-6,%b}', Seen.LIMITED),
            (200, b'{"status":-6,%b,"card_id":5}', Seen.UNCLEAR),
            (200, b'{"status":-6,%b,"card_id":""}', Seen.ERROR),
            (200, b'{"status":0,%b,"status":-6}', Seen.UNCLEAR),
            (200, b'{"status":-12,%b}', Seen.UNCLEAR),
            (200, b'{"status":1,%b}', Seen.UNCLEAR),
            (200, b'{"status":200,%b}', Seen.UNCLEAR),
            (200, b'{"status":"0",%b}', Seen.UNCLEAR),
            (200, b'{"status":"ok",%b}', Seen.UNCLEAR),
            (200, b'{"status":true,%b}', Seen.UNCLEAR),
            (200, b"{%b}", Seen.UNCLEAR),
            (403, b'{"status":-12,%b}', Seen.BLOCKED),
            (200, b'{"status":0,"card_id":5}', Seen.UNCLEAR),
            (200, b'{"status":-6,"datetime":""}', Seen.UNCLEAR),
            (500, b'{"status":0,"card_id":5}', Seen.NO_ANSWER),
        ],
    )
    def test_are_read_by_their_own_envelope(self, status, body, expected):
        body = body.replace(b"%b", self.TIME)
        verdict = read_answer(
            reply(status, body), IssuedGiftCard, effect=True, now=NOW, envelope=GiftAnswer, asked=GIFT_CARDS_ISSUE.envelope
        )

        assert verdict.seen is expected


class TestPinPages:
    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (200, b'{"status":"Success","code":200,"data":[{"set_pin_url":"https://a.example/1"}]}', Seen.OK),
            (500, b'{"status":"success","code":"200","data":[]}', Seen.OK),
            (200, b'{"status":"Success","data":[{"set_pin_url":"https://a.example/1"}]}', Seen.UNCLEAR),
            (200, b'{"status":"error","code":17,"message":"no"}', Seen.ERROR),
            (200, b'{"status":"error","message":"no"}', Seen.UNCLEAR),
            (200, b'{"status":"error","code":17,"data":[{"set_pin_url":"https://a.example/1"}]}', Seen.UNCLEAR),
            (200, b'{"status":"error","code":17,"data":[{"set_pin_url":null}]}', Seen.ERROR),
            (403, b'{"status":"error","code":17}', Seen.DENIED),
            (403, b'{"status":"error"}', Seen.BLOCKED),
            (200, b'{"status":"maybe","code":1}', Seen.UNCLEAR),
        ],
    )
    def test_are_read_by_their_own_envelope(self, status, body, expected):
        kind = PinPageAnswer

        assert read_answer(reply(status, body), kind, effect=False, now=NOW, envelope=kind, asked=PINS_SET_URL.envelope).seen is expected


class TestReason:
    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (200, OK, "HTTP 200"),
            (400, ERROR, "HTTP 400"),
            (401, b"", "HTTP 401, an empty body"),
            (429, HTML, "HTTP 429, an HTML page"),
            (500, ERROR, "HTTP 500"),
            (502, HTML, "HTTP 502, an HTML page"),
            (503, b"", "HTTP 503, an empty body"),
            (200, HTML, "HTTP 200, an HTML page"),
            (200, b"", "HTTP 200, an empty body"),
            (200, b'{"status":', "HTTP 200, not JSON"),
            (200, DEEP, "HTTP 200, not JSON"),
            (200, b"[]", "HTTP 200, JSON of another shape (Expected `object`, got `array`)"),
            (302, OK, "HTTP 302 with a body that says ok"),
            (500, OK, "HTTP 500 with a body that says ok"),
            (429, OK, "HTTP 429 with a body that says ok"),
            (500, b'{"status":"ok"}', "HTTP 500"),
            (200, b'{"status":"done","dt":"x"}', "HTTP 200 with status 'done'"),
            (200, b'{"status":"' + b"x" * 99 + b'","dt":"x"}', "HTTP 200 with status that is no word"),
            (
                200,
                b'{"status":"ok"}',
                "HTTP 200, JSON that is not the contract's (it has no dt or error_code or request_status)",
            ),
            (
                403,
                b'{"status":"error","dt":null}',
                "HTTP 403, JSON that is not the contract's (it has no dt or error_code or request_status)",
            ),
            (
                200,
                CONTRADICTIONS["an error of a request that succeeded"],
                "HTTP 200, which contradicts itself: status error with another request_status",
            ),
            (
                200,
                CONTRADICTIONS["an error that names a card"],
                "HTTP 200, which contradicts itself: status error, and it names something",
            ),
            (
                200,
                FAILED_AND_NAMES["a failure that names a client"],
                "HTTP 200, which contradicts itself: request_status error, and it names something",
            ),
            (200, CONTRADICTIONS["an ok, twice"], "HTTP 200, which contradicts itself: status is there twice"),
            (
                200,
                CONTRADICTIONS["a failure that was a success first"],
                "HTTP 200, which contradicts itself: request_status is there twice",
            ),
        ],
    )
    def test_says_what_came(self, status, body, expected):
        assert answer_to(status, body).reason == expected

    def test_does_not_quote_a_card_number_for_a_status(self):
        assert "4111111111111111" not in answer_to(200, b'{"status":"4111111111111111","dt":"x"}').reason

    def test_does_not_quote_a_value_of_the_wrong_type(self):
        reason = answer_to(200, b'{"status":"ok","dt":"x","cards":[{"card_id":["4111111111111111"]}]}').reason

        assert "4111111111111111" not in reason


class TestVerdict:
    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_keeps_the_reply(self, body, shown):
        assert [answer_to(status, body).reply for status in shown] == [Reply(status, {}, body) for status in shown]

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_a_look_up_keeps_the_reply(self, body, shown):
        assert [look_up(status, body).reply for status in shown] == [Reply(status, {}, body) for status in shown]

    @pytest.mark.parametrize(("status", "body"), [(200, HTML), (200, b"[]"), (429, ERROR), (500, ERROR), (200, b'{"status":"done"}')])
    def test_of_what_proves_nothing_has_no_answer(self, status, body):
        assert answer_to(status, body).answer is None

    @pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409])
    def test_of_an_error_has_the_answer(self, status):
        body = b'{"status":"error","error_code":17,"error_description":"no"}'

        assert answer_to(status, body).answer == RequestState(status="error", error_code=17, error_description="no")

    def test_of_a_look_up_has_the_answer(self):
        body = b'{"status":"ok","request_status":"success","client_id":"77"}'

        assert look_up(200, body).answer == RequestState(status="ok", request_status="success", client_id="77")

    def test_of_what_was_taken_has_no_answer_and_says_what_is_wrong(self):
        verdict = answer_to(200, b'{"status":"ok","dt":"x","cards":"5"}', retry_after="3")

        assert (verdict.answer, verdict.value, verdict.reason, verdict.retry_after) == (
            None,
            None,
            "HTTP 200, JSON of another shape (Expected `array | null`, got `str` - at `$.cards`)",
            3.0,
        )

    def test_has_an_answer_of_the_type_asked_for(self):
        verdict = read_answer(reply(200, OK), Answer, effect=False, now=NOW)

        assert verdict.answer == Answer(status="ok", request_status="process")


class TestTolerance:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (
                b'{"status":"ok","dt":"x","balance":{"amount":1},"cvv":null}',
                RequestState(status="ok", dt="x", extra=Extra({"balance": {"amount": 1}, "cvv": None})),
            ),
            (
                b'{"status":"ok","dt":"x","cards":[{"card_id":"5","mask":"1234"}]}',
                RequestState(status="ok", dt="x", cards=[CardRef(card_id="5", extra=Extra({"mask": "1234"}))]),
            ),
            (b'{"status":"ok","dt":"x","cards":[{"card_id":5}]}', RequestState(status="ok", dt="x", cards=[CardRef(card_id=5)])),
            (b'{"status":"ok","dt":"x","cards":[]}', RequestState(status="ok", dt="x", cards=[])),
            (b'{"status":"ok","dt":"x","cards":null}', RequestState(status="ok", dt="x")),
            (
                b'{"status":"ok","dt":"x","client_id":123456789012345678901}',
                RequestState(status="ok", dt="x", client_id=123456789012345678901),
            ),
            (
                b'{"status":"ok","dt":"x","transaction_id":7,"fin_document_id":"8"}',
                RequestState(status="ok", dt="x", transaction_id=7, fin_document_id="8"),
            ),
            (b'{"status":"ok","dt":"x","error_code":null,"error_description":null}', RequestState(status="ok", dt="x")),
            (b'{"status":"ok","error_code":"E1"}', RequestState(status="ok", error_code="E1")),
            (b' {"status" : "ok", "dt": "x"}\n', RequestState(status="ok", dt="x")),
            ('{"status":"ok","dt":"x","error_description":"нет"}'.encode(), RequestState(status="ok", dt="x", error_description="нет")),
        ],
    )
    def test_reads_what_the_vendor_may_send(self, body, expected):
        assert answer_to(200, body).answer == expected

    @pytest.mark.parametrize("field", [b'"request_id":null', b'"request_id":5', b'"found":"yes"', b'"found":null'])
    def test_reads_an_answer_whose_added_fields_are_named_like_those_that_the_client_fills_in(self, field):
        assert answer_to(200, b'{"status":"ok","dt":"x",' + field + b"}").seen == Seen.OK


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, 0.0),
            ("0", 0.0),
            ("120", 120.0),
            (" 7 ", 7.0),
            ("9" * 400, 999_999_999.0),
            (formatdate(NOW + 90, usegmt=True), 90.0),
            (formatdate(NOW - 90, usegmt=True), 0.0),
            ("-5", 0.0),
            ("1.5", 0.0),
            ("١٢", 0.0),
            ("soon", 0.0),
            ("", 0.0),
            ("Wed, 99 Oct 2015 07:28:00 GMT", 0.0),
            ("Wed, 21 Oct 99999 07:28:00 GMT", 0.0),
            ("Wed, 21 Oct 2015 07:28:00 +99999999999", 0.0),
        ],
    )
    def test_is_read_as_seconds_or_as_a_date(self, value, expected):
        assert answer_to(429, b"", retry_after=value).retry_after == expected

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (429, b""),
            (503, b""),
            (401, b""),
            (403, ERROR),
            (200, HTML),
            (200, ERROR),
            (302, OK),
            (200, b'{"status":"ok","request_status":"error"}'),
        ],
    )
    def test_is_kept_with_every_answer_that_is_not_good(self, status, body):
        assert answer_to(status, body, retry_after="30").retry_after == 30.0

    def test_is_nothing_to_a_good_answer(self):
        assert answer_to(200, OK, retry_after="30").retry_after == 0.0

    @pytest.mark.parametrize(("status", "body"), [(429, b""), (503, b""), (404, b""), (200, ERROR)])
    def test_is_kept_with_a_look_up(self, status, body):
        assert look_up(status, body, retry_after="30").retry_after == 30.0


@pytest.mark.parametrize("body", [b"<html>", b"\n <!DOCTYPE html>", "<html>", "\t<p>"])
def test_a_page_is_told_by_its_first_sign(body):
    assert is_page(body)


@pytest.mark.parametrize("body", [b"", b"{}", b"a <b>", "", "[]", None])
def test_what_is_no_page(body):
    assert not is_page(body)
