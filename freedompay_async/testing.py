"""A card issuer on this machine for your own tests. It misbehaves on demand.

`Sandbox(diagnose=why_wrong)` also says why a signature is wrong.
"""

from freedompay_async.crypto.diagnosis import why_wrong
from freedompay_async.sandbox import Fault, Faults, Gate, Received, Sandbox

__all__ = ["Fault", "Faults", "Gate", "Received", "Sandbox", "why_wrong"]
