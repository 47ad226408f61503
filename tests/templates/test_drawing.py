"""The process that draws: it answers each drawing, says which it can't draw, and ends with its input."""

import subprocess
import sys
from io import BytesIO

import pytest

from templates import drawing
from templates.charts import draw_svg, finished_svg, svg_drawing
from templates.drawing import HEAD, Drawing, request_of, serve, size_of
from tests.support.report_examples import EXAMPLES


def answers(written: bytes) -> list[bytes | None]:
    """Return the pictures, None for each that could not be drawn."""
    found, stream = list[bytes | None](), BytesIO(written)
    while head := stream.read(HEAD):
        size = size_of(head)
        found.append(None if size is None else stream.read(size))
    return found


def test_pictures_are_those_that_are_drawn_here_and_a_fault_is_one_of_its_drawing_alone() -> None:
    chart = EXAMPLES["lost"]().chart
    assert chart
    good, bad = svg_drawing(chart, linked=False), Drawing("svg", {"mark": "no such mark"})
    requests = b"".join(map(request_of, (good.encoded(), bad.encoded(), b"no JSON", good.encoded())))
    command = [sys.executable, "-m", "templates.drawing"]
    ended = subprocess.run(command, input=requests, capture_output=True, check=True)
    first, *wrong, last = answers(ended.stdout)
    assert wrong == [None, None]
    assert first == last
    assert first
    assert finished_svg(first, chart) == draw_svg(chart)


def test_a_process_ends_after_many_pictures_a_rest_and_a_long_drawing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = list[int]()
    monkeypatch.setattr("signal.alarm", limits.append)
    answered = BytesIO()
    serve(BytesIO(request_of(b"no JSON") * (drawing.PICTURES + 5)), answered)
    assert len(answers(answered.getvalue())) == drawing.PICTURES
    assert limits == [drawing.REST, drawing.LIMIT] * drawing.PICTURES
