"""What the commands share: running, and errors as one line."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

import anyio
import typer

from freedompay_async import errors
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.output import hush, printable, say
from freedompay_async.cli.signals import on_signals

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["errors_told", "fail", "run"]


def run(work: Callable[[], Awaitable[Exit]]) -> NoReturn:
    """Run `work` and exit with what it returns; an error of ours is one message on standard error."""
    uvloop = importlib.util.find_spec("uvloop") is not None

    async def interruptible() -> Exit:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        # The loop's own way is to cancel in the middle of whatever runs: now and then that breaks a
        # callback of the connection, which then shows a traceback. So it is the loop that is told.
        with on_signals((signal.SIGINT,), task.cancel):
            return await work()

    with errors_told():
        code = anyio.run(interruptible, backend_options={"use_uvloop": uvloop})
    raise SystemExit(code)


@contextmanager
def errors_told() -> Generator[None]:
    """What is raised inside ends the command, with one message on standard error; notes on the
    error follow it, a line each.
    """
    try:
        yield
    except errors.ConfigurationError as error:
        _fail(error, str(error), Exit.INPUT)
    except (
        errors.JournalError,
        errors.NotSent,
        errors.RateLimited,
        errors.StillProcessing,
    ) as error:
        _fail(error, str(error), Exit.LEFT)
    except (errors.OutcomeUnknown, errors.ProtocolError) as error:
        _fail(error, f"{error}\n{error.body or ''}".rstrip(), Exit.PROBLEMS)
    except errors.FreedomPayError as error:
        _fail(error, str(error), Exit.PROBLEMS)
    except BrokenPipeError:
        hush(sys.stdout)
        fail("nobody reads the output any more: stopped. A batch can be resumed.", Exit.LEFT)
    except typer.Abort:
        # Of a question at the terminal, and each is asked before anything is sent.
        fail("aborted. Nothing was sent.", Exit.ABORTED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail("aborted.", Exit.ABORTED)


def _fail(error: errors.FreedomPayError, message: str, code: Exit) -> NoReturn:
    fail("\n".join([message, *getattr(error, "__notes__", ())]), code)


def fail(message: str, code: Exit) -> NoReturn:
    # The lines are ours, or of an issuer's page; what is in them may be anything.
    say("freedompay: " + "\n".join(map(printable, message.split("\n"))))
    raise SystemExit(code)
