"""Encodes the body of a call. Pure.

No other module encodes bodies, because the signature is over exactly these bytes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from freedompay_async.codec.body_check import wrong_value
from freedompay_async.contract.bodies import reshaped
from freedompay_async.contract.models.requests import CustomBody, CustomIntent
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.opening import opened
from freedompay_async.redaction.secret import MASK, Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from freedompay_async.contract.models.open import Fields

__all__ = ["encode"]


def encode(
    request: msgspec.Struct,
    added: Mapping[str, Any] | Fields | None = None,
    extra: Mapping[str, Any] | None = None,
    *,
    leave_out: Collection[str] = (),
    rename: Mapping[str, str] | None = None,
) -> bytes:
    """The body as one line of JSON in UTF-8. Exactly these bytes are signed and sent.

    Args:
        request: the body.
        added: more fields, from an override. A field that the body has keeps its value.
        extra: more fields, from the caller of the method.
        leave_out: fields to leave out, from an override; see `contract/bodies.py`.
        rename: new names of fields, from an override.

    Raises:
        ConfigurationError: JSON can't hold a value, or `extra` names a field that the body has or
            that an override leaves out or renames; nothing was sent.
    """
    try:
        if (
            not added
            and not extra
            and not leave_out
            and not rename
            and not isinstance(request, _CUSTOM)
        ):
            wrong = wrong_value(request)
            body = _encoded(request)
        else:
            body = _ENCODER.encode(
                opened(
                    _merged(request, added or {}, extra or {}, leave_out, rename or {}),
                    Secret.reveal,
                )
            )
            wrong = wrong_value(request) or wrong_value(added) or wrong_value(extra)
        if wrong is None:
            return body
    except UnicodeEncodeError:
        wrong = "a value has characters that UTF-8 can't write (half of a surrogate pair)"
    except (TypeError, ValueError, OverflowError, RecursionError, AttributeError) as error:
        wrong = wrong_value(request) or f"a value can't be written as JSON: {error}"
    # Raised here, so that it does not keep an error alive whose frames hold the values.
    raise ConfigurationError(f"{wrong}. Nothing was sent.")


def _merged(
    request: msgspec.Struct,
    added: Mapping[str, Any] | Fields,
    extra: Mapping[str, Any],
    leave_out: Collection[str],
    rename: Mapping[str, str],
) -> dict[str, Any]:
    if gone := sorted({*leave_out, *rename} & extra.keys()):
        why = "the contract leaves it out, or gives it another name"
        raise ConfigurationError(f"extra can't hold {', '.join(gone)}: {why}. Nothing was sent.")
    if isinstance(request, CustomBody):
        body = {**request.fields}
    elif isinstance(request, CustomIntent):
        body = {**request.fields, "request_id": request.request_id}
    else:
        body = msgspec.to_builtins(
            opened(request, Secret.reveal), enc_hook=_refused, builtin_types=(Decimal,)
        )
    if leave_out or rename:
        body = reshaped(body, leave_out, rename)
    if taken := sorted(body.keys() & extra.keys()):
        raise ConfigurationError(
            f"extra can't hold {', '.join(taken)}: the body has it already. Nothing was sent."
        )
    return {**body, **{name: added[name] for name in added if name not in body}, **extra}


def _encoded(request: msgspec.Struct) -> bytes:
    if type(request).__module__.startswith(_OURS):
        body = _ENCODER.encode(request)
        # A secret is written as `***`, and most bodies have none.
        if _MASKED not in body:
            return body
    # A struct of the caller may hold anything.
    return _ENCODER.encode(opened(request, Secret.reveal))


def _refused(value: object) -> NoReturn:
    raise TypeError(f"it is of type {type(value).__name__}")


_CUSTOM: Final = (CustomBody, CustomIntent)
# The vendor's amounts are JSON numbers. A `Decimal` keeps all its digits.
_ENCODER: Final = msgspec.json.Encoder(enc_hook=_refused, decimal_format="number")
_MASKED: Final = MASK.encode()
_OURS: Final = "freedompay_async."
