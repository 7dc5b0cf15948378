"""What an answer shows, by its form and its HTTP status."""

from __future__ import annotations

import gzip
import json

import pytest

from freedompay_async.codec.answer_form import is_page
from freedompay_async.codec.decode import read_answer, read_look_up
from freedompay_async.codec.messages import Evidence, Reply
from freedompay_async.contract.models import GiftAnswer, IssuedGiftCard, PinPageAnswer, RequestState
from freedompay_async.contract.table import (
    CARDS_ISSUE,
    GIFT_CARDS_ISSUE,
    PINS_SET_URL,
    REQUESTS_STATUS,
)
from freedompay_async.redaction.redaction import Redaction
from freedompay_async.redaction.secret import Secret
from tests.unit.wire_answers import ERROR, HTML, NOW, OK, SAYS, answer_to, look_up, reply

BOM = b"\xef\xbb\xbf"

# What an answer says, whatever its HTTP status. `DT` makes it the contract's own JSON.
DT = b'"dt":"2026-05-14T10:00:00+05:00"'
CUT = b'{"status":"ok",' + DT + b',"request_sta'
# Deeper than any stack, and too long to be looked through for a status that is there twice.
DEEP = b'{"status":"ok","request_status":"success","more":' + b"[" * 40_000 + b"]" * 40_000 + b"}"
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
    "the contract's JSON inside of another": b'{"data":{"status":"ok","request_status":"success",'
    + DT
    + b"}}",
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
    "an ok behind half a BOM": b"\xef\xbb" + OK,
    "an ok behind a BOM that is turned round": b"\xbf\xbb\xef" + OK,
    "an ok behind a BOM and a form feed": b"\xef\xbb\xbf\x0c" + OK,
    "an ok before a BOM": OK + b"\xef\xbb\xbf",
    "BOMs alone": b"\xef\xbb\xbf" * 3,
    "a compressed ok": gzip.compress(OK),
    "a compressed error": gzip.compress(ERROR),
    "an ok in UTF-16": OK.decode().encode("utf-16"),
    "bytes that are not UTF-8": b'{"status":"ok","dt":"\xff"}',
    "JSON nested deeper than the stack": DEEP,
}
CONTRADICTIONS = {
    "an error of a request that succeeded": b'{"status":"error","request_status":"success",'
    + DT
    + b"}",
    "an error of a request in process": b'{"status":"error","request_status":"process"}',
    "an error of a request that is queued": b'{"status":"error","request_status":"queued"}',
    "an error that names a card": b'{"status":"error","error_code":1,"cards":[{"card_id":5}]}',
    "an error that names a client": b'{"status":"error","error_code":1,"client_id":"77"}',
    "an error that names a transaction": b'{"status":"error","error_code":1,"transaction_id":8}',
    "an error that was an ok first": b'{"status":"ok","status":"error",' + DT + b"}",
    "an ok that was an error first, behind a BOM": BOM
    + b'{"status":"error","request_status":"success","status":"ok"}',
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
    "in process, behind a BOM": BOM + OK,
    "in process, behind BOMs and blanks": b"\n " + BOM + b"\r\n\t" + BOM + BOM + b" " + OK + b"\n",
}
SAYS_NOTHING_OF_THE_REQUEST = {
    "an ok with a time": b'{"status":"ok",' + DT + b"}",
    "an ok with a code": b'{"status":"ok","error_code":0}',
    "an ok with null for the status of the request": b'{"status":"ok","request_status":null,'
    + DT
    + b"}",
}
ERRORS = {
    "an error with a time": b'{"status":"error",' + DT + b"}",
    "an error with a code": ERROR,
    "an error behind a BOM": BOM + ERROR,
    "an error behind blanks": b"\r\n\t " + ERROR,
    "an error with 0 for a code": b'{"status":"error","error_code":0}',
    "an error of a request that failed": b'{"status":"error","request_status":"error"}',
    "an error with empty ids": b'{"status":"error","error_code":1,"client_id":"","transaction_id":0,"cards":[{"card_id":" "}]}',
}
UNREADABLE = {
    "an ok whose cards are no list, behind a BOM": BOM + b'{"status":"ok","cards":"5",' + DT + b"}",
    "an ok whose cards are no list": b'{"status":"ok","cards":"5",' + DT + b"}",
    "an ok with a list for an id": b'{"status":"ok","request_status":"success","client_id":[]}',
}
UNREADABLE_FAILED = {
    "a failure with a list for an id": b'{"status":"ok","request_status":"error","client_id":[]}',
}

