"""The shares of a rate in the database, as those who hold them write and read them."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from freedompay_async.postgres.rate.table import DatabaseAwayError, RateTable

HELD = "SELECT coalesce(sum(share), 0) FROM freedompay.rate_shares WHERE valid_until > clock_timestamp()"

OVER = "UPDATE freedompay.rate_shares SET valid_until = clock_timestamp()"


@pytest.fixture
async def pool(postgres_database):
    async with asyncpg.create_pool(postgres_database, min_size=0, max_size=10) as pool:
        yield pool


async def renewed(table, want=200.0, *, using=0.0, per_second=200.0, setting=False, refused=None):
    return await table.renew(
        want, using=using, per_second=per_second, setting=setting, refused=refused
    )


async def test_who_comes_gets_what_is_free_and_its_part_when_the_others_have_given_way(pool):
    first, second = RateTable(pool, "m"), RateTable(pool, "m")
    alone = await renewed(first)
    beside = await renewed(second)
    gives_way = await renewed(first, using=alone.share)
    # What it has used until it has the answer is not free yet.
    still = await renewed(second)
    confirmed = await renewed(first, using=gives_way.share)
    then = await renewed(second)

    assert [alone.share, beside.share, gives_way.share] == [200.0, 0.0, 100.0]
    assert [still.share, confirmed.share, then.share] == [0.0, 100.0, 100.0]
    assert [beside.missing, still.missing, then.missing] == [True, True, False]


async def test_however_many_renew_at_once_all_shares_together_are_within_the_rate(pool):
    tables = [RateTable(pool, "m") for _ in range(8)]
    using, sums = [0.0] * 8, []
    for _ in range(4):
        granted = await asyncio.gather(
            *(renewed(each, using=used) for each, used in zip(tables, using, strict=True))
        )
        using = [each.share for each in granted]
        sums.append(await pool.fetchval(HELD))

    assert all(held <= 200.0 + 1e-6 for held in sums)
    assert using == pytest.approx([25.0] * 8)


async def test_the_share_of_who_has_died_is_free_when_it_is_over(pool):
    dead, other = RateTable(pool, "m"), RateTable(pool, "m")
    await renewed(dead)
    before = await renewed(other)
    await pool.execute(OVER)

    assert [before.share, (await renewed(other)).share] == [0.0, 200.0]


async def test_a_share_that_is_given_back_is_free_at_once(pool):
    first, other = RateTable(pool, "m"), RateTable(pool, "m")
    await renewed(first)
    await first.give_back()

    assert (await renewed(other)).share == 200.0


async def test_the_rows_of_those_who_have_long_gone_are_removed(pool):
    await renewed(RateTable(pool, "m"))
    await pool.execute("UPDATE freedompay.rate_shares SET valid_until = now() - interval '1 hour'")
    await renewed(RateTable(pool, "m"))

    assert await pool.fetchval("SELECT count(*) FROM freedompay.rate_shares") == 1


async def test_rates_of_other_names_have_nothing_to_do_with_each_other(pool):
    one = await renewed(RateTable(pool, "one"))
    other = await renewed(RateTable(pool, "other"), 50.0, per_second=50.0)

    assert [one.share, other.share] == [200.0, 50.0]


async def test_a_429_that_one_hears_slows_all_and_is_counted_once(pool):
    first, second = RateTable(pool, "m"), RateTable(pool, "m")
    using = (await renewed(first)).share
    cut = await renewed(first, using=using, refused=0.0)
    again = await renewed(second, refused=0.0)

    assert cut.share == pytest.approx(140.0)
    assert again.rate.refused_at == cut.rate.refused_at == 200.0
    assert again.rate.allowed() == pytest.approx(140.0, abs=5.0)


async def test_the_number_of_who_began_last_holds_for_all(pool):
    first, second = RateTable(pool, "m"), RateTable(pool, "m")
    await renewed(first, setting=True)
    newer = await renewed(second, 50.0, per_second=50.0, setting=True)
    heard = await renewed(first)

    assert (newer.before, heard.before) == (200.0, None)
    assert [newer.rate.per_second, heard.rate.per_second] == [50.0, 50.0]


async def test_tables_that_are_not_there_are_told_with_what_to_do(bare_postgres_database):
    async with asyncpg.create_pool(bare_postgres_database, min_size=0, max_size=1) as pool:
        with pytest.raises(DatabaseAwayError, match="run freedompay journal install"):
            await renewed(RateTable(pool, "m"))


async def test_a_pool_without_a_free_connection_is_no_wait_without_an_end(pool):
    held = [await pool.acquire() for _ in range(10)]
    try:
        with pytest.raises(DatabaseAwayError, match="no answer within"):
            await renewed(RateTable(pool, "m"))
    finally:
        for each in held:
            await pool.release(each)

    assert (await renewed(RateTable(pool, "m"))).share == 200.0


async def test_a_query_that_is_not_answered_ends_and_so_does_its_connection(pool):
    await renewed(RateTable(pool, "m"))
    async with pool.acquire() as blocks, blocks.transaction():
        await blocks.execute("LOCK TABLE freedompay.rates IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseAwayError, match="no answer within"):
            await renewed(RateTable(pool, "m"))

    await pool.execute(OVER)
    assert (await renewed(RateTable(pool, "m"))).share == 200.0


async def test_what_asyncpg_says_of_a_database_is_not_repeated(pool):
    closed = asyncpg.create_pool("postgresql://someone:secret@127.0.0.1:1/db", min_size=0)
    async with closed:
        with pytest.raises(DatabaseAwayError) as caught:
            await renewed(RateTable(closed, "m"))

    assert str(caught.value) == "ConnectionRefusedError"
    assert caught.value.__suppress_context__
