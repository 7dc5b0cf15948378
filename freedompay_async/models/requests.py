"""What is sent. A field that is `None` is left out of the body."""

from __future__ import annotations

from msgspec import Struct

from freedompay_async.secret import Secret

__all__ = [
    "Address",
    "BulkIssue",
    "CardActivation",
    "CardIssue",
    "CardLink",
    "ClientCreation",
    "IdentificationInfo",
    "Intent",
    "NewClient",
    "StatusQuery",
]


class Address(Struct, kw_only=True, frozen=True):
    """An address of a client (docs.freedompay.kz, api-12074751)."""

    country: str
    """ISO 3166-1 alpha-3."""
    postal_code: str
    address_line1: str
    """City."""
    address_line2: str
    """Street."""
    address_line3: str
    """Building."""


class NewClient(Struct, kw_only=True, omit_defaults=True, repr_omit_defaults=True, frozen=True):
    """The person or company that a card is issued to (docs.freedompay.kz, api-12074751).

    For product 1000 the vendor's dictionary page makes `country`, `person_id`, `document`, `address1` and `address2` required.
    """

    phone: int
    """The whole number with the country code, digits only: `77017777777`."""
    type: int
    """1 individual, 2 legal entity, 3 individual entrepreneur."""
    resident: int
    """1 resident, 2 non-resident."""
    first_name: str
    """Latin letters."""
    last_name: str
    """Latin letters."""
    middle_name: str | None = None
    birthdate: str | None = None
    """`YYYY-MM-DD`."""
    email: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-3."""
    person_id: str | None = None
    language: str | None = None
    """ISO 639-1 alpha-2."""
    document: Secret | None = None
    """A PDF of at most 2 MB in Base64."""
    external_user_id: str | None = None
    address1: Address | None = None
    """Where the client is registered."""
    address2: Address | None = None
    """Where the client lives."""


class IdentificationInfo(Struct, kw_only=True, frozen=True):
    """When and by whom the client was identified (docs.freedompay.kz, api-12074751)."""

    idn_date: str
    identified_by: str


class Intent(Struct, kw_only=True, omit_defaults=True):
    """A body that names its own request id; the session fills it in."""

    request_id: str = ""


class ClientCreation(Intent, kw_only=True, omit_defaults=True):
    product_id: int
    client: NewClient
    branch_id: str | None = None
    identification_info: IdentificationInfo | None = None


class CardIssue(Intent, kw_only=True, omit_defaults=True):
    client_id: str
    product_id: int


class BulkIssue(Intent, kw_only=True, omit_defaults=True):
    product_id: int
    count: int


class CardLink(Intent, kw_only=True, omit_defaults=True):
    client_id: str
    card_id: str


class CardActivation(Intent, kw_only=True, omit_defaults=True):
    card_id: str


class StatusQuery(Struct, kw_only=True, frozen=True):
    """Not an intent: `request_id` is the id asked about."""

    request_id: str
