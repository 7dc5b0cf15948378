"""Plain http is for this machine, under three spellings; whatever else a URL says, no two readers
of it find two hosts in it.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from freedompay_async import ConfigurationError, FreedomPay
from freedompay_async.hashdt import HashDT
from freedompay_async.settings.settings import endpoint_of
from tests.transports import Road

LOCAL = ["localhost", "LOCALHOST", "LocalHost", "127.0.0.1", "[::1]"]
# Another reader may take each of these for this machine, or for another one.
OTHER = [
    *(
        "127.1",
        "127.0.1",
        "127.0.0.2",
        "127.255.255.254",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
    ),
    *(
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "[::1%25lo]",
        "[::1%lo]",
    ),
    *(
        "localhost.",
        "127.0.0.1.",
        "localhost.localdomain",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "a.localhost",
    ),
    *(
        "localhost%2eexample.com",
        "localhost%00.example.com",
        "127.0.0.1%20",
        "\u24dbocalhost",
        "\uff4cocalhost",
        "127。0。0。1",
        "\uff11\uff12\uff17.0.0.1",
    ),
    *(
        "[::1].example.com",
        "[::1]example.com",
        "example.com[::1]",
        "localhost\\.example.com",
        "localhost\\@example.com",
        "localhost .example.com",
    ),
    *(
        "localhost@example.com",
        "127.0.0.1@example.com",
        "localhost:80@example.com",
        "localhost:@example.com",
        "@localhost",
        ":@localhost",
    ),
    *(
        "example.com\\@localhost",
        "example.com@localhost",
        "example.com:80@127.0.0.1",
        "example.com#@localhost",
        "example.com?@localhost",
    ),
    *(
        "localhost,example.com",
        "localhost;example.com",
        "localhost&example.com",
        "localhost:8080:80",
        "localhost:",
        "localhost:0x50",
    ),
    *(
        "localhost\n.example.com",
        "local\thost.example.com",
        "localhost\r",
        "\u202elocalhost",
        "localhost\u200b",
        "localhost\x00",
        "",
        ":80",
    ),
]


def keys(base_url: str) -> list:
    """Each client of this base URL, not made yet."""
    return [
        lambda: FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url=base_url),
        lambda: HashDT(base_url=base_url, api_key="k", product_id="p", token="t"),
    ]


@pytest.mark.parametrize("maker", [0, 1], ids=["FreedomPay", "HashDT"])
@pytest.mark.parametrize("host", OTHER)
def test_plain_http_to_what_is_not_surely_this_machine_is_refused(host, maker):
    with pytest.raises(ConfigurationError, match="base_url"):
        keys(f"http://{host}")[maker]()


@pytest.mark.parametrize("port", ["", ":8095"])
@pytest.mark.parametrize("host", LOCAL)
def test_plain_http_to_this_machine_is_taken(host, port):
    assert (
        endpoint_of(None, test=False, base_url=f"http://{host}{port}").base_url
        == f"http://{host}{port}"
    )


@pytest.mark.parametrize("maker", [0, 1], ids=["FreedomPay", "HashDT"])
@pytest.mark.parametrize(
    "scheme",
    ["ftp", "file", "ws", "http+unix", "javascript", "data", "HTTPX", "unix", "", "https\u2024"],
)
def test_no_other_scheme_is_taken(scheme, maker):
    with pytest.raises(ConfigurationError, match="base_url"):
        keys(f"{scheme}://127.0.0.1")[maker]()


@pytest.mark.parametrize("maker", [0, 1], ids=["FreedomPay", "HashDT"])
@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com\\@evil.example",
        "https://[::1]evil.example",
        "https://api .example.com",
        "https://。",
    ],
)
def test_url_in_which_two_readers_find_two_hosts_is_refused_over_tls_too(url, maker):
    with pytest.raises(ConfigurationError, match="base_url"):
        keys(url)[maker]()


PIECES = st.lists(
    st.sampled_from(
        [
            "localhost",
            "127.0.0.1",
            "[::1]",
            "evil.example",
            "@",
            ":",
            "80",
            "\\",
            "/",
            "#",
            "?",
            "%",
            ".",
            " ",
            "\t",
            "[",
            "]",
            "。",
            "\uff0f",
        ]
    ),
    max_size=6,
).map("".join)


@settings(deadline=None, max_examples=400, database=None)
@given(st.sampled_from(["http", "https"]), PIECES | st.text(max_size=12))
@example("http", "[::1]evil.example")
@example("https", "a\\@b")
def test_host_that_was_checked_is_the_host_that_is_called(scheme, rest):
    road = Road()
    try:
        FreedomPay(
            auth_id="1",
            secret_key="k",
            region="KZ",
            base_url=f"{scheme}://{rest}",
            transport=road,
        )
    except ConfigurationError:
        return

    url = URL(road.destination.base_url)
    assert url.scheme == scheme
    assert scheme == "https" or url.raw_host in ("localhost", "127.0.0.1", "::1")
    assert (url.user, url.raw_path) == (None, "/")
