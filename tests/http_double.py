"""The HTTP library's double, on an aiohttp whose responses want a `stream_writer`."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import Mock

import aiohttp
import aioresponses.core

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

__all__ = ["http_double"]


class _Response(aiohttp.ClientResponse):
    """A response that such an aiohttp can make."""

    def __init__(self, *args, **kwargs) -> None:
        if "stream_writer" in inspect.signature(aiohttp.ClientResponse.__init__).parameters:
            kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)


@contextmanager
def http_double(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses.aioresponses]:
    """What stands in for the HTTP library as long as it lasts."""
    monkeypatch.setattr(aioresponses.core, "ClientResponse", _Response)
    with aioresponses.aioresponses() as mock:
        yield mock
