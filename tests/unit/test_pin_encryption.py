from __future__ import annotations

import copy
import functools
import os
import pickle
import sys
import traceback
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives import padding as paddings
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import freedompay_async.crypto.pin_encryption
from freedompay_async.crypto.pin_encryption import AesPin
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret
from tests.programs import output_of

# NIST SP 800-38A, appendix F: the key of all AES-256 examples, and their plaintext.
KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
BLOCKS = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
IV = bytes(range(16))
NONCE = bytes.fromhex("cafebabefacedbaddecaf888")
PIN = "90417735"
SHOWN = "Nothing was sent."
DECODERS = {
    "base64": functools.partial(b64decode, validate=True),
    "base64url": urlsafe_b64decode,
    "hex": bytes.fromhex,
}
# Each mode with every IV and padding that it can have.
SENSIBLE = [
    *[("CBC", iv, padding) for iv in ("random-prefix", IV) for padding in ("pkcs7", "zero")],
    *[("ECB", None, padding) for padding in ("pkcs7", "zero")],
    *[("CTR", iv, "none") for iv in ("random-prefix", IV)],
    *[("GCM", iv, "none") for iv in ("random-prefix", NONCE)],
]


OPTIONS = {
    "key": KEY,
    "mode": "CBC",
    "iv": IV,
    "padding": "pkcs7",
    "encoding": "hex",
    "plain": "digits",
}


def made(**changes) -> AesPin:
    return AesPin(**OPTIONS | changes)


def giving(data):
    """A `plain` that gives this, whatever the PIN is."""
    return lambda pin: data


def decrypted(data: bytes, mode: str, iv: bytes | str | None) -> bytes:
    """What the vendor gets of it, padding and all."""
    if iv == "random-prefix":
        size = 12 if mode == "GCM" else 16
        iv, data = data[:size], data[size:]
    if mode == "GCM":
        return AESGCM(KEY).decrypt(iv, data, None)
    decryptor = Cipher(
        algorithms.AES(KEY),
        {"CBC": modes.CBC, "ECB": lambda _: modes.ECB(), "CTR": modes.CTR}[mode](iv),
    ).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def refusal(call, *args, **kwargs) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        call(*args, **kwargs)
    return caught.value


def told(error: BaseException) -> str:
    """All that a report of the error with the variables of its frames shows, without the frame of
    the test.
    """
    inner = error.__traceback__
    while inner.tb_frame.f_code.co_filename == __file__:
        inner = inner.tb_next
    whole = traceback.TracebackException(type(error), error, inner, capture_locals=True)
    assert "self = " in "".join(whole.format())  # The variables are there.
    return "".join(whole.format()) + str(error) + repr(error) + repr(vars(error))


def ours(error: BaseException) -> list[dict[str, str]]:
    """The variables that such a report shows of each frame of the module, whoever raised the error."""
    stack = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    return [
        frame.locals
        for frame in stack
        if frame.filename == freedompay_async.crypto.pin_encryption.__file__
    ]


def forms(secret: bytes) -> list[str]:
    """How bytes may turn up in a text."""
    return [
        repr(secret)[2:-1],
        secret.hex(),
        b64encode(secret).decode().rstrip("="),
        urlsafe_b64encode(secret).decode().rstrip("="),
    ]


class TestVectors:
    @pytest.mark.parametrize(
        ("mode", "iv", "expected"),
        [
            (
                "ECB",
                None,
                "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7",
            ),
            (
                "CBC",
                "000102030405060708090a0b0c0d0e0f",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
            ),
            (
                "CTR",
                "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
                "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
            ),
        ],
        ids=["F.1.5", "F.2.5", "F.5.5"],
    )
    def test_encrypts_as_sp_800_38a_does(self, mode, iv, expected):
        encrypt = made(mode=mode, iv=iv and bytes.fromhex(iv), padding="none", plain=giving(BLOCKS))

        assert encrypt(PIN) == expected

    @pytest.mark.parametrize(
        ("key", "iv", "plain", "expected"),
        [
            (
                "00" * 32,
                "00" * 12,
                "00" * 16,
                "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (
                "feffe9928665731c6d6a8f9467308308" * 2,
                "cafebabefacedbaddecaf888",
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c",
            ),
        ],
        ids=["14", "15"],
    )
    def test_encrypts_as_the_test_cases_of_gcm_do_with_the_tag_at_the_end(
        self, key, iv, plain, expected
    ):
        key, iv, plain = (bytes.fromhex(text) for text in (key, iv, plain))

        assert (
            made(key=key, mode="GCM", iv=iv, padding="none", plain=giving(plain))(PIN) == expected
        )


