"""The seals that are ready to use: what they make, whose it is, and which key opens it."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
import sys
import traceback
from base64 import urlsafe_b64encode

import msgspec
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from freedompay_async import ConfigurationError, Intent
from freedompay_async.seals import AesGcmSeal, FernetSeal, NotOpened
from tests.programs import output_of
from tests.samples import OWN

PIN = "bm90IGEgcmVhbCBQSU4gYmxvY2s="
KEYS = tuple(bytes(range(at, at + 32)) for at in (0, 100, 200))
SHOWN = tuple(form for key in KEYS for form in (repr(key)[2:-1], key.hex()))
BOUND = b'["cards.set_pin","0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"]'
# What the first release with these seals has made of b"body" and BOUND: it is opened for ever.
KEPT = {
    AesGcmSeal: bytes.fromhex(
        "0126349b5ecd505462bc5849b94011255f3849c953ab82e24dc1921b43eeeb7d74bbcc564c"
    ),
    FernetSeal: bytes.fromhex(
        "025b5cfc0f80000000006b0e3a57c1125c5d46cea7def48d0cc0ed19339f950463720cc6c63e7f3fc96c29ff"
        "3e68c03a5e04352aa0aedb247f0e3463fba7b6c37ed3f800659ef79f98a95efd19e433d9fdb5cfff3c3bfb2e"
        "9cafedbd377436a424ef4e6764f2f097d9c0dfd5975cf0b022ef836445fddf0db308ad6315723b7988bf0a39"
        "be4de0549f1785be509a"
    ),
}


def text(key):
    return urlsafe_b64encode(key).decode()


@pytest.fixture(params=[AesGcmSeal, FernetSeal])
def kind(request):
    return request.param


@pytest.fixture
def seal(kind):
    """A seal of some of the keys, in this order."""
    return lambda *numbers: kind([text(KEYS[number]) for number in numbers or (0,)])


@pytest.fixture
def pin(merchant):
    return merchant().intend.cards.set_pin("c-1", PIN, request_id=OWN)


def test_an_intent_with_a_secret_is_stored_and_loaded(pin, seal):
    stored = pin.to_json(seal=seal())

    assert Intent.load(stored, seal=seal()) == pin
    assert PIN not in stored
    assert [each.reveal() for each in Intent.load(stored, seal=seal()).hidden.secrets] == [PIN]


def test_what_an_earlier_release_has_sealed_is_opened(kind, seal):
    assert seal().decrypt(KEPT[kind], BOUND) == b"body"


def test_aes_gcm_is_that_of_the_library():
    for size in (16, 24, 32):
        key = KEYS[0][:size]
        made = AesGcmSeal([key]).encrypt(b"body", BOUND)

        assert AESGCM(key).decrypt(made[5:17], made[17:], made[:5] + BOUND) == b"body"


def test_fernet_is_that_of_the_library():
    made = FernetSeal([text(KEYS[0])]).encrypt(b"body", BOUND)
    bound = made[:5] + BOUND

    inside = Fernet(text(KEYS[0])).decrypt(urlsafe_b64encode(made[5:]))

    assert inside == len(bound).to_bytes(4, "big") + bound + b"body"


def test_the_same_body_is_never_sealed_to_the_same_bytes(seal):
    same = seal()

    assert len({same.encrypt(b"body", BOUND) for _ in range(100)}) == 100


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 100_000])
def test_a_body_of_any_length_comes_back(seal, size):
    assert seal().decrypt(seal().encrypt(b"x" * size, BOUND), BOUND) == b"x" * size


def test_the_first_key_encrypts_and_each_one_decrypts(seal):
    old = seal(0).encrypt(b"old", BOUND)
    rotated = seal(1, 0)
    new = rotated.encrypt(b"new", BOUND)

    assert (rotated.decrypt(old, BOUND), rotated.decrypt(new, BOUND)) == (b"old", b"new")
    assert seal(1).decrypt(new, BOUND) == b"new"
    with pytest.raises(NotOpened):
        seal(0).decrypt(new, BOUND)


def test_keys_with_the_same_name_are_all_tried(seal, monkeypatch):
    monkeypatch.setattr("hmac.digest", lambda *args: bytes(32))
    made = seal(1).encrypt(b"body", BOUND)

    assert seal(0, 1, 2).decrypt(made, BOUND) == b"body"
    with pytest.raises(NotOpened, match="it was changed"):
        seal(0, 2).decrypt(made, BOUND)


def name(seal):
    return repr(seal).partition("(")[2].removesuffix(")")


def test_a_missing_key_is_told_by_its_name(pin, seal, kind):
    stored = pin.to_json(seal=seal(0))
    with pytest.raises(ConfigurationError) as caught:
        Intent.load(stored, seal=seal(1, 2))

    assert caught.value.text == (
        f"the sealed body can't be opened: it was sealed with the key {name(seal(0))}, which is "
        f"none of the 2 keys of this {kind.__name__}({name(seal(1))}, {name(seal(2))}). "
        "Nothing was sent."
    )
    assert (caught.value.call, caught.value.request_id) == ("cards.set_pin", OWN)
    assert caught.value.__context__ is None


def test_a_seal_of_one_key_says_that_it_is_another(seal, kind):
    with pytest.raises(NotOpened) as caught:
        seal(1).decrypt(seal(0).encrypt(b"body", BOUND), BOUND)

    assert caught.value.why == (
        f"it was sealed with the key {name(seal(0))}, which is not the key of this "
        f"{kind.__name__}({name(seal(1))})"
    )
    assert (
        caught.value.text == f"the data can't be decrypted: {caught.value.why}. Nothing was sent."
    )


@pytest.mark.parametrize(
    ("field", "value"), [("call", "cards.block"), ("request_id", OWN[:-1] + "0")]
)
def test_a_body_in_another_intent_is_not_opened(pin, seal, field, value):
    stored = json.loads(pin.to_json(seal=seal()))

    with pytest.raises(ConfigurationError, match="was changed, or sealed for another call or req"):
        Intent.load(stored | {field: value}, seal=seal())


def test_associated_data_and_body_are_not_mistaken_for_each_other(seal):
    made = seal().encrypt(b"body", BOUND)

    for other in (b"", BOUND[:-1], BOUND + b"b", BOUND + b"body"):
        with pytest.raises(NotOpened, match="was changed, or sealed for another"):
            seal().decrypt(made, other)


def test_each_byte_counts(seal):
    made = seal().encrypt(b"body", BOUND)

    for at in range(len(made)):
        with pytest.raises(NotOpened):
            seal().decrypt(made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :], BOUND)


def test_what_was_cut_off_is_not_opened(seal, kind):
    made = seal().encrypt(b"body", BOUND)

    for length in range(len(made)):
        told = f"was not sealed by {kind.__name__}" if length < 5 else "it was changed"
        with pytest.raises(NotOpened, match=told):
            seal().decrypt(made[:length], BOUND)


def test_what_another_kind_has_sealed_is_not_opened():
    keys = [text(KEYS[0])]
    for one, other in itertools.permutations([AesGcmSeal, FernetSeal]):
        with pytest.raises(NotOpened) as caught:
            other(keys).decrypt(one(keys).encrypt(b"body", BOUND), BOUND)

        assert caught.value.why == f"it was not sealed by {other.__name__}"


def test_the_error_is_pickled_with_its_reason(seal):
    with pytest.raises(NotOpened) as caught:
        seal().decrypt(b"", BOUND)

    again = pickle.loads(pickle.dumps(caught.value))

    assert (type(again), again.why, str(again)) == (NotOpened, caught.value.why, str(caught.value))


class Wrapped:
    """A seal of a user's own that keeps its keys elsewhere, and has the reasons of this one."""

    def __init__(self, inner) -> None:
        self.inner = inner

    def encrypt(self, data, associated_data):
        return b"w" + self.inner.encrypt(data, associated_data)

    def decrypt(self, data, associated_data):
        if data[:1] != b"w":
            raise NotOpened("it is not wrapped")
        return self.inner.decrypt(data[1:], associated_data)


