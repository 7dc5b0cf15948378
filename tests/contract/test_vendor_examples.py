"""The vendor's published examples, whole: what exactly goes out, and what the answer is read into."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from yarl import URL

from freedompay_async import FreedomPay
from freedompay_async.codec.shapes import read_shape
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.errors import FreedomPayError
from freedompay_async.hashdt import HashDT
from freedompay_async.redaction.secret import Secret

ROWS = {row.name: row for row in (*TABLE, *HASHDT_TABLE)}
EXAMPLES = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parent / "examples").glob("*.json"))
}
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


@pytest.fixture(params=EXAMPLES, ids=EXAMPLES)
def example(request):
    return EXAMPLES[request.param]


async def made(example, policy):
    """Makes the call of an example; gives its answer or its error."""
    kind = HashDT if example["call"].startswith("pins.") else FreedomPay
    namespace, method = example["call"].split(".")
    settings = (
        example["client"]
        if kind is HashDT or "base_url" in example["client"]
        else {"test": False} | example["client"]
    )
    async with kind(**settings, policy=policy, timeout=0.2) as client:
        try:
            return await getattr(getattr(client, namespace), method)(**example["arguments"])
        except FreedomPayError as error:
            return error


def answered(http, example):
    """Has the example answered as its page shows it, and every look-up as well."""
    answer = {
        "status": example["answer"]["status"],
        "payload": example["answer"]["body"],
        "repeat": True,
    }
    request = example["request"]
    http.add(request["url"], method=request["method"], **answer)
    if not request["url"].endswith("request/status"):
        http.post(request["url"].partition("/v5/")[0] + "/v5/card-api/request/status", **answer)


def plain(value):
    """A struct in builtins, its secrets revealed and an unknown word as the word."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, Fields):
        return {name: plain(each) for name, each in value.items()}
    return getattr(value, "value", int(value) if isinstance(value, Decimal) else value)


def as_told(told, expected):
    """What was told, where an id that is made anew each time is only looked at."""
    return {
        name: "<uuid>" if expected.get(name) == "<uuid>" and UUID.fullmatch(str(value)) else value
        for name, value in told.items()
    }


async def test_request_goes_out_as_on_the_page(http, hasty, example):
    answered(http, example)
    request = example["request"]

    await made(example, hasty)

    sent = http.requests[request["method"], URL(request["url"])][0].kwargs
    headers = dict(sent["headers"])
    if not request["body"]:
        headers.setdefault("Content-Type", "")
    assert {
        "method": request["method"],
        "url": request["url"],
        "headers": as_told(headers, request["headers"]),
        "body": sent["data"] or b"",
    } == request | {"body": request["body"].encode()}


async def test_answer_ends_the_call(http, hasty, example):
    answered(http, example)

    end = await made(example, hasty)

    expected = example["end"]
    told = {"error": type(end).__name__} if "error" in expected else {}
    told |= {name: getattr(end, name) for name in expected if name != "error"}
    assert as_told(told, expected) == expected
    assert isinstance(end, FreedomPayError) == ("error" in expected)


def test_answer_is_read_into_the_struct(example):
    notes = []

    read = read_shape(
        json.loads(json.dumps(example["answer"]["body"])), ROWS[example["call"]].answer, notes=notes
    )

    assert plain(read) == example["read"]
    assert [[note.difference.value, note.field] for note in notes] == example["notes"]


def test_every_example_names_its_page(example):
    assert re.match(r"docs\.(freedompay\.(kz|kg|uz)|hashdt\.com): ", example["source"])


def test_there_are_examples_of_all_schemes():
    assert {name for example in EXAMPLES.values() for name in example["request"]["headers"]} >= {
        "Sign",
        "X-JWS-Signature",
        "x-api-key",
    }
    assert len(EXAMPLES) == 11
