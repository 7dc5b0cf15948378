"""The differences of this host from the vendor's pages: paths, fields and signatures that a test or
a demo sets.

Pure. Without a difference, a call is as on the pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from freedompay_async.sandbox.desk.signatures import schemes_of
from freedompay_async.sandbox.issuing import rules

__all__ = ["HostContract"]

_EVERY: Final = "*"
_SECTIONS: Final = ("payment_cards", "gift_cards")
_SETTINGS: Final = ("path", "required", "names", "algorithms")
_SCHEMES: Final = ("jws-hs512", "jws-hs256", "sign")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
# The client's names of groups, and of methods whose name is not the call's own.
_GROUPS: Final = {
    "cards": "card/",
    "clients": "client/",
    "requests": "request/",
    "transactions": "transaction/",
    "limits": "limits/",
    "gift_cards": "cards/",
}
_METHODS: Final = {
    "cards.reset_pin_counter": "card/reset_counter_pin",
    "cards.validate_cardholder": rules.VALIDATE,
    "clients.create": "client/add",
    "transactions.clear": "transaction/clearing",
    "gift_cards.products": "cards/product_list",
    "gift_cards.issue": "cards/issue_card",
    "gift_cards.confirm": "cards/activate_card",
    "gift_cards.status": "cards/card_status",
}
_ISSUES: Final = ("card/issue", "card/issue_plastic")
# Values for fields that the work needs and this host does not want.
_PERSON: Final[dict[str, Any]] = {
    "phone": 77000000000,
    "type": 1,
    "resident": 1,
    "first_name": "HOLDER",
    "last_name": "HOLDER",
}
_STAND_INS: Final[dict[str, dict[str, Any]]] = {
    "client/add": {"product_id": 2000, "client": _PERSON},
    "card/issue": {"product_id": 2000},
    "card/issue_plastic": {"product_id": 2000},
    "card/bulk_issue": {"product_id": 2000, "count": 1},
    "card/block": {"description": "-"},
    "card/unblock": {"description": "-"},
    "card/close": {"description": "-"},
}


class HostContract:
    """The differences of this host.

    `differences` maps calls to settings: `path`; `required`, the fields that the body must have
    (with it, no other field is required); `names`, fields that have another name on this host;
    `algorithms`, of `jws-hs512`, `jws-hs256` and `sign`. The name of a call is `card/issue`, its
    whole path, or the client's method, `cards.issue`, which may be nested as in a TOML file.
    `payment_cards`, `gift_cards` and `*` set `algorithms` for many calls.

    Raises `ValueError` for a wrong setting.
    """

    def __init__(self, differences: Mapping[str, Any] | None = None) -> None:
        self._paths: Final[dict[str, str]] = {}
        self._required: Final[dict[str, tuple[str, ...]]] = {}
        self._names: Final[dict[str, dict[str, str]]] = {}
        self._schemes: Final[dict[str, tuple[str, ...]]] = {}
        if differences is not None and not isinstance(cast("object", differences), Mapping):
            raise ValueError("contract is not a mapping of calls")
        for name, settings in _flat(differences or {}):
            self._add(name, settings)
        self._moved: Final = frozenset(self._paths.values())
        for path, call in self._paths.items():
            usual = rules.call_of(path)
            if usual not in (None, call) and usual not in self._moved:
                raise ValueError(f"the path {path} belongs to {usual} already")

    def _add(self, name: str, settings: Mapping[str, Any]) -> None:
        if unknown := [each for each in settings if each not in _SETTINGS]:
            raise ValueError(f"{name} has {unknown[0]!r}: the settings are {', '.join(_SETTINGS)}")
        many = name == _EVERY or name in _SECTIONS
        if many and settings.keys() - {"algorithms"}:
            raise ValueError(f"{name} can set algorithms only: the other settings are for one call")
        call = name if many else _call(name)
        if "path" in settings:
            path = settings["path"]
            if not isinstance(path, str) or not _PATH.fullmatch(path):
                raise ValueError(
                    f"the path of {name} is {path!r}: use the form /v5/card-api/card/issue"
                )
            if self._paths.setdefault(path, call) != call:
                raise ValueError(f"the path {path} belongs to {self._paths[path]} already")
        if "required" in settings:
            self._required[call] = _texts(f"required of {name}", settings["required"])
        if "names" in settings:
            names = settings["names"]
            if not isinstance(names, Mapping):
                raise ValueError(f"names of {name} is not a mapping from names to names")
            self._names[call] = dict(
                zip(names, _texts(f"names of {name}", names.values()), strict=True)
            )
        if "algorithms" in settings:
            self._schemes[call] = _algorithms(name, settings["algorithms"])

    def call_of(self, path: str) -> str | None:
        """The call of a whole path; `None` if there is none."""
        if path in self._paths:
            return self._paths[path]
        call = rules.call_of(path)
        return None if call in self._moved else call

    def complaint(self, call: str, headers: Mapping[str, str]) -> str | None:
        """Why this host refuses the scheme of a right signature; `None` if it takes it."""
        section = "gift_cards" if rules.is_gift(call) else "payment_cards"
        taken = next(
            (self._schemes[name] for name in (call, section, _EVERY) if name in self._schemes),
            _SCHEMES,
        )
        others = sorted(schemes_of(headers) - set(taken))
        return f"this host takes {' or '.join(taken)}, and not {others[0]}" if others else None

    def lacks(self, call: str, fields: Mapping[str, Any]) -> str | None:
        """The first field that this host requires and the body lacks."""
        return next(
            (name for name in self._required.get(call, ()) if _found(fields, name) is None), None
        )

    def to_holder(self, call: str) -> bool:
        """Whether this host makes a card without a client."""
        return (
            call in _ISSUES and call in self._required and "client_id" not in self._required[call]
        )

    def as_usual(self, call: str, fields: dict[str, Any], *, own: str | None) -> dict[str, Any]:
        """The fields with the names of the pages; `own` is the id in the header."""
        names = self._names.get(call)
        usual = _page_names(fields, names) if names else fields
        if call not in self._required:
            return usual
        if own is not None and rules.has_own_id(call):
            usual = {"request_id": own} | usual
        return _filled(usual, _STAND_INS.get(call, {}))


def _call(name: str) -> str:
    group, _, method = name.partition(".")
    methods = (_METHODS.get(name), f"{_GROUPS[group]}{method}" if group in _GROUPS else None)
    for call in (name, rules.call_of(name), *methods):
        if call is not None and call in rules.calls():
            return call
    raise ValueError(
        f"{name!r} is not a call: use {', '.join(sorted(rules.calls()))}; or cards.issue"
    )


def _flat(nested: Mapping[str, Any], around: str = "") -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Each call and its settings; the tables `[cards.issue]` of a TOML file are nested."""
    for name, settings in nested.items():
        whole = f"{around}{name}"
        if not isinstance(settings, Mapping):
            raise ValueError(  # noqa: TRY004 - the same error as for other wrong settings
                f"{whole} is not a mapping of {', '.join(_SETTINGS)}"
            )
        own = {
            each: value
            for each, value in settings.items()
            if each in _SETTINGS or not isinstance(value, Mapping)
        }
        inner = {each: value for each, value in settings.items() if each not in own}
        if own or not inner:
            yield whole, own
        yield from _flat(inner, f"{whole}.")


