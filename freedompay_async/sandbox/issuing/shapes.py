"""The bodies of the payment-card section (docs.freedompay.kz, doc-850764 and the pages of the
calls).
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the annotations when the program runs
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from freedompay_async.sandbox.issuing import persons

__all__ = [
    "AddClient",
    "Address",
    "Amount",
    "Ask",
    "Body",
    "BulkIssue",
    "CardAction",
    "CardReason",
    "ChangedPerson",
    "Clearing",
    "Identification",
    "Issue",
    "IssueToHolder",
    "Limit",
    "LimitAmount",
    "LimitObject",
    "Link",
    "ListCards",
    "ListLimits",
    "NewTransaction",
    "OneCard",
    "Period",
    "Person",
    "Refund",
    "SetLimits",
    "SetPin",
    "Statement",
    "TransactionInfo",
    "UpdateClient",
    "Validate",
]

_DOCUMENT_LIMIT: Final = 2 * 1024 * 1024
_PDF_BEGINS: Final = 1024
_MOST: Final = Decimal(10) ** 12

RequestId = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")]
Product = Literal[1000, 2000, 3000]
# Card products are not those of clients, and no page that we could read has them: any number may
# be one.
CardProduct = Annotated[int, Meta(gt=0, lt=10**18)]
Text = Annotated[str, Meta(min_length=1)]
LatinName = Annotated[str, Meta(pattern=r"^[ '.\-]*[A-Za-z][A-Za-z '.\-]*\Z")]
Alpha2 = Annotated[str, Meta(pattern=r"^[a-z]{2}\Z")]
Alpha3 = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Phone = Annotated[int, Meta(gt=0, lt=10**15)]
OrderId = Text | Annotated[int, Meta(ge=0, lt=10**18)]


class Amount(int):
    """Money in minor units; on the wire a number with at most two decimals, over zero."""

    __slots__ = ()

    @classmethod
    def read(cls, value: object) -> Amount:
        """Make an amount of a number of the wire; raises `ValueError`, also for text or a float."""
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise ValueError("Expected a number")  # noqa: TRY004 - msgspec adds the field's name
        exact = Decimal(value)
        # Compared first, because scaling a huge exponent would take all memory.
        if not 0 < exact < _MOST:
            raise ValueError("Expected a number over 0 and under 10^12")
        minor = exact.scaleb(2)
        if minor != minor.to_integral_value():
            raise ValueError("Expected at most two decimals")
        return cls(minor)


class Address(Struct, kw_only=True):
    country: Alpha3
    postal_code: Text
    address_line1: Text
    address_line2: Text
    address_line3: Text

    def __post_init__(self) -> None:
        persons.check_country(self.country, "country")
        for name in ("postal_code", "address_line1", "address_line2", "address_line3"):
            if not getattr(self, name).strip():
                raise ValueError(f"`{name}` is blank")


class Person(Struct, kw_only=True):
    phone: Phone
    type: Literal[1, 2, 3]
    resident: Literal[1, 2]
    first_name: LatinName
    last_name: LatinName
    middle_name: LatinName | None = None
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
        persons.check_phone(self.phone)
        if self.birthdate is not None:
            persons.check_birthdate(self.birthdate)
        if self.email is not None:
            persons.check_email(self.email)
        if self.country is not None:
            persons.check_country(self.country, "client.country")
        if self.person_id is not None:
            persons.check_person_id(self.person_id, self.country)
        # Readers of PDF look for its beginning in these bytes.
        if self.document is not None and b"%PDF-" not in self.document[:_PDF_BEGINS]:
            raise ValueError("`document` is no PDF")


class Identification(Struct, kw_only=True):
    idn_date: Text
    identified_by: Text


class Body(Struct, kw_only=True):
    """A body with an id of its own: that of every effect but one, and of some reads."""

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


class ChangedPerson(Struct, kw_only=True):
    phone: Phone

    def __post_init__(self) -> None:
        persons.check_phone(self.phone)


class UpdateClient(Body, kw_only=True):
    client_id: Text
    product_id: Product
    client: ChangedPerson


class ListCards(Struct, kw_only=True):
    client_id: Text


class Issue(Body, kw_only=True):
    client_id: Text
    product_id: CardProduct


class IssueToHolder(Body, kw_only=True):
    """The body on a draft page (freedompay.kz/fdss), which breaks off in the holder's fields."""

    product_id: CardProduct
    cardholder: dict[str, Any] | None = None


class BulkIssue(Body, kw_only=True):
    product_id: CardProduct
    count: Annotated[int, Meta(ge=1, le=10_000)]


class Link(Body, kw_only=True):
    client_id: Text
    card_id: Text


class CardAction(Body, kw_only=True):
    card_id: Text


class CardReason(Body, kw_only=True):
    card_id: Text
    description: Text


class SetPin(Struct, kw_only=True):
    card_id: Text
    pin: Text | None = None


class OneCard(Struct, kw_only=True):
    card_id: Text


class Statement(Struct, kw_only=True):
    card_id: Text
    start_date: date | None = None
    end_date: date | None = None


class Period(Struct, kw_only=True):
    card_id: Text
    start_date: date
    end_date: date


class Validate(Body, kw_only=True):
    user_phone: Annotated[str, Meta(pattern=r"^[0-9]{10}\Z")]
    first_name: Text
    last_name: Text
    card_token: RequestId


class Ask(Struct, kw_only=True):
    request_id: Text


class NewTransaction(Body, kw_only=True):
    order_id: OrderId
    card_id: Text
    amount: Amount
    currency: Alpha3
    description: str | None = None


class Clearing(Body, kw_only=True):
    order_id: OrderId
    transaction_id: Text
    amount: Amount | None = None


class Refund(Body, kw_only=True):
    order_id: OrderId
    transaction_id: Text
    description: str | None = None
    amount: Amount | None = None


class TransactionInfo(Struct, kw_only=True):
    transaction_id: Text


class LimitObject(Struct, kw_only=True):
    type: Literal["card", "account", "client"]
    value: Text


class LimitAmount(Struct, kw_only=True):
    type: Text
    value: Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?\Z")]
    currency: Alpha3


class Limit(Struct, kw_only=True):
    transaction_type: Text
    amount: Annotated[list[LimitAmount], Meta(min_length=1)]
    region: Text | None = None
    period: Text | None = None


class SetLimits(Body, kw_only=True):
    object: LimitObject
    limits: Annotated[list[Limit], Meta(min_length=1)]


class ListLimits(Body, kw_only=True):
    object: LimitObject
