"""A process that forks while its client has connections: the child sends nothing, and the parent
goes on with what it has.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.leaks.certificate import CERTIFICATE, server_context
from tests.transport.hosts import GOOD, serving
from tests.transport.kinds import KINDS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")

ROOT = Path(__file__).parents[2]
PARENT = """
import asyncio, gc, os, ssl, sys
from contextlib import AsyncExitStack
from freedompay_async import ConfigurationError, FreedomPay
from tests.transport.kinds import KINDS

kind, base_url, how, certificate = sys.argv[1:]

async def use(fp):
    try:
        await fp.cards.bulk_issue(product_id=2000, count=1)
    except ConfigurationError as error:
        print("child:", "another process" in str(error), flush=True)

async def main():
    trust = ssl.create_default_context(cafile=certificate) if certificate else None
    async with AsyncExitStack() as stack:
        transport = await KINDS[kind].make(stack)
        fp = FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url=base_url, ssl_context=trust, transport=transport)
        await asyncio.gather(*(fp.cards.balance("card") for _ in range(2)))
        on_the_way = asyncio.create_task(fp.cards.balance("held"))
        # It is written before the loop stands still.
        await asyncio.sleep(0.1)
        print("fork", flush=True)
        sys.stdin.readline()
        pid = os.fork()
        if not pid:
            if how in ("use", "close"):
                asyncio._set_running_loop(None)
                asyncio.run(use(fp) if how == "use" else fp.aclose())
                os._exit(0)
            if how == "drop":
                del fp, transport, on_the_way
                gc.collect()
                os._exit(0)
            sys.exit(0)
        print("child ended", os.waitpid(pid, 0)[1], flush=True)
        print("release", flush=True)
        for call in (on_the_way, fp.cards.balance("after")):
            print((await call).status, flush=True)
        await fp.aclose()

asyncio.run(main())
"""


# A program that closes a session of its own in the child has to look after that itself.
@pytest.mark.parametrize(
    ("name", "how"),
    [
        (name, how)
        for how in ["use", "close", "drop", "sys.exit"]
        for name, kind in KINDS.items()
        if kind.owns or how != "sys.exit"
    ],
)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_child_sends_nothing_and_the_connections_of_the_parent_outlive_it(
    tmp_path, name, tls, how
):
    hold, held = asyncio.Event(), asyncio.Event()

    async def script(peer):
        while True:
            if b"held" in await peer.request():
                held.set()
                await hold.wait()
            peer.say(GOOD)

    certificate = tmp_path / "ca.pem"
    certificate.write_text(CERTIFICATE)
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    async with serving(script, tls=server_context(tmp_path) if tls else None) as host:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            program,
            name,
            host.base_url,
            how,
            str(certificate) if tls else "",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                "PYTHONPATH": os.pathsep.join([*sys.path, str(ROOT)]),
                "PATH": os.environ.get("PATH", ""),
            },
        )
        said = []
        try:
            async with asyncio.timeout(60):
                while line := (await process.stdout.readline()).decode().strip():
                    said.append(line)
                    if line == "fork":
                        await held.wait()
                        process.stdin.write(b"\n")
                    elif line == "release":
                        hold.set()
                error = (await process.stderr.read()).decode()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    refused = ["child: True"] if how == "use" else []
    assert said == ["fork", *refused, "child ended 0", "release", "ok", "ok"], error
    assert error == ""
    assert host.connections == 2
    assert len(host.requests) == 4
