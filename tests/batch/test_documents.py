from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from freedompay_async.batch.input import documents
from freedompay_async.batch.input.documents import DocumentProblem, document_digest, open_document
from freedompay_async.batch.input.reading import read_file
from freedompay_async.batch.input.rows import Row

LEAST = "77017777777,Aidar,Omarov"


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "id.pdf"
    path.write_bytes(b"%PDF-1.4 specimen")
    return path


def test_digest_and_bytes(pdf: Path):
    assert open_document(pdf) == b"%PDF-1.4 specimen"
    assert document_digest(pdf) == hashlib.sha256(b"%PDF-1.4 specimen").hexdigest()


def test_a_shared_document_is_read_once(pdf: Path, monkeypatch: pytest.MonkeyPatch):
    first = document_digest(pdf)
    monkeypatch.setattr(documents, "open_document", lambda _: pytest.fail("read again"))
    assert document_digest(pdf) == first


def test_a_changed_document_is_read_again(pdf: Path):
    first = document_digest(pdf)
    pdf.write_bytes(b"%PDF-1.4 another specimen")
    assert document_digest(pdf) == hashlib.sha256(b"%PDF-1.4 another specimen").hexdigest() != first


@pytest.mark.parametrize("call", [document_digest, open_document])
def test_problems(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("text.pdf").write_bytes(b"hello")
    Path("empty.pdf").touch()
    Path("big.pdf").write_bytes(b"%PDF-".ljust(2 * 1024 * 1024 + 1))
    long = Path("a-very-long-name-of-a-folder/and-the-end-of-it.pdf")
    for name, text in {
        "no.pdf": '"no.pdf" is not there',
        "text.pdf/x.pdf": f'"{Path("text.pdf/x.pdf")}" is not there',
        str(long): f'"…{str(long)[-39:]}" is not there',
        "folder": '"folder" is a folder: give the path of a PDF',
        "text.pdf": '"text.pdf" is not a PDF: %PDF- is not in its first 1,024 bytes',
        "empty.pdf": '"empty.pdf" is not a PDF: %PDF- is not in its first 1,024 bytes',
        "big.pdf": '"big.pdf" has 2,097,153 bytes: a document has at most 2 MB (2,097,152 bytes)',
    }.items():
        with pytest.raises(DocumentProblem) as raised:
            call(Path(name))
        assert str(raised.value) == text


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\r\n", b"\x00" * 1019, b"Content-Type: application/pdf\r\n\r\n"]
)
def test_what_stands_before_the_document_goes_out_with_it(pdf: Path, before: bytes):
    pdf.write_bytes(before + b"%PDF-1.4 specimen" + b"x" * 2000)

    assert open_document(pdf) == before + b"%PDF-1.4 specimen" + b"x" * 2000


def test_a_document_that_begins_too_late_is_none(pdf: Path):
    pdf.write_bytes(b"\x00" * 1020 + b"%PDF-1.4 specimen")

    with pytest.raises(DocumentProblem, match="is not in its first 1,024 bytes"):
        open_document(pdf)


def test_two_megabytes_are_enough(pdf: Path):
    pdf.write_bytes(b"%PDF-".ljust(2 * 1024 * 1024))
    assert len(open_document(pdf)) == 2 * 1024 * 1024


def test_unreadable(pdf: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args, **_settings):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DocumentProblem, match="may not be read by this user"):
        document_digest(pdf)


def test_rows(tmp_path: Path, pdf: Path):
    path = tmp_path / "clients.csv"
    rows = [
        f"a,{LEAST},id.pdf",
        f"b,{LEAST},{pdf}",
        f"c,{LEAST},",
        f"d,{LEAST},no.pdf",
        f",{LEAST},clients.csv",
    ]
    path.write_text("\n".join(["key,phone,first_name,last_name,document", *rows]))
    *good, fourth, fifth = read_file(path, product_id=2000)
    assert [row.document for row in good if isinstance(row, Row)] == [str(pdf), str(pdf), None]
    assert isinstance(fourth, list)
    assert isinstance(fifth, list)
    assert [(problem.line, problem.column) for problem in fourth] == [(5, "document")]
    assert str(fourth[0]).endswith(
        'no.pdf" is not there: a path starts at the folder of the client file'
    )
    assert [problem.column for problem in fifth] == ["key", "document"]
    assert str(fifth[1]).endswith(
        'clients.csv" is not a PDF: %PDF- is not in its first 1,024 bytes'
    )
    assert [isinstance(row, Row) for row in read_file(path, product_id=2000, documents=False)] == [
        True
    ] * 4 + [False]


@pytest.mark.parametrize(
    "name", ["id.pdf", "./id.pdf", "id.pdf/", "id.pdf/.", ".//id.pdf", "side/../id.pdf"]
)
@pytest.mark.parametrize("opened", [True, False])
def test_a_name_with_more_than_it_needs_is_the_same_document(
    tmp_path: Path, pdf: Path, name: str, opened: bool
):
    (pdf.parent / "side").mkdir()
    path = pdf.parent / "clients.csv"
    path.write_text(f"key,phone,first_name,last_name,document\na,{LEAST},{name}\n")
    (row,) = read_file(path, product_id=2000, documents=opened)

    assert isinstance(row, Row)
    assert row.document == str(pdf.parent / name)


def test_a_file_of_the_working_folder_names_its_documents_as_they_are(
    pdf: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(pdf.parent)
    Path("clients.csv").write_text(
        f"key,phone,first_name,last_name,document\na,{LEAST},./no.pdf\nb,{LEAST},id.pdf\n"
    )
    (problem,), row = read_file("clients.csv", product_id=2000)

    assert str(problem) == (
        'line 2, column document: "no.pdf" is not there: a path starts at the folder of the '
        "client file"
    )
    assert isinstance(row, Row)
    assert row.document == "id.pdf"
