"""ARCHITECTURE.md and CONTRIBUTING.md name what is there: a newcomer's map has no street that is
gone.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = Path(find_spec("freedompay_async").submodule_search_locations[0])
PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md")
NAMED = [
    (page, name)
    for page in PAGES
    for name in re.findall(
        r"`([\w/.]+(?:/|\.py|\.md|\.toml|\.txt))`", (ROOT / page).read_text("utf-8")
    )
]


@pytest.mark.parametrize(("page", "name"), NAMED)
def test_what_a_page_names_is_there(page, name):
    assert [base for base in (ROOT, PACKAGE) if (base / name).exists()] != [], (
        f"{page} names {name}"
    )


def test_the_map_has_every_room():
    rooms = {
        path.name + "/" if path.is_dir() else path.name
        for path in PACKAGE.iterdir()
        if path.suffix in {".py", ""}
    }
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")

    assert rooms - {"__pycache__/", "__init__.py"} - set(re.findall(r"`([\w.]+/?)`", text)) == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_target_that_a_page_names_is_in_the_makefile(page):
    named = set(
        re.findall(
            r"(?:^    |`)make ([a-z-]+)", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE
        )
    )
    targets = set(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    )

    assert named - targets == set()
