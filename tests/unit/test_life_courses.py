"""Every course that a call can take, up to some steps, and what is true of all of them."""

from __future__ import annotations

from copy import copy
from functools import cache
from itertools import accumulate

import pytest

from freedompay_async.calls.call_state import Action, CallState, Doubt, Step
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from freedompay_async.settings.policy import Policy

POLICY = Policy(attempts=3, grace=5.0, resend_within=10.0)
ASKABLE, UNASKABLE, READ, REPEATABLE = Retry.ASKABLE, Retry.UNASKABLE, Retry.READ, Retry.REPEATABLE
POSSIBLE, CERTAIN = Doubt.POSSIBLE, Doubt.CERTAIN
LATE = 6.0  # More than the grace.

# What each step may show; a look-up that does not know the id comes twice, early and late.

AFTER_SEND = tuple(
    (seen, 0.5)
    for seen in (
        *(
            Evidence.NOT_SENT,
            Evidence.NO_ANSWER,
            Evidence.UNCLEAR,
            Evidence.TAKEN,
            Evidence.LIMITED,
            Evidence.DENIED,
            Evidence.BLOCKED,
            Evidence.OK,
            Evidence.ERROR,
        ),
    )
)
AFTER_ASK = (
    *(
        (seen, 0.5)
        for seen in (
            *(
                Evidence.KNOWN,
                Evidence.FAILED,
                Evidence.NOT_KNOWN,
                Evidence.NOT_SENT,
                Evidence.NO_ANSWER,
                Evidence.UNCLEAR,
                Evidence.LIMITED,
            ),
            *(Evidence.DENIED, Evidence.BLOCKED),
        )
    ),
    (Evidence.NOT_KNOWN, LATE),
    (Evidence.UNINFORMATIVE, LATE),
)
# The call may have been done.
LOST = (Evidence.NO_ANSWER, Evidence.UNCLEAR, Evidence.TAKEN, Evidence.BLOCKED)
# Nothing more is known of the id than before.
UNKNOWN_ID = (Evidence.NOT_KNOWN, Evidence.UNINFORMATIVE)
REFUSALS = (Evidence.DENIED, Evidence.BLOCKED)
WORDS = {
    "an effect": {"retry": ASKABLE},
    "an effect under a given id": {"retry": ASKABLE, "doubt": POSSIBLE},
    "an effect under a given id that is asked about once": {
        "retry": ASKABLE,
        "doubt": POSSIBLE,
        "ask_once": True,
    },
    "a resumed effect": {"retry": ASKABLE, "doubt": CERTAIN, "first_sent": 0.0},
    "a resumed effect of unknown age": {
        "retry": ASKABLE,
        "doubt": CERTAIN,
        "first_sent": 0.0,
        "may_resend": False,
    },
    "an effect that can't be asked about": {"retry": UNASKABLE},
    "an effect with an id in a header that can't be asked about": {
        "retry": UNASKABLE,
        "header_id": True,
    },
    "an effect under a given id that can't be asked about": {
        "retry": UNASKABLE,
        "header_id": True,
        "doubt": POSSIBLE,
    },
    "an effect with an id in a header that pays": {
        "retry": UNASKABLE,
        "header_id": True,
        "pays": True,
    },
    "an effect that may be repeated": {"retry": REPEATABLE},
    "a read": {"retry": READ},
}
ASKABLE_WORDS = [word for word, made in WORDS.items() if made["retry"] is ASKABLE]
UNASKABLE_WORDS = [word for word, made in WORDS.items() if made["retry"] is UNASKABLE]
EFFECT_WORDS = [*ASKABLE_WORDS, *UNASKABLE_WORDS, "an effect that may be repeated"]
HARMLESS_WORDS = ["an effect that may be repeated", "a read"]


class Course:
    """What was done, what was seen, and how it ended; one that has not ended ends as if its
    deadline had come.
    """

    def __init__(self, told, end, *, certain_from_start):
        self.steps = [step for step, _, _ in told]
        self.seen = [seen for _, seen, _ in told]
        self.told = told
        self.end = end
        self.certain_from_start = certain_from_start

    def __repr__(self):
        return " → ".join(
            [
                *(
                    f"{step.name}:{seen.name}{'(late)' if spent == LATE else ''}"
                    for step, seen, spent in self.told
                ),
                self.end.name,
            ]
        )

    @property
    def doubtful(self) -> int | None:
        """How many steps had been taken when it was certain that something may have been done."""
        if self.certain_from_start:
            return 0
        lost = (
            number
            for number, (step, seen, _) in enumerate(self.told, 1)
            if step is Step.SEND and seen in LOST
        )
        return next(lost, None)


