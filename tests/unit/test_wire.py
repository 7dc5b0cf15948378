from __future__ import annotations

import traceback
from email.utils import formatdate

import msgspec
import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.models import Answer, CardActivation, CardIssue, CardRef, ClientCreation, Extra, NewClient, RequestState, StatusQuery
from freedompay_async.policy import Seen
from freedompay_async.secret import Secret
from freedompay_async.wire import Reply, Verdict, encode, is_page, read_answer, read_look_up

NOW = 1_700_000_000.0
OK = b'{"status":"ok","request_status":"process"}'
ERROR = b'{"status":"error"}'
HTML = b"\r\n <!DOCTYPE html><html><body>502</body></html>"
DEEP = b'{"status":"ok","more":' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def reply(status: int, body: bytes, retry_after: str | None = None) -> Reply:
    return Reply(status, {} if retry_after is None else {"Retry-After": retry_after}, body)


def answer_to(status: int, body: bytes, *, effect: bool = True, retry_after: str | None = None) -> Verdict:
    return read_answer(reply(status, body, retry_after), RequestState, effect=effect, now=NOW)


def look_up(status: int, body: bytes, *, retry_after: str | None = None) -> Verdict:
    return read_look_up(reply(status, body, retry_after), now=NOW)


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


# HTTP status, body, what it shows of an effect, of a read, and of a look-up.
ANSWERS = {
    "ok, in process": (200, OK, Seen.OK, Seen.OK, Seen.KNOWN),
    "ok, a success": (200, b'{"status":"ok","request_status":"success"}', Seen.OK, Seen.OK, Seen.KNOWN),
    "ok, a failed request": (200, b'{"status":"ok","request_status":"error"}', Seen.ERROR, Seen.OK, Seen.FAILED),
    "ok, another status of the request": (200, b'{"status":"ok","request_status":"queued"}', Seen.OK, Seen.OK, Seen.KNOWN),
    "ok, no status of the request": (200, b'{"status":"ok"}', Seen.OK, Seen.OK, Seen.NOT_KNOWN),
    "ok, a null for the status of the request": (200, b'{"status":"ok","request_status":null}', Seen.OK, Seen.OK, Seen.NOT_KNOWN),
    "ok with 201": (201, OK, Seen.OK, Seen.OK, Seen.KNOWN),
    "ok with 299": (299, OK, Seen.OK, Seen.OK, Seen.KNOWN),
    "ok with 300": (300, OK, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "ok with 302": (302, OK, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "ok with 400": (400, OK, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "an error": (200, ERROR, Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
    "an error of a failed request": (200, b'{"status":"error","request_status":"error"}', Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
    "an error of a request that succeeded": (200, b'{"status":"error","request_status":"success"}', Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
    "an error with 302": (302, ERROR, Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
    "an error with 400": (400, ERROR, Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
    "an error with 404": (404, ERROR, Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
    "an error with 409": (409, ERROR, Seen.ERROR, Seen.ERROR, Seen.NOT_KNOWN),
    "another status text": (200, b'{"status":"done","request_status":"success"}', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "an empty status text": (200, b'{"status":""}', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "401 in JSON": (401, ERROR, Seen.DENIED, Seen.DENIED, Seen.DENIED),
    "401 in HTML": (401, HTML, Seen.DENIED, Seen.DENIED, Seen.DENIED),
    "401 without a body": (401, b"", Seen.DENIED, Seen.DENIED, Seen.DENIED),
    "403 in JSON": (403, ERROR, Seen.DENIED, Seen.DENIED, Seen.DENIED),
    "403 without a body": (403, b"", Seen.DENIED, Seen.DENIED, Seen.DENIED),
    "403 in HTML": (403, HTML, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "400 in HTML": (400, HTML, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "404 without a body": (404, b"", Seen.UNCLEAR, Seen.UNCLEAR, Seen.NOT_KNOWN),
    "404 in plain text": (404, b"Not Found", Seen.UNCLEAR, Seen.UNCLEAR, Seen.NOT_KNOWN),
    "404 in JSON of another shape": (404, b'{"detail":"no"}', Seen.UNCLEAR, Seen.UNCLEAR, Seen.NOT_KNOWN),
    "404 in HTML": (404, HTML, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "409 without a body": (409, b"", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "429 in JSON": (429, ERROR, Seen.LIMITED, Seen.LIMITED, Seen.LIMITED),
    "429 in HTML": (429, HTML, Seen.LIMITED, Seen.LIMITED, Seen.LIMITED),
    "429 that says ok": (429, OK, Seen.LIMITED, Seen.LIMITED, Seen.LIMITED),
    "500 that says ok": (500, OK, Seen.NO_ANSWER, Seen.NO_ANSWER, Seen.NO_ANSWER),
    "500 that says error": (500, ERROR, Seen.NO_ANSWER, Seen.NO_ANSWER, Seen.NO_ANSWER),
    "502 in HTML": (502, HTML, Seen.NO_ANSWER, Seen.NO_ANSWER, Seen.NO_ANSWER),
    "503 without a body": (503, b"", Seen.NO_ANSWER, Seen.NO_ANSWER, Seen.NO_ANSWER),
    "599": (599, ERROR, Seen.NO_ANSWER, Seen.NO_ANSWER, Seen.NO_ANSWER),
    "200 in HTML": (200, HTML, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "200 without a body": (200, b"", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "200 with blanks": (200, b" \n", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "JSON that was cut": (200, b'{"status":"ok","request_sta', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "JSON with more behind it": (200, OK + b"{}", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "a list": (200, b"[]", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "a number": (200, b"1", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "a string": (200, b'"ok"', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "null": (200, b"null", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "an object without a status": (200, b"{}", Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "a number for a status": (200, b'{"status":0}', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "cards that are no list": (200, b'{"status":"ok","cards":"5"}', Seen.TAKEN, Seen.TAKEN, Seen.TAKEN),
    "cards that are no list with 201": (201, b'{"status":"ok","cards":"5"}', Seen.TAKEN, Seen.TAKEN, Seen.TAKEN),
    "cards that are no list with 302": (302, b'{"status":"ok","cards":"5"}', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "an error with cards that are no list": (200, b'{"status":"error","cards":"5"}', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "bytes that are not UTF-8": (200, b'{"status":"\xff"}', Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "UTF-16": (200, OK.decode().encode("utf-16"), Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
    "JSON nested deeper than the stack": (200, DEEP, Seen.UNCLEAR, Seen.UNCLEAR, Seen.UNCLEAR),
}


class TestSeen:
    @pytest.mark.parametrize(("status", "body", "expected"), [(row[0], row[1], row[2]) for row in ANSWERS.values()], ids=ANSWERS)
    def test_of_an_effect(self, status, body, expected):
        assert answer_to(status, body).seen == expected

    @pytest.mark.parametrize(("status", "body", "expected"), [(row[0], row[1], row[3]) for row in ANSWERS.values()], ids=ANSWERS)
    def test_of_a_read(self, status, body, expected):
        assert answer_to(status, body, effect=False).seen == expected

    @pytest.mark.parametrize(("status", "body", "expected"), [(row[0], row[1], row[4]) for row in ANSWERS.values()], ids=ANSWERS)
    def test_of_a_look_up(self, status, body, expected):
        assert look_up(status, body).seen == expected

    @pytest.mark.parametrize("status", range(500, 600))
    def test_of_a_5xx_is_never_an_answer(self, status):
        assert {answer_to(status, body).seen for body in (OK, ERROR, HTML, b"")} == {Seen.NO_ANSWER}


class TestReason:
    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (200, OK, "HTTP 200"),
            (400, ERROR, "HTTP 400"),
            (401, b"", "HTTP 401, an empty body"),
            (429, HTML, "HTTP 429"),
            (500, ERROR, "HTTP 500"),
            (502, HTML, "HTTP 502, an HTML page"),
            (503, b"", "HTTP 503, an empty body"),
            (200, HTML, "HTTP 200, an HTML page"),
            (200, b"", "HTTP 200, an empty body"),
            (200, b'{"status":', "HTTP 200, not JSON"),
            (200, DEEP, "HTTP 200, not JSON"),
            (200, b"[]", "HTTP 200, JSON of another shape (Expected `object`, got `array`)"),
            (302, OK, "HTTP 302 with a body that says ok"),
            (200, b'{"status":"done"}', "HTTP 200 with status 'done'"),
            (200, b'{"status":"' + b"x" * 99 + b'"}', "HTTP 200 with status that is no word"),
        ],
    )
    def test_says_what_came(self, status, body, expected):
        assert answer_to(status, body).reason == expected

    def test_does_not_quote_a_card_number_for_a_status(self):
        assert "4111111111111111" not in answer_to(200, b'{"status":"4111111111111111"}').reason

    def test_does_not_quote_a_value_of_the_wrong_type(self):
        reason = answer_to(200, b'{"status":"ok","cards":[{"card_id":["4111111111111111"]}]}').reason

        assert "4111111111111111" not in reason


class TestVerdict:
    @pytest.mark.parametrize(("status", "body"), [row[:2] for row in ANSWERS.values()], ids=ANSWERS)
    def test_keeps_the_reply(self, status, body):
        assert answer_to(status, body).reply == Reply(status, {}, body)

    @pytest.mark.parametrize(("status", "body"), [row[:2] for row in ANSWERS.values()], ids=ANSWERS)
    def test_of_a_look_up_keeps_the_reply(self, status, body):
        assert look_up(status, body).reply == Reply(status, {}, body)

    @pytest.mark.parametrize(("status", "body"), [(200, HTML), (200, b"[]"), (429, ERROR), (500, OK), (200, b'{"status":"done"}')])
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
        verdict = answer_to(200, b'{"status":"ok","cards":"5"}', retry_after="3")

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
                b'{"status":"ok","balance":{"amount":1},"cvv":null}',
                RequestState(status="ok", extra=Extra({"balance": {"amount": 1}, "cvv": None})),
            ),
            (
                b'{"status":"ok","cards":[{"card_id":"5","mask":"1234"}]}',
                RequestState(status="ok", cards=[CardRef(card_id="5", extra=Extra({"mask": "1234"}))]),
            ),
            (b'{"status":"ok","cards":[{"card_id":5}]}', RequestState(status="ok", cards=[CardRef(card_id=5)])),
            (b'{"status":"ok","cards":[]}', RequestState(status="ok", cards=[])),
            (b'{"status":"ok","cards":null}', RequestState(status="ok")),
            (b'{"status":"ok","client_id":123456789012345678901}', RequestState(status="ok", client_id=123456789012345678901)),
            (b'{"status":"ok","transaction_id":7,"fin_document_id":"8"}', RequestState(status="ok", transaction_id=7, fin_document_id="8")),
            (b'{"status":"ok","error_code":null,"error_description":null,"dt":null}', RequestState(status="ok")),
            (b'{"status":"ok","error_code":"E1"}', RequestState(status="ok", error_code="E1")),
            (b' {"status" : "ok"}\n', RequestState(status="ok")),
            ('{"status":"ok","error_description":"нет"}'.encode(), RequestState(status="ok", error_description="нет")),
        ],
    )
    def test_reads_what_the_vendor_may_send(self, body, expected):
        assert answer_to(200, body).answer == expected

    @pytest.mark.parametrize("field", [b'"request_id":null', b'"request_id":5', b'"found":"yes"', b'"found":null'])
    def test_reads_an_answer_whose_added_fields_are_named_like_those_that_the_client_fills_in(self, field):
        assert answer_to(200, b'{"status":"ok",' + field + b"}").seen == Seen.OK


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
