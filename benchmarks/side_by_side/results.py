"""`RESULTS.md`: a section for each part, which only that part writes, and at the top all targets,
read from the sections.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from side_by_side.measure import Spread

__all__ = ["RESULTS", "Section", "put", "table"]

RESULTS: Final = Path(__file__).parents[1] / "RESULTS.md"
_HEAD: Final = "| target | wanted | measured | |"
_PREAMBLE: Final = """\
# Results

`make bench` writes this file. A part that is run again, such as `make bench PARTS="calls batch"`,
replaces its own section and leaves the others as they are. Each section says when and with what it
was measured. A figure is the median of its rounds, with the least and the most in brackets. Things
that are compared take turns within each round, and a ratio is the median of the rounds' ratios.
Nothing leaves 127.0.0.1.
"""


@dataclass
class Section:
    """The results of a part."""

    title: str
    versions: str
    """The versions of what was measured."""
    parts: list[str] = field(default_factory=list)
    """Paragraphs and tables."""
    targets: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.parts.append(text)

    def target(
        self,
        what: str,
        measured: Spread,
        *,
        most: float | None = None,
        least: float | None = None,
        form: str = ".2f",
        unit: str = "",
    ) -> None:
        """Add a target, and whether the median meets it."""
        met = measured.median <= most if most is not None else measured.median >= (least or 0.0)
        bound = f"at most {most:{form}}" if most is not None else f"at least {least:{form}}"
        self.targets.append(
            (
                what,
                bound + (unit and f" {unit}"),
                measured.show(form, unit),
                "met" if met else "**missed**",
            )
        )

    def unmeasured(self, what: str, why: str) -> None:
        """Add a target that could not be measured; it counts as missed."""
        self.targets.append((what, "", why, "**not measured**"))

    def text(self, part: str, measured: str) -> str:
        """The section as it stands in the file; `measured` says when, how and on what."""
        blocks = [f"## {part}: {self.title}", f"{measured} {self.versions}.", *self.parts]
        if self.targets:
            blocks.append(
                "\n".join(
                    [
                        _HEAD,
                        "|---|---|---|---|",
                        *(f"| {' | '.join(row)} |" for row in self.targets),
                    ]
                )
            )
        return "\n\n".join(blocks)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def put(part: str, text: str, order: Sequence[str], file: Path = RESULTS) -> None:
    """Replace the section of a part; `order` is that of the sections."""
    sections = _sections(file.read_text(encoding="utf-8")) if file.exists() else {}
    sections[part] = text
    names = [name for name in order if name in sections] + [
        name for name in sections if name not in order
    ]
    blocks = [_PREAMBLE.strip(), _summary({name: sections[name] for name in names})]
    blocks += [
        f"<!-- part: {name} -->\n\n{sections[name]}\n\n<!-- end of part: {name} -->"
        for name in names
    ]
    # Written beside the file first, so that a kill in between loses nothing.
    beside = file.with_suffix(".new")
    beside.write_text("\n\n".join(block for block in blocks if block) + "\n", encoding="utf-8")
    beside.replace(file)


def _sections(text: str) -> dict[str, str]:
    found = re.finditer(
        r"<!-- part: (\S+) -->\n\n(.*?)\n\n<!-- end of part: \1 -->", text, re.DOTALL
    )
    return {each[1]: each[2] for each in found}


def _summary(sections: dict[str, str]) -> str:
    lines = []
    for name, text in sections.items():
        rows = text.partition(_HEAD)[2].strip().splitlines()[1:]
        lines += [f"| {name} {row}" for row in rows]
    return (
        "\n".join(["| part | target | wanted | measured | |", "|---|---|---|---|---|", *lines])
        if lines
        else ""
    )
