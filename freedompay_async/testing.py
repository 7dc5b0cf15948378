"""For your own tests: a card issuer on this machine, which misbehaves on demand.

`Sandbox(diagnose=why_wrong)` also tells why a signature does not fit.
"""

from freedompay_async.crypto.diagnosis import why_wrong
from freedompay_async.sandbox import Fault, Faults, Gate, Received, Sandbox

__all__ = ["Fault", "Faults", "Gate", "Received", "Sandbox", "why_wrong"]
