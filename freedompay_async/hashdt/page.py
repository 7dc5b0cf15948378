"""A page on which a cardholder sets a PIN."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from freedompay_async.redaction.portable import Portable

# msgspec reads the annotation when it runs.
from freedompay_async.redaction.secret import PageUrl  # noqa: TC001

__all__ = ["PinPage", "is_safe"]

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class PinPage(Portable, kw_only=True, frozen=True):
    """The page on which one PIN is set.

    Whoever has the URL can set the PIN, so only `url.reveal()` and `iframe()` show it.
    """

    request_id: str
    url: PageUrl

    def iframe(self, *, title: str = "PIN", width: str = "100%", height: str = "560") -> str:
        """HTML, escaped, that shows the page in a frame. The page can run its own scripts and send
        its form, and nothing else.

        It gets no referrer, can't open windows or navigate the page around it, and can't ask for
        the camera, the microphone or the location.

        Args:
            title: what a screen reader calls it.
            width: of the frame, as HTML takes it.
            height: of the frame.
        """
        # The page keeps its own origin, which its session may need. That is never the origin of the
        # page around it.
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
    """Whether a URL is https or of this machine, without a user name that could hide the host."""
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
