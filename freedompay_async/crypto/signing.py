"""The vendor's two signature schemes, as pure functions of the bytes that are sent.

`Sign`: docs.freedompay.kg, doc-833009. `X-JWS-Signature`: docs.freedompay.kz, doc-760202.
"""

from __future__ import annotations

import hmac
from abc import abstractmethod
from binascii import b2a_base64
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, Protocol

import msgspec

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text, refusal, sealed
from freedompay_async.guards.leftovers import leftover_of
from freedompay_async.redaction.secret import Hidden, Secret, SecretKey

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["JwsSigner", "Sha256Signer", "Signer", "complete_signer"]

_DIGESTS: Final = {"HS512": "sha512", "HS256": "sha256"}
_JSON: Final = "application/json"
# `urlsafe_b64encode` does the same in two more steps.
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")


class Signer(Protocol):
    """Signs calls.

    A signer of your own derives from this class, or has the same attributes. `secrets` and
    `on_refusal` have defaults.
    """

    if TYPE_CHECKING:
        # Read-only for type checkers, so that a property will do as well as an attribute.
        @property
        def auth_id(self) -> str:
            """The merchant's id."""
            ...

        @property
        def header_id(self) -> bool:
            """Whether the scheme sends the request id in a header, by which the issuer can
            recognise a repeated call.
            """
            ...

        @property
        def secrets(self) -> tuple[Secret, ...]:
            """What must not be shown where the issuer repeats it; by default nothing."""
            return ()

        @property
        def on_refusal(self) -> str:
            """A sentence for the error of a refused signature: what to check. By default empty."""
            return ""
    else:
        # No properties: a derived class could not set its own attributes then.
        secrets = ()
        on_refusal = ""

    @abstractmethod
    def headers(
        self, *, path: str, body: bytes, request_id: str
    ) -> dict[str, str] | Awaitable[dict[str, str]]:
        """The headers to send with exactly these body bytes.

        It may be an `async def`, for instance to ask a vault or an HSM that keeps the key. The
        timeout of the call includes it, and nothing is sent before it has answered.
        """
        ...


class _Completed(Signer):
    """A signer with the defaults of the attributes that it lacks."""

    def __init__(self, signer: Signer) -> None:
        self._signer: Final = signer

    @property
    def auth_id(self) -> str:
        return self._signer.auth_id

    @property
    def header_id(self) -> bool:
        return self._signer.header_id

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return self._signer.secrets if hasattr(self._signer, "secrets") else ()

    @property
    def on_refusal(self) -> str:
        return self._signer.on_refusal if hasattr(self._signer, "on_refusal") else ""

    def headers(
        self, *, path: str, body: bytes, request_id: str
    ) -> dict[str, str] | Awaitable[dict[str, str]]:
        return self._signer.headers(path=path, body=body, request_id=request_id)


def complete_signer(signer: Any) -> Signer:
    """The signer, with defaults for the attributes that have one.

    Raises:
        ConfigurationError: it lacks another attribute, or one has a wrong type.
    """
    lacking = [name for name in ("auth_id", "header_id", "headers") if not hasattr(signer, name)]
    if lacking:
        raise ConfigurationError(
            f"signer is of type {type(signer).__name__}, and has no {', '.join(lacking)}: give a "
            "JwsSigner, a Sha256Signer or a Signer of your own. Nothing was sent."
        )
    whole = hasattr(signer, "secrets") and hasattr(signer, "on_refusal")
    made: Signer = signer if whole else _Completed(signer)
    # In a frame of its own, because a wrong value here may be a key.
    if not _are_secrets(made):
        raise ConfigurationError(
            "the signer's secrets must be a tuple of Secret. Nothing was sent."
        )
    check_text("the signer's on_refusal", made.on_refusal)
    return made


def _are_secrets(signer: Any) -> bool:
    return isinstance(signer.secrets, tuple) and all(
        isinstance(each, Secret) for each in signer.secrets
    )


class Sha256Signer:
    """The scheme `Sign` (docs.freedompay.kg, doc-833009): the SHA-256 of the body followed by the
    secret key, in lower-case hex. The header `Request-Id` has the request id.

    The signature does not protect method and path.

    Raises:
        ConfigurationError: the merchant id or the key can't be right.
    """

    header_id: bool = True

    def __init__(self, *, auth_id: str | int, secret_key: str) -> None:
        # Hidden first, so that no traceback of this frame shows it; below too.
        hidden = Hidden(secret_key)
        del secret_key
        key = sealed("secret_key", hidden, SecretKey)
        self.auth_id: Final = _checked(auth_id)
        self._key: Final = _usable(key)
        self.secrets: Final[tuple[Secret, ...]] = (self._key,)
        self.on_refusal: Final = _on_refusal("sign", self._key)

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        digest = sha256(body + self._key.reveal().encode()).hexdigest()
        return {
            "Content-Type": _JSON,
            "Request-Id": request_id,
            "Auth-Id": self.auth_id,
            "Sign": digest,
        }

    def __reduce__(self) -> NoReturn:
        _refuse_pickle()

    def __repr__(self) -> str:
        if not hasattr(self, "auth_id"):
            return "Sha256Signer(not made)"  # A tool that shows locals may ask an unfinished one.
        return f"Sha256Signer(auth_id={self.auth_id!r})"


