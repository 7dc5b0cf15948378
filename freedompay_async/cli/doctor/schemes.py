"""Which signature scheme the host takes: each with the right key, and with a wrong one for a
control.

It asks `request/status` about ids that nobody has used. No page says how the issuer answers about
an unknown id, or to a wrong signature. So an answer means something only beside the answer to the
same question with a wrong key.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.cli.doctor.checks import Check, CheckResult
from freedompay_async.cli.output import printable
from freedompay_async.cli.transport_choice import choose_transport
from freedompay_async.client import FreedomPay
from freedompay_async.codec.answer_form import is_page
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    FreedomPayError,
    ProtocolError,
    RequestFailed,
)
from freedompay_async.redaction.secret import SecretKey
from freedompay_async.redaction.spelling import UUID_FORM
from freedompay_async.settings.policy import Policy
from freedompay_async.settings.schemes import Scheme

if TYPE_CHECKING:
    from freedompay_async.cli.doctor.target import Target
    from freedompay_async.crypto.signing import Signer

__all__ = [
    "SCHEMES",
    "Kind",
    "Reply",
    "ask",
    "check_scheme",
    "is_accepted",
    "judge",
    "open_client",
    "with_advice",
]

_POLICY: Final = Policy(attempts=1, connect_timeout=10, attempt_timeout=15)
_ID: Final = re.compile(UUID_FORM)


SCHEMES: Final = (Scheme.SIGN, Scheme.JWS_HS512, Scheme.JWS_HS256)
"""The schemes in the order in which they are tried."""


class Kind(Enum):
    """The kinds of replies."""

    UNDERSTOOD = "answered"
    DENIED = "refused"
    OTHER = "not an answer of the Card API"
    NONE = "no answer"


@dataclass(frozen=True, slots=True)
class Reply:
    """The host's reply to one question, without ids, so that two replies can be compared."""

    kind: Kind
    text: str


def open_client(target: Target, signer: Signer) -> FreedomPay:
    """A client that sends each question once."""
    return FreedomPay(
        base_url=target.base_url,
        signer=signer,
        region=target.region,
        contract=target.contract or (),
        policy=_POLICY,
        max_connections=1,
        timeout=30,
        # With a `.netrc`, the client reads the environment's proxy again.
        proxy=None if target.way.netrc else target.way.proxy,
        trust_env=target.trust_env,
        transport=choose_transport(target.way).transport,
    )


async def check_scheme(target: Target, scheme: Scheme) -> Check:
    """Ask with the right key and with a wrong one, and compare the replies."""
    replies: list[Reply] = []
    used = scheme is target.scheme
    for key in (target.secret_key, SecretKey(secrets.token_hex(16))):
        try:
            client = open_client(target, scheme.signer(auth_id=target.auth_id, secret_key=key))
        except ConfigurationError as error:
            # A contract may leave out an id that another scheme has in a header, and this has not.
            return Check(
                name=scheme,
                result=CheckResult.WRONG if used else CheckResult.OK,
                detail=f"not tried: {error.text}",
            )
        async with client as fp:
            replies.append(await ask(fp))
    return judge(scheme, right=replies[0], wrong=replies[1], used=used)


async def ask(fp: FreedomPay) -> Reply:
    """Ask about an id that nobody has used."""
    try:
        state = await fp.requests.status(new_request_id())
    except AuthenticationError as error:
        return Reply(Kind.DENIED, _summary(error))
    except RequestFailed as error:
        return Reply(Kind.UNDERSTOOD, _summary(error))
    except ProtocolError as error:
        page = is_page(error.body)
        if error.http_status is not None and error.http_status >= 500:
            return Reply(Kind.NONE, _summary(error))
        if error.http_status == 404 and not page:
            return Reply(Kind.UNDERSTOOD, _summary(error))
        return Reply(
            Kind.OTHER,
            (
                f"HTTP {error.http_status}, "
                f"{'an HTML page' if page else 'JSON of another shape, or none'}"
            ),
        )
    except FreedomPayError as error:
        return Reply(Kind.NONE, _ID.sub("…", error.text))
    return Reply(
        Kind.UNDERSTOOD, f"HTTP 200 status {state.status}, request_status {state.request_status}"
    )


