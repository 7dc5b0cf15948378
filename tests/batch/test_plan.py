# ruff: noqa: RUF001 - letters that look alike are the point
from __future__ import annotations

import json
import os
from math import nan

import msgspec
import pytest

from freedompay_async.batch import Batch, Journal, Limits, Row, read_file
from freedompay_async.contract.models.client_requests import Address, NewClient
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret
from tests.person_examples import new_client

ADDRESS = Address(
    country="KAZ",
    postal_code="050000",
    address_line1="Almaty",
    address_line2=Secret("Abai"),
    address_line3="1",
)


async def problems(office, rows, **options):
    async with office.batch(**options) as batch:
        plan = await office.plan(batch, office.file(rows))
        assert office.sizes() == (0, 0)
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


@pytest.mark.parametrize(
    "changes",
    [{"document": "JVBERi0="}, {"person_id": Secret("900101300001")}, {"address1": ADDRESS}],
    ids=["document", "text", "inside"],
)
async def test_a_row_that_holds_a_secret_is_a_problem_because_a_journal_keeps_none(office, changes):
    fields = {"phone": 77017777777, "type": 1, "resident": 1, "first_name": "A", "last_name": "B"}
    more = {"product_id": 2000, "document": None, "identification_info": None, "branch_id": None}
    async with office.batch() as batch:
        plan = await batch.plan(
            [Row(line=7, key="k", client=NewClient(**fields | changes), **more)]
        )
        again = await batch.plan(
            [Row(line=7, key="k", client=NewClient(**fields), **more | {"branch_id": "***"})]
        )

    told = (
        "line 7: has a Secret in it, and a journal keeps none: give plain text, and a document by "
        "its path"
    )
    assert [str(problem) for problem in plan.problems] == [told]
    # What only looks like one is text.
    assert (again.rows, again.problems) == (1, ())


async def test_a_plan_tells_what_the_request_ids_depend_on(office, people):
    async with office.batch(name="june", activate=True) as batch:
        plan = await office.plan(batch, office.file(people(1)))
    settings = {name: plan.settings[name] for name in ("merchant", "base_url", "batch", "activate")}

    assert settings == {
        "merchant": "10001",
        "base_url": office.issuer.base_url,
        "batch": "june",
        "activate": "yes",
    }


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
    told = await problems(
        office, [person(1), person(2, key="k1"), person(3, phone="1"), person(4, key="k1")]
    )

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

    assert str(caught.value) == (
        f"{office.folder / 'run.db'} has no batch in it: `batch issue` makes one. Nothing was sent."
    )
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

        assert [str(problem).partition(":")[0] for problem in plan.problems] == [
            "line 4, column phone"
        ]
        assert (office.sizes())[0] == 3


async def test_another_file(office, people):
    async with office.batch() as batch:
        await office.plan(batch, office.file(people(3)))
    said = await refusal(office, office.file(people(4)))

    assert said == (
        f"{office.folder / 'run.db'} has another batch: its 3 rows are not these 4. Name another "
        "journal for this file; "
        "a key that both files have gets no second card while the issuer remembers its request "
        "ids, which come from the merchant, "
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
    async with office.batch():
        counts = office.sizes()

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
    async with office.batch():
        counts = office.sizes()

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


async def test_the_path_of_a_document_starts_at_the_folder_of_the_file(
    office, tmp_path, monkeypatch
):
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


@pytest.mark.parametrize(
    "name",
    ["id.pdf", "link.pdf", "side/id.pdf", "side/deep/../id.pdf", "./id.pdf", "side//link.pdf"],
)
async def test_a_document_is_kept_by_the_path_that_no_link_can_change(office, tmp_path, name):
    (tmp_path / "real" / "deep").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "real"):
        (folder / "id.pdf").write_bytes(b"%PDF-1.4 the passport of Ivan")
        (folder / "link.pdf").symlink_to("id.pdf")
    (tmp_path / "side").symlink_to("real")
    async with office.batch() as batch:
        await office.plan(batch, office.file([office.with_document(1, name)]))
        ((data,),) = office.kept("SELECT data FROM rows")

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
        read_file(
            office.file(
                [{"key": "a", "phone": "77010000001", "first_name": "Ivan", "last_name": "O'Neil"}]
            ),
            product_id=3000,
        )
    )
    async with office.client() as fp, Journal.open(tmp_path / "own.db") as journal:
        batch = Batch(fp, journal)
        plan = await batch.plan(iter(rows))
        await office.finish(batch)

    assert plan.rows == 1
    assert [card["product_id"] for card in office.issuer.ledger()] == [3000]


