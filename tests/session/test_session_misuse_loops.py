"""Several event loops, and closing at an awkward time."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import threading
from contextlib import suppress

import pytest

from freedompay_async import ConfigurationError, FreedomPay, NotSent, OutcomeUnknown
from tests.leaks.certificate import client_context, server_context
from tests.leaks.process import issuing
from tests.leaks.raw_issuer import RawIssuer
from tests.transports import back_to, sockets

BULK = "card/bulk_issue"


@pytest.fixture(scope="module")
def far():
    """An issuer that outlives every loop of a test."""
    with issuing() as process:
        yield process


@pytest.fixture
def fp(far):
    yield FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url=far.base_url)
    # What asyncio says of a loop that was closed over a connection belongs to the test that did it.
    gc.collect()


over_a_closed_loop = pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")


def use(fp):
    """One card, on a loop of its own; the error, if it is refused."""

    async def story():
        await fp.cards.bulk_issue(product_id=2000, count=1)

    try:
        return asyncio.run(story())
    except ConfigurationError as error:
        return error


async def shut(fp):
    await fp.aclose()


@over_a_closed_loop
def test_one_client_for_six_loops_works_on_the_first_only(far, fp):
    before = far.books()["requests"]
    errors = [use(fp) for _ in range(6)]
    asyncio.run(shut(fp))

    assert errors[0] is None
    assert ["another event loop" in str(error) for error in errors[1:]] == [True] * 5
    assert None not in [error.request_id for error in errors[1:]]
    assert far.books()["requests"] - before == 1


@over_a_closed_loop
def test_client_is_closed_after_its_loop_was(far, fp):
    before = sockets()
    use(fp)
    during = sockets()
    asyncio.run(shut(fp))

    assert "closed" in repr(fp)
    assert (during - before, sockets() - before) == (1, 0)


def test_client_is_refused_in_another_thread_while_its_own_loop_runs(far, fp):
    async def story():
        await fp.cards.balance("card-1")
        error = await asyncio.to_thread(use, fp)
        answer = await fp.cards.balance("card-2")
        await fp.aclose()
        return error, answer.extra["card_id"]

    error, answer = asyncio.run(story())

    assert "another event loop" in str(error)
    assert answer == "card-2"


# -- close


async def test_close_while_calls_are_on_the_way_ends_them_all_with_the_truth(connect, settled):
    async with RawIssuer() as issuer:
        issuer.script(BULK, *["held"] * 2)
        fp = connect(issuer, max_connections=2)
        calls = [
            asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1)) for _ in range(6)
        ]
        while len(issuer.held) < 2:
            await asyncio.sleep(0)
        await fp.aclose()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        issuer.release()
        await settled()
        effects = dict(issuer.books.effects)

    unknown = {error.request_id for error in ends if type(error) is OutcomeUnknown}
    assert effects == dict.fromkeys(unknown, 1)
    assert [type(error) for error in ends if type(error) is not OutcomeUnknown] == [NotSent] * 4
    assert len({error.request_id for error in ends} - {None}) == 6


async def test_closing_twice_at_once_closes_every_connection(connect, settled, tmp_path):
    async with RawIssuer(tls=server_context(tmp_path)) as issuer:
        before = sockets()
        fp = connect(issuer, ssl_context=client_context())
        await asyncio.gather(*(fp.cards.balance("card") for _ in range(3)))
        during = sockets()
        await asyncio.gather(fp.aclose(), fp.aclose())
        closed = await back_to(before)

    assert during >= before + 2
    assert closed


@pytest.mark.parametrize("late", [False, True], ids=["waiting", "woken"])
async def test_close_that_is_cancelled_anywhere_closes_every_connection(
    connect, settled, cancelled_at, tmp_path, late
):
    left = []
    async with RawIssuer(tls=server_context(tmp_path)) as issuer:
        before = sockets()
        for stop in itertools.count():
            fp = connect(issuer, ssl_context=client_context())
            await asyncio.gather(*(fp.cards.balance("card") for _ in range(3)))
            error = await cancelled_at(fp.aclose(), stop, late=late)
            left += [] if await back_to(before) else [stop]
            if error is None:
                break

    assert left == []


async def test_client_is_refused_after_its_context_also_in_an_error(connect):
    async with RawIssuer() as issuer:
        fp = connect(issuer)
        with suppress(KeyError):
            async with fp:
                raise KeyError
        with pytest.raises(ConfigurationError, match="closed"):
            await fp.cards.balance("card")

        assert issuer.count == 0


def test_loops_of_many_threads_each_have_a_client_of_their_own(far):
    def work():
        async def story():
            async with FreedomPay(
                auth_id="1", secret_key="k", region="KZ", base_url=far.base_url
            ) as fp:
                said.append(
                    (await fp.cards.balance(f"card-{threading.get_ident()}")).extra["card_id"]
                )

        asyncio.run(story())

    said: list[str] = []
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(said) == 8
    assert before == (len(os.listdir("/proc/self/fd")) if before else 0)
