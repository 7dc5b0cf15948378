from __future__ import annotations

import math
from dataclasses import fields

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.settings.policy import Policy

NUMBERS = [field.name for field in fields(Policy) if field.name != "resend_payments"]


class TestPolicy:
    @pytest.mark.parametrize("name", NUMBERS)
    @pytest.mark.parametrize("value", [0, -1.0, math.nan])
    def test_refuses_a_value_that_is_not_more_than_0(self, name, value):
        with pytest.raises(ConfigurationError) as caught:
            Policy(**{name: value})

        assert caught.value.text.startswith(f"{name}={value!r}: it must be ") or (
            name,
            type(value),
        ) == (
            "attempts",
            float,
        )
        assert caught.value.text.endswith(" Nothing was sent.")

    @pytest.mark.parametrize("name", NUMBERS)
    def test_refuses_a_text(self, name):
        with pytest.raises(
            ConfigurationError, match=rf"^{name} is of type str: give a (whole )?number"
        ):
            Policy(**{name: "5"})

    def test_takes_whole_attempts_only(self):
        with pytest.raises(
            ConfigurationError, match=r"^attempts is of type float: give a whole number"
        ):
            Policy(attempts=1.5)

    @pytest.mark.parametrize("name", [name for name in NUMBERS if name != "attempts"])
    def test_takes_what_has_no_end(self, name):
        assert getattr(Policy(**{name: math.inf}), name) == math.inf

    @pytest.mark.parametrize("name", NUMBERS)
    def test_takes_any_value_above_0(self, name):
        least = 1 if name == "attempts" else 0.001

        assert getattr(Policy(**{name: least}), name) == least

    @pytest.mark.parametrize("value", [0, 1, "no", None])
    def test_refuses_a_word_on_payments_that_is_neither_yes_nor_no(self, value):
        with pytest.raises(ConfigurationError) as caught:
            Policy(resend_payments=value)

        assert caught.value.text.startswith("resend_payments is ")
        assert caught.value.text.endswith(": give True or False. Nothing was sent.")

    @pytest.mark.parametrize("value", [False, True])
    def test_takes_a_word_on_payments(self, value):
        assert Policy(resend_payments=value).resend_payments is value

    def test_sends_no_payment_again_by_default(self):
        assert Policy().resend_payments is False

    def test_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            Policy().attempts = 9

    def test_takes_its_values_by_name_only(self):
        with pytest.raises(TypeError):
            Policy(15.0)

    def test_has_the_times_by_default_that_its_fields_are_documented_with(self):
        assert {field.name: field.default for field in fields(Policy)} == {
            "attempt_timeout": 15.0,
            "connect_timeout": 5.0,
            "attempts": 4,
            "pause": 0.2,
            "max_pause": 5.0,
            "grace": 5.0,
            "resend_within": 3600.0,
            "poll_first": 0.25,
            "poll_growth": 1.5,
            "poll_most": 10.0,
            "retries_per_second": 20.0,
            "retry_ratio": 0.3,
            "resend_payments": False,
        }