async def test_a_key_with_what_nobody_sees_is_the_same_key(office, person):
    unseen = ("\ufe0f", "\u034f", "\u115f", "\u3164", "\u17b4", "\n", "\u00a0")
    told = await problems(
        office, [person(1, key="K0"), *(person(2, key=f"K0{char}") for char in unseen)]
    )

    assert [text.partition(": ")[2] for text in told] == [
        '"K0" is the key of line 2 too: each row needs a key of its own'
    ] * len(unseen)


@pytest.mark.parametrize("unseen", ["\ufe0f", "\u034f", "\u115f", "\u3164", "\u17b4"])
async def test_a_key_with_what_nobody_sees_gets_no_second_card(office, person, one_each, unseen):
    await office.issue(office.file([person(1, key="K0")]))
    await office.issue(office.file([person(1, key=f"K0{unseen}")]), "other.db")

    assert office.cards() == one_each(1)


@pytest.mark.parametrize("name", ["may ", " may", "may\n", "may\u00a0", "may\u200b"])
async def test_a_batch_name_is_one_for_every_spelling(office, people, one_each, name):
    file = office.file(people(1))
    await office.issue(file, name="may")
    await office.issue(file, "other.db", name=name)

    assert office.cards() == one_each(1)


@pytest.mark.parametrize("name", ["", " ", "\u200b", "m\0y", "m" * 201, 5])
async def test_a_batch_name_that_can_not_be_part_of_an_id(office, people, name):
    told = await refusal(office, office.file(people(1)), name=name)

    assert told.startswith("the batch name ")
    assert told.endswith(" Nothing was sent.")


async def test_a_merchant_id_that_can_not_be_part_of_an_id(office):
    async with office.client() as fp, Journal.open(office.folder / "run.db") as journal:
        fp.__dict__["merchant"] = "7\0"
        with pytest.raises(
            ConfigurationError, match=r"the merchant id .* has a character that can't be seen"
        ):
            Batch(fp, journal)


def made(key, line):
    return Row(
        line=line,
        key=key,
        product_id=2000,
        client=new_client(),
        document=None,
        identification_info=None,
        branch_id=None,
    )


async def test_rows_made_in_code_get_their_keys_in_the_one_form(office):
    async with office.batch() as batch:
        first = await batch.plan([made("may", 1), made("Раи\u0306он", 2)])
        again = await batch.plan([made("may ", 1), made("Район", 2)])
        keys = await batch.journal.keys([1, 2])

    assert (first.rows, again.resumed, keys) == (2, True, ["may", "Район"])


async def test_rows_made_in_code_with_keys_that_are_none(office):
    async with office.batch() as batch:
        plan = await batch.plan(
            [made("may", 1), made("may\u00a0", 2), made("", 3), made(5, 4), made("a\0", 5)]
        )

    assert [str(problem) for problem in plan.problems] == [
        'line 2, column key: "may" is the key of line 1 too: each row needs a key of its own',
        "line 3, column key: is empty: give a key",
        'line 4, column key: "5" is of type int: give a text',
        (
            'line 5, column key: "a\\u0000" has a character that can\'t be seen (U+0000): delete '
            "it or write a space"
        ),
    ]


async def test_rows_made_in_code_with_values_that_could_not_be_sent(office):
    """JSON has null for NaN and Base64 for bytes, so a journal would keep them, and a run would
    send something else.
    """
    wrong = [
        msgspec.structs.replace(made("b", 2), product_id=nan),
        msgspec.structs.replace(made("c", 3), client=None),
        msgspec.structs.replace(made("d", 4), branch_id=b"b-1"),
        msgspec.structs.replace(made("e", 5), client=new_client(external_user_id="\ud800")),
        msgspec.structs.replace(made("f", 6), document="a\0.pdf"),
        msgspec.structs.replace(made("g", 7), product_id=1000),
        msgspec.structs.replace(made("h", None)),
    ]
    async with office.batch() as batch:
        plan = await batch.plan([made("a", 1), *wrong])
        assert office.sizes() == (0, 0)

    assert [
        str(problem).partition(" ")[2] for problem in plan.problems if problem.line not in (6, 7)
    ] == [
        ("2: product_id is NaN or infinite, as some programs read an empty cell: leave it out"),
        "3: client is None: give a NewClient",
        "4: branch_id is of type bytes: give text: decode it first",
        "5: has characters that UTF-8 can't write (half of a surrogate pair): correct them",
        "8 of those given: line is None: give a whole number (int)",
    ]
    (document,) = [problem for problem in plan.problems if problem.line == 6]
    assert document.message.endswith(" has a character that no path has")
    assert len([problem for problem in plan.problems if problem.line == 7]) == 5


