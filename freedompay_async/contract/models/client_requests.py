"""The bodies that create and change clients. A field that is `None` is left out of the body."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import force_setattr

from freedompay_async.contract.models.requests import BodyWithId
from freedompay_async.contract.person import (
    birthdate_flaw,
    check_phone,
    check_text,
    country_flaw,
    email_flaw,
    empty_flaw,
    language_flaw,
    name_flaw,
    person_id_flaw,
)
from freedompay_async.redaction.secret import Document

__all__ = [
    "Address",
    "ClientCreation",
    "ClientId",
    "ClientUpdate",
    "IdentificationInfo",
    "NewClient",
    "NewPhone",
]


class Address(Struct, kw_only=True, frozen=True):
    """An address of a client (docs.freedompay.kz, api-12074751).

    Raises:
        ConfigurationError: the country is unknown, or another field is empty.
    """

    country: str
    """ISO 3166-1 alpha-3."""
    postal_code: str
    address_line1: str
    """City."""
    address_line2: str
    """Street."""
    address_line3: str
    """Building."""

    def __post_init__(self) -> None:
        check_text("Address.country", self.country, country_flaw)
        check_text("Address.postal_code", self.postal_code, empty_flaw)
        check_text("Address.address_line1", self.address_line1, empty_flaw)
        check_text("Address.address_line2", self.address_line2, empty_flaw)
        check_text("Address.address_line3", self.address_line3, empty_flaw)


class NewClient(Struct, kw_only=True, omit_defaults=True, repr_omit_defaults=True, frozen=True):
    """The person or company that a card is issued to (docs.freedompay.kz, api-12074751).

    The vendor's dictionary page requires `country`, `person_id`, `document`, `address1` and
    `address2` for product 1000.

    Raises:
        ConfigurationError: a value is wrong, by the same rules as in a row of a file.
    """

    phone: int
    """The whole number with the country code, digits only: `77017777777`. It has the length of the
    numbers of its country, if they all have the same; otherwise 10 to 15 digits."""
    type: int
    """1 individual, 2 legal entity, 3 individual entrepreneur (`ClientType`)."""
    resident: int
    """1 resident, 2 non-resident (`Resident`)."""
    first_name: str
    """Latin letters A to Z, spaces, apostrophes, hyphens and dots; at least one letter."""
    last_name: str
    """As `first_name`."""
    middle_name: str | None = None
    """As `first_name`."""
    birthdate: str | None = None
    """`YYYY-MM-DD`, from 1900 on, and not in the future."""
    email: str | None = None
    """Letters of one script before the @, and in each part of the domain."""
    country: str | None = None
    """ISO 3166-1 alpha-3."""
    person_id: str | None = None
    """The personal number. In Kazakhstan a number of digits only has twelve."""
    language: str | None = None
    """ISO 639-1 alpha-2, in small letters."""
    document: Document | None = None
    """A PDF of at most 2 MB in Base64. A string becomes a `Document`."""
    external_user_id: str | None = None
    address1: Address | None = None
    """Where the client is registered."""
    address2: Address | None = None
    """Where the client lives."""

    def __post_init__(self) -> None:
        self._seal()
        check_phone("NewClient.phone", self.phone)
        check_text("NewClient.first_name", self.first_name, name_flaw)
        check_text("NewClient.last_name", self.last_name, name_flaw)
        if self.middle_name is not None:
            check_text("NewClient.middle_name", self.middle_name, name_flaw)
        if self.birthdate is not None:
            check_text("NewClient.birthdate", self.birthdate, birthdate_flaw)
        if self.email is not None:
            check_text("NewClient.email", self.email, email_flaw)
        if self.country is not None:
            check_text("NewClient.country", self.country, country_flaw)
        if self.person_id is not None:
            check_text(
                "NewClient.person_id",
                self.person_id,
                lambda text: person_id_flaw(text, self.country),
            )
        if self.language is not None:
            check_text("NewClient.language", self.language, language_flaw)

    def _seal(self) -> None:
        if self.document is not None:
            force_setattr(self, "document", Document(self.document))


class IdentificationInfo(Struct, kw_only=True, frozen=True):
    """When and by whom the client was identified (docs.freedompay.kz, api-12074751)."""

    idn_date: str
    identified_by: str


class ClientCreation(BodyWithId, kw_only=True, omit_defaults=True):
    product_id: int
    client: NewClient
    branch_id: str | None = None
    identification_info: IdentificationInfo | None = None


class NewPhone(Struct, kw_only=True, frozen=True):
    phone: int

    def __post_init__(self) -> None:
        check_phone("phone", self.phone)


class ClientUpdate(BodyWithId, kw_only=True, omit_defaults=True):
    client_id: str
    product_id: int
    client: NewPhone


class ClientId(Struct, kw_only=True, frozen=True):
    client_id: str
