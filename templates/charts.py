"""Describes the picture of a report for Vega-Lite, as SVG for pages and as PNG.

An SVG has no style of its own, and its text and outlines have the colour of the text around it, so that it holds on a
light and on a dark page. The parts differ in lightness, too, so that it holds in grey.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from process.reports.report import Chart, Mark
from templates.drawing import Drawing, draw

INK: Final = "#010203"
"""Stands for the colour of the text until the picture is drawn."""
DARK: Final = "#1a1a1a"
PALETTE: Final = ("#1f4e8c", "#49a3a0", "#f2cf7c", "#8a3b5c", "#d98a4b")
"""Colours of the parts. Neighbours differ in lightness."""
STEPS: Final = {"up": "#1f6f8c", "down": "#e6a65c"}
SIZE: Final = 16
"""Size of the text. A picture as wide as a telephone's screen shows it at two thirds of that."""
WIDTH: Final = 330
HEIGHT: Final = 240
STEP: Final = 34
"""Height of a bar that lies, with the space around it."""
LINE: Final = 62
"""Characters of a line of the description above a PNG."""
SLANTED: Final = 4
"""Number of bars from which on their names are written aslant."""

Link = Callable[[str], str]
"""Returns the address of the page for a query string of rows."""
Spec = dict[str, Any]


def svg_drawing(chart: Chart, *, linked: bool) -> Drawing:
    """Return the drawing of an SVG, of which `finished_svg` makes an element of a page."""
    return Drawing("svg", vega_lite(chart, linked=linked))


def finished_svg(drawn: bytes, chart: Chart, link: Link | None = None) -> str:
    """Return the picture as an SVG element. With `link`, each bar leads to the leads of its figure."""
    svg = drawn.decode().replace(INK, "currentColor")
    return _accessible(_with_links(svg, chart, link), chart)


def draw_svg(chart: Chart, link: Link | None = None) -> str:
    """Draw an SVG element in this process."""
    return finished_svg(draw(svg_drawing(chart, linked=link is not None)), chart, link)


def png_drawing(chart: Chart, scale: float = 2) -> Drawing:
    """Return the drawing of a PNG on white, with the title and description of the picture."""
    heading = {"text": chart.title, "subtitle": wrap(chart.description, LINE)}
    return Drawing("png", _coloured(vega_lite(chart) | {"background": "white", "title": heading}), scale)


def draw_png(chart: Chart, scale: float = 2) -> bytes:
    """Draw a PNG in this process."""
    return draw(png_drawing(chart, scale))


_PLACE: Final = "https://mark.invalid/"
"""Beginning of the address of a mark until the picture is drawn: Vega takes no relative address as it is."""
_LINKED: Final = re.compile(rf'<a xlink:href="{re.escape(_PLACE)}(\d+)">(.*?)</a>')


def _with_links(svg: str, chart: Chart, link: Link | None) -> str:
    if link is None:
        return svg

    def linked(found: re.Match[str]) -> str:
        rows = chart.marks[int(found[1])].rows
        return f"<a href={quoteattr(link(rows))}>{found[2]}</a>" if rows else found[2]

    return _LINKED.sub(linked, svg)


def _coloured(value: Any) -> Any:
    match value:
        case dict():
            return {name: _coloured(inner) for name, inner in value.items()}
        case list():
            return [_coloured(inner) for inner in value]
        case str() if value == INK:
            return DARK
    return value


_BEGIN = re.compile(r"<svg ([^>]*)>")


def _accessible(svg: str, chart: Chart) -> str:
    """Give the picture a name and a description for people who don't see it."""
    description = f"<title>{escape(chart.title)}</title><desc>{escape(chart.description)}</desc>"
    attributes = f"role={quoteattr('group')} aria-label={quoteattr(f'{chart.title}: {chart.description}')}"
    return _BEGIN.sub(lambda found: f"<svg {found[1]} {attributes}>{description}", svg, count=1)


def vega_lite(chart: Chart, *, linked: bool = False) -> Spec:
    """Return the picture as a Vega-Lite specification, with its data.

    `linked`: marks have an address in which their number stands for theirs.
    """
    kinds = {"stacked": _standing, "bars": _lying, "beside": _beside, "steps": _steps}
    empty = not any(mark.value for mark in chart.marks)
    plot = _nothing() if empty else kinds[chart.kind](chart, _values(chart, linked=linked))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": None,
        "padding": 6,
        "config": _CONFIG,
    } | plot