def judge(name: str, *, right: Reply, wrong: Reply, used: bool) -> Check:
    """The check of a scheme, from the replies to the right key and to a wrong one."""
    if right.kind is Kind.NONE:
        return Check(
            name=name,
            result=CheckResult.UNKNOWN,
            detail=f"no answer ({right.text})",
            advice="try again in a minute",
        )
    if right.kind is Kind.OTHER:
        detail = f"the host does not answer like the Card API ({right.text})"
        return Check(
            name=name, result=CheckResult.WRONG, detail=detail, advice="check base_url and region"
        )
    if right.kind is Kind.DENIED:
        if used:
            return Check(
                name=name,
                result=CheckResult.WRONG,
                detail=f"refused, and your settings use it ({right.text})",
            )
        return Check(
            name=name,
            result=CheckResult.OK,
            detail=f"refused, and your settings do not use it ({right.text})",
        )
    if wrong == right:
        detail = (
            f"a wrong key gets the same answer as yours ({right.text}), so it says nothing about "
            "the key"
        )
        advice = "try a question about something that exists: freedompay cards info CARD"
        return Check(name=name, result=CheckResult.UNKNOWN, detail=detail, advice=advice)
    if wrong.kind is Kind.NONE:
        detail = (
            f"answered ({right.text}), but the control with a wrong key got no answer "
            f"({wrong.text})"
        )
        return Check(
            name=name, result=CheckResult.UNKNOWN, detail=detail, advice="try again in a minute"
        )
    use = "your settings use it" if used else "your settings do not use it"
    return Check(
        name=name,
        result=CheckResult.OK,
        detail=f"accepted, and {use}; a wrong key is refused ({wrong.text})",
    )


def with_advice(checks: list[Check], target: Target) -> list[Check]:
    """The checks of all schemes, each with the advice that follows from the others."""
    accepted = [check.name for check in checks if is_accepted(check)]
    return [replace(check, **_beside(check, accepted, target)) for check in checks]


def is_accepted(check: Check) -> bool:
    """Whether the host takes the scheme."""
    return check.result is CheckResult.OK and check.detail.startswith("accepted")


def _beside(check: Check, accepted: list[str], target: Target) -> dict[str, Any]:
    used = target.scheme
    if check.result is CheckResult.OK and not is_accepted(check) and not accepted:
        return {
            "result": CheckResult.UNKNOWN,
            "detail": (
                f"{check.detail}; no scheme takes this key, so this says nothing about the scheme"
            ),
        }
    if used is None and is_accepted(check):
        return {"advice": f"to use it, {_to_use(target, check.name)}"}
    if check.result is not CheckResult.WRONG or check.name != used or check.advice:
        return {}
    if accepted:
        return {
            "advice": (
                f"merchant and key are right, the scheme is not: {accepted[0]} is accepted; "
                f"{_to_use(target, accepted[0])}"
            )
        }
    return {
        "advice": (
            "check FREEDOMPAY_AUTH_ID and FREEDOMPAY_SECRET_KEY, and that they are for this host: "
            "test and live have their own"
        )
    }


def _to_use(target: Target, name: str) -> str:
    scheme = target.setting(Scheme(name))
    return (
        f"set FREEDOMPAY_SIGNATURE={scheme}, --scheme {scheme}, or in code scheme={str(scheme)!r}"
    )


def _summary(error: FreedomPayError) -> str:
    parts = [
        f"HTTP {error.http_status}",
        *(part for part in (error.error_code, error.error_description) if part),
    ]
    return printable(_ID.sub("…", " ".join(parts)))[:200]
