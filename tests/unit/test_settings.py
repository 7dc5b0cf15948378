from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from freedompay_async.contract.regions import Region
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret
from freedompay_async.settings.schemes import Scheme
from freedompay_async.settings.settings import Settings, endpoint_of, region_scheme

WHOLE = {
    "FREEDOMPAY_AUTH_ID": "123456",
    "FREEDOMPAY_SECRET_KEY": "hunter2",
    "FREEDOMPAY_REGION": "KG",
    "FREEDOMPAY_TEST": "1",
    "FREEDOMPAY_BASE_URL": "https://api.example.com",
    "FREEDOMPAY_SIGNATURE": "jws-hs256",
    "FREEDOMPAY_CONTRACT": "contract.toml",
    "FREEDOMPAY_PROXY": "http://bank:hunter3@proxy.example.com:3128",
}
LEAST = {
    "FREEDOMPAY_AUTH_ID": "123456",
    "FREEDOMPAY_SECRET_KEY": "hunter2",
    "FREEDOMPAY_REGION": "KZ",
}

NO_BASE_URLS = {
    "plain http is for this machine only; use https": [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://[::2]",
    ],
    "write it like https://api.example.com, without a path": [
        "",
        "api.example.com",
        "//api.example.com",
        "ftp://api.example.com",
        "https://",
        "https://:8443",
        "https://api.example.com/v5",
        "https://api.example.com?a=1",
        "https://api.example.com#a",
    ],
    "Port could not be cast to integer value as 'port'": ["https://api.example.com:port"],
    "Port out of range 0-65535": ["https://api.example.com:70000"],
    "Invalid IPv6 URL": ["https://[::1"],
}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in LEAST.items() if name not in names}


def refusal(made, *args, **options) -> str:
    with pytest.raises(ConfigurationError) as caught:
        made(*args, **options)
    return caught.value.text


