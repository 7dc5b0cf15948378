from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from multidict import CIMultiDict

from freedompay_async.codec.answer_form import is_page
from freedompay_async.codec.decode import read_answer
from freedompay_async.codec.messages import Evidence, Reply
from freedompay_async.contract.models import Answer, CardRef, Extra, RequestState
from freedompay_async.contract.table import CARDS_ISSUE
from tests.unit.wire_answers import DEEP, ERROR, HTML, NOW, OK, answer_to, look_up, reply


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
            (
                200,
                b'{"status":"' + b"x" * 99 + b'","dt":"x"}',
                "HTTP 200 with status that is no word",
            ),
            (
                200,
                b'{"status":"ok"}',
                (
                    "HTTP 200, JSON that is not the contract's (it has no dt or error_code or "
                    "request_status)"
                ),
            ),
            (
                403,
                b'{"status":"error","dt":null}',
                (
                    "HTTP 403, JSON that is not the contract's (it has no dt or error_code or "
                    "request_status)"
                ),
            ),
            (
                200,
                b'{"status":"error","request_status":"success"}',
                "HTTP 200, which contradicts itself: status error with another request_status",
            ),
            (
                200,
                b'{"status":"error","error_code":1,"cards":[{"card_id":5}]}',
                "HTTP 200, which contradicts itself: status error, and it names something",
            ),
            (
                200,
                b'{"status":"ok","request_status":"error","client_id":77}',
                "HTTP 200, which contradicts itself: request_status error, and it names something",
            ),
            (
                200,
                b'{"status":"ok","request_status":"process","status":"ok"}',
                "HTTP 200, which contradicts itself: status is there twice",
            ),
            (
                200,
                b'{"status":"ok","request_status":"success","request_status":"error"}',
                "HTTP 200, which contradicts itself: request_status is there twice",
            ),
        ],
    )
    def test_says_what_came(self, status, body, expected):
        assert answer_to(status, body).reason == expected

    def test_does_not_quote_a_card_number_for_a_status(self):
        assert (
            "4111111111111111"
            not in answer_to(200, b'{"status":"4111111111111111","dt":"x"}').reason
        )

    def test_does_not_quote_a_value_of_the_wrong_type(self):
        reason = answer_to(
            200, b'{"status":"ok","dt":"x","cards":[{"card_id":["4111111111111111"]}]}'
        ).reason

        assert "4111111111111111" not in reason


class TestVerdict:
    @pytest.mark.parametrize(
        ("status", "body"),
        [(200, HTML), (200, b"[]"), (429, ERROR), (500, ERROR), (200, b'{"status":"done"}')],
    )
    def test_of_what_proves_nothing_has_no_answer(self, status, body):
        assert answer_to(status, body).answer is None

    @pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409])
    def test_of_an_error_has_the_answer(self, status):
        body = b'{"status":"error","error_code":17,"error_description":"no"}'

        assert answer_to(status, body).answer == RequestState(
            status="error", error_code=17, error_description="no"
        )

    def test_of_a_look_up_has_the_answer(self):
        body = b'{"status":"ok","request_status":"success","client_id":"77"}'

        assert look_up(200, body).answer == RequestState(
            status="ok", request_status="success", client_id="77"
        )

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
                RequestState(
                    status="ok", dt="x", extra=Extra({"balance": {"amount": 1}, "cvv": None})
                ),
            ),
            (
                b'{"status":"ok","dt":"x","cards":[{"card_id":"5","mask":"1234"}]}',
                RequestState(
                    status="ok", dt="x", cards=[CardRef(card_id="5", extra=Extra({"mask": "1234"}))]
                ),
            ),
            (
                b'{"status":"ok","dt":"x","cards":[{"card_id":5}]}',
                RequestState(status="ok", dt="x", cards=[CardRef(card_id=5)]),
            ),
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
            (
                b'{"status":"ok","dt":"x","error_code":null,"error_description":null}',
                RequestState(status="ok", dt="x"),
            ),
            (b'{"status":"ok","error_code":"E1"}', RequestState(status="ok", error_code="E1")),
            (b' {"status" : "ok", "dt": "x"}\n', RequestState(status="ok", dt="x")),
            (
                '{"status":"ok","dt":"x","error_description":"нет"}'.encode(),
                RequestState(status="ok", dt="x", error_description="нет"),
            ),
        ],
    )
    def test_reads_what_the_vendor_may_send(self, body, expected):
        assert answer_to(200, body).answer == expected

    @pytest.mark.parametrize(
        "field", [b'"request_id":null', b'"request_id":5', b'"found":"yes"', b'"found":null']
    )
    def test_reads_an_answer_whose_added_fields_are_named_like_those_that_the_client_fills_in(
        self, field
    ):
        assert answer_to(200, b'{"status":"ok","dt":"x",' + field + b"}").evidence == Evidence.OK


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, 0.0),
            ("0", 0.0),
            ("120", 120.0),
            (" 7 ", 7.0),
            ("9" * 400, 999_999_999.0),
            ("9" * 9_000, 999_999_999.0),
            ("0000000003600", 3600.0),
            ("3, 120", 120.0),
            ("120 ,3", 120.0),
            ("3, soon", 0.0),
            ("nan", 0.0),
            ("inf", 0.0),
            ("1e9", 0.0),
            (formatdate(NOW + 90, usegmt=True), 90.0),
            (formatdate(NOW - 90, usegmt=True), 0.0),
            (formatdate(NOW + 90).replace("-0000", "+0000"), 90.0),
            (formatdate(NOW + 90).replace("-0000", "-0500"), 18_090.0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 999_999_999.0),
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

    @pytest.mark.parametrize("zone", [" GMT", " -0000", " XYZ", ""])
    def test_a_date_without_a_zone_is_in_utc_wherever_this_machine_stands(self, zone, monkeypatch):
        date = formatdate(NOW + 90).removesuffix(" -0000") + zone
        monkeypatch.setenv("TZ", "Asia/Almaty")
        time.tzset()
        try:
            assert answer_to(429, b"", retry_after=date).retry_after == 90.0
        finally:
            monkeypatch.undo()
            time.tzset()

    @pytest.mark.parametrize("values", [("7", "120"), ("120", "7"), ("120", "soon")])
    def test_of_two_headers_the_longer_wait_counts(self, values):
        headers = CIMultiDict([("retry-after", values[0]), ("Retry-After", values[1])])
        verdict = read_answer(
            Reply(429, headers, b""), RequestState, effect=True, now=NOW, asked=CARDS_ISSUE.envelope
        )

        assert verdict.retry_after == 120.0

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
        assert (
            look_up(status, body, retry_after=formatdate(NOW + 90, usegmt=True)).retry_after == 90.0
        )


@pytest.mark.parametrize(
    "body", [b"<html>", b"\n <!DOCTYPE html>", b"\x0c<html>", "<html>", "\t<p>"]
)
def test_a_page_is_told_by_its_first_sign(body):
    assert is_page(body)


@pytest.mark.parametrize("body", [b"", b"{}", b"a <b>", "", "[]", None])
def test_what_is_no_page(body):
    assert not is_page(body)


@pytest.mark.parametrize(
    ("body", "what"),
    [(b"\x0c<html>", ", an HTML page"), (b"\x0c \n", ", an empty body"), (b"oops", "")],
)
def test_an_answer_in_trouble_says_what_its_body_is(body, what):
    assert answer_to(502, body).reason == f"HTTP 502{what}"
