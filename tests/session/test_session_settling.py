"""How an unknown outcome is settled, in virtual time: when it is asked about, when it is sent
again, how it ends.
"""

from __future__ import annotations

import pytest

from freedompay_async import (
    AuthenticationError,
    DuplicateRequest,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RequestFailed,
)
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.models import BulkIssue
from freedompay_async.contract.table import CARDS_BULK_ISSUE

BULK = "card/bulk_issue"
STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@pytest.fixture
def submit(play, over):
    """Sends one effect over a wire, in virtual time; what it came to, and when."""

    def run(wire, *, request_id=None, sent_at=None, timeout=None, **options):
        session = over(wire, **options)

        async def story():
            return await session.submit(
                CARDS_BULK_ISSUE,
                BulkIssue(product_id=2000, count=1),
                {"request_id": request_id, "timeout": timeout},
                sent_before=None if sent_at is None else SentBefore(sent_at),
            )

        return play(story())

    return run


def test_lost_answer_is_asked_about(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.success])

    state = submit(wire)

    assert wire.calls == [BULK, STATUS]
    assert state.card_ids == ("card-1",)
    assert not state.found


def test_question_names_the_id_of_the_effect(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.success])

    state = submit(wire)

    assert wire.of(BULK)[0].fields["request_id"] == state.request_id
    assert wire.of(STATUS)[0].fields == {"request_id": state.request_id}


@pytest.mark.parametrize("trouble", ["lost", "broken", "unavailable", "page"])
def test_answer_that_proves_nothing_is_asked_about(submit, memory, say, trouble):
    wire = memory(card__bulk_issue=[getattr(say, trouble)], request__status=[say.process])

    assert submit(wire).request_status == "process"
    assert wire.calls == [BULK, STATUS]


def test_page_of_a_proxy_with_http_403_is_asked_about(submit, memory, say):
    wire = memory(
        card__bulk_issue=[say.http(403, b"<html>no</html>")], request__status=[say.success]
    )

    assert submit(wire).card_ids == ("card-1",)


def test_nothing_is_sent_again_before_the_grace_is_over(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost, say.success], request__status=[say.unknown])

    submit(wire, grace=5.0)

    first, second = wire.of(BULK)
    assert second.at - first.at >= 5.0
    assert wire.calls[-2:] == [STATUS, BULK]
    assert wire.of(STATUS)[-1].at - first.at >= 5.0


def test_what_is_sent_again_is_the_same_to_the_byte(submit, memory, say, scheme):
    wire = memory(card__bulk_issue=[say.lost, say.lost, say.success], request__status=[say.unknown])

    submit(wire, scheme=scheme)

    assert len(wire.of(BULK)) == 3
    assert len({each.body for each in wire.of(BULK)}) == 1
    assert all(each.headers == wire.of(BULK)[0].headers for each in wire.of(BULK))


def test_each_lost_answer_starts_the_grace_anew(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost, say.lost, say.success], request__status=[say.unknown])

    submit(wire, grace=5.0)

    first, second, third = wire.of(BULK)
    assert second.at - first.at >= 5.0
    assert third.at - second.at >= 5.0


@pytest.mark.parametrize("trouble", ["lost", "broken", "page", "limited", "not_sent"])
def test_look_up_that_failed_is_no_not_known(submit, memory, say, trouble):
    wire = memory(card__bulk_issue=[say.lost], request__status=[getattr(say, trouble)])

    with pytest.raises(OutcomeUnknown):
        submit(wire, grace=0.5, timeout=60.0)

    assert len(wire.of(BULK)) == 1
    assert len(wire.of(STATUS)) > 3


@pytest.mark.parametrize(
    ("http", "body"),
    [
        (200, {"status": "ok", "dt": "now"}),
        *(
            (http, body)
            for http in (200, 400, 404, 422)
            for body in ({"status": "error", "dt": "now"}, {"status": "error", "error_code": 5})
        ),
    ],
)
def test_each_shape_of_not_known_lets_it_be_sent_again(submit, memory, say, http, body):
    wire = memory(card__bulk_issue=[say.lost, say.success], request__status=[say.http(http, body)])

    submit(wire)

    assert len(wire.of(BULK)) == 2


def test_request_that_turns_up_late_is_not_sent_again(submit, memory, say):
    wire = memory(
        card__bulk_issue=[say.lost],
        request__status=[say.unknown, say.unknown, say.unknown, say.success],
    )

    state = submit(wire, grace=30.0)

    assert state.card_ids == ("card-1",)
    assert len(wire.of(BULK)) == 1


