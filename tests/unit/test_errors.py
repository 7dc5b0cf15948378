from __future__ import annotations

import copy
import pickle
import re

import pytest

from freedompay_async import errors
from freedompay_async.errors import FreedomPayError, StillProcessing

KINDS = [getattr(errors, name) for name in errors.__all__]
GIVEN = {
    "request_id": "828cf71d-a447-4a67-a149-c1df8bc197ca",
    "call": "cards.issue",
    "http_status": 409,
    "body": '{"status":"error"}',
    "error_code": "17",
    "error_description": "повтор",
    "retry_after": 1.5,
    "proved": True,
}
PARENTS = {
    "FreedomPayError": "Exception",
    "ConfigurationError": "FreedomPayError",
    "JournalError": "FreedomPayError",
    "NotSent": "FreedomPayError",
    "Busy": "NotSent",
    "OutcomeUnknown": "FreedomPayError",
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
def test_an_error_is_copied_with_all_that_it_has(kind):
    made = kind("no luck.", **GIVEN)

    assert vars(copy.copy(made)) == vars(made)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_keeps_what_it_was_given(kind):
    assert vars(kind("no luck.", **GIVEN)) == {"message": "no luck."} | GIVEN


def test_an_error_knows_nothing_that_it_was_not_given():
    assert vars(FreedomPayError("no luck.")) == {"message": "no luck."} | dict.fromkeys(GIVEN) | {"proved": False}


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


@pytest.mark.parametrize(("given", "expected"), [(None, None), ("", None), ("-8", -8), ("-77", -77), ("E1", None), ("-8.0", None)])
def test_an_error_of_a_gift_card_has_its_code_as_a_number(given, expected):
    assert errors.GiftCardError("no luck.", error_code=given).code == expected