class JwsSigner:
    """The scheme `X-JWS-Signature` (docs.freedompay.kz, doc-760202): a detached JWS (RFC 7515,
    appendix F) over the path and the body.

    `alg` is `HS512`, which the vendor's worked example uses, or `HS256`, which another text of the
    same page names, with `typ` in the header. The second text is probably newer, but its example
    verifies under no published key. Only a call shows which of the two a host takes.

    Raises:
        ConfigurationError: the merchant id or the key can't be right, or `alg` is unknown.
    """

    header_id: bool = False

    def __init__(
        self, *, auth_id: str | int, secret_key: str, alg: Literal["HS512", "HS256"] = "HS512"
    ) -> None:
        hidden = Hidden(secret_key)
        del secret_key
        key = sealed("secret_key", hidden, SecretKey)
        if alg not in tuple(_DIGESTS):
            raise ConfigurationError(
                f"alg is {alg!r}: the vendor's pages name HS512 and HS256. Nothing was sent."
            )
        self.auth_id: Final = _checked(auth_id)
        self.alg: Final = alg
        self._key: Final = _usable(key)
        self.secrets: Final[tuple[Secret, ...]] = (self._key,)
        self.on_refusal: Final = _on_refusal(f"jws-{alg.lower()}", self._key)
        # It has the key in it: the key is hashed once, and not for each call.
        self._mac: Final = hmac.new(self._key.reveal().encode(), digestmod=_DIGESTS[alg])
        self._protected: Final[dict[str, bytes]] = {}

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        protected = self._protected.get(path) or self._protect(path)
        signed = protected + b"." + _b64(body)
        mac = self._mac.copy()
        mac.update(signed)
        signature = _b64(mac.digest())
        return {
            "Content-Type": _JSON,
            "X-JWS-Signature": (protected + b".." + signature).decode("ascii"),
        }

    def _protect(self, path: str) -> bytes:
        header = {
            "uri": path,
            "auth_id": self.auth_id,
            "method": "POST",
            "params": "",
            "alg": self.alg,
        }
        if self.alg == "HS256":
            header["typ"] = "JWT"
        protected = self._protected[path] = _b64(msgspec.json.encode(header))
        return protected

    def __reduce__(self) -> NoReturn:
        _refuse_pickle()

    def __repr__(self) -> str:
        if not hasattr(self, "alg"):
            return "JwsSigner(not made)"
        return f"JwsSigner(auth_id={self.auth_id!r}, alg={self.alg!r})"


def _refuse_pickle() -> NoReturn:
    raise TypeError(
        "a signer can't be pickled, because a pickle holds no secret: make one where it is needed"
    )


def _b64(data: bytes) -> bytes:
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=")


def _checked(auth_id: object) -> str:
    if isinstance(auth_id, bool) or not isinstance(auth_id, str | int):
        raise refusal("auth_id", auth_id, "the merchant's id, as text or as a whole number")
    auth_id = check_text("auth_id", auth_id if isinstance(auth_id, str) else str(auth_id))
    # It is the value of a header, and a line break in it could add headers.
    if (
        not auth_id
        or not auth_id.isascii()
        or not auth_id.isprintable()
        or auth_id != auth_id.strip()
        or auth_id[0] in "\"'"
    ):
        raise ConfigurationError(
            "auth_id must be the merchant's id: printable ASCII, without spaces or quotation marks "
            "around it. Nothing was sent."
        )
    return auth_id


def _usable(key: SecretKey) -> SecretKey:
    if not key:
        raise ConfigurationError(
            "secret_key is empty: every call must be signed. Nothing was sent."
        )
    try:
        writable = all(char < "\ud800" or char > "\udfff" for char in key.reveal())
    except ValueError as error:
        raise ConfigurationError(f"secret_key can't be used: {error}. Nothing was sent.") from None
    if not writable:
        raise ConfigurationError(
            "secret_key has characters that UTF-8 can't write. Nothing was sent."
        )
    odd = None if key.exact else leftover_of(key)
    if odd is not None:
        raise ConfigurationError(
            f"secret_key {odd}. Remove that. If the key is really so, use SecretKey(…, "
            "exact=True) or FREEDOMPAY_SECRET_KEY_EXACT=1. Nothing was sent."
        )
    return key


_SCHEMES: Final = ("jws-hs512", "jws-hs256", "sign")


def _on_refusal(scheme: str, key: SecretKey) -> str:
    """What may be wrong where the issuer refuses a signature, besides key and merchant id."""
    others = " or ".join(each for each in _SCHEMES if each != scheme)
    text = (
        f"It was signed with the scheme {scheme}, and this host may take {others}: `freedompay "
        "doctor` finds out. FREEDOMPAY_SIGNATURE, --scheme or scheme= sets another."
    )
    odd = leftover_of(key)
    return text if odd is None else f"{text} The secret key {odd}."
