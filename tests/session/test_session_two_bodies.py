"""One request id for two bodies, which is a mistake of the caller's: told on the result, on the
error and in the log.
"""

from __future__ import annotations

import logging
from uuid import uuid4

import pytest

from freedompay_async import NotSent, OutcomeUnknown, RequestFailed, StillProcessing

BULK = "card/bulk_issue"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
TOLD = "Another body was sent under this request_id too"


@pytest.fixture
def warned(caplog):
    """The warnings so far: the call and the id of each."""
    caplog.set_level(logging.WARNING, "freedompay_async")

    def warned():
        records = [
            each
            for each in caplog.records
            if "another body under the same request id" in each.getMessage()
        ]
        return [(each.levelname, each.call, each.request_id) for each in records]

    return warned


async def test_result_of_the_second_says_it_and_so_does_every_look_from_then_on(
    issuer, connect, scheme, warned
):
    fp, own = connect(issuer, scheme=scheme), str(uuid4())
    first = await fp.cards.bulk_issue(product_id=2000, count=1, request_id=own)
    before = (await first.result()).answer.other_body

    second = await fp.cards.bulk_issue(product_id=1000, count=1, request_id=own)
    found = await second.result()

    assert (before, second.answer.other_body, found.answer.other_body) == (False, True, True)
    assert second.answer.found
    assert found.card_ids == (await first.result()).card_ids
    assert (await fp.requests.status(own)).other_body
    assert (await fp.requests.attach(own).result()).other_body
    assert warned() == [("WARNING", "cards.bulk_issue", own)]
    assert len(issuer.ledger()) == 1


async def test_each_call_that_does_it_is_logged(issuer, connect, warned):
    fp, own = connect(issuer), str(uuid4())
    for count in (1, 2, 3, 1):
        await fp.cards.bulk_issue(product_id=2000, count=count, request_id=own)

    assert len(warned()) == 2


async def test_same_body_again_is_none(issuer, connect, scheme, warned):
    fp, own = connect(issuer, scheme=scheme), str(uuid4())
    for _ in range(2):
        operation = await fp.cards.bulk_issue(product_id=2000, count=1, request_id=own)

    assert (operation.answer.found, operation.answer.other_body, warned()) == (True, False, [])


async def test_of_another_process_nothing_is_known(issuer, connect, warned):
    own = str(uuid4())
    await connect(issuer).cards.bulk_issue(product_id=2000, count=1, request_id=own)

    operation = await connect(issuer).cards.bulk_issue(product_id=2000, count=2, request_id=own)

    assert (operation.answer.found, operation.answer.other_body, warned()) == (True, False, [])


def test_what_was_not_sent_took_no_id(ask, say, warned):
    async def story(fp):
        with pytest.raises(NotSent):
            await fp.cards.bulk_issue(product_id=1, count=1, request_id=OWN)
        return await fp.cards.bulk_issue(product_id=1, count=2, request_id=OWN)

    operation = ask(story, card__bulk_issue=[say.hopeless, say.success])

    assert (operation.answer.other_body, warned()) == (False, [])


def test_second_body_that_was_not_sent_is_none(ask, say, warned):
    async def story(fp):
        first = await fp.cards.bulk_issue(product_id=1, count=1, request_id=OWN)
        with pytest.raises(NotSent) as caught:
            await fp.cards.bulk_issue(product_id=1, count=2, request_id=OWN)
        return await first.refresh(), caught.value

    state, error = ask(
        story, card__bulk_issue=[say.process, say.hopeless], request__status=[say.process]
    )

    assert (state.other_body, error.other_body, TOLD in str(error), warned()) == (
        False,
        False,
        False,
        [],
    )


def test_repeats_of_one_call_are_one_body(ask, say, warned):
    operation = ask(
        lambda fp: fp.cards.bulk_issue(product_id=1, count=1, request_id=OWN),
        card__bulk_issue=[say.not_sent, say.lost, say.process],
        request__status=[say.unknown],
    )

    assert (operation.answer.other_body, warned()) == (False, [])


@pytest.mark.parametrize(
    ("scripts", "kind"),
    [
        ({"card__bulk_issue": ["process", "lost"], "request__status": ["broken"]}, OutcomeUnknown),
        (
            {"card__bulk_issue": ["process", "refused"], "request__status": ["unknown"]},
            RequestFailed,
        ),
        (
            {"card__bulk_issue": ["process", "refused"], "request__status": ["failed"]},
            RequestFailed,
        ),
    ],
    ids=["unknown", "refused", "failed"],
)
def test_error_of_the_second_says_it(ask, say, warned, scripts, kind):
    async def story(fp):
        await fp.cards.bulk_issue(product_id=1, count=1, request_id=OWN)
        with pytest.raises(kind) as caught:
            await fp.cards.bulk_issue(product_id=1, count=2, request_id=OWN)
        return caught.value

    error = ask(
        story, **{name: [getattr(say, step) for step in steps] for name, steps in scripts.items()}
    )

    assert (error.other_body, str(error).count(TOLD)) == (True, 1)
    assert warned() == [("WARNING", "cards.bulk_issue", OWN)]


@pytest.mark.parametrize(
    ("look", "kind"), [("process", StillProcessing), ("failed", RequestFailed)]
)
def test_waiting_for_the_second_says_it(ask, say, look, kind):
    async def story(fp):
        await fp.cards.bulk_issue(product_id=1, count=1, request_id=OWN)
        second = await fp.cards.bulk_issue(product_id=1, count=2, request_id=OWN)
        with pytest.raises(kind) as caught:
            await second.result(timeout=30)
        return caught.value

    error = ask(story, card__bulk_issue=[say.process], request__status=[getattr(say, look)])

    assert (error.other_body, str(error).count(TOLD)) == (True, 1)


def test_call_whose_id_does_not_go_out_is_none(ask, say, warned):
    async def story(fp):
        for phone in (77017777777, 77017777778):
            await fp.gift_cards.issue(
                cardholder_name="A", phone=phone, product_code=1, request_id=OWN
            )

    ask(story, issue_card=[say.gift(card_id=5)])

    assert warned() == []


def test_call_without_an_answer_that_could_say_it_is_logged(ask, say, warned):
    async def story(fp):
        for phone in (77017777777, 77017777778):
            await fp.gift_cards.issue(
                cardholder_name="A", phone=phone, product_code=1, request_id=OWN
            )

    ask(story, scheme="KG", issue_card=[say.gift(card_id=5)])

    assert warned() == [("WARNING", "gift_cards.issue", OWN)]
