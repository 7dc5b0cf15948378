"""The scheme that tells an id before its first byte leaves: it signs as the other does, and its key
is shown as little.
"""

from __future__ import annotations

import pytest

from freedompay_async import JwsSigner, Sha256Signer
from freedompay_async.cli.verbs.announce import Announcing
from freedompay_async.contract.table import CARDS_BLOCK
from freedompay_async.redaction.redaction import Outgoing

SIGNERS = [
    JwsSigner(auth_id="1", secret_key="hunter2"),
    Sha256Signer(auth_id="1", secret_key="hunter2"),
]


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda each: type(each).__name__)
def test_a_key_that_an_issuer_repeats_is_hidden(signer):
    hidden = Outgoing([Announcing(signer, CARDS_BLOCK)]).about("r-1")

    assert hidden.text("the key hunter2 is wrong") == "the key *** is wrong"


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda each: type(each).__name__)
def test_an_id_is_reported_once_and_before_anything_is_sent(signer, capsys):
    announcing = Announcing(signer, CARDS_BLOCK)
    sent = [announcing.headers(path="/a", body=b"{}", request_id=each) for each in ("r-1", "r-2")]

    assert sent == [
        signer.headers(path="/a", body=b"{}", request_id=each) for each in ("r-1", "r-2")
    ]
    assert capsys.readouterr().err.startswith(
        "sending cards.block as r-1; if this is cut off: freedompay requests status r-1"
    )
