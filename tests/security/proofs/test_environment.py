"""Cookies never; the proxies and the .netrc of the environment only where they are asked for, and
then they see no request.
"""

from __future__ import annotations

import asyncio
import re

import pytest

from freedompay_async import ConfigurationError, FreedomPay, NotSent
from freedompay_async.hashdt import HashDT
from freedompay_async.settings.settings import Settings
from tests.transports import Carrier

PASSWORD = "the-password-of-the-proxy"


@pytest.fixture
def netrc(tmp_path, monkeypatch):
    """A .netrc that has a user for every host."""
    file = tmp_path / "netrc"
    file.write_text(
        f"machine 127.0.0.1 login somebody password {PASSWORD}\ndefault login anybody password "
        f"{PASSWORD}\n"
    )
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    return file


@pytest.fixture
def proxied(monkeypatch):
    """From now on the environment names this proxy for everything."""

    def name(url: str) -> None:
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, url)
            monkeypatch.setenv(variable.lower(), url)

    return name


# -- cookies


@pytest.mark.parametrize("trust_env", [False, True])
@pytest.mark.parametrize(
    "cookie",
    [
        b"a=b",
        b"a=b; Path=/; Domain=127.0.0.1",
        b"__Host-a=b; Path=/",
        b"a=b\r\nSet-Cookie: c=d; Max-Age=9999",
    ],
)
async def test_no_cookie_is_sent_back(serving, connect, whole, cookie, trust_env):
    async with serving(
        whole(b'{"status":"ok","request_status":"process"}', b"200 OK", b"Set-Cookie: " + cookie)
    ) as host:
        fp = connect(host.port, trust_env=trust_env)
        await fp.cards.bulk_issue(product_id=2000, count=1)
        await fp.cards.bulk_issue(product_id=2000, count=1)

    assert [b"cookie" in each.lower() for each in host.came] == [False, False]


# -- what is not asked for


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_proxy_of_the_environment_hears_nothing(
    serving, ask, authority, good, kind, proxied, scheme
):
    tls = authority.server("127.0.0.1") if scheme == "https" else None
    async with serving(good[kind]) as proxy, serving(good[kind], tls=tls) as host:
        proxied(f"http://127.0.0.1:{proxy.port}")
        await ask(kind, f"{scheme}://127.0.0.1:{host.port}", ssl_context=authority.trusted())

    assert proxy.connections == 0
    assert len(host.came) == 1


async def test_netrc_is_not_sent(serving, ask, good, kind, netrc):
    async with serving(good[kind]) as host:
        await ask(kind, host.port)

    assert b"Basic " not in host.came[0]


MAKERS = {
    "FreedomPay": lambda **options: FreedomPay(
        auth_id="1", secret_key="k", region="KG", test=True, **options
    ),
    "FreedomPay.from_env": FreedomPay.from_env,
    "FreedomPay.from_settings": lambda **options: FreedomPay.from_settings(
        Settings.from_env(), **options
    ),
    "HashDT": lambda **options: HashDT(
        base_url="https://hashdt.example.com", api_key="a", product_id="p", token="t", **options
    ),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_environment_is_not_trusted_unless_asked(maker, proxied, monkeypatch):
    for name, value in {"AUTH_ID": "1", "SECRET_KEY": "k", "REGION": "KG", "TEST": "1"}.items():
        monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
    proxied("http://127.0.0.1:9")
    transport = Carrier()
    MAKERS[maker](transport=transport)
    way = transport.destination.way

    assert (way.proxy, way.netrc, way.unused) == (None, False, "https_proxy")


# -- what is asked for


@pytest.fixture
def tunnel():
    """A proxy that connects as it is told to, and counts the ways it has made."""

    async def through(asked) -> None:
        host, _, port = asked.asked.split(b" ")[1].decode().rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        asked.writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source, sink) -> None:
            while part := await source.read(2**16):
                sink.write(part)
                asked.host.poured += len(part)
            sink.close()

        try:
            await asyncio.gather(pump(asked.reader, writer), pump(reader, asked.writer))
        finally:
            writer.close()

    return through


async def test_proxy_that_is_asked_for_sees_where_and_nothing_else(
    serving, connect, authority, good, proxied, tunnel, secret_key
):
    async with (
        serving(good["effect"], tls=authority.server("127.0.0.1")) as host,
        serving(tunnel) as proxy,
    ):
        proxied(f"http://127.0.0.1:{proxy.port}")
        fp = connect(
            f"https://127.0.0.1:{host.port}", ssl_context=authority.trusted(), trust_env=True
        )
        operation = await fp.cards.bulk_issue(product_id=2000, count=1)
        await fp.aclose()

    head, _, body = proxy.came[0].partition(b"\r\n\r\n")
    assert len(host.came) == len(proxy.came) == 1
    assert head.startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % host.port)
    assert body == b""
    assert {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]} <= {
        b"host",
        b"accept",
        b"accept-encoding",
        b"user-agent",
    }
    assert operation.request_id.encode() in host.came[0]


