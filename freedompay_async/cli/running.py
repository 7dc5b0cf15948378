"""Around the run of a batch: questions before it, and Ctrl-C during it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from freedompay_async.batch.confirming import confirm, confirmation, is_confirmed
from freedompay_async.cli.output import say
from freedompay_async.cli.signals import STOPS, on_signals
from freedompay_async.cli.verbs.asking import require_yes
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
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from freedompay_async.batch import Plan
    from freedompay_async.batch.journal.base import BatchJournal
    from freedompay_async.batch.journal.records import Fact
    from freedompay_async.client import FreedomPay

__all__ = ["Stoppable", "check_access", "gentle_stop", "require_yes_for_batch", "yes_before_plan"]

_STOPPING: Final = (
    "stopping: no new row starts, and calls on the way are settled. Ctrl-C again aborts; the "
    "journal can be resumed."
)
_ABORTING: Final = (
    "aborting: calls on the way are not waited for. Resuming the batch asks about them first."
)


async def require_yes_for_batch(
    fp: FreedomPay, journal: BatchJournal, plan: Plan, *, yes: bool
) -> None:
    """Ask for a yes where cards are real, unless the journal has one; then keep it there.

    Raises:
        ConfigurationError: nobody said yes; nothing was sent.
    """
    if not fp.live or await is_confirmed(journal):
        return
    if not yes:
        cards = "1 card" if plan.rows == 1 else f"{plan.rows:,} cards, one for each row"
        require_yes(fp, f"issue {cards}, as batch {plan.settings['batch']!r} on a live host")
    await confirm(journal)


async def yes_before_plan(
    fp: FreedomPay, journal: BatchJournal, file: Path, *, name: str, yes: bool
) -> Mapping[Fact, str]:
    """Ask for a yes before the rows are counted, where workers begin with the plan.

    Returns:
        What is to be kept of it together with the plan.

    Raises:
        ConfigurationError: nobody said yes; nothing was sent.
    """
    if not fp.live or await is_confirmed(journal):
        return {}
    if not yes:
        require_yes(fp, f"issue a card for each row of {file}, as batch {name!r} on a live host")
    return confirmation()


async def check_access(fp: FreedomPay, *, begun: bool, what: str = "row") -> None:
    """Check host, key and signature scheme with a harmless question, before thousands of rows fail.

    A batch that has begun has reached its host before, so its run waits for a host that can't be
    reached now. `what`: would be sent, for the text of the error.

    Raises:
        ConfigurationError: one of them is wrong; nothing else was sent.
    """
    try:
        await fp.requests.status(new_request_id(), timeout=20)
    except AuthenticationError as error:
        if is_page(error.body):
            raise _another_host(fp, error, what) from error
        raise ConfigurationError(
            f"{error.text} It was a harmless status question; no {what} was sent."
        ) from error
    except NotSent as error:
        if begun:
            return
        raise ConfigurationError(
            f"{error.text} Check base_url and region, or try again later. No {what} was sent."
        ) from error
    except ProtocolError as error:
        page = is_page(error.body)
        if (
            error.http_status is not None
            and error.http_status < 500
            and (page or error.http_status != 404)
        ):
            raise _another_host(fp, error, what) from error
    except FreedomPayError:
        # "Not known" is the right answer about a fresh id. The run itself can wait for an issuer
        # in passing trouble.
        pass


def _another_host(fp: FreedomPay, error: FreedomPayError, what: str) -> ConfigurationError:
    message = (
        f"{fp.base_url} does not answer like the Card API: {error.text} Check base_url and "
        f"region; no {what} was sent."
    )
    return ConfigurationError(f"{message}\n{error.body}")


class Stoppable(Protocol):
    """A run that can end gently."""

    def stop(self) -> None:
        """Start no new row, and let the rows in work end."""
        ...


@asynccontextmanager
async def gentle_stop(
    task: Stoppable, *, first: str = _STOPPING, second: str = _ABORTING
) -> AsyncGenerator[None]:
    """The first Ctrl-C starts no new row and lets the rows in work end; the second aborts. `first`
    and `second` are what is printed then.
    """
    current = asyncio.current_task()
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked and current is not None:
            say(second)
            current.cancel()
            return
        asked = True
        task.stop()
        say(first)

    with on_signals(STOPS, stop):
        yield
