from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest

from freedompay_async.models import NewClient
from freedompay_async.secret import Secret


@pytest.mark.parametrize("shown", [repr, str, format, "{}".format, "{0!r}".format, lambda secret: f"{[secret]}"])
def test_is_not_shown(shown):
    assert "hunter2" not in shown(Secret("hunter2"))


@pytest.mark.parametrize("shown", [repr, str, format])
def test_is_shown_as_a_mask(shown):
    assert shown(Secret("hunter2")) == "***"


def test_is_not_shown_by_a_struct_that_holds_it():
    client = NewClient(phone=1, type=1, resident=1, first_name="A", last_name="B", document=Secret("JVBERi0="))

    assert "document=***" in repr(client)


def test_is_not_shown_by_a_traceback_with_its_locals():
    try:
        secret = Secret("hunter" + "2")
        raise ValueError(secret)
    except ValueError as error:
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    assert "hunter" + "2" not in told.replace('"hunter" + "2"', "")


def test_is_revealed_by_name():
    assert Secret("hunter2").reveal() == "hunter2"


def test_of_a_secret_is_the_same_secret():
    assert Secret(Secret("hunter2")).reveal() == "hunter2"


@pytest.mark.parametrize(("value", "expected"), [("", False), ("0", True)])
def test_is_true_unless_empty(value, expected):
    assert bool(Secret(value)) == expected


@pytest.mark.parametrize(("other", "expected"), [(Secret("a"), True), (Secret("b"), False), ("a", False)])
def test_is_equal_to_the_same_secret_only(other, expected):
    assert (Secret("a") == other) == expected


def test_has_one_place_in_a_set_with_an_equal_one():
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_has_a_hash_other_than_that_of_its_text():
    assert hash(Secret("a")) != hash("a")


@pytest.mark.parametrize(
    "door", [*(lambda it, p=p: pickle.dumps(it, p) for p in range(pickle.HIGHEST_PROTOCOL + 1)), copy.copy, copy.deepcopy]
)
def test_is_not_pickled_nor_copied(door):
    with pytest.raises(TypeError) as caught:
        door(Secret("hunter2"))

    assert str(caught.value) == "a Secret is not pickled: hand over the place it is kept in, not the value"


def test_is_no_json():
    with pytest.raises(TypeError):
        json.dumps(Secret("hunter2"))


def test_takes_no_other_attributes():
    with pytest.raises(AttributeError):
        Secret("hunter2").value = "hunter2"
