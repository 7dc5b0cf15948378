"""Which transport carries the calls of a command."""

from __future__ import annotations

import json

import pytest

from freedompay_async.cli.settings_flags import SettingsFlags
from freedompay_async.cli.transport_choice import choose_transport
from freedompay_async.settings.proxies import Proxy, Way

DIRECT = "transport: DirectTransport\n"
NOT_INSTALLED = "transport: AiohttpTransport, because httptools is not installed\n"
ARGUMENTS = ("cards", "issue", "--product-id", "2000", "--client-id")


@pytest.fixture
def without_httptools(monkeypatch):
    monkeypatch.setattr(
        "freedompay_async.transport.direct.direct_transport.find_spec", lambda name: None
    )


@pytest.fixture
def host(monkeypatch):
    """Settings of a host that is not this machine."""
    for name, value in {"AUTH_ID": "1", "SECRET_KEY": "k", "REGION": "KZ", "TEST": "1"}.items():
        monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("flag", ["-v", "--verbose"])
def test_a_call_is_carried_by_the_faster_one_and_says_so(shell, issuer, flag):
    result = shell(*ARGUMENTS, shell.client(), flag)

    assert result.exit_code == 0
    assert result.stderr.startswith(DIRECT)
    assert len(issuer.ledger()) == 1


def test_nothing_is_said_of_it_otherwise(shell):
    assert "transport" not in shell(*ARGUMENTS, shell.client()).stderr


def test_a_batch_says_it(shell, people):
    result = shell.issue(people(2), "-v")

    assert result.exit_code == 0
    assert result.stderr.startswith(DIRECT)


@pytest.mark.usefixtures("without_httptools")
def test_without_httptools_the_default_carries_the_calls(shell, issuer):
    result = shell(*ARGUMENTS, shell.client(), "-v")

    assert result.exit_code == 0
    assert result.stderr.startswith(NOT_INSTALLED)
    assert len(issuer.ledger()) == 1


@pytest.mark.usefixtures("without_httptools")
def test_the_doctor_says_what_is_missing(shell):
    (line,) = [
        each
        for each in json.loads(shell("doctor", "--json").stdout)["checks"]
        if each["name"] == "transport"
    ]

    assert line == {
        "name": "transport",
        "verdict": "ok",
        "detail": "AiohttpTransport, because httptools is not installed",
        "advice": "faster: pip install 'freedompay-async[speed]'",
    }


@pytest.mark.parametrize("flags", [{"proxy": "proxy.example.com:3128"}, {}])
def test_a_proxy_is_for_the_default(host, flags):
    if not flags:
        host.setenv("FREEDOMPAY_PROXY", "proxy.example.com:3128")

    assert "AiohttpTransport(" in repr(SettingsFlags(**flags).client())


def test_so_is_a_proxy_of_the_environment_that_is_trusted(host):
    host.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")

    assert "AiohttpTransport(" in repr(SettingsFlags(trust_env=True).client())
    assert "DirectTransport(" in repr(SettingsFlags().client())


def test_so_is_the_netrc_of_the_environment(host):
    assert "AiohttpTransport(" in repr(SettingsFlags(trust_env=True).client())


def test_it_says_why_it_is_not_the_faster_one():
    proxy = Proxy.read("http://somebody:hunter2@proxy.example.com:3128", "proxy")

    assert str(choose_transport(Way(proxy))) == (
        "AiohttpTransport, because the calls go through the proxy http://proxy.example.com:3128"
    )
    assert (
        str(choose_transport(Way(netrc=True)))
        == "AiohttpTransport, because --trust-env reads .netrc"
    )
    assert str(choose_transport(Way(unused="HTTPS_PROXY"))) == "DirectTransport"


def test_each_client_has_one_of_its_own(host):
    flags = SettingsFlags()
    first, second = flags.client(), flags.client()

    assert choose_transport(Way()).transport is not choose_transport(Way()).transport
    assert "DirectTransport(" in repr(first)
    assert "DirectTransport(" in repr(second)
