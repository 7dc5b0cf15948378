"""The table of the last figures is made of what was run: what failed or was stopped never passes."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "proofs.py"
NOTE = {"tree": "`0123456789`", "day": "2026-01-31", "machine": "Python 3.11.7, 2 processors"}
COMMAND = [".venv/bin/pytest", "--timeout", "0", "--rounds", "200", "tests/crash"]


def xml(*counted, failures=0, errors=0, skipped=0, seconds=422.4):
    """As pytest writes it, with a test for each of these groups of properties."""
    tests = [
        "".join(
            [
                "<testcase><properties>",
                *(f'<property name="{name}" value="{value}"/>' for name, value in each.items()),
                "</properties></testcase>",
            ]
        )
        for each in counted
    ]
    figures = (
        f'tests="{len(tests)}" failures="{failures}" errors="{errors}" skipped="{skipped}" '
        f'time="{seconds}"'
    )
    return f"<testsuites><testsuite {figures}>{''.join(tests)}</testsuite></testsuites>"


KILLS = ({"kills": 900, "rows with two cards": 0}, {"kills": 334, "rows with two cards": 0}, {})


@pytest.fixture
def kept(tmp_path):
    """A folder in which the proof `crash` has left these files."""

    def make(text, **note):
        (tmp_path / "crash.json").write_text(
            json.dumps({**NOTE, "command": COMMAND, **note}), encoding="utf-8"
        )
        if text is not None:
            (tmp_path / "crash.xml").write_text(text, encoding="utf-8")
        return tmp_path

    return make


def test_a_proof_that_passed_is_reported_with_what_was_asked_for_and_what_its_tests_counted(
    proofs, kept
):
    shown = proofs.line("crash", kept(xml(*KILLS, skipped=1), code=0))

    assert shown == (
        "`make crash`",
        "`0123456789`",
        "2026-01-31",
        "Python 3.11.7, 2 processors",
        "`--rounds 200`",
        "1,234 kills, 0 rows with two cards",
        "2 passed, 1 skipped in 7 min 2 s",
    )


def test_a_proof_without_a_length_or_a_count_has_none(proofs, kept):
    shown = proofs.line("crash", kept(xml({}, seconds=59.6), command=["make"], code=0))

    assert shown[4:] == ("all of it", "-", "1 passed in 1 min 0 s")


@pytest.mark.parametrize(("failures", "errors"), [(1, 0), (0, 1)])
@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_proof_that_failed_is_reported_as_failed_whatever_its_exit_code(
    proofs, kept, failures, errors, code
):
    shown = proofs.line("crash", kept(xml(*KILLS, failures=failures, errors=errors), code=code))

    assert shown[-1] == "**failed**: 2 passed, 1 failed in 7 min 2 s"


@pytest.mark.parametrize(
    ("text", "note", "shown"),
    [
        (None, {}, "**stopped half way**, or not ended yet"),
        (xml(*KILLS), {}, "**stopped half way**, or not ended yet"),
        (None, {"code": 0}, "**stopped half way**, with exit code 0 and no figures"),
        (None, {"code": 2}, "**stopped half way**, with exit code 2 and no figures"),
        (
            "<testsuites><testsuite",
            {"code": 0},
            "**stopped half way**, with exit code 0 and no figures",
        ),
        (xml(*KILLS), {"code": 2}, "**stopped half way**, with exit code 2: 3 passed in 7 min 2 s"),
        (
            xml(*KILLS),
            {"code": -9},
            "**stopped half way**, with exit code -9: 3 passed in 7 min 2 s",
        ),
        (
            xml({}, skipped=1),
            {"code": 0},
            "**stopped half way**, with exit code 0: 1 skipped in 7 min 2 s",
        ),
    ],
)
def test_a_proof_that_was_stopped_is_reported_as_stopped(proofs, kept, text, note, shown):
    assert proofs.line("crash", kept(text, **note))[-1] == shown


def test_a_proof_that_was_not_run_says_so_and_has_no_figure(proofs, tmp_path):
    assert {proofs.line(name, tmp_path)[1:] for name in proofs.PROOFS} == {
        (*["-"] * 5, "not run on this commit")
    }


def test_the_table_has_a_row_for_each_proof_whether_it_was_run_or_not(proofs, kept):
    rows = proofs.table(kept(xml(*KILLS), code=0)).splitlines()[2:]

    assert [row.split(" | ")[0].strip("| ") for row in rows] == list(proofs.PROOFS.values())
    assert [row for row in rows if "passed" in row] == [row for row in rows if "make crash" in row]


@pytest.fixture
def two(tmp_path):
    """A folder in which `test` and `proofs` have passed, with a skipped test each."""
    for name in ("test", "proofs"):
        (tmp_path / f"{name}.json").write_text(
            json.dumps({**NOTE, "command": COMMAND, "code": 0}), encoding="utf-8"
        )
        (tmp_path / f"{name}.xml").write_text(xml(*KILLS, skipped=1), encoding="utf-8")
    return tmp_path


def test_tests_that_were_run_apart_are_counted_in_one_line_as_pytest_writes_it(proofs, two):
    *each, last = proofs.total(["test", "proofs"], two).splitlines()

    assert each == [
        "make test, all others: 2 passed, 1 skipped in 7 min 2 s",
        "make proofs: 2 passed, 1 skipped in 7 min 2 s",
    ]
    assert re.fullmatch(r"=+ 4 passed, 2 skipped in 844\.80s \(0:14:04\) =+", last)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (xml(*KILLS, failures=1), {"code": 1}),
        (xml(*KILLS), {"code": 2}),
        (xml(*KILLS), {}),
        (xml({}, skipped=1), {"code": 0}),
        (None, {"code": 0}),
    ],
)
def test_there_is_no_line_for_all_where_one_has_not_passed(proofs, two, kept, text, note):
    kept(text, **note)
    with pytest.raises(
        ValueError,
        match=r"(?s)make test, all others: 2 passed.*make crash: .*(failed|stopped half way)",
    ) as caught:
        proofs.total(["test", "crash"], two)

    assert "=" not in str(caught.value)


def test_what_was_not_run_has_not_passed(proofs, two):
    with pytest.raises(ValueError, match="make fuzz: not run on this commit"):
        proofs.total(["test", "fuzz"], two)


PROGRAM = """
import sys
from pathlib import Path
[option] = [each for each in sys.argv if each.startswith("--junitxml=")]
path = Path(option.partition("=")[2])
assert not path.exists()
assert path.with_suffix(".json").exists()
if "silent" not in sys.argv:
    path.write_text({text!r})
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (0, "3 passed in 7 min 2 s"),
        (3, "**stopped half way**, with exit code 3: 3 passed in 7 min 2 s"),
    ],
)
def test_what_is_run_is_kept_with_its_exit_code(proofs, tmp_path, code, result):
    command = [sys.executable, "-c", PROGRAM.format(text=xml(*KILLS)), str(code)]

    assert proofs.run("crash", command, kept=tmp_path / "new") == code
    assert proofs.line("crash", tmp_path / "new")[-1] == result


