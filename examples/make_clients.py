"""Write a client file with fictional people, complete for product 1000, and the specimen documents
that its rows name.

    python examples/make_clients.py --rows 1000 --seed 1 --out examples/clients.csv

The same arguments give the same bytes. No real person is in it: the seventh digit of each
`person_id` stands for a birth in the twenty-second century, so no state has issued the number. The
check digit is right, because a plan warns of a wrong one.
"""

from __future__ import annotations

import argparse
import csv
import random
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = ("country", "postal_code", "line1", "line2", "line3")
HEADER = (
    "key",
    "phone",
    "first_name",
    "last_name",
    "middle_name",
    "birthdate",
    "email",
    "country",
    "person_id",
    "language",
    "document",
    "external_user_id",
    "type",
    "resident",
    *(f"address1_{part}" for part in ADDRESS),
    *(f"address2_{part}" for part in ADDRESS),
)
DOCUMENTS = 5
# Seven digits of a phone number are the number of the row.
MOST_ROWS = 9_999_999
OLDEST = date(1950, 1, 1)
YOUNGEST = date(2006, 12, 31)

# A family name and its form for a woman.
FAMILIES = {
    "kazakh": (
        ("Akhmetov", "Akhmetova"),
        ("Omarov", "Omarova"),
        ("Nurpeisov", "Nurpeisova"),
        ("Suleimenov", "Suleimenova"),
        ("Zhumabayev", "Zhumabayeva"),
        ("Tulegenov", "Tulegenova"),
        ("Baimukhanov", "Baimukhanova"),
        ("Sadykov", "Sadykova"),
        ("Kenzhebek", "Kenzhebek"),
        ("Serikbay", "Serikbay"),
        ("Yesimov", "Yesimova"),
        ("Dzhaksybekov", "Dzhaksybekova"),
    ),
    "kyrgyz": (
        ("Toktogulov", "Toktogulova"),
        ("Asanov", "Asanova"),
        ("Bekov", "Bekova"),
        ("Zholdoshev", "Zholdosheva"),
        ("Sydykov", "Sydykova"),
        ("Mamytov", "Mamytova"),
    ),
    "uzbek": (
        ("Karimov", "Karimova"),
        ("Yo'ldoshev", "Yo'ldosheva"),
        ("To'rayev", "To'rayeva"),
        ("Rakhimov", "Rakhimova"),
        ("Ismoilov", "Ismoilova"),
        ("Sobirov", "Sobirova"),
    ),
    "russian": (
        ("Ivanov", "Ivanova"),
        ("Smirnov", "Smirnova"),
        ("Kuznetsov", "Kuznetsova"),
        ("Popov", "Popova"),
        ("Volkov", "Volkova"),
        ("Morozov", "Morozova"),
        ("Pavlenko", "Pavlenko"),
        ("Rimsky-Orlov", "Rimskaya-Orlova"),
    ),
}
MEN = {
    "kazakh": (
        "Aidar",
        "Nurlan",
        "Yerlan",
        "Daniyar",
        "Arman",
        "Timur",
        "Alikhan",
        "Sanzhar",
        "Bauyrzhan",
        "Kairat",
    ),
    "kyrgyz": ("Azamat", "Bakyt", "Nurbek", "Ulan", "Tilek", "Almaz"),
    "uzbek": ("Jasur", "O'tkir", "Sardor", "Bobur", "Aziz", "Rustam"),
    "russian": ("Aleksandr", "Dmitriy", "Sergey", "Mikhail", "Pavel", "Oleg"),
}
WOMEN = {
    "kazakh": (
        "Aigerim",
        "Dana",
        "Madina",
        "Asel",
        "Zhanar",
        "Saule",
        "Kamila",
        "Aliya",
        "Togzhan",
        "Gulnara",
    ),
    "kyrgyz": ("Aizada", "Begimay", "Cholpon", "Nurgul", "Meerim", "Aida"),
    "uzbek": ("Nilufar", "Dilnoza", "Gulbahor", "Zulfiya", "Malika", "Shahlo"),
    "russian": ("Anna", "Yelena", "Olga", "Natalya", "Anna-Mariya", "Irina"),
}
# A father's name: "son of" and "daughter of".
FATHERS = {
    "kazakh": (
        ("Serikuly", "Serikkyzy"),
        ("Maratuly", "Maratkyzy"),
        ("Bolatuly", "Bolatkyzy"),
        ("Askaruly", "Askarkyzy"),
    ),
    "kyrgyz": (
        ("Kubanychbekovich", "Kubanychbekovna"),
        ("Maksatovich", "Maksatovna"),
        ("Emilevich", "Emilevna"),
    ),
    "uzbek": (
        ("Akmal o'g'li", "Akmal qizi"),
        ("Botir o'g'li", "Botir qizi"),
        ("Shavkat o'g'li", "Shavkat qizi"),
    ),
    "russian": (
        ("Ivanovich", "Ivanovna"),
        ("Petrovich", "Petrovna"),
        ("Nikolayevich", "Nikolayevna"),
    ),
}
# Half of the people are Kazakh.
PEOPLES = ("kazakh", "kazakh", "kazakh", "kyrgyz", "uzbek", "russian")

