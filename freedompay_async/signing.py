"""The vendor's two signature schemes: pure functions of the bytes that are sent.

`Sign`: docs.freedompay.kg, doc-833009. `X-JWS-Signature`: docs.freedompay.kz, doc-760202.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final, Literal, NoReturn, Protocol

import msgspec

from freedompay_async.errors import ConfigurationError
from freedompay_async.secret import Secret, SecretKey

__all__ = ["JwsSigner", "Sha256Signer", "Signer"]

_DIGESTS: Final = {"HS512": "sha512", "HS256": "sha256"}
_JSON: Final = "application/json"


class Signer(Protocol):
    """What the session needs of a scheme."""

    @property
    def auth_id(self) -> str:
        """The merchant's id."""
        ...

    @property
    def header_id(self) -> bool:
        """Whether the scheme carries a request id in a header, so that the issuer can tell a repeated call."""
        ...

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        """The headers to send with exactly these body bytes.

        A signer that also has `secrets`, a tuple of `Secret`, is asked for what must not be shown should the issuer repeat it.
        """
        ...


class Sha256Signer:
    """`Sign`: lower-case hex SHA-256 of the body followed by the secret key; the request id is the header `Request-Id`.

    Method and path are not protected by it.
    """

    header_id: bool = True

    def __init__(self, *, auth_id: str | int, secret_key: str) -> None:
        # Bound anew, so that no traceback of this frame shows it; below too.
        secret_key = SecretKey(secret_key)
        self.auth_id: Final = _checked(auth_id)
        self._key: Final = _usable(secret_key)
        self.secrets: Final[tuple[Secret, ...]] = (self._key,)

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        digest = sha256(body + self._key.reveal().encode()).hexdigest()
        return {"Content-Type": _JSON, "Request-Id": request_id, "Auth-Id": self.auth_id, "Sign": digest}

    def __reduce__(self) -> NoReturn:
        _refuse_pickle()

    def __repr__(self) -> str:
        return f"Sha256Signer(auth_id={getattr(self, 'auth_id', 'not made')!r})"


class JwsSigner:
    """`X-JWS-Signature`: a detached JWS (RFC 7515, appendix F) over the path and the body.

    `alg` is `HS512` (the vendor's worked example, which verifies) or `HS256` (another text of the
    same page, with `typ` in the header). That one is probably the newer, and its example verifies
    under no published key: which of the two a host takes shows at the first call.
    """

    header_id: bool = False

    def __init__(self, *, auth_id: str | int, secret_key: str, alg: Literal["HS512", "HS256"] = "HS512") -> None:
        secret_key = SecretKey(secret_key)
        if alg not in _DIGESTS:
            raise ConfigurationError(f"alg is {alg!r}: the vendor's pages name HS512 and HS256. Nothing was sent.")
        self.auth_id: Final = _checked(auth_id)
        self.alg: Final = alg
        self._key: Final = _usable(secret_key)
        self.secrets: Final[tuple[Secret, ...]] = (self._key,)
        self._protected: Final[dict[str, bytes]] = {}

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        protected = self._protected.get(path) or self._protect(path)
        signed = protected + b"." + _b64(body)
        signature = _b64(hmac.digest(self._key.reveal().encode(), signed, _DIGESTS[self.alg]))
        return {"Content-Type": _JSON, "X-JWS-Signature": (protected + b".." + signature).decode("ascii")}

    def _protect(self, path: str) -> bytes:
        header = {"uri": path, "auth_id": self.auth_id, "method": "POST", "params": "", "alg": self.alg}
        if self.alg == "HS256":
            header["typ"] = "JWT"
        protected = self._protected[path] = _b64(msgspec.json.encode(header))
        return protected

    def __reduce__(self) -> NoReturn:
        _refuse_pickle()

    def __repr__(self) -> str:
        return f"JwsSigner(auth_id={getattr(self, 'auth_id', 'not made')!r}, alg={getattr(self, 'alg', None)!r})"


def _refuse_pickle() -> NoReturn:
    raise TypeError("a signer is not pickled, because a pickle holds no secret: make one where it is needed")


def _b64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _checked(auth_id: str | int) -> str:
    auth_id = str(auth_id)
    # A header value: a line break in it would let a setting write headers.
    if not auth_id or not auth_id.isascii() or not auth_id.isprintable() or auth_id != auth_id.strip():
        raise ConfigurationError("auth_id is the merchant's id, printable ASCII without spaces around it. Nothing was sent.")
    return auth_id


def _usable(key: SecretKey) -> SecretKey:
    if not key:
        raise ConfigurationError("secret_key is empty: every call must be signed. Nothing was sent.")
    try:
        writable = all(char < "\ud800" or char > "\udfff" for char in key.reveal())
    except ValueError as error:
        raise ConfigurationError(f"secret_key can't be used: {error}. Nothing was sent.") from None
    if not writable:
        raise ConfigurationError("secret_key has characters that UTF-8 can't write. Nothing was sent.")
    return key