async def test_keys_that_look_alike_are_a_problem(office, person):
    told = await problems(
        office, [person(1, key="A1"), person(2), person(3, key="А1"), person(4, key="AI")]
    )

    advice = (
        "if they are one row, delete one of them; if they are two, give one of them a key that "
        "looks different"
    )
    assert [text.removesuffix(f": {advice}") for text in told] == [
        (
            f'line {line}, column key: "{key}" looks like "A1", the key of line 2, and is another '
            f"({difference})"
        )
        for line, key, difference in [
            (
                4,
                "А1",
                (
                    "it has CYRILLIC CAPITAL LETTER A (U+0410) where the other has LATIN CAPITAL "
                    "LETTER A (U+0041)"
                ),
            ),
            (
                5,
                "AI",
                "it has LATIN CAPITAL LETTER I (U+0049) where the other has DIGIT ONE (U+0031)",
            ),
        ]
    ]


async def test_a_word_of_mixed_scripts_is_a_warning_and_the_batch_goes_on(office, person, one_each):
    async with office.batch() as batch:
        plan = await office.plan(
            batch, office.file([person(1, key="Aлмa"), person(2, key="Район Aлмa")])
        )
        report = await office.finish(batch)

    assert (plan.rows, plan.problems) == (2, ())
    assert [str(warning) for warning in plan.warnings] == [
        (
            'line 2, column key: "Aлмa" has Cyrillic and Latin letters: check that nobody mistook '
            "one for another"
        ),
        (
            'line 3, column key: "Район Aлмa" has Cyrillic and Latin letters in the word "Aлмa": '
            "check that nobody mistook one for another"
        ),
    ]
    assert (report.issued, office.cards()) == (2, one_each(2))


async def test_warnings_come_with_problems_and_with_a_plan_that_is_there_already(office, person):
    async with office.batch() as batch:
        bad = await office.plan(batch, office.file([person(1, key="Aлмa"), person(2, phone="1")]))
        await office.plan(batch, office.file([person(1, key="Aлмa")]))
        again = await office.plan(batch, office.file([person(1, key="Aлмa")]))

    assert ([each.line for each in bad.warnings], len(bad.problems)) == ([2], 1)
    assert ([each.line for each in again.warnings], again.resumed) == ([2], True)


@pytest.mark.parametrize(("more", "told"), [(1, "1 more key has"), (1_200, "1,200 more keys have")])
async def test_of_many_warnings_a_hundred_are_kept(office, person, more, told):
    async with office.batch() as batch:
        plan = await office.plan(
            batch,
            office.file([person(number, key=f"Aлмa-{number}") for number in range(100 + more)]),
        )

    assert [each.line for each in plan.warnings[:-1]] == list(range(2, 102))
    assert str(plan.warnings[-1]) == f"{told} a word of mixed scripts"


async def test_a_plan_says_that_nobody_looked_for_keys_that_look_alike(office, person, monkeypatch):
    monkeypatch.setattr("freedompay_async.batch.plan_keys.known_letters", lambda: None)
    async with office.batch() as batch:
        plan = await office.plan(
            batch, office.file([person(1, key="A1"), person(2, key="А1"), person(3, key="Aлмa")])
        )

    assert (plan.rows, plan.problems) == (3, ())
    assert [str(each) for each in plan.warnings] == [
        "keys that look alike were not looked for: install freedompay-async[cli] for that",
    ]


async def test_what_was_sent_is_asked_about_under_the_id_that_the_journal_has(
    office, people, one_each
):
    """The key of an earlier version's journal may have been read otherwise when its ids were made."""
    file, old = office.file(people(1)), "0b9f6a52-1111-4222-8333-444444444444"
    async with office.batch() as batch:
        await office.plan(batch, file)
    office.alter(
        "INSERT INTO intents (number, step, request_id, body_sha256, sent_at) VALUES "
        "(1, 'client', ?, x'00', 1.0)",
        (old,),
    )
    office.alter("UPDATE rows SET state = 'started'")
    await office.resume()
    first = json.loads(next(iter(office.issuer.received)).body)

    assert first["request_id"] == old
