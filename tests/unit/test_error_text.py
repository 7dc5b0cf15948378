from __future__ import annotations

from dataclasses import replace

import pytest

from freedompay_async import errors
from freedompay_async.calls.call_answers import CallAnswers
from freedompay_async.calls.error_text import busy_error, to_error
from freedompay_async.calls.states import End
from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.contract.calls import Call, Mark, Retry
from freedompay_async.contract.models import CardIssue, CardRef, Completed, GiftIssue, RequestState
from freedompay_async.contract.table import CARDS_ISSUE, REQUESTS_STATUS
from freedompay_async.traffic.hindrance import Hindrance

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
PERSONAL = Call(
    "gift_cards.issue",
    "/v5/cards/issue_card",
    CardIssue,
    Completed,
    Mark.PARTIAL,
    Retry.UNASKABLE,
    "",
)
PERSONAL_BODY = Call(
    "gift_cards.issue",
    "/v5/cards/issue_card",
    GiftIssue,
    Completed,
    Mark.PARTIAL,
    Retry.UNASKABLE,
    "",
)
REPLY = Reply(400, {}, b'{"status":"error","pan":"4111111111111111"}')
LOST = Verdict(Evidence.NO_ANSWER, "the server disconnected")
GUARD = Verdict(Evidence.BLOCKED, "HTTP 403, an HTML page", None, Reply(403, {}, b"<html>"))
SAID_NO = Verdict(
    Evidence.ERROR,
    "HTTP 400",
    RequestState(status="error", error_code=17, error_description="нет"),
    REPLY,
    2.5,
)
PAGE = Verdict(Evidence.UNCLEAR, "HTTP 200, an HTML page", None, Reply(200, {}, b"<html>"))

ENDS = [
    End.NOT_SENT,
    End.LIMITED,
    End.DENIED,
    End.BLOCKED,
    End.DUPLICATE,
    End.FAILED,
    End.REFUSED,
    End.UNKNOWN,
]
READ_ENDS = [End.NOT_SENT, End.LIMITED, End.DENIED, End.REFUSED, End.UNCLEAR, End.UNKNOWN]


def explain(end, call=CARDS_ISSUE, *, verdict=LOST, request_id=OWN, **more):
    answers = {name: more.pop(name) for name in ("look_up", "success") if name in more}
    return to_error(
        end,
        call=call,
        request_id=request_id,
        answers=CallAnswers(verdict, **answers),
        resend_within=3600.0,
        **more,
    )


class TestKind:
    @pytest.mark.parametrize("call", [CARDS_ISSUE, PERSONAL], ids=lambda call: call.name)
    @pytest.mark.parametrize(
        ("end", "expected"),
        [
            (End.NOT_SENT, errors.NotSent),
            (End.LIMITED, errors.RateLimited),
            (End.DENIED, errors.AuthenticationError),
            (End.BLOCKED, errors.AuthenticationError),
            (End.DUPLICATE, errors.DuplicateRequest),
            (End.FAILED, errors.RequestFailed),
            (End.REFUSED, errors.RequestFailed),
            (End.UNKNOWN, errors.OutcomeUnknown),
            (End.UNCLEAR, errors.OutcomeUnknown),
            (End.TAKEN, errors.ResultUnknown),
        ],
    )
    def test_of_an_effect(self, call, end, expected):
        assert type(explain(end, call)) is expected

    @pytest.mark.parametrize(
        ("end", "expected"),
        [
            (End.NOT_SENT, False),
            (End.LIMITED, None),
            (End.DENIED, False),
            (End.BLOCKED, None),
            (End.DUPLICATE, None),
            (End.FAILED, False),
            (End.REFUSED, None),
            (End.UNKNOWN, None),
            (End.UNCLEAR, None),
            (End.TAKEN, True),
        ],
    )
    @pytest.mark.parametrize("call", [CARDS_ISSUE, PERSONAL], ids=lambda call: call.name)
    def test_of_an_effect_says_whether_it_was_done(self, call, end, expected):
        error = explain(end, call)

        assert (error.done, error.outcome_unknown) == (expected, expected is None)

    @pytest.mark.parametrize("end", READ_ENDS)
    @pytest.mark.parametrize("verdict", [LOST, PAGE, SAID_NO])
    def test_of_a_read_says_that_nothing_was_done(self, end, verdict):
        assert explain(end, REQUESTS_STATUS, verdict=verdict).done is False

    @pytest.mark.parametrize(
        ("end", "verdict", "expected"),
        [
            (End.NOT_SENT, LOST, errors.NotSent),
            (End.LIMITED, LOST, errors.RateLimited),
            (End.DENIED, LOST, errors.AuthenticationError),
            (End.REFUSED, SAID_NO, errors.RequestFailed),
            (End.FAILED, SAID_NO, errors.RequestFailed),
            (End.UNCLEAR, PAGE, errors.ProtocolError),
            (End.UNKNOWN, PAGE, errors.ProtocolError),
            (End.UNKNOWN, LOST, errors.OutcomeUnknown),
        ],
    )
    def test_of_a_read(self, end, verdict, expected):
        assert type(explain(end, REQUESTS_STATUS, verdict=verdict)) is expected


