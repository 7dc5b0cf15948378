"""`FreedomPay`: settings in, namespaces out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import msgspec

from freedompay_async.client_contract import Contract
from freedompay_async.contract import Retry, Section
from freedompay_async.errors import ConfigurationError
from freedompay_async.models.open import Fields
from freedompay_async.pooled import Pooled
from freedompay_async.record import Record
from freedompay_async.resources import Cards, Clients, GiftCards, Limits, Requests, Transactions
from freedompay_async.resources.given import given_call
from freedompay_async.secret import SecretKey
from freedompay_async.settings import MAX_ANSWER, Region, Settings, base_url_of, signer_of

if TYPE_CHECKING:
    import ssl
    from os import PathLike

    from freedompay_async.overrides import Override
    from freedompay_async.policy import Policy
    from freedompay_async.signing import Signer

__all__ = ["FreedomPay"]

R = TypeVar("R")
_SECTIONS: Final[tuple[Section, ...]] = (Section.PAYMENT_CARDS, Section.GIFT_CARDS)


class FreedomPay(Pooled):
    """A client for one merchant, with a pool of connections; one for each event loop.

    Args:
        auth_id: the merchant's id.
        secret_key: the merchant's secret key; shown nowhere.
        region: decides the host and the signature scheme.
        test: the region's test host.
        base_url: wins over the region's host, such as `https://api.example.com`.
        signer: wins over the region's scheme; one for all sections, or a mapping from `Section`.
        max_connections: connections open at once, and so calls on the way at once.
        rate: calls a second at most, whoever makes them; left out, there is no limit but the one that the issuer's 429 teaches.
        timeout: seconds a call may take in all: the wait for the pool, attempts, pauses and settling.
        policy: the times in between.
        contract: what is different in the contract table: see `Override`.
        record: a file in which every call that can't be asked about (a gift card's issue, a PIN of the issuer's making) is written down
            before it is sent and when it has ended: see `Record`.
        ssl_context: your own TLS settings, for a private authority.
        max_answer: bytes; a larger answer is not read, and counts as lost.
        trust_env: go through the proxy that `HTTPS_PROXY` and `NO_PROXY` name, as aiohttp's `trust_env` does, `.netrc` included; left out,
            neither is looked at. A base_url on this machine over plain http never uses a proxy.

    Raises:
        ConfigurationError: a setting is missing or wrong; nothing was sent.
    """

    def __init__(
        self,
        *,
        auth_id: str | int | None = None,
        secret_key: str | None = None,
        region: Region | str | None = None,
        test: bool = False,
        base_url: str | None = None,
        signer: Signer | Mapping[Section, Signer] | None = None,
        max_connections: int = 100,
        rate: float | None = None,
        timeout: float = 60.0,
        policy: Policy | None = None,
        contract: Iterable[Override] = (),
        record: str | PathLike[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        max_answer: int = MAX_ANSWER,
        trust_env: bool = False,
    ) -> None:
        # Bound anew, so that no traceback of this frame shows it.
        secret_key = None if secret_key is None else SecretKey(secret_key)
        named = None if region is None else Region(region)
        base_url = base_url_of(named, test=test, base_url=base_url)
        if isinstance(signer, Mapping):
            signers = dict(signer)
            absent = [section for section in _SECTIONS if section not in signers]
            if absent:
                raise ConfigurationError(f"signer has none for {', '.join(absent)}. Nothing was sent.")
        else:
            if signer is None:
                if auth_id is None or secret_key is None:
                    raise ConfigurationError("auth_id and secret_key are needed, or a signer. Nothing was sent.")
                signer = signer_of(named, auth_id=auth_id, secret_key=secret_key)
            signers = dict.fromkeys(_SECTIONS, signer)
        own = Contract(contract, named)
        own.check_ids(signers)
        super().__init__(
            base_url=base_url,
            signers=signers,
            rows=own.rows,
            record=None if record is None else Record(record),
            max_connections=max_connections,
            rate=rate,
            timeout=timeout,
            policy=policy,
            ssl_context=ssl_context,
            max_answer=max_answer,
            trust_env=trust_env,
        )
        self.contract: Final = own
        self.base_url: Final = base_url
        self.merchant: Final = signers[Section.PAYMENT_CARDS].auth_id
        self.cards: Final = Cards(self._session)
        self.clients: Final = Clients(self._session)
        self.gift_cards: Final = GiftCards(self._session)
        self.limits: Final = Limits(self._session)
        self.requests: Final = Requests(self._session)
        self.transactions: Final = Transactions(self._session)

    @classmethod
    def from_env(
        cls,
        *,
        max_connections: int = 100,
        rate: float | None = None,
        timeout: float = 60.0,
        policy: Policy | None = None,
        contract: Iterable[Override] = (),
        record: str | PathLike[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        max_answer: int = MAX_ANSWER,
        trust_env: bool = False,
    ) -> Self:
        """A client with the settings of `FREEDOMPAY_AUTH_ID`, `_SECRET_KEY`, `_REGION`, `_TEST` and `_BASE_URL`.

        Raises:
            ConfigurationError: names each variable that is missing or wrong.
        """
        return cls.from_settings(
            Settings.from_env(),
            max_connections=max_connections,
            rate=rate,
            timeout=timeout,
            policy=policy,
            contract=contract,
            record=record,
            ssl_context=ssl_context,
            max_answer=max_answer,
            trust_env=trust_env,
        )

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        max_connections: int = 100,
        rate: float | None = None,
        timeout: float = 60.0,
        policy: Policy | None = None,
        contract: Iterable[Override] = (),
        record: str | PathLike[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        max_answer: int = MAX_ANSWER,
        trust_env: bool = False,
    ) -> Self:
        return cls(
            auth_id=settings.auth_id,
            secret_key=settings.secret_key,
            region=settings.region,
            test=settings.test,
            base_url=settings.base_url,
            max_connections=max_connections,
            rate=rate,
            timeout=timeout,
            policy=policy,
            contract=contract,
            record=record,
            ssl_context=ssl_context,
            max_answer=max_answer,
            trust_env=trust_env,
        )

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | Fields | msgspec.Struct,
        answer_type: type[R],
        *,
        retry: Retry = Retry.UNASKABLE,
        section: Section = Section.PAYMENT_CARDS,
        request_id: str | None = None,
        timeout: float | None = None,
        wait: bool = True,
    ) -> R:
        """Make a call that the library does not know yet; it is signed, sent and settled like the rest.

        Args:
            path: such as `/v5/card-api/card/rename`.
            body: fields by their name on the wire, or a struct; wrap what is secret in `Secret`.
            answer_type: what a good answer is read into: a `msgspec.Struct`, a dataclass, or `dict`.
            retry: what may follow a lost answer. `UNASKABLE`, the safe choice, never sends it a second time unless the scheme carries the
                id in a header; `READ` is for what changes nothing; `ASKABLE` puts `request_id` into the body and gives a `RequestState`,
                which `requests.attach` goes on with.
            section: decides the signature scheme and the envelope of the answer.
            request_id: a UUID of your own; not for a read.
            timeout: seconds, everything included.
            wait: as for `Cards`.

        Raises:
            FreedomPayError: any of the tree but `StillProcessing`.
        """
        # Bound anew, so that no traceback of this frame shows its values.
        body = body if isinstance(body, msgspec.Struct) else Fields(body)
        return await given_call(
            self._session, path, body, answer_type, retry=retry, section=section, request_id=request_id, timeout=timeout, wait=wait
        )

    def __repr__(self) -> str:
        if not hasattr(self, "merchant"):
            return "FreedomPay(not made)"  # Whoever records the locals of a refusal asks for it.
        return f"FreedomPay({self.base_url!r}, merchant={self.merchant!r}, {self._transport!r})"
