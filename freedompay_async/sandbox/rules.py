"""The shapes that the issuer takes (docs.freedompay.kz, api-12074751 and api-12074684), and what it says to any other."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotations when the program runs
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

__all__ = [
    "STATUS",
    "Activate",
    "AddClient",
    "Address",
    "Ask",
    "Body",
    "BulkIssue",
    "Identification",
    "Issue",
    "Link",
    "Person",
    "Refused",
    "calls",
    "read",
]

STATUS: Final = "request/status"

_DOCUMENT_LIMIT: Final = 2 * 1024 * 1024

RequestId = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")]
Product = Literal[1000, 2000, 3000]
Text = Annotated[str, Meta(min_length=1)]
LatinName = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z '\-]*\Z")]
Alpha2 = Annotated[str, Meta(pattern=r"^[A-Za-z]{2}\Z")]
Alpha3 = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Refused(Exception):
    """The issuer says no at once."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code: Final = code
        self.description: Final = description


class Address(Struct, kw_only=True):
    country: Alpha3
    postal_code: Text
    address_line1: Text
    address_line2: Text
    address_line3: Text


class Person(Struct, kw_only=True):
    phone: Annotated[int, Meta(gt=0, lt=10**15)]
    type: Literal[1, 2, 3]
    resident: Literal[1, 2]
    first_name: LatinName
    last_name: LatinName
    middle_name: str | None = None
    birthdate: date | None = None
    email: str | None = None
    country: Alpha3 | None = None
    person_id: Text | None = None
    language: Alpha2 | None = None
    document: Annotated[bytes, Meta(max_length=_DOCUMENT_LIMIT)] | None = None
    external_user_id: str | None = None
    address1: Address | None = None
    address2: Address | None = None

    def __post_init__(self) -> None:
        if self.document is not None and not self.document.startswith(b"%PDF-"):
            raise ValueError("`document` is no PDF")


class Identification(Struct, kw_only=True):
    idn_date: Text
    identified_by: Text


class Body(Struct, kw_only=True):
    """What every effect has."""

    request_id: RequestId


class AddClient(Body, kw_only=True):
    product_id: Product
    client: Person
    branch_id: str | int | None = None
    identification_info: Identification | None = None

    def __post_init__(self) -> None:
        if self.product_id == 1000:
            for name in ("country", "person_id", "document", "address1", "address2"):
                if getattr(self.client, name) is None:
                    raise ValueError(f"product 1000 needs `client.{name}`")


class Issue(Body, kw_only=True):
    client_id: Text
    product_id: Product


class BulkIssue(Body, kw_only=True):
    product_id: Product
    count: Annotated[int, Meta(ge=1, le=10_000)]


class Link(Body, kw_only=True):
    client_id: Text
    card_id: Text


class Activate(Body, kw_only=True):
    card_id: Text


class Ask(Struct, kw_only=True):
    request_id: Text


_SHAPES: Final[dict[str, type[Struct]]] = {
    "client/add": AddClient,
    "card/issue": Issue,
    "card/bulk_issue": BulkIssue,
    "card/link": Link,
    "card/activate": Activate,
    STATUS: Ask,
}


def calls() -> frozenset[str]:
    """The path endings that the issuer answers, such as `card/issue`."""
    return frozenset(_SHAPES)


def read(call: str, fields: dict[str, Any]) -> Struct:
    """The body of a call in its shape; raises `Refused`, whose description names the field."""
    try:
        return msgspec.convert(fields, _SHAPES[call])
    except msgspec.ValidationError as wrong:
        raise Refused("invalid_request", str(wrong)) from None
