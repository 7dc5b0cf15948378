# ruff: noqa: RUF001 - letters that look alike are the point
from __future__ import annotations

import sys
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.batch.input.lookalikes import Letters, difference, known_letters

LETTERS = known_letters()


# UTS 39, section 4: two texts are confusable where their skeletons are the same.
@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("A1", "А1"),
        ("paypal", "раураl"),
        ("K10", "KlO"),
        ("1", "I"),
        ("1", "|"),
        ("may", "rnay"),
        ("Kα", "Ka"),
        ("ｏ1", "o1"),
        ("ß", "β"),
        ("5", "Ƽ"),
        ("Жỳ", "Жу̀"),
        ("1", "١"),
        ("א", "ﬡ"),
        ("ab", "𝐚𝐛"),
        ("K", "\u212a"),
    ],
)
def test_what_looks_the_same_has_one_skeleton(text, other):
    assert text != other
    assert LETTERS.skeleton(text) == LETTERS.skeleton(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [("A1", "A2"), ("app-1", "app-2"), ("a", "A"), ("Район", "Раион"), ("k", "К"), ("日", "目")],
)
def test_what_looks_different_has_two(text, other):
    assert LETTERS.skeleton(text) != LETTERS.skeleton(other)


@given(st.text())
def test_a_skeleton_is_of_the_letters_however_they_are_composed(text):
    assert LETTERS.skeleton(normalize("NFC", text)) == LETTERS.skeleton(normalize("NFD", text))


def test_of_two_letters_that_have_only_each_other_either_stands_for_both():
    """And the one that normal form D takes apart for neither."""
    pairs = {"x": ["y"], "y": ["x"], "\u00e9": ["q"], "q": ["\u00e9"], "m": ["xy"], "xy": ["m"]}
    letters = Letters(pairs, lambda char: "LATIN")

    assert letters.skeleton("xyqmz") == "xxqxxz"


@pytest.mark.parametrize(
    ("text", "word", "scripts"),
    [
        ("Aлмa", "Aлмa", ("Cyrillic", "Latin")),
        ("Район Aлмa 1", "Aлмa", ("Cyrillic", "Latin")),
        ("A1А", "A1А", ("Cyrillic", "Latin")),
        ("ok-αа", "αа", ("Cyrillic", "Greek")),
    ],
)
def test_a_word_of_mixed_scripts(text, word, scripts):
    assert LETTERS.mixed(text) == (word, scripts)


@pytest.mark.parametrize(
    "text",
    [
        "app-1",
        "Район-A1",
        "Алма Alma",
        "Қазақстан",
        "日本のカード",
        "서울漢",
        "é1",
        "Район_A",
        "Ж\u0301к",
        "☃a",
        "\u0378a",
        "\U0001e900",
    ],
)
def test_no_word_of_mixed_scripts(text):
    assert LETTERS.mixed(text) is None


@pytest.mark.parametrize(
    ("text", "other", "told"),
    [
        (
            "А1",
            "A1",
            (
                "it has CYRILLIC CAPITAL LETTER A (U+0410) where the other has LATIN CAPITAL "
                "LETTER A (U+0041)"
            ),
        ),
        (
            "rn",
            "m",
            (
                "it has LATIN SMALL LETTER R (U+0072) where the other has LATIN SMALL LETTER M "
                "(U+006D)"
            ),
        ),
        ("a'", "a''", "it has nothing where the other has APOSTROPHE (U+0027)"),
        ("a''", "a'", "it has APOSTROPHE (U+0027) where the other has nothing"),
        (
            "\ue000",
            "a",
            "it has a character (U+E000) where the other has LATIN SMALL LETTER A (U+0061)",
        ),
    ],
)
def test_the_difference_is_told_by_name(text, other, told):
    assert difference(text, other) == told


def test_without_the_library_nothing_is_known(monkeypatch):
    monkeypatch.setitem(sys.modules, "confusable_homoglyphs.confusables", None)
    known_letters.cache_clear()
    try:
        assert known_letters() is None
    finally:
        known_letters.cache_clear()
