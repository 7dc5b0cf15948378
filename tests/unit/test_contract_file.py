from __future__ import annotations

import os
import re
import traceback
from decimal import Decimal

import pytest

from freedompay_async.contract.calls import Retry, Section
from freedompay_async.contract.client_contract import Contract
from freedompay_async.contract.file import read_contract
from freedompay_async.contract.file.template import template
from freedompay_async.contract.overrides import CALLS
from freedompay_async.contract.regions import Region
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.errors import ConfigurationError

EVERYTHING = """\
[cards.issue]
path = "/v6/issue"
retry = "unaskable"
leave_out = ["client_id"]
fields = { channel = "api", fee = 0.50, on = 2026-01-02, more = { at = [07:30:00] } }
rename = { product_id = "productId" }
headers = { X-JWS-Signature = "JWS-Signature" }
envelope = ["trace"]

[clients.create.rename]
client.first_name = "firstName"
"client.last_name" = "lastName"
"""


WIDEST_FIRST = [
    "all",
    "KZ.all",
    "payment_cards",
    "KZ.payment_cards",
    "cards.issue",
    "KZ.cards.issue",
]


@pytest.fixture
def file(tmp_path):
    """Writes a contract file."""

    def write(text: str | bytes):
        path = tmp_path / "contract.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def refusal(file, tmp_path):
    """What is said of a contract file that can't be."""

    def said(text: str | bytes) -> str:
        with pytest.raises(ConfigurationError) as caught:
            read_contract(file(text))
        return caught.value.text.replace(f"{tmp_path}{os.sep}", "")

    return said


def says(read, region=Region.KZ):
    return Contract(read.overrides, region).says


class TestReading:
    def test_takes_all_that_an_override_can_do(self, file):
        read = read_contract(file(EVERYTHING))
        row = Contract(read.overrides, Region.KZ).rows["cards.issue"]

        assert (row.path, row.retry, row.leave_out, row.rename, row.header_names, row.envelope) == (
            "/v6/issue",
            Retry.UNASKABLE,
            {"client_id"},
            {"product_id": "productId"},
            {"X-JWS-Signature": "JWS-Signature"},
            {"trace"},
        )
        assert dict(row.fields) == {
            "channel": "api",
            "fee": Decimal("0.50"),
            "on": "2026-01-02",
            "more": {"at": ["07:30:00"]},
        }

    def test_takes_names_with_a_dot_with_and_without_quotation_marks(self, file):
        made = Contract(read_contract(file(EVERYTHING)).overrides).rows["clients.create"]

        assert made.rename == {"client.first_name": "firstName", "client.last_name": "lastName"}

    def test_keeps_the_digits_of_an_amount(self, file):
        (override,) = read_contract(file("[limits.set]\nfields = { fee = 1.10 }")).overrides

        assert str(override.fields["fee"]) == "1.10"

    @pytest.mark.parametrize(
        "text", ["", "# nothing\n", "[cards.issue]\n", "[cards]\n[KZ]\n[all]\n[KG.payment_cards]\n"]
    )
    def test_of_nothing_gives_no_overrides(self, file, text):
        assert read_contract(file(text)).overrides == ()

    @pytest.mark.parametrize("as_given", [str, lambda path: path])
    def test_keeps_the_path_as_text(self, file, as_given):
        path = file("")

        assert read_contract(as_given(path)).path == str(path)

    def test_takes_line_breaks_of_windows(self, file):
        assert says(read_contract(file('[cards.issue]\r\npath = "/a"\r\n'))) == {
            "cards.issue": {"path": "/a"}
        }

    def test_is_frozen(self, file):
        with pytest.raises(AttributeError):
            read_contract(file("")).path = "other"