def test_a_seal_of_ones_own_gives_its_reason(pin, seal):
    stored = pin.to_json(seal=Wrapped(seal()))

    assert Intent.load(stored, seal=Wrapped(seal())) == pin
    with pytest.raises(ConfigurationError, match=r"can't be opened: it is not wrapped\. Nothing"):
        Intent.load(pin.to_json(seal=seal()), seal=Wrapped(seal()))


def test_a_seal_shows_no_key(seal):
    made = seal(0, 1)

    shown = repr(made) + repr(vars(made)) + f"{made}"

    assert [form for form in (*SHOWN, *map(text, KEYS)) if form in shown] == []
    with pytest.raises(TypeError):
        msgspec.json.encode(made)


@pytest.mark.parametrize(
    "door",
    [
        *(lambda it, p=p: pickle.dumps(it, p) for p in range(pickle.HIGHEST_PROTOCOL + 1)),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_a_seal_is_not_pickled_nor_copied(seal, kind, door):
    with pytest.raises(TypeError) as caught:
        door(seal())

    assert str(caught.value) == (
        f"{kind.__name__} is not pickled or copied, because it belongs to its process: make one "
        "in each process, from where its keys are kept"
    )


def frames(error):
    """The locals of the frames of the package, as a tool that reports errors shows them."""
    stack = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    ours = [each for each in stack if "freedompay_async" in each.filename]
    assert ours
    return repr([each.locals for each in ours if "/tests/" not in each.filename])


@pytest.mark.parametrize("wrong", ["encrypt", "decrypt"])
def test_no_traceback_of_a_seal_shows_a_body_or_a_key(seal, monkeypatch, wrong, kind):
    where = {AesGcmSeal: "ciphers.aead.AESGCM", FernetSeal: "Fernet"}[kind]
    where = f"cryptography.{'hazmat.primitives.' if kind is AesGcmSeal else 'fernet.'}{where}"
    good = seal().encrypt(b"a secret body", BOUND)

    class Broken:
        def __init__(self, key) -> None:
            pass

        def encrypt(self, *args):
            raise RuntimeError("broken")

        decrypt = encrypt

    monkeypatch.setattr(where, Broken)
    with pytest.raises(RuntimeError) as caught:
        getattr(seal(), wrong)(b"a secret body" if wrong == "encrypt" else good, BOUND)

    shown = frames(caught.value)
    assert [form for form in (*SHOWN, *map(text, KEYS), "a secret body") if form in shown] == []


class TestWithoutTheLibrary:
    @pytest.fixture(autouse=True)
    def missing(self, monkeypatch):
        for each in [each for each in sys.modules if each.split(".")[0] == "cryptography"]:
            monkeypatch.setitem(sys.modules, each, None)

    def test_says_what_to_install_when_made(self, seal, kind):
        with pytest.raises(ConfigurationError) as caught:
            seal()

        assert caught.value.text == (
            f"{kind.__name__} needs the library cryptography, which can't be imported: pip install "
            "'freedompay-async[seal]'. Nothing was sent."
        )
        assert isinstance(caught.value.__cause__, ImportError)
        assert [form for form in (*SHOWN, *map(text, KEYS)) if form in frames(caught.value)] == []

    def test_a_wrong_key_is_told_first(self, kind):
        with pytest.raises(ConfigurationError, match="keys is empty"):
            kind([])


def test_the_module_is_imported_without_the_library():
    code = (
        "import sys, freedompay_async.seals; print([name for name in sys.modules if "
        "name.startswith('cryptography')])"
    )

    assert output_of(code) == ("[]", "")
