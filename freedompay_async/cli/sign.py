"""`freedompay sign`: what is signed, and where another implementation goes wrong."""

from __future__ import annotations

import json as json_text
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from freedompay_async.cli.common import errors_reported
from freedompay_async.cli.exits import Exit
from freedompay_async.cli.settings_flags import SettingsFlags, with_settings
from freedompay_async.cli.verbs.answers import draw_facts
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.calls import Section
from freedompay_async.contract.client_contract import Contract
from freedompay_async.contract.file.reading import overrides_of
from freedompay_async.contract.request_ids import new_request_id
from freedompay_async.contract.table import TABLE
from freedompay_async.crypto.diagnosis import Comparison, SigningReport, compare, signing_report
from freedompay_async.errors import ConfigurationError
from freedompay_async.settings.schemes import read_schemes
from freedompay_async.settings.settings import Settings, region_scheme

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call
    from freedompay_async.crypto.signing import JwsSigner, Sha256Signer

__all__ = ["sign"]

# The settings need a host. Nothing is sent to it.
_NOWHERE = "http://localhost"


_File = Annotated[
    Path | None,
    typer.Option(
        "--body-file",
        metavar="FILE|-",
        help="The file with the body; - is standard input. Better than --body for real data.",
    ),
]


@partial(with_settings, only=("auth_id", "region", "scheme", "contract"))
def sign(
    path: Annotated[
        str, typer.Option("--path", help="The path alone, such as /v5/card-api/request/status.")
    ],
    body: Annotated[
        str | None, typer.Option("--body", help="The body, exactly as it is sent.")
    ] = None,
    body_file: _File = None,
    signature: Annotated[
        str | None,
        typer.Option(
            "--signature",
            help="Another program's signature of this path and body, to see what is wrong with it.",
        ),
    ] = None,
    request_id: Annotated[
        str | None,
        typer.Option(
            "--request-id", metavar="UUID", help="For the header Request-Id of the scheme sign."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    *,
    settings_flags: SettingsFlags,
) -> None:
    r"""Sign a call without sending it, and show what is signed, for the makers of other clients.

    It prints the bytes that are signed, their length and SHA-256 to compare with another program's,
    and the headers to send. With `--signature` it says whether that one is right, and where it goes
    wrong: a field of the JWS header, padding, another form of the body (spaces, sorted keys, PHP's
    `\/` and `\u`), a hash in place of an HMAC, the key at the beginning.

    The secret key comes from `FREEDOMPAY_SECRET_KEY` and is never shown. Nothing is sent.
    """
    with errors_reported():
        settings = replace(settings_flags, base_url=_NOWHERE).settings()
        call = _in_the_contract(settings, path)
        signer = _signer(settings, Section.PAYMENT_CARDS if call is None else call.section)
        content = _content(body, body_file)
        report = signing_report(
            signer,
            secret_key=settings.secret_key,
            path=path,
            body=content,
            request_id=request_id or _own_id(path, content),
        )
        comparison = (
            None
            if signature is None
            else compare(report, signature, secret_key=settings.secret_key)
        )
        if call is not None:
            report = replace(report, headers=call.named(report.headers))
    _show(report, comparison, json=json)
    raise SystemExit(Exit.DONE if comparison is None or comparison.same else Exit.PROBLEMS)


def _in_the_contract(settings: Settings, path: str) -> Call[Any] | None:
    """The row of this path in the contract; for a path without a row, that of the payment cards."""
    rows = Contract(overrides_of(settings.contract or ()), settings.region).rows
    return next(
        (row for each in TABLE if (row := rows.get(each.name, each)).path == path),
        rows.get(Section.PAYMENT_CARDS),
    )


def _signer(settings: Settings, section: Section) -> JwsSigner | Sha256Signer:
    chosen = {} if settings.scheme is None else read_schemes(settings.scheme)
    scheme = chosen.get(section, region_scheme(settings.region))
    if scheme is None:
        raise ConfigurationError(
            "set --scheme (FREEDOMPAY_SIGNATURE), or the region (--region, "
            "FREEDOMPAY_REGION). Nothing was sent."
        )
    return scheme.signer(auth_id=settings.auth_id, secret_key=settings.secret_key)


def _content(body: str | None, body_file: Path | None) -> bytes:
    if (body is None) == (body_file is None):
        raise ConfigurationError(
            "give --body or --body-file (- is standard input). Nothing was sent."
        )
    if body_file is None:
        # The bytes that the shell handed over.
        return cast("str", body).encode(errors="surrogateescape")
    try:
        return sys.stdin.buffer.read() if str(body_file) == "-" else body_file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{body_file} can't be read ({error.strerror}). Nothing was sent."
        ) from error


def _own_id(path: str, body: bytes) -> str:
    """The id for the header: that of the body, or a new one for `request/status`, whose body names
    another request.
    """
    try:
        fields = json_text.loads(body)
    except (ValueError, RecursionError):
        fields = None
    named: Any = (
        cast("dict[str, Any]", fields).get("request_id") if isinstance(fields, dict) else None
    )
    return (
        named
        if isinstance(named, str) and named and not path.endswith("/request/status")
        else new_request_id()
    )


def _show(report: SigningReport, comparison: Comparison | None, *, json: bool) -> None:
    if json:
        record: dict[str, Any] = {
            "scheme": report.scheme,
            "alg": report.alg,
            "path": report.path,
            "signed": report.signed,
            "signed_bytes": report.length,
            "signed_sha256": report.sha256,
            "protected": report.protected,
            "headers": report.headers,
            "notes": report.notes,
        }
        if comparison is not None:
            record["comparison"] = {
                "same": comparison.same,
                "differences": comparison.differences,
                "cause": comparison.cause or None,
            }
        typer.echo(to_json(record))
        return
    keyless = " without the key" if report.protected is None else ""
    draw_facts(
        {
            "scheme": f"{report.scheme}, {report.alg}",
            "path": report.path
            + (" (not protected by this scheme)" if report.protected is None else ""),
            "body": f"{len(report.body):,} bytes",
            "signed": f"{report.length:,} bytes{keyless}, SHA-256 {report.sha256}",
        }
    )
    if report.protected is not None:
        typer.echo(f"\nprotected header, in clear\n{report.protected}")
    typer.echo(f"\nsigned, byte for byte\n{report.signed}")
    typer.echo(
        "\nheaders to send\n"
        + "\n".join(f"{name}: {value}" for name, value in report.headers.items())
    )
    for note in report.notes:
        typer.echo(f"\nnote: {note}")
    if comparison is not None:
        typer.echo()
        _show_comparison(comparison)


def _show_comparison(comparison: Comparison) -> None:
    if comparison.same:
        typer.secho("the given signature is right", fg="green")
    else:
        typer.secho("the given signature is wrong", fg="red")
    for text in (*comparison.differences, comparison.cause):
        if text:
            typer.echo(f"  {text}")
