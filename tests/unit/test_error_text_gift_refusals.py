"""Which refusals of a gift card tell that it was not done."""

from __future__ import annotations

import pytest

from freedompay_async.calls.call_answers import CallAnswers
from freedompay_async.calls.error_text import to_error
from freedompay_async.calls.states import End
from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.contract.models import GiftAnswer, GiftStatus
from freedompay_async.contract.table import GIFT_CARDS_ISSUE

DONE = {
    -1: None,
    -2: False,
    -3: False,
    -4: False,
    -5: None,
    -6: None,
    -7: None,
    -8: None,
    -9: None,
    -10: None,
    -11: False,
}


@pytest.mark.parametrize(("status", "done"), DONE.items())
def test_is_about_what_was_asked_or_leaves_it_open(status, done):
    """No money, a card id or a code that is used up (-6 to -8) may be the work of the same order,
    which a proxy has sent before.
    """
    verdict = Verdict(
        Evidence.ERROR,
        "HTTP 200",
        GiftAnswer(status=GiftStatus(status), datetime="2023-11-14 22:13:20"),
        Reply(200, {}, b""),
    )

    error = to_error(
        End.REFUSED,
        call=GIFT_CARDS_ISSUE,
        request_id="r-1",
        answers=CallAnswers(verdict),
        resend_within=3600.0,
    )

    assert (error.code, error.done, "it was not done" in error.text) == (
        status,
        done,
        done is False,
    )
