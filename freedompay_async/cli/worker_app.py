"""`freedompay worker --app`: the worker of an application's tracker."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.cli.exits import Exit
from freedompay_async.cli.importing import imported, own_errors
from freedompay_async.cli.running import check_access, gentle_stop
from freedompay_async.cli.settings_flags import SETTINGS
from freedompay_async.cli.worker_news import WorkerNews
from freedompay_async.errors import ConfigurationError, FreedomPayError, JournalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.cli.settings_flags import SettingsFlags
    from freedompay_async.postgres.tracker.tracker import Tracker

__all__ = ["check_beside_app", "work_of_app"]

_FLAG: Final = "--app"
_WANTED: Final = (
    "name a Tracker, or a function without arguments, made by @asynccontextmanager, that yields one"
)
_STOPPING: Final = (
    "stopping: no new request is sent, calls on the way are settled, and the others are left to "
    "other workers. Again aborts."
)
_ABORTING: Final = (
    "aborting: calls on the way are not waited for. Whoever goes on with their requests asks about "
    "them first."
)
# The one settings flag that says nothing of the client.
_VERBOSE: Final = "verbose"


def check_beside_app(given: Mapping[str, object], settings_flags: SettingsFlags) -> None:
    """Refuse flags that the application's own tracker has no use for.

    Args:
        given: flags of the command and their values; `None`: left out.
        settings_flags: those of the settings.

    Raises:
        ConfigurationError: there is one; nothing was sent.
    """
    flags = [name for name, value in given.items() if value is not None]
    for name, (_, default) in SETTINGS.items():
        value = getattr(settings_flags, name)
        if name != _VERBOSE and value != default:
            flags.append("--live" if name == "test" and value is False else _named(name))
    if flags:
        raise ConfigurationError(
            f"{_FLAG} runs the tracker of an application, which has a client and a database of its "
            f"own: leave {', '.join(flags)} out. Nothing was sent."
        )


def _named(parameter: str) -> str:
    return f"--{parameter.replace('_', '-')}"


async def work_of_app(given: str, *, concurrency: int, json: bool, verbose: bool) -> Exit:
    """Run the tracker that `module:name` names until Ctrl-C or SIGTERM.

    Args:
        given: the text of the flag.
        concurrency: requests that are worked on at once.
        json: print what it tells as JSON Lines.
        verbose: print the traceback of an error of the application's own at its start.

    Raises:
        ConfigurationError: there is no such tracker, it can't be opened, or it can't run.
    """
    async with _opened(given, verbose=verbose) as tracker:
        await check_access(tracker.fp, begun=True, what="request")
        news = WorkerNews(json=json)
        news.stop = tracker.stop
        tracker.listen(news.tell)
        async with gentle_stop(tracker, first=_STOPPING, second=_ABORTING):
            await tracker.run(concurrency=concurrency)
        return await _end(tracker)


@asynccontextmanager
async def _opened(given: str, *, verbose: bool) -> AsyncGenerator[Tracker]:
    """The tracker, with its client and its pool open."""
    # Imported late, because it takes time; without the extra it says what to install.
    from freedompay_async.postgres import Tracker  # noqa: PLC0415
    from freedompay_async.postgres.connection.connecting import opened_pool  # noqa: PLC0415

    # What asyncpg logs of a lost connection has a traceback; the worker tells of it by itself.
    logging.getLogger("asyncpg").addHandler(logging.NullHandler())
    named = imported(given, _FLAG, verbose=verbose)
    async with AsyncExitStack() as stack:
        with own_errors(f"{_FLAG}: {given} can't be opened", but=FreedomPayError, verbose=verbose):
            made = named if isinstance(named, Tracker) else _called(named, given)
            bare = isinstance(made, Tracker)
            if not bare:
                made = await _entered(stack, made, given)
        if not isinstance(made, Tracker):
            raise _refused(given, f"yields {type(made).__name__}")
        if bare:
            await stack.enter_async_context(opened_pool(made.pool, f"the database of {given}"))
            await stack.enter_async_context(made.fp)
        yield made


def _called(named: Any, given: str) -> Any:
    """What a function of the application gives."""
    if not callable(named):
        raise _refused(given, f"is of type {type(named).__name__}")
    try:
        # What is written in C may not say what it takes.
        with suppress(ValueError):
            inspect.signature(named).bind()
    except TypeError:
        raise _refused(given, "needs arguments") from None
    return named()


async def _entered(stack: AsyncExitStack, made: object, given: str) -> object:
    """What a context manager yields; it is left with the stack."""
    if isinstance(made, AsyncGenerator):
        raise _refused(given, "has no @asynccontextmanager above it")
    if isinstance(made, Coroutine):
        made.close()
        raise _refused(given, "is an async function without a yield")
    if not isinstance(made, AbstractAsyncContextManager):
        raise _refused(given, f"gives {type(made).__name__}")
    try:
        return await stack.enter_async_context(made)
    except RuntimeError as error:
        # In the words of contextlib.
        if str(error) != "generator didn't yield":
            raise
    raise _refused(given, "yields nothing")


def _refused(given: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{_FLAG}: {given} {why}: {_WANTED}. Nothing was sent.")


async def _end(tracker: Tracker) -> Exit:
    """The exit code, by what is in the database when the worker has drained."""
    from freedompay_async.postgres.connection.pooling import LIMIT, LOST  # noqa: PLC0415

    try:
        async with asyncio.timeout(LIMIT):
            report = await tracker.report(tracker.pool)
    except (*LOST, JournalError):
        return Exit.LEFT
    # Without a handler nobody waits for an end to be delivered.
    if report.pending or (report.undelivered and tracker.delivers):
        return Exit.LEFT
    return Exit.PROBLEMS if report.troubles else Exit.DONE
