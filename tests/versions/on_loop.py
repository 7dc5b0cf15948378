"""A plugin of pytest: every test that names no loops runs on the loop of `--loop`."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def pytest_addoption(parser):
    parser.addoption("--loop", choices=LOOPS, default="asyncio", help="the event loop of the tests")


@pytest.hookimpl(tryfirst=True)
def pytest_asyncio_loop_factories(config, item):
    marker = item.get_closest_marker("asyncio")
    if marker is not None and "loop_factories" in marker.kwargs:
        return LOOPS
    name = config.getoption("--loop")
    return {name: LOOPS[name]}
