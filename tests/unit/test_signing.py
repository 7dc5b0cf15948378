from __future__ import annotations

import hmac
import json
import pickle
import traceback
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256, sha512

import pytest

from freedompay_async.crypto.signing import JwsSigner, Sha256Signer, Signer, complete_signer
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret
from tests.signing_examples import PATH, SIGN_VECTORS, VENDORS_BODY, VENDORS_JWS

SIGNERS = [Sha256Signer, JwsSigner]


def unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jws(signer: JwsSigner, *, path: str = PATH, body: bytes = VENDORS_BODY) -> str:
    return signer.headers(path=path, body=body, request_id="r-1")["X-JWS-Signature"]


class TestSha256:
    @pytest.mark.parametrize(
        ("body", "expected"),
        SIGN_VECTORS,
        ids=["strings", "integers"],
    )
    def test_signs_as_the_vectors_do(self, body, expected):
        signer = Sha256Signer(auth_id="1", secret_key="some_secret_string")

        assert signer.headers(path=PATH, body=body, request_id="r-1")["Sign"] == expected

    def test_sends_the_four_headers_of_the_scheme(self):
        signer = Sha256Signer(auth_id="123456", secret_key="k")

        assert signer.headers(path=PATH, body=b"{}", request_id="r-1") == {
            "Content-Type": "application/json",
            "Request-Id": "r-1",
            "Auth-Id": "123456",
            "Sign": sha256(b"{}k").hexdigest(),
        }

    def test_takes_a_kind_of_text_as_merchant_id_and_has_it_as_plain_text(self):
        class Merchant(str):
            __slots__ = ()

        assert type(Sha256Signer(auth_id=Merchant("1"), secret_key="k").auth_id) is str

    def test_signs_the_utf_8_bytes_of_body_and_key(self):
        signer = Sha256Signer(auth_id="1", secret_key="ключ")
        body = '{"description":"утеряна"}'.encode()

        assert (
            signer.headers(path=PATH, body=body, request_id="r")["Sign"]
            == sha256('{"description":"утеряна"}ключ'.encode()).hexdigest()
        )

    def test_does_not_sign_the_path(self):
        signer = Sha256Signer(auth_id="1", secret_key="k")

        assert signer.headers(path="/a", body=VENDORS_BODY, request_id="r") == signer.headers(
            path="/b", body=VENDORS_BODY, request_id="r"
        )

    def test_has_the_request_id_in_a_header(self):
        assert Sha256Signer(auth_id="1", secret_key="k").header_id is True


