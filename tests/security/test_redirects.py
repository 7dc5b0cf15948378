"""What was signed for one host goes to no other: a redirect is an answer like any other, and says
nothing of the call.
"""

from __future__ import annotations

import pytest

from freedompay_async import OutcomeUnknown, ProtocolError

REDIRECTS = {
    301: b"301 Moved Permanently",
    302: b"302 Found",
    303: b"303 See Other",
    307: b"307 Temporary Redirect",
    308: b"308 Permanent Redirect",
}
PATH = "/v5/card-api/card/bulk_issue"
every_redirect = pytest.mark.parametrize("status", REDIRECTS)


@pytest.fixture
def redirect(whole):
    def build(status, to: str) -> bytes:
        return whole(b"", REDIRECTS[status], b"Location: " + to.encode())

    return build


@every_redirect
async def test_call_does_not_go_to_another_host(serving, ask, good, kind, redirect, status):
    async with (
        serving(good[kind]) as other,
        serving(redirect(status, f"http://127.0.0.1:{other.port}{PATH}"), good["effect"]) as host,
    ):
        try:
            await ask(kind, host.port)
        except ProtocolError as error:
            told = error.http_status
        else:
            told = "settled"

    assert other.connections == 0
    assert told == ("settled" if kind == "effect" else status)


@every_redirect
@pytest.mark.parametrize(
    "to", [PATH, "/elsewhere", "//127.0.0.1/elsewhere", "http://127.0.0.1:{port}/elsewhere"]
)
async def test_effect_does_not_go_to_another_path_of_the_same_host(
    serving, ask, good, redirect, status, to
):
    async with serving(b"", good["effect"]) as host:
        host.answers[0] = redirect(status, to.format(port=host.port))
        operation = await ask("effect", host.port)

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert operation.answer.request_status == "process"
    assert operation.request_id.encode() in host.came[1]


@every_redirect
async def test_effect_that_is_redirected_for_ever_is_not_known_and_keeps_its_id(
    serving, ask, redirect, status
):
    async with serving(redirect(status, "/elsewhere")) as host:
        with pytest.raises(OutcomeUnknown, match="never repeat it under a new id") as caught:
            await ask("effect", host.port, timeout=0.3)

    assert caught.value.http_status == status
    assert caught.value.request_id.encode() in host.came[0]
    assert set(host.paths) <= {"card/bulk_issue", "request/status"}


@every_redirect
async def test_read_says_that_it_got_no_answer_and_that_it_changed_nothing(
    serving, ask, redirect, status
):
    async with serving(redirect(status, "/elsewhere")) as host:
        with pytest.raises(ProtocolError, match="safe to repeat") as caught:
            await ask("read", host.port)

    assert caught.value.http_status == status
    assert len(set(host.paths)) == 1


@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/hostname",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "\\\\127.0.0.1\\x",
        "http://[",
        "",
    ],
)
async def test_place_that_is_none_changes_nothing(serving, ask, good, redirect, to):
    async with serving(redirect(302, to), good["effect"]) as host:
        operation = await ask("effect", host.port)

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert operation.answer.request_status == "process"


async def test_body_that_says_ok_beside_a_redirect_is_not_believed(serving, ask, whole, good):
    body = b'{"status":"ok","request_status":"success"}'
    async with serving(
        whole(body, REDIRECTS[302], b"Location: /elsewhere"), good["effect"]
    ) as host:
        operation = await ask("effect", host.port)

    assert host.paths == ["card/bulk_issue", "request/status"]
    assert operation.answer.request_status == "process"
