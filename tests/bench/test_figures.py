"""Figures, their tables, and the section of the documentation."""

from pathlib import Path

import pytest

from bench.docs import BEGIN, END, PAGE, write_section
from bench.figures import Figure, Report, Target, read_reports, write_reports

FIGURES = (
    Figure.of_rounds("CPU", "ms", [(80, 100), (90, 100), (120, 100)], Target(0.85)),
    Figure("leads per second", 4, bare=3, ratio=4 / 3, target=Target(1.15, "at least")),
    Figure("bytes", 1234567),
)
REPORT = Report("path", "A path", "3 rounds", FIGURES)


def test_a_figure_of_rounds_is_the_median_of_their_ratios() -> None:
    figure = FIGURES[0]
    assert (figure.value, figure.bare) == (90, 100)
    assert (figure.low, figure.ratio, figure.high) == (0.8, 0.9, 1.2)


def test_a_target_is_held_against_the_ratio_if_there_is_one() -> None:
    assert [figure.reached for figure in FIGURES] == [False, True, None]
    assert Figure("CPU", 0.8, target=Target(0.85)).reached


def test_a_table_leaves_out_empty_columns() -> None:
    text = Report("path", "A path", "3 rounds", FIGURES[2:]).text()
    assert text.splitlines()[2:] == [
        "|       |     value |",
        "| ----- | --------- |",
        "| bytes | 1,234,567 |",
    ]


def test_reports_are_kept_as_json(tmp_path: Path) -> None:
    write_reports(tmp_path / "kept.json", [REPORT])
    assert read_reports(tmp_path / "kept.json") == (REPORT,)


def test_the_figures_replace_those_of_the_page_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nThe end\n")
    write_section(page, [REPORT])
    text = page.read_text()
    assert text.startswith(f"# Title\n\n{BEGIN}\n\n### A path\n\nMeasured with 3 rounds.\n\n")
    assert text.endswith(f"\n\n{END}\n\nThe end\n")
    assert "old" not in text
    assert "0.90 × bare" in text
    write_section(page, [REPORT])
    assert page.read_text() == text


def test_a_page_without_the_section_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n")
    with pytest.raises(SystemExit, match="has no section"):
        write_section(page, [REPORT])
    assert page.read_text() == "# Title\n"


def test_the_documentation_has_the_section() -> None:
    text = PAGE.read_text()
    assert text.index(BEGIN) < text.index(END)
