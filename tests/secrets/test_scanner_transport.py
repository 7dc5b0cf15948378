"""However a connection ends, no error, variable or log shows a secret."""

from __future__ import annotations

import ssl

import pytest

from freedompay_async import MockTransport, NotSent
from freedompay_async.transports import LostAnswer, MockReply, NoConnection
from tests.secrets.marked import client, pin_client

pytestmark = pytest.mark.usefixtures("loud")

# -- the connection


@pytest.mark.parametrize("trouble", ["lost", "stalled", "not sent", "final"])
async def test_connection_in_memory_that_breaks_shows_no_secret(search, in_memory, trouble):
    await search.all_calls(
        client(transport=in_memory(trouble)), pin_client(transport=in_memory(trouble))
    )

    assert search.found == []
    assert search.errors == {
        "NotSent" if trouble in ("not sent", "final") else "OutcomeUnknown",
        "StillProcessing",
    }


async def test_refused_connection_shows_no_secret(search, free_port):
    url = f"http://127.0.0.1:{free_port}"
    async with client(url) as fp, pin_client(url) as hashdt:
        await search.all_calls(fp, hashdt)

    assert search.found == []
    assert search.errors == {"NotSent", "StillProcessing"}


async def test_handshake_that_fails_shows_no_secret(search, serving):
    async with serving("good") as plain:
        url = plain.replace("http:", "https:")
        async with client(url) as fp, pin_client(url) as hashdt:
            await search.all_calls(fp, hashdt)

    assert search.found == []
    assert search.errors == {"NotSent", "StillProcessing"}


async def test_certificate_that_is_not_trusted_shows_no_secret(search, serving, certificate):
    async with (
        serving("good", tls=certificate) as url,
        client(url) as fp,
        pin_client(url) as hashdt,
    ):
        await search.all_calls(fp, hashdt)

    assert search.found == []
    assert search.errors == {"NotSent", "StillProcessing"}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The TLS of a server that nobody trusts."""
    x509 = pytest.importorskip("cryptography.x509")
    import datetime as dt

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")]),
    )
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=1)
    )
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(*form) + made.sign(key, hashes.SHA256()).public_bytes(form[0])
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _lost(request):
    raise LostAnswer


def _not_sent(request):
    raise NoConnection


def _own_error(request):
    raise KeyError(request.call)


def _one_of_the_clients(request):
    raise NotSent("no")


def _no_json(request):
    return {"said": request.body or dict(request.headers), "more": object()}


def _no_answer(request):
    return repr(request)


def _wrong_headers(request):
    return MockReply(200, request.body, {**request.headers, "x-number": 1})


HANDLERS = {
    "lost": (_lost, {"OutcomeUnknown", "StillProcessing"}),
    "not sent": (_not_sent, {"NotSent", "StillProcessing"}),
    "an error of its own": (_own_error, {"KeyError"}),
    "an error of the client's": (_one_of_the_clients, {"ConfigurationError"}),
    "no JSON": (_no_json, {"ConfigurationError"}),
    "no answer": (_no_answer, {"ConfigurationError"}),
    "wrong headers": (_wrong_headers, {"ConfigurationError"}),
}


@pytest.mark.parametrize(("handler", "errors"), HANDLERS.values(), ids=HANDLERS)
async def test_mock_that_fails_shows_no_secret(search, handler, errors):
    mocks = MockTransport(handler), MockTransport(handler)
    async with client(transport=mocks[0]) as fp, pin_client(transport=mocks[1]) as hashdt:
        await search.all_calls(fp, hashdt)
    search.leaks += search.scanner.value([each.requests for each in mocks], "requests")

    assert search.found == []
    assert search.errors == errors
