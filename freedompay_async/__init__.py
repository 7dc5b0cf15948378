"""Issue and manage Freedom Pay cards from asyncio: never twice, never lost, and clear about what is
known.
"""

import logging

from freedompay_async.api.gift_cards import GiftCardOrder
from freedompay_async.calls.cancelled import Lost, LostOutcome
from freedompay_async.calls.lost import lost_in
from freedompay_async.calls.record import Record
from freedompay_async.client import FreedomPay
from freedompay_async.codec.drift import Drift
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.calls import Retry, Section
from freedompay_async.contract.models import NewClient
from freedompay_async.contract.overrides import Override
from freedompay_async.contract.regions import Region
from freedompay_async.contract.request_ids import derive_request_id, new_request_id
from freedompay_async.crypto.pin_encryption import AesPin
from freedompay_async.crypto.signing import JwsSigner, Sha256Signer, Signer
from freedompay_async.errors import (
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
)
from freedompay_async.intents.intent import Intent
from freedompay_async.intents.sealing import Seal
from freedompay_async.operations.operation import Operation
from freedompay_async.redaction.secret import Secret
from freedompay_async.settings.policy import Policy
from freedompay_async.transport.direct.direct_transport import DirectTransport
from freedompay_async.transport.mock.mock_transport import MockTransport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.over_aiohttp.trace import freedompay_trace

__all__ = [
    "AesPin",
    "AiohttpTransport",
    "ApiError",
    "AuthenticationError",
    "Busy",
    "ConfigurationError",
    "DirectTransport",
    "Drift",
    "DuplicateRequest",
    "FreedomPay",
    "FreedomPayError",
    "GiftCardError",
    "GiftCardOrder",
    "Intent",
    "JournalError",
    "JwsSigner",
    "Lost",
    "LostOutcome",
    "MockTransport",
    "NewClient",
    "NotKnown",
    "NotSent",
    "Operation",
    "OutcomeUnknown",
    "Override",
    "Policy",
    "ProtocolError",
    "RateLimited",
    "Record",
    "Region",
    "RequestFailed",
    "ResultUnknown",
    "Retry",
    "Seal",
    "Secret",
    "Section",
    "Sha256Signer",
    "Signer",
    "StillProcessing",
    "WaitReason",
    "derive_request_id",
    "freedompay_trace",
    "lost_in",
    "new_request_id",
    "to_json",
]

# A library does not print. A program that wants its log adds a handler.
logging.getLogger("freedompay_async").addHandler(logging.NullHandler())
