"""What files, editors and shells leave around a setting and no key or token has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from freedompay_async.redaction.secret import Secret

__all__ = ["leftover_of"]

_QUOTES: Final = ('""', "''", "``", "“”", "„“", "„”", "«»", "‘’")  # noqa: RUF001 - the look-alikes are the point


def leftover_of(value: Secret) -> str | None:
    """What is odd about a key or a token, as the rest of a sentence about it; `None`: nothing.

    A frame of its own holds the value, and it ends before anything can fail.
    """
    text = value.reveal()
    if "\ufeff" in text:
        return "has a byte order mark (BOM) in it, as some editors put before a text"
    if "\n" in text or "\r" in text:
        return "has a line break (newline or carriage return) in it, as the last line of a file has"
    if text != text.strip():
        return "begins or ends with white space"
    if len(text) > 1 and text[0] + text[-1] in _QUOTES:
        return (
            "stands in quotation marks, as in a shell or an env file, and they were not taken away"
        )
    hidden = next((char for char in text if not char.isprintable()), None)
    if hidden is not None:
        return f"has an invisible character in it (U+{ord(hidden):04X})"
    return None
