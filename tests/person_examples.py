# ruff: noqa: RUF001 - letters that look alike are the point
"""What a plan, a `NewClient` and the sandbox have to agree about: the one table for all three; and
the client of every test that needs one and does not ask which.
"""

from __future__ import annotations

from typing import Any

from freedompay_async.models import NewClient

BASE: dict[str, Any] = {
    "phone": 77017777777,
    "type": 1,
    "resident": 1,
    "first_name": "AIDAR",
    "last_name": "OMAROV",
}
ADDRESS = {
    "country": "KAZ",
    "postal_code": "050000",
    "address_line1": "Almaty",
    "address_line2": "Abay",
    "address_line3": "1",
}


def new_client(**changes: Any) -> NewClient:
    """A client that is `BASE` but for the `changes`."""
    return NewClient(**BASE | changes)


def each(name: str, *values: object) -> list[dict[str, Any]]:
    return [{name: value} for value in values]


def address(**changes: str) -> dict[str, Any]:
    return {"address1": ADDRESS | changes}


NAMES = ("first_name", "last_name", "middle_name")
GOOD_NAMES = (
    *(
        "AIDAR",
        "Aidar",
        "x",
        "St. John",
        "A.",
        "OMAROV JR.",
        "'Abd",
        "D'Arc",
        "O'tkir",
        "Anna-Maria",
        "Akmal o'g'li",
        "-A-",
    ),
    *(" AIDAR", "AIDAR ", "A  B", "Null", "Nan"),
)
BAD_NAMES = (
    "...",
    "-",
    "' '",
    "A1",
    "555",
    "Айдар",
    "Аidar",
    "José",
    "O’tkir",
    "Aidar\u0301",
    "A,B",
    "A/B",
    "A_B",
    "日本",
    "A\nB",
)

TAKEN = [
    {},
    *each(
        "phone",
        77017777777,
        79161234567,
        996555123456,
        998901234567,
        992901234567,
        99365123456,
        994501234567,
        37491123456,
    ),
    *each(
        "phone",
        375291234567,
        380501234567,
        995555123456,
        12025550123,
        905321234567,
        919876543210,
        37360123456,
    ),
    *each(
        "phone", 491701234567, 8613800138000, 84912345678, 870771234567, 2345678901, 234567890123456
    ),
    *(example for name in NAMES for example in each(name, *GOOD_NAMES)),
    *each("birthdate", "1900-01-01", "1990-12-31", "2000-02-29"),
    *each(
        "email",
        "a@b.kz",
        "first.last+tag@mail.example.com",
        "иван@почта.рф",
        "иван@example.com",
        "josé@example.com",
        "a_b-1@x.kz",
    ),
    *each("country", "KAZ", "KGZ", "UZB", "RUS", "USA"),
    *each("language", "kk", "ru", "uz"),
    *each("person_id", "901231300123", "1", "012345678", "N12345678", "AB 123-4", "№ 12/қ"),
    {"country": "KAZ", "person_id": "901231300123"},
    {"country": "KAZ", "person_id": "901231300124"},
    {"country": "KAZ", "person_id": "N12345678"},
    {"country": "KGZ", "person_id": "20112199000011"},
    {"country": "KGZ", "person_id": "123"},
    {"country": "UZB", "person_id": "3112199000001"},
    address(),
    address(postal_code="A15E3H4"),
    address(postal_code="50000"),
    address(country="KGZ", postal_code="720000"),
    address(country="GBR", postal_code="SW1A 1AA"),
    address(address_line1="г. Алматы", address_line2="ул. Абая, 10/2", address_line3="10 «Б»"),
]
REFUSED = [
    *each(
        "phone",
        7017777777,
        7771234567,
        770177777777,
        87017777777,
        89161234567,
        7,
        99655512345,
        9965551234567,
    ),
    *each(
        "phone",
        99890123456,
        9989012345678,
        99290123456,
        993651234567,
        99450123456,
        374911234567,
        37529123456,
        3805012345678,
    ),
    *each(
        "phone",
        99555512345,
        1202555012,
        120255501234,
        90532123456,
        91987654321,
        3736012345,
        491701234,
        2345678901234567,
    ),
    *(example for name in NAMES for example in each(name, *BAD_NAMES)),
    *each(
        "birthdate", "1899-12-31", "2999-01-01", "1990-02-30", "31.12.1990", "19901231", "1990-1-1"
    ),
    *each(
        "email",
        "a",
        "a@b",
        "a@@b.kz",
        "a b@c.kz",
        "@b.kz",
        "a@.",
        "a@b.",
        "\u0430idar@mail.kz",
        "aidar@m\u0430il.kz",
        "aid\u03b1r@x.kz",
    ),
    *each(
        "email", "aidar.\u043e@mail.kz", "aidar@mail.k\u0437", "\uff41bc@mail.kz", "a\u200b@mail.kz"
    ),
    *each("country", "KZ", "kaz", "XXX", "Kazakhstan", "398"),
    *each("language", "KK", "rus", "r", "қз"),
    *each("person_id", "9012\u200b31300123", "a\tb"),
    {"country": "KAZ", "person_id": "10130012345"},
    {"country": "KAZ", "person_id": "123456789"},
    {"country": "KAZ", "person_id": "9012313001234"},
    address(country="KZ"),
    address(country="XXX"),
    {"address2": ADDRESS | {"country": "kaz"}},
    *(
        address(**{part: blank})
        for part in ("postal_code", "address_line1", "address_line2", "address_line3")
        for blank in ("", " ")
    ),
]
