from __future__ import annotations

import pickle

import msgspec
import pytest

from freedompay_async.contract.models import dictionaries

NUMBERS = [
    dictionaries.ClientType,
    dictionaries.GiftCardStatus,
    dictionaries.GiftStatus,
    dictionaries.Product,
    dictionaries.Resident,
]
WORDS = [
    dictionaries.CallStatus,
    dictionaries.LimitObject,
    dictionaries.LimitPeriod,
    dictionaries.LimitTransaction,
    dictionaries.RequestStatus,
]
UNLISTED = [*((kind, 77) for kind in NUMBERS), *((kind, "other") for kind in WORDS)]
MEMBERS = [member for kind in (*NUMBERS, *WORDS) for member in kind]

SENTENCES = {
    0: "It was done.",
    -1: "A general error of the issuer.",
    -2: "The name of the holder is wrong.",
    -3: "The phone number is wrong.",
    -4: "The product code is wrong.",
    -5: "The bank failed to issue the card.",
    -6: "There is not enough money on the partner's account.",
    -7: "The card id is wrong.",
    -8: "The code from the SMS is wrong.",
    -9: "The bank failed to activate the card.",
    -10: "The card is activated already.",
    -11: "Access is denied.",
}
CARD_SENTENCES = {
    0: "The issuer does not know the status of the card.",
    1: "The card is issued.",
    2: "The card is activated.",
    3: "The card is cancelled.",
    4: "The card is blocked.",
    5: "The card has expired.",
}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (dictionaries.CallStatus, ["ok", "error"]),
        (dictionaries.RequestStatus, ["success", "process", "error"]),
        (dictionaries.Product, [1000, 2000, 3000]),
        (dictionaries.ClientType, [1, 2, 3]),
        (dictionaries.Resident, [1, 2]),
        (dictionaries.LimitObject, ["card", "account", "client"]),
        (
            dictionaries.LimitTransaction,
            ["pay", "withdrawal", "withdrawal_atm", "pay_online_non3ds"],
        ),
        (dictionaries.LimitPeriod, ["day", "month"]),
        (dictionaries.GiftStatus, list(SENTENCES)),
        (dictionaries.GiftCardStatus, list(CARD_SENTENCES)),
    ],
)
def test_a_dictionary_is_the_vendors(kind, expected):
    assert [member.value for member in kind] == expected


def test_every_code_of_a_gift_call_has_its_sentence():
    assert {code.value: code.sentence for code in dictionaries.GiftStatus} == SENTENCES


def test_every_status_of_a_gift_card_has_its_sentence():
    assert {
        status.value: status.sentence for status in dictionaries.GiftCardStatus
    } == CARD_SENTENCES


def test_a_code_that_is_in_no_dictionary_has_a_sentence_too():
    assert (
        dictionaries.GiftStatus(-77).sentence
        == "The issuer answered with the code -77, which is not in its dictionary."
    )


def test_a_status_that_is_in_no_dictionary_has_a_sentence_too():
    assert (
        dictionaries.GiftCardStatus(77).sentence
        == "The card has the status 77, which is not in the issuer's dictionary."
    )


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_a_listed_value_is_known(member):
    assert (member.known, type(member)(member.value) is member) == (True, True)


@pytest.mark.parametrize(("kind", "value"), UNLISTED)
def test_an_unlisted_value_passes_through(kind, value):
    made = kind(value)

    assert (type(made), made == value, made.value, made.name, made.known, hash(made)) == (
        kind,
        True,
        value,
        "UNLISTED",
        False,
        hash(value),
    )


@pytest.mark.parametrize(("kind", "value"), UNLISTED)
def test_an_unlisted_value_is_read_and_written_as_it_came(kind, value):
    made = msgspec.convert(value, kind)

    assert (made, msgspec.json.encode(made)) == (value, msgspec.json.encode(value))


@pytest.mark.parametrize(("kind", "value"), UNLISTED)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_unlisted_value_pickles(kind, value, protocol):
    made = pickle.loads(pickle.dumps(kind(value), protocol))

    assert (made, made.known, type(made)) == (value, False, kind)


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_a_listed_value_pickles_as_itself(member):
    assert pickle.loads(pickle.dumps(member)) is member


@pytest.mark.parametrize(("kind", "value"), UNLISTED)
def test_an_unlisted_value_is_shown_without_a_name_of_its_own(kind, value):
    assert repr(kind(value)) == f"<{kind.__name__}.UNLISTED: {value!r}>"


@pytest.mark.parametrize(("kind", "value"), UNLISTED)
def test_an_unlisted_value_is_not_added_to_its_dictionary(kind, value):
    kind(value)

    assert value not in {member.value for member in kind}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("value", ["1", None, 1.5, [1]])
def test_a_dictionary_of_numbers_takes_numbers_only(kind, value):
    with pytest.raises(ValueError):
        kind(value)


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("value", [1, None, True, ["ok"]])
def test_a_dictionary_of_words_takes_words_only(kind, value):
    with pytest.raises(ValueError):
        kind(value)


@pytest.mark.parametrize("kind", [dictionaries.GiftStatus, dictionaries.Product])
def test_a_truth_is_no_number(kind):
    with pytest.raises(ValueError):
        kind(True)


@pytest.mark.parametrize("value", [10**30, -(10**30)])
def test_a_number_of_any_size_passes_through(value):
    assert msgspec.convert(dictionaries.GiftStatus(value), dictionaries.GiftStatus) == value
