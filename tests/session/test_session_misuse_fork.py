"""A process that forks while its client has connections: the child sends nothing and disturbs
nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

import pytest

from tests.leaks.certificate import CERTIFICATE, server_context
from tests.leaks.raw_issuer import RawIssuer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
PARENT = """
import asyncio, gc, os, ssl, sys
from freedompay_async import ConfigurationError, FreedomPay, FreedomPayError, Policy

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
base_url, how, certificate = sys.argv[1:]

async def use(fp):
    try:
        await fp.cards.bulk_issue(product_id=2000, count=1)
    except ConfigurationError as error:
        print("child:", "another process" in str(error), error.request_id is not None, flush=True)

async def main():
    trust = ssl.create_default_context(cafile=certificate) if certificate else None
    policy = Policy(attempt_timeout=5.0, pause=0.001)
    fp = FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url=base_url, max_connections=3, policy=policy, ssl_context=trust)
    await asyncio.gather(*(fp.cards.balance("card") for _ in range(3)))
    on_the_way = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN))
    gift = asyncio.create_task(fp.gift_cards.issue(cardholder_name="A B", phone=77010000001, product_code=1, timeout=60))
    # Both are written before the loop stands still.
    while "open, 2 active" not in repr(fp):
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    print("fork", flush=True)
    sys.stdin.readline()
    pid = os.fork()
    if not pid:
        if how in ("use", "close"):
            asyncio._set_running_loop(None)
            asyncio.run(use(fp) if how == "use" else fp.aclose())
            os._exit(0)
        if how == "drop":
            del fp, on_the_way, gift
            gc.collect()
            os._exit(0)
        if how == "sys.exit":
            sys.exit(0)
        if how == "go on":
            await use(fp)
        os._exit(0)
    print("child ended", os.waitpid(pid, 0)[1], flush=True)
    print((await fp.cards.balance("card-after")).extra["card_id"], flush=True)
    print("release", flush=True)
    op = await on_the_way
    await gift
    print(op.answer.request_status, flush=True)
    await fp.aclose()

asyncio.run(main())
"""


@pytest.fixture(params=["http", "https"])
async def issuer(request, tmp_path):
    async with RawIssuer(
        tls=server_context(tmp_path) if request.param == "https" else None
    ) as issuer:
        yield issuer


@pytest.fixture
def forked(issuer, tmp_path):
    """What a parent and its child say, and how many calls had come when the child had ended; the
    child does as it is told.
    """

    async def run(how):
        issuer.script("card/bulk_issue", "held")
        issuer.script("issue_card", "held")
        certificate = tmp_path / "ca.pem"
        certificate.write_text(CERTIFICATE)
        trust = str(certificate) if issuer.tls else ""
        program = tmp_path / "parent.py"
        program.write_text(PARENT)
        env = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ.get("PATH", "")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            program,
            issuer.base_url,
            how,
            trust,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=env,
        )
        said, calls = [], None
        try:
            while line := (await process.stdout.readline()).decode().strip():
                said.append(line)
                if line == "fork":
                    while len(issuer.held) < 2:
                        await asyncio.sleep(0.001)
                    process.stdin.write(b"\n")
                elif line == "release":
                    calls = len(issuer.asked)
                    issuer.release()
            error = (await process.stderr.read()).decode()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return said, error, calls

    return run


@pytest.mark.parametrize("how", ["use", "close", "drop", "sys.exit", "_exit", "go on"])
async def test_child_sends_nothing_and_the_connections_of_the_parent_outlive_it(
    forked, issuer, how
):
    said, error, calls = await forked(how)
    refused = ["child: True True"] if how in ("use", "go on") else []

    # What is said last is the answer to the call that was on the way.
    assert said == ["fork", *refused, "child ended 0", "card-after", "release", "process"], error
    assert error == ""
    assert issuer.connections == 3
    # Three to begin with, two that are held, and the parent's one afterwards.
    assert calls == 6
    assert issuer.books.effects == {OWN: 1, "gift 77010000001": 1}
