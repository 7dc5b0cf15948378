"""What a command takes from a program of the user's own, named as `module:name`."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.cli.output import say
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

__all__ = ["imported", "own_errors"]

_MISSING: Final = object()


def imported(given: str, flag: str, *, verbose: bool) -> Any:
    """The value that `module:name` names. The module is looked for in the working directory first,
    and so is what it imports later.

    Args:
        given: the text of the flag; `name` may have dots.
        flag: its name, for messages.
        verbose: print the traceback of an import that fails.

    Raises:
        ConfigurationError: there is no such module or name, or the module can't be imported.
    """
    module, _, name = given.partition(":")
    if not all(each.isidentifier() for each in (*module.split("."), *name.split("."))):
        raise ConfigurationError(
            f"{flag} is {given!r}: give a module and a name in it, as in shop.orders:tracker. "
            "Nothing was sent."
        )
    folder = os.getcwd()  # noqa: PTH109 - a path of modules is text
    if folder not in sys.path:
        sys.path.insert(0, folder)
    made = _module(module, flag, folder, verbose=verbose)
    try:
        value = attrgetter(name)(made)
    except AttributeError:
        value = _MISSING
    if value is _MISSING:
        file = made.__spec__ and made.__spec__.origin
        raise ConfigurationError(
            f"{flag}: module {module} has no {name}. It is {file or 'a folder'}. Nothing was sent."
        )
    return value


def _module(name: str, flag: str, folder: str, *, verbose: bool) -> ModuleType:
    absent = False
    with own_errors(f"{flag}: module {name} can't be imported", verbose=verbose):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            # Another one is missing where the module itself imports it.
            absent = error.name is not None and f"{name}.".startswith(f"{error.name}.")
            if not absent:
                raise
    raise ConfigurationError(
        f"{flag}: there is no module {name} in {folder} or where Python looks for modules. Nothing "
        "was sent."
    )


@contextmanager
def own_errors(
    what: str, *, verbose: bool, but: type[Exception] | tuple[()] = ()
) -> Generator[None]:
    """Tell an error of the user's own code in a sentence.

    Args:
        what: has failed, as the beginning of the sentence.
        verbose: print its traceback too.
        but: errors that are raised on as they are.

    Raises:
        ConfigurationError: in place of any other error.
    """
    try:
        yield
    except but:
        raise
    # The code is the user's, so it may raise anything; a program that is imported may also exit.
    except (Exception, SystemExit) as error:
        if verbose:
            say("".join(traceback.format_exception(error)).rstrip())
        hint = "" if verbose else " --verbose shows where."
        text = f"{type(error).__name__}: {error}".rstrip(": ").rstrip(".")
        raise ConfigurationError(f"{what}: {text}.{hint} Nothing was sent.") from error
