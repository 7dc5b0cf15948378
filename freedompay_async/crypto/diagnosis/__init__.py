"""Shows how a signature is made, and finds out how a wrong one was made. Pure, without network.

The secret key goes into the digests that are compared, and into no result.
"""

from freedompay_async.crypto.diagnosis.comparison import Comparison, compare
from freedompay_async.crypto.diagnosis.received import why_wrong
from freedompay_async.crypto.diagnosis.report import KEY_PLACE, SigningReport, signing_report

__all__ = ["KEY_PLACE", "Comparison", "SigningReport", "compare", "signing_report", "why_wrong"]
