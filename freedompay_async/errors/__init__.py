"""Everything that this library raises on purpose.

    FreedomPayError
    ├── ConfigurationError      wrong settings or wrong use; nothing was sent
    ├── JournalError            a batch's journal can't be written; the run has stopped
    ├── NotSent                 no byte of it left this machine; safe to repeat
    │   └── Busy                its turn had not come yet, and queue=False
    ├── OutcomeUnknown          sent, and what became of it is not known
    │   └── ResultUnknown       it was done, and the answer that says so can't be read
    ├── StillProcessing         it had not ended, as far as the issuer tells, in time
    ├── ProtocolError           the answer to a question is not the contract's
    └── ApiError                the issuer, or what stands before it, answered and said no
        ├── AuthenticationError the key, the merchant id or the signature was refused
        ├── DuplicateRequest    HTTP 409 to a request id that may have been used before
        ├── RateLimited         HTTP 429 to every attempt
        ├── RequestFailed       this request was refused or has failed
        └── GiftCardError       a negative status of the gift-card section

A call that is cancelled raises the `CancelledError` it was given, with `request_id` and
`outcome_unknown` set on it.

Errors carry attributes, not tuples; all of them pickle. `str(error)` says what happened, whether
anything was sent, and what is safe to do next. `body` is the raw answer with secrets masked.

`MEANINGS` is the one place that says, for each way in which a call can end, whether it was done,
which request id to use next and what is safe. The texts of the errors and the table of the README
are made from it.
"""

from __future__ import annotations

from freedompay_async.errors.classes import (
    ApiError,
    AuthenticationError,
    Busy,
    ConfigurationError,
    DuplicateRequest,
    FreedomPayError,
    GiftCardError,
    JournalError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
    ResultUnknown,
    StillProcessing,
    _rebuild,
)
from freedompay_async.errors.endings import Ending, Meaning, Of
from freedompay_async.errors.meanings import KEEP_TO_THE_ID, MEANINGS

__all__ = [
    "KEEP_TO_THE_ID",
    "MEANINGS",
    "ApiError",
    "AuthenticationError",
    "Busy",
    "ConfigurationError",
    "DuplicateRequest",
    "Ending",
    "FreedomPayError",
    "GiftCardError",
    "JournalError",
    "Meaning",
    "NotSent",
    "Of",
    "OutcomeUnknown",
    "ProtocolError",
    "RateLimited",
    "RequestFailed",
    "ResultUnknown",
    "StillProcessing",
]

# An error is printed and pickled by the path that users import it from.
for _name in __all__:
    if isinstance(_public := globals()[_name], type):
        _public.__module__ = __name__
_rebuild.__module__ = __name__