class TestForm:
    @pytest.mark.parametrize("encoding", DECODERS)
    @pytest.mark.parametrize(("mode", "iv", "padding"), SENSIBLE)
    @pytest.mark.parametrize("pin", ["0123", PIN, "012345678901"])
    def test_the_vendor_gets_the_digits(self, mode, iv, padding, encoding, pin):
        data = DECODERS[encoding](made(mode=mode, iv=iv, padding=padding, encoding=encoding)(pin))
        missing = 16 - len(pin)
        end = {"pkcs7": bytes([missing]) * missing, "zero": bytes(missing), "none": b""}[padding]

        assert decrypted(data, mode, iv) == pin.encode("ascii") + end

    @pytest.mark.parametrize("length", [1, 8, 15, 16, 17, 32])
    @pytest.mark.parametrize("mode", ["CBC", "ECB"])
    def test_pkcs7_is_that_of_the_library(self, mode, length):
        iv = IV if mode == "CBC" else None
        data = decrypted(
            bytes.fromhex(made(mode=mode, iv=iv, plain=giving(BLOCKS[:length]))(PIN)), mode, iv
        )
        unpadder = paddings.PKCS7(128).unpadder()

        assert unpadder.update(data) + unpadder.finalize() == BLOCKS[:length]

    @pytest.mark.parametrize(("length", "expected"), [(1, 16), (15, 16), (16, 16), (17, 32)])
    def test_zero_bytes_fill_a_block_and_add_none(self, length, expected):
        data = decrypted(
            bytes.fromhex(made(padding="zero", plain=giving(BLOCKS[:length]))(PIN)), "CBC", IV
        )

        assert data == BLOCKS[:length].ljust(expected, b"\0")

    @pytest.mark.parametrize("mode", ["CTR", "GCM"])
    def test_a_mode_without_blocks_takes_any_length(self, mode):
        iv = {"CTR": IV, "GCM": NONCE}[mode]
        lengths = [
            len(
                bytes.fromhex(
                    made(mode=mode, iv=iv, padding="none", plain=giving(bytes(length)))(PIN)
                )
            )
            for length in (1, 8, 16, 17)
        ]

        assert lengths == [length + (16 if mode == "GCM" else 0) for length in (1, 8, 16, 17)]

    @pytest.mark.parametrize(
        ("encoding", "expected"),
        [("base64", "+/+/+/8="), ("base64url", "-_-_-_8="), ("hex", "fbffbffbff")],
    )
    def test_encodes_with_padding_and_in_lower_case(self, encoding, expected):
        stream = bytes.fromhex(made(mode="CTR", iv=IV, padding="none", plain=giving(bytes(5)))(PIN))
        wanted = bytes.fromhex("fbffbffbff")
        plain = bytes(a ^ b for a, b in zip(stream, wanted, strict=True))

        assert (
            made(mode="CTR", iv=IV, padding="none", encoding=encoding, plain=giving(plain))(PIN)
            == expected
        )

    def test_a_function_makes_the_plain_of_the_digits(self):
        encrypt = made(
            padding="none", plain=lambda pin: f"2{len(pin):x}{pin}".ljust(16, "f").encode("ascii")
        )

        assert decrypted(bytes.fromhex(encrypt("4821")), "CBC", IV) == b"244821ffffffffff"

    @pytest.mark.parametrize("pin", [Secret(PIN), type("Pin", (Secret,), {})(PIN)])
    def test_takes_a_secret_too(self, pin):
        assert made()(pin) == made()(PIN)

    def test_hands_the_function_the_digits_of_a_secret(self):
        seen = []
        made(plain=lambda pin: seen.append(pin) or b"block")(Secret(PIN))

        assert seen == [PIN]


