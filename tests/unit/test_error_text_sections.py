"""Ends of calls that have something of their own to say: guesses, gift cards, what may be repeated,
what holds secrets.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from freedompay_async.calls.call_answers import CallAnswers
from freedompay_async.calls.error_text import to_error
from freedompay_async.calls.states import End
from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.contract.calls import Call, Mark, Retry
from freedompay_async.contract.models import (
    Answer,
    GiftAnswer,
    GiftStatus,
    PinSetting,
    RequestState,
)
from freedompay_async.contract.table import (
    CARDS_ACTIVATE,
    CARDS_BALANCE,
    CARDS_ISSUE,
    CARDS_LINK,
    CARDS_SECRET_DATA,
    GIFT_CARDS_CONFIRM,
    GIFT_CARDS_ISSUE,
    GIFT_CARDS_STATUS,
    PINS_SET_URL,
    REQUESTS_STATUS,
    TRANSACTIONS_INFO,
)
from freedompay_async.errors import GiftCardError, ResultUnknown
from freedompay_async.redaction.redaction import Redaction
from freedompay_async.redaction.secret import Secret

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
SET_PIN = Call(
    "cards.set_pin",
    "/v5/card-api/card/set_pin",
    PinSetting,
    Answer,
    Mark.DOCUMENTED,
    Retry.REPEATABLE,
    "",
)
LOST = Verdict(Evidence.NO_ANSWER, "the server disconnected")
PAGE = Verdict(Evidence.UNCLEAR, "HTTP 200, an HTML page", None, Reply(200, {}, b"<html>"))
ENDS = [
    End.NOT_SENT,
    End.LIMITED,
    End.DENIED,
    End.DUPLICATE,
    End.FAILED,
    End.REFUSED,
    End.UNKNOWN,
]
GUESSES = [
    (404, CARDS_ACTIVATE, True),
    (404, CARDS_BALANCE, True),
    (404, CARDS_ISSUE, False),
    (404, REQUESTS_STATUS, False),
    (400, CARDS_ACTIVATE, False),
    (500, CARDS_BALANCE, False),
]


def explain(end, call, *, verdict, hide=(), **more):
    fields = ("retry_after", "wait_too_long")
    answers = {name: more.pop(name) for name in fields if name in more}
    return to_error(
        end,
        call=call,
        request_id=OWN,
        answers=CallAnswers(verdict, **answers),
        resend_within=3600.0,
        redaction=Redaction(hide),
        **more,
    )


class TestWaits:
    def test_that_were_asked_for_are_told(self):
        error = explain(End.LIMITED, CARDS_ISSUE, verdict=LOST, retry_after=12.2)

        assert " The issuer asked to wait 13 s. " in error.text
        assert (error.retry_after, error.wait_too_long) == (12.2, False)

    def test_that_there_was_no_time_for_are_told_as_that(self):
        error = explain(
            End.UNKNOWN, CARDS_ISSUE, verdict=LOST, retry_after=3600.0, wait_too_long=True
        )

        assert (
            " The issuer asked to wait 3600 s, and there was no time left for that. " in error.text
        )
        assert error.wait_too_long


class TestText:
    def test_of_an_unknown_outcome_that_may_be_repeated_says_so(self):
        assert explain(End.UNKNOWN, SET_PIN, verdict=LOST).text == (
            "sent, and its outcome is not known (the server disconnected). Doing it again gives "
            "the same end: it is safe to repeat."
        )

    def test_of_an_unknown_outcome_that_does_no_harm_again_says_so(self):
        assert explain(End.UNKNOWN, GIFT_CARDS_CONFIRM, verdict=LOST).text == (
            "sent, and its outcome is not known (the server disconnected). It can't be asked "
            "about; doing it again does no harm."
        )

    @pytest.mark.parametrize("call", [SET_PIN, GIFT_CARDS_CONFIRM], ids=lambda call: call.name)
    @pytest.mark.parametrize("id_sent", [False, True])
    def test_of_a_limit_on_what_does_no_harm_again_speaks_of_no_id(self, call, id_sent):
        error = explain(End.LIMITED, call, verdict=LOST, id_sent=id_sent)

        assert (error.done, error.text) == (
            None,
            (
                "the issuer limits the rate (the server disconnected). HTTP 429 means that "
                "nothing was done, and does not prove it. "
                "Doing it again does no harm: repeat it later."
            ),
        )

    def test_of_a_refusal_that_may_be_repeated_says_so(self):
        assert explain(End.REFUSED, SET_PIN, verdict=LOST).text == (
            "the issuer refused it (the server disconnected). Doing it again gives the same end: "
            "it is safe to repeat."
        )

    def test_of_a_guarded_host_that_may_be_asked_to_repeat_says_so(self):
        error = explain(End.BLOCKED, SET_PIN, verdict=PAGE)

        assert (error.done, error.text) == (
            None,
            (
                "the host refuses this key (HTTP 200, an HTML page). Whether this call did "
                "anything is not known. Check auth_id, secret_key, the region and its signature "
                "scheme, and what stands between you and the issuer. Doing it again gives the "
                "same end: correct the key, and repeat it."
            ),
        )

    @pytest.mark.parametrize(("status", "call", "expected"), GUESSES)
    def test_of_a_path_that_is_a_guess_and_is_not_there_says_how_to_give_another(
        self, status, call, expected
    ):
        verdict = Verdict(Evidence.UNCLEAR, f"HTTP {status}", None, Reply(status, {}, b""))
        hint = (
            f" The path {call.path} is a guess: no public page of the vendor shows it. If the "
            "vendor gave you another, "
            f'say so in a contract file ([{call.name}] path = "…"), or '
            f'use FreedomPay(contract=[Override(call="{call.name}", path="…")]).'
        )

        assert [explain(end, call, verdict=verdict).text.endswith(hint) for end in ENDS] == [
            expected
        ] * len(ENDS)

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            (CARDS_LINK, True),
            (CARDS_ISSUE, True),
            (GIFT_CARDS_CONFIRM, True),
            (CARDS_ACTIVATE, False),
            (REQUESTS_STATUS, False),
            (PINS_SET_URL, False),
            (replace(CARDS_LINK, mark=Mark.CUSTOM), False),
            (replace(CARDS_LINK, table_path="/a"), False),
        ],
    )
    def test_of_another_path_that_is_not_there_says_how_to_give_one(self, call, expected):
        verdict = Verdict(Evidence.UNCLEAR, "HTTP 404", None, Reply(404, {}, b""))
        hint = (
            f" If this host has another path for it than {call.path}, say so in a contract file "
            f'([{call.name}] path = "…").'
        )

        assert explain(End.UNKNOWN, call, verdict=verdict).text.endswith(hint) is expected

    def test_of_a_path_that_is_a_guess_and_was_not_reached_says_nothing_of_it(self):
        assert "guess" not in explain(End.UNKNOWN, CARDS_ACTIVATE, verdict=LOST).text

    @pytest.mark.parametrize("call", [CARDS_ACTIVATE, CARDS_ISSUE], ids=lambda call: call.name)
    def test_of_a_path_that_a_contract_gives_says_whose_it_is(self, call):
        given = replace(call, path="/v6/cards", table_path=call.path)
        verdict = Verdict(Evidence.UNCLEAR, "HTTP 404", None, Reply(404, {}, b""))

        assert explain(End.UNKNOWN, given, verdict=verdict).text.endswith(
            " The path /v6/cards is what the contract of this client says; the table has "
            f"{call.path}."
        )
        assert "/v6/cards" not in explain(End.UNKNOWN, given, verdict=LOST).text

    @pytest.mark.parametrize(
        ("call", "guess"),
        [(CARDS_LINK, False), (TRANSACTIONS_INFO, True)],
        ids=["shown", "guessed"],
    )
    def test_of_a_call_that_a_menu_lacks_says_so(self, call, guess):
        verdict = Verdict(Evidence.UNCLEAR, "HTTP 404", None, Reply(404, {}, b""))
        lacked = (
            " As far as seen, the vendor's menu for KG has no such call: only the one for KZ has "
            "it."
        )
        said = explain(End.UNCLEAR, replace(call, not_in_menu="KG"), verdict=verdict).text

        assert (lacked in said, " is a guess: " in said) == (True, guess)
        assert lacked not in explain(End.UNCLEAR, call, verdict=verdict).text

    def test_of_a_signature_that_is_refused_says_what_else_there_is(self):
        hint = "This host may take sign."

        assert explain(End.DENIED, CARDS_ISSUE, verdict=LOST, on_refusal=hint).text.endswith(
            f" {hint}"
        )
        assert hint not in explain(End.UNKNOWN, CARDS_ISSUE, verdict=LOST, on_refusal=hint).text

    def test_of_keys_that_hashdt_refuses_names_those(self):
        assert explain(End.DENIED, PINS_SET_URL, verdict=PAGE).text == (
            "HashDT refused the keys (HTTP 200, an HTML page). This attempt did nothing. Check "
            "api_key, product_id and token."
        )

    @pytest.mark.parametrize("end", [End.DENIED, End.BLOCKED])
    @pytest.mark.parametrize("retry", Retry)
    def test_of_keys_that_hashdt_refuses_says_that_nothing_was_done_only_where_that_is_known(
        self, end, retry
    ):
        error = explain(end, replace(PINS_SET_URL, retry=retry), verdict=PAGE)

        assert error.done is False or "did nothing" not in error.text


class TestGiftCards:
    TOLD = Verdict(
        Evidence.ERROR,
        "HTTP 200",
        GiftAnswer(status=GiftStatus.WRONG_PRODUCT),
        Reply(200, {}, b'{"status":-4}'),
    )

    def test_refusal_is_a_kind_of_its_own_with_the_code_and_its_sentence(self):
        error = explain(End.REFUSED, GIFT_CARDS_ISSUE, verdict=self.TOLD)

        assert (type(error), error.code, error.error_code, error.error_description, error.text) == (
            GiftCardError,
            -4,
            "-4",
            "The product code is wrong.",
            (
                "the issuer refused it (HTTP 200: -4 The product code is wrong.). The status says that "
                "it was not done: correct what it names, and call again."
            ),
        )

    @pytest.mark.parametrize(
        "call", [GIFT_CARDS_ISSUE, GIFT_CARDS_CONFIRM], ids=lambda call: call.name
    )
    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            *((code, None) for code in (-1, *range(-10, -4))),
            *((code, False) for code in (-2, -3, -4, -11)),
        ],
    )
    def test_refusal_is_that_it_was_not_done_only_where_it_is_about_what_was_asked(
        self, call, code, expected
    ):
        verdict = Verdict(
            Evidence.ERROR, "HTTP 200", GiftAnswer(status=GiftStatus(code)), Reply(200, {}, b"{}")
        )
        error = explain(End.REFUSED, call, verdict=verdict)

        assert (type(error), error.code, error.done) == (GiftCardError, code, expected)
        assert ("it was not done:" in error.text, "does not tell whether" in error.text) == (
            expected is False,
            expected is None,
        )

    @pytest.mark.parametrize("code", range(-11, 0))
    def test_refusal_of_a_question_is_of_the_same_kind_and_did_nothing(self, code):
        verdict = Verdict(
            Evidence.ERROR, "HTTP 200", GiftAnswer(status=GiftStatus(code)), Reply(200, {}, b"{}")
        )
        error = explain(End.REFUSED, GIFT_CARDS_STATUS, verdict=verdict)

        assert (type(error), error.code, error.done) == (GiftCardError, code, False)
        assert error.text.endswith(" It changes nothing: it is safe to repeat.")

    @pytest.mark.parametrize("end", [end for end in ENDS if end not in (End.REFUSED, End.FAILED)])
    def test_another_end_is_not(self, end):
        assert type(explain(end, GIFT_CARDS_ISSUE, verdict=self.TOLD)) is not GiftCardError


class TestTaken:
    TOLD = Verdict(
        Evidence.TAKEN,
        "HTTP 200, JSON of another shape",
        None,
        Reply(200, {}, b'{"status":0,"card_id":[]}'),
    )

    @pytest.mark.parametrize("call", [SET_PIN, GIFT_CARDS_ISSUE])
    def test_is_an_answer_that_cannot_be_read_of_what_was_done(self, call):
        error = explain(End.TAKEN, call, verdict=self.TOLD)

        assert (type(error), error.text, error.body, error.request_id) == (
            ResultUnknown,
            (
                "the issuer did it, and its answer can't be read (HTTP 200, JSON of another "
                "shape). Do not repeat it. `body` has the answer."
            ),
            '{"status":0,"card_id":[]}',
            OWN,
        )


class TestHints:
    HINT = (
        " In the vendor's E-Money section the code {} stands for a request id that {}. Here that "
        "is a hint, and proves nothing."
    )

    def told(self, code, *, status=200):
        answer = RequestState(status="error", error_code=code)
        return Verdict(Evidence.ERROR, f"HTTP {status}", answer, Reply(status, {}, b"{}"))

    @pytest.mark.parametrize(
        ("code", "meaning"),
        [
            (1002, "is not unique"),
            ("1002", "is not unique"),
            (1006, "is not known"),
            ("1006", "is not known"),
        ],
    )
    @pytest.mark.parametrize(
        ("end", "call"), [(End.REFUSED, CARDS_ISSUE), (End.REFUSED, REQUESTS_STATUS)]
    )
    def test_tell_what_a_code_means_elsewhere(self, end, call, code, meaning):
        plain, error = (
            explain(end, call, verdict=self.told("E1")),
            explain(end, call, verdict=self.told(code)),
        )

        assert error.text == plain.text.replace("E1", str(code)) + self.HINT.format(code, meaning)
        assert (type(error), error.done, error.proved, error.error_code) == (
            type(plain),
            plain.done,
            plain.proved,
            str(code),
        )

    @pytest.mark.parametrize(
        ("code", "status"), [(1002, 400), (1006, 404), (1001, 200), ("01002", 200), (None, 200)]
    )
    def test_are_none_for_other_codes_and_at_another_status(self, code, status):
        assert (
            "E-Money"
            not in explain(End.REFUSED, CARDS_ISSUE, verdict=self.told(code, status=status)).text
        )

    def test_tell_of_the_code_of_a_look_up_too(self):
        asked = replace(self.told(1006), evidence=Evidence.NOT_KNOWN)
        error = to_error(
            End.UNKNOWN,
            call=CARDS_ISSUE,
            request_id=OWN,
            answers=CallAnswers(LOST, asked),
            resend_within=3600.0,
        )

        assert error.text.endswith(self.HINT.format(1006, "is not known"))

    def test_tell_of_one_code_only(self):
        asked = replace(self.told(1006), evidence=Evidence.NOT_KNOWN)
        error = to_error(
            End.REFUSED,
            call=CARDS_ISSUE,
            request_id=OWN,
            answers=CallAnswers(self.told(1002), asked),
            resend_within=3600.0,
        )

        assert error.text.count("E-Money") == 1

    def test_are_of_payment_cards_only(self):
        asked = replace(self.told(1006), evidence=Evidence.NOT_KNOWN)
        error = to_error(
            End.UNKNOWN,
            call=GIFT_CARDS_ISSUE,
            request_id=OWN,
            answers=CallAnswers(LOST, asked),
            resend_within=3600.0,
        )

        assert "E-Money" not in error.text


class TestLinks:
    @pytest.mark.parametrize(
        "link",
        [
            "https://pin.example/p?t=a1",
            "HTTP://pin.example/a1",
            "//pin.example/a1",
            "https:\\/\\/pin.example\\/a1",
            "https%3A%2F%2Fpin.example%2Fa1",
        ],
    )
    def test_are_not_shown_in_the_words_of_a_refusal(self, link):
        verdict = Verdict(
            Evidence.ERROR,
            "HTTP 400",
            RequestState(status="error", error_code="E1", error_description=f"see {link} now"),
            Reply(400, {}, b""),
        )

        assert (
            "(HTTP 400: E1 see *** now)" in explain(End.REFUSED, CARDS_ISSUE, verdict=verdict).text
        )


class TestSecrets:
    TOLD = Verdict(
        Evidence.ERROR,
        "HTTP 400",
        RequestState(status="error", error_code="hunter2!", error_description="not hunter2"),
        Reply(400, {}, b'{"echo":"hunter2"}'),
    )

    def test_of_the_request_are_on_nothing_that_the_error_has(self):
        error = explain(End.REFUSED, CARDS_ISSUE, verdict=self.TOLD, hide=[Secret("hunter2")])

        assert (error.text, error.body, error.error_code, error.error_description) == (
            (
                "refused, and the issuer does not know the id (HTTP 400: ***! not ***). "
                "Nothing proves that it was not done: ask again later (requests.attach) before "
                "you send it under a new id."
            ),
            '{"echo":"***"}',
            "***!",
            "not ***",
        )

    def test_of_a_card_are_in_no_body(self):
        assert explain(End.UNCLEAR, CARDS_SECRET_DATA, verdict=self.TOLD).body == "***"
