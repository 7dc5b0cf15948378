"""What a success names, held against what was ordered: ids that are empty, too few cards, too many,
and failures that name something.
"""

from __future__ import annotations

import logging

import pytest

from freedompay_async import FreedomPayError, OutcomeUnknown, RequestFailed, StillProcessing
from tests.person_examples import new_client

STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
EMPTY = [None, "", "  ", 0, "0"]
PERSON = new_client()


def cards(*ids):
    return {"cards": [{"card_id": each} for each in ids]}


def order(fp, count=3):
    return fp.cards.bulk_issue(product_id=2000, count=count)


CALLS = {
    "client": (
        lambda fp: fp.clients.create(product_id=2000, client=PERSON),
        "client/add",
        "client_id",
    ),
    "transaction": (
        lambda fp: fp.transactions.create(
            order_id="o-1", card_id="c-1", amount="1.00", currency="KZT"
        ),
        "transaction/create",
        "transaction_id",
    ),
}


@pytest.fixture
def result_of(ask, say):
    """The result of a call whose look-ups tell these facts of its success, one after the other; or
    its error.
    """

    def run(call, path, *facts, timeout=60.0, answer=None):
        told = [say.ok(request_status="success", **each) for each in facts]

        async def story(fp):
            op = await call(fp)
            try:
                return await op.result(timeout=timeout)
            except FreedomPayError as error:
                return error

        return ask(story, **{path: [say.process if answer is None else answer], STATUS: told})

    return run


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_empty_id_is_none_and_is_waited_for(ask, result_of, name, empty):
    call, path, field = CALLS[name]
    made = result_of(call, path, {field: empty}, {field: empty}, {field: "id-1"})

    assert (getattr(made, field), ask.wire.calls) == ("id-1", [path, STATUS, STATUS, STATUS])


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_empty_id_at_the_end_of_the_wait_is_told_as_done(result_of, name, empty):
    call, path, field = CALLS[name]
    error = result_of(call, path, {field: empty}, timeout=5)

    assert (type(error), error.done, error.client_id, error.transaction_id) == (
        StillProcessing,
        True,
        None,
        None,
    )
    assert "no id so far" in str(error)
    assert "It was done: never repeat it." in str(error)


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
def test_empty_id_in_the_first_answer_is_waited_for(ask, say, result_of, empty):
    first = say.ok(request_status="success", **cards(empty))
    made = result_of(lambda fp: order(fp, 1), "card/bulk_issue", cards("card-1"), answer=first)

    assert made.card_ids == ("card-1",)


FEWER = {
    "one": cards("a"),
    "none": {},
    "an empty list": cards(),
    "null": {"cards": None},
    "one that is told three times": cards("a", "a", "a"),
    "two and one twice": cards("a", "b", "a"),
    "two and a null": cards("a", "b", None),
    "two and a blank": cards("a", " ", "b"),
    "three without names": cards(None, "", 0),
    "a reference without a field": {"cards": [{"card_id": "a"}, {}, {"number": "b"}]},
}


@pytest.mark.parametrize("facts", FEWER.values(), ids=FEWER)
def test_fewer_cards_than_were_ordered_are_waited_for(ask, result_of, facts):
    made = result_of(order, "card/bulk_issue", facts, cards("a", "b", "c"))

    assert (made.card_ids, made.complete, made.ordered) == (("a", "b", "c"), True, 3)
    assert len(ask.wire.of(STATUS)) == 2


@pytest.mark.parametrize("facts", FEWER.values(), ids=FEWER)
def test_fewer_cards_at_the_end_of_the_wait_are_told_as_done_with_the_ids_so_far(result_of, facts):
    error = result_of(order, "card/bulk_issue", facts, timeout=5)

    named = tuple(
        dict.fromkeys(
            each.get("card_id")
            for each in facts.get("cards") or ()
            if str(each.get("card_id") or "").strip()
        )
    )
    assert (type(error), error.done, error.card_ids) == (StillProcessing, True, named)
    assert f"{len(named)} of 3 cards so far" in str(error)


def test_all_cards_and_an_unnamed_one_more_are_waited_for(result_of):
    assert result_of(
        order, "card/bulk_issue", cards("a", "b", "c", None), cards("a", "b", "c")
    ).complete


@pytest.mark.parametrize(
    "ids", [("a", "b", "c", "d"), ("a", "b", "c", "d", "d"), tuple("abcdefgh")]
)
def test_more_cards_than_were_ordered_are_told_and_logged(result_of, caplog, ids):
    caplog.set_level(logging.ERROR)
    made = result_of(order, "card/bulk_issue", cards(*ids))

    assert (made.card_ids, made.complete, made.ordered) == (tuple(dict.fromkeys(ids)), False, 3)
    (record,) = [record for record in caplog.records if record.name == "freedompay_async"]
    assert (record.levelname, record.request_id, record.call) == (
        "ERROR",
        made.request_id,
        "cards.bulk_issue",
    )
    assert str(len(made.card_ids)) in record.getMessage()


