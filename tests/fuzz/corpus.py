"""Answers and files as they come, to be spoiled; and the pieces to spoil them with."""

from __future__ import annotations

import json
import types
from decimal import Decimal
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from freedompay_async.contract.models import Answer, GiftAnswer, PinPageAnswer
from freedompay_async.contract.models.open import OpenInt, OpenStruct, OpenText
from freedompay_async.redaction.secret import PageUrl

EXAMPLES = [
    json.dumps(json.loads(file.read_text("utf-8"))["answer"]["body"]).encode()
    for file in sorted((Path(__file__).parents[1] / "contract" / "examples").glob("*.json"))
]
MADE = [
    b'{"status":"ok","request_status":"success","request_id":"r","cards":[{"card_id":"c-1","status":"active"}],"client_id":"k"}',
    b'{"status":"ok","dt":"2025-02-17T16:10:09+03:00","authorizations":[{"amount":10.50,"merchant":{"mcc":1},"currency":"KZT"}]}',
    b'{"status":"ok","card":{"card_id":"c","card_mask":"411111******1111","expiry":"12/30"},"balances":[{"amount":"1.00","currency":"KZT"}]}',
    b'{"status":"error","error_code":"x","error_description":"no money","request_status":"error"}',
    (
        b'{"status":0,"datetime":"2026-05-14 '
        b'10:00:00","card_id":1,"amount":"5.00","transactions":[{"amount":"44.37"}]}'
    ),
    b'{"status":"Success","message":"Done","code":200,"data":[{"set_pin_url":"https://pins.example.com/p?key=k"}]}',
    b'{"status":"ok","pan":"4111111111111111","cvv":"123","pin":"0000","limits":[{"type":"day","value":100}]}',
    b"<html><body>502 Bad Gateway</body></html>",
    b"",
]
# What a reader of JSON may stumble over, each in the place of one value.
ODD = [
    *(
        b"1e999999999",
        b"-1e-999999999",
        b"1E+99999999999999999999999",
        b"1e400",
        b"0e0",
        b"-0",
        b"0.0000000000000000000001",
        b"1e5",
    ),
    *(
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"nan",
        b'"NaN"',
        b'"sNaN123"',
        b'"1e999999999"',
        b'"-Infinity"',
        b'"1E+999999"',
        b"+1",
        b"01",
        b".5",
    ),
    *(
        b"9" * 4300,
        b"9" * 4301,
        b"-" + b"9" * 6000,
        b"0." + b"9" * 6000,
        b'"' + b"9" * 6000 + b'"',
        b"1" * 19,
        b"18446744073709551616",
    ),
    *(
        b'"\\ud800"',
        b'"\\udfff\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"\xed\xa0\x80"',
        b'"\xff\xfe"',
        b'"\\u0000"',
        b'"\x00"',
        b'"\\x41"',
        b'"\xf4\x90\x80\x80"',
    ),
    *(
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"pin":' * 200 + b"1" + b"}" * 200,
    ),
    *(
        b'"' + b'{\\"pin\\":' * 60 + b"1" + b"}" * 60 + b'"',
        b'"' + b"[" * 5000 + b'"',
        b'"' + b"4111 1111 1111 1111 " * 400 + b'"',
    ),
    *(
        b"{}",
        b"[]",
        b"null",
        b"true",
        b'""',
        b'{"":{"":[]}}',
        b'{"status":"ok","status":"error"}',
        b"[{}]",
        b"[null]",
        b'" "',
    ),
    *(
        b'{"extra":1}',
        b'{"request_id":[],"found":"yes","extra":{"extra":{}}}',
        b"\xef\xbb\xbf",
        b"//",
        b"/**/",
        b"'a'",
        b",",
        b"}",
        b"]",
        b":",
    ),
]
NAMES = [
    b"status",
    b"request_status",
    b"request_id",
    b"card_id",
    b"cards",
    b"extra",
    b"found",
    b"amount",
    b"pin",
    b"data",
    b"dt",
    b"code",
]


