from __future__ import annotations

import copy
import pickle
import re

import pytest

from freedompay_async import errors
from freedompay_async.errors import MEANINGS, Ending, FreedomPayError, Meaning, Of, StillProcessing

KINDS = [
    getattr(errors, name)
    for name in errors.__all__
    if name not in ("KEEP_TO_THE_ID", "MEANINGS", "Ending", "Meaning", "Of", "WaitReason")
]
GIVEN = {
    "request_id": "828cf71d-a447-4a67-a149-c1df8bc197ca",
    "call": "cards.issue",
    "http_status": 409,
    "body": '{"status":"error"}',
    "error_code": "17",
    "error_description": "повтор",
    "retry_after": 1.5,
    "done": True,
    "refused": True,
    "proved": True,
    "card_ids": ("5", "6"),
    "client_id": "77",
    "transaction_id": "8",
}
NOTHING = dict.fromkeys(GIVEN) | {"refused": False, "proved": False, "card_ids": ()}
PARENTS = {
    "FreedomPayError": "Exception",
    "ConfigurationError": "FreedomPayError",
    "JournalError": "FreedomPayError",
    "NotSent": "FreedomPayError",
    "Busy": "NotSent",
    "OutcomeUnknown": "FreedomPayError",
    "NotKnown": "OutcomeUnknown",
    "ResultUnknown": "OutcomeUnknown",
    "StillProcessing": "FreedomPayError",
    "ProtocolError": "FreedomPayError",
    "ApiError": "FreedomPayError",
    "AuthenticationError": "ApiError",
    "DuplicateRequest": "ApiError",
    "RateLimited": "ApiError",
    "RequestFailed": "ApiError",
    "GiftCardError": "ApiError",
}


def drawn_tree() -> dict[str, str]:
    """Each error and its parent, as the docstring of the module draws them."""
    parents, trail = {}, []
    for line in re.findall(r"^    ([ │├└─]*)([A-Z]\w+)", errors.__doc__, re.MULTILINE):
        depth = len(line[0]) // 4
        trail[depth:] = [line[1]]
        parents[line[1]] = trail[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_is_the_promised_one():
    assert {kind.__name__: kind.__base__.__name__ for kind in KINDS} == PARENTS


def test_the_tree_is_drawn_as_it_is():
    assert drawn_tree() == PARENTS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_is_pickled_with_all_that_it_has(kind, protocol):
    made = kind("no luck.", **GIVEN)
    made.add_note("a note")
    again = pickle.loads(pickle.dumps(made, protocol))

    assert (type(again), again.args, vars(again)) == (kind, made.args, vars(made))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_named_by_the_path_that_users_import_it_from(kind):
    assert (kind.__module__, kind.__name__) == ("freedompay_async.errors", kind.__qualname__)


def test_an_error_that_was_pickled_when_the_errors_were_one_module_still_loads():
    pickled = (
        b"cfreedompay_async.errors\n_rebuild\n(cfreedompay_async.errors\nNotSent\n"
        b"Vno luck.\ntR(dVtext\nVno luck.\nsVrequest_id\nVr-1\nsVcall\nNsb."
    )

    again = pickle.loads(pickled)

    assert (type(again), str(again)) == (errors.NotSent, "no luck. [request_id r-1]")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_copied_with_all_that_it_has(kind):
    made = kind("no luck.", **GIVEN)

    assert vars(copy.copy(made)) == vars(made)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_keeps_what_it_was_given(kind):
    own = {"reason": errors.WaitReason.PLACE} if kind is errors.Busy else {}

    assert vars(kind("no luck.", **GIVEN)) == {"text": "no luck."} | GIVEN | own


def test_an_error_knows_nothing_that_it_was_not_given():
    assert vars(FreedomPayError("no luck.")) == {"text": "no luck."} | NOTHING


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_python_shows_of_an_error_has_its_call_and_its_id(kind):
    made = kind("no luck.", **GIVEN)
    whole = f"cards.issue: no luck. [request_id {GIVEN['request_id']}]"

    assert (str(made), made.args) == (whole, (whole,))
    assert repr(made) == f"{kind.__name__}({whole!r})"


def unpickled(error):
    return pickle.loads(pickle.dumps(error))


class OrderNotSent(errors.NotSent):
    """As a user may write one."""

    def __init__(self, text, order):
        super().__init__(text, call="cards.issue")
        self.order = order

    def __str__(self):
        return f"order {self.order}: {super().__str__()}"


@pytest.mark.parametrize("again", [lambda error: error, copy.copy, copy.deepcopy, unpickled])
def test_an_error_of_a_users_own_may_take_other_arguments_and_write_its_own_text(again):
    made = again(OrderNotSent("no luck.", 17))

    assert (str(made), made.order) == ("order 17: cards.issue: no luck.", 17)
    assert (made.args, made.done) == (("cards.issue: no luck.",), False)


@pytest.mark.parametrize("again", [lambda error: error, copy.copy, unpickled])
def test_what_is_set_later_is_shown_too(again):
    made = errors.NotSent("no luck.")
    shown = [repr(made)]
    for name, value in [("call", "cards.issue"), ("request_id", "r-1"), ("text", "why?")]:
        setattr(made, name, value)
        shown.append(again(made).args[0])
    made.http_status = 500

    assert shown == [
        "NotSent('no luck.')",
        "cards.issue: no luck.",
        "cards.issue: no luck. [request_id r-1]",
        "cards.issue: why? [request_id r-1]",
    ]
    assert again(made).args == ("cards.issue: why? [request_id r-1]",)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_its_class_says_of_what_was_done(kind):
    known = {
        "ConfigurationError": False,
        "NotSent": False,
        "Busy": False,
        "ProtocolError": False,
        "AuthenticationError": False,
    }

    assert kind("no luck.").done is (known | {"ResultUnknown": True}).get(kind.__name__)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("done", [True, False, None])
def test_an_error_leaves_the_outcome_open_where_it_is_not_known_whether_it_was_done(kind, done):
    made = kind("no luck.", done=done)

    assert (made.done, made.outcome_unknown, pickle.loads(pickle.dumps(made)).done) == (
        done,
        done is None,
        done,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "no luck."),
        ({"call": "cards.issue"}, "cards.issue: no luck."),
        ({"request_id": "r-1"}, "no luck. [request_id r-1]"),
        ({"call": "cards.issue", "request_id": "r-1"}, "cards.issue: no luck. [request_id r-1]"),
    ],
)
def test_an_error_says_its_call_and_its_id(given, expected):
    assert str(FreedomPayError("no luck.", **given)) == expected