def test_more_cards_are_logged_once_however_often_they_are_asked_for(ask, say, caplog):
    async def story(fp):
        op = await order(fp)
        return [await op.result() for _ in range(3)]

    ask(
        story,
        card__bulk_issue=[say.process],
        request__status=[say.ok(request_status="success", **cards(*"abcd"))],
    )

    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


def test_order_of_one_card_is_held_against_one(result_of, ask):
    made = result_of(
        lambda fp: fp.cards.issue(client_id="cl-1", product_id=2000),
        "card/issue",
        {},
        cards("a", "b"),
    )

    assert (made.card_ids, made.complete, made.ordered) == (("a", "b"), False, 1)


def test_order_of_another_process_is_held_against_nothing(play, memory, client_of, say):
    fp = client_of(memory(request__status=[say.ok(request_status="success", **cards("a", "b"))]))

    async def story():
        return await fp.requests.attach(OWN).result()

    assert play(story()).card_ids == ("a", "b")


def test_lost_answer_is_held_against_the_order_too(ask, say):
    asked = [
        say.ok(request_status="success", **cards("a")),
        say.ok(request_status="success", **cards("a", "b", "c")),
    ]

    async def story(fp):
        return await (await order(fp)).result()

    assert ask(story, card__bulk_issue=[say.lost], request__status=asked).complete


# -- failures that name something

NAMES = {
    "a card": (cards("a"), "card a", (("a",), None, None)),
    "two cards": (cards("a", "b", "a"), "card a, card b", (("a", "b"), None, None)),
    "a client": ({"client_id": 7}, "client 7", ((), "7", None)),
    "a transaction": ({"transaction_id": "t"}, "transaction t", ((), None, "t")),
}


@pytest.mark.parametrize(("facts", "words", "named"), NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("first", ["process", "lost"])
def test_failure_that_names_something_does_not_say_that_it_was_not_done(
    ask, say, first, facts, words, named
):
    async def story(fp):
        return await (await order(fp)).result()

    with pytest.raises(RequestFailed) as caught:
        ask(
            story,
            card__bulk_issue=[getattr(say, first)],
            request__status=[say.ok(request_status="error", **facts)],
        )

    error = caught.value
    assert (error.proved, error.done, (error.card_ids, error.client_id, error.transaction_id)) == (
        True,
        None,
        named,
    )
    assert f"names {words}. What it names may exist" in str(error)
    assert "It was not done" not in str(error)


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
def test_failure_that_names_only_what_is_empty_was_not_done(ask, say, empty):
    async def story(fp):
        return await (await order(fp)).result()

    facts = {"client_id": empty, "transaction_id": empty, **cards(empty)}
    with pytest.raises(RequestFailed, match="It was not done") as caught:
        ask(
            story,
            card__bulk_issue=[say.process],
            request__status=[say.ok(request_status="error", **facts)],
        )

    assert (caught.value.proved, caught.value.done, caught.value.card_ids) == (True, False, ())


def test_failure_in_a_first_answer_that_names_something_is_looked_up(ask, say):
    async def story(fp):
        return await (await order(fp, 1)).result()

    made = ask(
        story,
        card__bulk_issue=[say.ok(request_status="error", **cards("a"))],
        request__status=[say.success],
    )

    assert made.card_ids == ("card-1",)


def test_failure_in_a_first_answer_whose_question_fails_is_left_open(ask, say):
    with pytest.raises(OutcomeUnknown) as caught:
        ask(
            lambda fp: fp.cards.bulk_issue(product_id=2000, count=1, timeout=20),
            card__bulk_issue=[say.ok(request_status="error", **cards("a"))],
            request__status=[say.broken],
        )

    assert (caught.value.done, caught.value.card_ids) == (None, ("a",))


@pytest.mark.parametrize(
    ("named", "complete"), [(None, True), ("", True), ("client-1", True), ("somebody-else", False)]
)
def test_card_of_another_client_than_it_was_ordered_for_is_told_and_never_complete(
    result_of, caplog, named, complete
):
    def issue(fp):
        return fp.cards.issue(client_id="client-1", product_id=2000)

    with caplog.at_level(logging.ERROR, "freedompay_async"):
        made = result_of(issue, "card/issue", {**cards("c-1"), "client_id": named})

    assert (made.card_ids, made.ordered_for, made.complete) == (("c-1",), "client-1", complete)
    assert ("names client somebody-else" in caplog.text) == (not complete)
