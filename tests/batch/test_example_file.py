from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from freedompay_async.batch.input.doubts import doubts
from freedompay_async.batch.input.reading import read_file
from freedompay_async.batch.input.rows import Row

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_clients", EXAMPLES / "make_clients.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_passes_whole():
    rows = list(read_file(EXAMPLES / "clients.csv", product_id=1000))
    assert len(rows) == 1000
    good = [row for row in rows if isinstance(row, Row)]
    assert len(good) == 1000
    for values in (
        {row.key for row in good},
        {row.client.phone for row in good},
        {row.client.person_id for row in good},
        {row.client.email for row in good},
        {row.client.external_user_id for row in good},
    ):
        assert len(values) == 1000
    for row in good:
        assert row.client.birthdate is not None
        assert row.client.person_id is not None
        assert row.client.person_id.startswith(row.client.birthdate.replace("-", "")[2:])


def test_the_generator_makes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    generator().main(["--rows", "1000", "--seed", "1", "--out", str(tmp_path / "clients.csv")])
    assert capsys.readouterr().out == f"{tmp_path / 'clients.csv'}: 1000 clients\n"
    made = {
        path.relative_to(tmp_path): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert sorted(map(str, made)) == [
        "clients.csv",
        *(str(Path("documents", f"id-{number}.pdf")) for number in range(1, 6)),
    ]
    for name, content in made.items():
        assert (EXAMPLES / name).read_bytes() == content
        assert name.suffix == ".csv" or len(content) < 2048


def test_another_seed_gives_other_people(tmp_path: Path):
    make = generator().main
    for seed in ("1", "2"):
        make(["--rows", "10", "--seed", seed, "--out", str(tmp_path / f"{seed}.csv")])
    first, second = (
        list(csv.reader((tmp_path / f"{seed}.csv").read_text().splitlines())) for seed in "12"
    )
    assert len(first) == len(second) == 11
    assert first[0] == second[0]
    assert first[1:] != second[1:]


def test_no_person_id_is_a_real_one():
    """The seventh digit tells the century and the sex, and that of these is still to come."""
    ids = [
        row.client.person_id or ""
        for row in read_file(EXAMPLES / "clients.csv", product_id=1000)
        if isinstance(row, Row)
    ]

    assert {len(each) for each in ids} == {12}
    assert {each[6] for each in ids} == {"7", "8"}


def test_a_plan_warns_of_nothing_in_it():
    rows = [
        row for row in read_file(EXAMPLES / "clients.csv", product_id=1000) if isinstance(row, Row)
    ]

    assert [doubt for row in rows for doubt in doubts(row)] == []


def test_too_many_rows(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        generator().main(["--rows", "10000000"])
    assert "--rows is a number from 1 to 9999999" in capsys.readouterr().err