def test_the_figures_of_a_run_before_are_gone_when_the_next_begins(proofs, kept):
    folder = kept(xml(*KILLS), code=0)
    proofs.run("crash", [sys.executable, "-c", PROGRAM.format(text=""), "0", "silent"], kept=folder)

    assert (
        proofs.line("crash", folder)[-1] == "**stopped half way**, with exit code 0 and no figures"
    )


def test_the_tree_of_files_that_were_run_is_named(proofs, tmp_path):
    proofs.run("crash", [sys.executable, "-c", "pass"], kept=tmp_path)

    assert re.fullmatch(
        r"`[0-9a-f]{10,}`( and changes)?(, changed while it ran)?|not known",
        proofs.line("crash", tmp_path)[1],
    )


def test_files_that_change_while_a_proof_runs_are_reported(proofs, tmp_path, monkeypatch):
    trees = iter(["`0123456789`", "`0123456789` and changes"])
    monkeypatch.setattr(proofs, "_tree", lambda: next(trees))
    proofs.run("crash", [sys.executable, "-c", "pass"], kept=tmp_path)

    assert proofs.line("crash", tmp_path)[1] == "`0123456789`, changed while it ran"


# -- the file

COLUMNS = (
    r"-|(`[0-9a-f]{10,}`|not known)( and changes)?(, changed while it ran)?",
    r"-|\d{4}-\d\d-\d\d",
    r"-|Python [\d.]+, \d+ processors",
    r"-|all of it|`(--[a-z-]+ [\w.]+ ?)+`",
    r"-|-?[\d,]+ [a-zA-Z ]+(, -?[\d,]+ [a-zA-Z ]+)*",
    r"not run on this commit|(\*\*failed\*\*: )?[\d,]+ (passed|failed|skipped)(, [\d,]+ \w+)* in (\d+ min )?\d+ s|\*\*stopped half way\*\*, .+",
)


def test_the_file_has_a_table_of_the_form_that_the_script_writes(proofs):
    text = proofs.FILE.read_text(encoding="utf-8")
    between = text.partition(proofs.BEGIN)[2].partition(proofs.END)[0].strip()
    head, _, *rows = [tuple(line.strip("|").strip().split(" | ")) for line in between.splitlines()]

    assert proofs.with_table(text, between) == text
    assert head == proofs.HEAD
    assert [row[0] for row in rows] == list(proofs.PROOFS.values())
    assert [
        cell
        for row in rows
        for cell, form in zip(row[1:], COLUMNS, strict=True)
        if not re.fullmatch(form, cell)
    ] == []


def test_the_chapter_has_no_figure_beside_its_table(proofs):
    chapter = (
        proofs.FILE.read_text(encoding="utf-8")
        .partition("## The last figures")[2]
        .partition("\n## ")[0]
    )

    assert (
        re.findall(r"\d+", chapter.partition(proofs.BEGIN)[0] + chapter.partition(proofs.END)[2])
        == []
    )


def test_a_file_without_a_place_for_the_table_is_refused(proofs):
    with pytest.raises(ValueError, match="no place for the table"):
        proofs.with_table(f"text\n{proofs.BEGIN}\n", "")


def test_each_long_target_of_the_makefile_leaves_its_figures(proofs):
    text = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert sorted(re.findall(r"\$\(PROVE\) ([\w-]+)", text)) == sorted(proofs.PROOFS)
