import os
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from freedompay_async.cli.app import app
from freedompay_async.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def _environment(issuer: Sandbox) -> dict[str, str]:
    return os.environ | {
        "FREEDOMPAY_BASE_URL": issuer.base_url,
        "FREEDOMPAY_REGION": "KZ",
        "FREEDOMPAY_TEST": "0",
        "FREEDOMPAY_AUTH_ID": issuer.auth_id,
        "FREEDOMPAY_SECRET_KEY": issuer.secret_key,
    }


async def test_the_first_example_issues_a_card_on_the_sandbox(tmp_path):
    script = tmp_path / "example.py"
    script.write_text(BLOCKS[0], encoding="utf-8")
    async with Sandbox() as issuer:
        import anyio

        done = await anyio.run_process(
            [sys.executable, "-W", "error", str(script)], env=_environment(issuer), check=False
        )
        cards = [card["card_id"] for card in issuer.ledger()]

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split() == ["card:", *cards]


@pytest.mark.parametrize(
    ("block", "name"),
    [
        (BLOCKS[1], "test_a_card_is_issued"),
        (BLOCKS[2], "test_a_lost_answer_makes_no_second_card"),
    ],
)
async def test_an_example_of_a_test_passes(block, name):
    names: dict[str, object] = {}
    exec(block, names)

    assert await names[name]() is None


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_leads_to_a_file(target):
    assert (ROOT / target).is_file()


def test_every_example_is_run_here():
    assert len(BLOCKS) == 3


@pytest.mark.parametrize("target", re.findall(r"^ {4}make (\w+)$", README, re.MULTILINE))
def test_the_two_commands_are_targets_of_the_makefile(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "command",
    sorted(
        set(
            re.findall(
                r"freedompay ((?:batch|requests|cards|clients|gift-cards|sandbox|doctor|sign|contract)(?: [a-z][a-z-]*)?)",
                README,
            )
        )
    ),
)
def test_every_command_in_the_text_exists(command):
    assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0