def test_an_error_says_an_id_that_it_was_given_later():
    error = FreedomPayError("no luck.")
    error.request_id = "r-1"

    assert str(pickle.loads(pickle.dumps(error))) == "no luck. [request_id r-1]"


def test_waiting_that_stopped_names_no_other_requests_of_itself():
    assert StillProcessing("not yet.").request_ids == ()


def test_waiting_that_stopped_is_pickled_with_the_ids_that_are_left():
    error = StillProcessing("not yet.")
    error.request_ids = ("r-1", "r-2")

    assert pickle.loads(pickle.dumps(error)).request_ids == ("r-1", "r-2")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_it_means(kind):
    assert kind.__doc__


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), ("", None), ("-8", -8), ("-77", -77), ("E1", None), ("-8.0", None)],
)
def test_an_error_of_a_gift_card_has_its_code_as_a_number(given, expected):
    assert errors.GiftCardError("no luck.", error_code=given).code == expected


MEANT = list(MEANINGS.items())
SAYS = {ending: f"{meaning.text} {meaning.safe}" for ending, meaning in MEANT}


def endings(*words: str) -> set[Ending]:
    """Those whose text has one of these words."""
    return {ending for ending, said in SAYS.items() if any(word in said for word in words)}


def that(fits) -> set[Ending]:
    return {ending for ending, meaning in MEANT if fits(meaning)}


