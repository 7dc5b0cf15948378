"""Strategies for answers and requests of every row, and a session over a wire whose answers are
made up; time is virtual.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import types
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from freedompay_async import JwsSigner, Policy, Section, Sha256Signer
from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.codec.messages import Reply
from freedompay_async.contract.models import (
    Address,
    Answer,
    GiftAnswer,
    HeaderQuery,
    LimitAmount,
    NewClient,
    PinPageAnswer,
)
from freedompay_async.contract.models.client_requests import NewPhone
from freedompay_async.contract.models.open import Fields, OpenInt, OpenStruct, OpenText
from freedompay_async.hashdt.access import Access
from freedompay_async.redaction.secret import PageUrl, Secret
from freedompay_async.transport.base import TransportError
from tests.transports import owned

SECRET = "sandbox-secret"

# The same examples in every run: a failure is of the change under test. No folder is left behind in
# the project.
settings.register_profile(
    "freedompay",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=24,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
)
settings.load_profile("freedompay")


set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "freedompay-hypothesis")

# -- JSON that `json` would not write


class Raw(str):
    """A piece of JSON as it is."""

    __slots__ = ()


class Pairs(list):
    """An object by its pairs of name and value: a name may come twice."""


def written(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{written(name)}:{written(part)}" for name, part in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    # Half of a surrogate pair can only be written as an escape.
    odd = isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value)
    return json.dumps(value, ensure_ascii=odd)


def as_bytes(value: Any) -> bytes:
    return written(value).encode()


NUMBERS = [
    "-0",
    "0.0",
    "1e5",
    "1E-5",
    "-1.5e+3",
    "1e400",
    "1E-400",
    "1e999999",
    "1e99999999999999999999",
    "123456789012345678901234567890",
]
WORDS = [
    "ok",
    "error",
    "process",
    "0",
    "-1",
    "1.5",
    "1e3",
    "4111111111111111",
    "2025-02-17T16:10:09+03:00",
    "2025-02-17",
    "44.37%",
    "%",
]
# Numbers to `Decimal`, and amounts to nobody.
NO_AMOUNTS = ["NaN", "Infinity", "-Infinity", "sNaN", "1E+999999999", "-nan"]
# The last one is deeper than any reader of JSON goes.
DEPTHS = [1, 9, 60, 450, 900, 100_000]

odd_text = st.text(st.characters(), max_size=8)
whole_text = st.text(max_size=20)
text = st.one_of(st.sampled_from(WORDS), odd_text, whole_text)
digits = st.integers(20, 6000).map(lambda count: Raw("7" * count))
numbers = st.one_of(
    st.integers(),
    st.sampled_from(NUMBERS).map(Raw),
    digits,
    digits.map(lambda each: Raw("-" + each)),
    st.floats(allow_nan=False, allow_infinity=False),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, text)
deep = st.one_of(
    st.sampled_from(DEPTHS).map(lambda depth: Raw("[" * depth + "]" * depth)),
    st.sampled_from(DEPTHS).map(lambda depth: Raw('{"pin":' * depth + "1" + "}" * depth)),
)
wide = st.integers(1000, 20_000).map(lambda count: Raw("[" + "0," * count + "0]"))
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(text, inner, max_size=4).map(lambda each: Pairs(each.items()))
    ),
    max_leaves=8,
)
values = st.one_of(trees, trees, trees, trees, deep, wide)
names = st.one_of(
    st.sampled_from(
        ["extra", "found", "request_id", "status", "card_id", "pin", "cards", "data", ""]
    ),
    text,
)


# -- answers


def _of_type(kind: Any) -> st.SearchStrategy:
    """What the annotation of an answer's field allows."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(_of_type, get_args(kind)))
    if origin is list:
        return st.lists(_of_type(get_args(kind)[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(text, trees, max_size=2).map(lambda each: Pairs(each.items()))
    if kind is Any:
        return values
    if kind in (None, type(None)):
        return st.none()
    if issubclass(kind, OpenStruct):
        return answers(kind)
    if issubclass(kind, OpenInt | OpenText):
        return st.sampled_from([member.value for member in kind])
    if issubclass(kind, PageUrl):
        return st.sampled_from(
            ["https://pins.example.com/p", "http://pins.example.com", "javascript:1", " "]
        )
    plain = {
        int: st.integers(),
        Decimal: st.one_of(numbers, st.sampled_from(NO_AMOUNTS)),
        str: text,
    }
    return plain.get(kind, text)


@cache
def answers(kind: type[OpenStruct]) -> st.SearchStrategy:
    """Answers that the struct allows, with some of their optional fields; most of them say that all
    is well.
    """
    fields = [
        each
        for each in msgspec.structs.fields(kind)
        if each.name not in {*kind.FILLED, "request_id"}
    ]
    shapes = {each.name: _of_type(each.type) for each in fields}
    good = [
        word
        for base, word in ((Answer, "ok"), (GiftAnswer, 0), (PinPageAnswer, "Success"))
        if issubclass(kind, base)
    ]
    if good:
        shapes["status"] = st.one_of(st.just(good[0]), st.just(good[0]), shapes["status"])
    required = {each.name for each in fields if each.required}
    made = st.fixed_dictionaries(
        {name: shape for name, shape in shapes.items() if name in required},
        optional={name: shape for name, shape in shapes.items() if name not in required},
    )
    return made.map(lambda each: Pairs(each.items()))


def _edited(draw, tree: Any) -> Any:
    """The tree with one thing changed, at any depth."""
    if isinstance(tree, list) and tree and not draw(st.integers(0, 2)):
        at = draw(st.integers(0, len(tree) - 1))
        old = tree[at]
        new = (old[0], _edited(draw, old[1])) if isinstance(tree, Pairs) else _edited(draw, old)
        return type(tree)([*tree[:at], new, *tree[at + 1 :]])
    if not isinstance(tree, list):
        return draw(values)
    what = draw(st.sampled_from(["add", "drop", "null", "retype", "twice"]))
    if what == "add" or not tree:
        return type(tree)(
            [*tree, (draw(names), draw(values)) if isinstance(tree, Pairs) else draw(values)]
        )
    at = draw(st.integers(0, len(tree) - 1))
    if what == "drop":
        return type(tree)([*tree[:at], *tree[at + 1 :]])
    new = None if what == "null" else draw(values)
    pair = (tree[at][0], new) if isinstance(tree, Pairs) else new
    return type(tree)([*tree, pair] if what == "twice" else [*tree[:at], pair, *tree[at + 1 :]])


@st.composite
def near(draw, kind: type[OpenStruct]) -> Any:
    """A good answer in which a few things are not as they should be."""
    tree = draw(answers(kind))
    for _ in range(draw(st.integers(0, 3))):
        tree = _edited(draw, tree)
    return tree


def bodies(kind: type[OpenStruct]) -> st.SearchStrategy[bytes]:
    close = near(kind).map(as_bytes)
    return st.one_of(
        close,
        close,
        close,
        close,
        values.map(as_bytes),
        st.binary(max_size=60),
        st.just(b" <html>"),
    )


waits = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(categories=["Cs", "Cc", "Nd"]), max_size=8),
    st.integers().map(str),
    st.datetimes().map(lambda time: time.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    st.lists(
        st.sampled_from(
            ["Mon,", "31", "Feb", "99999", "0", "12:00:60", "GMT", "-9999", "+0", ",", ":"]
        ),
        max_size=7,
    ).map(" ".join),
)
STATUSES = [200, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 502, 503]
statuses = st.one_of(st.just(200), st.just(200), st.sampled_from(STATUSES))
headers = st.one_of(st.just({}), waits.map(lambda wait: {"Retry-After": wait}))


@cache
def replies(kind: type[OpenStruct]) -> st.SearchStrategy[Reply]:
    return st.builds(Reply, statuses, headers, bodies(kind))


# -- requests


def _given(kind: Any, words: st.SearchStrategy[str]) -> st.SearchStrategy:
    """What the annotation of a request's field allows."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return st.one_of(*(_given(part, words) for part in get_args(kind)))
    if origin is Sequence:
        return st.lists(_given(get_args(kind)[0], words), min_size=1, max_size=2)
    if kind is type(None):
        return st.none()
    if issubclass(kind, msgspec.Struct):
        return requests(kind, words)
    if issubclass(kind, Secret):
        return words.map(kind)
    return {int: st.integers(0, 2**80), Decimal: st.decimals(-(10**9), 10**9, places=2)}.get(
        kind, words
    )


# What is not any text or number: the rules are in `person`.
_PHONES = st.integers(77000000000, 77999999999)
_NAMES = st.from_regex(r"[A-Za-z][A-Za-z '.-]{0,8}", fullmatch=True)
_COUNTRIES = st.sampled_from(["KAZ", "KGZ", "UZB"])
_RULED: dict[type, dict[str, st.SearchStrategy]] = {
    NewPhone: {"phone": _PHONES},
    Address: {"country": _COUNTRIES, "postal_code": st.sampled_from(["050000", "A15E3H4", " 1 "])},
    NewClient: {
        "phone": _PHONES,
        "first_name": _NAMES,
        "last_name": _NAMES,
        "middle_name": st.none() | _NAMES,
        "birthdate": st.none()
        | st.dates(dt.date(1900, 1, 1), dt.date(2026, 1, 1)).map(dt.date.isoformat),
        "email": st.none() | st.sampled_from(["a@b.kz", "иван@почта.рф"]),
        "country": st.none() | _COUNTRIES,
        "person_id": st.none() | st.sampled_from(["901231300123", "N 1/қ"]),
        "language": st.none() | st.sampled_from(["kk", "ru"]),
    },
}


def requests(
    kind: type[msgspec.Struct], words: st.SearchStrategy[str] = whole_text
) -> st.SearchStrategy:
    """Bodies of a row, with these words in every text."""
    if kind is HeaderQuery:
        return st.just(HeaderQuery(headers=Fields({"x-card-id": "card-1"})))
    shapes = {
        each.name: _given(each.type, words)
        for each in msgspec.structs.fields(kind)
        if each.name != "request_id"
    }
    if kind is LimitAmount:
        shapes["value"] = st.decimals(0, 10**9, places=2)
    shapes |= _RULED.get(kind, {})
    if kind is Address:
        shapes |= {f"address_line{number}": words.filter(str.strip) for number in (1, 2, 3)}
    if "request_id" in kind.__struct_fields__ and kind.__struct_fields__ == ("request_id",):
        shapes["request_id"] = st.from_regex(r"[!-~]{1,128}", fullmatch=True)
    return st.builds(kind, **shapes)


@pytest.fixture(scope="session")
def make():
    """Strategies."""
    return SimpleNamespace(
        requests=requests,
        replies=replies,
        answers=answers,
        near=near,
        values=values,
        trees=trees,
        text=text,
        names=names,
        waits=waits,
    )


@pytest.fixture(scope="session")
def to_bytes():
    """A tree of a strategy as JSON."""
    return as_bytes


# -- a session


class MadeUp:
    """A wire: each attempt gets the next answer, and the last one again and again; `None` is a lost
    one.
    """

    def __init__(self, script: list[Reply | None]) -> None:
        self.script = list(script)
        self.sent: list = []

    async def send(self, message, attempt):
        attempt.connected()
        self.sent.append(message)
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if reply is None:
            raise TransportError("the answer was cut off")
        return reply


SIGNERS = {"KZ": JwsSigner, "KG": Sha256Signer}


@pytest.fixture(scope="session")
def over():
    """A session over a wire."""

    def build(wire, scheme: str = "KZ") -> Session:
        signers: dict = dict.fromkeys(Section, SIGNERS[scheme](auth_id="10001", secret_key=SECRET))
        signers[Section.HASHDT] = Access(api_key="key", product_id="product", token="token")
        return Session(
            SharedResources.of(owned(wire), signers=signers, policy=Policy(), timeout=60.0)
        )

    return build


@pytest.fixture(scope="session")
def wire():
    return MadeUp


@pytest.fixture(scope="session")
def play(timed):
    """Here the seconds matter too."""
    return timed