class TestScope:
    @pytest.mark.parametrize(
        ("table", "expected"),
        [
            ("all", {*CALLS, *Section}),
            (
                "payment_cards",
                {row.name for row in TABLE if row.section is Section.PAYMENT_CARDS}
                | {Section.PAYMENT_CARDS},
            ),
            (
                "gift_cards",
                {row.name for row in TABLE if row.section is Section.GIFT_CARDS}
                | {Section.GIFT_CARDS},
            ),
            ("hashdt", {row.name for row in HASHDT_TABLE} | {Section.HASHDT}),
            ("gift_cards.issue", {"gift_cards.issue"}),
            ("pins.set_url", {"pins.set_url"}),
            ("KZ.cards.issue", {"cards.issue"}),
            ("KG.cards.issue", set()),
        ],
    )
    def test_of_a_table_is_in_its_name(self, file, table, expected):
        assert set(says(read_contract(file(f'[{table}]\nheaders = {{ A = "B" }}')))) == expected

    def test_of_a_section_and_of_its_calls_may_stand_together(self, file):
        read = read_contract(
            file("[gift_cards]\nfields = { a = 1 }\n[gift_cards.issue]\nfields = { a = 2 }")
        )

        assert {call: said["fields.a"] for call, said in says(read).items()} == {
            **{row.name: "1" for row in TABLE if row.section is Section.GIFT_CARDS},
            "gift_cards.issue": "2",
            Section.GIFT_CARDS: "1",
        }

    @pytest.mark.parametrize("last", range(len(WIDEST_FIRST)))
    @pytest.mark.parametrize("turn", [list, lambda tables: tables[::-1]])
    def test_that_is_narrower_wins_wherever_it_stands(self, file, last, turn):
        tables = [
            f'[{name}]\nheaders = {{ A = "H{number}" }}\n'
            for number, name in enumerate(WIDEST_FIRST[: last + 1])
        ]

        assert says(read_contract(file("".join(turn(tables)))))["cards.issue"] == {
            "headers.A": f"H{last}"
        }


