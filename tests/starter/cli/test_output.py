"""Tables on wide and on narrow terminals."""

import io
import time

import pytest
from rich.console import Console
from rich.text import Text

from starter.cli.output import Output, progress

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


def test_in_a_pipe_a_long_command_says_now_and_then_how_far_it_is(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter.cli.output.PAUSE", 0.01)

    def told() -> str:
        deadline = time.monotonic() + 20
        while not (line := capfd.readouterr().err):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return line

    with progress(hidden=False) as shown:
        bar = shown.add_task("Rebuilding rows", total=5000)
        assert told() == "leads: Rebuilding rows: 0 of 5,000\n"
        shown.update(bar, completed=1200)
        assert told() == "leads: Rebuilding rows: 1,200 of 5,000\n"
        shown.update(bar, description="Searching all stores", completed=0, total=None)
        assert "leads: Searching all stores" in told()
        time.sleep(0.1)
        assert capfd.readouterr().err == "", "nothing is said twice"


def test_a_short_command_and_one_with_json_say_nothing_of_their_progress(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress(hidden=False) as shown:
        shown.add_task("Rebuilding rows", total=1)
    monkeypatch.setattr("starter.cli.output.PAUSE", 0.01)
    with progress(hidden=True) as shown:
        shown.add_task("Rebuilding rows", total=1)
        time.sleep(0.1)
    assert capfd.readouterr() == ("", "")
