"""Every error that this library raises on purpose.

    FreedomPayError
    ├── ConfigurationError      wrong settings or wrong use; nothing was sent
    ├── JournalError            the journal of a batch can't be written; the run has stopped
    ├── NotSent                 no byte left this machine; safe to repeat
    │   └── Busy                it would have had to wait longer than queue= allows
    ├── OutcomeUnknown          sent, and its outcome is not known
    │   ├── NotKnown            attached by its id, which the issuer does not know
    │   └── ResultUnknown       done, and the answer can't be read
    ├── StillProcessing         the issuer has not said in time that it ended
    ├── ProtocolError           the answer to a question does not fit the contract
    └── ApiError                the issuer, or a proxy before it, refused
        ├── AuthenticationError the key, the merchant id or the signature was refused
        ├── DuplicateRequest    HTTP 409 to a request id that may have been used before
        ├── RateLimited         HTTP 429 to every attempt
        ├── RequestFailed       the request was refused or has failed
        └── GiftCardError       a negative status of the gift-card section

A cancelled call raises the same `CancelledError` on, with `request_id` and `outcome_unknown` set
on it. `freedompay_async.lost_in` finds it behind other errors.

Errors carry attributes, and all of them pickle. `str(error)` says what happened, whether anything
was sent, and what is safe to do next. `body` is the raw answer with secrets masked.

`MEANINGS` says for each `Ending` whether the call was done, which request id to use next and what
is safe. The texts of the errors and the tables of README.md and docs/errors.md are made from it.
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
    NotKnown,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    RequestFailed,
    ResultUnknown,
    StillProcessing,
    WaitReason,
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
    "NotKnown",
    "NotSent",
    "Of",
    "OutcomeUnknown",
    "ProtocolError",
    "RateLimited",
    "RequestFailed",
    "ResultUnknown",
    "StillProcessing",
    "WaitReason",
]

# An error is printed and pickled by the path that users import it from.
for _name in __all__:
    if isinstance(_public := globals()[_name], type):
        _public.__module__ = __name__
_rebuild.__module__ = __name__
