from __future__ import annotations

import tomllib

import pytest

from freedompay_async.contract.file.toml_lines import Lines, line_of_error

TEXT = """\
# [cards.link]
[cards.issue]
path = "/a"
fields = { a = 1,
  b = 2 }

[ "KZ" . cards.'issue' ]  # once more
leave_out = [
  "client_id",
]
[clients.create.rename]
client.first_name = "firstName"
"client.last_name" = "lastName"
[[odd]]
limits.set.path = "/b"
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("cards",), 2),
        (("cards", "issue"), 2),
        (("cards", "issue", "path"), 3),
        (("cards", "issue", "fields"), 4),
        (("cards", "issue", "fields", "a"), 4),
        (("cards", "issue", "nothing"), 2),
        (("KZ",), 7),
        (("KZ", "cards", "issue"), 7),
        (("KZ", "cards", "issue", "leave_out"), 8),
        (("clients", "create", "rename", "client"), 12),
        (("clients", "create", "rename", "client", "first_name"), 12),
        (("clients", "create", "rename", "client.last_name"), 13),
        (("odd",), 14),
        (("odd", "limits", "set", "path"), 15),
        (("nowhere",), 1),
        ((), 1),
    ],
)
def test_a_path_has_the_line_that_it_begins_in(path, expected):
    assert Lines(TEXT).of(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = ", (1, "Invalid value at the end of the file")),
        ("a = \n", (1, "Invalid value")),
        ('a = 1\nb = "', None),
        ("a = 1\n\n[x\n", (3, "Expected ']' at the end of a table declaration")),
    ],
)
def test_the_line_of_an_error_is_taken_out_of_its_message(text, expected):
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    line, problem = line_of_error(str(caught.value), text)

    assert "line" not in problem
    assert expected is None or (line, problem) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Unterminated string (at end of document)",
            (3, "Unterminated string at the end of the file"),
        ),
        ("Something else", (3, "Something else")),
        ("Bad (at line 2, column 7)", (2, "Bad")),
        ("Bad (at line 2, column 7) indeed", (2, "Bad indeed")),
    ],
)
def test_a_message_without_a_line_is_about_the_end(message, expected):
    assert line_of_error(message, "a\nb\nc") == expected