class TestText:
    @pytest.mark.parametrize(
        ("end", "verdict", "expected"),
        [
            (
                End.NOT_SENT,
                LOST,
                "not sent: the server disconnected. Nothing was done; it is safe to repeat.",
            ),
            (
                End.LIMITED,
                SAID_NO,
                (
                    "the issuer limits the rate (HTTP 400: 17 нет). "
                    "HTTP 429 means that nothing was done, and does not prove it: repeat it later "
                    "with this request_id."
                ),
            ),
            (
                End.DENIED,
                SAID_NO,
                (
                    "the issuer refused the signature or the merchant (HTTP 400: 17 нет). This "
                    "attempt did nothing. "
                    "Check auth_id, secret_key, the region and its signature scheme."
                ),
            ),
            (
                End.BLOCKED,
                GUARD,
                (
                    "the host refuses this key (HTTP 403, an HTML page), for status questions "
                    "too. Whether this call did anything is not known. Check auth_id, "
                    "secret_key, the region and its signature scheme, and what stands between "
                    "you and the issuer. Then ask (requests.attach)."
                ),
            ),
            (
                End.DUPLICATE,
                SAID_NO,
                (
                    "the issuer refused the request id (HTTP 400: 17 нет). An earlier use of "
                    "this id may have been done. Do not repeat it under a new id before that is "
                    "clear."
                ),
            ),
            (
                End.FAILED,
                SAID_NO,
                (
                    "the issuer accepted the request, and the request failed (HTTP 400: 17 нет). "
                    "It was not done."
                ),
            ),
            (
                End.REFUSED,
                SAID_NO,
                (
                    "refused, and the issuer does not know the id (HTTP 400: 17 нет). "
                    "Nothing proves that it was not done: ask again later (requests.attach) "
                    "before you send it under a new id."
                ),
            ),
            (
                End.UNKNOWN,
                LOST,
                (
                    "sent, and its outcome is not known (the server disconnected). It may or may "
                    "not have been done; never repeat it under a new id. "
                    "Ask again later (requests.attach), or repeat it with this request_id within "
                    "3600 s of its first send."
                ),
            ),
        ],
    )
    def test_of_an_effect_says_what_happened_and_what_is_safe(self, end, verdict, expected):
        assert explain(end, verdict=verdict).text == expected

    def test_of_an_unknown_outcome_that_cannot_be_asked_about_calls_for_a_person(self):
        assert explain(End.UNKNOWN, PERSONAL).text == (
            "sent, and its outcome is not known (the server disconnected). It may or may not have "
            "been done. "
            "It can't be asked about: a person has to look before it is repeated."
        )

    def test_of_a_refusal_that_cannot_be_asked_about_proves_nothing(self):
        assert explain(End.REFUSED, PERSONAL, verdict=SAID_NO).text == (
            "the issuer refused it (HTTP 400: 17 нет). "
            "It can't be asked about, so nothing proves that it was not done: make sure of that "
            "before it is repeated."
        )

    def test_of_a_guarded_host_that_cannot_be_asked_calls_for_a_person(self):
        assert explain(End.BLOCKED, PERSONAL, verdict=GUARD).text == (
            "the host refuses this key (HTTP 403, an HTML page), and not in the issuer's own JSON. "
            "Whether this call did anything is not known, and it can't be asked about: a person "
            "has to look before it is repeated. "
            "Check auth_id, secret_key, the region and its signature scheme, and what stands "
            "between you and the issuer."
        )

    def test_of_an_answer_that_cannot_be_read_says_that_it_was_done(self):
        assert explain(End.TAKEN, PERSONAL, verdict=PAGE).text == (
            "the issuer did it, and its answer can't be read (HTTP 200, an HTML page). Do not "
            "repeat it. `body` has the answer."
        )

    def test_of_a_limit_speaks_of_the_id_only_where_it_goes_out(self):
        assert explain(End.LIMITED, PERSONAL_BODY, id_sent=False).text == (
            "the issuer limits the rate (the server disconnected). HTTP 429 means that nothing "
            "was done, and does not prove it. No request id goes out with this call, so the "
            "issuer can't tell a repeat from a second order: make sure that it was not done "
            "before you repeat it."
        )

    def test_of_what_is_too_old_to_be_sent_again_says_why(self):
        assert explain(End.UNKNOWN, not_again="its first send is more than 3600 s ago").text == (
            "sent, and its outcome is not known (the server disconnected). It may or may not have "
            "been done; never repeat it under a new id. "
            "Ask again later (requests.attach); it is not sent again: its first send is more than "
            "3600 s ago."
        )

    @pytest.mark.parametrize(
        ("end", "verdict", "expected"),
        [
            (
                End.NOT_SENT,
                LOST,
                "not sent: the server disconnected. It changes nothing: it is safe to repeat.",
            ),
            (
                End.LIMITED,
                LOST,
                (
                    "the issuer limits the rate (the server disconnected). It changes nothing: it "
                    "is safe to repeat."
                ),
            ),
            (
                End.REFUSED,
                SAID_NO,
                (
                    "the issuer refused to answer (HTTP 400: 17 нет). That says nothing about "
                    "any other request. It changes nothing: it is safe to repeat."
                ),
            ),
            (
                End.FAILED,
                SAID_NO,
                (
                    "the issuer accepted the request, and the request failed (HTTP 400: 17 нет). "
                    "It was not done."
                ),
            ),
            (
                End.UNCLEAR,
                PAGE,
                (
                    "the answer does not fit the contract (HTTP 200, an HTML page). It changes "
                    "nothing: it is safe to repeat."
                ),
            ),
            (
                End.UNKNOWN,
                PAGE,
                (
                    "the answer does not fit the contract (HTTP 200, an HTML page). It changes "
                    "nothing: it is safe to repeat."
                ),
            ),
            (
                End.DENIED,
                PAGE,
                (
                    "the issuer refused the signature or the merchant (HTTP 200, an HTML page). "
                    "The question did nothing. Check auth_id, secret_key, the region and its "
                    "signature scheme."
                ),
            ),
            (
                End.BLOCKED,
                PAGE,
                (
                    "the host, or a proxy before it, refused the question (HTTP 200, an HTML "
                    "page), and not in the issuer's own JSON. The question did nothing. Check "
                    "base_url, what stands between you and the issuer, auth_id, secret_key, the "
                    "region and its signature scheme."
                ),
            ),
            (
                End.UNKNOWN,
                LOST,
                (
                    "sent, and no answer came (the server disconnected). It changes nothing: it "
                    "is safe to repeat."
                ),
            ),
        ],
    )
    def test_of_a_read_says_what_happened_and_that_it_is_safe(self, end, verdict, expected):
        assert explain(end, REQUESTS_STATUS, verdict=verdict).text == expected

    @pytest.mark.parametrize("end", [End.NOT_SENT, End.DENIED])
    def test_of_what_only_this_call_did_not_do_keeps_to_an_id_that_was_given(self, end):
        kept = "You gave its request_id: keep to that one"

        assert (kept in explain(end, callers_id=True).text, kept in explain(end).text) == (
            True,
            False,
        )

    @pytest.mark.parametrize("end", [end for end in ENDS if end not in (End.NOT_SENT, End.DENIED)])
    def test_of_what_may_have_been_done_speaks_of_its_own_id(self, end):
        assert "You gave" not in explain(end, callers_id=True).text

    @pytest.mark.parametrize("end", ENDS)
    def test_calls_only_what_was_not_sent_safe_to_repeat(self, end):
        assert ("safe to repeat" in explain(end).text) == (end is End.NOT_SENT)

    @pytest.mark.parametrize("end", ENDS)
    def test_warns_of_a_new_id_where_it_may_have_been_done(self, end):
        assert ("under a new id" in explain(end).text) == (
            end in (End.UNKNOWN, End.DUPLICATE, End.REFUSED)
        )

    @pytest.mark.parametrize("end", ENDS)
    def test_tells_how_to_ask_only_where_the_outcome_is_unknown_and_can_be_asked_about(self, end):
        asking = (End.UNKNOWN, End.BLOCKED, End.REFUSED)

        assert ("requests.attach" in explain(end).text, "a person" in explain(end).text) == (
            end in asking,
            False,
        )

    @pytest.mark.parametrize("end", ENDS)
    def test_calls_for_a_person_only_where_the_outcome_is_unknown_and_cannot_be_asked_about(
        self, end
    ):
        message = explain(end, PERSONAL).text

        assert ("requests.attach" in message, "a person" in message) == (
            False,
            end in (End.UNKNOWN, End.BLOCKED),
        )

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            (None, "the server disconnected"),
            (LOST, "the server disconnected"),
            (Verdict(Evidence.NOT_KNOWN), "the server disconnected; request/status: not known"),
            (
                Verdict(Evidence.NOT_KNOWN, "HTTP 404"),
                "the server disconnected; request/status: not known, HTTP 404",
            ),
        ],
    )
    def test_tells_what_the_last_look_up_showed(self, asked, expected):
        assert explain(End.REFUSED, look_up=asked).text.startswith(
            f"refused, and the issuer does not know the id ({expected}). "
        )

    @pytest.mark.parametrize(
        ("code", "description", "expected"),
        [
            (None, None, "HTTP 400"),
            (17, None, "HTTP 400: 17"),
            (0, None, "HTTP 400: 0"),
            ("E1", "нет", "HTTP 400: E1 нет"),
            (None, "нет", "HTTP 400: нет"),
        ],
    )
    def test_tells_what_the_issuer_gave(self, code, description, expected):
        answer = RequestState(status="error", error_code=code, error_description=description)

        assert (
            f" ({expected}). " in explain(End.REFUSED, verdict=replace(SAID_NO, answer=answer)).text
        )


