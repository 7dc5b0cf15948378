from __future__ import annotations

import pytest

ISSUE = ("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000")
RESUME = ("batch", "resume", "run.db")
STATUS = ("requests", "status", "0d9f0f3e-6c0f-4c5e-9b0a-0d6a3d1c2b3a")
NAMES = ("AUTH_ID", "SECRET_KEY", "REGION", "TEST", "BASE_URL")


def without(*names):
    return {f"FREEDOMPAY_{name}": None for name in names}


@pytest.fixture(autouse=True)
def _file(shell, people):
    shell.file(people(2))


@pytest.mark.parametrize("command", [ISSUE, RESUME, STATUS])
def test_no_settings(shell, issuer, command):
    result = shell(*command, **without(*NAMES))

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "freedompay: set FREEDOMPAY_AUTH_ID, FREEDOMPAY_SECRET_KEY, FREEDOMPAY_REGION (KZ, KG or "
        "UZ) in the environment. Nothing was sent.\n"
    )
    assert issuer.arrived() == 0


@pytest.mark.parametrize("name", ["AUTH_ID", "SECRET_KEY"])
def test_one_setting_is_missing(shell, name):
    result = shell(*ISSUE, **without(name))

    assert (result.exit_code, result.stderr) == (
        2,
        f"freedompay: set FREEDOMPAY_{name} in the environment. Nothing was sent.\n",
    )


def test_an_empty_variable_is_missing(shell):
    result = shell(*ISSUE, FREEDOMPAY_SECRET_KEY="")

    assert (result.exit_code, result.stderr) == (
        2,
        "freedompay: set FREEDOMPAY_SECRET_KEY in the environment. Nothing was sent.\n",
    )


def test_an_unknown_region_in_the_environment(shell, issuer):
    result = shell(*ISSUE, FREEDOMPAY_REGION="RU")

    assert (result.exit_code, result.stderr) == (
        2,
        "freedompay: FREEDOMPAY_REGION is 'RU': use one of KZ, KG, UZ. Nothing was sent.\n",
    )
    assert issuer.arrived() == 0


def test_an_unknown_region_in_a_flag(shell):
    result = shell(*ISSUE, "--region", "RU")

    assert (result.exit_code, result.stderr) == (
        2,
        "freedompay: region is 'RU': use one of KZ, KG, UZ. Nothing was sent.\n",
    )


def test_a_region_without_a_test_host(shell, issuer):
    result = shell(*ISSUE, "--region", "UZ", "--test", **without("BASE_URL"))

    assert result.exit_code == 2
    assert result.stderr == (
        "freedompay: region UZ has no published test host: set base_url to the one that the "
        "vendor gave you. Nothing was sent.\n"
    )
    assert issuer.arrived() == 0


def test_a_test_variable_that_is_neither_yes_nor_no(shell):
    result = shell(*ISSUE, FREEDOMPAY_TEST="perhaps")

    assert (result.exit_code, result.stderr) == (
        2,
        "freedompay: FREEDOMPAY_TEST is 'perhaps': use 1 or 0. Nothing was sent.\n",
    )


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com",
        "https://api.example.com/v5",
        "ftp://api.example.com",
        "http://api.example.com",
    ],
)
def test_a_wrong_base_url(shell, url):
    result = shell(*ISSUE, "--base-url", url)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"freedompay: base_url is '{url}': ")
    assert result.stderr.endswith("Nothing was sent.\n")


def test_wrong_settings_leave_no_journal(shell):
    shell(*ISSUE, FREEDOMPAY_REGION="RU")

    assert shell.names() == ["clients.csv"]


def test_a_flag_wins_over_its_variable(shell, one_each, issuer):
    result = shell(
        *ISSUE,
        "--auth-id",
        issuer.sandbox.auth_id,
        "--region",
        "kz",
        FREEDOMPAY_AUTH_ID="20002",
        FREEDOMPAY_REGION="RU",
    )

    assert result.exit_code == 0
    assert issuer.cards() == one_each(2)


def test_the_other_scheme_is_the_region_s(shell, one_each, issuer):
    result = shell(*ISSUE, "--region", "KG")

    assert result.exit_code == 0
    assert {"Sign" in each.headers for each in issuer.sandbox.received} == {True}


def test_the_secret_key_is_no_flag(shell):
    result = shell(*ISSUE, "--secret-key", "hush")

    assert result.exit_code == 2
    assert "No such option" in result.stderr


