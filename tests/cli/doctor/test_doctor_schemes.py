"""Which signature scheme the host takes, and whether the key is right."""

from __future__ import annotations

import base64
import json

import pytest

from tests.cli.doctor.running import UNKNOWN, doctor, results

REFUSED = (401, '{"status": "error", "error_code": "unauthorized"}')


class TestScheme:
    def test_of_the_settings_is_the_one_that_is_used(self, shell, issuer):
        shown = doctor(shell, issuer.base_url, "--scheme", "jws-hs256", code=0)

        assert {
            name for name, check in shown.items() if "your settings use it" in check["detail"]
        } == {"jws-hs256"}

    def test_that_the_host_takes_is_the_line_for_the_environment(self, shell, server):
        right = None

        def answer(headers):
            # The first one of HS256 is made with the right key, the next with the wrong one.
            nonlocal right
            head = headers.get("X-JWS-Signature", "").partition("..")[0]
            if b'"HS256"' not in base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)):
                return REFUSED
            right = right is None
            return (200, UNKNOWN) if right else REFUSED

        url = server(answer)
        result = shell("doctor", "--base-url", url)
        right = None
        shown = json.loads(shell("doctor", "--base-url", url, "--json").stdout)

        assert result.stdout.endswith("\nexport FREEDOMPAY_SIGNATURE=jws-hs256\n")
        assert shown["environment"] == {"FREEDOMPAY_SIGNATURE": "jws-hs256"}

    @pytest.mark.parametrize(
        ("setting", "line"),
        [
            ("payment-cards=jws-hs256,gift-cards=sign", "payment-cards=jws-hs256,gift-cards=sign"),
            ("gift_cards = SIGN", "payment-cards=jws-hs512,gift-cards=sign"),
            ("payment-cards=jws-hs256", "payment-cards=jws-hs256"),
            ("jws-hs256", "jws-hs256"),
        ],
    )
    def test_of_a_section_that_is_not_tried_stays_in_the_line_for_the_environment(
        self, shell, issuer, setting, line
    ):
        result = shell("doctor", "--base-url", issuer.base_url, "--scheme", setting)

        assert result.stdout.endswith(f"\nexport FREEDOMPAY_SIGNATURE={line}\n")

    def test_of_one_section_alone_is_not_enough_without_a_region(self, shell, issuer):
        shown = doctor(
            shell, issuer.base_url, "--scheme", "payment-cards=jws-hs512", FREEDOMPAY_REGION=None
        )

        assert shown["settings"]["advice"].startswith("set FREEDOMPAY_REGION (KZ, KG or UZ)")

    def test_that_the_contract_does_not_go_with_is_not_tried(self, shell, issuer):
        (shell.folder / "contract.toml").write_text(
            '[cards.activate]\nleave_out = ["request_id"]\n', encoding="utf-8"
        )
        shown = doctor(
            shell, issuer.base_url, "--region", "KG", "--contract", "contract.toml", code=0
        )

        assert shown["jws-hs256"]["detail"].startswith(
            "not tried: cards.activate: the contract takes request_id out of the body"
        )

    def test_is_no_line_for_the_environment_where_none_is_known_to_be_taken(self, shell, server):
        assert "export" not in shell("doctor", "--base-url", server()).stdout


class TestKey:
    def test_a_wrong_one(self, shell, issuer):
        shown = doctor(shell, issuer.base_url, FREEDOMPAY_SECRET_KEY="wrong")

        assert results(shown) == [
            *["ok"] * 6,
            "unknown",
            "wrong",
            *["unknown"] * 3,
        ]
        assert shown["jws-hs512"]["advice"].startswith(
            "check FREEDOMPAY_AUTH_ID and FREEDOMPAY_SECRET_KEY, and that they are for this host"
        )
        assert shown["latency"]["detail"] == "not tried: no scheme is known to be accepted"

    def test_another_merchant(self, shell, issuer):
        assert (
            doctor(shell, issuer.base_url, "--auth-id", "20002")["jws-hs512"]["verdict"] == "wrong"
        )

    def test_of_another_scheme(self, shell, server):
        right = None

        def answer(headers):
            # The first `Sign` is made with the right key, the next with the wrong one.
            nonlocal right
            if "Sign" not in headers:
                return REFUSED
            right = right is None
            return (200, UNKNOWN) if right else REFUSED

        shown = doctor(shell, server(answer))

        assert (
            shown["sign"]["verdict"],
            shown["jws-hs512"]["verdict"],
            shown["jws-hs256"]["verdict"],
        ) == ("ok", "wrong", "ok")
        assert shown["jws-hs512"]["advice"] == (
            "merchant and key are right, the scheme is not: sign is accepted; set "
            "FREEDOMPAY_SIGNATURE=sign, --scheme sign, or in code scheme='sign'"
        )

    def test_a_host_that_answers_all_keys_alike(self, shell, server):
        shown = doctor(shell, server())

        assert results(shown)[6:] == ["unknown"] * 5
        assert shown["sign"]["detail"] == (
            "a wrong key gets the same answer as yours (HTTP 200 unknown_request no request), so "
            "it says nothing about the key"
        )
        assert "freedompay cards info CARD" in shown["sign"]["advice"]


def test_a_control_without_an_answer(shell, server):
    asked = []

    def answer(headers):
        asked.append(1)
        return (
            (503, "{}")
            if len(asked) == 2
            else (401, "{}")
            if len(asked) in (4, 6)
            else (200, UNKNOWN)
        )

    shown = doctor(shell, server(answer))

    assert shown["sign"]["verdict"] == "unknown"
    assert "but the control with a wrong key got no answer" in shown["sign"]["detail"]
