"""The product of a card apart from that of its client."""

from __future__ import annotations

import pytest

from freedompay_async.batch import Batch, Journal, Limits
from freedompay_async.errors import ConfigurationError


def products(office) -> list[tuple[int, int]]:
    """What went out: the product of each client, and that of its card."""
    sent = [each["product_id"] for each in office.effects()]
    return sorted(zip(sent[::2], sent[1::2], strict=True))


ONE = Limits(concurrency=1)


async def test_left_out_it_is_the_product_of_the_row(office, person):
    await office.issue(office.file([person(1, product_id=3000)]), limits=ONE)

    assert products(office) == [(3000, 3000)]


async def test_of_a_row(office, person):
    await office.issue(office.file([person(1, card_product_id=77), person(2)]), limits=ONE)

    assert sorted(card["product_id"] for card in office.issuer.ledger()) == [77, 2000]
    assert [each["product_id"] for each in office.effects() if "client" in each] == [2000, 2000]


async def test_of_a_batch(office, person):
    await office.issue(
        office.file([person(1), person(2, card_product_id=77)]), limits=ONE, card_product_id=88
    )

    assert sorted(card["product_id"] for card in office.issuer.ledger()) == [77, 88]


async def test_a_resumed_batch_has_that_of_its_plan(office, people):
    async with office.batch(card_product_id=88) as batch:
        await office.plan(batch, office.file(people(2)))
    report = await office.resume()

    assert report.issued == 2
    assert {card["product_id"] for card in office.issuer.ledger()} == {88}


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        (88, 99, "card_product '88', not '99'"),
        (88, None, "card_product '88', not none"),
        (None, 88, "card_product none, not '88'"),
    ],
)
async def test_another_one_is_another_batch(office, people, first, then, told):
    file = office.file(people(1))
    async with office.batch(card_product_id=first) as batch:
        await office.plan(batch, file)
    async with office.batch(card_product_id=then) as batch:
        with pytest.raises(ConfigurationError) as caught:
            await office.plan(batch, file)

    assert str(caught.value) == (
        f"{office.folder / 'run.db'} has another batch: it was made with {told}. Nothing was sent."
    )
    assert office.effects() == []


async def test_a_run_with_another_one_is_refused_too(office, people):
    async with office.batch(card_product_id=88) as batch:
        await office.plan(batch, office.file(people(1)))
    async with office.batch(card_product_id=99) as batch:
        with pytest.raises(ConfigurationError, match="card_product '88', not '99'"):
            await office.finish(batch)

    assert office.effects() == []


async def test_the_same_one_is_the_same_batch(office, people):
    file = office.file(people(1))
    async with office.batch(card_product_id=88) as batch:
        await office.plan(batch, file)
        again = await office.plan(batch, file)

    assert again.resumed


async def test_the_rows_have_the_digest_that_they_had_without_it(office, people):
    file = office.file(people(3))
    async with office.batch("one.db") as batch:
        plain = await office.plan(batch, file)
    async with office.batch("two.db", card_product_id=88) as batch:
        other = await office.plan(batch, file)

    assert plain.settings["rows_sha256"] == other.settings["rows_sha256"]
    assert "card_product" not in plain.settings


@pytest.mark.parametrize("given", [0, -1, True, "2000", 1.5, 10**18])
async def test_what_is_none(office, given):
    async with office.client() as fp, Journal.open(office.folder / "run.db") as journal:
        with pytest.raises(
            ConfigurationError,
            match=r"^card_product_id is no integer over 0 .* Nothing was sent\.$",
        ):
            Batch(fp, journal, card_product_id=given)
