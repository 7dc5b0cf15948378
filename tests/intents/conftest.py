"""What the tests of intents share."""

from __future__ import annotations

import pytest

from freedompay_async import FreedomPay
from tests.session import conftest as session
from tests.transports import Carrier

client_of, memory, say = session.client_of, session.memory, session.say


class Scramble:
    """No cipher: it shows what a seal gets, and refuses the body of another intent."""

    def __init__(self, key: int = 7) -> None:
        self.key = key
        self.associated: list[bytes] = []

    def encrypt(self, data: bytes, associated_data: bytes) -> bytes:
        self.associated.append(associated_data)
        return associated_data + b"|" + bytes(each ^ self.key for each in data)

    def decrypt(self, data: bytes, associated_data: bytes) -> bytes:
        self.associated.append(associated_data)
        told, _, rest = data.partition(b"|")
        if told != associated_data:
            raise ValueError(data)
        return bytes(each ^ self.key for each in rest)


@pytest.fixture
def sealing():
    """The class of a seal."""
    return Scramble


@pytest.fixture
def merchant():
    """A client that sends nothing, of a merchant and a host."""

    def build(auth_id="10001", base_url="https://api.example.com", **options):
        return FreedomPay(
            auth_id=auth_id,
            secret_key="secret",
            region=options.pop("region", "KZ"),
            base_url=base_url,
            transport=Carrier(),
            **options,
        )

    return build
