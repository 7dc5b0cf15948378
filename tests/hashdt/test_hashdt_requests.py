"""What goes out, to the last header."""

from __future__ import annotations

import uuid

import pytest

from freedompay_async.redaction.secret import Pan, Secret

CALLS = {"set_url": "setpin", "reset_url": "resetpin", "change_url": "changepin"}
each_call = pytest.mark.parametrize(("call", "path"), CALLS.items())


def own(headers) -> dict[str, str]:
    """Without the headers that any HTTP client sends."""
    return {
        name: value
        for name, value in headers
        if name not in ("Host", "Accept", "Accept-Encoding", "User-Agent")
    }


@each_call
async def test_is_a_get_with_exactly_these_headers_and_no_body(pins, issuer, people, call, path):
    page = await getattr(pins, call)(**people, client_id="client-4", request_id="my-id")

    assert page.request_id == "my-id"
    assert [(each.method, each.path, own(each.headers), each.body) for each in issuer.arrived] == [
        (
            "GET",
            f"/issuing/api/v1/card/{path}",
            {
                "Content-Type": "application/json",
                "x-api-key": "key-of-the-api",
                "x-product-id": "product-7",
                "x-request-id": "my-id",
                "Authorization": "Bearer token-a",
                "x-cardholder-id": "holder-1",
                "x-wallet-id": "wallet-2",
                "x-card-id": "card-3",
                "x-client-id": "client-4",
            },
            b"",
        )
    ]


@each_call
async def test_gives_the_page_of_the_answer(pins, people, page_url, call, path):
    page = await getattr(pins, call)(**people)

    assert page.url.reveal() == page_url


@each_call
async def test_names_no_client_where_none_is_given(pins, issuer, people, call, path):
    await getattr(pins, call)(**people)

    assert "x-client-id" not in dict(issuer.arrived[0].headers)


@each_call
async def test_has_an_id_of_its_own_where_none_is_given(pins, issuer, people, call, path):
    pages = [await getattr(pins, call)(**people) for _ in range(2)]
    sent = [each["x-request-id"] for each in issuer.arrived]

    assert [page.request_id for page in pages] == sent
    assert len({uuid.UUID(each) for each in sent}) == 2


@each_call
async def test_keeps_its_id_on_every_attempt(pins, issuer, people, told, call, path):
    issuer.say((503, {}), None, (429, {}), (200, told()))

    page = await getattr(pins, call)(**people)

    assert [each["x-request-id"] for each in issuer.arrived] == [page.request_id] * 4


async def test_sends_no_header_twice(pins, issuer, people):
    await pins.set_url(**people)
    names = [name.lower() for name, _ in issuer.arrived[0].headers]

    assert sorted(names) == sorted(set(names))


async def test_says_nothing_of_a_body(pins, issuer, people):
    await pins.set_url(**people)
    names = {name.lower() for name, _ in issuer.arrived[0].headers}

    assert not names & {"content-length", "transfer-encoding", "cookie", "referer"}


@pytest.mark.parametrize("base", ["/gate", "/gate/", "/a/b", "/"])
async def test_goes_below_the_path_of_the_base_url(connect, issuer, people, base):
    await connect(base_url=issuer.base_url + base).pins.set_url(**people)

    assert issuer.arrived[0].path == f"{base.rstrip('/')}/issuing/api/v1/card/setpin"


IDS = [
    ("a-1", "a-1"),
    (77, "77"),
    (0, "0"),
    (10**30, str(10**30)),
    (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (Secret("sealed-1"), "sealed-1"),
    (Pan("4111111111111111"), "4111111111111111"),
]


@pytest.mark.parametrize("name", ["cardholder_id", "wallet_id", "card_id", "client_id"])
@pytest.mark.parametrize(
    ("given", "sent"),
    IDS,
    ids=["text", "number", "nothing", "long number", "UUID", "secret", "card number"],
)
async def test_id_goes_out_whatever_its_type(pins, issuer, people, name, given, sent):
    await pins.set_url(**{**people, name: given})

    assert issuer.arrived[0][f"x-{name.replace('_', '-')}"] == sent


async def test_follows_no_redirect(pins, issuer, people, told):
    issuer.say((302, told(), {"Location": "/elsewhere"}))

    with pytest.raises(Exception, match="302"):
        await pins.set_url(**people)

    assert [each.path for each in issuer.arrived] == ["/issuing/api/v1/card/setpin"]


async def test_sends_back_no_cookie(pins, issuer, people, told):
    issuer.say((200, told(), {"Set-Cookie": "session=1"}))

    await pins.set_url(**people)
    await pins.set_url(**people)

    assert "Cookie" not in dict(issuer.arrived[1].headers)