def test_nothing_is_sent_again_past_resend_within(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.unknown])

    with pytest.raises(
        OutcomeUnknown, match="it is not sent again: its first send is more than 3 s ago"
    ) as caught:
        submit(wire, grace=4.0, resend_within=3.0)

    assert len(wire.of(BULK)) == 1
    assert caught.value.request_id == wire.of(BULK)[0].fields["request_id"]
    assert wire.sent[-1].at < 10


def test_resend_within_counts_from_the_first_send(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.unknown])

    with pytest.raises(OutcomeUnknown):
        submit(wire, grace=5.0, resend_within=12.0, timeout=1000.0)

    assert len(wire.of(BULK)) == 3
    assert wire.of(BULK)[-1].at < 12


def test_duplicate_error_of_what_was_sent_again_is_looked_up(submit, memory, say):
    wire = memory(
        card__bulk_issue=[say.lost, say.refused],
        request__status=[say.after(6, say.unknown), say.unknown, say.success],
    )

    state = submit(wire)

    assert state.card_ids == ("card-1",)
    assert len(wire.of(BULK)) == 2


def test_error_of_what_was_sent_again_is_never_taken_for_a_refusal(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost, say.refused], request__status=[say.unknown])

    with pytest.raises(OutcomeUnknown):
        submit(wire, timeout=120.0)

    assert len(wire.of(BULK)) == 2


def test_failure_that_request_status_tells_is_proved(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.failed])

    with pytest.raises(RequestFailed) as caught:
        submit(wire)

    assert caught.value.proved
    assert caught.value.error_code == "declined"
    assert caught.value.error_description == "no money"


def test_refusal_of_a_fresh_id_is_looked_up_once_and_at_once(submit, memory, say):
    wire = memory(card__bulk_issue=[say.refused], request__status=[say.unknown])

    with pytest.raises(RequestFailed) as caught:
        submit(wire)

    assert wire.calls == [BULK, STATUS]
    assert [each.at for each in wire.sent] == [0.0, 0.0]
    assert not caught.value.proved
    assert caught.value.error_code == "refused"


def test_refusal_of_a_given_id_is_believed_after_the_grace(submit, memory, say):
    wire = memory(card__bulk_issue=[say.refused], request__status=[say.unknown])

    with pytest.raises(RequestFailed) as caught:
        submit(wire, request_id=OWN, grace=5.0)

    assert wire.sent[-1].at >= 5.0
    assert caught.value.request_id == OWN
    assert len(wire.of(BULK)) == 1


def test_conflict_about_a_given_id_that_is_not_known_is_a_duplicate(submit, memory, say):
    wire = memory(card__bulk_issue=[say.error(409)], request__status=[say.unknown])

    with pytest.raises(DuplicateRequest, match="Do not repeat it under a new id") as caught:
        submit(wire, request_id=OWN)

    assert caught.value.http_status == 409
    assert len(wire.of(BULK)) == 1


def test_given_id_that_was_used_is_found(submit, memory, say):
    wire = memory(card__bulk_issue=[say.refused], request__status=[say.success])

    state = submit(wire, request_id=OWN)

    assert state.found
    assert state.request_id == OWN
    assert state.card_ids == ("card-1",)


def test_given_id_that_is_answered_at_once_is_not_found(submit, memory, say):
    wire = memory(card__bulk_issue=[say.process])

    assert not submit(wire, request_id=OWN).found


def test_error_after_a_429_is_looked_up(submit, memory, say):
    wire = memory(card__bulk_issue=[say.limited, say.refused], request__status=[say.success])

    answer = submit(wire)

    assert (answer.card_ids, answer.found) == (("card-1",), False)
    assert wire.calls == [BULK, BULK, STATUS]


def test_error_to_a_given_id_after_a_429_may_be_of_another_use(submit, memory, say):
    wire = memory(card__bulk_issue=[say.limited, say.refused], request__status=[say.success])

    assert submit(wire, request_id=OWN).found


def test_refused_signature_ends_at_once(submit, memory, say):
    wire = memory(card__bulk_issue=[say.denied], request__status=[say.denied])

    with pytest.raises(AuthenticationError) as caught:
        submit(wire)

    assert wire.calls == [BULK, STATUS]
    assert caught.value.http_status == 401


def test_refused_signature_of_what_was_sent_again_leaves_the_outcome_unknown(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost, say.denied], request__status=[say.unknown])

    with pytest.raises(OutcomeUnknown):
        submit(wire)

    assert len(wire.of(BULK)) == 2