class TestIv:
    @pytest.mark.parametrize(
        ("mode", "padding"), [("CBC", "pkcs7"), ("CTR", "none"), ("GCM", "none")]
    )
    def test_a_random_one_is_another_for_each_pin(self, mode, padding):
        encrypt = made(mode=mode, iv="random-prefix", padding=padding)

        assert len({encrypt(PIN) for _ in range(50)}) == 50

    @pytest.mark.parametrize(
        ("mode", "size", "padding"),
        [("CBC", 16, "pkcs7"), ("CTR", 16, "none"), ("GCM", 12, "none")],
    )
    def test_a_random_one_comes_from_the_system_and_stands_first(
        self, monkeypatch, mode, size, padding
    ):
        sizes = []
        monkeypatch.setattr(
            os, "urandom", lambda wanted: sizes.append(wanted) or bytes(range(100, 100 + wanted))
        )
        data = bytes.fromhex(made(mode=mode, iv="random-prefix", padding=padding)(PIN))

        assert (sizes, data[:size]) == ([size], bytes(range(100, 100 + size)))

    @pytest.mark.parametrize(
        ("mode", "iv", "padding"), [each for each in SENSIBLE if each[1] != "random-prefix"]
    )
    def test_a_fixed_one_is_not_sent_and_gives_the_same_again(self, mode, iv, padding):
        encrypt = made(mode=mode, iv=iv, padding=padding)
        lengths = {"CBC": 16, "ECB": 16, "CTR": len(PIN), "GCM": len(PIN) + 16}

        assert (len(bytes.fromhex(encrypt(PIN))), encrypt(PIN)) == (lengths[mode], encrypt(PIN))