# The kinds of HTTP status that decide alike.
GOOD, OTHER, REFUSED, NOT_FOUND, LIMITED, TROUBLED = (
    "good",
    "other",
    "refused",
    "not found",
    "limited",
    "troubled",
)
STATUSES = {
    GOOD: (200, 201, 202, 299),
    OTHER: (300, 302, 400, 405, 409, 422, 451, 499),
    REFUSED: (401, 403),
    NOT_FOUND: (404,),
    LIMITED: (429,),
    TROUBLED: (500, 502, 503, 504, 599),
}
ALL_UNCLEAR = (Evidence.UNCLEAR,) * 3
ALL_LIMITED, ALL_NO_ANSWER = (Evidence.LIMITED,) * 3, (Evidence.NO_ANSWER,) * 3
# What is shown of an effect, of a read, and of a look-up, where the answer itself says nothing.
NOTHING_SAID = {
    GOOD: ALL_UNCLEAR,
    OTHER: ALL_UNCLEAR,
    REFUSED: (Evidence.BLOCKED,) * 3,
    NOT_FOUND: (Evidence.UNCLEAR, Evidence.UNCLEAR, Evidence.UNINFORMATIVE),
    LIMITED: ALL_LIMITED,
    TROUBLED: ALL_NO_ANSWER,
}
# The same where the body is the contract's, and its own words or the HTTP status contradict it.
CONTRADICTED = NOTHING_SAID | {REFUSED: ALL_UNCLEAR, NOT_FOUND: ALL_UNCLEAR}
AN_ERROR = (Evidence.ERROR, Evidence.ERROR, Evidence.NOT_KNOWN)
TAKEN_OR_OK = (Evidence.TAKEN, Evidence.OK, Evidence.KNOWN)
SHOWN = [
    (FOREIGN, NOTHING_SAID),
    (UNREADABLE, NOTHING_SAID | {GOOD: (Evidence.TAKEN,) * 3}),
    (UNREADABLE_FAILED, NOTHING_SAID),
    (CONTRADICTIONS, CONTRADICTED),
    (
        ERRORS,
        NOTHING_SAID
        | dict.fromkeys((GOOD, OTHER, NOT_FOUND), AN_ERROR)
        | {REFUSED: (Evidence.DENIED,) * 3},
    ),
    (
        SAYS_OK,
        CONTRADICTED
        | dict.fromkeys((LIMITED, TROUBLED), TAKEN_OR_OK)
        | {GOOD: (Evidence.OK, Evidence.OK, Evidence.KNOWN)},
    ),
    (
        SAYS_NOTHING_OF_THE_REQUEST,
        CONTRADICTED
        | {
            GOOD: (Evidence.OK, Evidence.OK, Evidence.NOT_KNOWN),
            LIMITED: (Evidence.TAKEN, Evidence.LIMITED, Evidence.LIMITED),
            TROUBLED: (Evidence.TAKEN, Evidence.NO_ANSWER, Evidence.NO_ANSWER),
        },
    ),
    (FAILED, CONTRADICTED | {GOOD: (Evidence.ERROR, Evidence.OK, Evidence.FAILED)}),
    (FAILED_AND_NAMES, CONTRADICTED | {GOOD: (Evidence.UNCLEAR, Evidence.OK, Evidence.FAILED)}),
]
FORMS = {
    name: (body, {status: row[kind] for kind, group in STATUSES.items() for status in group})
    for forms, row in SHOWN
    for name, body in forms.items()
}


