"""`freedompay doctor` against issuers, web servers and nobody."""

from __future__ import annotations

import json

import pytest

from tests.cli.doctor.running import NAMES, doctor, results


class TestWell:
    @pytest.mark.parametrize("region", ["KZ", "KG", "UZ"])
    def test_all_is_ok(self, shell, issuer, region):
        shown = doctor(shell, issuer.base_url, "--region", region, code=0)
        used = "jws-hs512" if region == "KZ" else "sign"

        assert {
            name for name, check in shown.items() if "your settings use it" in check["detail"]
        } == {used}
        assert all(
            "a wrong key is refused (HTTP 401 " in shown[name]["detail"] for name in NAMES[6:9]
        )

    def test_each_check_is_a_line(self, shell, issuer):
        result = shell("doctor", "--base-url", issuer.base_url)
        *lines, gap, last = result.stdout.splitlines()

        assert result.exit_code == 0
        assert (gap, last) == ("", "export FREEDOMPAY_SIGNATURE=jws-hs512")
        assert [line[9:19].strip() for line in lines] == [name[:10] for name in NAMES]
        assert {line[:9] for line in lines} == {"ok       "}
        assert (
            f"{issuer.base_url} (base_url; not live), merchant 10001, region KZ, scheme jws-hs512"
            in lines[0]
        )
        assert "straight to the host, without a proxy" in lines[1]
        assert lines[2].endswith("  DirectTransport")
        assert "plain http to this machine" in lines[4]
        assert "connections are kept open" in lines[9]

    def test_it_asks_harmless_questions_only(self, shell, issuer):
        doctor(shell, issuer.base_url, code=0)
        received = issuer.do(list, issuer.sandbox.received)

        assert {each.path for each in received} - {"/"} == {"/v5/card-api/request/status"}
        bodies = [json.loads(each.body)["request_id"] for each in received if each.path != "/"]
        assert len(set(bodies)) == len(bodies) == 12

    def test_the_key_is_not_shown(self, shell, issuer):
        result = shell(
            "doctor", "--base-url", issuer.base_url, FREEDOMPAY_SECRET_KEY="kept-to-itself"
        )

        assert "kept-to-itself" not in result.stdout + result.stderr

    def test_on_a_terminal_results_have_colours(self, monkeypatch, capsys):
        from freedompay_async.cli.doctor import command
        from freedompay_async.cli.doctor.checks import Check, CheckResult

        monkeypatch.setattr(command.sys.stdout, "isatty", lambda: True)
        command.draw(
            Check(name="clock", result=CheckResult.WRONG, detail="slow", advice="wind it up")
        )

        assert capsys.readouterr().out.splitlines()[1].strip() == "-> wind it up"


