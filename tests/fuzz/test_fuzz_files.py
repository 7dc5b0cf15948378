"""Whatever bytes a file of clients has, it is read into rows and problems, or refused as a whole:
with an error of the library's own.
"""

from __future__ import annotations

import csv
import datetime as dt
import unicodedata
from functools import partial

import pytest
from hypothesis import strategies as st
from msgspec.structs import asdict

from freedompay_async import ConfigurationError
from freedompay_async.batch import read_file
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.rows import Row
from tests.fuzz.files import SECRET, any_bytes, as_csv, as_json, whole_rows

TODAY = dt.date(2026, 1, 1)
PARTS = {
    "country": "country",
    "postal_code": "postal_code",
    "line1": "address_line1",
    "line2": "address_line2",
    "line3": "address_line3",
}


@pytest.fixture
def read(tmp_path):
    """Rows and problems of a file with these bytes, and what it was refused for; no document but
    one is there.
    """
    (tmp_path / "id.pdf").write_bytes(b"%PDF-1.4 " + SECRET.encode())

    def run(content: bytes, name: str, *, documents: bool = True) -> tuple[list, str | None]:
        (tmp_path / name).write_bytes(content)
        found: list = []
        try:
            # What was read before a refusal counts.
            found.extend(
                read_file(tmp_path / name, product_id=2000, today=TODAY, documents=documents)
            )
        except ConfigurationError as error:
            return found, str(error)
        return found, None

    return run


def fields_of(row: Row) -> dict[str, str]:
    """A row as it would be written in a file."""
    client = row.client
    fields = asdict(client) | {
        "key": row.key,
        "product_id": row.product_id,
        "card_product_id": row.card_product_id,
        "document": row.document,
        "branch_id": row.branch_id,
        "type": int(client.type),
        "resident": int(client.resident),
    }
    del fields["address1"], fields["address2"]
    for number, address in enumerate((client.address1, client.address2), 1):
        fields |= {
            f"address{number}_{part}": getattr(address, name)
            for part, name in PARTS.items()
            if address is not None
        }
    if row.identification_info is not None:
        fields |= {
            name: getattr(row.identification_info, name) for name in ("idn_date", "identified_by")
        }
    return {name: str(value) for name, value in fields.items() if value is not None}


def meant(fields: dict[str, str], row: Row) -> dict[str, str]:
    """What a row of a file says, by itself."""
    said = {"product_id": "2000", "type": "1", "resident": "1"} | {
        name: text.strip() for name, text in fields.items() if text.strip()
    }
    # A key is one name in all its spellings.
    key = " ".join(unicodedata.normalize("NFC", said["key"]).split())
    return (
        said
        | {"key": key, "phone": said["phone"].lstrip("+")}
        | ({"document": row.document} if "document" in said else {})
    )


def check(found: list, refusal: str | None) -> None:
    """Rows, or problems that name their line in a few words."""
    for each in found:
        assert isinstance(each, Row) or (
            each and all(isinstance(problem, Problem) and problem.line >= 1 for problem in each)
        )
        # What is an id, a name or a number somewhere has nothing in it that can't be seen; a street
        # may have a line break.
        prose = ("identified_by", "line1", "line2", "line3", "postal_code")
        assert not isinstance(each, Row) or all(
            text.isprintable() for name, text in fields_of(each).items() if not name.endswith(prose)
        )
    words = [str(problem) for each in found if not isinstance(each, Row) for problem in each]

    assert [text for text in words if len(text) > 500] == []
    assert refusal is None or (refusal.endswith("Nothing was sent.") and len(refusal) < 2_000)


NAMES = st.sampled_from(["a.csv", "a.jsonl", "a.json", "a.txt"])


def test_any_bytes(fuzz, read):
    def one(example) -> None:
        content, name, documents = example
        check(*read(content, name, documents=documents))

    tried = fuzz(one, st.tuples(any_bytes, NAMES, st.booleans()))

    assert tried > 0


FORMS = st.sampled_from([(",", "\n"), (";", "\r\n"), ("\t", "\n"), (",", "\r\n"), (";", "\n")])


def test_rows_that_are_taken_come_back_and_a_personal_number_is_never_told(fuzz, read):
    taken = told = 0

    def one(example) -> None:
        nonlocal taken, told
        rows, (delimiter, end), quoting, as_lines = example
        name = "a.jsonl" if as_lines else "a.csv"
        text = (
            as_json(rows)
            if as_lines
            else as_csv(rows, delimiter=delimiter, end=end, quoting=quoting)
        )
        found, refusal = read(text.encode(), name)
        good = [each for each in found if isinstance(each, Row)]
        words = [str(problem) for each in found if not isinstance(each, Row) for problem in each]
        again = [fields_of(each) for each in good]
        taken, told = taken + len(good), told + len(words)

        check(found, refusal)
        # Where Python's own writer leaves a lone carriage return without quotation marks a row is
        # cut in two, and the first part may be good.
        cut = (
            not as_lines
            and quoting == csv.QUOTE_MINIMAL
            and any("\r" in str(cell) for row in rows for cell in row.values())
        )
        if len(found) == len(rows) and not cut:
            assert [fields_of(each) for each in good] == [
                meant(row, each)
                for row, each in zip(rows, found, strict=True)
                if isinstance(each, Row)
            ]
        assert [word for word in [refusal or "", *words] if SECRET in word] == []
        for other, written in (
            ("b.csv", partial(as_csv, quoting=csv.QUOTE_ALL)),
            ("b.jsonl", as_json),
        ):
            back, lost = (
                read(written(again).encode(), other, documents=False) if again else ([], None)
            )
            for each in back:
                assert isinstance(each, Row), each
            # The path of a document is given with the folder of the file, so it is absolute by now.
            assert [fields_of(each) for each in back] == again
            assert lost is None

    tried = fuzz(
        one,
        st.tuples(
            whole_rows(), FORMS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.booleans()
        ),
    )

    assert tried > 0
    assert taken > 0
    assert told > 0
