"""What comes back: good answers, lost ones, errors, and answers that are not HashDT's."""

from __future__ import annotations

import logging
import pickle

import pytest

from freedompay_async import NotSent, OutcomeUnknown, ProtocolError, RateLimited, RequestFailed

HTML = b"<html><body>Bad gateway</body></html>"
SAFE = [
    "https://pins.example.com",
    "HTTPS://pins.example.com/p",
    "https://pins.example.com:8443/p?a=1&b=%20#here",
    "http://localhost:8080/p",
    "http://127.0.0.1/p",
    "http://[::1]/p",
]
UNSAFE = [
    "http://pins.example.com/s3cret",
    "http://127.0.0.1.example.com/s3cret",
    "https://user:pw@pins.example.com/s3cret",
    "https://localhost@example.com/s3cret",
    "https://@pins.example.com/s3cret",
    "javascript:alert('s3cret')",
    "JavaScript://pins.example.com/%0Aalert('s3cret')",
    "data:text/html,s3cret",
    "file:///s3cret",
    "//pins.example.com/s3cret",
    "/s3cret",
    "pins.example.com/s3cret",
    "https:/pins.example.com/s3cret",
    "https:///s3cret",
    "https://pins.example.com/s3cret here",
    " https://pins.example.com/s3cret",
    "https://pins.example.com/s3cret\n",
    "https://pins.example.com/s3\tcret",
    "https://pins.example.com/s3cret\x00",
    "https://pins.example.com/s3cret\u2028",
    "https:\\\\pins.example.com\\s3cret",
    "https://pins.example.com\\@example.com/s3cret",
    "https://[::1/s3cret",
    "",
]


def shown(error) -> str:
    return (
        f"{error!s} {error!r} {error.__dict__} {error.__cause__!r} {error.__context__!r} "
        f"{pickle.dumps(error)!r}"
    )


@pytest.mark.parametrize("url", SAFE)
async def test_safe_url_is_taken_as_it_is(pins, issuer, people, told, url):
    issuer.say((200, told(url)))

    assert (await pins.set_url(**people)).url.reveal() == url


@pytest.mark.parametrize("url", UNSAFE)
async def test_unsafe_url_is_refused_and_not_shown(pins, issuer, people, told, url):
    issuer.say((200, told(url)))

    with pytest.raises(ProtocolError) as caught:
        await pins.set_url(**people, request_id="my-id")

    assert (caught.value.request_id, caught.value.call) == ("my-id", "pins.set_url")
    assert "cret" not in shown(caught.value).replace("secret", "")
    assert len(issuer.arrived) == 1


@pytest.mark.parametrize("word", ["Success", "success", "SUCCESS", "sUcCeSs"])
async def test_success_is_read_without_regard_to_case(pins, issuer, people, told, page_url, word):
    issuer.say((200, {**told(), "status": word}))

    assert (await pins.set_url(**people)).url.reveal() == page_url


@pytest.mark.parametrize("word", ["error", "Error", "ERROR"])
@pytest.mark.parametrize("http", [200, 400, 404, 422])
async def test_error_is_a_refusal_with_its_words(pins, issuer, people, word, http):
    issuer.say((http, {"code": 400, "message": "Wallet not found", "status": word}))

    with pytest.raises(RequestFailed, match="Wallet not found") as caught:
        await pins.change_url(**people, request_id="my-id")
    error = caught.value

    assert (error.error_code, error.error_description, error.http_status) == (
        "400",
        "Wallet not found",
        http,
    )
    # An answer that may be a link is not shown at all.
    assert (error.request_id, error.call, error.body) == ("my-id", "pins.change_url", "***")
    assert len(issuer.arrived) == 1


@pytest.mark.parametrize("word", ["error", "denied"])
@pytest.mark.parametrize("http", [200, 400])
async def test_error_of_any_kind_advises_nothing_of_the_card_api(pins, issuer, people, word, http):
    issuer.say((http, {"code": 400, "message": "no", "status": word}))

    with pytest.raises((RequestFailed, ProtocolError)) as caught:
        await pins.set_url(**people)

    assert not [
        each
        for each in ("auth_id", "secret_key", "signature", "request/status", "requests.attach")
        if each in str(caught.value)
    ]


@pytest.mark.parametrize(
    "lost", [None, (500, {}), (502, HTML), (503, {"status": "error"}), (504, b""), (429, {})]
)
async def test_lost_answer_is_asked_for_again_under_the_same_id(
    pins, issuer, people, told, page_url, lost
):
    issuer.say(lost, lost, (200, told()))

    page = await pins.set_url(**people)

    assert page.url.reveal() == page_url
    assert [each["x-request-id"] for each in issuer.arrived] == [page.request_id] * 3


@pytest.mark.parametrize(
    ("lost", "kind", "words"),
    [
        ((500, {}), ProtocolError, "HTTP 500"),
        ((502, HTML), ProtocolError, "HTTP 502, an HTML page"),
        ((429, {}), RateLimited, "HTTP 429"),
    ],
)
async def test_answer_that_is_always_lost_is_an_error_that_says_it_is_harmless(
    pins, issuer, people, lost, kind, words
):
    issuer.say(lost)

    with pytest.raises(kind, match=words) as caught:
        await pins.set_url(**people, request_id="my-id")

    assert "safe to repeat" in str(caught.value)
    assert caught.value.request_id == "my-id"
    assert [each["x-request-id"] for each in issuer.arrived] == ["my-id"] * 4


