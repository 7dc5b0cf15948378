"""The PIN of `cards.set_pin`, as it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Pin

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.redaction.secret import Hidden

__all__ = ["pin_to_send"]

# What is longer is no plain PIN, even if it is all digits.
_LONGEST_PLAIN: Final = 12


def pin_to_send(pin: Pin | None, encrypt: Hidden[Callable[[str], str] | None]) -> Pin | None:
    """The encrypted PIN; `None`: the issuer makes one.

    Args:
        pin: encrypted, or plain together with `encrypt`.
        encrypt: from the plain PIN to what goes out.

    Raises:
        ConfigurationError: there is nothing to encrypt, or nothing to encrypt it with.
    """
    if pin is None:
        if encrypt.value is not None:
            raise _refused("set_pin(encrypt=…) needs the pin.")
        return None
    if pin and encrypt.value is not None:
        pin = Pin(encrypt.value(pin.reveal()))
    if not pin:
        raise _refused("set_pin was given an empty PIN.")
    if encrypt.value is None and len(pin.reveal()) <= _LONGEST_PLAIN and pin.reveal().isdigit():
        raise _refused(
            "set_pin was given a plain PIN and nothing to encrypt it with: hand in encrypt=, or "
            "the encrypted text."
        )
    return pin


def _refused(what: str) -> ConfigurationError:
    return ConfigurationError(f"{what} Nothing was sent.", call="cards.set_pin")