class TestHost:
    @pytest.mark.parametrize(
        ("region", "test", "expected"),
        [
            (Region.KZ, False, "https://api.freedompay.kz"),
            (Region.KG, False, "https://api.freedompay.kg"),
            (Region.UZ, False, "https://api.freedompay.uz"),
            (Region.KZ, True, "https://test-api.freedompay.kz"),
            (Region.KG, True, "https://test-api.freedompay.kg"),
        ],
    )
    def test_is_that_of_the_region(self, region, test, expected):
        assert endpoint_of(region, test=test, base_url=None).base_url == expected

    @pytest.mark.parametrize(("region", "there"), [(Region.KZ, "kz"), (Region.KG, "kg")])
    def test_is_not_guessed_where_a_region_has_two(self, region, there):
        assert refusal(endpoint_of, region, test=None, base_url=None) == (
            f"region {region} has a test host and a live one, and neither is chosen. The test host is "
            f"https://test-api.freedompay.{there}: test=True, "
            "FREEDOMPAY_TEST=1 or --test. The live one, where cards are real, is "
            f"https://api.freedompay.{there}: test=False, "
            "FREEDOMPAY_TEST=0 or --live. Nothing was sent."
        )

    def test_is_the_live_one_where_a_region_has_no_other(self):
        assert endpoint_of(Region.UZ, test=None, base_url=None) == (
            "https://api.freedompay.uz",
            True,
        )

    @pytest.mark.parametrize(
        ("region", "test", "base_url", "live"),
        [
            (Region.KZ, False, None, True),
            (Region.KZ, True, None, False),
            (None, None, "https://api.freedompay.kz", True),
            (None, None, "https://test-api.freedompay.kz", False),
            (None, None, "https://card.example.com", True),
            (Region.UZ, True, "https://card.example.com", False),
            (None, None, "http://127.0.0.1:8095", False),
            (None, False, "https://localhost", False),
        ],
    )
    def test_is_live_unless_it_is_a_test_host_or_this_machine(self, region, test, base_url, live):
        assert endpoint_of(region, test=test, base_url=base_url).live is live

    @pytest.mark.parametrize(
        "base_url",
        [
            "https://api.freedompay.kz",
            "https://API.freedompay.KG:443/",
            "https://api.freedompay.uz.",
        ],
    )
    def test_of_the_vendor_that_is_live_is_not_said_to_be_for_tests(self, base_url):
        message = refusal(endpoint_of, Region.KZ, test=True, base_url=base_url)

        assert message == (
            f"base_url is {base_url.rstrip('/')}, a live host of the vendor, where cards are "
            "real, and test (FREEDOMPAY_TEST, --test) says "
            "that it is a test host: leave one of them out. Nothing was sent."
        )
        assert endpoint_of(Region.KZ, test=False, base_url=base_url).live

    @pytest.mark.parametrize("text", ["0", "1", "false", ""])
    def test_is_not_chosen_by_a_text(self, text):
        assert (
            refusal(endpoint_of, Region.KZ, test=text, base_url=None)
            == "test is of type str: give True or False. Nothing was sent."
        )

    def test_for_tests_in_uzbekistan_must_be_given(self):
        message = refusal(endpoint_of, Region.UZ, test=True, base_url=None)

        assert message == (
            "region UZ has no published test host: set base_url to the one that the vendor "
            "gave you. Nothing was sent."
        )

    def test_for_tests_in_uzbekistan_can_be_given(self):
        assert (
            endpoint_of(Region.UZ, test=True, base_url="https://uz.example.com").base_url
            == "https://uz.example.com"
        )

    def test_needs_a_region_or_a_base_url(self):
        message = refusal(endpoint_of, None, test=False, base_url=None)

        assert message == (
            "no region and no base_url: set region (KZ, KG or UZ), or base_url. Nothing was sent."
        )

    @pytest.mark.parametrize("region", [None, *Region])
    @pytest.mark.parametrize("test", [False, True])
    def test_given_as_base_url_wins_over_the_region(self, region, test):
        assert (
            endpoint_of(region, test=test, base_url="https://api.example.com").base_url
            == "https://api.example.com"
        )

    @pytest.mark.parametrize(
        ("base_url", "expected"),
        [
            ("https://api.example.com/", "https://api.example.com"),
            ("https://api.example.com:8443", "https://api.example.com:8443"),
            ("HTTPS://api.example.com", "https://api.example.com"),
            ("https://127.0.0.1:1", "https://127.0.0.1:1"),
            ("http://localhost", "http://localhost"),
            ("http://LOCALHOST:8080/", "http://LOCALHOST:8080"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]", "http://[::1]"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ],
    )
    def test_given_is_taken_as_scheme_host_and_port(self, base_url, expected):
        assert endpoint_of(None, test=False, base_url=base_url).base_url == expected

    @pytest.mark.parametrize(
        ("base_url", "why"), [(url, why) for why, urls in NO_BASE_URLS.items() for url in urls]
    )
    def test_of_another_machine_over_plain_http_or_that_is_none_is_refused(self, base_url, why):
        message = refusal(endpoint_of, None, test=False, base_url=base_url)

        assert message == f"base_url is {base_url!r}: {why}. Nothing was sent."

    @pytest.mark.parametrize(
        "base_url",
        [
            "https://user:hunter2@api.example.com",
            "https://user@api.example.com",
            "https://@api.example.com",
            "http://user:hunter2@localhost",
            "https://user:hunter2@api.example.com/v5",
        ],
    )
    def test_with_a_user_in_it_is_refused_and_not_shown(self, base_url):
        message = refusal(endpoint_of, None, test=False, base_url=base_url)

        assert message == (
            "base_url is not shown, because it has a user or a password in it: write it like "
            "https://api.example.com, without a path. Nothing was sent."
        )

    @pytest.mark.parametrize(
        "base_url",
        [
            "https://user:hunter2@api.example.com:port",
            "https://user:hunter2@[::1",
            "https://user:x/hunter2@host",
            "https://user:hunter2/@host",
        ],
    )
    def test_with_a_password_in_it_that_cannot_be_read_is_not_shown(self, base_url):
        assert "hunter2" not in refusal(endpoint_of, None, test=False, base_url=base_url)

    def test_with_a_password_in_it_that_reads_like_a_port_is_not_shown_by_a_traceback(self):
        with pytest.raises(ConfigurationError) as caught:
            endpoint_of(None, test=False, base_url="https://user:" + "hunter2/@api.example.com")

        assert "'hunter2'" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("region", "scheme"), [("KZ", Scheme.JWS_HS512), ("KG", Scheme.SIGN), ("UZ", Scheme.SIGN)]
)
def test_each_region_has_a_scheme(region, scheme):
    assert region_scheme(Region(region)) is scheme


