"""What the command does around the run of a batch: questions before it, and Ctrl-C during it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from freedompay_async.batch.confirming import confirm, is_confirmed
from freedompay_async.cli.output import say
from freedompay_async.cli.signals import STOPS, on_signals
from freedompay_async.cli.verbs.asking import be_sure
from freedompay_async.codec.answer_form import is_page
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    FreedomPayError,
    NotSent,
    ProtocolError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.batch import Batch, Journal, Plan
    from freedompay_async.client import FreedomPay

__all__ = ["be_sure_of", "gentle_stop", "knock"]


async def be_sure_of(fp: FreedomPay, journal: Journal, plan: Plan, *, yes: bool) -> None:
    """Where cards are real, somebody has to say yes once; a yes that was said is in the journal.

    Raises:
        ConfigurationError: nobody said it; nothing was sent.
    """
    if not fp.live or await is_confirmed(journal):
        return
    if not yes:
        cards = "1 card" if plan.rows == 1 else f"{plan.rows:,} cards, one for each row"
        be_sure(fp, f"issue {cards}, as batch {plan.settings['batch']!r} on a live host")
    await confirm(journal)


async def knock(fp: FreedomPay, *, begun: bool) -> None:
    """Find out by a harmless question that the host, the key and the scheme are right, before
    thousands of rows find it out.

    Of a batch that has begun its host is known to be right, so one that can't be reached is waited
    for by the run.

    Raises:
        ConfigurationError: they are not; nothing else was sent.
    """
    try:
        await fp.requests.status(new_request_id(), timeout=20)
    except AuthenticationError as error:
        if is_page(error.body):
            raise _another_host(fp, error) from error
        raise ConfigurationError(
            f"{error.text} It was a harmless status question; no row was sent."
        ) from error
    except NotSent as error:
        if begun:
            return
        raise ConfigurationError(
            f"{error.text} Check base_url and region, or try again later. No row was sent."
        ) from error
    except ProtocolError as error:
        page = is_page(error.body)
        if (
            error.http_status is not None
            and error.http_status < 500
            and (page or error.http_status != 404)
        ):
            raise _another_host(fp, error) from error
    except FreedomPayError:
        # Not to know a fresh id is the right answer; an issuer in passing trouble is what the run
        # itself can wait for.
        pass


def _another_host(fp: FreedomPay, error: FreedomPayError) -> ConfigurationError:
    told = (
        f"{fp.base_url} does not answer like the Card API: {error.text} Check base_url and "
        "region; no row was sent."
    )
    return ConfigurationError(f"{told}\n{error.body}")


@asynccontextmanager
async def gentle_stop(task: Batch) -> AsyncGenerator[None]:
    """The first Ctrl-C drains, the second aborts."""
    current = asyncio.current_task()
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked and current is not None:
            say(
                "aborting: what is on the way is not waited for. Resuming the batch asks about it "
                "first."
            )
            current.cancel()
            return
        asked = True
        task.stop()
        say(
            "stopping: no new row starts, and what is on the way is settled. Ctrl-C again aborts; "
            "the journal can be resumed."
        )

    with on_signals(STOPS, stop):
        yield
