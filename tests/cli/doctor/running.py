"""Runs `freedompay doctor` and reads its checks."""

from __future__ import annotations

import json
from pathlib import Path

NAMES = [
    "settings",
    "way",
    "transport",
    "name",
    "connection",
    "clock",
    "sign",
    "jws-hs512",
    "jws-hs256",
    "latency",
    "answers",
]
UNKNOWN = '{"status": "error", "error_code": "unknown_request", "error_description": "no request"}'


def checks(result) -> dict[str, dict]:
    shown = json.loads(result.stdout)
    assert [each["name"] for each in shown["checks"]] == NAMES
    assert shown["ok"] is all(each["verdict"] == "ok" for each in shown["checks"])
    return {each["name"]: each for each in shown["checks"]}


def results(shown) -> list[str]:
    return [shown[name]["verdict"] for name in NAMES]


def doctor(shell, base_url, *args, code=1, **env):
    result = shell("doctor", "--base-url", base_url, "--json", *args, **env)
    assert result.exit_code == code, result.stdout + result.stderr
    return checks(result)


PEM = Path(__file__).with_name("localhost.pem")
