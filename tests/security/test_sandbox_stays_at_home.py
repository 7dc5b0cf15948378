"""The issuer for tests is for this machine: it listens nowhere else, opens to no other name, and
its pages need nobody.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from freedompay_async.cli.app import app
from freedompay_async.sandbox import Sandbox

EVIL = [
    "evil.example",
    "evil.example:8095",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.localhost.example",
    "10.0.0.1",
    "0.0.0.0",
    "",
    "[::ffff:10.0.0.1]",
]
PAGES = [
    "/",
    "/sandbox/about",
    "/sandbox/ledger",
    "/sandbox/cards",
    "/sandbox/gift-cards",
    "/sandbox/open",
    "/sandbox/events",
    "/sandbox/requests/1",
    "/pin/x",
]
ORIGIN = re.compile(r"""(?:https?:)?//[^\s"'`)]+|@import|url\((?!data:)""")


@pytest.fixture
async def browser(issuer):
    async with aiohttp.ClientSession(issuer.base_url) as browser:
        yield browser


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "192.168.0.1", "example.com", "127.0.0.2", "localhost.example.com"],
)
def test_other_address_is_refused(host):
    with pytest.raises(ValueError, match="listens on this machine only"):
        Sandbox(host=host)


async def test_address_is_a_loopback_one(issuer):
    port = int(issuer.base_url.rpartition(":")[2])
    listening = [
        address
        for table in ("tcp", "tcp6")
        for line in Path("/proc/net", table).read_text("ascii").splitlines()[1:]
        # The local address, the other one, and the state LISTEN.
        for address, _, state in [line.split()[1:4]]
        if state == "0A" and int(address.rpartition(":")[2], 16) == port
    ]

    # 127.0.0.1, as the kernel writes it.
    assert listening == [f"0100007F:{port:04X}"]


def test_command_has_no_flag_for_another_address():
    told = (
        CliRunner(env={"COLUMNS": "300", "TERM": "dumb"}).invoke(app, ["sandbox", "--help"]).stdout
    )

    assert "--port" in told
    assert re.findall(r"--(?:host|bind|listen|address|interface)\b", told) == []


def test_command_says_what_it_is_not():
    told = " ".join(
        CliRunner(env={"COLUMNS": "300", "TERM": "dumb"})
        .invoke(app, ["sandbox", "--help"])
        .stdout.split()
    )

    assert "listens on 127.0.0.1 only" in told
    assert "not for the real world" in told


@pytest.mark.parametrize("host", EVIL)
@pytest.mark.parametrize("path", PAGES)
async def test_page_opens_under_no_name_of_somebody_else(browser, path, host):
    async with browser.get(path, headers={"Host": host}) as answer:
        status = answer.status

    assert status == 403


async def test_page_lets_no_other_page_read_or_frame_it(browser):
    async with browser.get("/", headers={"Origin": "https://evil.example"}) as answer:
        headers = answer.headers

    assert [name for name in headers if name.lower().startswith("access-control-")] == []
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


async def test_page_may_load_from_nowhere_else(browser):
    async with browser.get("/") as answer:
        policy = dict(
            rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; ")
        )

    assert policy.pop("default-src") == "'none'"
    assert {
        name: value
        for name, value in policy.items()
        if not re.fullmatch(r"'none'|'self'|'script'|data:|'sha256-\S+'", value)
    } == {}


@pytest.mark.parametrize(
    "page", sorted(each.name for each in (files("freedompay_async.sandbox") / "pages").iterdir())
)
def test_page_names_no_other_origin(page):
    text = (files("freedompay_async.sandbox") / "pages" / page).read_text("utf-8")
    named = [
        found
        for found in ORIGIN.findall(text)
        if not found.startswith(("http://www.w3.org/", "//www.w3.org/"))
    ]

    assert [found for found in named if not re.match(r"//\s", found)] == []
