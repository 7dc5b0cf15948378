"""The wire's shapes: what goes out and what comes back, in the vendor's words."""

from freedompay_async.models.answers import Answer, CardRef, Completed, CreatedClient, IssuedCards, RequestState
from freedompay_async.models.requests import (
    Address,
    BulkIssue,
    CardActivation,
    CardIssue,
    CardLink,
    ClientCreation,
    IdentificationInfo,
    Intent,
    NewClient,
    StatusQuery,
)

__all__ = [
    "Address",
    "Answer",
    "BulkIssue",
    "CardActivation",
    "CardIssue",
    "CardLink",
    "CardRef",
    "ClientCreation",
    "Completed",
    "CreatedClient",
    "IdentificationInfo",
    "Intent",
    "IssuedCards",
    "NewClient",
    "RequestState",
    "StatusQuery",
]
