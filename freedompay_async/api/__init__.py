"""The namespaces of the client: each method makes one call of the contract table."""

from freedompay_async.api.cards import Cards
from freedompay_async.api.clients import Clients
from freedompay_async.api.gift_cards import GiftCardOrder, GiftCards
from freedompay_async.api.limits import SpendingLimits
from freedompay_async.api.requests import Requests
from freedompay_async.api.transactions import Transactions

__all__ = [
    "Cards",
    "Clients",
    "GiftCardOrder",
    "GiftCards",
    "Requests",
    "SpendingLimits",
    "Transactions",
]