class TestForms:
    """Each form with each HTTP status."""

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_an_effect(self, body, shown):
        assert {status: answer_to(status, body).evidence for status in shown} == {
            status: each[0] for status, each in shown.items()
        }

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_a_read(self, body, shown):
        seen = {status: answer_to(status, body, effect=False).evidence for status in shown}

        assert seen == {status: each[1] for status, each in shown.items()}

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_a_look_up(self, body, shown):
        assert {status: look_up(status, body).evidence for status in shown} == {
            status: each[2] for status, each in shown.items()
        }

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_keeps_the_reply(self, body, shown):
        assert [answer_to(status, body).reply for status in shown] == [
            Reply(status, {}, body) for status in shown
        ]

    @pytest.mark.parametrize(("body", "shown"), FORMS.values(), ids=FORMS)
    def test_of_a_look_up_keeps_the_reply(self, body, shown):
        assert [look_up(status, body).reply for status in shown] == [
            Reply(status, {}, body) for status in shown
        ]

    @pytest.mark.parametrize("status", [429, *range(500, 600)])
    def test_of_a_429_or_5xx_is_never_that_it_was_not_done(self, status):
        bodies = [body for forms, _ in SHOWN for body in forms.values()]
        no = {Evidence.ERROR, Evidence.DENIED, Evidence.FAILED, Evidence.NOT_KNOWN}

        assert {answer_to(status, body).evidence for body in bodies} & no == set()
        assert {look_up(status, body).evidence for body in bodies} & no == set()

    @pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
    def test_of_what_is_not_the_contracts_is_nothing_of_an_effect_or_an_id(self, body):
        statuses = range(200, 600)

        assert {answer_to(status, body).evidence for status in statuses} & SAYS == set()
        assert {look_up(status, body).evidence for status in statuses} & SAYS == set()

    def test_of_a_status_that_is_there_twice_is_unclear_however_deep_its_other_parts_are(self):
        bodies = [
            b'{"status":"error",'
            + DT
            + b',"more":'
            + b"[" * depth
            + b"]" * depth
            + b',"status":"ok"}'
            for depth in range(300, 1050)
        ]

        assert {answer_to(200, body).evidence for body in bodies} == {Evidence.UNCLEAR}

    def test_of_a_status_inside_of_another_field_is_not_that_it_is_there_twice(self):
        assert (
            answer_to(200, b'{"status":"ok",' + DT + b',"more":{"status":"error"}}').evidence
            is Evidence.OK
        )

    @pytest.mark.parametrize(
        ("size", "expected"), [(65_536, Evidence.UNCLEAR), (65_537, Evidence.OK)]
    )
    def test_of_a_status_that_is_there_twice_is_unclear_unless_it_is_a_long_list(
        self, size, expected
    ):
        begin, end = b'{"status":"error",' + DT + b',"more":"', b'","status":"ok"}'
        body = begin + b"x" * (size - len(begin) - len(end)) + end

        assert answer_to(200, body).evidence is expected

    @pytest.mark.parametrize("body", [b'{"status":"ok"}', b'{"status":"ok","more":{"dt":"x"}}'])
    def test_where_no_field_is_asked_for_takes_the_status_alone(self, body):
        assert (
            read_answer(reply(200, body), RequestState, effect=True, now=NOW).evidence
            is Evidence.OK
        )
        assert read_look_up(reply(200, body), now=NOW).evidence is Evidence.NOT_KNOWN

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"status":"ok","trace":"1"}', Evidence.OK),
            (b'{"status":"ok",' + DT + b"}", Evidence.UNCLEAR),
        ],
    )
    def test_asks_for_the_fields_of_an_override(self, body, expected):
        assert (
            read_answer(
                reply(200, body), RequestState, effect=True, now=NOW, asked=frozenset({"trace"})
            ).evidence
            is expected
        )