class TestFailedAndNamed:
    """A request that failed, and whose answer names something all the same."""

    STATE = RequestState(
        status="ok",
        request_status="error",
        cards=[CardRef(card_id=1), CardRef(card_id="c2")],
        client_id=77,
        transaction_id="8",
    )

    @pytest.mark.parametrize(
        "call", [CARDS_ISSUE, REQUESTS_STATUS, PERSONAL], ids=lambda call: call.name
    )
    def test_leaves_open_whether_that_exists(self, call):
        error = explain(
            End.FAILED, call, verdict=Verdict(Evidence.FAILED, "request/status", self.STATE)
        )

        assert (
            type(error),
            error.proved,
            error.done,
            error.card_ids,
            error.client_id,
            error.transaction_id,
            error.text,
        ) == (
            errors.RequestFailed,
            True,
            None,
            ("1", "c2"),
            "77",
            "8",
            (
                "the issuer accepted the request, and the request failed (request/status), but "
                "the answer names card 1, card c2, client 77, transaction 8. What it names may "
                "exist: ask the issuer what it is before you send it again."
            ),
        )

    @pytest.mark.parametrize("empty", ["", " ", 0, "0", None])
    def test_is_not_what_has_only_empty_ids(self, empty):
        state = RequestState(
            status="ok",
            request_status="error",
            cards=[CardRef(card_id=empty)],
            client_id=empty,
            transaction_id=empty,
        )
        error = explain(End.FAILED, verdict=Verdict(Evidence.FAILED, "request/status", state))

        assert (error.done, error.card_ids, error.client_id, error.transaction_id) == (
            False,
            (),
            None,
            None,
        )


