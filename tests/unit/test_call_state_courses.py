"""Every course that a call can take, up to some steps, and what is true of all of them."""

from __future__ import annotations

from copy import copy
from functools import cache
from itertools import accumulate

import pytest

from freedompay_async.calls.call_state import CallState
from freedompay_async.calls.states import Action, CallRules, End, Next
from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.calls import Retry
from freedompay_async.settings.policy import Policy
from tests.unit.call_state_examples import shown

POLICY = Policy(attempts=3, grace=5.0, resend_within=10.0)
ASKABLE, UNASKABLE, READ, REPEATABLE = Retry.ASKABLE, Retry.UNASKABLE, Retry.READ, Retry.REPEATABLE
LATE = 6.0  # More than the grace.

# What each step may show; a look-up that does not know the id comes twice, early and late.

AFTER_SEND = tuple(
    (evidence, 0.5)
    for evidence in (
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
        (evidence, 0.5)
        for evidence in (
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
KINDS = {
    "an effect": {"retry": ASKABLE},
    "an effect under a caller's id": {"retry": ASKABLE, "callers_id": True},
    "an effect under a caller's id that is asked about once": {
        "retry": ASKABLE,
        "callers_id": True,
        "ask_once": True,
    },
    "a resumed effect": {"retry": ASKABLE, "resumed": True},
    "a resumed effect of unknown age": {
        "retry": ASKABLE,
        "resumed": True,
        "age_known": False,
    },
    "an effect that can't be asked about": {"retry": UNASKABLE},
    "an effect with an id in a header that can't be asked about": {
        "retry": UNASKABLE,
        "header_id": True,
    },
    "an effect under a caller's id that can't be asked about": {
        "retry": UNASKABLE,
        "header_id": True,
        "callers_id": True,
    },
    "an effect with an id in a header that pays": {
        "retry": UNASKABLE,
        "header_id": True,
        "pays": True,
    },
    "an effect that may be repeated": {"retry": REPEATABLE},
    "a read": {"retry": READ},
}
ASKABLE_KINDS = [kind for kind, made in KINDS.items() if made["retry"] is ASKABLE]
UNASKABLE_KINDS = [kind for kind, made in KINDS.items() if made["retry"] is UNASKABLE]
EFFECT_KINDS = [*ASKABLE_KINDS, *UNASKABLE_KINDS, "an effect that may be repeated"]
HARMLESS_KINDS = ["an effect that may be repeated", "a read"]


class Course:
    """What was done, what that has shown, and how it ended; one that has not ended ends as if its
    deadline had come.
    """

    def __init__(self, taken, end, *, from_start):
        self.steps = [step for step, _, _ in taken]
        self.evidence = [evidence for _, evidence, _ in taken]
        self.taken = taken
        self.end = end
        self.from_start = from_start

    def __repr__(self):
        return " → ".join(
            [
                *(
                    f"{step.name}:{evidence.name}{'(late)' if spent == LATE else ''}"
                    for step, evidence, spent in self.taken
                ),
                self.end.name,
            ]
        )

    @property
    def maybe_done(self) -> int | None:
        """After how many steps the call may have been done."""
        if self.from_start:
            return 0
        lost = (
            number
            for number, (step, evidence, _) in enumerate(self.taken, 1)
            if step is Next.SEND and evidence in LOST
        )
        return next(lost, None)


@cache
def courses(kind: str) -> tuple[Course, ...]:
    made = KINDS[kind]
    found = []

    def go(subject: CallState, action: Action, now: float, taken: tuple) -> None:
        if action.step not in (Next.SEND, Next.ASK):
            found.append(Course(taken, action.step, from_start=made.get("resumed", False)))
            return
        if len(taken) == 5:
            found.append(
                Course(taken, subject.out_of_time(), from_start=made.get("resumed", False))
            )
            return
        for evidence, spent in AFTER_SEND if action.step is Next.SEND else AFTER_ASK:
            branch = copy(subject)
            at = now + spent
            if action.step is Next.SEND:
                branch.sending(at)
                following = branch.after_send(shown(evidence), at)
            else:
                following = branch.after_ask(shown(evidence), at)
            go(branch, following, at, (*taken, (action.step, evidence, spent)))

    rules = CallRules(
        POLICY,
        rng=lambda: 0.0,
        **{name: value for name, value in made.items() if name != "resumed"},
    )
    subject = CallState.resumed(rules, 0.0, 0.0) if made.get("resumed") else CallState(rules)
    go(subject, subject.start(), 0.0, ())
    return tuple(found)


def offenders(kinds, broken) -> list[Course]:
    return [course for kind in kinds for course in courses(kind) if broken(course)][:5]


class TestEveryCourse:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_walked(self, kind):
        assert len(courses(kind)) > 15

    @pytest.mark.parametrize("kind", EFFECT_KINDS)
    def test_of_an_effect_that_may_have_been_done_never_ends_as_not_done(self, kind):
        good = (End.ANSWERED, End.FAILED, End.UNKNOWN, End.BLOCKED, End.TAKEN)

        assert (
            offenders(
                [kind], lambda course: course.maybe_done is not None and course.end not in good
            )
            == []
        )

    @pytest.mark.parametrize("kind", ASKABLE_KINDS)
    def test_with_a_lost_answer_goes_on_with_a_look_up(self, kind):
        def broken(course):
            follows = zip(course.taken, course.steps[1:], strict=False)
            return any(
                step is Next.SEND and evidence in LOST and following is not Next.ASK
                for (step, evidence, _), following in follows
            )

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize("kind", ASKABLE_KINDS)
    def test_of_what_may_have_been_done_sends_again_only_when_the_id_is_still_unknown(self, kind):
        def broken(course):
            first = course.maybe_done
            later = range(max(first, 1), len(course.steps)) if first is not None else ()
            return any(
                course.steps[at] is Next.SEND and course.evidence[at - 1] not in UNKNOWN_ID
                for at in later
            )

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize("kind", ASKABLE_KINDS)
    def test_of_what_may_have_been_done_sends_nothing_again_within_the_grace(self, kind):
        def broken(course):
            times = list(accumulate((spent for _, _, spent in course.taken), initial=0.0))
            lost = 0.0 if course.from_start else None
            for at, (step, evidence, _) in enumerate(course.taken):
                if step is Next.SEND and lost is not None and times[at] - lost < POLICY.grace:
                    return True
                if step is Next.SEND and (evidence in LOST or lost is not None):
                    left = evidence is not Evidence.NOT_SENT
                    lost = times[at + 1] if left else lost
            return False

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize("kind", EFFECT_KINDS)
    def test_sends_nothing_after_an_error(self, kind):
        def broken(course):
            return any(
                step is Next.SEND
                and evidence is Evidence.ERROR
                and Next.SEND in course.steps[at + 1 :]
                for at, (step, evidence, _) in enumerate(course.taken)
            )

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize("kind", UNASKABLE_KINDS)
    def test_of_what_cannot_be_asked_about_never_asks(self, kind):
        assert offenders([kind], lambda course: Next.ASK in course.steps) == []

    def test_of_what_cannot_be_asked_about_sends_at_most_once_more(self):
        def broken(course):
            return (
                course.maybe_done is not None
                and course.steps[course.maybe_done :].count(Next.SEND) > 1
            )

        assert offenders(UNASKABLE_KINDS, broken) == []

    def test_of_what_cannot_be_asked_about_sends_nothing_more_without_an_id_in_a_header(self):
        def broken(course):
            return course.maybe_done is not None and course.steps[course.maybe_done :] != []

        assert offenders(["an effect that can't be asked about"], broken) == []

    def test_of_what_pays_is_sent_again_only_where_it_was_not_sent(self):
        def broken(course):
            return any(evidence is not Evidence.NOT_SENT for evidence in course.evidence[:-1])

        assert offenders(["an effect with an id in a header that pays"], broken) == []

    @pytest.mark.parametrize("kind", ASKABLE_KINDS)
    def test_sends_nothing_again_when_resend_within_has_passed(self, kind):
        def broken(course):
            times = list(accumulate((spent for _, _, spent in course.taken), initial=0.0))
            first = 0.0 if course.from_start else times[1]
            return any(
                step is Next.SEND and at - first >= POLICY.resend_within
                for step, at in zip(course.steps, times, strict=False)
            )

        assert offenders([kind], broken) == []

    def test_of_unknown_age_never_sends(self):
        assert (
            offenders(["a resumed effect of unknown age"], lambda course: Next.SEND in course.steps)
            == []
        )

    @pytest.mark.parametrize("kind", HARMLESS_KINDS)
    def test_of_what_is_harmless_never_asks(self, kind):
        assert offenders([kind], lambda course: Next.ASK in course.steps) == []

    @pytest.mark.parametrize("kind", HARMLESS_KINDS)
    def test_of_what_is_harmless_takes_no_more_attempts_than_the_policy_has(self, kind):
        assert offenders([kind], lambda course: len(course.steps) > POLICY.attempts) == []

    def test_of_what_may_be_repeated_is_sent_again_after_a_lost_answer(self):
        def broken(course):
            return len(course.steps) < POLICY.attempts and course.evidence[-1] in (
                Evidence.NO_ANSWER,
                Evidence.UNCLEAR,
            )

        assert offenders(["an effect that may be repeated"], broken) == []

    def test_without_an_id_in_a_header_sends_nothing_after_a_429(self):
        def broken(course):
            return Evidence.LIMITED in course.evidence[:-1]

        assert offenders(["an effect that can't be asked about"], broken) == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_ends_answered_just_where_an_answer_was_seen(self, kind):
        def broken(course):
            return (course.end is End.ANSWERED) != (
                course.evidence[-1] in (Evidence.OK, Evidence.KNOWN)
            )

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_ends_failed_just_where_the_failure_was_seen(self, kind):
        assert (
            offenders(
                [kind],
                lambda course: (
                    (course.end is End.FAILED) != (course.evidence[-1] is Evidence.FAILED)
                ),
            )
            == []
        )

    @pytest.mark.parametrize("kind", EFFECT_KINDS)
    def test_of_an_effect_ends_not_sent_only_where_nothing_was(self, kind):
        assert (
            offenders(
                [kind],
                lambda course: (
                    course.end is End.NOT_SENT and set(course.evidence) != {Evidence.NOT_SENT}
                ),
            )
            == []
        )

    @pytest.mark.parametrize("kind", EFFECT_KINDS)
    def test_of_an_effect_ends_refused_only_where_an_error_was_seen(self, kind):
        assert (
            offenders(
                [kind],
                lambda course: course.end is End.REFUSED and Evidence.ERROR not in course.evidence,
            )
            == []
        )

    @pytest.mark.parametrize("kind", ASKABLE_KINDS)
    def test_of_what_can_be_asked_about_ends_refused_only_where_the_issuer_itself_says_that_it_does_not_know_the_id(
        self, kind
    ):
        def broken(course):
            return course.end is End.REFUSED and course.taken[-1][:2] != (
                Next.ASK,
                Evidence.NOT_KNOWN,
            )

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize(
        "kind", ["an effect", "an effect under a caller's id that is asked about once"]
    )
    def test_with_a_refusal_that_is_looked_up_once_gets_an_end_from_the_first_answer(self, kind):
        def broken(course):
            at = (
                course.evidence.index(Evidence.ERROR)
                if Evidence.ERROR in course.evidence
                else len(course.evidence)
            )
            no_loss = not {Evidence.LIMITED, *LOST} & set(course.evidence[:at])
            answers = [
                evidence
                for evidence in course.evidence[at + 1 :]
                if evidence not in (Evidence.NOT_SENT, Evidence.NO_ANSWER, Evidence.LIMITED)
            ]
            return no_loss and len(answers) > 1

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize("kind", ASKABLE_KINDS)
    def test_of_what_can_be_asked_about_ends_blocked_just_where_the_question_is_refused_too(
        self, kind
    ):
        def broken(course):
            sent = [evidence for step, evidence, _ in course.taken if step is Next.SEND]
            refused = course.taken[-1][0] is Next.ASK and course.evidence[-1] in REFUSALS
            # The issuer's own refusal is of this call only if the question about it is refused in
            # the same form, and no 429 came before.
            own = sent[-1:] == [Evidence.DENIED] and not set(sent) & {*LOST, Evidence.BLOCKED}
            unsure = sent[-1:] == [Evidence.BLOCKED] or (
                own and (Evidence.LIMITED in sent or course.evidence[-1] is Evidence.BLOCKED)
            )
            return (course.end is End.BLOCKED) != (refused and unsure)

        assert offenders([kind], broken) == []

    @pytest.mark.parametrize("kind", [*UNASKABLE_KINDS, "a read"])
    def test_of_what_can_not_be_asked_about_ends_at_a_refused_key(self, kind):
        assert (
            offenders([kind], lambda course: bool(set(course.evidence[:-1]) & set(REFUSALS))) == []
        )

    @pytest.mark.parametrize("kind", EFFECT_KINDS)
    def test_of_an_effect_ends_denied_only_where_no_answer_was_lost(self, kind):
        assert (
            offenders(
                [kind], lambda course: course.end is End.DENIED and course.maybe_done is not None
            )
            == []
        )

    def test_of_a_callers_id_ends_refused_only_after_the_id_stayed_unknown_through_the_grace(self):
        def broken(course):
            return course.end is End.REFUSED and course.taken[-1] != (
                Next.ASK,
                Evidence.NOT_KNOWN,
                LATE,
            )

        assert offenders(["an effect under a caller's id"], broken) == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_ends_in_no_duplicate_without_a_conflict(self, kind):
        assert offenders([kind], lambda course: course.end is End.DUPLICATE) == []
