"""What comes in at the issuer, as it says itself while it runs."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request


class Watch:
    """Reads the issuer's events.

    Attributes:
        seen: the numbers of the requests that were told of.
        duplicates: those whose id the issuer had taken before.
    """

    def __init__(self, base_url: str) -> None:
        self.seen: set[int] = set()
        self.duplicates: set[int] = set()
        self._events = urllib.request.urlopen(f"{base_url}/sandbox/events", timeout=600)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        # The issuer's end ends it too.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            kind = b""
            for line in self._events:
                name, _, value = line.strip().partition(b": ")
                if name == b"event":
                    kind = value
                elif name == b"data" and kind == b"request":
                    self._note(json.loads(value))

    def _note(self, told: dict) -> None:
        self.seen.add(told["number"])
        if "duplicate" in told["verdict"]:
            self.duplicates.add(told["number"])

    def close(self) -> None:
        self._thread.join(60)
        self._events.close()
