"""The namespaces of the client: thin, one contract row a method."""

from freedompay_async.resources.cards import Cards
from freedompay_async.resources.clients import Clients
from freedompay_async.resources.gift_cards import GiftCardOrder, GiftCards
from freedompay_async.resources.limits import Limits
from freedompay_async.resources.requests import Requests
from freedompay_async.resources.transactions import Transactions

__all__ = ["Cards", "Clients", "GiftCardOrder", "GiftCards", "Limits", "Requests", "Transactions"]