def test_without_a_region_no_scheme_is_known():
    assert region_scheme(None) is None


class TestFromEnv:
    def test_reads_every_variable(self):
        settings = Settings.from_env(env=WHOLE)

        assert (settings.auth_id, settings.secret_key, settings.region) == (
            "123456",
            Secret("hunter2"),
            Region.KG,
        )
        assert (settings.test, settings.base_url) == (True, "https://api.example.com")
        assert (settings.scheme, settings.contract) == ("jws-hs256", "contract.toml")
        assert (settings.proxy.shown, settings.proxy.source) == (
            "http://proxy.example.com:3128",
            "FREEDOMPAY_PROXY",
        )

    def test_needs_three_variables(self):
        settings = Settings.from_env(env=LEAST)

        assert (settings.auth_id, settings.secret_key, settings.region) == (
            "123456",
            Secret("hunter2"),
            Region.KZ,
        )
        assert {
            settings.test,
            settings.base_url,
            settings.scheme,
            settings.contract,
            settings.proxy,
        } == {None}

    def test_takes_a_base_url_for_a_region(self):
        env = without("FREEDOMPAY_REGION") | {"FREEDOMPAY_BASE_URL": "https://api.example.com"}

        assert Settings.from_env(env=env).region is None

    def test_reads_the_environment_of_the_process(self, monkeypatch):
        for name, value in WHOLE.items():
            monkeypatch.setenv(name, value)

        assert str(Settings.from_env()) == str(Settings.from_env(env=WHOLE))

    def test_reads_no_environment_but_the_one_given(self, monkeypatch):
        for name, value in WHOLE.items():
            monkeypatch.setenv(name, value)

        assert refusal(Settings.from_env, env={}).startswith("set FREEDOMPAY_AUTH_ID, ")

    def test_gives_what_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            Settings.from_env(env=LEAST).test = True

    def test_does_not_show_the_key(self):
        assert "hunter2" not in repr(Settings.from_env(env=LEAST))

    @pytest.mark.parametrize(
        ("env", "named"),
        [
            ({}, "FREEDOMPAY_AUTH_ID, FREEDOMPAY_SECRET_KEY, FREEDOMPAY_REGION (KZ, KG or UZ)"),
            (without("FREEDOMPAY_AUTH_ID"), "FREEDOMPAY_AUTH_ID"),
            (without("FREEDOMPAY_SECRET_KEY"), "FREEDOMPAY_SECRET_KEY"),
            (without("FREEDOMPAY_REGION"), "FREEDOMPAY_REGION (KZ, KG or UZ)"),
            (
                without("FREEDOMPAY_AUTH_ID", "FREEDOMPAY_REGION"),
                "FREEDOMPAY_AUTH_ID, FREEDOMPAY_REGION (KZ, KG or UZ)",
            ),
            (LEAST | {"FREEDOMPAY_AUTH_ID": ""}, "FREEDOMPAY_AUTH_ID"),
            (LEAST | {"FREEDOMPAY_SECRET_KEY": ""}, "FREEDOMPAY_SECRET_KEY"),
            (LEAST | {"FREEDOMPAY_REGION": ""}, "FREEDOMPAY_REGION (KZ, KG or UZ)"),
        ],
    )
    def test_names_every_variable_that_is_missing(self, env, named):
        assert (
            refusal(Settings.from_env, env=env)
            == f"set {named} in the environment. Nothing was sent."
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            *((text, True) for text in ("1", "true", "TRUE", " yes ", "On")),
            *((text, False) for text in ("0", "false", "False", "no", "off")),
            *((text, None) for text in ("", " ")),
        ],
    )
    def test_reads_whether_it_is_a_test(self, text, expected):
        assert Settings.from_env(env=LEAST | {"FREEDOMPAY_TEST": text}).test is expected

    @pytest.mark.parametrize("text", ["maybe", "2", "-1"])
    def test_names_the_variable_that_is_neither_yes_nor_no(self, text):
        assert (
            refusal(Settings.from_env, env=LEAST | {"FREEDOMPAY_TEST": text})
            == f"FREEDOMPAY_TEST is {text!r}: use 1 or 0. Nothing was sent."
        )

    def test_names_the_variable_of_a_region_that_is_none(self):
        message = refusal(Settings.from_env, env=LEAST | {"FREEDOMPAY_REGION": "RU"})

        assert message == "FREEDOMPAY_REGION is 'RU': use one of KZ, KG, UZ. Nothing was sent."

    def test_names_the_override_of_a_region_that_is_none(self):
        message = refusal(Settings.from_env, {"region": "RU"}, env=LEAST)

        assert message == "region is 'RU': use one of KZ, KG, UZ. Nothing was sent."

    @pytest.mark.parametrize(
        ("name", "given", "expected"),
        [
            ("auth_id", "7", "7"),
            ("auth_id", 7, "7"),
            ("secret_key", "other", Secret("other")),
            ("region", "UZ", Region.UZ),
            ("region", Region.UZ, Region.UZ),
            ("test", False, False),
            ("base_url", "https://other.example.com", "https://other.example.com"),
            ("scheme", "sign", "sign"),
            ("contract", Path("other.toml"), "other.toml"),
        ],
    )
    def test_an_override_wins_over_its_variable(self, name, given, expected):
        assert getattr(Settings.from_env({name: given}, env=WHOLE), name) == expected

    @pytest.mark.parametrize("name", Settings.__slots__)
    def test_an_override_that_is_none_does_not(self, name):
        assert str(Settings.from_env({name: None}, env=WHOLE)) == str(Settings.from_env(env=WHOLE))

    @pytest.mark.parametrize(
        ("given", "source"), [({}, "FREEDOMPAY_SIGNATURE"), ({"scheme": "rsa"}, "--scheme")]
    )
    def test_names_the_source_of_a_scheme_that_is_none(self, given, source):
        message = refusal(Settings.from_env, given, env=LEAST | {"FREEDOMPAY_SIGNATURE": "rsa"})

        assert message.startswith(
            f"{source} is 'rsa': 'rsa' is no scheme. Use one of jws-hs512, jws-hs256, sign"
        )

    @pytest.mark.parametrize(
        ("given", "source"),
        [({}, "FREEDOMPAY_PROXY"), ({"proxy": "socks5://u:hunter3@p"}, "--proxy")],
    )
    def test_names_the_source_of_a_proxy_that_is_none_and_does_not_show_it(self, given, source):
        message = refusal(
            Settings.from_env, given, env=LEAST | {"FREEDOMPAY_PROXY": "socks5://u:hunter3@p"}
        )

        assert message.startswith(f"{source} is no address of a proxy")
        assert "hunter3" not in message

    def test_shows_no_password_of_a_proxy(self):
        assert "hunter3" not in repr(Settings.from_env(env=WHOLE))

    def test_a_key_may_be_said_to_be_right_as_it_is(self):
        odd = LEAST | {"FREEDOMPAY_SECRET_KEY": "hunter2 "}

        assert not Settings.from_env(env=odd).secret_key.exact
        assert Settings.from_env(env=odd | {"FREEDOMPAY_SECRET_KEY_EXACT": "1"}).secret_key.exact

    def test_whoever_has_a_signer_needs_no_merchant_and_no_key(self):
        settings = Settings.from_env(env={"FREEDOMPAY_REGION": "KZ"}, signed=True)

        assert (settings.auth_id, settings.region) == ("", Region.KZ)

    def test_an_override_stands_in_for_its_variable(self):
        settings = Settings.from_env(
            {"auth_id": "7", "secret_key": "k", "region": "KZ", "test": True}, env={}
        )

        assert (settings.auth_id, settings.secret_key, settings.region, settings.test) == (
            "7",
            Secret("k"),
            Region.KZ,
            True,
        )

    def test_an_override_may_be_a_secret(self):
        assert Settings.from_env({"secret_key": Secret("other")}, env=WHOLE).secret_key == Secret(
            "other"
        )
