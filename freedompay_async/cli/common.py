"""How each command runs, and how it reports an error."""

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
from freedompay_async.cli.output import discard_output, printable, say
from freedompay_async.cli.signals import on_signals

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["errors_reported", "fail", "run"]


def run(work: Callable[[], Awaitable[Exit]]) -> NoReturn:
    """Run `work` and exit with its code; an error of the library is a message on standard error."""
    uvloop = importlib.util.find_spec("uvloop") is not None

    async def interruptible() -> Exit:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        # asyncio's own handler cancels in the middle of whatever runs. Now and then that breaks a
        # callback of the connection, which then shows a traceback. So the loop itself cancels.
        with on_signals((signal.SIGINT,), task.cancel):
            return await work()

    with errors_reported():
        code = anyio.run(interruptible, backend_options={"use_uvloop": uvloop})
    raise SystemExit(code)


@contextmanager
def errors_reported() -> Generator[None]:
    """End the command when an error is raised inside, with a message on standard error; the notes
    of the error follow it, a line each.
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
        discard_output(sys.stdout)
        fail(
            "stopped, because nobody reads the output any more. A batch can be resumed.", Exit.LEFT
        )
    except typer.Abort:
        # Ctrl-C at a question. Each question comes before anything is sent.
        fail("aborted. Nothing was sent.", Exit.ABORTED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail("aborted.", Exit.ABORTED)


def _fail(error: errors.FreedomPayError, message: str, code: Exit) -> NoReturn:
    fail("\n".join([message, *getattr(error, "__notes__", ())]), code)


def fail(message: str, code: Exit) -> NoReturn:
    # A line may be an issuer's page, with any bytes in it.
    say("freedompay: " + "\n".join(map(printable, message.split("\n"))))
    raise SystemExit(code)
