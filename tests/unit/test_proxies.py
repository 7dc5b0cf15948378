"""Which proxy is gone through, and how it is told without its password."""

from __future__ import annotations

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Hidden
from freedompay_async.settings.proxies import Proxy, Way, proxy_of, proxy_of_environment

HOST = "https://api.example.com"
VARIABLES = (
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "NETRC",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    return monkeypatch


@pytest.mark.parametrize(
    ("text", "shown", "url"),
    [
        ("http://proxy.bank.kz:3128", "http://proxy.bank.kz:3128", "http://proxy.bank.kz:3128"),
        ("proxy.bank.kz:3128", "http://proxy.bank.kz:3128", "http://proxy.bank.kz:3128"),
        ("proxy", "http://proxy:80", "http://proxy"),
        (" http://proxy:3128/ \n", "http://proxy:3128", "http://proxy:3128/"),
        ("https://proxy", "https://proxy:443", "https://proxy"),
        ("http://me:hunter2@proxy:3128", "http://proxy:3128", "http://me:hunter2@proxy:3128"),
        ("me:hunter2@proxy:3128", "http://proxy:3128", "http://me:hunter2@proxy:3128"),
        ("[::1]:3128", "http://[::1]:3128", "http://[::1]:3128"),
    ],
)
def test_an_address_is_read(text, shown, url):
    proxy = Proxy.read(text, "FREEDOMPAY_PROXY")

    assert (proxy.shown, proxy.url.reveal()) == (shown, url)
    assert repr(proxy) == f"Proxy({shown!r}, FREEDOMPAY_PROXY)"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "socks5://hunter2@proxy:1080",
            "ftp://hunter2",
            "http://",
            "http://proxy/hunter2",
            "http://proxy?hunter2",
            "http://proxy#hunter2",
        ),
        *("http://me:hunter2#1@proxy:3128", "http://me:12/hunter2@proxy:3128"),
        *(
            "http://hunter2:port",
            "http://[hunter2",
            "http://hunter2 proxy",
            "http://hunter2\\proxy",
            "http://proxy:99999999",
        ),
    ],
)
def test_what_is_no_address_is_refused_and_not_shown(text):
    with pytest.raises(ConfigurationError) as caught:
        Proxy.read(text, "FREEDOMPAY_PROXY")

    assert caught.value.text.startswith(
        "FREEDOMPAY_PROXY is no address of a proxy: write it like http://proxy.example.com:3128"
    )
    assert "hunter2" not in caught.value.text


def test_an_argument_is_read_once():
    proxy = proxy_of(Hidden("proxy:3128"))

    assert repr(proxy) == "Proxy('http://proxy:3128', proxy)"
    assert proxy_of(Hidden(proxy)) is proxy
    assert proxy_of(Hidden(None)) is None


def test_an_argument_that_is_no_text_is_named():
    with pytest.raises(
        ConfigurationError,
        match=r"^proxy is of type bytes: give text: decode it first\. Nothing was sent\.$",
    ):
        proxy_of(Hidden(b"proxy:3128"))


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_the_environment_names_one(environment, name):
    environment.setenv(name, "proxy:3128")
    proxy = proxy_of_environment("api.example.com")

    assert (proxy.shown, proxy.source) == ("http://proxy:3128", name)


def test_the_one_for_https_goes_first(environment):
    environment.setenv("ALL_PROXY", "http://other:1")
    environment.setenv("HTTPS_PROXY", "http://proxy:3128")

    assert proxy_of_environment("api.example.com").shown == "http://proxy:3128"


def test_the_one_for_plain_http_is_for_something_else(environment):
    environment.setenv("http_proxy", "http://proxy:3128")

    assert proxy_of_environment("api.example.com") is None


