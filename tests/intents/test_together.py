"""One intent in two calls of one client at once, each of which says that it was never sent."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import JwsSigner
from tests.samples import OWN
from tests.session.conftest import SECRET


class LateIssuer:
    """Takes an id once, refuses it the second time, and tells of it three seconds later."""

    def __init__(self, say, *seconds) -> None:
        self.say = say
        self.seconds = list(seconds)
        self.taken: float | None = None
        self.orders = 0

    async def send(self, message, attempt):
        attempt.connected()
        now = asyncio.get_running_loop().time
        if message.path.endswith("request/status"):
            known = self.taken is not None and now() >= self.taken + 3.0
            return await (self.say.success if known else self.say.unknown)(attempt, None)
        self.orders += 1
        await asyncio.sleep(self.seconds.pop(0))
        if self.taken is not None:
            return await self.say.refused(attempt, None)
        self.taken = now()
        return await self.say.process(attempt, None)


class Later(JwsSigner):
    """Signs a while later."""

    def headers(self, **parts):
        async def later():
            await asyncio.sleep(0.2)
            return JwsSigner.headers(self, **parts)

        return later()


@pytest.mark.parametrize("seconds", [(0.1, 0.3), (0.3, 0.1)], ids=["in order", "overtaken"])
@pytest.mark.parametrize("signer", [JwsSigner, Later])
def test_neither_believes_the_refusal_of_its_own_id(client_of, say, play, signer, seconds):
    wire = LateIssuer(say, *seconds)
    fp = client_of(wire, signer=signer(auth_id="10001", secret_key=SECRET))
    intent = fp.intend.cards.issue(client_id="cl-1", product_id=2000, request_id=OWN)

    async def story():
        return await asyncio.gather(*(fp.send(intent, first_sent=None) for _ in range(2)))

    operations = play(story())

    assert {each.request_id for each in operations} == {OWN}
    assert sorted(each.done for each in operations) == [False, True]
    assert wire.orders == 2


def test_one_that_gives_up_in_the_queue_takes_nothing_away_from_the_other(client_of, say, play):
    wire = LateIssuer(say, 1.0, 0.1, 0.1)
    fp = client_of(wire, max_connections=1)
    intent = fp.intend.cards.issue(client_id="cl-1", product_id=2000, request_id=OWN)

    async def story():
        tasks = []
        for call in (
            fp.cards.issue(client_id="cl-2", product_id=2000),
            fp.send(intent, first_sent=None),
            fp.send(intent, first_sent=None),
        ):
            tasks.append(asyncio.ensure_future(call))
            await asyncio.sleep(0.1)
        tasks[1].cancel()
        await tasks[0]
        wire.taken = None
        await tasks[2]
        return await fp.send(intent, first_sent=None)

    assert play(story()).done