class TestDigest:
    def test_is_that_of_what_it_means(self, file):
        one = read_contract(
            file('[cards.issue]\npath = "/a"\n[cards.link]\nfields = { a = 1, b = 2 }\n')
        )
        other = read_contract(
            file(
                "# me\n[cards.link.fields]\nb = 2\n a = 1\n\n[cards.issue]\npath = '/a'  # "
                'here\nretry = "askable"\n'
            )
        )

        assert one.digest == other.digest
        assert re.fullmatch(r"[0-9a-f]{64}", one.digest)

    @pytest.mark.parametrize(
        "text",
        [
            '[cards.issue]\npath = "/b"',
            '[KG.cards.issue]\npath = "/a"',
            "",
            '[all]\nheaders = { A = "B" }',
        ],
    )
    def test_is_another_one_for_another_meaning(self, file, text):
        assert (
            read_contract(file('[cards.issue]\npath = "/a"')).digest
            != read_contract(file(text)).digest
        )


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "path = 1",
                (
                    ", line 1: there is no path: name a call, as [cards.issue], a section, a "
                    "region, or all"
                ),
            ),
            ("\n[card.issue]", ", line 2: there is no card (did you mean cards?)"),
            ("[kz.cards.issue]", ", line 1: there is no kz (did you mean KZ?)"),
            ("[KG.KZ.cards]", ", line 1: KZ is inside KG: a region comes first, and once"),
            ("cards = 5", ", line 1: cards is a number: write a table, as [cards]"),
            ("[cards.isue]\n", ", line 1: there is no call cards.isue (did you mean cards.issue?)"),
            ("[cards.wwwww]\n", ", line 1: there is no call cards.wwwww"),
            (
                "[gift_cards.isue]\n",
                ", line 1: there is no call gift_cards.isue (did you mean gift_cards.issue?)",
            ),
            (
                "[payment_cards.issue]\n",
                ", line 1: there is no call payment_cards.issue (did you mean cards.issue?)",
            ),
            (
                "[cards]\nissue = true",
                ", line 2: cards.issue is true or false: write a table, as [cards.issue]",
            ),
            (
                "[[cards.issue]]\n",
                ", line 1: cards.issue is a list: write a table, as [cards.issue]",
            ),
            (
                '[clients]\npath = "/a"',
                (
                    ", line 2: clients is no section: put path under a call, as [clients.create], "
                    "or under a section"
                ),
            ),
            (
                '[cards.issue]\n\npth = "/a"',
                ", line 3: there is no setting pth (did you mean path?)",
            ),
            (
                "[cards.issue]\nwwwww = 1",
                (
                    ", line 2: there is no setting wwwww: there are path, retry, fields, "
                    "leave_out, rename, headers, envelope"
                ),
            ),
            (
                "[cards.issue]\npath = 5",
                ", line 2: path is a number, and must be a text in quotation marks",
            ),
            (
                "[cards.issue]\npath = 2026-01-01",
                ", line 2: path is a time, and must be a text in quotation marks",
            ),
            (
                '[cards.issue]\npath = "a b"',
                (
                    ", line 2: path of [cards.issue]: the path 'a b' is not like "
                    "/v5/card-api/card/info"
                ),
            ),
            (
                '[payment_cards]\npath = "/a"',
                (
                    ", line 2: path of [payment_cards]: this is for one call: put it under the "
                    "call's name, as [cards.issue]"
                ),
            ),
            (
                '[cards.issue]\nretry = "never"',
                ", line 2: retry is 'never', and must be askable or unaskable",
            ),
            (
                "[cards.issue]\nretry = 1.5",
                ", line 2: retry is a number, and must be a text in quotation marks",
            ),
            (
                '[cards.issue]\nretry = "read"',
                ", line 2: retry of [cards.issue]: the call changes something, so it is no read",
            ),
            (
                '[cards.issue]\nleave_out = "client_id"',
                ', line 2: leave_out is a text, and must be a list of texts, as ["client_id"]',
            ),
            (
                "[cards.issue]\nleave_out = [1]",
                ', line 2: leave_out is a list, and must be a list of texts, as ["client_id"]',
            ),
            (
                '[cards.issue]\nleave_out = [\n  "clientid",\n]',
                (
                    ", line 2: leave_out of [cards.issue]: cards.issue has no field 'clientid' "
                    "(did you mean client_id?)"
                ),
            ),
            (
                '[cards.issue]\nleave_out = ["client_id"]\nfields = { client_id = 1 }',
                ", line 3: fields of [cards.issue]: client_id is both added and left out",
            ),
            (
                '[cards.issue.rename]\nclient_id = "product_id"',
                (
                    ", line 1: rename of [cards.issue]: client_id can't be renamed to "
                    "product_id: product_id has that name"
                ),
            ),
            (
                "[cards.issue]\nrename = 5",
                ', line 2: rename is a number, and must be a table, as { old_name = "new_name" }',
            ),
            (
                "[cards.issue.rename]\nclient_id = 5",
                ", line 2: client_id is a number, and must be a name in quotation marks",
            ),
            (
                "[cards.issue]\nfields = []",
                ', line 2: fields is a list, and must be a table, as { channel = "api" }',
            ),
            ("[cards.issue.fields]\na = nan", ", line 2: a is NaN, which JSON can't hold"),
            (
                "[cards.issue.fields]\na.b = [-inf]",
                ", line 2: b is -Infinity, which JSON can't hold",
            ),
            (
                "[cards.issue]\nfields = { request_id = 1 }",
                ", line 2: fields of [cards.issue]: can't hold request_id: each call has its own",
            ),
            (
                '[cards.issue]\nheaders = { A = "B C" }',
                ", line 2: headers of [cards.issue]: {'A': 'B C'}: these are no names of headers",
            ),
            (
                '[cards.issue]\nenvelope = ["status"]',
                ", line 2: envelope of [cards.issue]: give a list of field names beside `status`",
            ),
            (
                "[hashdt]\nfields = { a = 1 }",
                ", line 2: fields of [hashdt]: the calls of HashDT have no body, only headers",
            ),
            (
                '[KG.payment_cards]\nleave_out = ["request_id"]',
                (
                    ", line 2: leave_out of [KG.payment_cards]: requests.status asks about a "
                    "request_id, so it needs one"
                ),
            ),
            (
                (
                    '[payment_cards.rename]\nclient_id = "branch"\n[cards.issue]\nfields = { '
                    'branch = "7" }'
                ),
                (
                    ", line 4: fields of [cards.issue]: branch is added, and another field is "
                    "renamed to that"
                ),
            ),
            (
                (
                    '[cards.issue]\nfields = { client_id = "7" }\n[KZ.cards.issue]\nleave_out = '
                    '["client_id"]'
                ),
                ", line 3: [KZ.cards.issue]: client_id is both added and left out",
            ),
            ("[cards.issue]\npath = ", ", line 2: invalid value at the end of the file"),
            ("[cards.issue]\npath = \n", ", line 2: invalid value"),
            ("[cards.issue\n", ", line 1: expected ']' at the end of a table declaration"),
            (b"[cards.issue]\n# \xff", ", line 2: it is not UTF-8: save it as UTF-8"),
            ("[cards.issue]".encode("utf-16"), " is in UTF-16: save it as UTF-8"),
            (b"#" * (2**20 + 1), " has more than 1,048,576 bytes, so it is no contract file"),
            (
                "[cards.issue]\nfields = { a = " + "[" * 3000 + "]" * 3000 + " }",
                " can't be read: it is nested too deeply",
            ),
            (
                "[cards.issue]\nfields = { a = " + "1" * 5000 + " }",
                " can't be read: it has a number that is too long",
            ),
            (
                "[cards.issue]\nrename." + "a." * 3000 + "a = 1",
                " can't be read: it is nested too deeply",
            ),
            (
                "[cards.issue]\nfields." + "a." * 3000 + "a = 1",
                " can't be read: it is nested too deeply",
            ),
            (
                "[" + "a" * 200 + "]",
                (
                    f", line 1: there is no {'a' * 60}…: name a call, as [cards.issue], a "
                    "section, a region, or all"
                ),
            ),
            (
                '[cards.issue]\n"a\\u001b[2J" = 1',
                (
                    ", line 1: there is no setting 'a\\x1b[2J': there are path, retry, fields, "
                    "leave_out, rename, headers, envelope"
                ),
            ),
        ],
    )
    def test_name_the_line_and_what_is_wrong(self, refusal, text, expected):
        assert refusal(text) == f"contract.toml{expected}. Nothing was sent."

    def test_of_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(ConfigurationError) as caught:
            read_contract(tmp_path / "none.toml")

        assert (
            caught.value.text
            == f"{tmp_path / 'none.toml'} can't be read: there is no such file. Nothing was sent."
        )

    def test_of_a_folder(self, tmp_path):
        with pytest.raises(ConfigurationError) as caught:
            read_contract(tmp_path)

        assert caught.value.text == f"{tmp_path} can't be read: it is a folder. Nothing was sent."

    @pytest.mark.skipif(
        os.name == "nt" or os.geteuid() == 0, reason="whoever runs this may read everything"
    )
    def test_of_a_file_that_nobody_may_read(self, file):
        path = file("")
        path.chmod(0)

        with pytest.raises(ConfigurationError, match="can't be read: Permission denied"):
            read_contract(path)

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            (None, "contract is None: give the path of a file, as text or as a Path."),
            (
                b"contract.toml",
                (
                    "contract is of type bytes: give the path of a file, as text or as a Path: "
                    "decode it first."
                ),
            ),
            ("", "contract='': no file can have this name."),
            ("a\0b", r"contract='a\x00b': no file can have this name."),
            ("\ud800", r"contract='\ud800': no file can have this name."),
        ],
    )
    def test_of_what_is_no_path(self, path, expected):
        with pytest.raises(ConfigurationError) as caught:
            read_contract(path)

        assert caught.value.text == f"{expected} Nothing was sent."

    @pytest.mark.parametrize(
        "text",
        [
            '[cards.issue]\nfields = { partner = "hunter2" }\npath = "no"',
            '[cards.issue]\nfields = { partner = "hunter2" }\nwrong = 1',
            (
                '[cards.issue]\nfields = { partner = "hunter2", client_id = 1 }\nleave_out = '
                '["client_id"]'
            ),
            '[cards.issue]\nfields = { partner = "hunter2" }\npath = ',
        ],
    )
    def test_show_no_value_in_any_variable(self, file, text):
        with pytest.raises(ConfigurationError) as caught:
            read_contract(file(text))
        shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)

        assert "hunter2" not in str(
            [summary.locals for summary in shown.stack if summary.filename != __file__]
        )
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


