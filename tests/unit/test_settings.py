from __future__ import annotations

import traceback

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.secret import Secret
from freedompay_async.settings import Region, Settings, base_url_of, signer_of
from freedompay_async.signing import JwsSigner, Sha256Signer

WHOLE = {
    "FREEDOMPAY_AUTH_ID": "123456",
    "FREEDOMPAY_SECRET_KEY": "hunter2",
    "FREEDOMPAY_REGION": "KG",
    "FREEDOMPAY_TEST": "1",
    "FREEDOMPAY_BASE_URL": "https://api.example.com",
}
LEAST = {"FREEDOMPAY_AUTH_ID": "123456", "FREEDOMPAY_SECRET_KEY": "hunter2", "FREEDOMPAY_REGION": "KZ"}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in LEAST.items() if name not in names}


def refusal(made, *args, **options) -> str:
    with pytest.raises(ConfigurationError) as caught:
        made(*args, **options)
    return caught.value.message


class TestRegion:
    @pytest.mark.parametrize("text", ["KZ", "kz", " Kz\n"])
    def test_is_read_without_regard_to_case_and_blanks(self, text):
        assert Region(text) is Region.KZ

    @pytest.mark.parametrize("value", ["", "RU", "Kazakhstan", None, 7])
    def test_that_is_none_is_refused_with_those_there_are(self, value):
        assert refusal(Region, value) == f"region is {value!r}: use one of KZ, KG, UZ. Nothing was sent."


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
        assert base_url_of(region, test=test, base_url=None) == expected

    def test_for_tests_in_uzbekistan_must_be_given(self):
        message = refusal(base_url_of, Region.UZ, test=True, base_url=None)

        assert message == "region UZ has no published test host: set base_url to the one that the vendor gave you. Nothing was sent."

    def test_for_tests_in_uzbekistan_can_be_given(self):
        assert base_url_of(Region.UZ, test=True, base_url="https://uz.example.com") == "https://uz.example.com"

    def test_needs_a_region_or_a_base_url(self):
        message = refusal(base_url_of, None, test=False, base_url=None)

        assert message == "no region and no base_url: set region (KZ, KG or UZ), or base_url. Nothing was sent."

    @pytest.mark.parametrize("region", [None, *Region])
    @pytest.mark.parametrize("test", [False, True])
    def test_given_as_base_url_wins_over_the_region(self, region, test):
        assert base_url_of(region, test=test, base_url="https://api.example.com") == "https://api.example.com"

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
        assert base_url_of(None, test=False, base_url=base_url) == expected

    @pytest.mark.parametrize(
        "base_url",
        ["http://api.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com", "http://10.0.0.1", "http://[::2]"],
    )
    def test_of_another_machine_is_refused_over_plain_http(self, base_url):
        message = refusal(base_url_of, None, test=False, base_url=base_url)

        assert message == f"base_url is {base_url!r}: plain http is for this machine only; use https. Nothing was sent."

    @pytest.mark.parametrize(
        "base_url",
        [
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
    )
    def test_that_is_no_base_url_is_refused(self, base_url):
        message = refusal(base_url_of, None, test=False, base_url=base_url)

        assert message == f"base_url is {base_url!r}: it must be like https://api.example.com, without a path. Nothing was sent."

    @pytest.mark.parametrize(
        ("base_url", "why"),
        [
            ("https://api.example.com:port", "Port could not be cast to integer value as 'port'"),
            ("https://api.example.com:70000", "Port out of range 0-65535"),
            ("https://[::1", "Invalid IPv6 URL"),
        ],
    )
    def test_that_cannot_be_read_is_refused(self, base_url, why):
        assert refusal(base_url_of, None, test=False, base_url=base_url) == f"base_url is {base_url!r}: {why}. Nothing was sent."

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
        message = refusal(base_url_of, None, test=False, base_url=base_url)

        assert message == (
            "base_url is not shown, because it has a user or a password in it: "
            "it must be like https://api.example.com, without a path. Nothing was sent."
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
        assert "hunter2" not in refusal(base_url_of, None, test=False, base_url=base_url)

    def test_with_a_password_in_it_that_reads_like_a_port_is_not_shown_by_a_traceback(self):
        with pytest.raises(ConfigurationError) as caught:
            base_url_of(None, test=False, base_url="https://user:" + "hunter2/@api.example.com")

        assert "'hunter2'" not in "".join(traceback.format_exception(caught.value))


class TestScheme:
    @pytest.mark.parametrize(("region", "expected"), [(Region.KZ, JwsSigner), (Region.KG, Sha256Signer), (Region.UZ, Sha256Signer)])
    def test_is_that_of_the_region(self, region, expected):
        assert type(signer_of(region, auth_id="1", secret_key="k")) is expected

    @pytest.mark.parametrize("region", Region)
    def test_signs_for_the_merchant_given(self, region):
        assert signer_of(region, auth_id="123456", secret_key="k").auth_id == "123456"

    @pytest.mark.parametrize(("region", "expected"), [(Region.KZ, JwsSigner), (Region.KG, Sha256Signer)])
    def test_signs_with_the_key_given(self, region, expected):
        made, wanted = (signer(auth_id="1", secret_key="k") for signer in (lambda **given: signer_of(region, **given), expected))

        assert made.headers(path="/a", body=b"{}", request_id="r") == wanted.headers(path="/a", body=b"{}", request_id="r")

    def test_is_not_known_without_a_region(self):
        assert refusal(signer_of, None, auth_id="1", secret_key="k") == (
            "no region: it decides the signature scheme. Set region, or hand in signer=JwsSigner(…) or Sha256Signer(…). Nothing was sent."
        )


class TestFromEnv:
    def test_reads_every_variable(self):
        assert Settings.from_env(env=WHOLE) == Settings(
            auth_id="123456", secret_key=Secret("hunter2"), region=Region.KG, test=True, base_url="https://api.example.com"
        )

    def test_needs_three_variables(self):
        assert Settings.from_env(env=LEAST) == Settings(
            auth_id="123456", secret_key=Secret("hunter2"), region=Region.KZ, test=False, base_url=None
        )

    def test_takes_a_base_url_for_a_region(self):
        env = without("FREEDOMPAY_REGION") | {"FREEDOMPAY_BASE_URL": "https://api.example.com"}

        assert Settings.from_env(env=env).region is None

    def test_reads_the_environment_of_the_process(self, monkeypatch):
        for name, value in WHOLE.items():
            monkeypatch.setenv(name, value)

        assert Settings.from_env() == Settings.from_env(env=WHOLE)

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
            (without("FREEDOMPAY_AUTH_ID", "FREEDOMPAY_REGION"), "FREEDOMPAY_AUTH_ID, FREEDOMPAY_REGION (KZ, KG or UZ)"),
            (LEAST | {"FREEDOMPAY_AUTH_ID": ""}, "FREEDOMPAY_AUTH_ID"),
            (LEAST | {"FREEDOMPAY_SECRET_KEY": ""}, "FREEDOMPAY_SECRET_KEY"),
            (LEAST | {"FREEDOMPAY_REGION": ""}, "FREEDOMPAY_REGION (KZ, KG or UZ)"),
        ],
    )
    def test_names_every_variable_that_is_missing(self, env, named):
        assert refusal(Settings.from_env, env=env) == f"set {named} in the environment. Nothing was sent."

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            *((text, True) for text in ("1", "true", "TRUE", " yes ", "On")),
            *((text, False) for text in ("", " ", "0", "false", "False", "no", "off")),
        ],
    )
    def test_reads_whether_it_is_a_test(self, text, expected):
        assert Settings.from_env(env=LEAST | {"FREEDOMPAY_TEST": text}).test == expected

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
        ],
    )
    def test_an_override_wins_over_its_variable(self, name, given, expected):
        assert getattr(Settings.from_env({name: given}, env=WHOLE), name) == expected

    @pytest.mark.parametrize("name", ["auth_id", "secret_key", "region", "test", "base_url"])
    def test_an_override_that_is_none_does_not(self, name):
        assert Settings.from_env({name: None}, env=WHOLE) == Settings.from_env(env=WHOLE)

    def test_an_override_stands_in_for_its_variable(self):
        assert Settings.from_env({"auth_id": "7", "secret_key": "k", "region": "KZ", "test": True}, env={}) == Settings(
            auth_id="7", secret_key=Secret("k"), region=Region.KZ, test=True, base_url=None
        )

    def test_an_override_may_be_a_secret(self):
        assert Settings.from_env({"secret_key": Secret("other")}, env=WHOLE).secret_key == Secret("other")
