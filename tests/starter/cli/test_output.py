"""Tables on wide and on narrow terminals."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from starter.cli.output import Output

COLUMNS = ("lead", "stage", "", "what")
ROWS: list[tuple[str | Text, ...]] = [
    ("lead-abcdefgh", "contracted", Text(""), "A hub for a course on oceans"),
    ("lead-b", "lead", "yes", "x"),
]


@pytest.fixture
def printed(request: pytest.FixtureRequest) -> list[str]:
    out, printed = Output(), io.StringIO()
    out.console = Console(file=printed, width=request.param, force_terminal=True, color_system=None)
    out.table(COLUMNS, ROWS)
    return [line.rstrip() for line in printed.getvalue().splitlines() if line.strip()]


@pytest.mark.parametrize("printed", [80], indirect=True)
def test_a_table_has_a_row_for_each(printed: list[str]) -> None:
    assert printed[0].split() == ["lead", "stage", "what"]
    assert printed[2].split() == ["lead-abcdefgh", "contracted", *str(ROWS[0][3]).split()]


@pytest.mark.parametrize("printed", [40], indirect=True)
def test_on_a_narrow_terminal_nothing_is_left_out(printed: list[str]) -> None:
    assert printed == [
        "lead-abcdefgh · contracted",
        "  A hub for a course on oceans",
        "lead-b · lead · yes",
        "  x",
    ]
