"""Makes text of the wire writable: aiohttp hands bytes that are not UTF-8 on as surrogates."""

__all__ = ["readable"]


def readable(text: str) -> str:
    r"""The text, with `\xff` and the like in place of surrogates."""
    return str(text).encode(errors="surrogateescape").decode(errors="backslashreplace")
