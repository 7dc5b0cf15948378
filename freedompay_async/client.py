"""`FreedomPay`, the client of one merchant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, Unpack

import msgspec

from freedompay_async.api import Cards, Clients, GiftCards, Requests, SpendingLimits, Transactions
from freedompay_async.api.custom_call import custom_call
from freedompay_async.api.intend import Intend
from freedompay_async.base_client import BaseClient
from freedompay_async.calls.record import Record
from freedompay_async.client_options import FREEDOMPAY_OPTIONS, choose, close_options
from freedompay_async.contract.calls import Retry, Section
from freedompay_async.contract.client_contract import Contract
from freedompay_async.contract.file.reading import overrides_of
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.regions import Region
from freedompay_async.crypto.signing import complete_signer
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text, refusal, sealed
from freedompay_async.intents.sending import send_intent
from freedompay_async.redaction.secret import Hidden, SecretKey
from freedompay_async.settings.options import CALL_OPTIONS, SEND_OPTIONS, check_options
from freedompay_async.settings.schemes import SECTIONS, read_schemes, signers_of
from freedompay_async.settings.settings import Settings, endpoint_of, region_scheme

if TYPE_CHECKING:
    from datetime import datetime

    from freedompay_async.client_options import FreedomPayOptions
    from freedompay_async.crypto.signing import Signer
    from freedompay_async.intents.intent import Intent
    from freedompay_async.operations.operation import Operation
    from freedompay_async.settings.options import CallOptions, SendOptions

__all__ = ["FreedomPay"]

R = TypeVar("R")


class FreedomPay(BaseClient):
    """A client for one merchant, with a pool of connections; one for each event loop.

    Args:
        auth_id: the merchant's id.
        secret_key: the merchant's secret key; shown nowhere.
        region: decides the host and the signature scheme.
        test: True: the region's test host. False: the live one, where cards are real. It has to be
            said where a region has both and no base_url is given; with a base_url, True says that
            it is a test host.
        base_url: wins over the region's host, such as `https://api.example.com`.
        scheme: wins over the region's signature scheme: `jws-hs512`, `jws-hs256` or `sign`, or one
            for each section, such as `payment-cards=jws-hs256,gift-cards=sign`.
        **options: `help(ClientOptions)` and `help(FreedomPayOptions)` of `freedompay_async.models`
            describe each. In a few words: `max_connections` (100), `rate` in calls a second,
            `timeout` in seconds (60), `policy`: the times in between, `contract`: what is different
            in the contract table, `signer`: in place of the id, the key and the scheme, `record`: a
            file of calls that can't be asked about, `ssl_context`, `max_answer` in bytes, `proxy`,
            `trust_env`: the proxy of the environment, `transport`: in place of a
            session of aiohttp, `events`: a function that is told what happens.

    Raises:
        ConfigurationError: a setting is missing or wrong; nothing was sent.
    """

    def __init__(
        self,
        *,
        auth_id: str | int | None = None,
        secret_key: str | None = None,
        region: Region | str | None = None,
        test: bool | None = None,
        base_url: str | None = None,
        scheme: str | None = None,
        **options: Unpack[FreedomPayOptions],
    ) -> None:
        # Hidden first, so that no traceback of this frame shows it.
        hidden_key = Hidden(secret_key)
        del secret_key
        chosen = choose(options, FREEDOMPAY_OPTIONS, "FreedomPay.__init__")
        key = None if hidden_key.value is None else sealed("secret_key", hidden_key, SecretKey)
        named = None if region is None else Region(region)
        host = endpoint_of(named, test=test, base_url=base_url)
        signers = _signers(
            named,
            auth_id=auth_id,
            secret_key=key,
            scheme=scheme,
            signer=chosen.signer,
        )
        own = Contract(overrides_of(chosen.contract), named)
        own.check_ids(signers)
        super().__init__(
            chosen,
            base_url=host.base_url,
            signers=signers,
            rows=own.rows,
            record=None if chosen.record is None else Record(chosen.record),
        )
        self.contract: Final = own
        self.base_url: Final = host.base_url
        self.live: Final = host.live
        """Cards are real there: the host is neither a test host nor this machine."""
        self.merchant: Final = signers[Section.PAYMENT_CARDS].auth_id
        self.cards: Final = Cards(self._session)
        self.clients: Final = Clients(self._session)
        self.gift_cards: Final = GiftCards(self._session)
        self.intend: Final = Intend(self._session, host.base_url)
        self.limits: Final = SpendingLimits(self._session)
        self.requests: Final = Requests(self._session)
        self.transactions: Final = Transactions(self._session)

    @classmethod
    def from_env(cls, **options: Unpack[FreedomPayOptions]) -> Self:
        """A client with the settings of the environment; an option wins over its variable.

        They are `FREEDOMPAY_AUTH_ID`, `_SECRET_KEY`, `_REGION`, `_TEST`, `_BASE_URL`, `_SIGNATURE`,
        `_CONTRACT` and `_PROXY`. A `signer` needs neither the merchant id nor the key.

        Raises:
            ConfigurationError: names each variable that is missing or wrong.
        """
        close_options(options, FREEDOMPAY_OPTIONS, "FreedomPay.from_env")
        settings = Settings.from_env(signed=options.get("signer") is not None)
        return cls.from_settings(settings, **options)

    @classmethod
    def from_settings(cls, settings: Settings, **options: Unpack[FreedomPayOptions]) -> Self:
        """A client with settings that were read elsewhere; an option wins over its setting."""
        close_options(options, FREEDOMPAY_OPTIONS, "FreedomPay.from_settings")
        options["contract"] = options.get("contract") or settings.contract or ()
        options["proxy"] = options.get("proxy") or settings.proxy
        return cls(
            auth_id=settings.auth_id,
            secret_key=settings.secret_key,
            region=settings.region,
            test=settings.test,
            base_url=settings.base_url,
            scheme=None if options.get("signer") is not None else settings.scheme,
            **options,
        )

    def replace_signer(self, signer: Signer | Mapping[Section, Signer]) -> None:
        """From now on another signer signs, because the key has changed. Calls on the way go on:
        what they send again is signed anew.

        Args:
            signer: of the same merchant and kind of scheme; one for all sections, or a mapping from
                `Section` with those that change.

        Raises:
            ConfigurationError: it is of another merchant or carries ids in another way: make a
                client of its own for that.
        """
        signers = dict(signer) if isinstance(signer, Mapping) else dict.fromkeys(SECTIONS, signer)
        signers = {section: complete_signer(new) for section, new in signers.items()}
        for section, new in signers.items():
            old = self._session.shared.signers.get(section)
            if old is None:
                raise ConfigurationError(
                    f"section {section!r} is not of this client. Nothing was sent."
                )
            if new.auth_id != old.auth_id or new.header_id != old.header_id:
                raise ConfigurationError(
                    f"the new signer for {section} is of another merchant or another scheme: make "
                    "a client of its own. Nothing was sent."
                )
        self._session.shared.replace_signers(signers)

    async def send(
        self,
        intent: Intent[R],
        *,
        first_sent: datetime | None,
        **options: Unpack[CallOptions],
    ) -> Operation[R]:
        """Send a call that `fp.intend` has made, in this process or another. The same bytes go out
        under the same request id, however often it is sent.

        Commit in your own row that it is sent now, before you call this: a process may die at any
        point, and the next one has to know.

        Args:
            intent: the call.
            first_sent: the dangerous argument, so it has no default. `None`: it was never sent
                before, by any process. A refusal is believed as quickly as that of a call with an
                id of the library's. If it was sent before all the same, the refusal is of the
                second use of its id, and does not tell what became of the first. A `datetime` with
                a time zone: when it may first have been sent. The issuer is asked about it first.
                It is sent again only if the issuer does not know it after the grace time, and
                `first_sent` is less than `Policy.resend_within` ago; older than that, or ahead of
                this clock, it is only asked about.
            **options: `timeout` and `queue`; see `CallOptions`.

        Returns:
            The operation. That of a call which can't be asked about (gift cards, a PIN) has ended:
            its `result()` gives the answer at once.

        Raises:
            ConfigurationError: the intent is of another merchant or for another host, or
                `first_sent` has no time zone. Nothing was sent.
            FreedomPayError: any other but `StillProcessing`, as for the call itself.
        """
        check_options(options, CALL_OPTIONS, "FreedomPay.send")
        return await send_intent(
            self._session, intent, first_sent=first_sent, options=options, base_url=self.base_url
        )

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | Fields | msgspec.Struct,
        answer_type: type[R],
        *,
        retry: Retry = Retry.UNASKABLE,
        section: Section = Section.PAYMENT_CARDS,
        **options: Unpack[SendOptions],
    ) -> R:
        """Make a call that the library does not know yet; it is signed, sent and settled like the
        rest.

        Args:
            path: such as `/v5/card-api/some-section/some-call`.
            body: fields by their name on the wire, or a struct; wrap what is secret in `Secret`.
            answer_type: what a good answer is read into: a `msgspec.Struct`, a dataclass, or
                `dict`.
            retry: what may follow a lost answer. `UNASKABLE`, the safe choice, never sends it a
                second time unless the scheme carries the id in a header; `READ` is for what changes
                nothing; `ASKABLE` puts `request_id` into the body and gives a `RequestState`, which
                `requests.attach` goes on with.
            section: decides the signature scheme and the envelope of the answer.
            **options: see `SendOptions`; `request_id` and `first_sent` are not for a read.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        wrong = (
            None
            if _is_body(body)
            else refusal("body", body, "a dict of fields, or a msgspec.Struct")
        )
        # Bound anew, so that no traceback of this frame shows it.
        body = body if isinstance(body, msgspec.Struct) else Fields({} if wrong else body)
        check_options(options, SEND_OPTIONS, "FreedomPay.call")
        if wrong is not None:
            raise wrong
        return await custom_call(
            self._session,
            path,
            body,
            answer_type,
            options,
            retry=retry,
            section=section,
        )

    def __repr__(self) -> str:
        if not hasattr(self, "merchant"):
            return "FreedomPay(not made)"  # A tool that records locals asks for it in mid-refusal.
        return f"FreedomPay({self.base_url!r}, merchant={self.merchant!r}, {self._in_use()})"


def _is_body(value: object) -> bool:
    return isinstance(value, msgspec.Struct | Mapping | Fields)


def _signers(
    region: Region | None,
    *,
    auth_id: str | int | None,
    secret_key: SecretKey | None,
    scheme: str | None,
    signer: Signer | Mapping[Section, Signer] | None,
) -> dict[Section, Signer]:
    if signer is None:
        if auth_id is None or secret_key is None:
            raise ConfigurationError(
                "auth_id and secret_key are needed, or a signer. Nothing was sent."
            )
        chosen = {} if scheme is None else read_schemes(check_text("scheme", scheme))
        return signers_of(region_scheme(region), chosen, auth_id=auth_id, secret_key=secret_key)
    if scheme is not None:
        raise ConfigurationError(
            "scheme and signer are two ways to say the same: leave one out. Nothing was sent."
        )
    signers = dict(signer) if isinstance(signer, Mapping) else dict.fromkeys(SECTIONS, signer)
    if absent := [section for section in SECTIONS if section not in signers]:
        raise ConfigurationError(f"signer has none for {', '.join(absent)}. Nothing was sent.")
    return {section: complete_signer(each) for section, each in signers.items()}