class TestAttributes:
    def test_have_all_that_is_known(self):
        error = explain(End.REFUSED, verdict=SAID_NO)

        assert vars(error) == {
            "text": "refused, and the issuer does not know the id (HTTP 400: 17 нет). "
            "Nothing proves that it was not done: ask again later (requests.attach) before you "
            "send it under a new id.",
            "request_id": OWN,
            "call": "cards.issue",
            "http_status": 400,
            "body": '{"status":"error","pan":"***"}',
            "error_code": "17",
            "error_description": "нет",
            "retry_after": 2.5,
            "done": None,
            "refused": True,
            "proved": False,
            "card_ids": (),
            "client_id": None,
            "transaction_id": None,
        }

    def test_are_none_where_no_answer_came(self):
        error = explain(End.UNKNOWN, verdict=LOST, request_id=None)
        names = (
            "request_id",
            "http_status",
            "body",
            "error_code",
            "error_description",
            "retry_after",
        )

        assert [getattr(error, name) for name in names] == [None] * 6

    @pytest.mark.parametrize(
        ("code", "expected"), [(None, None), (0, "0"), (17, "17"), ("E1", "E1")]
    )
    def test_have_the_code_as_text(self, code, expected):
        verdict = replace(SAID_NO, answer=RequestState(status="error", error_code=code))

        assert explain(End.REFUSED, verdict=verdict).error_code == expected

    @pytest.mark.parametrize("end", ENDS)
    @pytest.mark.parametrize("refused", [False, True])
    def test_say_whether_the_call_itself_was_refused(self, end, refused):
        assert explain(end, refused=refused).refused == (refused or end is End.REFUSED)

    @pytest.mark.parametrize("end", ENDS)
    def test_say_whether_the_failure_was_read_from_a_look_up(self, end):
        assert explain(end).proved == (end is End.FAILED)

    @pytest.mark.parametrize("end", ENDS)
    def test_of_an_effect_name_its_call_and_its_id(self, end):
        error = explain(end)

        assert (error.call, error.request_id) == ("cards.issue", OWN)

    @pytest.mark.parametrize("end", READ_ENDS)
    def test_of_a_read_name_its_call_and_its_id(self, end):
        error = explain(end, REQUESTS_STATUS)

        assert (error.call, error.request_id) == ("requests.status", OWN)

    @pytest.mark.parametrize("field", ["error_code", "error_description"])
    @pytest.mark.parametrize(
        "shown", [str, lambda error: f"{error.error_code} {error.error_description}"]
    )
    def test_do_not_show_a_card_number_that_the_issuer_names(self, field, shown):
        answer = RequestState(status="error", **{field: "card 4111111111111111 is blocked"})

        assert "4111111111111111" not in shown(
            explain(End.REFUSED, verdict=replace(SAID_NO, answer=answer))
        )