class TestRefusals:
    @pytest.mark.parametrize("left_out", ["key", "mode", "iv", "padding", "encoding", "plain"])
    def test_nothing_has_a_default(self, left_out):
        given = {name: value for name, value in OPTIONS.items() if name != left_out}

        with pytest.raises(TypeError, match=left_out):
            AesPin(**given)

    def test_nothing_is_given_by_its_place(self):
        with pytest.raises(TypeError):
            AesPin(KEY, "CBC", IV, "pkcs7", "hex", "digits")

    @pytest.mark.parametrize(
        ("name", "value", "known"),
        [
            *[
                ("mode", value, "CBC, ECB, CTR, GCM")
                for value in ("cbc", "AES-256-CBC", "", None, ["CBC"])
            ],
            *[("padding", value, "pkcs7, zero, none") for value in ("PKCS7", "", None)],
            *[
                ("encoding", value, "base64, base64url, hex")
                for value in ("HEX", "", None, bytes.hex)
            ],
        ],
    )
    def test_of_what_is_not_known(self, name, value, known):
        assert (
            refusal(made, **{name: value}).text
            == f"{name} is {value!r}: it must be one of {known}. {SHOWN}"
        )

    @pytest.mark.parametrize("plain", ["iso-0", "1234", "", None, b"digits"])
    def test_of_a_plain_that_is_neither_digits_nor_a_function(self, plain):
        assert refusal(made, plain=plain).text == (
            f"plain must be 'digits', or a function from the digits to bytes, such as a PIN block. {SHOWN}"
        )

    @pytest.mark.parametrize("mode", ["CTR", "GCM"])
    @pytest.mark.parametrize("padding", ["pkcs7", "zero"])
    @pytest.mark.parametrize("plain", ["digits", giving(BLOCKS)])
    def test_of_padding_where_any_length_goes(self, mode, padding, plain):
        error = refusal(made, mode=mode, iv="random-prefix", padding=padding, plain=plain)

        assert (
            error.text == f"mode {mode} takes data of any length: padding must be 'none'. {SHOWN}"
        )

    @pytest.mark.parametrize(("mode", "iv"), [("CBC", IV), ("ECB", None)])
    def test_of_bare_digits_in_blocks(self, mode, iv):
        error = refusal(made, mode=mode, iv=iv, padding="none")

        assert (
            error.text
            == f"mode {mode} takes whole blocks, and digits never fill one: choose a padding. {SHOWN}"
        )

    @pytest.mark.parametrize(("mode", "iv"), [("CBC", IV), ("ECB", None)])
    @pytest.mark.parametrize("length", [1, 8, 15, 17, 31])
    def test_of_a_plain_that_fills_no_block(self, mode, iv, length):
        error = refusal(made(mode=mode, iv=iv, padding="none", plain=giving(bytes(length))), PIN)

        assert error.text == (
            f"plain returned {length} bytes, and mode {mode} with padding 'none' takes whole "
            f"blocks of 16. {SHOWN}"
        )

    @pytest.mark.parametrize("iv", ["random-prefix", IV, b"", ""])
    def test_of_an_iv_in_ecb(self, iv):
        assert (
            refusal(made, mode="ECB", iv=iv).text == f"mode ECB has no IV: iv must be None. {SHOWN}"
        )

    @pytest.mark.parametrize(
        ("mode", "size", "padding"),
        [("CBC", 16, "pkcs7"), ("CTR", 16, "none"), ("GCM", 12, "none")],
    )
    @pytest.mark.parametrize(
        "iv", [None, "", "random", "prefix", IV.hex(), 0, bytearray(IV), Secret("random-prefix")]
    )
    def test_of_an_iv_that_is_no_bytes(self, mode, size, padding, iv):
        assert refusal(made, mode=mode, padding=padding, iv=iv).text == (
            f"iv in mode {mode} must be 'random-prefix' or {size} bytes: decode hex or base64 first. "
            f"{SHOWN}"
        )

    @pytest.mark.parametrize(
        ("mode", "padding", "size", "lengths"),
        [
            ("CBC", "pkcs7", 16, (0, 12, 15, 17, 32)),
            ("CTR", "none", 16, (0, 8, 12, 15, 17)),
            ("GCM", "none", 12, (0, 8, 11, 13, 16)),
        ],
    )
    def test_of_an_iv_of_another_length(self, mode, padding, size, lengths):
        messages = [
            refusal(made, mode=mode, padding=padding, iv=bytes(length)).text for length in lengths
        ]

        assert messages == [
            f"iv has {length} bytes, and mode {mode} takes {size}: decode hex or base64 first. {SHOWN}"
            for length in lengths
        ]

    @pytest.mark.parametrize("length", [0, 16, 24, 31, 33, 48])
    def test_of_a_key_of_another_length(self, length):
        assert (
            refusal(made, key=bytes(length)).text
            == f"key has {length} bytes, and AES 256 takes 32. {SHOWN}"
        )

    @pytest.mark.parametrize("text", [KEY.hex(), KEY.hex().upper(), KEY.hex() + "\n"])
    def test_of_a_key_in_hex_names_the_likely_mistake(self, text):
        hint = "It looks like the hex of a key: bytes.fromhex() makes the key of that text."

        assert (
            refusal(made, key=text.encode()).text
            == f"key has {len(text)} bytes, and AES 256 takes 32. {hint} {SHOWN}"
        )

    @pytest.mark.parametrize(
        "text",
        [
            b64encode(KEY),
            urlsafe_b64encode(KEY),
            b64encode(KEY).rstrip(b"="),
            b64encode(KEY) + b"\n",
        ],
    )
    def test_of_a_key_in_base64_names_the_likely_mistake(self, text):
        hint = "It looks like the base64 of a key: base64.b64decode() makes the key of that text."

        assert (
            refusal(made, key=text).text
            == f"key has {len(text)} bytes, and AES 256 takes 32. {hint} {SHOWN}"
        )

    @pytest.mark.parametrize("kind", [str, Secret])
    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("", ""),
            ("correct horse", ""),
            ("k" * 32, ""),
            (
                KEY.hex(),
                " It looks like the hex of a key: bytes.fromhex() makes the key of that text.",
            ),
            (
                b64encode(KEY).decode(),
                (
                    " It looks like the base64 of a key: base64.b64decode() makes the key of that "
                    "text."
                ),
            ),
        ],
    )
    def test_of_a_key_as_text_leaves_the_decoding_to_the_user(self, kind, text, hint):
        assert refusal(made, key=kind(text)).text == (
            f"key is text, and AES 256 takes 32 bytes: decode it as hex, as base64 or as characters, as the vendor means it.{hint} {SHOWN}"
        )

    @pytest.mark.parametrize(
        ("key", "kind"),
        [
            (None, "NoneType"),
            (int.from_bytes(KEY), "int"),
            (bytearray(KEY), "bytearray"),
            (list(KEY), "list"),
        ],
    )
    def test_of_a_key_that_is_no_bytes(self, key, kind):
        assert refusal(made, key=key).text == f"key is {kind}: it must be bytes. {SHOWN}"

    @pytest.mark.parametrize(
        "pin",
        [
            "",
            "123",
            "1234567890123",
            "12 34",
            "1234 ",
            "1234\n",
            "12a4",
            "+123",
            "١٢٣٤",
            "１２３４",  # noqa: RUF001
            "²³²³",
            1234,
            b"1234",
            None,
            ["1234"],
        ],
    )
    def test_of_what_is_no_pin(self, pin):
        assert (
            refusal(made(), pin).text == f"pin must be text of 4 to 12 digits from 0 to 9. {SHOWN}"
        )

    @pytest.mark.parametrize("pin", [Secret(""), Secret("123"), Secret("12345\n")])
    def test_of_a_secret_that_is_no_pin(self, pin):
        assert (
            refusal(made(), pin).text == f"pin must be text of 4 to 12 digits from 0 to 9. {SHOWN}"
        )

    def test_of_what_is_no_pin_comes_before_the_function_sees_it(self):
        seen = []
        refusal(made(plain=seen.append), "12a4")

        assert seen == []

    @pytest.mark.parametrize(
        ("plain", "kind"),
        [
            ("244821ffffffffff", "str"),
            (None, "NoneType"),
            (bytearray(16), "bytearray"),
            (1234, "int"),
        ],
    )
    def test_of_a_plain_that_is_no_bytes(self, plain, kind):
        assert (
            refusal(made(plain=giving(plain)), PIN).text
            == f"plain returned {kind}: it must return bytes. {SHOWN}"
        )

    @pytest.mark.parametrize(("mode", "iv", "padding"), SENSIBLE)
    def test_of_an_empty_plain(self, mode, iv, padding):
        error = refusal(made(mode=mode, iv=iv, padding=padding, plain=giving(b"")), PIN)

        assert error.text == f"plain returned no bytes: there is nothing to encrypt. {SHOWN}"

    def test_an_error_of_the_function_is_the_users_own(self):
        with pytest.raises(ZeroDivisionError):
            made(plain=lambda pin: 1 // 0)(PIN)


class TestSilence:
    PAN = "4400430011112222"

    def test_shows_what_it_is(self):
        assert (
            repr(made(encoding="base64"))
            == "AesPin(mode='CBC', padding='pkcs7', encoding='base64')"
        )

    @pytest.mark.parametrize(("mode", "iv", "padding"), SENSIBLE)
    def test_shows_neither_key_nor_iv_nor_what_its_function_knows(self, mode, iv, padding):
        encrypt = made(
            mode=mode, iv=iv, padding=padding, plain=functools.partial(bytes.fromhex, self.PAN)
        )
        shown = "".join([repr(encrypt), str(encrypt), f"{encrypt}", repr(vars(encrypt))])

        assert [
            form for form in [*forms(KEY), *forms(IV), *forms(NONCE), self.PAN] if form in shown
        ] == []

    @pytest.mark.parametrize(
        "given",
        [
            {"mode": "cbc"},
            {"padding": "PKCS7"},
            {"encoding": "HEX"},
            {"mode": "CTR"},
            {"padding": "none", "plain": "digits"},
            {"plain": (functools.partial(bytes, PAN),)},
            {"mode": "ECB"},
            {"iv": IV.hex()},
            {"iv": IV + IV},
            {"key": KEY[:16]},
            {"key": KEY + KEY},
            {"key": bytearray(KEY)},
            *[
                {"key": kind(text)}
                for kind in (str, Secret)
                for text in (KEY.hex(), b64encode(KEY).decode(), KEY.decode("latin-1"))
            ],
            {"key": KEY.hex().encode()},
            {"key": b64encode(KEY)},
        ],
    )
    def test_a_refusal_tells_no_secret_of_the_settings(self, given):
        told_by_it = told(
            refusal(made, **({"plain": functools.partial(bytes.fromhex, self.PAN)} | given))
        )
        secrets = [
            *forms(KEY),
            *forms(KEY[:16]),
            *forms(KEY[16:]),
            repr(KEY.decode("latin-1"))[1:-1],
            *forms(IV),
            self.PAN,
        ]

        assert [secret for secret in secrets if secret in told_by_it] == []

    @pytest.mark.parametrize("wrap", [str, Secret])
    @pytest.mark.parametrize("pin", ["904177351234567", "90417735x", "904"])
    def test_a_refusal_tells_no_pin(self, wrap, pin):
        assert pin not in told(refusal(made(), wrap(pin)))

    @pytest.mark.parametrize("pin", [90417735, b"90417735", ["90417735"]])
    def test_a_refusal_tells_no_pin_of_another_type(self, pin):
        assert PIN not in told(refusal(made(), pin))

    @pytest.mark.parametrize(
        "plain",
        [lambda pin: pin, lambda pin: pin.encode(), lambda pin: bytearray(pin.encode()), int],
    )
    def test_a_refusal_tells_nothing_of_what_the_function_gave(self, plain):
        assert PIN not in told(refusal(made(padding="none", plain=plain), PIN))

    def test_an_error_of_the_function_shows_no_secret_in_our_frames(self):
        with pytest.raises(ZeroDivisionError) as caught:
            made(plain=lambda pin: 1 // 0)(PIN)
        variables = ours(caught.value)

        assert (
            len(variables),
            [form for form in [PIN, *forms(KEY)] if form in repr(variables)],
        ) == (1, [])

    @pytest.mark.parametrize("mode", ["CBC", "GCM"])
    def test_an_error_of_the_library_shows_no_secret(self, monkeypatch, mode):
        def broken(*args):
            raise RuntimeError("broken")

        monkeypatch.setattr("cryptography.hazmat.primitives.ciphers.Cipher", broken)
        monkeypatch.setattr(
            "cryptography.hazmat.primitives.ciphers.aead.AESGCM",
            lambda key: type("Gcm", (), {"encrypt": broken})(),
        )
        encrypt = made(mode=mode, iv="random-prefix", padding="pkcs7" if mode == "CBC" else "none")
        with pytest.raises(RuntimeError) as caught:
            encrypt(PIN)
        variables = ours(caught.value)

        assert (
            len(variables),
            [form for form in [PIN, *forms(PIN.encode()), *forms(KEY)] if form in repr(variables)],
        ) == (2, [])

    @pytest.mark.parametrize(
        "door",
        [
            *(lambda it, p=p: pickle.dumps(it, p) for p in range(pickle.HIGHEST_PROTOCOL + 1)),
            copy.copy,
            copy.deepcopy,
        ],
    )
    def test_is_not_pickled_nor_copied(self, door):
        with pytest.raises(TypeError) as caught:
            door(made())

        assert str(caught.value) == (
            "an AesPin can't be pickled, because it holds its key: make a new one from the place "
            "where the key is kept"
        )


class TestWithoutTheLibrary:
    MESSAGE = (
        "AesPin needs the library cryptography, which can't be imported: pip install "
        f"'freedompay-async[pin]'. {SHOWN}"
    )

    @pytest.fixture
    def missing(self, monkeypatch):
        for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
            monkeypatch.setitem(sys.modules, name, None)

    @pytest.mark.parametrize(("mode", "iv", "padding"), SENSIBLE)
    def test_says_what_to_install_when_made(self, missing, mode, iv, padding):
        error = refusal(made, mode=mode, iv=iv, padding=padding)

        assert (error.text, isinstance(error.__cause__, ImportError)) == (self.MESSAGE, True)

    def test_tells_no_secret(self, missing):
        told_by_it = told(refusal(made))

        assert [form for form in [*forms(KEY), *forms(IV)] if form in told_by_it] == []

    def test_wrong_settings_are_told_first(self, missing):
        assert refusal(made, mode="ECB").text == f"mode ECB has no IV: iv must be None. {SHOWN}"

    def test_the_module_is_imported_without_it(self):
        code = (
            "import sys, freedompay_async.crypto.pin_encryption; print([name for name in "
            "sys.modules if name.startswith('cryptography')])"
        )

        assert output_of(code) == ("[]", "")