def test_refused_signature_of_the_question_leaves_the_outcome_unknown(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.denied])

    with pytest.raises(OutcomeUnknown, match="denied"):
        submit(wire)

    assert wire.calls == [BULK, STATUS]


def test_what_was_not_sent_is_tried_again_under_the_same_id(submit, memory, say):
    wire = memory(card__bulk_issue=[say.not_sent, say.not_sent, say.success])

    submit(wire)

    assert wire.calls == [BULK] * 3
    assert len({each.body for each in wire.sent}) == 1


def test_what_can_not_be_sent_ends_in_not_sent_after_four_attempts(submit, memory, say):
    wire = memory(card__bulk_issue=[say.not_sent])

    with pytest.raises(NotSent, match="no connection to here") as caught:
        submit(wire)

    assert wire.calls == [BULK] * 4
    assert caught.value.request_id == wire.sent[0].fields["request_id"]


def test_what_no_second_attempt_can_help_is_tried_once(submit, memory, say):
    wire = memory(card__bulk_issue=[say.hopeless])

    with pytest.raises(NotSent, match="not trusted"):
        submit(wire)

    assert wire.calls == [BULK]


def test_lost_answer_and_then_no_connection_is_unknown_and_not_not_sent(submit, memory, say):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.not_sent])

    with pytest.raises(OutcomeUnknown):
        submit(wire, timeout=30.0)

    assert len(wire.of(BULK)) == 1


def test_429_to_every_attempt_ends_in_rate_limited(submit, memory, say):
    wire = memory(card__bulk_issue=[say.limited])

    with pytest.raises(RateLimited) as caught:
        submit(wire)

    assert wire.calls == [BULK] * 4
    assert caught.value.retry_after == 7.0
    assert caught.value.http_status == 429


# -- resumed


def test_resumed_call_asks_before_it_sends(submit, memory, say, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    wire = memory(card__bulk_issue=[say.success], request__status=[say.unknown])

    state = submit(wire, request_id=OWN, sent_at=1_000_000.0 - 60)

    assert wire.calls == [STATUS, BULK]
    assert state.request_id == OWN


def test_resumed_call_whose_request_is_known_sends_nothing(submit, memory, say):
    wire = memory(card__bulk_issue=[], request__status=[say.success])

    state = submit(wire, request_id=OWN, sent_at=0.0)

    assert wire.calls == [STATUS]
    assert state.card_ids == ("card-1",)


def test_resumed_call_waits_the_rest_of_the_grace(submit, memory, say, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    wire = memory(card__bulk_issue=[say.success], request__status=[say.unknown])

    submit(wire, request_id=OWN, sent_at=1_000_000.0 - 2, grace=5.0)

    assert wire.of(BULK)[0].at == pytest.approx(3.0)


def test_resumed_call_is_not_sent_past_resend_within(submit, memory, say, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    wire = memory(card__bulk_issue=[], request__status=[say.unknown])

    with pytest.raises(OutcomeUnknown) as caught:
        submit(wire, request_id=OWN, sent_at=1_000_000.0 - 3601)

    assert wire.calls == [STATUS]
    assert caught.value.request_id == OWN


def test_resumed_call_of_a_clock_in_the_future_is_never_sent(submit, memory, say, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    wire = memory(card__bulk_issue=[], request__status=[say.unknown])

    with pytest.raises(OutcomeUnknown):
        submit(wire, request_id=OWN, sent_at=1_000_000.0 + 1)

    assert set(wire.calls) == {STATUS}


def test_resumed_call_that_can_not_ask_is_unknown_and_not_not_sent(submit, memory, say):
    wire = memory(card__bulk_issue=[], request__status=[say.not_sent])

    with pytest.raises(OutcomeUnknown):
        submit(wire, request_id=OWN, sent_at=0.0, timeout=20.0)


def test_resumed_call_whose_request_failed_says_so(submit, memory, say):
    wire = memory(card__bulk_issue=[], request__status=[say.failed])

    with pytest.raises(RequestFailed) as caught:
        submit(wire, request_id=OWN, sent_at=0.0)

    assert caught.value.proved


def test_a_look_up_that_was_asked_before_the_grace_was_over_proves_nothing_however_late_it_is_answered(
    submit, memory, say
):
    wire = memory(
        card__bulk_issue=[say.lost, say.process],
        request__status=[say.after(14.0, say.unknown), say.unknown],
    )
    submit(wire, grace=5.0)

    assert wire.calls == ["card/bulk_issue", "request/status", "request/status", "card/bulk_issue"]