class TestGiftCards:
    TIME = b'"datetime":"2026-05-14 10:00:00"'

    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (200, b'{"status":0,%b,"card_id":5}', Evidence.OK),
            (200, b'{"status":0,%b}', Evidence.OK),
            (500, b'{"status":0,%b,"card_id":5}', Evidence.TAKEN),
            (429, b'{"status":0,%b,"card_id":5}', Evidence.TAKEN),
            (302, b'{"status":0,%b,"card_id":5}', Evidence.UNCLEAR),
            (404, b'{"status":0,%b,"card_id":5}', Evidence.UNCLEAR),
            (200, b'{"status":0,%b,"card_id":[5]}', Evidence.TAKEN),
            *((200, b'{"status":-%d,%%b}' % code, Evidence.ERROR) for code in range(1, 12)),
            (400, b'{"status":-6,%b}', Evidence.ERROR),
            (404, b'{"status":-7,%b}', Evidence.ERROR),
            (401, b'{"status":-11,%b}', Evidence.DENIED),
            (403, b'{"status":-1,%b}', Evidence.DENIED),
            (401, b'{"status":-6,%b}', Evidence.ERROR),
            (403, b'{"status":-6,%b}', Evidence.ERROR),
            (403, b'{"status":0,%b}', Evidence.UNCLEAR),
            (500, b'{"status":-6,%b}', Evidence.NO_ANSWER),
            (429, b'{"status":-6,%b}', Evidence.LIMITED),
            (200, b'{"status":-6,%b,"card_id":5}', Evidence.UNCLEAR),
            (200, b'{"status":-6,%b,"card_id":""}', Evidence.ERROR),
            (200, b'{"status":0,%b,"status":-6}', Evidence.UNCLEAR),
            (200, b'{"status":-12,%b}', Evidence.UNCLEAR),
            (200, b'{"status":1,%b}', Evidence.UNCLEAR),
            (200, b'{"status":200,%b}', Evidence.UNCLEAR),
            (200, b'{"status":"0",%b}', Evidence.UNCLEAR),
            (200, b'{"status":"ok",%b}', Evidence.UNCLEAR),
            (200, b'{"status":true,%b}', Evidence.UNCLEAR),
            (200, b"{%b}", Evidence.UNCLEAR),
            (403, b'{"status":-12,%b}', Evidence.BLOCKED),
            (200, b'{"status":0,"card_id":5}', Evidence.UNCLEAR),
            (200, b'{"status":-6,"datetime":""}', Evidence.UNCLEAR),
            (500, b'{"status":0,"card_id":5}', Evidence.NO_ANSWER),
        ],
    )
    def test_are_read_by_their_own_envelope(self, status, body, expected):
        body = body.replace(b"%b", self.TIME)
        verdict = read_answer(
            reply(status, body),
            IssuedGiftCard,
            effect=True,
            now=NOW,
            envelope=GiftAnswer,
            asked=GIFT_CARDS_ISSUE.envelope,
        )

        assert verdict.evidence is expected


class TestPinPages:
    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (
                200,
                b'{"status":"Success","code":200,"data":[{"set_pin_url":"https://a.example/1"}]}',
                Evidence.OK,
            ),
            (500, b'{"status":"success","code":"200","data":[]}', Evidence.OK),
            (
                200,
                b'{"status":"Success","data":[{"set_pin_url":"https://a.example/1"}]}',
                Evidence.UNCLEAR,
            ),
            (200, b'{"status":"error","code":17,"message":"no"}', Evidence.ERROR),
            (200, b'{"status":"error","message":"no"}', Evidence.UNCLEAR),
            (
                200,
                b'{"status":"error","code":17,"data":[{"set_pin_url":"https://a.example/1"}]}',
                Evidence.UNCLEAR,
            ),
            (200, b'{"status":"error","code":17,"data":[{"set_pin_url":null}]}', Evidence.ERROR),
            (403, b'{"status":"error","code":17}', Evidence.DENIED),
            (403, b'{"status":"error"}', Evidence.BLOCKED),
            (200, b'{"status":"maybe","code":1}', Evidence.UNCLEAR),
        ],
    )
    def test_are_read_by_their_own_envelope(self, status, body, expected):
        kind = PinPageAnswer

        assert (
            read_answer(
                reply(status, body),
                kind,
                effect=False,
                now=NOW,
                envelope=kind,
                asked=PINS_SET_URL.envelope,
            ).evidence
            is expected
        )


@pytest.mark.parametrize(
    "names", [{"cards": [{"card_id": "A"}]}, {"client_id": "5"}, {"transaction_id": 7}]
)
def test_a_look_up_that_names_something_and_says_nothing_else_is_not_not_known(names):
    body = json.dumps({"status": "ok", "dt": "2026-01-01T00:00:00+05:00", **names}).encode()

    verdict = look_up(200, body)

    assert (verdict.evidence, verdict.reason) == (
        Evidence.UNCLEAR,
        "HTTP 200, which names something and no request_status",
    )


