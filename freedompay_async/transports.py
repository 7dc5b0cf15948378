"""For your own tests, and for a transport of your own; `docs/transports.md` shows both."""

from freedompay_async.codec.messages import Message, Reply
from freedompay_async.transport.base import (
    Attempt,
    CountsIdle,
    Destination,
    Transport,
    TransportError,
)
from freedompay_async.transport.mock.messages import MockReply, MockRequest
from freedompay_async.transport.mock.mock_transport import LostAnswer, NoConnection

__all__ = [
    "Attempt",
    "CountsIdle",
    "Destination",
    "LostAnswer",
    "Message",
    "MockReply",
    "MockRequest",
    "NoConnection",
    "Reply",
    "Transport",
    "TransportError",
]
