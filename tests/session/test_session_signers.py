"""A signer that asks somebody else and takes its time, and one that takes the place of another
while calls are on the way.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import (
    AuthenticationError,
    ConfigurationError,
    JwsSigner,
    NotSent,
    OutcomeUnknown,
    Section,
    Sha256Signer,
    Signer,
)

BULK = "card/bulk_issue"
STATUS = "request/status"
SIGNERS = {"KZ": JwsSigner, "KG": Sha256Signer}


class Vault(Signer):
    """Signs as the scheme does, after a while."""

    def __init__(self, scheme: str, *delays: float, error: Exception | None = None) -> None:
        self._signer = SIGNERS[scheme](auth_id="10001", secret_key="sandbox-secret")
        self.auth_id = self._signer.auth_id
        self.header_id = self._signer.header_id
        self._delays = list(delays)
        self._error = error
        self.asked = 0

    async def headers(self, *, path, body, request_id):
        self.asked += 1
        await asyncio.sleep(self._delays.pop(0) if self._delays else 0.0)
        if self._error is not None:
            raise self._error
        return self._signer.headers(path=path, body=body, request_id=request_id)


def bulk(fp):
    return fp.cards.bulk_issue(product_id=2000, count=1)


@pytest.fixture
def through(play, memory, client_of):
    """One call of a client whose signer is this one, over a wire of these scripts."""

    def run(signer, *, call=bulk, scheme="KZ", timeout=60.0, **scripts):
        run.wire = memory(**scripts)
        run.client = client_of(run.wire, scheme=scheme, timeout=timeout, signer=signer)

        async def story():
            return await call(run.client)

        return play(story())

    return run


class TestAsync:
    def test_its_headers_go_out(self, through, say, scheme):
        through(Vault(scheme, 3.0), scheme=scheme, card__bulk_issue=[say.success])
        (sent,) = through.wire.sent
        expected = SIGNERS[scheme](auth_id="10001", secret_key="sandbox-secret")

        assert sent.headers == expected.headers(
            path=sent.path, body=sent.body, request_id=sent.fields["request_id"]
        )

    def test_it_signs_the_question_too(self, through, say, scheme):
        operation = through(
            Vault(scheme), scheme=scheme, card__bulk_issue=[say.lost], request__status=[say.success]
        )

        assert operation.done
        assert through.wire.calls == [BULK, STATUS]

    def test_a_call_that_it_holds_up_until_its_deadline_is_not_sent(self, through, say):
        with pytest.raises(
            NotSent, match="the signer gave no signature before the deadline"
        ) as caught:
            through(Vault("KZ", 99.0), timeout=5.0, card__bulk_issue=[say.success])

        assert through.wire.sent == []
        assert caught.value.request_id

    def test_a_question_that_it_holds_up_leaves_what_was_sent_open(self, through, say):
        with pytest.raises(OutcomeUnknown) as caught:
            through(
                Vault("KZ", 0.0, *[99.0] * 9),
                timeout=20.0,
                card__bulk_issue=[say.lost],
                request__status=[say.success],
            )

        assert through.wire.calls == [BULK]
        assert caught.value.done is None

    @pytest.mark.parametrize("error", [RuntimeError("hunter2"), TimeoutError("hunter2")])
    def test_its_own_failure_comes_out_as_it_is_where_nothing_was_sent(self, through, say, error):
        with pytest.raises(type(error)) as caught:
            through(Vault("KZ", error=error), card__bulk_issue=[say.success])

        assert (caught.value, through.wire.sent) == (error, [])

    @pytest.mark.parametrize("later", [False, True])
    @pytest.mark.parametrize(
        ("given", "told"),
        [
            (None, "what the signer gave is None: give headers, as a dict of texts"),
            (
                {"Sign": b"hunter2"},
                "the signer's header Sign is of type bytes: give text: decode it first",
            ),
        ],
    )
    def test_what_is_no_headers_is_named(self, through, say, later, given, told):
        signer = Vault("KZ")

        async def soon(**_):
            return given

        signer.headers = soon if later else lambda **_: given
        with pytest.raises(ConfigurationError, match=told) as caught:
            through(signer, card__bulk_issue=[say.success])

        assert caught.value.request_id
        assert through.wire.sent == []

    def test_a_cancelled_call_that_waits_for_it_did_nothing(self, play, memory, client_of, say):
        wire = memory(card__bulk_issue=[say.success])
        fp = client_of(wire, signer=Vault("KZ", 99.0))

        async def story():
            task = asyncio.ensure_future(bulk(fp))
            await asyncio.sleep(1.0)
            task.cancel()
            await task

        with pytest.raises(asyncio.CancelledError) as caught:
            play(story())

        assert caught.value.outcome_unknown is False
        assert wire.sent == []


def rotated(scheme: str = "KZ", **changes):
    return SIGNERS[scheme](**{"auth_id": "10001", "secret_key": "the next key"} | changes)


OLD = JwsSigner(auth_id="10001", secret_key="sandbox-secret")


@pytest.fixture
def sections(memory, say):
    """A wire for a call of each section, and whether the right signers have signed them."""

    class Sections:
        wire = memory(card__info=[say.hopeless], product_list=[say.hopeless])

        async def signed(self, fp, signers):
            for call in (fp.cards.info("card-1"), fp.gift_cards.products()):
                with pytest.raises(NotSent):
                    await call
            return {
                name: sent.headers == signer.headers(path=sent.path, body=sent.body, request_id="")
                for (name, signer), sent in zip(signers.items(), self.wire.sent, strict=True)
            }

    return Sections()


class TestReplaced:
    def test_the_new_one_signs_from_then_on(self, play, memory, client_of, say, scheme):
        wire = memory(card__bulk_issue=[say.success])
        fp = client_of(wire, scheme=scheme)

        async def story():
            await bulk(fp)
            fp.replace_signer(rotated(scheme))
            await bulk(fp)

        play(story())
        _, last = wire.sent

        assert last.headers == rotated(scheme).headers(
            path=last.path, body=last.body, request_id=last.fields["request_id"]
        )

    def test_what_is_sent_again_is_the_same_under_a_new_signature(
        self, play, memory, client_of, say, scheme
    ):
        wire = memory(card__bulk_issue=[say.lost, say.success], request__status=[say.unknown])
        fp = client_of(wire, scheme=scheme)

        async def rotate(attempt, sent):
            fp.replace_signer(rotated(scheme))
            return await say.unknown(attempt, sent)

        wire.scripts[STATUS] = [rotate]
        play(bulk(fp))
        first, again = wire.of(BULK)

        assert (again.body, again.path) == (first.body, first.path)
        assert again.headers == rotated(scheme).headers(
            path=again.path, body=again.body, request_id=again.fields["request_id"]
        )
        assert again.headers != first.headers

    def test_neither_key_is_shown_where_an_issuer_repeats_it(self, play, memory, client_of, say):
        repeats = say.http(
            403,
            {
                "status": "error",
                "dt": "2026-01-01T00:00:00+05:00",
                "error_description": "not sandbox-secret, the next key",
            },
        )
        wire = memory(card__info=[repeats])
        fp = client_of(wire)
        fp.replace_signer(rotated())

        async def story():
            await fp.cards.info("c-1")

        with pytest.raises(AuthenticationError) as caught:
            play(story())

        shown = f"{caught.value} {caught.value.body} {caught.value.error_description}"
        assert "sandbox-secret" not in shown
        assert "next key" not in shown

    @pytest.mark.parametrize(
        ("signer", "told"),
        [
            (rotated(auth_id="20002"), "another merchant or another scheme"),
            (rotated("KG"), "another merchant or another scheme"),
            (
                {Section.HASHDT: rotated()},
                "section <Section.HASHDT: 'hashdt'> is not of this client",
            ),
            (object(), "has no auth_id, header_id, headers"),
        ],
        ids=["another merchant", "another scheme", "another section", "no signer"],
    )
    def test_by_what_is_no_match_it_is_not(self, play, client_of, sections, signer, told):
        fp = client_of(sections.wire)
        with pytest.raises(ConfigurationError) as caught:
            fp.replace_signer(signer)

        assert told in caught.value.text
        assert play(sections.signed(fp, {"cards": OLD, "gift_cards": OLD})) == {
            "cards": True,
            "gift_cards": True,
        }

    def test_one_section_alone_may_change(self, play, client_of, sections):
        fp, new = client_of(sections.wire), rotated()
        fp.replace_signer({Section.GIFT_CARDS: new})

        assert play(sections.signed(fp, {"cards": OLD, "gift_cards": new})) == {
            "cards": True,
            "gift_cards": True,
        }


@pytest.mark.parametrize("answer", ["denied", "page"])
def test_a_refused_signature_names_the_other_schemes(ask, say, answer):
    steps = {"denied": say.denied, "page": say.http(403, b"<html>Forbidden</html>")}
    with pytest.raises(AuthenticationError) as caught:
        ask(lambda fp: fp.cards.info("c-1"), card__info=[steps[answer]])

    assert (
        "It was signed with the scheme jws-hs512, and this host may take jws-hs256 or sign"
        in caught.value.text
    )
