"""Text off the wire as text that can be written again: aiohttp hands bytes that are not UTF-8 on as
surrogates.
"""

__all__ = ["readable"]


def readable(text: str) -> str:
    r"""The text, with `\xff` and the like where there was none."""
    return str(text).encode(errors="surrogateescape").decode(errors="backslashreplace")
