"""Where a journal is: a file, or a database that many machines share.

A password may stand in the variable of the environment only, and no text shows it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from freedompay_async.cli.output import in_shell
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

__all__ = ["VARIABLE", "JournalAddress", "journal_address"]

VARIABLE: Final = "FREEDOMPAY_JOURNAL"
# With one slash or none too: it is a slip, and what follows may have a password.
_DATABASE: Final = re.compile(r"postgres(?:ql)?:", re.IGNORECASE)
_OTHER: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# An address as psql also takes it: `host=db.example dbname=cards password=...`.
_KEYWORDS: Final = re.compile(
    r"\s*(?:host|hostaddr|port|dbname|user|password|passfile|service|ssl\w+)\s*=", re.IGNORECASE
)
_HOST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%\w+)?\]|[^:\[\]@\s]*)(?::(\d{1,5}))?")
_SECRETS: Final = frozenset({"password", "sslpassword"})
_LIKE: Final = "postgresql://user@host:5432/database"
_PUT_IT: Final = (
    f"put the whole address with it in {VARIABLE}, or the password alone in PGPASSWORD or in "
    "~/.pgpass"
)


class JournalAddress:
    """Where a journal is.

    Attributes:
        path: of the file; `None`: it is in a database.
        url: the whole address of the database; a secret, because it may have a password. `None`:
            it is a file.
        shown: the path, or the address without a password.
    """

    __slots__ = ("path", "shown", "url")

    def __init__(self, shown: str, *, path: Path | None = None, url: Secret | None = None) -> None:
        self.shown: Final = shown
        self.path: Final = path
        self.url: Final = url

    def command(self, verb: str, *, batch: str | None = None) -> str:
        """A command for this journal, as the user can copy it.

        Args:
            verb: such as `batch resume`.
            batch: the name of the batch, where a journal has several.
        """
        named = "" if batch is None else f" --batch {in_shell(batch)}"
        return f"freedompay {verb} {in_shell(self.shown)}{named}"

    def __repr__(self) -> str:
        return f"JournalAddress({self.shown!r})"


def journal_address(given: str | None, source: str) -> JournalAddress:
    """The journal that a flag or an argument names, or else the environment.

    An address without a password takes the one of the variable if that has the same address, so
    that a command which was shown can be copied.

    Args:
        given: what was given; `None` or empty: nothing.
        source: the name of the flag or of the argument.

    Raises:
        ConfigurationError: neither names one, what is named is no such address, or a flag has a
            password. The text shows no password.
    """
    text = Secret(given or "")
    # So that no traceback of this frame shows it.
    given = None
    kept = Secret(os.environ.get(VARIABLE, "").strip())
    if not text:
        if not kept:
            raise ConfigurationError(
                f"{source} is missing: name the file of the journal, or a database like {_LIKE}; "
                f"or set {VARIABLE}. Nothing was sent."
            )
        return _read(kept, VARIABLE)
    address = _read(text, source)
    if address.url is None:
        return address
    if _has_password(text):
        raise ConfigurationError(
            f"{source} has a password in it, and other users of the machine can read flags: leave "
            f"it out there, and {_PUT_IT}. Nothing was sent."
        )
    return _same_with_password(address, kept) or address


def _same_with_password(address: JournalAddress, kept: Secret) -> JournalAddress | None:
    try:
        named = _read(kept, VARIABLE)
    except ConfigurationError:
        # It is not what was asked for, so it is not what is wrong.
        return None
    return named if named.shown == address.shown else None


def _read(text: Secret, source: str) -> JournalAddress:
    kind = _kind(text)
    if kind == "file":
        path = text.reveal()
        return JournalAddress(path, path=Path(path))
    shown = _shown(text) if kind == "database" else None
    if shown is None:
        raise ConfigurationError(
            f"{source} names no place for a journal: name a file, or a database like {_LIKE}. In "
            "a password, write @ / ? # as %40 %2F %3F %23. Nothing was sent."
        )
    return JournalAddress(shown, url=text)


def _kind(text: Secret) -> str:
    value = text.reveal()
    if _DATABASE.match(value):
        return "database"
    # Taken for a path, it would be shown with its password, and a file would get that name.
    return "other" if _OTHER.match(value) or _KEYWORDS.match(value) else "file"


def _shown(text: Secret) -> str | None:
    """The address without a password; `None`: it is none that can be used."""
    value = text.reveal()
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    user, at, hosts = parts.netloc.rpartition("@")
    if (
        "://" not in value
        or not value.isprintable()
        or " " in value
        or parts.fragment
        # Such a sign cuts a password in two, and what follows it would be taken for the host; or
        # what stands before it for a host and its port.
        or "@" in user + parts.path
        or (not at and "@" in parts.query)
        or not all(map(_is_host, hosts.split(",")))
    ):
        return None
    query = "&".join(each for each in parts.query.split("&") if not _is_secret(each))
    return (
        f"{parts.scheme}://{user.partition(':')[0]}{at}{hosts}{parts.path}{query and f'?{query}'}"
    )


def _is_host(text: str) -> bool:
    matched = _HOST.fullmatch(text)
    return matched is not None and (matched[1] is None or 0 < int(matched[1]) < 65_536)


def _has_password(text: Secret) -> bool:
    parts = urlsplit(text.reveal())
    user = parts.netloc.rpartition("@")[0]
    return ":" in user or any(map(_is_secret, parts.query.split("&")))


def _is_secret(piece: str) -> bool:
    return unquote(piece.partition("=")[0]).lower() in _SECRETS
