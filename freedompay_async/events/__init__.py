"""What happens in a client, for anybody who listens: `fp.on_event(listener)`."""

from freedompay_async.events.hub import Listener
from freedompay_async.events.kinds import (
    AttemptBegan,
    AttemptEnded,
    CallEnded,
    ConnectionClosed,
    ConnectionOpened,
    Event,
    LimitKind,
    LimitLearnt,
    LimitLifted,
    OutageBegan,
    OutageEnded,
    RequestEnded,
    RowEnded,
    Waiting,
)
from freedompay_async.events.stats import RateSource, Stats

__all__ = [
    "AttemptBegan",
    "AttemptEnded",
    "CallEnded",
    "ConnectionClosed",
    "ConnectionOpened",
    "Event",
    "LimitKind",
    "LimitLearnt",
    "LimitLifted",
    "Listener",
    "OutageBegan",
    "OutageEnded",
    "RateSource",
    "RequestEnded",
    "RowEnded",
    "Stats",
    "Waiting",
]