class TestJws:
    def test_signs_as_the_vendors_example_does(self):
        assert jws(JwsSigner(auth_id="123456", secret_key="secret")) == VENDORS_JWS

    def test_sends_the_two_headers_of_the_scheme(self):
        signer = JwsSigner(auth_id="123456", secret_key="secret")

        assert signer.headers(path=PATH, body=VENDORS_BODY, request_id="r-1") == {
            "Content-Type": "application/json",
            "X-JWS-Signature": VENDORS_JWS,
        }

    def test_signs_the_same_at_the_second_time(self):
        signer = JwsSigner(auth_id="123456", secret_key="secret")
        jws(signer)

        assert jws(signer) == VENDORS_JWS

    def test_signs_each_path_as_its_own(self):
        signer = JwsSigner(auth_id="1", secret_key="k")
        uris = [
            json.loads(unpadded(jws(signer, path=path).split("..")[0]))["uri"]
            for path in ("/a", "/b", "/a")
        ]

        assert uris == ["/a", "/b", "/a"]

    def test_hs256_has_a_typ_in_its_header(self):
        protected = unpadded(
            jws(JwsSigner(auth_id="123456", secret_key="secret", alg="HS256")).split("..")[0]
        )

        assert (
            protected
            == b'{"uri":"/v5/card-api/request/status","auth_id":"123456","method":"POST","params":"","alg":"HS256","typ":"JWT"}'
        )

    def test_signs_a_body_that_ends_in_any_byte_whole(self):
        signer = JwsSigner(auth_id="1", secret_key="k")
        signatures = {
            bytes([last]): jws(signer, body=b"ab" + bytes([last])).split("..")
            for last in range(256)
        }
        signed = {
            last: f"{protected}.{urlsafe_b64encode(b'ab' + last).decode()}".encode()
            for last, (protected, _) in signatures.items()
        }

        assert {last: unpadded(signature) for last, (_, signature) in signatures.items()} == {
            last: hmac.digest(b"k", text, "sha512") for last, text in signed.items()
        }

    @pytest.mark.parametrize(("alg", "digest"), [("HS512", sha512), ("HS256", sha256)])
    def test_signs_the_body_with_the_algorithm_named(self, alg, digest):
        body = '{"description":"утеряна, ёлка"}'.encode()
        protected, _, signature = jws(
            JwsSigner(auth_id="1", secret_key="ключ", alg=alg), body=body
        ).partition("..")
        payload = "eyJkZXNjcmlwdGlvbiI6ItGD0YLQtdGA0Y_QvdCwLCDRkdC70LrQsCJ9"

        assert unpadded(signature) == hmac.digest(
            "ключ".encode(), f"{protected}.{payload}".encode(), digest
        )

    def test_has_no_padding(self):
        assert {
            "=" in jws(JwsSigner(auth_id="1" * length, secret_key="k")) for length in (1, 2, 3)
        } == {False}

    def test_has_no_request_id_in_a_header(self):
        assert JwsSigner(auth_id="1", secret_key="k").header_id is False

    def test_is_hs512_unless_told_otherwise(self):
        assert JwsSigner(auth_id="1", secret_key="k").alg == "HS512"

    @pytest.mark.parametrize("alg", ["none", "hs512", "HS384", "", None, []])
    def test_refuses_another_algorithm(self, alg):
        with pytest.raises(ConfigurationError) as caught:
            JwsSigner(auth_id="1", secret_key="k", alg=alg)

        assert (
            caught.value.text
            == f"alg is {alg!r}: the vendor's pages name HS512 and HS256. Nothing was sent."
        )