class TestSettings:
    def test_none(self, shell):
        result = shell("doctor", FREEDOMPAY_SECRET_KEY=None)

        assert result.exit_code == 2
        assert result.stdout.startswith(
            (
                "wrong    settings    set FREEDOMPAY_SECRET_KEY, FREEDOMPAY_REGION (KZ, KG or UZ) "
                "in the environment. Nothing was sent."
            )
            if "FREEDOMPAY_REGION" not in shell.env
            else (
                "wrong    settings    set FREEDOMPAY_SECRET_KEY in the environment. Nothing was "
                "sent.\n"
            )
        )

    def test_none_for_a_machine(self, shell):
        result = shell("doctor", "--json", FREEDOMPAY_AUTH_ID=None)

        assert (result.exit_code, json.loads(result.stdout)["checks"][0]["verdict"]) == (2, "wrong")

    @pytest.mark.parametrize(
        "args",
        [
            ("--base-url", "http://example.com"),
            ("--region", "RU"),
            ("--region", "UZ", "--test"),
            ("--auth-id", " 1"),
        ],
    )
    def test_wrong_ones(self, shell, args):
        result = shell("doctor", *args)

        assert (result.exit_code, result.stdout[:19]) == (2, "wrong    settings  ")
        assert "Nothing was sent." in result.stdout

    def test_no_region(self, shell, issuer):
        shown = doctor(shell, issuer.base_url, FREEDOMPAY_REGION=None)

        assert results(shown) == ["wrong", *["ok"] * 10]
        assert shown["settings"]["advice"].startswith("set FREEDOMPAY_REGION (KZ, KG or UZ)")
        assert shown["sign"]["advice"] == (
            "to use it, set FREEDOMPAY_SIGNATURE=sign, --scheme sign, or in code scheme='sign'"
        )

    def test_a_key_with_a_line_break(self, shell, issuer):
        result = shell(
            "doctor", "--base-url", issuer.base_url, FREEDOMPAY_SECRET_KEY="sandbox-secret\n"
        )

        assert result.exit_code == 2
        assert result.stdout.startswith(
            "wrong    settings    secret_key has a line break (newline or carriage return) in it"
        )
        assert "FREEDOMPAY_SECRET_KEY_EXACT=1" in result.stdout

    def test_a_key_with_a_line_break_that_is_said_to_be_right(self, shell, issuer):
        shown = doctor(
            shell,
            issuer.base_url,
            FREEDOMPAY_SECRET_KEY="sandbox-secret\n",
            FREEDOMPAY_SECRET_KEY_EXACT="1",
        )

        assert shown["settings"]["verdict"] == "unknown"
        assert "the secret key has a line break" in shown["settings"]["detail"]
        assert shown["jws-hs512"]["verdict"] == "wrong"

    def test_a_contract_that_can_not_be_read(self, shell, issuer):
        result = shell(
            "doctor", "--base-url", issuer.base_url, "--json", "--contract", "nowhere.toml"
        )

        assert result.exit_code == 2
        assert "nowhere.toml" in json.loads(result.stdout)["checks"][0]["detail"]

    def test_the_proxy_that_is_shown_is_the_one_that_is_tried(self, monkeypatch):
        from freedompay_async.cli.doctor.schemes import open_client
        from freedompay_async.cli.doctor.target import check_settings
        from freedompay_async.cli.settings_flags import SettingsFlags

        for name, value in {
            "AUTH_ID": "1",
            "SECRET_KEY": "k",
            "REGION": "KZ",
            "PROXY": "one.example.com:3128",
        }.items():
            monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
        monkeypatch.setenv("https_proxy", "http://other.example.com:3128")
        _, target = check_settings(SettingsFlags(test=True, trust_env=True))
        tried = open_client(target, target.scheme.signer(auth_id="1", secret_key="k"))

        assert repr(target.way) == "Way(Proxy('http://one.example.com:3128', FREEDOMPAY_PROXY))"
        assert repr(target.way) in repr(tried)

    @pytest.mark.parametrize(
        ("flags", "host"),
        [
            ((), "https://api.freedompay.kz (the host of KZ; live: cards are real)"),
            (("--test",), "https://test-api.freedompay.kz (the host of KZ; not live)"),
        ],
    )
    def test_the_host_of_a_region(self, monkeypatch, flags, host):
        from freedompay_async.cli.doctor.target import check_settings
        from freedompay_async.cli.settings_flags import SettingsFlags

        for name, value in {"AUTH_ID": "1", "SECRET_KEY": "k", "REGION": "KZ"}.items():
            monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
        check, target = check_settings(SettingsFlags(test=bool(flags)))

        assert check.detail == f"{host}, merchant 1, region KZ, scheme jws-hs512"
        assert (target.port, target.tls) == (443, True)


def test_ctrl_c(shell, issuer):
    gate = issuer.gate("request/status")
    command = shell.start("doctor", "--base-url", issuer.base_url)
    gate.reached()
    command.interrupt()
    code = command.ends()
    gate.open()

    assert (code, command.stderr) == (130, "freedompay: aborted.\n")