def _nothing() -> Spec:
    mark = {"type": "text", "text": "There is nothing to show.", "fontSize": SIZE, "color": INK}
    return {
        "width": WIDTH,
        "height": 2 * STEP,
        "data": {"values": [{}]},
        "mark": mark,
        "view": {"stroke": None},
    }


def _values(chart: Chart, *, linked: bool) -> list[Spec]:
    found = []
    for number, mark in enumerate(chart.marks):
        place = {"href": f"{_PLACE}{number}"} if linked else {}
        found.append(_value(chart, mark) | place)
    return found


def _value(chart: Chart, mark: Mark) -> Spec:
    text = _amount(mark.value, chart)
    return {
        "x": mark.x,
        "series": mark.series,
        "order": chart.series.index(mark.series),
        "value": float(mark.value),  # for drawing only: the exact figure is in the text and in the table
        "text": text,
        "description": f"{mark.x}, {mark.series}: {text}" if len(chart.series) > 1 else f"{mark.x}: {text}",
    }


def _amount(value: Decimal | int, chart: Chart) -> str:
    return f"{value:,f} {chart.currency}" if isinstance(value, Decimal) else f"{value:,}"


def _seen(values: Sequence[Spec]) -> list[Spec]:
    """Return the values that make a bar: of nothing there would be an outline."""
    return [each for each in values if each["value"]]


def _encoded(values: Sequence[Spec], more: Spec) -> Spec:
    """Add what every bar has: its description, and its address if any has one."""
    linked = {"href": {"field": "href", "type": "nominal"}} if any("href" in each for each in values) else {}
    return {"description": {"field": "description", "type": "nominal"}} | linked | more


def _colour(chart: Chart) -> Spec:
    legend = (
        None
        if len(chart.series) == 1 and chart.kind != "stacked"
        else {"title": None, "symbolStrokeColor": INK}
    )
    scale = {
        "domain": [*chart.series],
        "range": [PALETTE[n % len(PALETTE)] for n in range(len(chart.series))],
    }
    return {"field": "series", "type": "nominal", "scale": scale, "legend": legend}


_BAR: Final[Spec] = {"type": "bar", "stroke": INK, "strokeWidth": 0.8}


def _number_axis(chart: Chart) -> Spec:
    if chart.currency:
        short = "datum.value === 0 ? '0' : datum.label"
        return {"title": chart.y_title, "format": "~s", "tickCount": 5, "labelExpr": short}
    bars = (sum(mark.value for mark in chart.marks if mark.x == x) for x in chart.xs)
    return {"title": chart.y_title, "format": ",d", "tickCount": min(5, int(max(bars, default=1)))}


def _names(chart: Chart) -> Spec:
    return {"field": "x", "type": "nominal", "sort": [*chart.xs], "scale": {"domain": [*chart.xs]}}


def _standing(chart: Chart, values: list[Spec]) -> Spec:
    aslant = len(chart.xs) > SLANTED
    top = max(sum(each["value"] for each in values if each["x"] == x) for x in chart.xs)
    axis = {"title": chart.x_title or None, "labelAngle": -45 if aslant else 0, "labelOverlap": "parity"}
    encoding = {
        "x": _names(chart) | {"axis": axis},
        "y": {
            "field": "value",
            "type": "quantitative",
            "stack": "zero",
            "axis": _number_axis(chart),
            "scale": {"domainMax": top * 1.08, "nice": True},
        },
        "color": _colour(chart),
        "order": {"field": "order", "type": "ordinal"},
    }
    return {
        "width": WIDTH + 40,
        "height": HEIGHT,
        "data": {"values": _seen(values)},
        "mark": _BAR,
        "encoding": _encoded(values, encoding),
    }