def test_a_host_may_be_taken_out(environment):
    environment.setenv("HTTPS_PROXY", "http://proxy:3128")
    environment.setenv("NO_PROXY", "example.com")

    assert proxy_of_environment("api.example.com") is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://proxy:3128", "http://me:p%40ss@proxy:3128"),
        ("http://you:own@proxy:3128", "http://you:own@proxy:3128"),
    ],
)
def test_its_user_may_be_in_the_netrc(environment, tmp_path, address, expected):
    (tmp_path / "netrc").write_text("machine proxy login me password p@ss\n")
    environment.setenv("NETRC", str(tmp_path / "netrc"))
    environment.setenv("HTTPS_PROXY", address)

    assert Way.of(HOST, proxy=None, trust_env=True).proxy.url.reveal() == expected
    assert proxy_of_environment("api.example.com").url.reveal() == address


@pytest.mark.parametrize(
    "content",
    [
        b"machine other login me password pass\n",
        b"machine proxy\n",
        b"machine proxy login \xff password p\n",
    ],
)
def test_a_netrc_that_has_another_host_or_can_not_be_read_is_no_help(
    environment, tmp_path, content
):
    (tmp_path / "netrc").write_bytes(content)
    environment.setenv("NETRC", str(tmp_path / "netrc"))
    environment.setenv("HTTPS_PROXY", "http://proxy:3128")

    assert Way.of(HOST, proxy=None, trust_env=True).proxy.url.reveal() == "http://proxy:3128"


class TestWay:
    def test_is_straight_unless_somebody_says_otherwise(self):
        way = Way.of(HOST, proxy=None, trust_env=False)

        assert (way.proxy, way.netrc, way.unused, way.hint()) == (None, False, None, "")

    def test_names_the_proxy_that_is_not_used(self, environment):
        environment.setenv("HTTPS_PROXY", "http://me:hunter2@proxy:3128")
        way = Way.of(HOST, proxy=None, trust_env=False)

        assert way.proxy is None
        assert way.hint() == (
            "; HTTPS_PROXY names a proxy, which is not used: set trust_env=True, proxy= or "
            "--proxy to use it"
        )

    def test_is_not_bothered_by_one_that_could_not_be_used(self, environment):
        environment.setenv("HTTPS_PROXY", "socks5://proxy:1080")

        assert Way.of(HOST, proxy=None, trust_env=False).unused == "the environment"

    def test_goes_through_that_of_the_environment_where_it_is_asked_for(self, environment):
        environment.setenv("HTTPS_PROXY", "http://me:hunter2@proxy:3128")
        way = Way.of(HOST, proxy=None, trust_env=True)

        assert (way.proxy.shown, way.netrc) == ("http://proxy:3128", True)
        assert way.hint() == ", through the proxy http://proxy:3128 that HTTPS_PROXY names"
        assert repr(way) == "Way(Proxy('http://proxy:3128', HTTPS_PROXY))"

    def test_refuses_one_of_the_environment_that_can_not_be_used(self, environment):
        environment.setenv("HTTPS_PROXY", "socks5://proxy:1080")
        with pytest.raises(ConfigurationError, match=r"^HTTPS_PROXY is no address of a proxy"):
            Way.of(HOST, proxy=None, trust_env=True)

    def test_goes_through_the_one_that_is_given_before_that_of_the_environment(self, environment):
        environment.setenv("HTTPS_PROXY", "http://other:1")

        assert (
            Way.of(HOST, proxy=Proxy.read("proxy:3128", "--proxy"), trust_env=True).proxy.shown
            == "http://proxy:3128"
        )

    def test_over_plain_http_never_leads_through_one(self, environment):
        environment.setenv("HTTPS_PROXY", "http://proxy:3128")

        assert repr(Way.of("http://127.0.0.1:9", proxy=None, trust_env=True)) == "Way()"

    def test_over_plain_http_refuses_the_one_that_is_given(self):
        with pytest.raises(
            ConfigurationError,
            match=r"^--proxy names a proxy, and http://127\.0\.0\.1:9 is plain http on this machine",
        ):
            Way.of("http://127.0.0.1:9", proxy=Proxy.read("proxy:3128", "--proxy"), trust_env=False)