class TestMeanings:
    """No class, text and attribute of an ending contradict each other."""

    def test_are_there_for_each_ending(self):
        assert set(MEANINGS) == set(Ending)

    def test_are_there_for_each_class_that_ends_a_call(self):
        others = {"FreedomPayError", "ApiError", "ConfigurationError", "JournalError"}

        assert {meaning.error.__name__ for meaning in MEANINGS.values()} == {
            kind.__name__ for kind in KINDS
        } - others

    @pytest.mark.parametrize(("ending", "meaning"), MEANT, ids=MEANINGS)
    def test_are_whole_sentences(self, ending, meaning: Meaning):
        assert (
            meaning.text[-1],
            meaning.safe[-1],
            meaning.safe[0].isupper(),
            bool(meaning.case),
        ) == (".", ".", True, True)

    @pytest.mark.parametrize(("ending", "meaning"), MEANT, ids=MEANINGS)
    def test_say_what_was_seen(self, ending, meaning: Meaning):
        assert "{why}" in meaning.text

    @pytest.mark.parametrize(("ending", "meaning"), MEANT, ids=MEANINGS)
    def test_know_one_of_three_ways_to_send_it_again(self, ending, meaning: Meaning):
        assert meaning.next_id in ("any", "the same", "none")

    def test_differ_in_when_they_are_so(self):
        told = [(meaning.of, meaning.error, meaning.case) for meaning in MEANINGS.values()]

        assert len(set(told)) == len(told)

    def test_of_a_question_are_that_it_did_nothing_and_may_be_asked_again(self):
        reads = that(lambda meaning: meaning.of is Of.READ)

        assert {(MEANINGS[each].done, MEANINGS[each].next_id) for each in reads} == {(False, "any")}
        assert all(
            "did nothing" in SAYS[each] or "It changes nothing: it is safe to repeat." in SAYS[each]
            for each in reads
        )

    def test_of_what_was_surely_not_done_allow_any_id(self):
        assert that(lambda meaning: meaning.done is False) <= that(
            lambda meaning: meaning.next_id == "any"
        )

    def test_of_what_was_done_allow_no_id(self):
        assert that(lambda meaning: meaning.done is True) <= that(
            lambda meaning: meaning.next_id == "none"
        )

    def test_call_safe_to_repeat_only_what_was_not_done_or_does_no_harm(self):
        assert endings("safe to repeat", "and repeat it", "does no harm") <= that(
            lambda meaning: meaning.next_id == "any"
        )

    def test_forbid_a_repeat_only_of_what_may_have_been_done(self):
        forbidding = endings(
            "never repeat",
            "ever repeat it",
            "o not repeat",
            "make sure",
            "before it is repeated",
            "a person has to look",
        )

        assert forbidding
        assert forbidding <= that(
            lambda meaning: meaning.done is not False and meaning.next_id != "any"
        )

    def test_warn_of_a_repeat_wherever_no_id_makes_it_safe(self):
        warnings = endings(
            "never repeat",
            "o not repeat",
            "make sure",
            "before it is repeated",
            "person has to look",
            "before you send it",
        )

        assert that(lambda meaning: meaning.next_id == "none") <= warnings

    def test_say_that_nothing_was_done_only_where_that_is_known(self):
        plain = endings("It was not done", ", it was not done", "did nothing", "Nothing was done")

        assert plain
        assert plain <= that(lambda meaning: meaning.done is False)

    def test_say_that_it_was_done_only_where_that_is_known(self):
        assert endings("It was done", "the issuer did it") == that(
            lambda meaning: meaning.done is True
        )

    def test_say_that_it_is_not_known_or_not_proved_only_where_that_is_so(self):
        unsure = endings(
            "not known",
            "does not prove",
            "nothing proves",
            "Nothing proves",
            "does not tell",
            "may exist",
            "may have been",
        )

        assert unsure <= that(lambda meaning: meaning.done is None)

    def test_say_that_it_is_not_known_wherever_the_outcome_is_open(self):
        unsure = endings(
            *(
                "not known",
                "does not prove",
                "othing proves",
                "does not tell",
                "may exist",
                "may have been",
                "may or may not",
            ),
            *(
                "Doing it again gives the same end",
                "the waiting has stopped",
                "says nothing about the request",
            ),
        )

        assert that(lambda meaning: meaning.done is None) <= unsure

    def test_send_it_again_under_its_id_only_where_that_is_safe(self):
        same = endings("this request_id", "under a new id", "attach")

        assert same - {Ending.UNNAMED} == that(lambda meaning: meaning.next_id == "the same")

    def test_of_the_same_id_are_never_of_a_call_without_one_to_ask_about(self):
        assert endings(
            "can't be asked about;", "be asked about: a person", "No request id goes out"
        ) <= that(lambda meaning: meaning.next_id != "the same")

    @pytest.mark.parametrize(("ending", "meaning"), MEANT, ids=MEANINGS)
    def test_fit_what_the_class_says_of_itself(self, ending, meaning: Meaning):
        said = meaning.error.DONE
        exceptions = {
            Ending.DENIED_NOT_KNOWN,
            Ending.DENIED_UNSURE,
            Ending.DENIED_UNASKABLE,
            Ending.DENIED_REPEATABLE,
        }

        assert said is None or meaning.done is said or ending in exceptions | {Ending.RESULT_DENIED}