def _texts(what: str, value: Any) -> tuple[str, ...]:
    # A bare text would be a list of letters.
    parts: tuple[Any, ...] = (
        tuple(value)
        if isinstance(value, Iterable) and not isinstance(value, str | bytes)
        else (None,)
    )
    if not all(isinstance(part, str) and part for part in parts):
        raise ValueError(f"{what} is not a list of names")
    return parts


def _algorithms(name: str, value: Any) -> tuple[str, ...]:
    parts = tuple(part.lower() for part in _texts(f"algorithms of {name}", value))
    named = tuple(f"jws-{part}" if f"jws-{part}" in _SCHEMES else part for part in parts)
    unknown = next(
        (repr(part) for part in named if part not in _SCHEMES), None if named else "none"
    )
    if unknown is not None:
        raise ValueError(
            f"algorithms of {name} has {unknown}: the algorithms are {', '.join(_SCHEMES)}"
        )
    return named


def _found(fields: Mapping[str, Any], name: str) -> Any:
    """The value of a field, which may be inside an object; `None` if there is none."""
    value: Any = fields
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _page_names(
    fields: dict[str, Any], names: Mapping[str, str], around: str = ""
) -> dict[str, Any]:
    """The fields with the names of the pages.

    A field that has another name on this host is unknown under the name of the pages.
    """
    others = {other: name for name in names if (other := _other(names, name, around)) is not None}
    usual: dict[str, Any] = {}
    for last, value in fields.items():
        name = others.get(last, f"{around}{last}")
        if last not in others and name in names:
            continue
        inner = _page_names(value, names, f"{name}.") if isinstance(value, dict) else value
        usual[name.rpartition(".")[2]] = inner
    return usual


def _other(names: Mapping[str, str], name: str, around: str) -> str | None:
    """This host's name of a field directly inside `around`; `names` has the whole name or its last
    part.
    """
    before, _, _ = name.rpartition(".")
    return names[name].rpartition(".")[2] if before == around.rstrip(".") else None


def _filled(fields: dict[str, Any], stand_ins: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(fields)
    for name, value in stand_ins.items():
        there = filled.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            filled[name] = _filled(there, value)
        elif there is None:
            filled[name] = value
    return filled
