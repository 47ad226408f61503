"""The page on security names a test for each line, and each is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
CHAPTERS = 17
"""Chapters of the OWASP ASVS 5.0."""


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables, without their heads."""
    lines = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    cells = [line.split(" | ") for line in lines if not line.startswith("---")]
    return [row for row in cells if row[0] not in ("who could", "chapter")]


def test_each_named_test_is_there() -> None:
    named = TEST.findall(PAGE)
    assert len(named) > 40
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
    ]
    assert missing == []


def test_each_line_of_the_threats_names_a_test_or_is_open() -> None:
    threats = PAGE.split("## What is guarded")[1].split("## OWASP")[0]
    lines = rows(threats)
    assert len(lines) > 30
    assert [row[0] for row in lines if not TEST.search(row[2]) and not row[2].startswith("open: ")] == []


def test_each_chapter_of_the_standard_has_its_state() -> None:
    chapters = rows(PAGE.split("## OWASP")[1].split("## Report")[0])
    assert [row[0].split()[0] for row in chapters] == [f"V{number}" for number in range(1, CHAPTERS + 1)]
