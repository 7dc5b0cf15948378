"""Who is at the other end is proved before a byte of a request leaves."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tests.leaks.certificate import client_context, server_context
from tests.security.certificates import Authority
from tests.transport.hosts import GOOD, answering, ended, serving, turns
from tests.transport.kinds import both_loops
from tests.transports import back_to, sockets

pytestmark = both_loops


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


async def test_good_certificate_is_trusted(reach, authority):
    async with serving(answering(GOOD), tls=authority.server("127.0.0.1")) as host:
        there = await reach(host, ssl_context=authority.trusted())
        told = [await there.send() for _ in range(3)]

    assert [each.reply.status for each in told] == [200] * 3
    assert host.connections == 1


async def test_name_is_proved_by_a_name(reach, authority):
    async with serving(answering(GOOD), tls=authority.server("localhost")) as host:
        there = await reach(
            host.base_url.replace("127.0.0.1", "localhost"), ssl_context=authority.trusted()
        )
        told = await there.send()

    assert told.reply.status == 200


WRONG = {
    "signed by itself": (("127.0.0.1",), {"itself": True}, "self-signed"),
    "for another host": (("api.example.com",), {}, "not valid for"),
    "for another address": (("127.0.0.2",), {}, "not valid for"),
    "that has expired": (("127.0.0.1",), {"days": (-30, -1)}, "expired"),
    "that is not valid yet": (("127.0.0.1",), {"days": (1, 30)}, "not yet valid"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_certificate_that_proves_nothing_gets_no_byte(reach, kind, authority, wrong):
    hosts, how, why = WRONG[wrong]
    async with serving(answering(GOOD), tls=authority.server(*hosts, **how)) as host:
        before = sockets()
        there = await reach(host, ssl_context=authority.trusted())
        told = [await there.send()]
        if kind.owns:
            told.append(await there.warm_up(2))

        assert await back_to(before)

    for each in told:
        assert each.told.startswith("the server's certificate is not trusted")
        assert why in each.told
        assert (each.sent, each.final) == (False, True)
    assert host.requests == []
    assert there.counts == (0, 0)


async def test_authority_that_nobody_trusts_proves_nothing(reach, authority):
    """Without settings of one's own Python's are used."""
    async with serving(answering(GOOD), tls=authority.server("127.0.0.1")) as host:
        there = await reach(host)
        told = await there.send()

    assert told.told.startswith("the server's certificate is not trusted")
    assert (told.sent, told.final) == (False, True)
    assert host.requests == []


async def test_settings_of_ones_own_are_used_as_they_are(reach, authority):
    """Such as a certificate that the server asks for."""
    server = authority.server("127.0.0.1")
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(authority.file)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(answering(GOOD), tls=server) as host:
        there = await reach(host, ssl_context=authority.trusted())
        told = await there.send()

    # In TLS 1.2 the server refuses within the handshake.
    assert (told.reply, told.sent) == (None, False)
    assert host.requests == []


SPEAKS = {
    "an answer": GOOD,
    "nothing, and ends": b"",
    "noise": b"\x00" * 100,
    "a refusal": b"\x15\x03\x03\x00\x02\x02\x28",
}


@pytest.mark.parametrize("speaks", SPEAKS)
async def test_server_without_tls_gets_no_byte_of_the_request(reach, speaks):
    async def script(peer):
        peer.host.hello = await peer.reader.read(5)
        peer.say(SPEAKS[speaks])
        await peer.fin()

    async with serving(script) as host:
        there = await reach(host.base_url.replace("http", "https"), ssl_context=client_context())
        told = await there.send()

    assert (told.reply, told.sent) == (None, False)
    assert host.hello.startswith(b"\x16\x03")
    assert there.counts == (0, 0)


async def test_connection_of_tls_that_ends_before_its_handshake_was_not_sent(reach):
    async def script(peer):
        await peer.reader.read(1)
        await peer.reset()

    async with serving(script) as host:
        there = await reach(host.base_url.replace("http", "https"), ssl_context=client_context())
        told = await there.send()

    assert (told.reply, told.sent, told.final) == (None, False, False)


OPEN = b"HTTP/1.1 200 OK\r\n\r\n"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OPEN + b"whole", b"whole"),
        (LENGTH + b"whol", b"whol"),
        (LENGTH + b"who", None),
        (b"", None),
    ],
)
async def test_close_of_tls_ends_what_has_no_length(reach, tmp_path, answer, body):
    async with serving(answering(ended(answer, "fin")), tls=server_context(tmp_path)) as host:
        there = await reach(host, ssl_context=client_context())
        told = await there.send()

    assert told.told == (200, body) if body is not None else told.reply is None
    assert told.sent


async def test_reset_of_tls_ends_no_answer_without_a_length(reach, kind, tmp_path):
    async with serving(answering(ended(OPEN + b"half", "reset")), tls=server_context(tmp_path)) as (
        host
    ):
        there = await reach(host, ssl_context=client_context())
        told = await there.send()

    assert told.reply is None or (told.told == (200, b"half") and not kind.tells_broken)
    assert told.sent


@pytest.mark.kinds(owns=True)
async def test_server_that_never_says_farewell_keeps_nobody(reach, tmp_path):
    """A close of TLS waits for the other side; an aborted call does not."""
    hold = asyncio.Event()

    async def silent(peer):
        await peer.request()
        peer.writer.transport.pause_reading()
        await hold.wait()

    async with serving(silent, tls=server_context(tmp_path)) as host:
        before = sockets()
        there = await reach(host, ssl_context=client_context())
        told = await there.send(seconds=0.2)
        await turns()

        # That of the server is left.
        assert await back_to(before + 1)
        hold.set()

    assert (told.told, told.sent) == ("no answer in time", True)
