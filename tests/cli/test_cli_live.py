"""A batch on a live host: somebody says yes once, and the journal keeps it."""

from __future__ import annotations

import pytest

from freedompay_async import FreedomPay
from freedompay_async.cli import settings_flags

ISSUE = ("batch", "issue", "clients.csv", "--journal", "run.db", "--product", "2000")
RESUME = ("batch", "resume", "run.db")


class Live(FreedomPay):
    """A client for which this machine is a live host."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.live = True


@pytest.fixture(autouse=True)
def _live(shell, people, monkeypatch):
    shell.file(people(2))
    monkeypatch.setattr(settings_flags, "FreedomPay", Live)


def test_off_a_terminal_needs_a_yes(shell, issuer):
    result = shell(*ISSUE)

    assert result.exit_code == 2
    assert result.stderr == (
        "freedompay: this would issue 2 cards, one for each row, as batch 'default' on a live "
        f"host, at {issuer.base_url}, "
        "for merchant 10001. Add --yes to do it. Nothing was sent.\n"
    )
    assert issuer.arrived() == 0
    assert not (shell.folder / "run.db").exists()


def test_with_a_yes_is_issued_and_not_asked_about_again(shell, issuer):
    first, again, resumed = shell(*ISSUE, "--yes"), shell(*ISSUE), shell(*RESUME)

    assert [each.exit_code for each in (first, again, resumed)] == [0, 0, 0]
    assert len(issuer.do(issuer.sandbox.ledger)) == 2


def test_a_resume_asks_where_nobody_has_said_yes(shell, issuer, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(settings_flags, "FreedomPay", FreedomPay)
        assert shell(*ISSUE).exit_code == 0
    refused, confirmed = shell(*RESUME), shell(*RESUME, "--yes")

    assert (refused.exit_code, confirmed.exit_code) == (2, 0)
    assert "Add --yes to do it. Nothing was sent." in refused.stderr


def test_another_contract_is_reported_before_anybody_is_asked(shell, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(settings_flags, "FreedomPay", FreedomPay)
        assert shell(*ISSUE).exit_code == 0
    (shell.folder / "contract.toml").write_text(
        '[clients.create]\nfields = { branch_id = "b-7" }\n', encoding="utf-8"
    )
    result = shell(*RESUME, "--contract", "contract.toml")

    assert (result.exit_code, "--yes" in result.stderr) == (2, False)
    assert result.stderr.startswith(
        "freedompay: run.db has a batch that was planned with another contract:\n"
    )


@pytest.mark.parametrize(("answer", "code", "cards"), [("n\n", 2, 0), ("y\n", 0, 2)])
def test_on_a_terminal_is_asked_about(shell, issuer, monkeypatch, answer, code, cards):
    from freedompay_async.cli.verbs import asking

    monkeypatch.setattr(
        asking,
        "sys",
        type("Terminal", (), {"stdin": type("In", (), {"isatty": staticmethod(lambda: True)})}),
    )
    result = shell(*ISSUE, input=answer)

    assert result.exit_code == code
    assert (
        "This will issue 2 cards, one for each row, as batch 'default' on a live host"
        in result.stderr
    )
    assert len(issuer.do(issuer.sandbox.ledger)) == cards
