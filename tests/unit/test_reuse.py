from __future__ import annotations

import pickle

from freedompay_async.calls.reuse import Bodies, IdUse, tell_other_body
from freedompay_async.errors import OutcomeUnknown


def noted(bodies: Bodies, *bodies_of_one_id: bytes) -> list[IdUse]:
    return [bodies.before_attempt("a", "/card/issue", body) for body in bodies_of_one_id]


def test_a_body_is_new_and_then_known_and_another_one_is_told():
    assert noted(Bodies(), b"1", b"1", b"2", b"1") == [
        IdUse.NEW,
        IdUse.SAME,
        IdUse.OTHER,
        IdUse.SAME,
    ]


def test_a_body_of_another_call_is_another():
    bodies = Bodies()
    bodies.before_attempt("a", "/card/block", b"1")

    assert bodies.before_attempt("a", "/card/unblock", b"1") is IdUse.OTHER


def test_a_body_of_another_id_is_new():
    bodies = Bodies()
    bodies.before_attempt("a", "/card/issue", b"1")

    assert bodies.before_attempt("b", "/card/issue", b"2") is IdUse.NEW


def test_what_was_not_sent_is_forgotten():
    bodies = Bodies()
    noted(bodies, b"1")
    twice = [bodies.after_attempt(each, IdUse.NEW, sent=False) for each in ("a", "b")]

    assert twice == [False, False]

    assert noted(bodies, b"2") == [IdUse.NEW]


def test_what_another_call_has_sent_is_not_forgotten():
    bodies = Bodies()
    first, second = noted(bodies, b"1", b"1")
    both = bodies.attempts("a")
    bodies.after_attempt("a", first, sent=False)

    assert (both, bodies.attempts("a"), bodies.knows("a")) == (2, 1, True)

    bodies.after_attempt("a", second, sent=False)

    assert (bodies.knows("a"), bodies.attempts("a"), bodies.attempts("b")) == (False, 0, 0)


def test_a_body_that_was_not_sent_is_not_the_first_one():
    bodies = Bodies()
    noted(bodies, b"1", b"2")
    bodies.after_attempt("a", IdUse.NEW, sent=False)

    assert noted(bodies, b"2", b"1") == [IdUse.SAME, IdUse.OTHER]


def test_an_id_has_two_bodies_when_a_second_one_was_sent():
    bodies = Bodies()
    noted(bodies, b"1", b"2")
    before = bodies.has_two("a")
    twice = [
        bodies.after_attempt("a", use, sent=sent)
        for use, sent in ((IdUse.SAME, True), (IdUse.OTHER, False), (IdUse.OTHER, True))
    ]

    assert twice == [False, False, True]
    assert (before, bodies.has_two("a"), bodies.has_two("b"), bodies.has_two(None)) == (
        False,
        True,
        False,
        False,
    )


def test_so_many_ids_are_remembered_and_the_oldest_is_forgotten_first():
    bodies = Bodies(most=2)
    for each in ("a", "b", "a", "c"):
        bodies.before_attempt(each, "/card/issue", b"1")
        bodies.after_attempt(each, IdUse.OTHER, sent=True)

    assert [bodies.has_two(each) for each in ("a", "b", "c")] == [False, True, True]
    assert [bodies.before_attempt(each, "/card/issue", b"2") for each in ("b", "c")] == [
        IdUse.OTHER,
        IdUse.OTHER,
    ]
    assert bodies.before_attempt("a", "/card/issue", b"2") is IdUse.NEW


def test_an_error_says_it_beside_what_it_says_already():
    error = OutcomeUnknown(
        "sent, and its outcome is not known.", request_id="a", call="cards.issue"
    )
    tell_other_body(error)

    assert str(error) == (
        "cards.issue: sent, and its outcome is not known. Another body was sent under this "
        "request_id too, and the issuer takes one of them "
        "at most: what it tells of the id may be of the other one. Use an id for one request "
        "only. [request_id a]"
    )
    assert (
        error.other_body,
        pickle.loads(pickle.dumps(error)).other_body,
        OutcomeUnknown("x").other_body,
    ) == (True, True, False)
    assert error.args == (str(error),)