@pytest.mark.parametrize("command", [ISSUE, STATUS])
def test_a_wrong_secret_key(shell, issuer, command):
    result = shell(*command, FREEDOMPAY_SECRET_KEY="wrong")

    assert result.exit_code == 2 if command is ISSUE else result.exit_code in (1, 2)
    assert "the issuer refused the signature or the merchant" in result.stderr
    assert "Check auth_id, secret_key, the region and its signature scheme." in result.stderr
    assert issuer.effects == 0


def test_a_wrong_secret_key_costs_one_harmless_question(shell, issuer):
    result = shell(*ISSUE, FREEDOMPAY_SECRET_KEY="wrong")

    assert (issuer.arrived(), issuer.arrived("request/status")) == (1, 1)
    assert "no row was sent" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_wrong_secret_key_is_not_shown(shell):
    result = shell(*ISSUE, FREEDOMPAY_SECRET_KEY="wrong-and-secret")

    assert "wrong-and-secret" not in result.stdout + result.stderr


def test_a_wrong_merchant(shell, issuer):
    result = shell(*ISSUE, "--auth-id", "20002")

    assert result.exit_code == 2
    assert "the issuer refused the signature or the merchant" in result.stderr
    assert issuer.effects == 0


def test_a_wrong_secret_key_on_resume(shell, issuer):
    shell(*ISSUE)
    before = issuer.effects
    result = shell(*RESUME, FREEDOMPAY_SECRET_KEY="wrong")

    assert result.exit_code == 2
    assert issuer.effects == before


def test_nobody_at_the_address(shell, free_port):
    result = shell(*ISSUE, "--base-url", f"http://127.0.0.1:{free_port}")

    assert result.exit_code == 2
    assert f"no connection to 127.0.0.1:{free_port}" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "flags",
    [("--concurrency", "0"), ("--rate", "0"), ("--max-cards", "0"), ("--concurrency", "many")],
)
def test_a_number_that_cannot_be(shell, issuer, flags):
    result = shell(*ISSUE, *flags)

    assert result.exit_code == 2
    assert flags[0] in result.stderr
    assert issuer.arrived() == 0


def test_a_region_with_two_hosts_and_none_of_them_said(shell, issuer):
    result = shell(*ISSUE, **without("BASE_URL"))

    assert result.exit_code == 2
    assert "region KZ has a test host and a live one, and neither is chosen" in result.stderr
    assert "FREEDOMPAY_TEST=1 or --test" in result.stderr
    assert "FREEDOMPAY_TEST=0 or --live" in result.stderr
    assert issuer.arrived() == 0


def test_a_scheme_that_is_none(shell, issuer):
    by_flag, by_variable = (
        shell(*ISSUE, "--scheme", "hs256"),
        shell(*ISSUE, FREEDOMPAY_SIGNATURE="hs256"),
    )

    assert (by_flag.exit_code, by_variable.exit_code) == (2, 2)
    assert by_flag.stderr.startswith(
        "freedompay: --scheme is 'hs256': 'hs256' is no scheme. Use one of jws-hs512, "
        "jws-hs256, sign"
    )
    assert by_variable.stderr.startswith("freedompay: FREEDOMPAY_SIGNATURE is 'hs256': ")
    assert issuer.arrived() == 0


@pytest.mark.parametrize(
    "command",
    [("requests", "status"), ("cards", "info"), ("cards", "block", "--description", "lost")],
    ids=" ".join,
)
def test_a_scheme_signs_every_call(shell, issuer, command):
    group, name, *rest = command
    shell(group, name, STATUS[2], *rest, "--scheme", "sign")
    received = issuer.do(list, issuer.sandbox.received)

    assert received
    assert all("sign" in map(str.lower, each.headers) for each in received)


def test_a_proxy_that_is_none(shell, issuer):
    result = shell(*ISSUE, FREEDOMPAY_PROXY="socks5://somebody:hunter2@proxy.example.com")

    assert result.exit_code == 2
    assert result.stderr.startswith("freedompay: FREEDOMPAY_PROXY is no address of a proxy")
    assert "hunter2" not in result.stderr


def test_a_key_with_a_line_break(shell, issuer):
    result = shell(*ISSUE, FREEDOMPAY_SECRET_KEY="sandbox-secret\n")

    assert result.exit_code == 2
    assert result.stderr.startswith("freedompay: secret_key has a line break")
    assert "sandbox-secret" not in result.stderr
    assert issuer.arrived() == 0
