"""What a plan tells of its rows together, and where warnings are problems."""

from __future__ import annotations

import sys

import pytest

from freedompay_async.batch.input.numbers import known_numbers
from freedompay_async.batch.plan import make_plan

CARDS = "each of these rows makes a card, so check that this person is to have them"
SHARED = "check that these people share it"
ID = "20112199000011"


async def warnings(office, rows, **options):
    async with office.batch(**options) as batch:
        plan = await office.plan(batch, office.file(rows))
    assert plan.problems == ()
    return [str(each) for each in plan.warnings]


async def test_people_of_their_own_are_no_warning(office, people):
    assert await warnings(office, people(50)) == []


async def test_one_personal_number_in_two_rows(office, person):
    rows = [
        person(1, country="KGZ", person_id=ID),
        person(2),
        person(3, last_name="Petrov", country="KGZ", person_id=ID),
    ]

    assert await warnings(office, rows) == [
        f"line 2, column person_id: is that of line 4 too: {CARDS}"
    ]


async def test_one_personal_number_in_many_rows(office, person):
    rows = [
        person(number, last_name=f"Petrov{'a' * number}", country="KGZ", person_id=ID)
        for number in range(1, 5)
    ]

    assert await warnings(office, rows) == [
        f"line 2, column person_id: is that of 3 more rows (the last is line 5) too: {CARDS}"
    ]


@pytest.mark.parametrize(
    "names", [{}, {"first_name": "IVAN", "last_name": "ivanov"}], ids=["the same", "other letters"]
)
async def test_the_same_names_and_birthdate(office, person, names):
    rows = [
        person(1, birthdate="1990-01-31"),
        person(2, birthdate="1990-01-31", **names),
        person(3, birthdate="1990-02-01"),
    ]

    assert await warnings(office, rows) == [
        f"line 2: has the names and the birthdate of line 3: {CARDS}"
    ]


async def test_the_same_names_and_phone(office, person):
    rows = [person(1), person(2, phone=77010000001), person(3)]

    assert await warnings(office, rows) == [
        f"line 2: has the names and the phone number of line 3: {CARDS}"
    ]


async def test_the_same_names_and_phone_in_many_rows(office, person):
    rows = [person(number, phone=77010000001) for number in range(1, 4)]

    assert await warnings(office, rows) == [
        f"line 2: has the names and the phone number of 2 more rows (the last is line 4): {CARDS}"
    ]


async def test_one_person_is_told_once_whatever_the_rows_have_in_common(office, person):
    same = {
        "phone": 77010000001,
        "birthdate": "1990-01-31",
        "country": "KGZ",
        "person_id": ID,
        "email": "a@example.com",
    }

    assert await warnings(office, [person(1, **same), person(2, **same)]) == [
        f"line 2, column person_id: is that of line 3 too: {CARDS}"
    ]


async def test_two_may_share_a_phone_and_an_address(office, person):
    rows = [
        person(1, email="home@example.com"),
        person(2, first_name="Olga", phone=77010000001, email="home@example.com"),
    ]

    assert await warnings(office, rows) == []


async def test_one_phone_for_many_people(office, person):
    rows = [
        person(number, last_name="Petrov" + "a" * number, phone=77010000001)
        for number in range(1, 5)
    ]

    assert await warnings(office, rows) == [
        f"line 2, column phone: is that of 3 more rows (the last is line 5) too: {SHARED}"
    ]


async def test_one_person_among_those_of_one_phone(office, person):
    rows = [
        person(number, last_name=name, phone=77010000001)
        for number, name in enumerate(["Petrov", "Popov", "Volkov", "Popov"], 1)
    ]

    assert await warnings(office, rows) == [
        f"line 2, column phone: is that of 3 more rows (the last is line 5) too: {SHARED}",
        f"line 3: has the names and the phone number of line 5: {CARDS}",
    ]


async def test_one_address_of_many(office, person):
    rows = [
        person(number, email=email)
        for number, email in enumerate(["a@example.com", "A@Example.com", "a@example.com"], 1)
    ]

    assert await warnings(office, rows) == [
        f"line 2, column email: is that of 2 more rows (the last is line 4) too: {SHARED}"
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [(1, "1 more person is in several rows"), (1_150, "1,150 more people are in several rows")],
)
async def test_of_many_a_hundred_are_told(office, person, more, told):
    rows = [
        person(2 * number + again, phone=77010000000 + number)
        for number in range(100 + more)
        for again in (0, 1)
    ]
    found = await warnings(office, rows)

    assert [text.partition(":")[0] for text in found[:-1]] == [
        f"line {2 * number}" for number in range(1, 101)
    ]
    assert found[-1] == told


async def test_of_each_kind_a_hundred_are_told(office, person):
    rows = [
        person(number, last_name="Null", country="KGZ", person_id=str(number))
        for number in range(1, 103)
    ]
    found = await warnings(office, rows)

    assert len(found) == 202
    assert sorted(found[-2:]) == [
        "2 more names may be what a program writes for nothing",
        "2 more personal numbers are doubtful",
    ]


