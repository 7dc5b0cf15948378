"""A card issuer on this machine, for tests and demos: a real HTTP server that keeps its own books
and misbehaves on demand.
"""

from freedompay_async.sandbox.faults import Fault, Faults
from freedompay_async.sandbox.gate import Gate
from freedompay_async.sandbox.reception import Received
from freedompay_async.sandbox.server import Sandbox

__all__ = ["Fault", "Faults", "Gate", "Received", "Sandbox"]
