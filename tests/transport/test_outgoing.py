"""The bytes that go out are these and no more; and what the server says starts no other request."""

from __future__ import annotations

import pytest

from freedompay_async import ConfigurationError
from tests.transport.hosts import GOOD, answering, serving, turns, whole
from tests.transport.kinds import message


def parsed(request: bytes) -> tuple[bytes, list[tuple[bytes, bytes]], bytes]:
    """First line, headers, body."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, [tuple(line.split(b": ", 1)) for line in lines], body


async def sent_by(reach, it, **options) -> tuple[bytes, list[tuple[bytes, bytes]], bytes]:
    async with serving(answering(GOOD)) as host:
        there = await reach(host, **options)
        told = await there.send(it)

    assert told.reply.status == 200
    (request,) = host.requests
    first, headers, body = parsed(request)
    assert dict(headers)[b"Host"] == b"127.0.0.1:%d" % host.port
    return first, headers, body


async def test_request_is_what_the_message_says(reach):
    it = message(
        b'{"a": 1}\r\n', path="/v5/card-api/x", Content_Type="application/json", Sign="abc"
    )
    first, headers, body = await sent_by(reach, it)

    assert first == b"POST /v5/card-api/x HTTP/1.1"
    assert body == b'{"a": 1}\r\n'
    lower = {name.lower(): value for name, value in headers}
    del lower[b"host"]
    assert lower == {
        b"content-type": b"application/json",
        b"sign": b"abc",
        b"accept": b"application/json",
        b"accept-encoding": b"identity",
        b"user-agent": b"freedompay-async",
        b"content-length": b"10",
    }
    assert len(headers) == 7


@pytest.mark.parametrize("name", ["User-Agent", "user-agent", "Accept", "ACCEPT-ENCODING"])
async def test_header_of_a_message_stands_in_place_of_the_usual_one(reach, name):
    it = message(**{name.replace("-", "_"): "mine"})
    _, headers, _ = await sent_by(reach, it)

    assert [value for each, value in headers if each.lower() == name.lower().encode()] == [b"mine"]


async def test_get_has_no_body_and_no_length(reach, kind):
    first, headers, body = await sent_by(reach, message(b"", method="GET", path="/v2/x"))

    assert first == b"GET /v2/x HTTP/1.1"
    assert body == b""
    told = {name.lower(): value for name, value in headers}
    # Through a session of the user's own, each request has a body, if only an empty one.
    assert told.get(b"content-length") == (None if kind.owns else b"0")
    assert told.keys().isdisjoint({b"transfer-encoding", b"content-type", b"expect"})


@pytest.mark.parametrize("size", [1, 2**16, 2**20 - 1, 2**20, 3 * 2**20])
async def test_body_of_any_size_is_sent_with_its_length(reach, size):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    _, headers, came = await sent_by(reach, message(body))
    told = {name.lower(): value for name, value in headers}

    assert came == body
    assert told[b"content-length"] == b"%d" % size
    assert b"transfer-encoding" not in told
    assert b"expect" not in told


async def test_path_of_the_base_url_comes_first(reach):
    async with serving(answering(GOOD)) as host:
        there = await reach(host.base_url + "/base/")
        await there.send(message(path="/x"))

    assert host.requests[0].startswith(b"POST /base/x HTTP/1.1\r\n")


async def test_text_beyond_latin_goes_out_as_utf_8(reach):
    _, headers, _ = await sent_by(reach, message(X_Name="Иван"))

    assert (b"X-Name", "Иван".encode()) in headers


REFUSED = {
    "a line break": {"X": "a\r\nY: b"},
    "a line feed": {"X": "a\nb"},
    "a return": {"X": "a\rb"},
    "a NUL": {"X": "a\0b"},
    "a break in a name": {"X\r\nY": "a"},
    "a space in a name": {"A B": "c"},
    "a colon in a name": {"A:b": "c"},
    "no name": {"": "c"},
    "half of a character": {"X": "\ud800"},
    "a length": {"Content-Length": "1"},
    "a coding": {"transfer-encoding": "chunked"},
    "a host": {"HOST": "elsewhere"},
    "an upgrade": {"Upgrade": "h2c"},
    "one name twice": {"x-a": "1", "X-A": "2"},
}


@pytest.mark.parametrize("name", REFUSED)
async def test_header_that_would_be_read_otherwise_is_refused_before_the_first_byte(reach, name):
    it = message()
    it.headers.update(REFUSED[name])
    async with serving(answering(GOOD)) as host:
        there = await reach(host)
        with pytest.raises(ConfigurationError, match="Nothing was sent"):
            await there.send(it)
        await turns()
        sent, counts = there.attempts[-1].sent, there.counts
        after = await there.send()

    assert (sent, counts[0]) == (False, 0)
    assert after.reply.status == 200
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_redirect_is_an_answer_and_is_not_followed(reach, status):
    async with serving(answering(GOOD)) as elsewhere:
        location = b"Location: %s/x" % elsewhere.base_url.encode()
        async with serving(answering(whole(b"gone", b"%d Moved" % status, location))) as host:
            there = await reach(host)
            told = await there.send()
            again = await there.send(message(b"", method="GET"))

    assert told.told == again.told == (status, b"gone")
    assert told.reply.headers["location"] == location.partition(b" ")[2].decode()
    assert len(host.requests) == 2
    assert elsewhere.connections == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 408, 418, 429, 500, 503, 599])
async def test_any_status_is_an_answer(reach, status):
    answer = whole(b"no", b"%d No" % status, b"WWW-Authenticate: Basic", b"Retry-After: 1")
    async with serving(answering(answer)) as host:
        there = await reach(host)
        told = await there.send()

    assert told.told == (status, b"no")
    assert len(host.requests) == 1


async def test_cookies_are_never_sent_back(reach):
    cookies = whole(b"{}", b"200 OK", b"Set-Cookie: a=b; Path=/", b"Set-Cookie: c=d")
    async with serving(answering(cookies)) as host:
        there = await reach(host)
        for _ in range(3):
            await there.send()

    assert [b"cookie" in each.lower() for each in host.requests] == [False] * 3


async def test_headers_of_an_answer_are_found_in_any_case(reach):
    answer = whole(b"{}", b"200 OK", b"rEtRy-aFtEr: 7", "X-Text: Иван".encode())
    async with serving(answering(answer)) as host:
        there = await reach(host)
        told = await there.send()

    headers = told.reply.headers
    assert headers["Retry-After"] == headers["retry-after"] == headers["RETRY-AFTER"] == "7"
    assert "Nothing" not in headers
    assert "Иван" in headers["X-Text"]