@pytest.mark.parametrize("signer", SIGNERS)
class TestBoth:
    @pytest.mark.parametrize(
        "auth_id", ["", " 1", "1 ", "1\n", "1\r\nX-Evil: 1", "иван", "\x7f", '"1"', "'1'"]
    )
    def test_refuse_an_auth_id_that_no_header_can_hold(self, signer, auth_id):
        with pytest.raises(ConfigurationError) as caught:
            signer(auth_id=auth_id, secret_key="k")

        assert caught.value.text == (
            "auth_id must be the merchant's id: printable ASCII, without spaces or quotation "
            "marks around it. Nothing was sent."
        )

    @pytest.mark.parametrize("key", ["", Secret("")])
    def test_refuse_an_empty_key(self, signer, key):
        with pytest.raises(ConfigurationError) as caught:
            signer(auth_id="1", secret_key=key)

        assert (
            caught.value.text == "secret_key is empty: every call must be signed. Nothing was sent."
        )

    def test_sign_alike_with_a_key_as_text_and_as_a_secret(self, signer):
        text, secret = (
            signer(auth_id="1", secret_key=key).headers(
                path=PATH, body=VENDORS_BODY, request_id="r"
            )
            for key in ("k", Secret("k"))
        )

        assert text == secret

    def test_keep_the_auth_id(self, signer):
        assert signer(auth_id="123456", secret_key="k").auth_id == "123456"

    def test_do_not_show_the_key(self, signer):
        made = signer(auth_id="1", secret_key="hunter2")

        assert [
            text
            for text in (repr(made), str(made), f"{made}", repr(vars(made)))
            if "hunter2" in text
        ] == []

    def test_name_the_key_as_what_must_not_be_shown(self, signer):
        assert signer(auth_id="1", secret_key="hunter2").secrets == (Secret("hunter2"),)

    def test_are_not_pickled(self, signer):
        made = signer(auth_id="1", secret_key="hunter2")

        with pytest.raises(TypeError):
            pickle.dumps(made)

    @pytest.mark.parametrize("key", [chr(0xD800), "key" + chr(0xDCE9), chr(0xDFFF)])
    def test_refuse_a_key_that_utf_8_cannot_write(self, signer, key):
        with pytest.raises(ConfigurationError) as caught:
            signer(auth_id="1", secret_key=key)

        assert (
            caught.value.text
            == "secret_key has characters that UTF-8 can't write. Nothing was sent."
        )

    def test_refuse_a_key_out_of_a_pickle(self, signer):
        with pytest.raises(ConfigurationError) as caught:
            signer(auth_id="1", secret_key=pickle.loads(pickle.dumps(Secret("k"))))

        assert caught.value.text == (
            "secret_key can't be used: this secret was pickled, and a pickle holds no secret: "
            "take it from where it is kept. Nothing was sent."
        )

    @pytest.mark.parametrize("auth_id", [True, None, 1.0, b"1"])
    def test_refuse_an_auth_id_of_another_type(self, signer, auth_id):
        with pytest.raises(ConfigurationError) as caught:
            signer(auth_id=auth_id, secret_key="k")

        given = "None" if auth_id is None else f"of type {type(auth_id).__name__}"
        assert caught.value.text.startswith(
            f"auth_id is {given}: give the merchant's id, as text or as a whole number"
        )

    def test_refuse_an_auth_id_that_is_sealed_for_logs_show_it(self, signer):
        with pytest.raises(ConfigurationError) as caught:
            signer(auth_id=Secret("10001"), secret_key="k")

        assert caught.value.text == (
            "auth_id is a Secret, but logs show it: give a text that is no secret. Nothing "
            "was sent."
        )

    @pytest.mark.parametrize("auth_id", ["X1", 7])
    def test_take_an_auth_id_of_letters_or_as_a_number(self, signer, auth_id):
        assert signer(auth_id=auth_id, secret_key="k").auth_id == str(auth_id)

    @pytest.mark.parametrize(("key", "given"), [(7, "of type int"), (None, "None")])
    def test_refuse_a_key_of_another_type(self, signer, key, given):
        with pytest.raises(ConfigurationError) as caught:
            signer(auth_id="1", secret_key=key)

        assert caught.value.text == f"secret_key is {given}: give text. Nothing was sent."

    def test_are_what_a_session_asks_for(self, signer):
        made = signer(auth_id=1, secret_key="k")

        assert complete_signer(made) is made

        with pytest.raises(ConfigurationError) as caught:
            complete_signer(object())

        assert caught.value.text == (
            "signer is of type object, and has no auth_id, header_id, headers: give a JwsSigner, "
            "a Sha256Signer or a Signer of your own. "
            "Nothing was sent."
        )

    def test_say_why_they_are_not_pickled(self, signer):
        with pytest.raises(
            TypeError,
            match=(
                "a signer can't be pickled, because a pickle holds no secret: make one where it "
                "is needed"
            ),
        ):
            pickle.dumps(signer(auth_id="1", secret_key="k"))

    @pytest.mark.parametrize("key", ["\ud7fb", "\uf900", "\U0001f511"])
    def test_take_any_key_that_utf_8_can_write(self, signer, key):
        assert (
            signer(auth_id="1", secret_key=key).headers(
                path=PATH, body=VENDORS_BODY, request_id="r"
            )
            != {}
        )


@pytest.mark.parametrize(
    ("signer", "expected"),
    [
        (Sha256Signer(auth_id="1", secret_key="k"), "Sha256Signer(auth_id='1')"),
        (
            JwsSigner(auth_id="1", secret_key="k", alg="HS256"),
            "JwsSigner(auth_id='1', alg='HS256')",
        ),
    ],
    ids=["Sha256Signer", "JwsSigner"],
)
def test_a_signer_shows_what_it_is(signer, expected):
    assert repr(signer) == expected


