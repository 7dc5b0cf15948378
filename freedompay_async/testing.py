"""For your own tests: a card issuer on this machine, which misbehaves on demand."""

from freedompay_async.sandbox import Fault, Faults, Gate, Received, Sandbox

__all__ = ["Fault", "Faults", "Gate", "Received", "Sandbox"]
