from __future__ import annotations

import json
import os

import pytest

from freedompay_async.batch import Batch, Journal, Limits, read_file
from freedompay_async.errors import ConfigurationError


async def kept(batch):
    """How many rows and settings the journal has."""
    return await batch._journal.call(
        lambda c: (c.execute("SELECT count(*) FROM rows").fetchone()[0], c.execute("SELECT count(*) FROM meta").fetchone()[0])
    )


async def problems(office, rows, **options):
    async with office.batch(**options) as batch:
        plan = await office.plan(batch, office.file(rows))
        assert await kept(batch) == (0, 0)
        return [str(problem) for problem in plan.problems]


async def refusal(office, file, *, journal="run.db", **options):
    with pytest.raises(ConfigurationError) as caught:
        async with office.batch(journal, **options) as batch:
            await office.plan(batch, file)
    return str(caught.value)


async def test_a_plan_tells_how_many_rows_there_are(office, people):
    async with office.batch() as batch:
        plan = await office.plan(batch, office.file(people(7)))

    assert (plan.rows, plan.problems, plan.resumed) == (7, (), False)


async def test_a_plan_tells_what_the_request_ids_depend_on(office, people):
    async with office.batch(name="june", activate=True) as batch:
        plan = await office.plan(batch, office.file(people(1)))
    settings = {name: plan.settings[name] for name in ("merchant", "base_url", "batch", "activate")}

    assert settings == {"merchant": "10001", "base_url": office.issuer.base_url, "batch": "june", "activate": "yes"}


async def test_a_plan_sends_nothing(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(7)))

    assert list(office.issuer.received) == []


async def test_a_plan_is_on_the_disk_when_it_is_told(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(1_500)))
        with office.on_disk() as disk:
            rows = disk.execute("SELECT count(*) FROM rows WHERE state = 'planned'").fetchone()[0]

    assert rows == 1_500


async def test_every_problem_is_told_with_its_line_and_column(office, person):
    rows = [
        person(1, phone="8701"),
        person(2, birthdate="1990-02-30"),
        person(3),
        person(4, country="KZ", product_id=7),
        person(5, first_name="", last_name="Ёлкин"),
    ]
    told = await problems(office, rows)

    assert [text.partition(":")[0] for text in told] == [
        "line 2, column phone",
        "line 3, column birthdate",
        "line 5, column country",
        "line 5, column product_id",
        "line 6, column last_name",
        "line 6, column first_name",
    ]


async def test_a_repeated_key_names_the_line_that_has_it_first(office, person):
    told = await problems(office, [person(1), person(2), person(3, key="k1"), person(4, key="k1")])

    assert told == [
        'line 4, column key: "k1" is the key of line 2 too: each row needs a key of its own',
        'line 5, column key: "k1" is the key of line 2 too: each row needs a key of its own',
    ]


async def test_problems_come_in_the_order_of_the_file(office, person):
    told = await problems(office, [person(1), person(2, key="k1"), person(3, phone="1"), person(4, key="k1")])

    assert [text.partition(",")[0] for text in told] == ["line 3", "line 4", "line 5"]


async def test_after_a_plan_with_problems_a_good_file_can_be_planned(office, people, person):
    async with office.batch() as batch:
        await office.plan(batch, office.file([person(1, phone="1")]))
        plan = await office.plan(batch, office.file(people(3)))

    assert (plan.rows, plan.resumed) == (3, False)


async def test_a_plan_with_problems_cannot_be_run(office, person):
    async with office.batch() as batch:
        await office.plan(batch, office.file([person(1), person(2, phone="1")]))
        with pytest.raises(ConfigurationError) as caught:
            await office.finish(batch)

    assert str(caught.value) == f"{office.folder / 'run.db'} has no batch in it: `batch issue` makes one. Nothing was sent."
    assert list(office.issuer.received) == []


async def test_the_same_file_again_is_the_same_plan(office, people):
    file = office.file(people(3))
    async with office.batch() as batch:
        first = await office.plan(batch, file)
    async with office.batch() as batch:
        again = await office.plan(batch, file)

    assert (again.rows, again.resumed, again.settings) == (3, True, first.settings)


async def test_the_same_file_of_another_name_is_the_same_plan(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))
        again = await office.plan(batch, office.file(people(3), "copy.csv"))

    assert again.resumed


async def test_the_same_file_again_writes_nothing_anew(office, people):
    file = office.file(people(3))
    await office.issue(file)
    async with office.batch() as batch:
        await office.plan(batch, file)
        report = await batch.report()

    assert report.issued == 3


async def test_a_file_with_problems_leaves_an_earlier_plan_alone(office, people, person):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))
        plan = await office.plan(batch, office.file([*people(2), person(3, phone="1")]))

        assert [str(problem).partition(":")[0] for problem in plan.problems] == ["line 4, column phone"]
        assert (await kept(batch))[0] == 3


async def test_another_file(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))
    said = await refusal(office, office.file(people(4)))

    assert said == (
        f"{office.folder / 'run.db'} has another batch: its 3 rows are not these 4. Name another journal for this file; "
        "a key that both files have gets no second card while the issuer remembers its request ids, which come from the merchant, "
        "the batch name and the key. "
        "Nothing was sent."
    )


