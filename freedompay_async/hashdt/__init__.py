"""HashDT's hosted PIN pages. The integrator shows a page by its URL, and never sees the PIN."""

from freedompay_async.hashdt.client import HashDT
from freedompay_async.hashdt.page import PinPage
from freedompay_async.hashdt.pins import Pins

__all__ = ["HashDT", "PinPage", "Pins"]
