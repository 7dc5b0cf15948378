"""HashDT's hosted PIN pages: the PIN never touches the integrator, who shows the cardholder a page
by its URL.
"""

from freedompay_async.hashdt.client import HashDT
from freedompay_async.hashdt.page import PinPage
from freedompay_async.hashdt.pins import Pins

__all__ = ["HashDT", "PinPage", "Pins"]
