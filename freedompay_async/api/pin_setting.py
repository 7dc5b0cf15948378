"""The PIN that `cards.set_pin` sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Pin

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.redaction.secret import Hidden

__all__ = ["pin_to_send"]

# A longer text is no plain PIN, even if it has digits only.
_LONGEST_PLAIN: Final = 12


def pin_to_send(pin: Pin | None, encrypt: Hidden[Callable[[str], str] | None]) -> Pin | None:
    """The encrypted PIN; `None`: the issuer makes one.

    Args:
        pin: the encrypted PIN, or the plain one together with `encrypt`.
        encrypt: encrypts the plain PIN.

    Raises:
        ConfigurationError: the PIN or its encryption is missing.
    """
    if pin is None:
        if encrypt.value is not None:
            raise _refused("set_pin has encrypt= and no PIN to encrypt.")
        return None
    if pin and encrypt.value is not None:
        pin = Pin(encrypt.value(pin.reveal()))
    if not pin:
        raise _refused("the PIN is empty.")
    if encrypt.value is None and len(pin.reveal()) <= _LONGEST_PLAIN and pin.reveal().isdigit():
        raise _refused("a plain PIN can't be sent: pass encrypt= with it, or the encrypted text.")
    return pin


def _refused(what: str) -> ConfigurationError:
    return ConfigurationError(f"{what} Nothing was sent.", call="cards.set_pin")