def _lying(chart: Chart, values: list[Spec]) -> Spec:
    along = {"field": "value", "type": "quantitative", "stack": "zero", "axis": _number_axis(chart)}
    bars = {"x": along, "color": _colour(chart), "order": {"field": "order", "type": "ordinal"}}
    sums = [{"x": x, "value": sum(each["value"] for each in values if each["x"] == x)} for x in chart.xs]
    labels = _label({"field": "value", "type": "quantitative", "format": ",.0f"}, dx=5)
    labels["data"] = {"values": sums}
    labels["encoding"] |= {"x": {"field": "value", "type": "quantitative"}}
    return _rows(chart, STEP) | {
        "layer": [
            {"data": {"values": _seen(values)}, "mark": _BAR, "encoding": _encoded(values, bars)},
            labels,
        ]
    }


def _beside(chart: Chart, values: list[Spec]) -> Spec:
    offset = {"yOffset": {"field": "series", "type": "nominal", "sort": [*chart.series]}}
    along = {"field": "value", "type": "quantitative", "axis": _number_axis(chart)}
    labels = _label({"field": "text", "type": "nominal"}, dx=5)
    labels["encoding"] |= {"x": along} | offset
    bars = {"x": along, "color": _colour(chart)} | offset
    return _rows(chart, STEP - 8) | {
        "data": {"values": values},
        "layer": [
            {"data": {"values": _seen(values)}, "mark": _BAR, "encoding": _encoded(values, bars)},
            labels,
        ],
    }


def _steps(chart: Chart, values: list[Spec]) -> Spec:
    """Return a waterfall: a stroke for each level, and a bar from one level to the next for each step."""
    level, found = 0.0, []
    for value in values:
        is_level = value["series"] == "level"
        before = value["value"] if is_level else level
        level = value["value"] if is_level else level + value["value"]
        sign = "" if is_level or value["value"] < 0 else "+"
        found.append(
            value
            | {"from": before, "until": level, "end": max(before, level), "text": f"{sign}{value['text']}"}
        )
    moves = [each for each in found if each["series"] != "level"]
    levels = [each for each in found if each["series"] == "level"]
    scale = {"zero": False, "nice": True, "padding": 12}
    along = {"type": "quantitative", "scale": scale, "axis": _number_axis(chart)}
    colour = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": [*STEPS], "range": [*STEPS.values()]},
        "legend": None,
    }
    bars = {"x": {"field": "from"} | along, "x2": {"field": "until"}, "color": colour}
    stroke = {"type": "tick", "thickness": 4, "color": INK, "size": STEP - 10, "opacity": 1}
    labels = _label({"field": "text", "type": "nominal"}, dx=7)
    labels["encoding"] |= {"x": {"field": "end"} | along}
    return _rows(chart, STEP) | {
        "data": {"values": found},
        "layer": [
            {"data": {"values": moves}, "mark": _BAR, "encoding": _encoded(moves, bars)},
            {"data": {"values": levels}, "mark": stroke, "encoding": {"x": {"field": "until"} | along}},
            labels,
        ],
    }


def _label(text: Mapping[str, Any], dx: int) -> Spec:
    mark = {"type": "text", "align": "left", "dx": dx, "color": INK, "fontSize": SIZE - 2, "clip": False}
    return {"mark": mark | {"aria": False}, "encoding": {"text": dict(text)}}


def _rows(chart: Chart, step: float) -> Spec:
    axis = {"title": chart.x_title or None, "labelLimit": 240}
    return {"width": WIDTH, "height": {"step": step}, "encoding": {"y": _names(chart) | {"axis": axis}}}


_TEXT: Final[Spec] = {"labelColor": INK, "titleColor": INK, "labelFontSize": SIZE, "titleFontSize": SIZE}
_CONFIG: Final[Spec] = {
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": _TEXT | {"domainColor": INK, "tickColor": INK, "gridColor": INK, "gridOpacity": 0.18},
    "axisY": {"titlePadding": 10},
    "title": {
        "color": INK,
        "subtitleColor": INK,
        "fontSize": SIZE + 4,
        "subtitleFontSize": SIZE - 2,
        "anchor": "start",
        "frame": "bounds",
        "offset": 14,
    },
    "legend": _TEXT
    | {
        "orient": "bottom",
        "direction": "vertical",
        "symbolType": "square",
        "symbolSize": 180,
        "labelLimit": 320,
    },
    "scale": {"bandPaddingInner": 0.25},
}
