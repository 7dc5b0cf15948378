"""Web pages in one piece: style and script are inside, allowed by their hashes, and nothing loads
from elsewhere.
"""

from __future__ import annotations

import hashlib
import html
from base64 import b64encode
from importlib.resources import files
from typing import Final

from aiohttp import web

__all__ = ["PRIVATE", "Page"]

PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of answers that only their browser may see."""


class Page:
    """A page made of `pages/NAME.html`, `.css` and `.js`; `frames`: another page may show it in a
    frame.
    """

    def __init__(self, name: str, *, frames: bool) -> None:
        folder = files("freedompay_async.sandbox") / "pages"
        text, style, script = (
            (folder / f"{name}.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
        )
        self._text: Final = text.replace("<style></style>", f"<style>{style}</style>").replace(
            "<script></script>", f"<script>{script}</script>"
        )
        self._headers: Final = PRIVATE | {
            "Content-Security-Policy": _policy(style=style, script=script, frames=frames)
        }

    def response(self, *, status: int = 200, **facts: str) -> web.Response:
        """The page, with the value of each fact in place of its name in doubled braces."""
        text = self._text
        for name, value in facts.items():
            text = text.replace(f"{{{{{name}}}}}", html.escape(value))
        return web.Response(
            text=text, status=status, content_type="text/html", headers=self._headers
        )


def _policy(*, style: str, script: str, frames: bool) -> str:
    rules = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script),
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    if not frames:
        rules["frame-ancestors"] = "'none'"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