class TestTemplate:
    def test_changes_nothing_as_it_is(self, file):
        assert read_contract(file(template())).overrides == ()

    def test_changes_nothing_with_every_line_uncommented(self, file):
        read = read_contract(file(re.sub(r"^# ?", "", template(), flags=re.MULTILINE)))

        assert len(read.overrides) == len(CALLS) + len(Section) + 1
        assert read.digest == read_contract(file("")).digest

    @pytest.mark.parametrize("row", [*TABLE, *HASHDT_TABLE], ids=lambda row: row.name)
    def test_has_the_row_of_each_call_as_it_is(self, file, row):
        [block] = [each for each in template().split("\n\n") if f"# [{row.name}]\n" in f"{each}\n"]
        read = read_contract(file(re.sub(r"^# (?!#)", "", block, flags=re.MULTILINE)))
        made = Contract(read.overrides).rows[row.name]

        assert (
            made.path,
            made.retry,
            made.leave_out,
            made.rename,
            made.header_names,
            made.envelope,
            dict(made.fields),
        ) == (
            row.path,
            row.retry,
            frozenset(),
            {},
            {},
            row.envelope,
            {},
        )

    def test_tells_what_is_in_one_menu_only(self):
        told = re.findall(r"^## ([\w.]+): .* Seen in the KZ menu only", template(), re.MULTILINE)

        assert told == [row.name for row in TABLE if row.kz_only]

    def test_names_the_fields_of_a_call_in_lines_that_can_be_read(self):
        assert "##   fields: client_id product_id request_id\n" in template()
        assert max(map(len, template().splitlines())) <= 125

    def test_has_no_blanks_at_the_end_of_a_line(self):
        assert [line for line in template().split("\n") if line != line.rstrip()] == []
