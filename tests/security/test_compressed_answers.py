"""An answer that is compressed though no compression was asked for: read where that is harmless,
named where it is not.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from freedompay_async import OutcomeUnknown, ProtocolError

OK = (
    b'{"status":"ok","request_status":"process","dt":"2026-01-15T12:00:00+05:00","note":"'
    + b"a" * 600_000
    + b'"}'
)
NAMED = "compressed ({}), though no compression was asked for"


def raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


READ = {
    "gzip": (b"gzip", gzip.compress(OK)),
    "gzip by its old name": (b"X-GZip", gzip.compress(OK)),
    "gzip that hardly saves anything": (b"gzip", gzip.compress(OK, 0)),
    "deflate": (b" deflate ", zlib.compress(OK)),
    "deflate without zlib's head": (b"deflate", raw(OK)),
    "gzip behind a BOM": (b"gzip", gzip.compress(b"\xef\xbb\xbf" + OK)),
    "a word for nothing": (b"identity", OK),
    "a word that is not true": (b"gzip", OK),
    "another word that is not true": (b"deflate", OK),
    "a word of no meaning": (b"", OK),
}
# Nothing is concluded from a part.
NOT_READ = {
    "gzip, cut off": (b"gzip", gzip.compress(OK)[:-9]),
    "gzip without its end": (b"gzip", gzip.compress(OK)[:-8]),
    "gzip with more behind it": (b"gzip", gzip.compress(OK) + b"\n"),
    "gzip with a wrong sum": (b"gzip", gzip.compress(OK)[:-8] + b"\0" * 8),
    "gzip twice": (b"gzip, gzip", gzip.compress(gzip.compress(OK))),
    "deflate, cut off": (b"deflate", zlib.compress(OK)[:-5]),
    "deflate without zlib's head, cut off": (b"deflate", raw(OK)[:-2]),
    "br": (b"br", b"\x0b\x02\x80"),
    "zstd": (b"zstd", b"\x28\xb5\x2f\xfd\x24"),
}


@pytest.mark.parametrize("name", READ)
async def test_answer_to_an_effect_is_read(serving, ask, whole, name):
    coding, body = READ[name]
    async with serving(whole(body, b"200 OK", b"Content-Encoding: " + coding)) as host:
        operation = await ask("effect", host.port)

    assert host.paths == ["card/bulk_issue"]
    assert (operation.answer.request_status, operation.answer.extra["note"].reveal()) == (
        "process",
        "a" * 600_000,
    )


@pytest.mark.parametrize("name", NOT_READ)
async def test_answer_to_a_question_that_is_not_read_is_named(serving, ask, whole, name):
    coding, body = NOT_READ[name]
    async with serving(whole(body, b"200 OK", b"Content-Encoding: " + coding)) as host:
        with pytest.raises(ProtocolError) as caught:
            await ask("read", host.port)

    assert NAMED.format(coding.decode()) in caught.value.text


@pytest.mark.parametrize("name", NOT_READ)
async def test_effect_whose_answer_is_not_read_is_asked_about(serving, ask, whole, good, name):
    coding, body = NOT_READ[name]
    async with serving(
        whole(body, b"200 OK", b"Content-Encoding: " + coding), good["effect"]
    ) as host:
        operation = await ask("effect", host.port)

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert operation.answer.request_status == "process"


@pytest.mark.parametrize(("most", "read"), [(len(OK), True), (len(OK) - 1, False)])
async def test_answer_may_be_as_large_as_any_other_when_it_is_unpacked(
    serving, ask, whole, most, read
):
    async with serving(whole(gzip.compress(OK), b"200 OK", b"Content-Encoding: gzip")) as host:
        try:
            told = (await ask("read", host.port, max_answer=most)).request_status
        except OutcomeUnknown as error:
            told = error.text

    assert (
        told == "process"
        if read
        else f"the answer is larger than {most} bytes and was not read (HTTP 200)" in told
    )


async def test_other_headers_stay_and_what_told_of_the_packed_body_goes(serving, connect, whole):
    headers = (b"Content-Encoding: gzip", b"Retry-After: 3", b"retry-after: 9")
    async with serving(whole(gzip.compress(b"<html>"), b"429 Slow Down", *headers)) as host:
        client = connect(host.port)
        with pytest.raises(Exception, match="HTML page") as caught:
            await client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11", queue=False)

    assert caught.value.retry_after == 9.0
    assert caught.value.body == "<html>"


async def test_other_calls_go_on_while_it_is_unpacked(serving, connect, whole):
    body = b'{"status":"ok","request_status":"process","dt":"x","note":"' + b"a" * 7 * 2**20 + b'"}'
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with serving(whole(gzip.compress(body), b"200 OK", b"Content-Encoding: gzip")) as host:
        client = connect(host.port)
        await client.warm_up(1)
        counting = asyncio.create_task(count())
        await client.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")
        counting.cancel()

    # A turn for each quarter of a MiB, besides those of the call.
    assert turns > 28


async def test_no_compression_is_asked_for(serving, ask, good):
    async with serving(good["effect"]) as host:
        await ask("effect", host.port)

    assert b"\r\naccept-encoding: identity\r\n" in host.came[0].lower()
