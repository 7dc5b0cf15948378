"""The namespaces of the client: thin, one contract row a method."""

from freedompay_async.resources.cards import Cards
from freedompay_async.resources.clients import Clients
from freedompay_async.resources.requests import Requests

__all__ = ["Cards", "Clients", "Requests"]
