"""Consoles and pipes whose encoding has not every letter: nothing breaks, and JSON stays JSON."""

from __future__ import annotations


def test_letters_that_a_console_lacks_are_written_as_escapes(shell, person):
    (shell.folder / "clients.csv").write_text(
        "key,phone,first_name,last_name\nk1,77010000001,Қазақ,Ivanov\n", "utf-8"
    )
    done = shell.piped("batch", "plan", "clients.csv", "--product", 2000, encoding="cp1251")

    assert done.returncode == 2
    assert '"\\u049a\u0430\u0437\u0430\\u049b" has Cyrillic letters' in done.stderr.decode("cp1251")
