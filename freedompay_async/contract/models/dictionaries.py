"""The vendor's published dictionaries. An unknown value becomes a member without a name."""

from __future__ import annotations

from freedompay_async.contract.models.open import OpenInt, OpenText

__all__ = [
    "CallStatus",
    "ClientType",
    "GiftCardStatus",
    "GiftStatus",
    "LimitObject",
    "LimitPeriod",
    "LimitTransaction",
    "Product",
    "RequestStatus",
    "Resident",
]


class CallStatus(OpenText):
    """The status of a call (docs.freedompay.kz, api-12075070)."""

    OK = "ok"
    ERROR = "error"


class RequestStatus(OpenText):
    """The status of the request that an answer concerns (docs.freedompay.kg, api-13677899).

    Another value is not final.
    """

    SUCCESS = "success"
    PROCESS = "process"
    ERROR = "error"


class Product(OpenInt):
    """Products of clients (docs.freedompay.kz, doc-850764).

    Card products are another list, which is not public.
    """

    FREEDOM_WALLET = 1000
    INSTANT = 2000
    ELECTRON = 3000


class ClientType(OpenInt):
    """Types of clients (docs.freedompay.kz, doc-850764)."""

    INDIVIDUAL = 1
    LEGAL_ENTITY = 2
    INDIVIDUAL_ENTREPRENEUR = 3


class Resident(OpenInt):
    """Whether a client is a resident (docs.freedompay.kz, doc-850764)."""

    RESIDENT = 1
    NON_RESIDENT = 2


class LimitObject(OpenText):
    """What a limit is set on (docs.freedompay.kz, api-18613819)."""

    CARD = "card"
    ACCOUNT = "account"
    CLIENT = "client"


class LimitTransaction(OpenText):
    """Kinds of transactions on the vendor's page of limits (docs.freedompay.kz, api-18613819)."""

    PAY = "pay"
    WITHDRAWAL = "withdrawal"
    WITHDRAWAL_ATM = "withdrawal_atm"
    PAY_ONLINE_NON3DS = "pay_online_non3ds"


class LimitPeriod(OpenText):
    """Periods on the vendor's page of limits (docs.freedompay.kz, api-18613819)."""

    DAY = "day"
    MONTH = "month"


class GiftStatus(OpenInt):
    """The status of a gift-card call (freedompay.money/docs-en/cards-api)."""

    OK = 0
    GENERAL_ERROR = -1
    WRONG_HOLDER_NAME = -2
    WRONG_PHONE = -3
    WRONG_PRODUCT = -4
    ISSUE_FAILED = -5
    NO_MONEY = -6
    WRONG_CARD_ID = -7
    WRONG_OTP = -8
    ACTIVATION_FAILED = -9
    ALREADY_ACTIVATED = -10
    ACCESS_DENIED = -11

    @property
    def sentence(self) -> str:
        """The status as a sentence."""
        return _GIFT_STATUS.get(
            self,
            f"The issuer answered with the code {self._value_}, which is not in its dictionary.",
        )


class GiftCardStatus(OpenInt):
    """The status of a gift card (freedompay.money/docs-en/cards-api)."""

    UNKNOWN = 0
    ISSUED = 1
    ACTIVATED = 2
    CANCELLED = 3
    BLOCKED = 4
    EXPIRED = 5

    @property
    def sentence(self) -> str:
        """The status as a sentence."""
        return _GIFT_CARD_STATUS.get(
            self,
            f"The card has the status {self._value_}, which is not in the issuer's dictionary.",
        )


_GIFT_STATUS = {
    GiftStatus.OK: "It was done.",
    GiftStatus.GENERAL_ERROR: "A general error of the issuer.",
    GiftStatus.WRONG_HOLDER_NAME: "The name of the holder is wrong.",
    GiftStatus.WRONG_PHONE: "The phone number is wrong.",
    GiftStatus.WRONG_PRODUCT: "The product code is wrong.",
    GiftStatus.ISSUE_FAILED: "The bank failed to issue the card.",
    GiftStatus.NO_MONEY: "There is not enough money on the partner's account.",
    GiftStatus.WRONG_CARD_ID: "The card id is wrong.",
    GiftStatus.WRONG_OTP: "The code from the SMS is wrong.",
    GiftStatus.ACTIVATION_FAILED: "The bank failed to activate the card.",
    GiftStatus.ALREADY_ACTIVATED: "The card is activated already.",
    GiftStatus.ACCESS_DENIED: "Access is denied.",
}
_GIFT_CARD_STATUS = {
    GiftCardStatus.UNKNOWN: "The issuer does not know the status of the card.",
    GiftCardStatus.ISSUED: "The card is issued.",
    GiftCardStatus.ACTIVATED: "The card is activated.",
    GiftCardStatus.CANCELLED: "The card is cancelled.",
    GiftCardStatus.BLOCKED: "The card is blocked.",
    GiftCardStatus.EXPIRED: "The card has expired.",
}