@cache
def courses(word: str) -> tuple[Course, ...]:
    made = WORDS[word]
    found = []

    def go(subject: CallState, action: Action, now: float, told: tuple) -> None:
        if action.step not in (Step.SEND, Step.ASK):
            found.append(Course(told, action.step, certain_from_start=made.get("doubt") is CERTAIN))
            return
        if len(told) == 5:
            found.append(
                Course(told, subject.out_of_time(), certain_from_start=made.get("doubt") is CERTAIN)
            )
            return
        for seen, spent in AFTER_SEND if action.step is Step.SEND else AFTER_ASK:
            branch = copy(subject)
            at = now + spent
            if action.step is Step.SEND:
                branch.sent(at)
                following = branch.after_send(seen, at)
            else:
                following = branch.after_ask(seen, at)
            go(branch, following, at, (*told, (action.step, seen, spent)))

    subject = CallState(POLICY, rng=lambda: 0.0, **made)
    go(subject, subject.start(), 0.0, ())
    return tuple(found)


def offenders(words, broken) -> list[Course]:
    return [course for word in words for course in courses(word) if broken(course)][:5]


class TestEveryCourse:
    @pytest.mark.parametrize("word", WORDS)
    def test_is_walked(self, word):
        assert len(courses(word)) > 15

    @pytest.mark.parametrize("word", EFFECT_WORDS)
    def test_of_an_effect_in_certain_doubt_never_ends_as_not_done(self, word):
        good = (Step.ANSWERED, Step.FAILED, Step.UNKNOWN, Step.BLOCKED, Step.TAKEN)

        assert (
            offenders([word], lambda course: course.doubtful is not None and course.end not in good)
            == []
        )

    @pytest.mark.parametrize("word", ASKABLE_WORDS)
    def test_with_a_lost_answer_goes_on_with_a_look_up(self, word):
        def broken(course):
            follows = zip(course.told, course.steps[1:], strict=False)
            return any(
                step is Step.SEND and seen in LOST and following is not Step.ASK
                for (step, seen, _), following in follows
            )

        assert offenders([word], broken) == []

    @pytest.mark.parametrize("word", ASKABLE_WORDS)
    def test_in_certain_doubt_sends_again_only_when_the_id_is_still_unknown(self, word):
        def broken(course):
            first = course.doubtful
            later = range(max(first, 1), len(course.steps)) if first is not None else ()
            return any(
                course.steps[at] is Step.SEND and course.seen[at - 1] not in UNKNOWN_ID
                for at in later
            )

        assert offenders([word], broken) == []

    @pytest.mark.parametrize("word", EFFECT_WORDS)
    def test_sends_nothing_after_an_error(self, word):
        def broken(course):
            return any(
                step is Step.SEND and seen is Evidence.ERROR and Step.SEND in course.steps[at + 1 :]
                for at, (step, seen, _) in enumerate(course.told)
            )

        assert offenders([word], broken) == []

    @pytest.mark.parametrize("word", UNASKABLE_WORDS)
    def test_of_what_cannot_be_asked_about_never_asks(self, word):
        assert offenders([word], lambda course: Step.ASK in course.steps) == []

    def test_of_what_cannot_be_asked_about_sends_at_most_once_more(self):
        def broken(course):
            return (
                course.doubtful is not None and course.steps[course.doubtful :].count(Step.SEND) > 1
            )

        assert offenders(UNASKABLE_WORDS, broken) == []

    def test_of_what_cannot_be_asked_about_sends_nothing_more_without_an_id_in_a_header(self):
        def broken(course):
            return course.doubtful is not None and course.steps[course.doubtful :] != []

        assert offenders(["an effect that can't be asked about"], broken) == []

    def test_of_what_pays_is_sent_again_only_where_it_was_not_sent(self):
        def broken(course):
            return any(seen is not Evidence.NOT_SENT for seen in course.seen[:-1])

        assert offenders(["an effect with an id in a header that pays"], broken) == []

    @pytest.mark.parametrize("word", ASKABLE_WORDS)
    def test_sends_nothing_again_when_resend_within_has_passed(self, word):
        def broken(course):
            times = list(accumulate((spent for _, _, spent in course.told), initial=0.0))
            first = 0.0 if course.certain_from_start else times[1]
            return any(
                step is Step.SEND and at - first >= POLICY.resend_within
                for step, at in zip(course.steps, times, strict=False)
            )

        assert offenders([word], broken) == []

    def test_of_unknown_age_never_sends(self):
        assert (
            offenders(["a resumed effect of unknown age"], lambda course: Step.SEND in course.steps)
            == []
        )

    @pytest.mark.parametrize("word", HARMLESS_WORDS)
    def test_of_what_is_harmless_never_asks(self, word):
        assert offenders([word], lambda course: Step.ASK in course.steps) == []

    @pytest.mark.parametrize("word", HARMLESS_WORDS)
    def test_of_what_is_harmless_takes_no_more_attempts_than_the_policy_has(self, word):
        assert offenders([word], lambda course: len(course.steps) > POLICY.attempts) == []

    def test_of_what_may_be_repeated_is_sent_again_after_a_lost_answer(self):
        def broken(course):
            return len(course.steps) < POLICY.attempts and course.seen[-1] in (
                Evidence.NO_ANSWER,
                Evidence.UNCLEAR,
            )

        assert offenders(["an effect that may be repeated"], broken) == []

    def test_without_an_id_in_a_header_sends_nothing_after_a_429(self):
        def broken(course):
            return Evidence.LIMITED in course.seen[:-1]

        assert offenders(["an effect that can't be asked about"], broken) == []

    @pytest.mark.parametrize("word", WORDS)
    def test_ends_answered_just_where_an_answer_was_seen(self, word):
        def broken(course):
            return (course.end is Step.ANSWERED) != (
                course.seen[-1] in (Evidence.OK, Evidence.KNOWN)
            )

        assert offenders([word], broken) == []

    @pytest.mark.parametrize("word", WORDS)
    def test_ends_failed_just_where_the_failure_was_seen(self, word):
        assert (
            offenders(
                [word],
                lambda course: (course.end is Step.FAILED) != (course.seen[-1] is Evidence.FAILED),
            )
            == []
        )

    @pytest.mark.parametrize("word", EFFECT_WORDS)
    def test_of_an_effect_ends_not_sent_only_where_nothing_was(self, word):
        assert (
            offenders(
                [word],
                lambda course: (
                    course.end is Step.NOT_SENT and set(course.seen) != {Evidence.NOT_SENT}
                ),
            )
            == []
        )

    @pytest.mark.parametrize("word", EFFECT_WORDS)
    def test_of_an_effect_ends_refused_only_where_an_error_was_seen(self, word):
        assert (
            offenders(
                [word],
                lambda course: course.end is Step.REFUSED and Evidence.ERROR not in course.seen,
            )
            == []
        )

    @pytest.mark.parametrize("word", ASKABLE_WORDS)
    def test_of_what_can_be_asked_about_ends_refused_only_where_the_issuer_itself_says_that_it_does_not_know_the_id(
        self, word
    ):
        def broken(course):
            return course.end is Step.REFUSED and course.told[-1][:2] != (
                Step.ASK,
                Evidence.NOT_KNOWN,
            )

        assert offenders([word], broken) == []

    @pytest.mark.parametrize(
        "word", ["an effect", "an effect under a given id that is asked about once"]
    )
    def test_with_a_refusal_that_is_looked_up_once_gets_an_end_from_the_first_answer(self, word):
        def broken(course):
            at = (
                course.seen.index(Evidence.ERROR)
                if Evidence.ERROR in course.seen
                else len(course.seen)
            )
            plain = not {Evidence.LIMITED, *LOST} & set(course.seen[:at])
            answers = [
                seen
                for seen in course.seen[at + 1 :]
                if seen not in (Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.LIMITED)
            ]
            return plain and len(answers) > 1

        assert offenders([word], broken) == []

    @pytest.mark.parametrize("word", ASKABLE_WORDS)
    def test_of_what_can_be_asked_about_ends_blocked_just_where_the_question_is_refused_too(
        self, word
    ):
        def broken(course):
            sent = [seen for step, seen, _ in course.told if step is Step.SEND]
            refused = course.told[-1][0] is Step.ASK and course.seen[-1] in REFUSALS
            # The issuer's own refusal is of this call only if the question about it is refused in
            # the same form, and no 429 came before.
            own = sent[-1:] == [Evidence.DENIED] and not set(sent) & {*LOST, Evidence.BLOCKED}
            unsure = sent[-1:] == [Evidence.BLOCKED] or (
                own and (Evidence.LIMITED in sent or course.seen[-1] is Evidence.BLOCKED)
            )
            return (course.end is Step.BLOCKED) != (refused and unsure)

        assert offenders([word], broken) == []

    @pytest.mark.parametrize("word", [*UNASKABLE_WORDS, "a read"])
    def test_of_what_can_not_be_asked_about_ends_at_a_refused_key(self, word):
        assert offenders([word], lambda course: bool(set(course.seen[:-1]) & set(REFUSALS))) == []

    @pytest.mark.parametrize("word", EFFECT_WORDS)
    def test_of_an_effect_ends_denied_only_where_no_answer_was_lost(self, word):
        assert (
            offenders(
                [word], lambda course: course.end is Step.DENIED and course.doubtful is not None
            )
            == []
        )

    def test_of_a_given_id_ends_refused_only_after_the_id_stayed_unknown_through_the_grace(self):
        def broken(course):
            return course.end is Step.REFUSED and course.told[-1] != (
                Step.ASK,
                Evidence.NOT_KNOWN,
                LATE,
            )

        assert offenders(["an effect under a given id"], broken) == []

    @pytest.mark.parametrize("word", WORDS)
    def test_ends_in_no_duplicate_without_a_conflict(self, word):
        assert offenders([word], lambda course: course.end is Step.DUPLICATE) == []