class Derived(Signer):
    auth_id = "1"
    header_id = False

    def headers(self, *, path, body, request_id):
        return {}


class WithoutId(Signer):
    header_id = False

    def headers(self, *, path, body, request_id):
        return {}


class Plain:
    auth_id = "1"
    header_id = False

    def headers(self, *, path, body, request_id):
        return {"Signed": f"{path} {body!r} {request_id}"}


class Bare:
    header_id = False

    def headers(self, *, path, body, request_id):
        return {}


class TestOnesOwn:
    def test_that_derives_has_what_has_a_default(self):
        made = Derived()

        assert complete_signer(made) is made
        assert (made.secrets, made.on_refusal) == ((), "")

    def test_that_derives_may_set_its_attributes(self):
        made = Derived()
        made.auth_id, made.secrets, made.on_refusal = "2", (Secret("token"),), "Look at the vault."

        assert (made.auth_id, made.secrets, made.on_refusal) == (
            "2",
            (Secret("token"),),
            "Look at the vault.",
        )

    @pytest.mark.parametrize("made", [WithoutId(), Bare()])
    def test_that_lacks_something_is_refused_with_what_to_do(self, made):
        with pytest.raises(ConfigurationError) as caught:
            complete_signer(made)

        assert caught.value.text == (
            f"signer is of type {type(made).__name__}, and has no auth_id: give a JwsSigner, a "
            "Sha256Signer or a Signer of your own. "
            "Nothing was sent."
        )

    @pytest.mark.parametrize(
        ("own", "secrets", "advice"),
        [
            ({}, (), ""),
            ({"secrets": (Secret("token"),)}, (Secret("token"),), ""),
            ({"on_refusal": "Look at the vault."}, (), "Look at the vault."),
        ],
    )
    def test_that_is_a_plain_object_has_what_has_a_default(self, own, secrets, advice):
        made = Plain()
        vars(made).update(own)
        signer = complete_signer(made)

        assert (signer.auth_id, signer.header_id, signer.secrets, signer.on_refusal) == (
            "1",
            False,
            secrets,
            advice,
        )
        assert signer.headers(path=PATH, body=VENDORS_BODY, request_id="r") == {
            "Signed": f"{PATH} {VENDORS_BODY!r} r"
        }

    def test_whose_secrets_change_has_those_of_the_moment(self):
        made = Plain()
        signer = complete_signer(made)
        made.secrets = (Secret("later"),)

        assert signer.secrets == (Secret("later"),)

    @pytest.mark.parametrize(
        "secrets", ["s3cret", ("s3cret",), [Secret("s3cret")], Secret("s3cret"), None]
    )
    def test_whose_secrets_are_none_is_refused_and_they_are_not_shown(self, secrets):
        made = Plain()
        made.secrets = secrets
        with pytest.raises(ConfigurationError) as caught:
            complete_signer(made)

        assert (
            caught.value.text == "the signer's secrets must be a tuple of Secret. Nothing was sent."
        )
        assert "s3cret" not in repr(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
        )

    def test_whose_advice_is_no_text_is_refused(self):
        made = Plain()
        made.on_refusal = 5
        with pytest.raises(ConfigurationError, match=r"^the signer's on_refusal is of type int"):
            complete_signer(made)

    def test_that_has_all_of_its_own_need_not_derive(self):
        made = Plain()
        made.secrets, made.on_refusal = (), ""

        assert complete_signer(made) is made

    def test_that_does_not_sign_is_not_made(self):
        class Mute(Signer):
            auth_id = "1"
            header_id = False

        with pytest.raises(TypeError, match="headers"):
            Mute()


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_signer_that_is_not_made_yet_says_so(kind):
    """Whoever records the locals of a refusal asks for it."""
    assert repr(object.__new__(kind)) == f"{kind.__name__}(not made)"
