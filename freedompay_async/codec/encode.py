"""A call to bytes: pure.

The encoder of the body is here and nowhere else: what the vendor's server re-encodes, if anything,
is not public.
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
    """One line of JSON in UTF-8: these bytes are signed, and these bytes are sent.

    Args:
        request: the body.
        added: more fields, from an override; one that is in the body already stays as it is there.
        extra: more fields, from the caller of the method.
        leave_out: fields of the body, from an override; see `contract/bodies.py`.
        rename: fields of the body, from an override, each with its other name.

    Raises:
        ConfigurationError: a value has no form in it, or `extra` names what the body has, or what
            an override takes out of it; nothing was sent.
    """
    try:
        if (
            not added
            and not extra
            and not leave_out
            and not rename
            and not isinstance(request, CustomBody | CustomIntent)
        ):
            misfit = wrong_value(request)
            body = _encoded(request)
        else:
            body = _ENCODER.encode(
                opened(
                    _merged(request, added or {}, extra or {}, leave_out, rename or {}),
                    Secret.reveal,
                )
            )
            misfit = wrong_value(request) or wrong_value(added) or wrong_value(extra)
        if misfit is None:
            return body
    except UnicodeEncodeError:
        misfit = ConfigurationError(
            "a value has characters that UTF-8 can't write (half of a surrogate pair). Nothing "
            "was sent."
        )
    except (TypeError, ValueError, OverflowError, RecursionError, AttributeError) as error:
        misfit = wrong_value(request) or ConfigurationError(
            f"a value has no form in JSON: {error}. Nothing was sent."
        )
    # Raised here, so that it does not hold on to an error whose frames hold the values.
    raise misfit


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
            f"extra can't hold {', '.join(taken)}: the call has it already. Nothing was sent."
        )
    return {**body, **{name: added[name] for name in added if name not in body}, **extra}


def _encoded(request: msgspec.Struct) -> bytes:
    if type(request).__module__.startswith(_OURS):
        body = _ENCODER.encode(request)
        # Each secret is written so, and most bodies have none.
        if _MASKED not in body:
            return body
    # A struct of the caller's own may hold anything.
    return _ENCODER.encode(opened(request, Secret.reveal))


def _refused(value: object) -> NoReturn:
    raise TypeError(f"it is of type {type(value).__name__}")


# The vendor's amounts are JSON numbers; a `Decimal` is written digit by digit.
_ENCODER: Final = msgspec.json.Encoder(enc_hook=_refused, decimal_format="number")
_MASKED: Final = MASK.encode()
_OURS: Final = "freedompay_async."
