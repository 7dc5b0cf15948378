from __future__ import annotations

import base64
import json

import pytest

from tests.person_examples import ADDRESS

NEEDED = ("--phone", 77010000001, "--first-name", "Ivan", "--last-name", "Ivanov")
PDF = b"%PDF-1.4 a passport"


def sent(issuer) -> dict:
    """The body of the last client that was sent."""
    return json.loads(
        [
            each
            for each in issuer.do(list, issuer.sandbox.received)
            if each.path.endswith("client/add")
        ][-1].body
    )


def create(shell, *args, product=2000, **options):
    return shell("clients", "create", "--product-id", product, *args, **options)


def test_from_flags(shell, issuer):
    result = create(
        shell,
        *NEEDED,
        "--middle-name",
        "Petrovich",
        "--birthdate",
        "1990-01-31",
        "--email",
        "a@example.com",
        "--language",
        "ru",
    )

    assert result.exit_code == 0
    assert result.stdout.startswith("client_id       client-")
    assert sent(issuer)["client"] == {
        "phone": 77010000001,
        "type": 1,
        "resident": 1,
        "first_name": "Ivan",
        "last_name": "Ivanov",
        "middle_name": "Petrovich",
        "birthdate": "1990-01-31",
        "email": "a@example.com",
        "language": "ru",
    }


def test_of_another_kind(shell, issuer):
    create(
        shell,
        *NEEDED,
        "--type",
        3,
        "--resident",
        2,
        "--external-user-id",
        "u-1",
        "--branch-id",
        "b-1",
    )
    body = sent(issuer)

    assert (
        body["client"]["type"],
        body["client"]["resident"],
        body["client"]["external_user_id"],
    ) == (3, 2, "u-1")
    assert body["branch_id"] == "b-1"


def test_with_identification(shell, issuer):
    create(shell, *NEEDED, "--idn-date", "2026-01-01", "--identified-by", "me")

    assert sent(issuer)["identification_info"] == {"idn_date": "2026-01-01", "identified_by": "me"}


def test_with_half_an_identification(shell, issuer):
    result = create(shell, *NEEDED, "--idn-date", "2026-01-01")

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert (
        result.stderr
        == "freedompay: --idn-date and --identified-by go together. Nothing was sent.\n"
    )


@pytest.mark.parametrize("stdin", [False, True])
def test_from_json(shell, issuer, stdin):
    client = {
        "phone": 77010000001,
        "type": 1,
        "resident": 1,
        "first_name": "Ivan",
        "last_name": "Ivanov",
    }
    client |= {
        "country": "KAZ",
        "person_id": "900131300000",
        "address1": ADDRESS,
        "address2": ADDRESS,
    }
    text = json.dumps(client)
    (shell.folder / "client.json").write_text(text)
    (shell.folder / "id.pdf").write_bytes(PDF)
    result = create(
        shell,
        "--from-json",
        "-" if stdin else "client.json",
        "--document",
        "id.pdf",
        product=1000,
        input=text if stdin else None,
    )

    assert result.exit_code == 0, result.stderr
    assert sent(issuer)["client"] == client | {"document": base64.b64encode(PDF).decode()}
    assert base64.b64encode(PDF).decode() not in result.stdout + result.stderr


def test_a_flag_wins_over_json(shell, issuer):
    text = json.dumps({"phone": 1, "first_name": "Ivan", "last_name": "Ivanov", "type": 2})
    create(shell, "--from-json", "-", "--phone", 77010000002, input=text)

    assert (sent(issuer)["client"]["phone"], sent(issuer)["client"]["type"]) == (77010000002, 2)


def test_a_document_in_json(shell, issuer):
    document = base64.b64encode(PDF).decode()
    create(shell, *NEEDED, "--from-json", "-", input=json.dumps({"document": document}))

    assert sent(issuer)["client"]["document"] == document


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "standard input is not JSON ("),
        ("[]", "- is not a JSON object."),
        (
            '{"adress1": {}}',
            "a client has no field adress1; it has phone, type, resident, first_name,",
        ),
        (
            (
                '{"address1": {"country": "KAZ", "postal_code": "1", "address_line1": "a", '
                '"address_line2": "b", "address_line3": "c", "line4": ""}}'
            ),
            "a client has no field address1.line4; it has phone,",
        ),
        ('{"phone": "77010000001"}', "a client: Expected `int`, got `str` - at `$.phone`."),
        (
            '{"address1": {"country": "KAZ"}}',
            "a client: Object missing required field `postal_code` - at `$.address1`.",
        ),
        ('{"document": 5}', "a client: Expected `str`, got `int` - at `$.document`."),
    ],
)
def test_json_that_is_no_client(shell, issuer, text, why):
    flags = NEEDED if '"phone"' not in text else NEEDED[2:]
    result = create(shell, *flags, "--from-json", "-", input=text)

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert result.stderr.startswith(f"freedompay: {why}")
    assert result.stderr.endswith("Nothing was sent.\n")


def test_a_file_that_is_not_there(shell, issuer):
    result = create(shell, *NEEDED, "--from-json", "nowhere.json")

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert (
        result.stderr
        == "freedompay: nowhere.json can't be read (No such file or directory). Nothing was sent.\n"
    )


@pytest.mark.parametrize(
    ("content", "why"), [(None, "is not there"), (b"a letter", "is not a PDF")]
)
def test_a_document_that_is_none(shell, issuer, content, why):
    if content is not None:
        (shell.folder / "id.pdf").write_bytes(content)
    result = create(shell, *NEEDED, "--document", "id.pdf")

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert result.stderr.startswith("freedompay: --document: ")
    assert why in result.stderr
    assert result.stderr.endswith("Nothing was sent.\n")


def test_what_is_missing_is_named(shell, issuer):
    result = create(shell)

    assert (result.exit_code, issuer.arrived()) == (2, 0)
    assert (
        result.stderr
        == "freedompay: --phone, --first-name, --last-name are needed. Nothing was sent.\n"
    )


def test_one_that_is_missing_is_named(shell):
    assert (
        create(shell, *NEEDED[:4]).stderr
        == "freedompay: --last-name is needed. Nothing was sent.\n"
    )


def test_what_product_1000_needs_the_issuer_tells(shell):
    result = create(shell, *NEEDED, product=1000)

    assert result.exit_code == 1
    assert "product 1000 needs `client.country`" in result.stderr


def test_another_phone(shell, issuer):
    client = shell.client()
    result = shell("clients", "update", client, "--product-id", 2000, "--phone", 77019999999)

    assert result.exit_code == 0
    assert issuer.arrived("client/update") == 1


def test_the_cards_of_a_client(shell, issuer):
    card = shell.card()
    client = issuer.ledger()[0]["client_id"]
    result = shell("clients", "cards", client)
    lines = result.stdout.splitlines()

    assert result.exit_code == 0
    assert lines[1:3] == ["", "cards"]
    assert lines[3].split() == ["card_id", "card_mask", "card_status", "product_id"]
    assert lines[4].split()[0] == card


def test_a_client_without_cards(shell):
    assert shell("clients", "cards", shell.client()).stdout.splitlines()[-2:] == ["cards", "none"]
