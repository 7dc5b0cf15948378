"""What is signed is what is sent, whatever the text in it; the signatures are checked by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freedompay_async.codec.encode import encode
from freedompay_async.codec.messages import Reply
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models.gift_cards import GiftCardId, GiftProductQuery
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import BulkIssue, CustomBody, StatusQuery
from freedompay_async.contract.table import TABLE
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

SECRET = b"sandbox-secret"
every_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
# The others have nothing but numbers in them, or an id, which is checked for itself.
every_row_with_text = pytest.mark.parametrize(
    "row",
    [
        row
        for row in TABLE
        if row.request not in (BulkIssue, GiftCardId, GiftProductQuery, StatusQuery)
    ],
    ids=lambda row: row.name,
)
SCHEMES = st.sampled_from(["KZ", "KG"])
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["\x00", "\u2028", "\\", '"', "/", "\x7f", "\U0010ffff", "Ёлка", "e\u0301"]),
)
HALVES = st.characters(categories=["Cs"])


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def unb64(data: bytes) -> bytes:
    return base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))


def check_signature(message, scheme: str) -> None:
    if scheme == "KG":
        assert message.headers["Sign"] == hashlib.sha256(message.body + SECRET).hexdigest()
        assert message.headers["Auth-Id"] == "10001"
        return
    protected, payload, signature = message.headers["X-JWS-Signature"].encode().split(b".")

    assert payload == b""
    assert (
        unb64(protected)
        == b'{"uri":"%s","auth_id":"10001","method":"POST","params":"","alg":"HS512"}'
        % message.path.encode()
    )
    assert (
        unb64(signature)
        == hmac.new(SECRET, protected + b"." + b64(message.body), hashlib.sha512).digest()
    )


def plain(value):
    """A request as the fields that its receiver should read."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, msgspec.Struct):
        kept = msgspec.structs.asdict(value)
        needed = {field.name for field in msgspec.structs.fields(value) if field.required}
        omits = value.__struct_config__.omit_defaults
        return {
            name: plain(part)
            for name, part in kept.items()
            if not omits or name in needed or part is not None
        }
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


async def go(session, row, request):
    if row.retry is Retry.ASKABLE:
        return await session.submit(row, request)
    return await (session.change if row.retry is Retry.UNASKABLE else session.read)(row, request)


def ok(row) -> Reply:
    return Reply(
        200,
        {},
        b'{"status":0,"datetime":"2026-05-14 10:00:00"}'
        if row.section == "gift_cards"
        else b'{"status":"ok","request_status":"process"}',
    )


@every_row
@given(data=st.data())
def test_request_arrives_as_it_was_given_and_its_signature_holds(row, data, make, over, wire, play):
    scheme = data.draw(SCHEMES)
    request = data.draw(make.requests(row.request, WORDS))
    play(go(over(wires := wire([ok(row)]), scheme), row, request))
    (message,) = wires.sent

    check_signature(message, scheme)
    assert message.path == row.path
    assert b"\n" not in message.body
    assert strings(json.loads(message.body, parse_float=str)) == strings(plain(request))


def strings(value) -> dict | list | str:
    """With numbers as text, because `json` reads a fraction as a float."""
    if isinstance(value, dict):
        return {name: strings(part) for name, part in value.items()}
    if isinstance(value, list):
        return [strings(part) for part in value]
    return str(value)


@every_row_with_text
@given(data=st.data())
def test_half_of_a_surrogate_pair_is_refused_and_nothing_goes_out(
    row, data, make, over, wire, play
):
    bad = data.draw(st.tuples(st.text(max_size=4), HALVES, st.text(max_size=4)).map("".join))
    request = data.draw(make.requests(row.request, st.just(bad)))
    assume(holds(plain(request), bad))
    wires = wire([ok(row)])

    with pytest.raises(ConfigurationError, match="UTF-8 can't write") as caught:
        play(go(over(wires, data.draw(SCHEMES)), row, request))

    assert wires.sent == []
    assert caught.value.call == row.name
    assert bad not in caught.value.text


def holds(value, text: str) -> bool:
    if isinstance(value, dict):
        return any(holds(part, text) for part in value.values())
    if isinstance(value, list):
        return any(holds(part, text) for part in value)
    return value == text


@given(data=st.data())
def test_given_body_arrives_as_it_was_given(data, make):
    fields = data.draw(
        st.dictionaries(
            st.text(max_size=8),
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers(-(2**63), 2**64 - 1)
                | WORDS
                | WORDS.map(Secret),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
                ),
                max_leaves=6,
            ),
        )
    )

    assert json.loads(encode(CustomBody(fields=Fields(fields)))) == revealed(fields)


def revealed(value):
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {name: revealed(part) for name, part in value.items()}
    return [revealed(part) for part in value] if isinstance(value, list) else value


@given(
    st.one_of(
        st.binary(),
        st.complex_numbers(),
        st.just(object()),
        st.sets(st.integers()),
        st.integers(10**5000, 10**5001),
    )
)
def test_given_value_is_sent_or_refused(value):
    with suppress(ConfigurationError):
        assert json.loads(encode(CustomBody(fields=Fields({"a": value})))).keys() == {"a"}
