"""Issue and manage Freedom Pay cards from asyncio: never twice, never lost, and clear about what is known."""

from freedompay_async.client import FreedomPay
from freedompay_async.contract import Mark, Section
from freedompay_async.errors import (
    ApiError,
    AuthenticationError,
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
    StillProcessing,
)
from freedompay_async.ids import derive_request_id, new_request_id
from freedompay_async.models import (
    Address,
    CardRef,
    Completed,
    CreatedClient,
    IdentificationInfo,
    IssuedCards,
    NewClient,
    RequestState,
)
from freedompay_async.operations import Operation
from freedompay_async.policy import Policy
from freedompay_async.secret import Secret
from freedompay_async.settings import Region
from freedompay_async.signing import JwsSigner, Sha256Signer, Signer

__all__ = [
    "Address",
    "ApiError",
    "AuthenticationError",
    "CardRef",
    "Completed",
    "ConfigurationError",
    "CreatedClient",
    "DuplicateRequest",
    "FreedomPay",
    "FreedomPayError",
    "GiftCardError",
    "IdentificationInfo",
    "IssuedCards",
    "JournalError",
    "JwsSigner",
    "Mark",
    "NewClient",
    "NotSent",
    "Operation",
    "OutcomeUnknown",
    "Policy",
    "ProtocolError",
    "RateLimited",
    "Region",
    "RequestFailed",
    "RequestState",
    "Secret",
    "Section",
    "Sha256Signer",
    "Signer",
    "StillProcessing",
    "derive_request_id",
    "new_request_id",
]