class TestAfterASuccess:
    BEFORE = RequestState(
        status="ok", request_status="success", cards=[CardRef(card_id="A")], client_id="5"
    )

    @pytest.mark.parametrize(
        ("before", "told"),
        [(BEFORE, "card"), (RequestState(status="ok", request_status="success"), "a success")],
    )
    def test_of_a_failure_after_a_success_leaves_it_open(self, before, told):
        error = explain(End.FAILED, verdict=SAID_NO, success=before)

        assert (type(error), error.done, error.proved, error.card_ids) == (
            errors.RequestFailed,
            None,
            False,
            before.card_ids,
        )
        assert f"had reported {told}" in error.text

    def test_of_a_key_that_is_refused_for_this_call_only_leaves_it_open(self):
        error = explain(
            End.DENIED, verdict=SAID_NO, look_up=Verdict(Evidence.NOT_KNOWN, "HTTP 200")
        )

        assert (type(error), error.done) == (errors.AuthenticationError, None)
        assert "and does not know the id." in error.text


@pytest.mark.parametrize("callers_id", [False, True])
def test_of_a_call_that_waits_for_no_slot(callers_id):
    hindrance = Hindrance(errors.WaitReason.PLACE, 0.25, for_slot=True)
    error = busy_error(
        CARDS_ISSUE, OWN, callers_id=callers_id, busy=3, queue=False, hindrance=hindrance
    )
    keep = " You gave its request_id: keep to that one" in error.text

    assert error.text.startswith(
        "not sent: it would have to wait in the queue for about 0.25 s (all slots are taken; "
        "3 calls are in flight), and queue=False. Nothing was done; it is safe to repeat."
    )
    assert (error.call, error.request_id, keep) == ("cards.issue", OWN, callers_id)
    assert (error.reason, error.retry_after) == ("place", 0.25)


@pytest.mark.parametrize(
    ("request_id", "way"),
    [
        (OWN, "requests.attach"),
        (OWN.upper(), "requests.attach"),
        (None, "requests.attach"),
        ("order-17", "requests.status"),
    ],
)
@pytest.mark.parametrize("end", [End.UNKNOWN, End.REFUSED, End.BLOCKED])
def test_the_way_to_ask_is_one_that_takes_the_id(end, request_id, way):
    text = explain(end, request_id=request_id).text

    assert [each for each in ("requests.attach", "requests.status") if each in text] == [way]


@pytest.mark.parametrize("reason", errors.WaitReason)
def test_of_a_call_that_has_waited_for_its_seconds(reason):
    error = busy_error(
        CARDS_ISSUE, None, callers_id=False, busy=3, queue=0.2, hindrance=Hindrance(reason, 12.345)
    )

    assert error.text.startswith(
        "not sent: it would have to wait in the queue for about 12.35 s more ("
    )
    assert "; 3 calls are in flight), and queue=0.2. Nothing" in error.text
    assert (error.reason, error.retry_after) == (reason, 12.345)
