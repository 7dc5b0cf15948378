"""Who is at the other end is proved before a byte of a request leaves, and nothing but one's own
TLS settings changes that.
"""

from __future__ import annotations

import asyncio
import inspect
import ssl
import sys

import pytest
import typer
from typer.main import get_command

from freedompay_async import FreedomPay, NotSent, Policy
from freedompay_async.cli.app import app
from freedompay_async.hashdt import HashDT
from freedompay_async.settings.settings import Settings
from tests.declared_options import options_of

WRONG = {
    "signed by itself": (("127.0.0.1",), {"itself": True}, "self-signed"),
    "for another host": (("api.example.com",), {}, "not valid for"),
    "for another address": (("127.0.0.2",), {}, "not valid for"),
    "with a name that only begins so": (("127.0.0.1.example.com",), {}, "not valid for"),
    "that has expired": (("127.0.0.1",), {"days": (-30, -1)}, "expired"),
    "that is not valid yet": (("127.0.0.1",), {"days": (1, 30)}, "not yet valid"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_certificate_that_proves_nothing_gets_no_byte(
    serving, ask, authority, good, kind, wrong
):
    hosts, how, why = WRONG[wrong]
    async with serving(good[kind], tls=authority.server(*hosts, **how)) as host:
        with pytest.raises(NotSent, match=f"certificate is not trusted.*{why}"):
            await ask(kind, f"https://127.0.0.1:{host.port}", ssl_context=authority.trusted())

    assert host.came == []
    assert host.connections == 0


async def test_certificate_of_an_authority_that_nobody_trusts_gets_no_byte(
    serving, ask, authority, good, kind
):
    async with serving(good[kind], tls=authority.server("127.0.0.1")) as host:
        with pytest.raises(NotSent, match="certificate is not trusted"):
            await ask(kind, f"https://127.0.0.1:{host.port}")

    assert host.came == []


async def test_no_settings_of_ones_own_are_the_strict_ones(serving, ask, authority, good, kind):
    async with serving(good[kind], tls=authority.server("127.0.0.1")) as host:
        with pytest.raises(NotSent, match="certificate is not trusted"):
            await ask(kind, f"https://127.0.0.1:{host.port}", ssl_context=None)

    assert host.came == []


async def test_settings_of_ones_own_are_used(serving, ask, authority, good, kind):
    async with serving(good[kind], tls=authority.server("127.0.0.1")) as host:
        await ask(kind, f"https://127.0.0.1:{host.port}", ssl_context=authority.trusted())

    assert len(host.came) == 1


async def test_name_is_compared_and_not_its_address(serving, ask, authority, good):
    async with serving(good["effect"], tls=authority.server("localhost")) as host:
        await ask("effect", f"https://localhost:{host.port}", ssl_context=authority.trusted())
        with pytest.raises(NotSent, match="not valid for"):
            await ask("effect", f"https://127.0.0.1:{host.port}", ssl_context=authority.trusted())

    assert len(host.came) == 1


async def test_old_tls_is_refused(serving, ask, authority, good):
    old = authority.server("127.0.0.1")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with serving(good["effect"], tls=old) as host:
        with pytest.raises(NotSent):
            await ask("effect", f"https://127.0.0.1:{host.port}", ssl_context=authority.trusted())

    assert host.came == []


PROGRAM = """
import asyncio, sys
from freedompay_async import FreedomPay, NotSent

async def main():
    async with FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url=sys.argv[1]) as fp:
        try:
            await fp.requests.status("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")
        except NotSent:
            print("not sent")
        else:
            print("answered")

asyncio.run(main())
"""


@pytest.mark.parametrize(("trusted", "said"), [(True, b"answered"), (False, b"not sent")])
async def test_variable_of_python_names_who_is_trusted(
    serving, authority, good, monkeypatch, trusted, said
):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with serving(good["read"], tls=authority.server("127.0.0.1")) as host:
        arguments = ("-W", "error", "-c", PROGRAM, f"https://127.0.0.1:{host.port}")
        program = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await program.communicate()

    assert out.strip() == said
    assert bool(host.came) is trusted


# -- no switch turns it off

WORDS = ("ssl", "tls", "verif", "insecure", "cert", "trust", "unsafe", "plain", "check")
MAKERS = [FreedomPay, FreedomPay.from_env, FreedomPay.from_settings, HashDT, Policy, Settings]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__qualname__)
def test_parameters_that_sound_like_it_are_these(maker):
    names = {*inspect.signature(maker).parameters, *options_of(maker)}
    sounding = {name for name in names if any(word in name.lower() for word in WORDS)}

    # `trust_env` is of proxies; a proxy passes the handshake on.
    assert sounding == ({"ssl_context", "trust_env"} if maker not in (Policy, Settings) else set())


def options(command, path=()):
    if isinstance(command, typer.core.TyperGroup):
        for name, each in command.commands.items():
            yield from options(each, (*path, name))
    for each in command.params:
        for spelling in (*each.opts, *each.secondary_opts):
            yield " ".join(path), spelling, each.envvar


def test_command_has_no_flag_that_sounds_like_it():
    every = list(options(get_command(app)))

    # That the flags were found at all.
    assert ("doctor", "--base-url", None) in every
    # The one asks about request ids before a batch is sent, the other names a proxy: neither is a
    # part of TLS.
    assert {each[1] for each in every if any(word in each[1].lower() for word in WORDS)} == {
        "--check-first",
        "--trust-env",
    }


KNOWN = ("AUTH_ID", "SECRET_KEY", "REGION", "TEST", "BASE_URL", "SCHEME", "PROXY", "CONTRACT")


def test_command_reads_no_variable_that_sounds_like_it():
    read = {name for *_, name in options(get_command(app)) if name} | {
        f"FREEDOMPAY_{name.upper()}" for name in Settings.__slots__
    }

    assert read == {f"FREEDOMPAY_{name}" for name in KNOWN}


async def test_variables_of_other_programs_turn_nothing_off(
    serving, ask, authority, good, monkeypatch
):
    for name in (
        "PYTHONHTTPSVERIFY",
        "SSL_VERIFY",
        "FREEDOMPAY_VERIFY",
        "FREEDOMPAY_SSL_VERIFY",
        "FREEDOMPAY_INSECURE",
    ):
        monkeypatch.setenv(name, "0")
    async with serving(good["effect"], tls=authority.server("127.0.0.1")) as host:
        with pytest.raises(NotSent):
            await ask("effect", f"https://127.0.0.1:{host.port}")

    assert host.came == []