async def test_a_file_with_one_changed_value(office, people, person):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(2)))
    said = await refusal(office, office.file([person(1), person(2, first_name="Pyotr")]))

    assert "has another batch: its 2 rows are not these 2." in said


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"client": {"auth_id": "20002"}}, "merchant '10001', not '20002'"),
        ({"client": {"base_url": "https://api.example.com"}}, "not 'https://api.example.com'"),
        ({"name": "june"}, "batch 'default', not 'june'"),
        ({"activate": True}, "activate 'no', not 'yes'"),
    ],
)
async def test_other_settings_than_those_of_the_plan(office, people, options, difference):
    file = office.file(people(2))
    async with office.batch() as batch:
        await office.plan(batch, file)
    said = await refusal(office, file, **options)

    assert said.startswith(f"{office.folder / 'run.db'} has another batch: it was made with ")
    assert said.endswith(f"{difference}. Nothing was sent.")


async def test_every_setting_that_differs_is_named(office, people):
    file = office.file(people(2))
    async with office.batch() as batch:
        await office.plan(batch, file)
    said = await refusal(office, file, name="june", activate=True)

    assert "batch 'default', not 'june'; activate 'no', not 'yes'" in said


async def test_more_rows_than_cards_allowed(office, people):
    said = await refusal(office, office.file(people(5)), limits=Limits(max_cards=4))

    assert said == "5 rows would make 5 cards, and at most 4 are allowed. Nothing was sent."


async def test_a_plan_of_too_many_rows_is_not_kept(office, people):
    await refusal(office, office.file(people(5)), limits=Limits(max_cards=4))
    async with office.batch() as batch:
        counts = await kept(batch)

    assert counts == (0, 0)


async def test_as_many_rows_as_cards_allowed(office, people):
    async with office.batch(limits=Limits(max_cards=5)) as batch:
        plan = await office.plan(batch, office.file(people(5)))

    assert plan.rows == 5


async def test_no_rows(office):
    async with office.batch() as batch:
        with pytest.raises(ConfigurationError) as caught:
            await batch.plan([])

    assert str(caught.value) == "there are no rows to plan. Nothing was sent."


async def test_a_file_that_turns_out_bad_half_way_is_not_kept(office, people):
    file = office.file(people(1_200))
    with file.open("ab") as stream:
        stream.write(b"k9999,77010009999,Ivan,\xcf\xe5\xf2\xf0\n")
    said = await refusal(office, file)
    async with office.batch() as batch:
        counts = await kept(batch)

    assert "line 1202 is not UTF-8" in said
    assert counts == (0, 0)


async def test_a_document_that_is_not_there(office):
    told = await problems(office, [office.with_document(1, "absent.pdf")])

    assert [text.partition(":")[0] for text in told] == ["line 2, column document"]
    assert "absent.pdf" in told[0]


async def test_a_document_that_went_away_between_the_reading_and_the_planning(office):
    document = office.document()
    rows = list(read_file(office.file([office.with_document(1)]), product_id=2000))
    document.unlink()
    async with office.batch() as batch:
        plan = await batch.plan(rows)

    assert [(problem.line, problem.column) for problem in plan.problems] == [(2, "document")]
    assert plan.problems[0].message.endswith('id.pdf" is not there')


async def test_the_path_of_a_document_starts_at_the_folder_of_the_file(office, tmp_path, monkeypatch):
    office.document()
    file = office.file([office.with_document(1)])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    async with office.batch() as batch:
        plan = await office.plan(batch, file)

    assert plan.problems == ()


async def test_a_plan_holds_from_another_working_folder(office, tmp_path, monkeypatch):
    office.document()
    file = office.file([office.with_document(1)])
    monkeypatch.chdir(tmp_path)
    async with office.batch() as batch:
        await batch.plan(read_file(file.name, product_id=2000))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    report = await office.resume()

    assert report.issued == 1


@pytest.mark.parametrize("name", ["id.pdf", "link.pdf", "side/id.pdf", "side/deep/../id.pdf", "./id.pdf", "side//link.pdf"])
async def test_a_document_is_kept_by_the_path_that_no_link_can_change(office, tmp_path, name):
    (tmp_path / "real" / "deep").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "real"):
        (folder / "id.pdf").write_bytes(b"%PDF-1.4 the passport of Ivan")
        (folder / "link.pdf").symlink_to("id.pdf")
    (tmp_path / "side").symlink_to("real")
    async with office.batch() as batch:
        await office.plan(batch, office.file([office.with_document(1, name)]))
        data = await batch._journal.call(lambda connection: connection.execute("SELECT data FROM rows").fetchone()[0])

    assert json.loads(data)["row"]["document"] == os.path.realpath(tmp_path / name)


async def test_a_document_that_changed_makes_another_batch(office):
    document = office.document()
    file = office.file([office.with_document(1)])
    async with office.batch() as batch:
        await office.plan(batch, file)
    document.write_bytes(b"%PDF-1.4 somebody else")
    said = await refusal(office, file)

    assert "has another batch: its 1 rows are not these 1." in said


async def test_a_document_that_changed_within_its_size_and_time_is_not_sent(office):
    document = office.document()
    file = office.file([office.with_document(1)])
    async with office.batch() as batch:
        await office.plan(batch, file)
    times = document.stat()
    document.write_bytes(document.read_bytes().replace(b"Ivan", b"Petr"))
    os.utime(document, ns=(times.st_atime_ns, times.st_mtime_ns))
    report = await office.resume()

    assert (report.issued, report.planned) == (0, 1)
    assert office.effects() == []


async def test_rows_of_ones_own_making(office, tmp_path):
    rows = list(
        read_file(office.file([{"key": "a", "phone": "77010000001", "first_name": "Ivan", "last_name": "O'Neil"}]), product_id=3000)
    )
    async with office.client() as fp, Journal.open(tmp_path / "own.db") as journal:
        batch = Batch(fp, journal)
        plan = await batch.plan(iter(rows))
        await office.finish(batch)

    assert plan.rows == 1
    assert [card["product_id"] for card in office.issuer.ledger()] == [3000]
