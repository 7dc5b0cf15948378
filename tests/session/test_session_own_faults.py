"""Code of the caller's, or of our own, that fails after something was sent: the request's id and
what is known of it are not lost.
"""

from __future__ import annotations

import logging

import pytest

from freedompay_async import (
    FreedomPay,
    FreedomPayError,
    GiftCardError,
    JwsSigner,
    OutcomeUnknown,
    Signer,
)

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


class Faulty(Signer):
    """Signs well until it is to sign for this path; then its headers are these, or it raises them."""

    auth_id, header_id = "10001", False

    def __init__(self, path, fault):
        self.path, self.fault = path, fault
        self.inner = JwsSigner(auth_id="10001", secret_key="k")

    def headers(self, *, path, body, request_id):
        if not path.endswith(self.path):
            return self.inner.headers(path=path, body=body, request_id=request_id)
        if isinstance(self.fault, Exception):
            raise self.fault
        return self.fault


FAULTS = {
    "raises": RuntimeError("the vault is away"),
    "a line break": {"X-JWS-Signature": "a\r\nb"},
    "half a pair": {"X-JWS-Signature": "\ud800"},
    "a number": {"X-JWS-Signature": 7},
    "bytes": {"X-JWS-Signature": b"x"},
    "a name that is a number": {7: "x"},
    "nothing": None,
}


@pytest.fixture(params=FAULTS)
def fault(request):
    return FAULTS[request.param]


async def test_headers_that_can_not_be_sent_at_the_question_leave_the_effect_unknown(
    lost_at, fault, caplog
):
    async with (
        lost_at("card/issue") as server,
        FreedomPay(signer=Faulty("request/status", fault), base_url=server.url, timeout=5) as fp,
    ):
        with (
            caplog.at_level(logging.ERROR, "freedompay_async"),
            pytest.raises(OutcomeUnknown) as caught,
        ):
            await fp.cards.issue(client_id="c", product_id=1, request_id=OWN)

    assert (caught.value.request_id, caught.value.done, server.calls) == (OWN, None, ["card/issue"])
    assert "Nothing was sent" not in str(caught.value)
    assert [getattr(record, "request_id", None) for record in caplog.records] == [OWN]


async def test_headers_that_can_not_be_sent_at_a_wait_keep_the_id(lost_at, fault):
    async with (
        lost_at() as server,
        FreedomPay(signer=Faulty("request/status", fault), base_url=server.url, timeout=5) as fp,
    ):
        operation = await fp.cards.issue(client_id="c", product_id=1, request_id=OWN)
        with pytest.raises(FreedomPayError) as caught:
            await operation.result(timeout=2)

    assert (caught.value.request_id, caught.value.call, caught.value.done) == (
        OWN,
        "cards.issue",
        None,
    )
    assert "Nothing was sent" not in str(caught.value)


async def test_status_of_a_card_that_can_not_be_asked_leaves_its_confirmation_unknown(
    lost_at, fault
):
    signer = Faulty("card_status", fault)
    async with (
        lost_at("activate_card") as server,
        FreedomPay(signer=signer, base_url=server.url, timeout=5) as fp,
    ):
        with pytest.raises(OutcomeUnknown) as caught:
            await fp.gift_cards.attach(5).confirm("0012")

    assert (caught.value.call, caught.value.done) == ("gift_cards.confirm", None)


@pytest.mark.parametrize("status", [-6, -3])
@pytest.mark.parametrize("http", [401, 403])
def test_refusal_of_a_gift_card_is_what_its_status_says_whatever_the_http_status_is(
    ask, say, status, http
):
    step = say.http(http, {"status": status, "datetime": "2026-01-01 00:00:00"})
    with pytest.raises(GiftCardError) as caught:
        ask(
            lambda fp: fp.gift_cards.issue(cardholder_name="A", phone=77017777777, product_code=1),
            issue_card=[step],
        )

    assert (caught.value.code, caught.value.done) == (status, {-6: None, -3: False}[status])


@pytest.mark.parametrize(
    ("given", "answered"), [(None, None), (None, ""), (None, 0), (7, None), (7, 8)]
)
def test_gift_card_that_was_paid_for_and_is_not_named_as_ordered_is_told_so(
    ask, say, caplog, given, answered
):
    def issue(fp):
        return fp.gift_cards.issue(
            cardholder_name="A", phone=77017777777, product_code=1, card_id=given
        )

    with (
        caplog.at_level(logging.ERROR, "freedompay_async"),
        pytest.raises(OutcomeUnknown, match="issued and paid for") as caught,
    ):
        ask(issue, issue_card=[say.gift(card_id=answered)])

    assert (type(caught.value).__name__, caught.value.done, bool(caplog.records)) == (
        "ResultUnknown",
        True,
        True,
    )
    assert caught.value.card_ids == (("8",) if answered == 8 else ())
