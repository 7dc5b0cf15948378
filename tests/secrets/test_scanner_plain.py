"""What the caller did not seal: no error, variable or log of the library shows it on its own
account.
"""

from __future__ import annotations

from functools import partial

import pytest

from freedompay_async import Override
from tests.samples import UNKNOWN_PATH
from tests.secrets.marked import CALLS, EXTRA, MARKS, PLAIN_CALLS, client

ENDS = ["lost", "stalled", "not sent", "good", "empty", "503", "401"]
# The issuer says the fields back under their own names.
NAMED = ["refusal with the body inside", "refusal with the body as text", "500", "other shape"]


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("trouble", ENDS + NAMED)
async def test_plain_value_of_a_secret_name_is_not_shown(search, in_memory, trouble):
    fp = client(transport=in_memory(trouble))
    await search.calls(fp, PLAIN_CALLS)
    search.client(fp)

    assert search.found == []
    assert len(search.ends) == len(PLAIN_CALLS)


WRONG = {
    "no form in JSON": {"more": object()},
    "half a pair": {"more": "\ud800"},
    "a key that is none": {5.5: {object(): 1}},
    "a request id": {"request_id": "1"},
}


@pytest.mark.parametrize("name", WRONG)
async def test_plain_value_beside_a_wrong_one_is_not_shown(search, in_memory, name):
    fp = client(transport=in_memory("good"))
    await search.call("extra", fp.cards.activate("c-1", extra=EXTRA | WRONG[name]))
    await search.call(
        "given", fp.call(UNKNOWN_PATH, {"pin": MARKS["plain_pin"]} | WRONG[name], dict)
    )

    assert search.found == []


@pytest.mark.parametrize("path", ["not-a-path", "/a?b", ""])
async def test_plain_value_of_a_wrong_path_is_not_shown(search, path):
    await search.call("given", client().call(path, {"pin": MARKS["plain_pin"]}, dict))

    assert search.found == []
    assert search.errors == {"ConfigurationError"}


@pytest.mark.parametrize("trouble", ["good", "not sent", "refusal with the body inside"])
async def test_plain_field_of_an_override_is_not_shown(search, in_memory, trouble):
    fp = client(
        contract=[Override(fields={"partner_secret": MARKS["extra_secret"]})],
        transport=in_memory(trouble),
    )
    await search.calls(fp, CALLS | PLAIN_CALLS)
    search.client(fp)

    assert search.found == []


# -- an encryptor that holds its key


class Broken(Exception):
    pass


def broken(key, pin):
    raise Broken("the encryptor said no")


def keyed(key, pin):
    return MARKS["sealed_pin"]


@pytest.mark.parametrize(
    "trouble", ["good", "lost", "not sent", "401", "refusal with the body as text"]
)
async def test_key_of_an_encryptor_is_not_shown(search, in_memory, trouble):
    fp = client(transport=in_memory(trouble))
    await search.call(
        "set_pin", CALLS["cards.set_pin"](fp, encrypt=partial(keyed, MARKS["secret_key"]))
    )

    assert search.found == []


@pytest.mark.parametrize("encrypt", [broken, keyed])
async def test_key_of_an_encryptor_that_can_not_be_used_is_not_shown(search, in_memory, encrypt):
    fp, encrypt = client(transport=in_memory("good")), partial(encrypt, MARKS["secret_key"])
    await search.call("no pin", fp.cards.set_pin("c-1", encrypt=encrypt))
    await search.call(
        "pin", fp.cards.set_pin("c-1", MARKS["plain_pin"], encrypt=encrypt, timeout=-1)
    )

    assert search.found == []
    assert len(search.errors) >= 1
