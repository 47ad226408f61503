"""Pictures of reports: as pages may show them, with a link for each bar, and the same every time."""

import re
from xml.etree import ElementTree

import pytest

from templates.charts import draw_png, draw_svg, vega_lite
from tests.support.report_examples import EXAMPLES, chart_of, figures

SVG = "{http://www.w3.org/2000/svg}"
PLAIN = {"svg", "g", "a", "path", "rect", "line", "text", "title", "desc", "defs", "clipPath", "symbol"}
"""Elements that a page without a script or style of the picture's own may show."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_needs_no_style_and_no_script(name: str) -> None:
    svg = draw_svg(chart_of(name), lambda rows: f"/reports/{name}/rows?{rows}")
    assert "style" not in svg
    root = ElementTree.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= PLAIN
    attributes = {attribute for element in root.iter() for attribute in element.attrib}
    assert not [attribute for attribute in attributes if attribute.startswith("on")]
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", svg)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_bar_leads_to_the_leads_of_its_figure(name: str) -> None:
    report, chart = EXAMPLES[name](), chart_of(name)
    root = ElementTree.fromstring(draw_svg(chart, lambda rows: f"/rows?{rows}&x=<"))
    links = {element.attrib["href"] for element in root.iter(f"{SVG}a")}
    assert links == {f"/rows?{mark.rows}&x=<" for mark in chart.marks if mark.rows and mark.value}
    known = {cell.rows for cell in figures(report)}
    assert {mark.rows for mark in chart.marks if mark.rows and mark.value} <= known


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_has_a_name_and_a_description(name: str) -> None:
    chart = chart_of(name)
    root = ElementTree.fromstring(draw_svg(chart))
    title, description = list(root)[:2]
    assert (title.text, description.text) == (chart.title, chart.description)
    assert chart.title in root.attrib["aria-label"]
    assert not list(root.iter(f"{SVG}a"))


def test_text_is_as_large_as_a_telephone_needs_and_has_the_colour_of_the_page() -> None:
    for name in EXAMPLES:
        root = ElementTree.fromstring(draw_svg(chart_of(name)))
        width = float(root.attrib["width"])
        for text in root.iter(f"{SVG}text"):
            size = float(text.attrib["font-size"].removesuffix("px"))
            assert 360 * size / width >= 8.5, (name, text.text)
            assert text.attrib["fill"] == "currentColor"


def test_a_picture_is_the_same_every_time() -> None:
    assert draw_svg(chart_of("forecast")) == draw_svg(chart_of("forecast"))


def test_a_png_is_drawn_on_white() -> None:
    assert draw_png(chart_of("moved"), scale=1).startswith(b"\x89PNG")


def test_nothing_is_said_to_be_nothing() -> None:
    chart = chart_of("lost").replaced(marks=(), xs=())
    assert "There is nothing to show." in draw_svg(chart)


def test_a_waterfall_ends_where_its_steps_lead() -> None:
    values = vega_lite(chart_of("moved"))["data"]["values"]
    assert values[-2]["until"] == pytest.approx(values[-1]["until"])