CITIES = (
    ("Almaty", "050000"),
    ("Almaty", "050010"),
    ("Astana", "010000"),
    ("Shymkent", "160000"),
    ("Karaganda", "100000"),
    ("Aktobe", "030000"),
    ("Atyrau", "060000"),
    ("Pavlodar", "140000"),
    ("Oskemen", "070000"),
    ("Kostanay", "110000"),
    ("Taraz", "080000"),
    ("Kyzylorda", "120000"),
    ("Aktau", "130000"),
    ("Oral", "090000"),
    ("Kokshetau", "020000"),
)
STREETS = (
    "Abay Avenue",
    "Satpayev Street",
    "Tole Bi Street",
    "Kabanbay Batyr Street",
    "Bogenbay Batyr Street",
    "Zheltoksan Street",
    "Kunayev Street",
    "Pushkin Street",
    "Auezov Street",
    "Nazarbayev Avenue",
    "Respublika Avenue",
    "Seifullin Street",
)


def clients(rows: int, seed: int) -> Iterator[tuple[str, ...]]:
    chance = random.Random(seed)
    days = (YOUNGEST - OLDEST).days
    for number in range(1, rows + 1):
        people = chance.choice(PEOPLES)
        woman = chance.random() < 0.5
        first = chance.choice((WOMEN if woman else MEN)[people])
        last = chance.choice(FAMILIES[people])[woman]
        middle = chance.choice(FATHERS[people])[woman]
        born = OLDEST + timedelta(days=chance.randrange(days + 1))
        home = address(chance)
        # Most people live where they are registered.
        lives = home if chance.random() < 0.7 else address(chance)
        yield (
            f"app-{number:06}",
            f"7701{number:07}",
            first,
            last,
            middle,
            born.isoformat(),
            f"{first}.{last}.{number}@example.com".lower().replace("'", ""),
            "KAZ",
            person_id(born, chance.randrange(10_000), woman=woman),
            "ru" if people == "russian" or chance.random() < 0.3 else "kk",
            f"documents/id-{number % DOCUMENTS + 1}.pdf",
            # An odd factor gives each row another number below 2**32.
            f"user-{number * 2_654_435_761 % 2**32:08x}",
            "1",
            "1",
            *home,
            *lives,
        )


def address(chance: random.Random) -> tuple[str, ...]:
    city, postal_code = chance.choice(CITIES)
    flat = f", apt. {chance.randrange(1, 120)}" if chance.random() < 0.8 else ""
    return ("KAZ", postal_code, city, chance.choice(STREETS), f"{chance.randrange(1, 200)}{flat}")


def person_id(born: date, serial: int, *, woman: bool) -> str:
    """Twelve digits in the form of a Kazakh IIN: birthdate, a century that is still to come and the
    sex, serial number, check digit.
    """
    while True:
        digits = f"{born:%y%m%d}{7 + woman}{serial:04}"
        for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
            control = (
                sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11
            )
            if control < 10:
                return f"{digits}{control}"
        # Few serial numbers have no check digit.
        serial = (serial + 1) % 10_000


def specimen(number: int) -> bytes:
    """A PDF of one page that says SPECIMEN."""
    text = (
        "BT /F1 48 Tf 60 250 Td (SPECIMEN) Tj /F1 14 Tf 0 -40 Td "
        f"(Fictional identity document {number}) Tj ET"
    ).encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 300] /Contents 4 0 R /Resources << "
            b"/Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    pdf = b"%PDF-1.4\n"
    places: list[int] = []
    for index, body in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%b\nendobj\n" % (index, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R "
        b">>\nstartxref\n%d\n%%%%EOF\n"
    )
    return pdf + end % (size, table, size, len(pdf))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write a client file with fictional people.")
    parser.add_argument("--rows", type=int, default=1000, help="how many clients (default: 1000)")
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed gives other people (default: 1)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).with_name("clients.csv"),
        help="where to write the file",
    )
    options = parser.parse_args(arguments)
    if not 1 <= options.rows <= MOST_ROWS:
        parser.error(f"--rows is a number from 1 to {MOST_ROWS}")

    out: Path = options.out
    documents = out.parent / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    for number in range(1, DOCUMENTS + 1):
        (documents / f"id-{number}.pdf").write_bytes(specimen(number))
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(clients(options.rows, options.seed))
    print(f"{out}: {options.rows} clients")


if __name__ == "__main__":
    main()
