"""Files of clients as people make them, whole and spoiled."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import strategies as st

from freedompay_async.batch.input.column_checks import COLUMNS
from tests.fuzz.corpus import retold, spoiled

# Never in a message: the only column whose values are not shown.
SECRET = "PERSON-ID-900101300123"
ADDRESS = {
    "country": "KAZ",
    "postal_code": "050000",
    "line1": "Almaty",
    "line2": "Abai",
    "line3": "1",
}
GOOD = {
    "key": "k1",
    "phone": "77010000001",
    "first_name": "Ivan",
    "last_name": "Ivanov",
    "middle_name": "O'Neil-Smith Jr.",
    "birthdate": "1990-12-31",
    "email": "a@example.com",
    "country": "KAZ",
    "person_id": SECRET,
    "language": "ru",
    "document": "id.pdf",
    "external_user_id": 'u;1,"2"',
    "type": "1",
    "resident": "2",
    **{f"address{number}_{part}": value for number in (1, 2) for part, value in ADDRESS.items()},
    "branch_id": "b",
    "idn_date": "2020-01-01",
    "identified_by": "he who\nidentified",
    "product_id": "1000",
    "card_product_id": "7",
}
FEW = {name: GOOD[name] for name in ("key", "phone", "first_name", "last_name")}


def as_csv(
    rows: list[dict], *, delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(
        stream,
        list(dict.fromkeys(name for row in rows for name in row)),
        "",
        delimiter=delimiter,
        lineterminator=end,
        quoting=quoting,
    )
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def as_json(rows: list[dict]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


_TEXTS = [
    as_csv([GOOD, GOOD | {"key": "k2"}]),
    as_csv([FEW, FEW | {"key": "k2"}], delimiter=";", end="\r\n"),
    as_csv([FEW], delimiter="\t", end="\r", quoting=csv.QUOTE_ALL),
    as_json([GOOD, FEW | {"phone": 77010000001}]),
    "",
]
CORPUS = [
    *(text.encode() for text in _TEXTS),
    *(b"\xef\xbb\xbf" + text.encode() for text in _TEXTS[:2]),
    *(text.encode("utf-16") for text in _TEXTS[:2]),
    *(text.encode("utf-32") for text in _TEXTS[:1]),
    *(text.encode("cp1251") for text in _TEXTS[:1]),
]
PIECES = [
    *(
        b'"',
        b'""',
        b'"\n',
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\r",
        b"\r\r\n",
        b"\x0b",
        b"\x0c",
        b"\x1c",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\x00",
        b"\x1a",
        b"\x1b",
    ),
    *(
        b",",
        b";",
        b"\t",
        b"|",
        b"\\",
        b"'",
        b"=",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *(
        "Иван".encode(),
        "Иван".encode("cp1251"),
        "қ".encode(),
        "\u202e".encode(),
        "\u200b".encode(),
        "١٢٣".encode(),
        "\uff17\uff17".encode(),
    ),
    *(
        b"a" * 131_073,
        b"a" * 1_100_000,
        b'"' + b"\n" * 3_000,
        b"," * 5_000,
        b"\n" * 5_000,
        b"7" * 5_000,
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"[" * 100_000,
        b'{"key":' * 1_000,
        b'"\\ud800"',
        b"NaN",
        b"1e999999999",
        b"9" * 5_000,
        b'{"key":1,"key":2}\n',
        b"null\n",
        b"7.7E+10",
    ),
    *(
        b"key",
        b"product_id",
        b"1000",
        b"2000",
        b"..",
        b"/",
        b"/dev/zero",
        b"/proc/self/mem",
        b"~",
        b"%00",
        b"9999-99-99",
        b"2024-02-30",
    ),
]
odd_lines = st.lists(retold(st.sampled_from([GOOD, FEW])), min_size=1, max_size=3).map(b"\n".join)
any_bytes = st.one_of(
    spoiled(CORPUS, PIECES), spoiled(CORPUS, PIECES), odd_lines, st.binary(max_size=300)
)

_CELLS = st.one_of(
    st.sampled_from([each.decode(errors="ignore") for each in PIECES if len(each) < 100]),
    st.text(max_size=12),
    st.sampled_from(sorted(set(GOOD.values()) - {SECRET})),
    st.just(""),
)


# None of these is a document, and some are no path to a system at all.
_PATHS = st.sampled_from(
    [
        "id.pdf\x00",
        "\x00",
        "a" * 5_000,
        "/" * 300,
        "../" * 2_000,
        ".",
        "..",
        "/",
        "/dev/zero",
        "~",
        "id.pdf/",
        "\u202e.pdf",
        "nul",
        "C:\\",
    ]
)


@st.composite
def whole_rows(draw) -> list[dict]:
    """Rows with some odd cells; the secret is in its own column and nowhere else."""
    rows = []
    for number in range(draw(st.integers(1, 3))):
        row = dict(draw(st.sampled_from([GOOD, FEW]))) | {"key": f"k{number}"}
        for name in draw(st.lists(st.sampled_from(COLUMNS), max_size=3, unique=True)):
            odd = draw(_CELLS | _PATHS if name == "document" else _CELLS)
            row[name] = f"{SECRET}{odd}" if name == "person_id" else odd
        rows.append(row)
    return rows
