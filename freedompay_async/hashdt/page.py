"""A page on which a cardholder sets a PIN."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from freedompay_async.redaction.portable import Portable
from freedompay_async.redaction.secret import PageUrl  # noqa: TC001 - msgspec reads the annotation when it runs

__all__ = ["PinPage", "is_safe"]

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class PinPage(Portable, kw_only=True, frozen=True):
    """Whoever has the URL can set the PIN, so it shows itself only when it is asked to:
    `url.reveal()`, or `iframe()`.
    """

    request_id: str
    url: PageUrl

    def iframe(self, *, title: str = "PIN", width: str = "100%", height: str = "560") -> str:
        """HTML that shows the page, escaped. The page can run its own scripts and send its form,
        and nothing else.

        It gets no referrer, can't open windows or move the page around it, and asks for no camera,
        microphone or place.

        Args:
            title: what a screen reader calls it.
            width: of the frame, as HTML takes it.
            height: of the frame.
        """
        # The page keeps its own origin, which it may need for its own session; it is never the
        # origin of the page around it.
        attributes = {
            "src": self.url.reveal(),
            "title": title,
            "width": width,
            "height": height,
            "sandbox": "allow-forms allow-scripts allow-same-origin",
            "referrerpolicy": "no-referrer",
            "allow": "camera 'none'; geolocation 'none'; microphone 'none'; payment 'none'",
        }
        written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
        return f"<iframe {written}></iframe>"


def is_safe(url: object) -> bool:
    """Whether it is https, or this machine; and no user name hides the host."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not url.isprintable() or " " in url or "\\" in url or not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