async def test_connection_that_always_breaks_is_an_error_that_says_it_is_harmless(
    pins, issuer, people
):
    issuer.say(None)

    with pytest.raises(OutcomeUnknown, match="no answer came") as caught:
        await pins.set_url(**people, request_id="my-id")

    assert "safe to repeat" in str(caught.value)
    assert caught.value.request_id == "my-id"
    assert {each["x-request-id"] for each in issuer.arrived} == {"my-id"}


async def test_nobody_there_is_not_sent(connect, people, unused_tcp_port):
    with pytest.raises(NotSent, match="safe to repeat") as caught:
        await connect(base_url=f"http://127.0.0.1:{unused_tcp_port}").pins.set_url(
            **people, request_id="my-id"
        )

    assert (caught.value.request_id, caught.value.call) == ("my-id", "pins.set_url")


@pytest.mark.parametrize("http", [200, 201, 301, 400, 404])
@pytest.mark.parametrize(
    "body",
    [
        *(HTML, b"", b"null", b"[]", b'"Success"', b"{}", b'{"status":1}', b"\xff"),
        # A gateway's, because no code stands beside its status.
        *(
            b'{"status":"Success","data":{}}',
            b'{"status":"Success","data":[{"set_pin_url":"https://pins.example.com"}]}',
        ),
        *(
            b'{"status":"error","message":"no"}',
            b'{"status":"Success","code":null}',
            b'{"status":"Success","code":""}',
        ),
    ],
)
async def test_answer_of_another_kind_is_a_protocol_error(pins, issuer, people, http, body):
    issuer.say((http, body))

    with pytest.raises(ProtocolError, match=f"HTTP {http}") as caught:
        await pins.set_url(**people, request_id="my-id")

    assert (caught.value.http_status, caught.value.request_id) == (http, "my-id")
    assert len(issuer.arrived) == 1


@pytest.mark.parametrize(
    "data", [None, [], [{}], [{"set_pin_url": None}], [{"url": "https://pins.example.com/s3cret"}]]
)
async def test_success_without_a_url_is_a_protocol_error_that_shows_nothing_of_it(
    pins, issuer, people, data
):
    issuer.say((200, {"status": "Success", "message": "Done", "code": 200, "data": data}))

    with pytest.raises(ProtocolError, match="has no set_pin_url") as caught:
        await pins.set_url(**people, request_id="my-id")

    assert (caught.value.request_id, caught.value.call) == ("my-id", "pins.set_url")
    assert "s3cret" not in shown(caught.value)


async def test_success_without_data_is_a_protocol_error(pins, issuer, people):
    issuer.say((200, {"status": "Success", "code": 200}))

    with pytest.raises(ProtocolError, match="has no set_pin_url"):
        await pins.set_url(**people)


async def test_first_link_that_has_a_url_is_taken(pins, issuer, people):
    links = [{}, {"set_pin_url": "https://a.example.com"}, {"set_pin_url": "https://b.example.com"}]
    issuer.say((200, {"status": "Success", "code": 200, "data": links}))

    assert (await pins.set_url(**people)).url.reveal() == "https://a.example.com"


@pytest.mark.parametrize("http", [400, 404, 302])
async def test_success_under_an_http_error_is_a_protocol_error_that_does_not_show_the_url(
    pins, issuer, people, told, http
):
    issuer.say((http, told("https://pins.example.com/s3cret")))

    with pytest.raises(ProtocolError, match="a body that says ok") as caught:
        await pins.set_url(**people)

    assert "s3cret" not in shown(caught.value)


@pytest.mark.parametrize("message", [None, 5, ["a"], {"text": "b"}])
@pytest.mark.parametrize("code", [0, "200", [1], True])
async def test_what_decides_nothing_may_have_any_type(
    pins, issuer, people, told, page_url, message, code
):
    issuer.say((200, {**told(), "message": message, "code": code}))

    assert (await pins.set_url(**people)).url.reveal() == page_url


async def test_drift_names_what_differs_and_never_a_value(connect, issuer, people, told):
    hashdt = connect()
    issuer.say(
        (
            200,
            {
                **told(),
                "message": 7,
                "trace": "s3cret",
                "data": [{"set_pin_url": "https://a.example.com/s3cret", "ttl": "s3cret"}],
            },
        )
    )
    await hashdt.pins.set_url(**people)
    await hashdt.pins.set_url(**people)

    assert [(each.call, each.difference, each.field, each.count) for each in hashdt.drift()] == [
        ("pins.set_url", "other type", "message", 2),
        ("pins.set_url", "unknown field", "data.ttl", 2),
        ("pins.set_url", "unknown field", "trace", 2),
    ]


async def test_log_shows_neither_url_nor_keys(connect, issuer, people, told, caplog):
    caplog.set_level(logging.DEBUG)
    issuer.say((503, {}), (200, told("https://pins.example.com/s3cret")))
    await connect(api_key="s3cret-key", token="s3cret-token").pins.set_url(**people)

    assert caplog.records
    assert "s3cret" not in caplog.text
    assert not [record for record in caplog.records if "s3cret" in str(record.__dict__)]
