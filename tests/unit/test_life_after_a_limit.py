"""A 429 does not prove that nothing was done: a gateway may have said it after the work."""

from __future__ import annotations

import pytest

from freedompay_async.calls.call_state import Doubt, Step
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry

LATE = 6.0  # More than the grace.
DOUBTS = [Doubt.NONE, Doubt.POSSIBLE]


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("second", [Evidence.DENIED, Evidence.BLOCKED])
class TestKeyThatIsRefused:
    """Of the attempt that was limited it says nothing."""

    def test_is_refused_for_the_look_up_too_and_the_outcome_is_unknown(
        self, life, play, doubt, second
    ):
        assert play(life(doubt=doubt), Evidence.LIMITED, second, Evidence.DENIED) == [
            Step.SEND,
            Step.SEND,
            Step.ASK,
            Step.BLOCKED,
        ]

    def test_and_the_look_up_tells_what_was_done(self, life, play, doubt, second):
        assert play(life(doubt=doubt), Evidence.LIMITED, second, Evidence.KNOWN) == [
            Step.SEND,
            Step.SEND,
            Step.ASK,
            Step.ANSWERED,
        ]

    def test_and_an_id_that_is_not_known_is_the_end_only_if_the_issuer_itself_refused_it(
        self, life, play, doubt, second
    ):
        ends = {
            Evidence.DENIED: ([], [Step.DENIED]),
            Evidence.BLOCKED: ([Evidence.OK], [Step.SEND, Step.ANSWERED]),
        }
        more, end = ends[second]
        script = (Evidence.LIMITED, second, LATE, Evidence.NOT_KNOWN, *more)

        assert play(life(doubt=doubt), *script) == [Step.SEND, Step.SEND, Step.ASK, *end]


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_refused_key_of_what_can_not_be_asked_about_leaves_it_open(life, play, doubt):
    subject = life(retry=Retry.UNASKABLE, header_id=True, doubt=doubt)

    assert play(subject, Evidence.LIMITED, Evidence.DENIED) == [Step.SEND, Step.SEND, Step.UNKNOWN]


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize(
    ("look", "end"),
    [
        (Evidence.DENIED, Step.DENIED),
        (Evidence.NOT_KNOWN, Step.DENIED),
        (Evidence.BLOCKED, Step.BLOCKED),
        (Evidence.KNOWN, Step.ANSWERED),
        (Evidence.FAILED, Step.FAILED),
        (Evidence.UNINFORMATIVE, Step.UNKNOWN),
        (Evidence.UNCLEAR, Step.UNKNOWN),
    ],
)
def test_a_refused_key_is_looked_up_once(life, play, doubt, look, end):
    """What a proxy has sent twice may get it for its second copy."""
    assert play(life(doubt=doubt), Evidence.NOT_SENT, Evidence.DENIED, look) == [
        Step.SEND,
        Step.SEND,
        Step.ASK,
        end,
    ]
