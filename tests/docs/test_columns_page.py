"""What docs/columns.md says of maps is what is taken."""

import re
import tomllib
from pathlib import Path

from freedompay_async.batch.input.mapping import column_map

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_map_is_a_good_one():
    found = column_map(tomllib.loads(BLOCKS[0]))

    assert set(found.spellings) == {"key", "phone", "first_name", "last_name"}
    assert found.constants == {"resident": "1"}


def test_every_example_is_read_here():
    assert len(BLOCKS) == 1
