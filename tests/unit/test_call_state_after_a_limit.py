"""A 429 does not prove that nothing was done: a gateway may have said it after the work."""

from __future__ import annotations

import pytest

from freedompay_async.calls.states import End, Next
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from tests.unit.call_state_examples import CALLERS_ID, NEW_ID

LATE = 6.0  # More than the grace.
BEGINNINGS = [NEW_ID, CALLERS_ID]


@pytest.mark.parametrize("begin", BEGINNINGS)
@pytest.mark.parametrize("second", [Evidence.DENIED, Evidence.BLOCKED])
class TestKeyThatIsRefused:
    """Of the attempt that was limited it says nothing."""

    def test_is_refused_for_the_look_up_too_and_the_outcome_is_unknown(
        self, call_state, play, begin, second
    ):
        assert play(call_state(**begin), Evidence.LIMITED, second, Evidence.DENIED) == [
            Next.SEND,
            Next.SEND,
            Next.ASK,
            End.BLOCKED,
        ]

    def test_and_the_look_up_tells_what_was_done(self, call_state, play, begin, second):
        assert play(call_state(**begin), Evidence.LIMITED, second, Evidence.KNOWN) == [
            Next.SEND,
            Next.SEND,
            Next.ASK,
            End.ANSWERED,
        ]

    def test_and_an_id_that_is_not_known_is_the_end_only_if_the_issuer_itself_refused_it(
        self, call_state, play, begin, second
    ):
        ends = {
            Evidence.DENIED: ([], [End.DENIED]),
            Evidence.BLOCKED: ([Evidence.OK], [Next.SEND, End.ANSWERED]),
        }
        more, end = ends[second]
        script = (Evidence.LIMITED, second, LATE, Evidence.NOT_KNOWN, *more)

        assert play(call_state(**begin), *script) == [Next.SEND, Next.SEND, Next.ASK, *end]


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_a_refused_key_of_what_can_not_be_asked_about_leaves_it_open(call_state, play, begin):
    subject = call_state(retry=Retry.UNASKABLE, header_id=True, **begin)

    assert play(subject, Evidence.LIMITED, Evidence.DENIED) == [Next.SEND, Next.SEND, End.UNKNOWN]


@pytest.mark.parametrize("begin", BEGINNINGS)
@pytest.mark.parametrize(
    ("look_up", "end"),
    [
        (Evidence.DENIED, End.DENIED),
        (Evidence.NOT_KNOWN, End.DENIED),
        (Evidence.BLOCKED, End.BLOCKED),
        (Evidence.KNOWN, End.ANSWERED),
        (Evidence.FAILED, End.FAILED),
        (Evidence.UNINFORMATIVE, End.UNKNOWN),
        (Evidence.UNCLEAR, End.UNKNOWN),
    ],
)
def test_a_refused_key_is_looked_up_once(call_state, play, begin, look_up, end):
    """What a proxy has sent twice may get it for its second copy."""
    assert play(call_state(**begin), Evidence.NOT_SENT, Evidence.DENIED, look_up) == [
        Next.SEND,
        Next.SEND,
        Next.ASK,
        end,
    ]