class TestNotRead:
    """What came in the place of JSON in UTF-8 is named, as far as its bytes or its headers tell."""

    COMPRESSED = "HTTP 200, compressed ({}), though no compression was asked for"
    OTHER_TEXT = "HTTP 200, text in UTF-16 or UTF-32, and JSON is read in UTF-8"

    def reason(self, body: bytes, *, status: int = 200, **headers: str) -> str:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        given = Reply(status, headers, body)
        verdict = read_answer(given, RequestState, effect=True, now=NOW, asked=CARDS_ISSUE.envelope)

        assert (verdict.evidence, verdict.reply) == (Evidence.UNCLEAR, given)
        assert read_look_up(given, now=NOW, asked=REQUESTS_STATUS.envelope).reason == verdict.reason
        return verdict.reason

    @pytest.mark.parametrize("coding", ["br", "zstd", "gzip", "gzip, br", "x-pack200"])
    def test_compressed(self, coding):
        assert self.reason(
            b"\x0b\x02\x80", Content_Encoding=f" {coding.upper()} "
        ) == self.COMPRESSED.format(coding)

    @pytest.mark.parametrize("coding", ["b\u00e4r", "x" * 41, "a;b", '"br"'])
    def test_compressed_in_a_way_that_is_no_word(self, coding):
        assert (
            self.reason(b"\x0b\x02", content_encoding=coding)
            == "HTTP 200, compressed, though no compression was asked for"
        )

    def test_compressed_in_a_way_that_repeats_what_was_sent(self):
        reply = Reply(200, {"content-encoding": "hunter2"}, b"\x0b\x80")

        verdict = read_answer(
            reply, RequestState, effect=True, now=NOW, redaction=Redaction([Secret("hunter2")])
        )

        assert verdict.reason == self.COMPRESSED.format("***")

    def test_compressed_without_saying_so(self):
        reason = "HTTP 200, compressed (gzip), though no header says so and none was asked for"

        assert self.reason(gzip.compress(OK)) == reason
        assert self.reason(gzip.compress(OK), content_encoding="identity") == reason

    @pytest.mark.parametrize(
        "coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
    )
    def test_in_another_coding_of_text(self, coding):
        assert (
            self.reason(OK.decode().encode(coding), content_type="application/json")
            == self.OTHER_TEXT
        )

    @pytest.mark.parametrize("named", ["charset=windows-1251", 'Charset = "windows-1251"'])
    def test_in_the_charset_of_its_header(self, named):
        body = '{"status":"ok","dt":"\u043d\u0435\u0442"}'.encode("cp1251")

        assert self.reason(body, content_type=f"application/json; {named}") == (
            "HTTP 200, not JSON in UTF-8 (its Content-Type says windows-1251)"
        )

    @pytest.mark.parametrize(
        "charset",
        [
            "",
            "; charset=utf-8",
            "; charset=UTF8",
            "; charset=us-ascii",
            "; charset=ascii",
            "; charset=",
        ],
    )
    def test_in_a_charset_that_tells_nothing(self, charset):
        assert (
            self.reason(b"Not Found", content_type=f"text/plain{charset}") == "HTTP 200, not JSON"
        )

    def test_of_long_text_with_a_zero_byte_in_it(self):
        assert self.reason(b"text\0") == "HTTP 200, not JSON"

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (BOM, ", an empty body"),
            (BOM + HTML, ", an HTML page"),
            (b"", ", an empty body"),
            (b"\n", ", an empty body"),
        ],
    )
    def test_what_needs_no_header(self, body, reason):
        assert self.reason(body, content_encoding="br") == f"HTTP 200{reason}"

    def test_what_can_be_read_is_read_whatever_its_headers_say(self):
        headers = {
            "Content-Encoding": "br",
            "Content-Type": "application/json; charset=windows-1251",
        }

        assert (
            read_answer(Reply(200, headers, OK), RequestState, effect=True, now=NOW).evidence
            is Evidence.OK
        )


@pytest.mark.parametrize(
    "body", [BOM + b"<html>", BOM + b"\n" + BOM + b" <p>", "\ufeff<html>", "\ufeff\n\ufeff <p>"]
)
def test_a_page_behind_a_mark_of_byte_order(body):
    assert is_page(body)


@pytest.mark.parametrize("body", ["X<b>", b"X<b>", "\ufeff{}", BOM + b"{}", BOM[:2] + b"<b>"])
def test_what_is_no_page_whatever_stands_before_it(body):
    assert not is_page(body)
