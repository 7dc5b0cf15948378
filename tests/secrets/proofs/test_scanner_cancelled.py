"""A call that is cancelled at each of its waits shows no secret."""

from __future__ import annotations

import asyncio

import pytest

from tests.secrets.marked import CALLS, EXTRA, PIN_CALLS, client, pin_client

pytestmark = pytest.mark.usefixtures("loud")


class Stop:
    """Awaits a call and cancels it where it waits for the n-th time."""

    def __init__(self, work, turn: int) -> None:
        self.work, self.turn, self.reached = work, turn, False

    def __await__(self):
        steps = self.work.__await__() if hasattr(self.work, "__await__") else self.work
        thrown = None
        while True:
            try:
                waits_for = steps.send(None) if thrown is None else steps.throw(thrown)
            except StopIteration as end:
                return end.value
            thrown = None
            if self.turn == 0:
                self.reached = True
                asyncio.current_task().cancel()
            self.turn -= 1
            try:
                yield waits_for
            except BaseException as error:
                thrown = error


@pytest.mark.parametrize(
    "name",
    ["cards.set_pin", "gift_cards.confirm", "clients.create", "cards.secret_data", "pins.set_url"],
)
@pytest.mark.parametrize("trouble", ["good", "closed", "stalled", "cut", "503"])
async def test_cancelled_call_shows_no_secret(search, serving, name, trouble):
    async with (
        serving(trouble) as url,
        client(url, timeout=0.4) as fp,
        pin_client(url, timeout=0.4) as hashdt,
    ):
        for turn in range(20):
            stop = Stop(
                CALLS[name](fp, extra=EXTRA) if name in CALLS else PIN_CALLS[name](hashdt), turn
            )

            async def cancelled(stop=stop):
                return await stop

            task = asyncio.create_task(cancelled())
            await asyncio.wait([task])
            if task.cancelled():
                try:
                    await task
                except asyncio.CancelledError as error:
                    search.leaks += search.scanner.error(error, f"cancelled at {turn}")
                    search.ends[f"{turn}"] = error
            elif error := task.exception():
                search.leaks += search.scanner.error(error, f"cancelled at {turn}")
            if not stop.reached:
                break

    assert search.found == []
    assert "CancelledError" in search.errors