async def test_they_come_in_the_order_of_the_file(office, person):
    rows = [
        person(1),
        person(2, last_name="Null"),
        person(3, phone=77010000001),
        person(4, first_name="Nan"),
    ]

    assert [text.split(":")[0].split(",")[0] for text in await warnings(office, rows)] == [
        "line 2",
        "line 3",
        "line 5",
    ]


async def test_rows_with_problems_are_not_counted(office, person):
    async with office.batch() as batch:
        plan = await office.plan(
            batch, office.file([person(1), person(2, phone=77010000001, country="KZ"), person(3)])
        )

    assert (len(plan.problems), plan.warnings) == (1, ())


async def test_a_plan_that_is_there_already_warns_again(office, person):
    file = office.file([person(1), person(2, phone=77010000001)])
    async with office.batch() as batch:
        first = await office.plan(batch, file)
        again = await office.plan(batch, file)

    assert (again.resumed, again.warnings) == (True, first.warnings)


class TestPhones:
    @pytest.mark.parametrize(
        ("phone", "told"),
        [
            ("77991234567", "is in a range of numbers that nobody has: look for a wrong digit"),
            ("996123456789", "is in a range of numbers that nobody has: look for a wrong digit"),
            ("2101234567890", "begins with the code of no country"),
            ("331234567890", "is no number of its country: look for a missing or an extra digit"),
        ],
    )
    async def test_that_are_given_to_nobody(self, office, person, phone, told):
        assert await warnings(office, [person(1), person(2, phone=phone)]) == [
            f'line 3, column phone: "{phone}" {told}'
        ]

    # The last one is written with a zero that is dialled inside the country.
    @pytest.mark.parametrize(
        "phone",
        [
            "77017777777",
            "77272345678",
            "79161234567",
            "996555123456",
            "998901234567",
            "4402083661177",
        ],
    )
    async def test_that_are_given_to_people(self, office, person, phone):
        assert await warnings(office, [person(1, phone=phone)]) == []

    async def test_of_many_a_hundred_are_told(self, office, person):
        found = await warnings(
            office, [person(number, phone=77990000000 + number) for number in range(103)]
        )

        assert (len(found), found[-1]) == (101, "3 more phone numbers are doubtful")

    async def test_nobody_looked_where_the_library_is_absent(self, office, person, monkeypatch):
        monkeypatch.setattr("freedompay_async.batch.plan_warnings.known_numbers", lambda: None)

        assert await warnings(office, [person(1), person(2, phone="77991234567")]) == [
            (
                "phone numbers of unassigned ranges were not looked for: install "
                "freedompay-async[cli] for that"
            )
        ]

    def test_without_the_library_nothing_is_known(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "phonenumbers", None)
        known_numbers.cache_clear()
        try:
            assert known_numbers() is None
        finally:
            known_numbers.cache_clear()

    def test_of_each_mobile_network_are_known(self):
        import phonenumbers

        numbers, unknown = known_numbers(), []
        for region in phonenumbers.SUPPORTED_REGIONS:
            example = phonenumbers.example_number_for_type(
                region, phonenumbers.PhoneNumberType.MOBILE
            )
            if example is not None:
                whole = int(
                    f"{example.country_code}{phonenumbers.national_significant_number(example)}"
                )
                unknown += [] if numbers.assigned(whole) else [region]

        assert unknown == []


class TestStrict:
    async def test_warnings_are_problems_and_nothing_is_kept(self, office, person):
        async with office.batch(strict=True) as batch:
            plan = await office.plan(
                batch,
                office.file([person(1), person(2, last_name="Null"), person(3, phone=77010000001)]),
            )
            ((rows,),) = office.kept("SELECT count(*) FROM rows")

        assert (plan.rows, plan.warnings, rows) == (0, (), 0)
        assert [each.line for each in plan.problems] == [2, 3]

    async def test_they_stand_among_the_others_and_what_is_of_no_line_is_last(
        self, office, person, monkeypatch
    ):
        monkeypatch.setattr("freedompay_async.batch.plan_keys.known_letters", lambda: None)
        async with office.batch(strict=True) as batch:
            plan = await office.plan(
                batch,
                office.file(
                    [person(1, last_name="Null"), person(2, phone="1"), person(3, last_name="Nan")]
                ),
            )

        assert [each.line for each in plan.problems] == [2, 3, 4, 0]

    async def test_a_file_without_any_is_planned(self, office, people, one_each):
        report = await office.issue(office.file(people(3)), strict=True)

        assert (report.issued, office.cards()) == (3, one_each(3))

    async def test_of_a_plan_made_in_code(self, office, person, people):
        from freedompay_async.batch import read_file

        settings = {"merchant": "1", "base_url": "", "batch": "may", "activate": "no"}
        async with office.batch() as batch:
            rows = list(read_file(office.file([person(1, last_name="Null")]), product_id=2000))
            strict = await make_plan(batch.journal, rows, settings=settings, strict=True)
            other = await make_plan(batch.journal, rows, settings=settings)

        assert (strict.rows, len(strict.problems), other.rows, len(other.warnings)) == (0, 1, 1, 1)