@st.composite
def spoiled(draw, corpus: list[bytes], pieces: list[bytes]) -> bytes:
    """One of the corpus, with a few things put in, taken out, doubled or turned over, anywhere."""
    text = draw(st.sampled_from(corpus))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.sampled_from(pieces), st.binary(max_size=4)))
        how = draw(st.sampled_from(["in", "over", "out", "twice", "cut", "end"]))
        text = {
            "in": lambda text, at, to, piece: text[:at] + piece + text[at:],
            "over": lambda text, at, to, piece: text[:at] + piece + text[to:],
            "out": lambda text, at, to, piece: text[:at] + text[to:],
            "twice": lambda text, at, to, piece: text[:to] + text[at:],
            "cut": lambda text, at, to, piece: text[:at],
            "end": lambda text, at, to, piece: text + piece,
        }[how](text, at, to, piece)
    return text


def _places(tree: Any, at: tuple = ()) -> list[tuple]:
    """The way to every value."""
    found = [at]
    if isinstance(tree, dict | list):
        for name, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
            found += _places(part, (*at, name))
    return found


def _with(tree: Any, at: tuple, value: bytes) -> bytes:
    """The tree as JSON, with these bytes in one place."""
    if not at:
        return value
    if isinstance(tree, dict):
        parts = [
            json.dumps(name).encode()
            + b":"
            + (_with(part, at[1:], value) if name == at[0] else _as_bytes(part))
            for name, part in tree.items()
        ]
        return b"{" + b",".join(parts) + b"}"
    return (
        b"["
        + b",".join(
            _with(part, at[1:], value) if number == at[0] else _as_bytes(part)
            for number, part in enumerate(tree)
        )
        + b"]"
    )


def _as_bytes(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


PLAIN: dict[Any, Any] = {
    str: "a",
    int: 1,
    bool: True,
    Decimal: "1.00",
    float: 1.5,
    dict: {"a": 1},
    Any: ["a"],
}
GOOD_STATUS = {Answer: "ok", GiftAnswer: 0, PinPageAnswer: "Success"}


def shaped(kind: Any) -> Any:
    """An answer with every field that the struct names."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return shaped(next(part for part in get_args(kind) if part is not type(None)))
    if origin in (list, tuple):
        return [shaped(get_args(kind)[0])]
    if isinstance(kind, type) and issubclass(kind, OpenStruct):
        tree = {
            each.name: shaped(each.type)
            for each in msgspec.structs.fields(kind)
            if each.name not in {*kind.FILLED, "request_id"}
        }
        good = [status for base, status in GOOD_STATUS.items() if issubclass(kind, base)]
        return tree | ({"status": good[0]} if good else {})
    if isinstance(kind, type) and issubclass(kind, OpenInt | OpenText):
        return next(iter(kind)).value
    if isinstance(kind, type) and issubclass(kind, PageUrl):
        return "https://pins.example.com/p"
    return PLAIN.get(origin or kind, "1")


def with_each_place(kind: Any, value: bytes) -> list[bytes]:
    """Answers that are good but for one value each."""
    tree = shaped(kind)
    return [_with(tree, at, value) for at in _places(tree)]


odd_values = st.one_of(
    st.sampled_from(ODD),
    st.sampled_from(ODD),
    st.text(max_size=12).map(lambda text: json.dumps(text).encode()),
)


@st.composite
def retold(draw, trees: st.SearchStrategy) -> bytes:
    """A tree in which one value, anywhere, is another, or in which a name comes twice."""
    tree = draw(trees)
    value = draw(odd_values)
    if draw(st.integers(0, 3)):
        return _with(tree, draw(st.sampled_from(_places(tree))), value)
    name = draw(st.sampled_from(NAMES))
    return _as_bytes(tree)[:-1] + b',"' + name + b'":' + value + b"}"


TREES = [json.loads(each) for each in [*EXAMPLES, *MADE] if each.startswith(b"{")]


def answers(kind: Any) -> st.SearchStrategy[bytes]:
    """What may be answered where this was expected."""
    own = shaped(kind)
    near = retold(st.just(own)) if isinstance(own, dict) and own else retold(st.sampled_from(TREES))
    return st.one_of(
        near,
        near,
        near,
        retold(st.sampled_from(TREES)),
        spoiled([*EXAMPLES, *MADE, _as_bytes(own)], [*ODD, *NAMES]),
        st.binary(max_size=200),
    )
