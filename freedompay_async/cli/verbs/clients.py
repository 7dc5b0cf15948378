"""`freedompay clients`."""
# Without `annotations` of the future: typer reads these when the program runs.

from base64 import b64encode
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from freedompay_async.batch.input.documents import DocumentProblem, open_document
from freedompay_async.cli.verbs.flags import CallFlags
from freedompay_async.cli.verbs.json_input import fields_of, read_json
from freedompay_async.cli.verbs.verb import verb
from freedompay_async.client import FreedomPay
from freedompay_async.contract import table
from freedompay_async.contract.models.client_requests import IdentificationInfo, NewClient
from freedompay_async.contract.models.reads import ClientCards
from freedompay_async.contract.models.results import Completed, CreatedClient
from freedompay_async.errors import ConfigurationError
from freedompay_async.operations.operation import Operation
from freedompay_async.redaction.secret import Document

__all__ = ["clients"]

clients = typer.Typer(
    no_args_is_help=True, help="The people and companies that cards are issued to."
)
_NEEDED = ("phone", "first_name", "last_name")


def _of_client(help: str, *names: str) -> Any:
    return typer.Option(
        *names,
        help=help,
        rich_help_panel="The client; each flag wins over --from-json",
        show_default=False,
    )


@verb(clients, table.CLIENTS_CREATE)
def _create(
    fp: FreedomPay,
    product_id: CallFlags.product_id,
    from_json: Annotated[
        Path | None,
        typer.Option(
            "--from-json",
            metavar="FILE|-",
            help="The client as a JSON object, addresses included; with the names of the wire.",
        ),
    ] = None,
    phone: Annotated[
        int | None,
        _of_client("The whole number with the country code, digits only: 77017777777. Needed."),
    ] = None,
    first_name: Annotated[str | None, _of_client("Latin letters. Needed.")] = None,
    last_name: Annotated[str | None, _of_client("Latin letters. Needed.")] = None,
    middle_name: Annotated[str | None, _of_client("Latin letters.")] = None,
    type: Annotated[
        int | None,
        _of_client("1 individual, 2 legal entity, 3 individual entrepreneur; left out, 1."),
    ] = None,
    resident: Annotated[int | None, _of_client("1 resident, 2 non-resident; left out, 1.")] = None,
    birthdate: Annotated[str | None, _of_client("YYYY-MM-DD.")] = None,
    email: Annotated[str | None, _of_client("The e-mail address.")] = None,
    country: Annotated[
        str | None, _of_client("ISO 3166-1 alpha-3: KAZ. Product 1000 needs it.")
    ] = None,
    person_id: Annotated[
        str | None, _of_client("The personal number. Product 1000 needs it.")
    ] = None,
    language: Annotated[str | None, _of_client("ISO 639-1: ru.")] = None,
    document: Annotated[
        Path | None,
        _of_client("A PDF of at most 2 MB; it goes out in Base64. Product 1000 needs it."),
    ] = None,
    external_user_id: Annotated[
        str | None, _of_client("The id of the client on your side.")
    ] = None,
    branch_id: Annotated[str | None, typer.Option("--branch-id", help="The branch.")] = None,
    idn_date: Annotated[
        str | None,
        typer.Option("--idn-date", help="The day of the identification; with --identified-by."),
    ] = None,
    identified_by: Annotated[
        str | None, typer.Option("--identified-by", help="Who identified the client.")
    ] = None,
    **call: Any,
) -> Coroutine[Any, Any, Operation[CreatedClient]]:
    """Create a client: from flags, from a JSON object, or from both. Addresses, which product 1000
    needs, are in the JSON.

    Other users of the machine can read flags: where that matters, use `--from-json -` for
    everything.
    """
    flags = {
        "phone": phone,
        "first_name": first_name,
        "last_name": last_name,
        "middle_name": middle_name,
        "type": type,
        "resident": resident,
        "birthdate": birthdate,
        "email": email,
        "country": country,
        "person_id": person_id,
        "language": language,
        "document": None if document is None else _base64(document),
        "external_user_id": external_user_id,
    }
    client = _client(from_json, {name: value for name, value in flags.items() if value is not None})
    if (idn_date is None) != (identified_by is None):
        raise ConfigurationError("--idn-date and --identified-by go together. Nothing was sent.")
    identified = (
        None
        if idn_date is None or identified_by is None
        else IdentificationInfo(idn_date=idn_date, identified_by=identified_by)
    )
    return fp.clients.create(
        product_id=product_id,
        client=client,
        branch_id=branch_id,
        identification_info=identified,
        **call,
    )


@verb(clients, table.CLIENTS_UPDATE)
def _update(
    fp: FreedomPay,
    client_id: CallFlags.client,
    product_id: CallFlags.product_id,
    phone: CallFlags.phone,
    **call: Any,
) -> Coroutine[Any, Any, Operation[Completed]]:
    """Change the phone number of a client; nothing else can be changed."""
    return fp.clients.update(client_id, product_id=product_id, phone=phone, **call)


@verb(clients, table.CLIENTS_CARDS)
def _cards(
    fp: FreedomPay, client_id: CallFlags.client, **call: Any
) -> Coroutine[Any, Any, ClientCards]:
    """Show the cards of a client."""
    return fp.clients.cards(client_id, **call)


def _client(from_json: Path | None, flags: dict[str, Any]) -> NewClient:
    fields_of_file = {} if from_json is None else read_json(from_json)
    if not isinstance(fields_of_file, dict):
        raise ConfigurationError(f"{from_json} is not a JSON object. Nothing was sent.")
    fields = {"type": 1, "resident": 1, **fields_of_file, **flags}
    missing = [f"--{name.replace('_', '-')}" for name in _NEEDED if fields.get(name) is None]
    if missing:
        raise ConfigurationError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} needed. Nothing was sent."
        )
    return fields_of(fields, NewClient, "a client")


def _base64(path: Path) -> Document:
    try:
        return Document(b64encode(open_document(path)).decode("ascii"))
    except DocumentProblem as error:
        raise ConfigurationError(f"--document: {error}. Nothing was sent.") from error