async def test_certificate_is_checked_behind_a_proxy(
    serving, ask, authority, good, kind, proxied, tunnel
):
    async with (
        serving(good[kind], tls=authority.server("api.example.com")) as host,
        serving(tunnel) as proxy,
    ):
        proxied(f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(NotSent, match="certificate is not trusted"):
            await ask(
                kind,
                f"https://127.0.0.1:{host.port}",
                ssl_context=authority.trusted(),
                trust_env=True,
            )

    assert len(proxy.came) == 1
    assert host.came == []


async def hang_up(asked) -> None:
    asked.writer.close()


async def cut(asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 Conn")
    asked.writer.close()


async def break_off(asked) -> None:
    asked.writer.transport.abort()


async def silent(asked) -> None:
    await asked.reader.read()


NO_WAY = {
    "needs a password": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    "forbids it": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden",
    "fails": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "leads elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
    "says yes and is no proxy": b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "speaks another language": b"\x05\x00 hello\r\n\r\n",
    "hangs up": hang_up,
    "is cut off": cut,
    "breaks the connection": break_off,
    "is silent": silent,
}


@pytest.mark.parametrize("answer", NO_WAY)
async def test_proxy_that_makes_no_way_means_that_nothing_was_sent(
    serving, ask, good, kind, proxied, answer
):
    async with serving(good[kind]) as host, serving(NO_WAY[answer]) as proxy:
        proxied(f"http://somebody:{PASSWORD}@127.0.0.1:{proxy.port}")
        with pytest.raises(NotSent, match="safe to repeat") as caught:
            await ask(kind, f"https://127.0.0.1:{host.port}", trust_env=True, timeout=1.0)

    assert host.connections == 0
    assert {each.split(b" ")[0] for each in proxy.came} == {b"CONNECT"}
    assert caught.value.request_id
    assert f"through the proxy http://127.0.0.1:{proxy.port} that https_proxy names" in str(
        caught.value
    )
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"http://u:{PASSWORD}@127.0.0.1:1",
        f"http://u:{PASSWORD}@127.0.0.1:port",
        f"socks5://u:{PASSWORD}@127.0.0.1:1",
    ],
)
async def test_proxy_that_is_not_there_or_is_none_means_that_nothing_was_sent(
    ask, kind, proxied, url
):
    proxied(url)
    with pytest.raises((NotSent, ConfigurationError), match="https_proxy") as caught:
        await ask(kind, "https://127.0.0.1:1", trust_env=True, timeout=1.0)

    assert re.search("Nothing was |It changes nothing: it is safe to repeat", str(caught.value))
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_proxy_that_is_given_is_gone_through(
    serving, ask, authority, good, kind, tunnel, scheme
):
    async with (
        serving(good[kind], tls=authority.server("127.0.0.1")) as host,
        serving(tunnel) as proxy,
    ):
        address = f"{scheme}somebody:{PASSWORD}@127.0.0.1:{proxy.port}"
        await ask(
            kind, f"https://127.0.0.1:{host.port}", ssl_context=authority.trusted(), proxy=address
        )

    assert len(host.came) == len(proxy.came) == 1
    assert b"\r\nProxy-Authorization: Basic " in proxy.came[0]


async def test_no_connection_says_which_proxy_was_meant(ask, kind):
    with pytest.raises(
        NotSent, match=r"through the proxy http://127\.0\.0\.1:1 that proxy names"
    ) as caught:
        await ask(kind, "https://127.0.0.1:1", proxy=f"u:{PASSWORD}@127.0.0.1:1", timeout=1.0)

    assert PASSWORD not in str(caught.value)


async def test_no_connection_says_which_proxy_was_not_used(ask, kind, proxied):
    proxied("http://127.0.0.1:1")
    with pytest.raises(
        NotSent,
        match=(
            "https_proxy names a proxy, which is not used: set trust_env=True, proxy= or --proxy "
            "to use it"
        ),
    ):
        await ask(kind, "https://127.0.0.1:1", timeout=1.0)


async def test_host_that_is_silent_says_which_proxy_was_not_used(serving, ask, kind, proxied):
    proxied("http://127.0.0.1:1")
    async with serving(silent) as host:
        with pytest.raises(
            NotSent, match="no connection in time; https_proxy names a proxy, which is not used"
        ):
            await ask(kind, f"https://127.0.0.1:{host.port}", timeout=1.0)


async def test_body_is_not_given_to_a_proxy_over_plain_http(serving, ask, good, kind, proxied):
    async with serving(good[kind]) as host, serving(good[kind]) as proxy:
        proxied(f"http://127.0.0.1:{proxy.port}")
        await ask(kind, host.port, trust_env=True)

    assert proxy.connections == 0
    assert len(host.came) == 1


async def test_host_that_needs_no_proxy_gets_none(
    serving, ask, authority, good, proxied, monkeypatch
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with (
        serving(good["read"], tls=authority.server("127.0.0.1")) as host,
        serving(b"") as proxy,
    ):
        proxied(f"http://127.0.0.1:{proxy.port}")
        await ask(
            "read",
            f"https://127.0.0.1:{host.port}",
            ssl_context=authority.trusted(),
            trust_env=True,
        )

    assert proxy.connections == 0
    assert len(host.came) == 1


async def test_user_of_the_netrc_goes_out_where_it_is_asked_for(
    serving, ask, authority, good, netrc
):
    async with serving(good["read"], tls=authority.server("127.0.0.1")) as host:
        await ask(
            "read",
            f"https://127.0.0.1:{host.port}",
            ssl_context=authority.trusted(),
            trust_env=True,
        )

    assert b"\r\nAuthorization: Basic " in host.came[0]


async def test_user_of_the_netrc_does_not_take_the_place_of_a_token(
    serving, ask, authority, good, netrc
):
    async with serving(good["page"], tls=authority.server("127.0.0.1")) as host:
        with pytest.raises(
            NotSent, match=r"the \.netrc of the environment can't be used"
        ) as caught:
            await ask(
                "page",
                f"https://127.0.0.1:{host.port}",
                ssl_context=authority.trusted(),
                trust_env=True,
            )

    assert host.came == []
    assert PASSWORD not in str(caught.value)
